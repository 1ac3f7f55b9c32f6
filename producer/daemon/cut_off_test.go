package daemon

import (
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"

	"notion-kafka/notion/notiontest"
	"notion-kafka/producer/control"
)

// While Kafka does not answer an instance, nothing is published, and on that instance
// the status of every source says so, although no record of it can be written. When
// Kafka answers again, all is well again.
func TestStatusWhileKafkaNeverAnswers(t *testing.T) {
	for name, kind := range map[string]int32{"all": -1, "Produce": int32(kmsg.Produce) + 1, "EndTxn": int32(kmsg.EndTxn) + 1} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, notiontest.Options{RequestsPerMinute: -1}, func(t *testing.T, w *world) {
				db := w.addTasks(3)
				i := w.member("one", everyFiveSeconds)
				i.started()
				w.pass(10 * time.Minute)
				i.cable.swallow.Store(kind)
				db.AddPage("new", nil)
				w.pass(2 * time.Minute)
				if now := i.Daemon.source("acme", control.FromFile); now.Status != control.SourceFailing || now.Reason == "" {
					t.Errorf("after two minutes without answers the source is %s: %s", now.Status, now.Reason)
				}
				i.cable.swallow.Store(0)
				w.pass(3 * time.Minute)
				if now := i.Daemon.source("acme", control.FromFile); now.Status != control.SourceReady {
					t.Errorf("when Kafka answers again the source is %s: %s", now.Status, now.Reason)
				}
				i.stop()
				w.checkTopic(db, tasksTopic)
			})
		})
	}
}

// An instance that Kafka does not answer hears nothing of the others, so it does not
// report that their sources are well.
func TestStatusOfOthersWhileKafkaNeverAnswers(t *testing.T) {
	inWorld(t, notiontest.Options{RequestsPerMinute: -1}, func(t *testing.T, w *world) {
		db := w.addTasks(3)
		owner := w.member("one", everyFiveSeconds)
		owner.started()
		onlooker := w.member("two", everyFiveSeconds)
		w.pass(10 * time.Minute)
		if onlooker.Daemon.source("acme", control.FromFile).Owner == "two" {
			owner, onlooker = onlooker, owner
		}
		onlooker.cable.swallow.Store(-1)
		w.pass(5 * time.Minute)
		if now := onlooker.Daemon.source("acme", control.FromFile); now.Status != control.SourceFailing || !strings.Contains(now.Reason, "instance "+owner.opts.Instance) {
			t.Errorf("there the source is %s: %s", now.Status, now.Reason)
		}
		if now := owner.Daemon.source("acme", control.FromFile); now.Status != control.SourceReady {
			t.Errorf("at its owner the source is %s: %s", now.Status, now.Reason)
		}
		onlooker.cable.swallow.Store(0)
		w.pass(3 * time.Minute)
		onlooker.stop()
		owner.stop()
		w.checkTopic(db, tasksTopic)
	})
}
