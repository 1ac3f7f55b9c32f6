package control

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// Anybody who may write to the topic could otherwise leave a command that never expires,
// or make an instance that never existed look alive.
func TestWhatIsSaidOfTheFutureIsNotBelieved(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		one := b.client("one")
		never := time.Date(9999, time.January, 1, 0, 0, 0, 0, time.UTC)
		one.says(Instance{})
		one.append(
			Record{CommandKey("c"), Command{Source: "acme", Verb: "delete", Expires: never}},
			Record{InstanceKey("ghost"), Instance{At: never}},
		)
		one.caughtUp()
		if pending := one.Pending(every); len(pending) != 1 {
			t.Fatalf("commands that wait: %v", pending)
		}
		if diff := cmp.Diff([]string{"ghost", "one"}, ids(one.Alive(time.Now()))); diff != "" {
			t.Error(diff)
		}

		<-time.After(longestCommand)
		if pending := one.Pending(every); len(pending) != 0 {
			t.Errorf("a minute later there still wait %v", pending)
		}
		late := b.client("late") // reads what was written long ago
		late.caughtUp()
		if pending := late.Pending(every); len(pending) != 0 {
			t.Errorf("a later reader finds the command pending: %v", pending)
		}
		<-time.After(aliveFor)
		if diff := cmp.Diff([]string{"late", "one"}, ids(one.Alive(time.Now()))); diff != "" {
			t.Error("four minutes later: ", diff)
		}
		<-time.After(goneAfter)
		one.append(one.Expired(every)...)
		for key, value := range b.left() {
			if key == CommandKey("c") || key == InstanceKey("ghost") {
				t.Errorf("an hour later the topic still holds %s: %s", key, value)
			}
		}
	})
}
