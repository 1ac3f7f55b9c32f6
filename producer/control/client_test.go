package control

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"notion-kafka/producer/kafka"
)

func TestClientSeeWhatEachOtherWrites(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		one, two := b.client("one"), b.client("two")
		one.append(sourceState("acme", "Acme"))
		two.append(sourceState("bolt", "Bolt"))
		one.caughtUp()
		two.caughtUp()
		for _, s := range []*seat{one, two} {
			if got := []string{s.workspace("acme"), s.workspace("bolt")}; !cmp.Equal(got, []string{"Acme", "Bolt"}) {
				t.Errorf("client %s knows %v", s.opts.Instance, got)
			}
		}
	})
}

// A new owner that has fenced the old one must know all its records, inside and
// outside of transactions.
func TestCaughtUpHasReadEverythingWrittenBefore(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		reader, other, owner := b.client("reader"), b.client("other"), b.claim()
		for i := range 50 {
			plain, committed := fmt.Sprint("plain ", i), fmt.Sprint("committed ", i)
			other.append(sourceState("acme", plain))
			b.commit(owner, sourceState("bolt", committed))
			reader.caughtUp()
			if got := []string{reader.workspace("acme"), reader.workspace("bolt")}; !cmp.Equal(got, []string{plain, committed}) {
				t.Fatalf("round %d: it knows %v", i, got)
			}
		}
	})
}

// The records of an open transaction count once it is committed, so the reader waits
// for its end.
func TestCaughtUpWaitsForAnOpenTransaction(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		reader, owner := b.client("reader"), b.claim()
		reader.caughtUp()
		key, value, err := sourceState("acme", "Acme").Encode()
		if err != nil {
			t.Fatal(err)
		}
		done := make(chan error, 1)
		err = owner.Commit(t.Context(), []kafka.Record{{Topic: "control", Partitions: 1, Key: key, Value: value}},
			func([]kafka.Position) ([]kafka.KeyValue, error) {
				go func() { done <- reader.CaughtUp(t.Context()) }()
				<-time.After(10 * time.Second)
				if len(done) > 0 {
					t.Error("it has caught up although a transaction is open")
				}
				return nil, nil
			})
		if err := errors.Join(err, <-done); err != nil {
			t.Fatal(err)
		}
		if got := reader.workspace("acme"); got != "Acme" {
			t.Errorf("it knows %q", got)
		}
	})
}

// Instances may be named after their machine, so a restarted one has the same name.
func TestCaughtUpDoesNotTakeAnotherProcessForThisOne(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		before, now := b.idle("one"), b.idle("one")
		for range 5 {
			if _, err := before.announce(t.Context(), func(*Instance) {}); err != nil {
				t.Fatal(err)
			}
		}
		done := make(chan error, 1)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		go func() { done <- now.CaughtUp(ctx) }()
		<-time.After(time.Second)
		for _, seen := range []int64{0, 1, before.said, 1 << 60} { // all that it reads
			key, value, err := Record{InstanceKey("one"), Instance{Seen: seen}}.Encode()
			if err != nil {
				t.Fatal(err)
			}
			now.apply(kafka.Stored{Key: key, Value: value})
		}
		if <-done == nil {
			t.Error("it took a record of the earlier process for its own")
		}
	})
}

func TestCaughtUpEndsWithItsContext(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		err := b.idle("one").CaughtUp(ctx) // nobody reads
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("it ended with %v", err)
		}
	})
}

func TestAwait(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		reader, writer := b.client("reader"), b.client("writer")
		writer.caughtUp()
		done := make(chan error, 1)
		go func() {
			done <- reader.Await(t.Context(), func(m *Memory) bool { s, _ := m.SourceState("acme"); return s.Workspace == "2" })
		}()
		for i := range 3 {
			if len(done) != 0 {
				t.Errorf("it returned when the workspace was %q", reader.workspace("acme"))
			}
			writer.append(sourceState("acme", fmt.Sprint(i)))
			<-time.After(time.Second)
		}
		if len(done) == 0 {
			t.Fatal("it did not return when the workspace was 2")
		}
		if err := <-done; err != nil {
			t.Error(err)
		}
		if err := reader.Await(t.Context(), func(*Memory) bool { return true }); err != nil {
			t.Errorf("waiting for what is true already: %v", err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := reader.Await(ctx, func(*Memory) bool { return false }); !errors.Is(err, context.Canceled) {
			t.Errorf("waiting for what never becomes true: %v", err)
		}
	})
}

