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

// tellEvery is how often trouble that lasts is worth a line.
const tellEvery = time.Minute

// A Trouble is one that comes again and again while it lasts, and is worth a line
// when it begins, one a minute, and one when it is over. It is for many goroutines.
type Trouble struct {
	mu    sync.Mutex
	since time.Time // zero: there is none
	told  time.Time
}

// Tell says that the trouble is there, and whether now is a time to say so, with
// how long it has lasted.
func (t *Trouble) Tell() (lasts time.Duration, now bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	at := time.Now()
	if t.since.IsZero() {
		t.since, t.told = at, at
		return 0, true
	}
	if at.Sub(t.told) >= tellEvery {
		t.told, now = at, true
	}
	return at.Sub(t.since), now
}

// Over says that the trouble is no more, and whether there was any, with how long
// it lasted.
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

// troubles are many, by name.
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

// A reach tells which brokers cannot be reached, and which can be again. It is the
// hook of all clients together: each of them tries by itself, several times a
// second.
type reach struct {
	log  *slog.Logger
	away *troubles // by address
	// advice is what a person can look at; the error says what happened.
	advice func(error) string
}

// OnBrokerConnect implements kgo.HookBrokerConnect.
func (r reach) OnBrokerConnect(broker kgo.BrokerMetadata, _ time.Duration, _ net.Conn, err error) {
	address := net.JoinHostPort(broker.Host, strconv.Itoa(int(broker.Port)))
	trouble := r.away.of(address)
	if err == nil {
		if lasted, was := trouble.Over(); was {
			r.log.Info("a Kafka broker can be reached again", "broker", address, "after", lasted.Round(time.Second).String())
		}
		return
	}
	if errors.Is(err, context.Canceled) { // by the client, which was closed
		return
	}
	if lasts, now := trouble.Tell(); now {
		r.log.Warn("a Kafka broker cannot be reached; trying again", "broker", address, "for", lasts.Round(time.Second).String(), "error", readable(err), "hint", r.advice(err))
	}
}

// quiet passes on what the client library logs from a level up, a message once a
// minute at most, and all of it only where debugging is on: it is written for those
// who debug Kafka.
type quiet struct {
	slog.Handler
	from slog.Level
	said *troubles // by message
	// advice takes the place of the library's guesses, which know nothing of what
	// this configuration says.
	advice func(error) string
}

// toldElsewhere are messages of franz-go (1.22): the first by reach, the second by
// [Membership.Failed].
var toldElsewhere = map[string]bool{
	"unable to open connection to broker": true, "group manage loop errored": true,
	"unable to request api versions": true, // by reach too
}

// guess is how a message of franz-go (1.22) begins that goes on to guess why.
const guess = "read from broker errored, killing connection after 0 successful responses"

// Enabled implements slog.Handler.
func (q quiet) Enabled(ctx context.Context, level slog.Level) bool {
	return q.Handler.Enabled(ctx, level) && (level >= q.from || q.Handler.Enabled(ctx, slog.LevelDebug))
}

// Handle implements slog.Handler.
func (q quiet) Handle(ctx context.Context, r slog.Record) error {
	if !q.Handler.Enabled(ctx, slog.LevelDebug) {
		if toldElsewhere[r.Message] {
			return nil
		}
		if strings.HasPrefix(r.Message, guess) {
			r = q.advised(r)
		}
		if _, now := q.said.of(r.Message).Tell(); !now {
			return nil
		}
	}
	return q.Handler.Handle(ctx, r)
}

// advised is a record without the library's guess and with our own.
func (q quiet) advised(r slog.Record) slog.Record {
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
