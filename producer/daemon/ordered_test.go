package daemon

import (
	"fmt"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"

	"notion-kafka/notion/notiontest"
	"notion-kafka/producer"
	"notion-kafka/producer/control"
)

// Kafka goes away for three seconds at any point of the ordering of a run, or of its
// beginning. The person who ordered it gets one run, and one run is made.
func TestOrderedInAnOutage(t *testing.T) {
	for name, set := range map[string]func(c *cable, n int64){
		"before the request arrives":   func(c *cable, n int64) { c.cutWrite.Store(c.writes.Load() + n) },
		"before the answer comes back": func(c *cable, n int64) { c.cutRead.Store(c.reads.Load() + n) },
	} {
		for n := range int64(60) {
			t.Run(fmt.Sprint(name, " ", n), func(t *testing.T) {
				inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
					w.addTasks(3)
					i := w.member("one", byHandOnly)
					defer i.stop()
					i.started()
					w.pass(time.Minute)
					i.cable.onCut = func() { time.AfterFunc(3*time.Second, i.cable.repair) }
					set(i.cable, n+1)
					run := i.mustStart(producer.Order{})
					w.pass(5 * time.Minute)
					ended := map[control.Status]int{}
					for _, one := range i.runs() {
						ended[one.Status]++
					}
					if _, err := i.FindRun(run.ID); err != nil || ended[control.Succeeded] != 1 || len(ended) > 2 {
						t.Errorf("%v, runs ended %v\n%s", err, ended, w.logs)
					}
				})
			})
		}
	}
}

// After a long outage it is not known whether the run began: the error says how to find
// out.
func TestOrderedInALongOutage(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		w.addTasks(3)
		i := w.member("one", byHandOnly)
		defer i.stop()
		i.started()
		w.pass(time.Minute)
		i.cable.swallow.Store(int32(kmsg.EndTxn) + 1)
		_, err := i.Start(t.Context(), "acme", producer.Order{})
		mustBeKind(t, err, control.Unavailable, "run 2")
		mustBeKind(t, err, control.Unavailable, " of source acme: ")
		mustBeKind(t, err, control.Unavailable, "`notion-kafka runs acme` shows it if it began; trigger it again if it does not")
		i.cable.swallow.Store(0)
	})
}

// After an unknown outcome the same request may be sent again without harm.
func TestPausedInALongOutage(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		w.addTasks(3)
		i := w.member("one", byHandOnly)
		defer i.stop()
		i.started()
		w.pass(time.Minute)
		i.cable.swallow.Store(int32(kmsg.EndTxn) + 1)
		mustBeKind(t, i.Pause(t.Context(), "acme"), control.Unavailable, "it is not known whether that was done")
		i.cable.swallow.Store(0)
		w.pass(time.Minute)
		if err := i.Pause(t.Context(), "acme"); err != nil {
			t.Error(err)
		}
	})
}
