package control

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func ids(peers []Peer) (ids []string) {
	for _, p := range peers {
		ids = append(ids, p.ID)
	}
	return ids
}

func TestInstancesAreAliveWhileTheySaySo(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		one, two := b.client("one"), b.client("two")
		one.says(Instance{Version: "1", Shards: []int32{3}})
		two.says(Instance{Version: "2"})
		one.caughtUp()
		alive := one.Alive(time.Now())
		if diff := cmp.Diff([]string{"one", "two"}, ids(alive)); diff != "" {
			t.Fatal(diff)
		}
		if alive[0].Version != "1" || !cmp.Equal(alive[0].Shards, []int32{3}) {
			t.Errorf("catching up changed its record: %+v", alive[0])
		}
		<-time.After(time.Hour)
		if diff := cmp.Diff([]string{"one", "two"}, ids(one.Alive(time.Now()))); diff != "" {
			t.Error("an hour later: ", diff)
		}
		two.says(Instance{Version: "3"})
		<-time.After(time.Second)
		if alive := one.Alive(time.Now()); alive[1].Version != "3" {
			t.Errorf("its new record is not read at once: %+v", alive[1])
		}

		two.stop() // says goodbye
		<-time.After(time.Second)
		if diff := cmp.Diff([]string{"one"}, ids(one.Alive(time.Now()))); diff != "" {
			t.Error("after a goodbye: ", diff)
		}
	})
}

func TestInstancesThatDieAreNoticedAndRemoved(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		one, two := b.client("one"), b.client("two")
		one.says(Instance{})
		two.says(Instance{})
		two.line.dead.Store(true)
		known := func() []string {
			<-time.After(time.Second)
			return ids(one.Alive(time.Now()))
		}
		if diff := cmp.Diff([]string{"one", "two"}, known()); diff != "" {
			t.Error(diff)
		}
		<-time.After(aliveFor + time.Minute)
		if diff := cmp.Diff([]string{"one"}, known()); diff != "" {
			t.Error("four minutes later: ", diff)
		}
		if b.left()[InstanceKey("two")] == "" {
			t.Error("its record is gone already")
		}
		<-time.After(goneAfter)
		if left := b.left()[InstanceKey("two")]; left != "" {
			t.Error("an hour later its record is still there: ", left)
		}
	})
}

// An instance that never announced itself writes no record when it leaves, and one
// without a broker does not hang.
func TestLeaving(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		silent, cut := b.client("silent"), b.client("cut")
		cut.says(Instance{})
		<-time.After(time.Second)
		cut.line.dead.Store(true)
		started := time.Now()
		cut.stop()
		if took := time.Since(started); took > leaveTimeout {
			t.Errorf("its end took %v", took)
		}
		<-time.After(time.Hour)
		silent.stop()
		for key := range b.left() {
			if key != InstanceKey("cut") {
				t.Errorf("the topic holds %s", key)
			}
		}
	})
}
