package daemon

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"notion-kafka/notion/notiontest"
	"notion-kafka/producer"
	"notion-kafka/producer/control"
)

// denseCap is the most rows of one query in these worlds.
const denseCap = 1000

// importTasks adds n rows of one minute to the tasks, with the titles that title makes.
func importTasks(db *notiontest.Database, n int, title func(i int) string) []string {
	return db.DataSource().AddPages(n, denseMinute, 0, func(i int) notiontest.Values { return notiontest.Values{"Name": title(i)} })
}

var denseMinute = time.Date(1999, 6, 1, 10, 5, 0, 0, time.UTC)

func numberedTitle(i int) string { return fmt.Sprintf("Imported %d", i) }

func untitled(int) string { return "Untitled" }

func addUniqueID(db *notiontest.Database) {
	db.DataSource().AddProperty(notiontest.Prop{Name: "No", Kind: notiontest.KindUniqueID})
}

// A way is a property by which a dense minute is divided: a unique id, or the title.
type way struct {
	prepare func(*notiontest.Database)
	title   func(i int) string
}

var ways = map[string]way{
	"by unique id": {addUniqueID, untitled},
	"by title":     {func(*notiontest.Database) {}, numberedTitle},
}

// A minute has more rows than Notion shows of one query. They are all read, and so are
// later edits of more of them than that; what goes is deleted, and nothing else.
func TestADenseMinuteIsReadEditedAndDeletedFrom(t *testing.T) {
	for name, way := range ways {
		t.Run(name, func(t *testing.T) {
			inWorld(t, notiontest.Options{RowCap: denseCap, FoldText: true, RequestsPerMinute: -1}, func(t *testing.T, w *world) {
				db := w.addTasks(10)
				way.prepare(db)
				rows := importTasks(db, 2500, way.title)
				w.notion.Archive(rows[1800])
				w.pass(5 * time.Minute)
				settings := with(producer.Settings{})
				if s := w.runWith(byHand, db, settings); s.Status != control.Succeeded || s.Published != 2510 {
					t.Fatalf("first read: %+v", s)
				}
				w.checkTopic(db, tasksTopic)
				w.pass(time.Hour)
				for i, id := range rows[:1700] {
					w.notion.Edit(id, notiontest.Values{"Points": i})
				}
				w.pass(5 * time.Minute)
				if s := w.runWith(bySchedule, db, settings); s.Kind != control.Incremental || s.Status != control.Succeeded || s.Published != 1700 {
					t.Errorf("1,700 edited rows: %+v", s)
				}
				w.pass(time.Hour)
				w.notion.Trash(rows[1900])
				if s := w.runWith(fullScan, db, settings); s.Status != control.Succeeded || s.Deleted != 1 || s.Published != 0 {
					t.Errorf("after one was trashed: %+v", s)
				}
				if gone := deletes(w.records(tasksTopic)); len(gone) != 1 || gone[rows[1900]] == "" {
					t.Errorf("deleted: %v", gone)
				}
				w.checkDeletes(db, tasksTopic)
			})
		})
	}
}

// The titles that a dense minute is divided by are published only if they are wanted.
func TestADenseMinuteShowsNoExcludedTitle(t *testing.T) {
	inWorld(t, notiontest.Options{RowCap: denseCap, RequestsPerMinute: -1}, func(t *testing.T, w *world) {
		db := w.addTasks(0)
		importTasks(db, 1500, numberedTitle)
		w.pass(5 * time.Minute)
		if s := w.runWith(byHand, db, with(producer.Settings{Exclude: []string{"Name"}})); s.Status != control.Succeeded || s.Published != 1500 {
			t.Fatalf("%+v", s)
		}
		if shown := w.secretsIn(tasksTopic, "Imported"); len(shown) > 0 {
			t.Errorf("%d records show the excluded title, such as %s", len(shown), shown[0])
		}
	})
}

// A scan that cannot read a dense minute is not green, says what helps, and deletes
// nothing. A unique id helps.
func TestADenseMinuteThatCannotBeReadDeletesNothing(t *testing.T) {
	inWorld(t, notiontest.Options{RowCap: denseCap, RequestsPerMinute: -1}, func(t *testing.T, w *world) {
		db := w.addTasks(10)
		rows := importTasks(db, 900, untitled)
		w.pass(5 * time.Minute)
		w.mustRun(byHand, with(producer.Settings{}))
		w.notion.Trash(rows[3])
		importTasks(db, 300, untitled)
		w.pass(time.Hour)
		s := w.runWith(fullScan, db, with(producer.Settings{}))
		if s.Status != control.Failed || s.Deleted != 0 || !strings.Contains(s.Error, "1999-06-01T10:05") || !strings.Contains(s.Error, "type ID") {
			t.Errorf("%+v", s)
		}
		if gone := deletes(w.records(tasksTopic)); len(gone) > 0 {
			t.Errorf("deleted: %v", gone)
		}
		addUniqueID(db)
		w.pass(2 * time.Hour)
		if s := w.runWith(fullScan, db, with(producer.Settings{})); s.Status != control.Succeeded || s.Deleted != 1 {
			t.Errorf("with unique ids: %+v", s)
		}
		w.checkDeletes(db, tasksTopic)
	})
}

// A scan that is killed within a dense minute goes on: the minute is read again, and
// nothing is published twice.
func TestKilledScanOfADenseMinuteGoesOn(t *testing.T) {
	for name, way := range ways {
		t.Run(name, func(t *testing.T) {
			var die func()
			var queries atomic.Int64
			options := notiontest.Options{
				RowCap: denseCap, RequestsPerMinute: -1,
				Latency: func(*http.Request) time.Duration { return time.Second },
				Hook: func(r *http.Request) *notiontest.Fault {
					if strings.HasSuffix(r.URL.Path, "/query") && queries.Add(1) == 50 {
						die()
					}
					return nil
				},
			}
			inWorld(t, options, func(t *testing.T, w *world) {
				db := w.addTasks(0)
				way.prepare(db)
				importTasks(db, 2500, way.title)
				db.DataSource().AddPages(500, time.Now().Add(-100*time.Hour), 30*time.Second, func(int) notiontest.Values { return nil })
				victim := w.start()
				defer victim.cluster.Close()
				ctx, cancel := context.WithCancel(t.Context())
				die = func() { _ = victim.cable.cut(); cancel() }
				if _, err := victim.run(ctx, byHand); err == nil {
					t.Fatal("the first process was not killed")
				}
				before := len(w.records(tasksTopic))
				if before <= 600 || before > 2900 { // 500 of them are not of the minute
					t.Fatalf("%d rows were committed before the kill, which proves little", before)
				}
				s := streamOf(w.mustRun(bySchedule), producer.DatabaseStream(db.ID()))
				if s.Published != 3000-before {
					t.Errorf("after %d of 3,000 rows were committed, the next process published %d", before, s.Published)
				}
				w.checkTopic(db, tasksTopic)
			})
		})
	}
}
