package daemon

import (
	"net/http"
	"testing"
	"time"

	"notion-kafka/notion/notiontest"
	"notion-kafka/producer"
	"notion-kafka/producer/control"
	"notion-kafka/producer/schedule"
)

// A run that was missed is one of the start, also if it has to wait until a run by hand,
// which the previous owner left unfinished, has planned what it reads.
func TestMissedRunBesideAnInterruptedOne(t *testing.T) {
	var slow bool
	latency := func(*http.Request) time.Duration {
		if slow {
			return 5 * time.Second
		}
		return 0
	}
	inWorld(t, notiontest.Options{Latency: latency}, func(t *testing.T, w *world) {
		db := w.addTasks(3)
		w.mustRun(byHand)
		slow = true
		owner := w.member("one", byHandOnly)
		owner.started()
		id := owner.mustStart(producer.Order{Streams: []string{producer.DatabaseStream(db.ID())}}).ID
		owner.awaits(func(m *control.Memory) bool { _, run, _ := m.RunByID(id); return run.Run.Status == control.Running })
		w.pass(2 * time.Second)
		owner.stop()
		w.pass(time.Hour)
		heir := w.member("two", func(src *producer.Source) { src.Trigger = schedule.Every{Interval: 10 * time.Minute} })
		defer heir.stop()
		w.pass(5 * time.Minute)
		triggers := map[control.Trigger]int{}
		for _, run := range heir.runs() {
			triggers[run.Trigger]++
		}
		if triggers[control.ByHand] != 2 || triggers[control.AtStartup] != 1 {
			t.Errorf("runs by trigger: %v, want two by hand, one of the start\n%s", triggers, w.logs)
		}
	})
}
