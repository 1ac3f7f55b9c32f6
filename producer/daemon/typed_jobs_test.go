package daemon

import (
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"notion-kafka/notion/notiontest"
	"notion-kafka/producer"
	"notion-kafka/producer/control"
	"notion-kafka/producer/schedule"
)

// A stream's two jobs add columns beside each other: a poll publishes a page with a new
// property while a scan of another data source is under way, and then the scan meets
// another new property of the same name. Each has a column of its own.
func TestTwoJobsOfAStreamAddColumns(t *testing.T) {
	var scanned func(query int)
	var mu sync.Mutex // queries come side by side
	queries, second := 0, ""
	options := notiontest.Options{
		Latency: func(*http.Request) time.Duration { return time.Second },
		Hook: func(r *http.Request) *notiontest.Fault {
			mu.Lock()
			defer mu.Unlock()
			if second != "" && strings.Contains(r.URL.Path, second) && strings.HasSuffix(r.URL.Path, "/query") {
				queries++
				scanned(queries)
			}
			return nil
		},
	}
	typedWorld(t, options, func(t *testing.T, w *world, s *subject) {
		db, page := w.addGoods()
		w.mustRun(byHand, typed())
		more := db.AddDataSource("More goods", notiontest.Prop{Name: "Name", Kind: notiontest.KindTitle})
		more.AddPages(20_000, time.Now().Add(-30*24*time.Hour), time.Minute, func(int) notiontest.Values { return nil })
		w.pass(time.Hour)
		columnsAt := map[int]string{}
		mu.Lock()
		scanned = func(query int) {
			switch query {
			case 20:
				db.DataSource().AddProperty(notiontest.Prop{Name: "New", Kind: notiontest.KindNumber})
				w.notion.Edit(page, notiontest.Values{"New": 1})
			case 150:
				more.AddProperty(notiontest.Prop{Name: "New", Kind: notiontest.KindCheckbox})
			}
			columnsAt[query] = s.newest()
		}
		second = more.ID()
		mu.Unlock()
		p := w.start(typed())
		p.source.Trigger = schedule.Every{Interval: 10 * time.Second}
		reports, stop := w.daemon(p)
		for {
			report := <-reports
			if slices.ContainsFunc(report.Streams, func(one control.StreamRun) bool {
				return one.Kind == control.FullScan && one.Stream == producer.DatabaseStream(db.ID())
			}) {
				break
			}
		}
		stop()
		if at := columnsAt[150]; !strings.HasSuffix(at, " new") {
			t.Fatalf("the poll did not add its column before the scan met the other property: %q", at)
		}
		if got, want := s.newest(), "name size due due_end due_time_zone new new_2"; got != want {
			t.Errorf("columns %q, want %q", got, want)
		}
		if got := last(w.typedRecords(goodsTopic, s), page).cells("new"); got != "1" {
			t.Errorf("the page that the poll read has %s", got)
		}
	})
}

// A data source whose schema the run does not know says nothing about what is gone.
func TestColumnsOfADataSourceThatSearchHides(t *testing.T) {
	typedWorld(t, notiontest.Options{}, func(t *testing.T, w *world, s *subject) {
		db, page := w.addGoods()
		db.HideFromSearch()
		named := func(src *producer.Source) {
			typed()(src)
			src.Named = []string{db.ID()}
		}
		w.mustRun(byHand, named)
		w.pass(20 * time.Minute) // the database is not retrieved again before an hour is over
		w.notion.Edit(page, notiontest.Values{"Size": 8})
		report := w.mustRun(bySchedule, named)
		if run := streamOf(report, producer.DatabaseStream(db.ID())); run.Published != 1 || len(run.Columns) > 0 {
			t.Errorf("the stream: %+v", run)
		}
	})
}

// A stream that has published nothing yet may still get another form.
func TestATopicWithoutRecordsHasNoForm(t *testing.T) {
	typedWorld(t, notiontest.Options{}, func(t *testing.T, w *world, s *subject) {
		db, _ := w.addGoods()
		all := w.schemas
		w.schemas = choosySchemas{refuses: goodsTopic}
		p := w.start(with(producer.Settings{}))
		if _, err := p.run(t.Context(), byHand); err != nil {
			t.Fatal(err)
		}
		p.cluster.Close()
		w.schemas = all
		w.after("typed", s, db, byHand, expect{columns: "name size due due_end due_time_zone"})
	})
}
