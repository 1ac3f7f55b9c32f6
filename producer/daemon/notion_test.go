package daemon

import (
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"
	"time"

	"notion-kafka/notion/notiontest"
	"notion-kafka/producer"
	"notion-kafka/producer/control"
	"notion-kafka/producer/schedule"
)

// twoSources is a database with two data sources of ten pages each.
func (w *world) twoSources() (db *notiontest.Database, second *notiontest.DataSource) {
	const n = 10
	db = w.addTasks(n)
	second = db.AddDataSource("More", notiontest.Prop{Name: "Name", Kind: notiontest.KindTitle}, notiontest.Prop{Name: "Points", Kind: notiontest.KindNumber})
	second.AddPages(n, time.Now().Add(-9*time.Hour), time.Minute, func(i int) notiontest.Values { return notiontest.Values{"Points": i} })
	return db, second
}

// One data source of a database cannot be read: the run reports that, and news in the
// others arrives, in scans and after them.
func TestUnreadableDataSourceCostsTheOthersNothing(t *testing.T) {
	var hidden string
	options := notiontest.Options{Hook: func(r *http.Request) *notiontest.Fault {
		if hidden != "" && strings.Contains(r.URL.Path, hidden) && strings.HasSuffix(r.URL.Path, "/query") {
			refusal := notiontest.Restricted()
			return &refusal
		}
		return nil
	}}
	inWorld(t, options, func(t *testing.T, w *world) {
		db, second := w.twoSources()
		hidden = second.ID()
		if s := w.runOnce(byHand, db); s.Status != control.Failed || !strings.Contains(s.Error, hidden) || s.Published != 10 {
			t.Errorf("first scan: %+v", s)
		}
		w.pass(time.Hour)
		db.AddPage("new", nil)
		if s := w.runOnce(bySchedule, db); s.Status != control.Failed || s.Published != 1 {
			t.Errorf("while the scan waits: %+v", s)
		}
		if op := ops(w.records(tasksTopic)); op[producer.OpSnapshot] != 11 {
			t.Errorf("ops %v; until the first scan is complete every record is a snapshot", op)
		}
		hidden = ""
		if s := w.runOnce(bySchedule, db); s.Status != control.Succeeded || s.Published != 10 {
			t.Errorf("readable again: %+v", s)
		}
		hidden = second.ID()
		w.pass(time.Hour)
		w.notion.Edit(second.AddPage("behind the wall", nil), notiontest.Values{"Points": 1})
		db.AddPage("newer", nil)
		if s := w.runOnce(bySchedule, db); s.Status != control.Failed || s.Published != 1 {
			t.Errorf("unreadable after the scan: %+v", s)
		}
		hidden = ""
		w.pass(3 * time.Hour)
		w.mustRun(bySchedule)
		w.checkTopic(db, tasksTopic)
	})
}

// A data source that appears is read from the beginning; one that is gone does not
// affect the others.
func TestDataSourcesComeAndGo(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		db := w.addTasks(10)
		w.mustRun(byHand)
		second := db.AddDataSource("More", notiontest.Prop{Name: "Name", Kind: notiontest.KindTitle})
		second.AddPages(120, time.Now().Add(-9000*time.Hour), time.Minute, func(int) notiontest.Values { return nil })
		w.pass(10 * time.Minute)
		w.mustRun(bySchedule)
		w.checkTopic(db, tasksTopic)
		second.Trash()
		w.pass(2 * time.Hour)
		first := db.AddPage("new", nil)
		if s := w.runOnce(bySchedule, db); s.Published != 1 {
			t.Errorf("after one data source went: %+v", s)
		}
		if w.lastValue(tasksTopic, first) == "" {
			t.Error("the page of the other one did not arrive")
		}
	})
}

// Notion's index may show an edit only after a while, and a page is edited twice in a
// minute. Whatever the polls read meanwhile, the last content arrives.
func TestEditsThatShowLateArrive(t *testing.T) {
	for name, lag := range map[string]time.Duration{"at once": 0, "half a minute": 30 * time.Second, "two minutes": 2 * time.Minute} {
		t.Run(name, func(t *testing.T) {
			options := notiontest.Options{QueryLag: lag, LivePages: true, RequestsPerMinute: -1, Latency: func(*http.Request) time.Duration { return rand.N(2 * time.Second) }}
			inWorld(t, options, func(t *testing.T, w *world) {
				db := w.addTasks(0)
				pages := db.DataSource().AddPages(250, time.Now().Add(-90*time.Hour), time.Minute, func(int) notiontest.Values { return nil })
				p := w.start()
				p.source.Trigger = schedule.Every{Interval: 11 * time.Second}
				reports, stop := w.daemon(p)
				<-reports
				for i := range 100 {
					w.pass(rand.N(20 * time.Second))
					w.notion.Edit(pages[rand.IntN(len(pages))], notiontest.Values{"Points": i})
				}
				w.pass(lag + 5*time.Minute)
				stop()
				w.checkTopic(db, tasksTopic)
			})
		})
	}
}

// More pages are edited in a minute than Notion shows in one query.
func TestMassEditBeyondTheCapArrives(t *testing.T) {
	inWorld(t, notiontest.Options{RowCap: 500, RequestsPerMinute: -1}, func(t *testing.T, w *world) {
		db := w.addTasks(0)
		pages := db.DataSource().AddPages(2500, time.Now().Add(-90*time.Hour), 30*time.Second, func(int) notiontest.Values { return nil })
		w.mustRun(byHand)
		w.pass(time.Hour)
		for i, id := range pages[500:1700] {
			w.notion.Edit(id, notiontest.Values{"Points": i})
		}
		if s := streamOf(w.mustRun(bySchedule), producer.DatabaseStream(db.ID())); s.Published != 1200 || s.Read > 1210 {
			t.Errorf("%+v", s)
		}
		w.checkTopic(db, tasksTopic)
	})
}

// A big database is read for the first time. The polls of a small one go on
// beside it, one query each, and none waits for the window's end.
func TestPollsGoOnBesideAFirstRead(t *testing.T) {
	options := notiontest.Options{Latency: func(*http.Request) time.Duration { return 800 * time.Millisecond }}
	inWorld(t, options, func(t *testing.T, w *world) {
		small := w.addTasks(10)
		w.mustRun(byHand)
		big := w.notion.AddDatabase("Big", notiontest.Prop{Name: "Name", Kind: notiontest.KindTitle})
		big.DataSource().AddPages(70_000, time.Now().Add(-90*24*time.Hour), time.Minute, func(int) notiontest.Values { return nil })
		w.pass(time.Hour)
		p := w.start()
		p.source.Trigger = schedule.Every{Interval: 20 * time.Second}
		reports, stop := w.daemon(p)
		var longest time.Duration
		for range 5 {
			report := <-reports
			if took := report.FinishedAt.Sub(report.StartedAt); report.Status == control.Succeeded {
				longest = max(longest, took)
			} else {
				t.Errorf("%+v", report)
			}
			if s := streamOf(report, producer.DatabaseStream(big.ID())); s.Stream != "" {
				t.Fatal("the first read of the big database is over already")
			}
		}
		t.Logf("polls beside a first read took %v at most", longest)
		if longest > 50*time.Second { // virtual time; one that waits for the window's end takes a minute and more
			t.Errorf("a poll took %v", longest)
		}
		id := small.AddPage("urgent", nil)
		<-reports
		<-reports
		if w.lastValue(tasksTopic, id) == "" {
			t.Error("a new page waits for the first read of another database")
		}
		stop()
	})
}
