package daemon

import (
	"errors"
	"strings"
	"testing"
	"time"

	"notion-kafka/notion/notiontest"
	"notion-kafka/producer"
	"notion-kafka/producer/control"
)

// Search shows only the id of a data source: the databases stream names it, and
// everything else is published.
func TestDataSourceOfWhichThereIsOnlyAnIDIsNamed(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		fine, closed := w.addTasks(3), w.notion.AddDatabase("Closed")
		id := closed.DataSource().ID()
		w.pass(time.Hour)
		closed.DataSource().Garble(notiontest.OnlyAnID)
		said := func(text string) bool {
			return strings.Contains(text, "Notion shows only the ids of 1 data sources, such as "+id)
		}
		report := w.runReport(bySchedule)
		if s := streamOf(report, producer.DatabasesStream); s.Status != control.NeedsAttention || !said(s.Error) {
			t.Errorf("databases: %+v", s)
		}
		if s := streamOf(report, producer.DatabaseStream(fine.ID())); s.Status != control.Succeeded || s.Published != 3 {
			t.Errorf("the other stream: %+v", s)
		}
		p := w.start()
		offers, err := p.Offers(t.Context(), p.source, nil)
		p.cluster.Close()
		if err != nil || len(offers) != 2 || !said(offers[0].Problem) || offers[1].Problem != "" {
			t.Errorf("offers: %v, %+v", err, offers)
		}
		warned := func() (n int) {
			for line := range strings.Lines(w.logs.String()) {
				if said(line) && strings.Contains(line, "WARN") && !strings.Contains(line, "stream done") {
					n++
				}
			}
			return n
		}
		before := warned()
		if report := w.runReport(byHand, only(producer.DatabaseStream(fine.ID()))); report.Status != control.Succeeded || warned() != before+1 {
			t.Errorf("without the databases stream: %s, %d warnings", report.Status, warned()-before)
		}
		closed.DataSource().Garble(notiontest.OrdinaryForm)
		w.pass(time.Hour)
		w.mustRun(bySchedule)
	})
}

// Where Notion shows only ids, the run says so and what to do.
func TestNothingButIDs(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		closed := w.notion.AddDatabase("Closed")
		w.pass(time.Hour)
		closed.DataSource().Garble(notiontest.OnlyAnID)
		p := w.start()
		defer p.cluster.Close()
		if _, err := p.run(t.Context(), bySchedule); !errors.Is(err, producer.ErrNothingShared) || !strings.Contains(err.Error(), closed.DataSource().ID()) {
			t.Errorf("it says %v", err)
		}
	})
}

// The first three pages that are shown only by their ids are named.
func TestPagesOfWhichThereAreOnlyIDsAreNamed(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		db := w.addTasks(2)
		var pages []string
		for range 4 {
			pages = append(pages, db.AddPage("closed", nil))
		}
		w.pass(time.Hour)
		for _, page := range pages {
			w.notion.RestrictPage(page)
		}
		s := streamOf(w.runReport(byHand), producer.DatabaseStream(db.ID()))
		named := 0
		for _, page := range pages {
			if strings.Contains(s.Error, page) {
				named++
			}
		}
		if s.Status != control.NeedsAttention || s.Partial != 4 || named != 3 || !strings.Contains(s.Error, "only the ids of 4 pages, such as ") {
			t.Errorf("%d are named: %+v", named, s)
		}
	})
}