func TestChangedTellsEveryone(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		s := b.client("one")
		s.caughtUp()
		first, second := s.Changed(), s.Changed()
		synctest.Wait()
		for _, changed := range []<-chan struct{}{first, second} {
			select {
			case <-changed:
				t.Error("it reports a change before there is one")
			default:
			}
		}
		s.append(sourceState("acme", "Acme"))
		<-first
		<-second
	})
}

func TestClientOfATopicThatIsNotThereYet(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		if err := b.broker.DeleteTopic("control"); err != nil {
			t.Fatal(err)
		}
		s := b.client("one")
		<-time.After(5 * time.Minute)
		b.createTopic("control", 1)
		s.append(sourceState("acme", "Acme"))
		s.caughtUp()
		if got := s.workspace("acme"); got != "Acme" {
			t.Errorf("it knows %q", got)
		}
		if n := b.logs.count("following the control topic"); n != 0 {
			t.Errorf("it logged %d times that the topic is missing, which was never there", n)
		}
		if err := b.broker.DeleteTopic("control"); err != nil {
			t.Fatal(err)
		}
		<-time.After(5 * time.Minute)
		if n := b.logs.count("following the control topic"); n < 1 || n > 6 {
			t.Errorf("in five minutes it logged %d times that the topic is missing", n)
		}
	})
}

// Records of the deleted topic no longer count: other instances may never have read
// them.
func TestClientOfATopicThatWasMadeAgain(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		s := b.client("one")
		s.append(sourceState("acme", "old"), sourceState("bolt", "old"))
		s.caughtUp()
		if err := b.broker.DeleteTopic("control"); err != nil {
			t.Fatal(err)
		}
		b.createTopic("control", 1)
		b.client("two").append(sourceState("acme", "new"))
		<-time.After(10 * time.Minute)
		if got := []string{s.workspace("acme"), s.workspace("bolt")}; !cmp.Equal(got, []string{"new", ""}) {
			t.Errorf("it knows %q", got)
		}
		s.caughtUp()
	})
}

func TestClientGoesOnWhenTheBrokerIsBack(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		s, other := b.client("one"), b.client("two")
		s.says(Instance{Version: "1"})
		s.line.dead.Store(true)
		other.append(sourceState("acme", "Acme"))
		<-time.After(30 * time.Minute)
		if alive := other.Alive(time.Now()); len(alive) != 0 {
			t.Errorf("after half an hour of silence these are alive: %+v", alive)
		}
		s.line.dead.Store(false)
		<-time.After(2 * time.Minute)
		if got := s.workspace("acme"); got != "Acme" {
			t.Errorf("it knows %q", got)
		}
		if alive := other.Alive(time.Now()); len(alive) != 1 {
			t.Errorf("two minutes later these are alive: %+v", alive)
		}
	})
}

func TestRecordsThatCannotBeReadArePassedOver(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		s := b.client("one")
		raw := func(key, value string) {
			err := s.opts.Cluster.Append(t.Context(), "control", kafka.KeyValue{Key: []byte(key), Value: []byte(value)})
			if err != nil {
				t.Fatal(err)
			}
		}
		raw("standing/acme", "{")
		raw("something/new", "}")
		raw("run/acme/first", `{"n":1}`)
		raw("", "")
		s.append(sourceState("bolt", "Bolt"))
		s.caughtUp()
		if got := s.workspace("bolt"); got != "Bolt" {
			t.Errorf("behind them it knows %q", got)
		}
		for _, named := range []string{`standing/acme`, `run/acme/first`} {
			if n := b.logs.count(named); n != 1 {
				t.Errorf("it named %s %d times", named, n)
			}
		}
		if n := b.logs.count("offset=2"); n != 1 {
			t.Errorf("it logged the offset of %d records, want that of the run", n)
		}
	})
}

// Each unreadable record is logged, but many of them do not fill the log.
func TestRecordsThatCannotBeReadAreNamedWithinBounds(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		s := b.client("one")
		bad := func(n int) {
			for i := range n {
				err := s.opts.Cluster.Append(t.Context(), "control", kafka.KeyValue{Key: fmt.Appendf(nil, "standing/source-%d", i), Value: []byte("{")})
				if err != nil {
					t.Fatal(err)
				}
			}
			s.caughtUp()
		}
		bad(3)
		if n := b.logs.count("passed over"); n != 3 {
			t.Errorf("of 3 records it named %d", n)
		}
		bad(200)
		if n := b.logs.count("passed over"); n != 20 {
			t.Errorf("of 203 records it named %d", n)
		}
		if n := b.logs.count("not logged"); n != 1 {
			t.Errorf("it logged %d times that it logs no more", n)
		}
		<-time.After(time.Hour)
		bad(1)
		if n := b.logs.count("passed over"); n != 20+1 {
			t.Errorf("an hour later it named %d more", n-20)
		}
	})
}
