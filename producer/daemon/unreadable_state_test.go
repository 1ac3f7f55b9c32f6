package daemon

import (
	"errors"
	"strings"
	"testing"
	"time"

	"notion-kafka/notion/notiontest"
	"notion-kafka/producer"
	"notion-kafka/producer/control"
	"notion-kafka/producer/kafka"
)

// appendState writes records to the only partition of the state topic, as a person might,
// or another program.
func (w *world) appendState(records ...kafka.KeyValue) {
	w.t.Helper()
	p := w.start()
	defer p.cluster.Close()
	if err := p.cluster.Append(w.t.Context(), "state", records...); err != nil {
		w.t.Fatal(err)
	}
}

// claims is how often the only shard was claimed.
func (w *world) claims() (n int) {
	for _, r := range w.records("state") {
		if string(r.Key) == "owner" {
			n++
		}
	}
	return n
}

// standsStill waits until the shard of a source is stalled, and returns the reason.
func (i *member) standsStill(source string) (why string) {
	i.awaits(func(m *control.Memory) bool {
		for _, peer := range m.Alive(time.Now()) {
			if text := peer.Stalled[i.shardOf(source)]; text != "" {
				why = text
				return true
			}
		}
		return false
	})
	return why
}

// A shard with unreadable state is stalled. Every such record is logged once. Nothing is
// written until somebody has repaired the state; then the shard goes on.
func TestUnreadableStateIsNamedAndCostsNothing(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		w.shards = 1
		db := w.addTasks(3)
		w.mustRun(producer.Order{})
		stream := "acme/database_" + db.ID()
		bad := []string{"page/" + stream + "/nope", "cursor/" + stream + "/x", "topic/acme/database_y"}
		w.appendState(kafka.KeyValue{Key: []byte(bad[0]), Value: []byte("{}")}, kafka.KeyValue{Key: []byte(bad[1]), Value: []byte("{")},
			kafka.KeyValue{Key: []byte("cursor/" + stream + "/y"), Value: []byte("{")}, kafka.KeyValue{Key: []byte("cursor/" + stream + "/y")},
			kafka.KeyValue{Key: []byte(bad[2]), Value: []byte("7")})
		db.AddPage("new", nil)

		i := w.member("one")
		defer i.stop()
		why := i.standsStill("acme")
		for _, key := range bad {
			if !strings.Contains(why, key) {
				t.Errorf("it does not name %s: %s", key, why)
			}
		}
		if strings.Contains(why, "cursor/"+stream+"/y") {
			t.Errorf("it names what was forgotten: %s", why)
		}
		before := w.claims()
		w.pass(3 * time.Hour)
		if n := w.claims() - before; n > 0 {
			t.Errorf("in three hours it was claimed %d times", n)
		}
		if n := strings.Count(w.logs.String(), "until a person does something"); n < 1 || n > 4 {
			t.Errorf("in three hours it said so %d times", n)
		}
		for _, key := range bad {
			w.appendState(kafka.KeyValue{Key: []byte(key)})
		}
		w.pass(10 * time.Minute)
		w.checkTopic(db, "notion.acme.tasks")
	})
}

// State of a newer version is refused wherever its meta record is: an upgrade in place
// appends it.
func TestNewerStateIsRefusedByTheClaim(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		w.shards = 1
		db := w.addTasks(3)
		w.mustRun(producer.Order{})
		w.appendState(kafka.KeyValue{Key: []byte("meta"), Value: []byte(`{"format":99,"shards":1}`)})
		db.AddPage("new", nil)
		i := w.member("one")
		defer i.stop()
		if why := i.standsStill("acme"); !strings.Contains(why, "format 99") || !strings.Contains(why, "newer notion-kafka") {
			t.Errorf("it stands still because %s", why)
		}
		if n := len(w.records("notion.acme.tasks")); n != 3 {
			t.Errorf("%d records, want the 3 of before", n)
		}
	})
}

// A shard that is lost soon after each claim is claimed again after growing waits.
func TestShardThatIsLostAgainAndAgainRests(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		w.shards = 1
		w.addTasks(3)
		i := w.memberWith("one", func(i *member) { i.opts.Observer = faultyObserver{fault: errors.New("a fault")} })
		defer i.stop()
		w.pass(20 * time.Minute)
		if n := w.claims(); n < 2 || n > 50 {
			t.Errorf("in twenty minutes it was claimed %d times", n)
		}
	})
}
