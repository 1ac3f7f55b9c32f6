package producer

import (
	"fmt"
	"testing"
	"time"

	"notion-kafka/notion/notiontest"
)

// addAiling adds n databases whose retrieval always answers 500.
func (w *world) addAiling(n int) {
	for i := range n {
		db := w.notion.AddDatabase(fmt.Sprintf("Ailing %d", i), notiontest.Prop{Name: "Name", Kind: notiontest.KindTitle})
		w.notion.FailAlways("databases/"+db.ID(), notiontest.InternalError())
	}
}

// Retries wait between half and the whole of their backoff. So five databases
// one after the other take at least two and a half times as long as one, and
// beside each other at most twice.
func TestAilingDatabasesAreRetriedBesideEachOther(t *testing.T) {
	took := func(ailing int) (d time.Duration) {
		inWorld(t, notiontest.Options{RequestsPerMinute: -1}, func(t *testing.T, w *world) {
			db := w.addTasks(3)
			w.addAiling(ailing)
			began := time.Now()
			if report := w.runReport(byHand); report.Status == Succeeded {
				t.Errorf("green with %d databases that could not be read", ailing)
			}
			d = time.Since(began)
			w.checkTopic(db, tasksTopic)
		})
		return d
	}
	one, five := took(1), took(5)
	t.Logf("one %v, five %v", one, five)
	if five > 2*one+time.Second {
		t.Errorf("a run takes %v with five ailing databases, and %v with one", five, one)
	}
}
