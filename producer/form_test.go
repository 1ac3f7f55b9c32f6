package producer

import (
	"testing"
	"time"

	"notion-kafka/notion"
	"notion-kafka/notion/notiontest"
)

// A newer program fingerprints in another form. What is unchanged by the form
// before is adopted without a word; what is not is published.
func TestNewFormOfFingerprintsRepublishesNothingUnchanged(t *testing.T) {
	newer := form{version: notion.FingerprintForm + 1, before: &currentForm, of: func(r row) uint64 { return currentForm.of(r) ^ 0x5555 }}
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		db, project, tasks := w.projects(40) // one page is completed
		w.mustRun(byHand)
		edited := db.AddPage("edited", nil)
		w.mustRun(bySchedule)
		before := len(w.records(projectsTopic))
		upgraded := func(order Order) StreamReport {
			p := w.start()
			defer p.cluster.Close()
			p.form = newer
			report, err := p.run(t.Context(), order)
			if err != nil {
				t.Fatal(err)
			}
			return report.stream(DatabaseStream(db.ID()))
		}
		w.notion.EditSilently(edited, notiontest.Values{"Salary": 1})
		if s := upgraded(fullScan); s.Published != 1 || s.Unchanged != 2 {
			t.Errorf("after the upgrade: %+v", s)
		}
		if n := len(w.records(projectsTopic)) - before; n != 1 {
			t.Errorf("%d records after the upgrade, want the changed page alone", n)
		}
		w.notion.EditSilently(edited, notiontest.Values{"Salary": 2})
		w.notion.EditSilently(project, notiontest.Values{"Tasks": tasks[:41]})
		if s := upgraded(fullScan); s.Published != 2 || s.Unchanged != 1 {
			t.Errorf("with what was adopted: %+v", s)
		}
		w.pass(time.Hour)
		if s := upgraded(bySchedule); s.Published != 0 {
			t.Errorf("a poll: %+v", s)
		}
	})
}
