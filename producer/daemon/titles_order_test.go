package daemon

import (
	"testing"

	"notion-kafka/notion/notiontest"
	"notion-kafka/producer"
)

// A person who orders a stream of a new source may know only the title of its database.
func TestOrderOfATitleBeforeTheFirstRun(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		db := w.addTasks(3)
		w.notion.AddDatabase("Others", notiontest.Prop{Name: "Name", Kind: notiontest.KindTitle}).AddPage("one", nil)
		report := w.mustRun(producer.Order{Trigger: "manual", Streams: []string{"Tasks"}})
		if len(report.Streams) != 1 || report.Streams[0].Stream != producer.DatabaseStream(db.ID()) {
			t.Errorf("%+v", report.Streams)
		}
		w.checkTopic(db, tasksTopic)
	})
}
