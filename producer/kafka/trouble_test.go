package kafka

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// lines keeps the log.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

// counts returns how often each message was logged since the last call, with its
// level.
func (l *lines) counts(t *testing.T) map[string]int {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	counts := map[string]int{}
	for _, line := range bytes.Split(bytes.TrimSpace(l.text.Bytes()), []byte("\n")) {
		if len(line) == 0 {
			continue
		}
		var logged struct{ Level, Msg string }
		if err := json.Unmarshal(line, &logged); err != nil {
			t.Fatal(err)
		}
		counts[logged.Level+" "+logged.Msg]++
	}
	l.text.Reset()
	return counts
}

const (
	gone = "WARN a Kafka broker cannot be reached; trying again"
	back = "INFO a Kafka broker can be reached again"
)

// A broker that is away for long leaves a log line a minute, however many clients
// try, and one when it is back.
func TestABrokerThatIsAwayIsLoggedOnceAMinute(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		b.createTopic("one", 1, nil)
		line, log := newLine(b), &lines{}
		c := b.cluster(func(o *Options) {
			o.Brokers = []string{"localhost:9092"} // as it calls itself
			o.Dial, o.Logger = line.dial, slog.New(slog.NewJSONHandler(log, nil))
		})
		b.follow(c, 0)
		ctx, leave := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		failed := 0
		go func() {
			ended <- c.Join(ctx, "group", "me", Membership{
				Assigned: func([]int32) {}, Revoked: func([]int32) {}, Ended: func() {}, Failed: func(error) { failed++ },
			})
		}()
		<-time.After(time.Minute)
		if diff := cmp.Diff(map[string]int{}, log.counts(t)); diff != "" {
			t.Errorf("while all is well:\n%s", diff)
		}

		for range 2 {
			line.dead.Store(true)
			<-time.After(5*time.Minute + 30*time.Second)
			if diff := cmp.Diff(map[string]int{gone: 6}, log.counts(t)); diff != "" {
				t.Errorf("five and a half minutes without a broker (-want +got):\n%s", diff)
			}
			line.dead.Store(false)
			<-time.After(time.Minute)
			if diff := cmp.Diff(map[string]int{back: 1}, log.counts(t)); diff != "" {
				t.Errorf("when it was back (-want +got):\n%s", diff)
			}
		}

		leave()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if failed == 0 {
			t.Error("the group was not lost meanwhile")
		}
	})
}

// At level debug every attempt is logged.
func TestDebugLogsEveryAttempt(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		b.createTopic("one", 1, nil)
		line, log := newLine(b), &lines{}
		c := b.cluster(func(o *Options) {
			o.Dial, o.Logger = line.dial, slog.New(slog.NewJSONHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))
		})
		b.follow(c, 0)
		<-time.After(time.Minute)
		line.dead.Store(true)
		log.counts(t)
		<-time.After(time.Minute)
		const attempt = "WARN unable to open connection to broker"
		if n := log.counts(t)[attempt]; n < 10 {
			t.Errorf("a minute without a broker is logged %d times", n)
		}
	})
}

func TestTroubleIsLoggedWhenItBeginsEveryMinuteAndWhenItIsOver(t *testing.T) {
	inBubble(t, func(t *testing.T, _ *bubble) {
		var trouble Trouble
		var got []string
		for _, step := range []struct {
			after time.Duration
			over  bool
		}{
			{0, true}, {0, false}, {time.Second, false}, {59 * time.Second, false}, {time.Second, false}, {59 * time.Second, false},
			{0, true}, {0, true}, {time.Second, false},
		} {
			<-time.After(step.after)
			if step.over {
				lasted, was := trouble.Over()
				got = append(got, fmt.Sprint("over ", lasted, was))
				continue
			}
			lasts, now := trouble.Tell()
			got = append(got, fmt.Sprint(lasts, now))
		}
		if diff := cmp.Diff([]string{"over 0s false", "0s true", "1s false", "1m0s true", "1m1s false", "2m0s true", "over 2m0s true", "over 0s false", "0s true"}, got); diff != "" {
			t.Error(diff)
		}
	})
}
