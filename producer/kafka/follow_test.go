package kafka

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kerr"
)

// A follower reads topic one in the background.
type follower struct {
	read chan string
	end  chan error // how it ended; then closed
	stop context.CancelFunc
}

func (b *bubble) follow(c *Cluster, from int64) *follower {
	b.t.Helper()
	ctx, cancel := context.WithCancel(b.t.Context())
	f := &follower{read: make(chan string, 1000), end: make(chan error, 1), stop: cancel}
	go func() {
		var last error
		for r, err := range c.Follow(ctx, "one", from) {
			if last = err; err == nil {
				f.read <- text(KeyValue{r.Key, r.Value})
			}
		}
		f.end <- last
		close(f.end)
	}()
	b.t.Cleanup(func() {
		cancel()
		for range f.end {
		}
	})
	return f
}

// soon returns what the follower has read once nothing more happens at this moment.
func (f *follower) soon() (read []string) {
	synctest.Wait()
	for len(f.read) > 0 {
		read = append(read, <-f.read)
	}
	return read
}

func TestFollowReadsFromAnOffsetOn(t *testing.T) {
	for from, want := range [][]string{{"a=0", "a=1", "a=2"}, {"a=1", "a=2"}, {"a=2"}, nil} {
		t.Run(fmt.Sprint(from), func(t *testing.T) {
			inBubble(t, func(t *testing.T, b *bubble) {
				b.createTopic("one", 1, nil)
				c := b.cluster()
				mustAppend(t, c, kv("a", "0"), kv("a", "1"), kv("a", "2"))
				f := b.follow(c, int64(from))
				<-time.After(time.Second) // connecting
				mustAppend(t, c, kv("a", "3"))
				<-time.After(time.Second)
				if diff := cmp.Diff(append(want, "a=3"), f.soon()); diff != "" {
					t.Error(diff)
				}
			})
		})
	}
}

// Follow waits long for a record, and yields it as soon as it is committed.
func TestFollowYieldsAtOnce(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		b.createTopic("one", 1, nil)
		c := b.cluster()
		w := b.claim(c, "me")
		f := b.follow(c, 0)
		<-time.After(followWait / 2)

		mustAppend(t, c, kv("a", "1"))
		const moment = 100 * time.Millisecond
		for _, step := range []struct {
			does func()
			want []string
		}{
			{func() {}, []string{"a=1"}},
			{func() { b.leaveDataOpen(w, inOne("b", "2")) }, nil},
			{func() { mustAppend(t, c, kv("c", "3")) }, nil},
			{func() {
				if err := w.client.EndTransaction(t.Context(), true); err != nil {
					t.Fatal(err)
				}
			}, []string{"b=2", "c=3"}},
			{func() { b.abandonData(w, inOne("d", "aborted")) }, nil},
			{func() { mustCommit(t, w, []Record{inOne("e", "4")}) }, []string{"e=4"}},
		} {
			step.does()
			<-time.After(moment)
			if diff := cmp.Diff(step.want, f.soon()); diff != "" {
				t.Error(diff)
			}
		}
	})
}

func TestFollowWaitsForABrokerThatIsAway(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		b.createTopic("one", 1, nil)
		line := newLine(b)
		f := b.follow(b.cluster(func(o *Options) { o.Dial = line.dial }), 0)
		c := b.cluster()
		mustAppend(t, c, kv("a", "before"))
		<-time.After(time.Second)
		line.dead.Store(true)
		mustAppend(t, c, kv("a", "meanwhile"))
		<-time.After(10 * time.Minute)
		line.dead.Store(false)
		mustAppend(t, c, kv("a", "after"))
		<-time.After(time.Minute)
		if diff := cmp.Diff([]string{"a=before", "a=meanwhile", "a=after"}, f.soon()); diff != "" {
			t.Error(diff)
		}
	})
}

func TestFollowEndsWithItsContext(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		b.createTopic("one", 1, nil)
		f := b.follow(b.cluster(), 0)
		<-time.After(followWait / 2)
		f.stop()
		started := time.Now()
		wantError(t, <-f.end, context.Canceled)
		if took := time.Since(started); took > time.Second {
			t.Errorf("it ended %v after its context", took)
		}
	})
}

func TestFollowSaysWhenTheTopicIsNotThatOne(t *testing.T) {
	for name, c := range map[string]struct {
		change func(b *bubble)
		kind   error
	}{
		"it is missing": {func(*bubble) {}, ErrTopicMissing},
		"it is made again": {func(b *bubble) {
			b.createTopic("one", 1, nil)
			go func() {
				<-time.After(time.Minute)
				if err := b.broker.DeleteTopic("one"); err != nil {
					b.t.Error(err)
				}
				b.createTopic("one", 1, nil)
			}()
		}, kerr.UnknownTopicID},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, b *bubble) {
				c.change(b)
				f := b.follow(b.cluster(), 0)
				wantError(t, <-f.end, c.kind, "topic one")
			})
		})
	}
}
