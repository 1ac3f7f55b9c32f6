package kafka

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// logInterval is how often a trouble that lasts is logged.
const logInterval = time.Minute

// A Trouble recurs while it lasts. It is worth a log line when it begins, one a
// minute, and one when it is over. It is safe for concurrent use.
type Trouble struct {
	mu     sync.Mutex
	since  time.Time // zero: there is none
	logged time.Time
}

// Tell notes that the trouble is there. It returns how long the trouble has lasted,
// and whether to log that now.
func (t *Trouble) Tell() (lasts time.Duration, now bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	at := time.Now()
	if t.since.IsZero() {
		t.since, t.logged = at, at
		return 0, true
	}
	if at.Sub(t.logged) >= logInterval {
		t.logged, now = at, true
	}
	return at.Sub(t.since), now
}

// Over notes that the trouble is over. It returns how long the trouble lasted, and
// whether there was any.
func (t *Trouble) Over() (lasted time.Duration, was bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.since.IsZero() {
		return 0, false
	}
	lasted = time.Since(t.since)
	t.since = time.Time{}
	return lasted, true
}

// troubles holds a Trouble for each name.
type troubles struct {
	mu sync.Mutex
	by map[string]*Trouble
}

func newTroubles() *troubles { return &troubles{by: map[string]*Trouble{}} }

func (t *troubles) of(name string) *Trouble {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.by[name] == nil {
		t.by[name] = &Trouble{}
	}
	return t.by[name]
}

// A reachHook logs which brokers cannot be reached, and which can be reached again.
// All clients share it, because each of them tries by itself, several times a second.
type reachHook struct {
	log  *slog.Logger
	away *troubles // by address
	// advice says what a person can check; the error says what happened.
	advice func(error) string
}

// OnBrokerConnect implements kgo.HookBrokerConnect.
func (r reachHook) OnBrokerConnect(broker kgo.BrokerMetadata, _ time.Duration, _ net.Conn, err error) {
	address := net.JoinHostPort(broker.Host, strconv.Itoa(int(broker.Port)))
	trouble := r.away.of(address)
	if err == nil {
		if lasted, was := trouble.Over(); was {
			r.log.Info("a Kafka broker can be reached again", "broker", address, "after", lasted.Round(time.Second).String())
		}
		return
	}
	if errors.Is(err, context.Canceled) { // the client was closed
		return
	}
	if lasts, now := trouble.Tell(); now {
		r.log.Warn("a Kafka broker cannot be reached; trying again", "broker", address, "for", lasts.Round(time.Second).String(), "error", readable(err), "hint", r.advice(err))
	}
}

// A quietHandler passes on the client library's log from a level up, each message
// once a minute at most. At level debug it passes on everything: the library's log is
// written for people who debug Kafka.
type quietHandler struct {
	slog.Handler
	from   slog.Level
	logged *troubles // by message
	// advice takes the place of the library's guesses, which do not know this
	// configuration.
	advice func(error) string
}

// loggedElsewhere are messages of franz-go (1.22) that reachHook or
// [Membership.Failed] reports.
var loggedElsewhere = map[string]bool{
	"unable to open connection to broker": true, // reachHook
	"unable to request api versions":      true, // reachHook
	"group manage loop errored":           true, // Membership.Failed
}

// guess is the beginning of a franz-go (1.22) message that goes on to guess the cause.
const guess = "read from broker errored, killing connection after 0 successful responses"

// Enabled implements slog.Handler.
func (q quietHandler) Enabled(ctx context.Context, level slog.Level) bool {
	return q.Handler.Enabled(ctx, level) && (level >= q.from || q.Handler.Enabled(ctx, slog.LevelDebug))
}

// Handle implements slog.Handler.
func (q quietHandler) Handle(ctx context.Context, r slog.Record) error {
	if !q.Handler.Enabled(ctx, slog.LevelDebug) {
		if loggedElsewhere[r.Message] {
			return nil
		}
		if strings.HasPrefix(r.Message, guess) {
			r = q.advised(r)
		}
		if _, now := q.logged.of(r.Message).Tell(); !now {
			return nil
		}
	}
	return q.Handler.Handle(ctx, r)
}

// advised returns a record with our advice in place of the library's guess.
func (q quietHandler) advised(r slog.Record) slog.Record {
	ours := slog.NewRecord(r.Time, r.Level, "a Kafka broker ended a connection before it answered", r.PC)
	r.Attrs(func(a slog.Attr) bool {
		if err, is := a.Value.Any().(error); is {
			ours.AddAttrs(slog.Any("error", readable(err)), slog.String("hint", q.advice(err)))
		} else {
			ours.AddAttrs(a)
		}
		return true
	})
	return ours
}
