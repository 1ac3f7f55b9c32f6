package daemon

import (
	"context"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"notion-kafka/notion/notiontest"
	"notion-kafka/producer"
)

// A killedRead is a world in which a process died in the middle of reading a
// database, after it had published some of its pages.
type killedRead struct {
	*world
	db        *notiontest.Database
	published []string // pages that it had published
}

// inKilledRead runs a test after a process has died in a run with this order, in a
// database of 1,000 pages. before, if not nil, is called before that run.
func inKilledRead(t *testing.T, order producer.Order, before func(w *world), test func(t *testing.T, w *killedRead), change ...func(*producer.Source)) {
	t.Helper()
	var die func()
	var queries atomic.Int64
	options := notiontest.Options{
		RequestsPerMinute: -1,
		Latency:           func(*http.Request) time.Duration { return time.Second },
		Hook: func(r *http.Request) *notiontest.Fault {
			if die != nil && strings.HasSuffix(r.URL.Path, "/query") && queries.Add(1) == 8 {
				die()
			}
			return nil
		},
	}
	inWorld(t, options, func(t *testing.T, w *world) {
		db := w.addTasks(0)
		db.DataSource().AddPages(1000, time.Now().Add(-100*time.Hour), 2*time.Minute, func(i int) notiontest.Values { return notiontest.Values{"Points": i} })
		if before != nil {
			before(w)
		}
		had := len(w.records(tasksTopic))
		victim := w.start(change...)
		defer victim.cluster.Close()
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		die = func() { _ = victim.cable.cut(); cancel() }
		if _, err := victim.run(ctx, order); err == nil {
			t.Fatal("the process was not killed")
		}
		die = nil
		killed := &killedRead{world: w, db: db}
		for _, r := range w.records(tasksTopic)[had:] {
			killed.published = append(killed.published, string(r.Key))
		}
		if n := len(killed.published); n < 50 || n > 900 {
			t.Fatalf("%d pages were published before the kill, which proves little", n)
		}
		w.pass(2 * time.Hour)
		test(t, killed)
	})
}

// A first read was killed. Changes since then of pages that it had read are in the topic
// when a full run is green, whether a person ordered it or it is a run of a full_table
// stream.
func TestFullRunAfterAKilledFirstRead(t *testing.T) {
	runs := map[string]struct {
		order  producer.Order
		change func(*producer.Source)
	}{
		"full":                   {fullScan, with(producer.Settings{})},
		"full table":             {bySchedule, with(producer.Settings{FullTable: true})},
		"republish":              {producer.Order{Trigger: "manual", Full: true, Republish: true}, with(producer.Settings{})},
		"full after a takeover":  {producer.Order{Trigger: "manual", Full: true, Continues: []string{"another"}}, with(producer.Settings{})},
		"full, published wholly": {bySchedule, with(producer.Settings{FullTable: true, PublishAll: true})},
	}
	for name, run := range runs {
		t.Run(name, func(t *testing.T) {
			inKilledRead(t, byHand, nil, func(t *testing.T, w *killedRead) {
				other := w.notion.AddDatabase("Archive", notiontest.Prop{Name: "Name", Kind: notiontest.KindTitle})
				gone := w.published[:3]
				w.notion.Trash(gone[0])
				w.notion.Purge(gone[1])
				w.notion.Move(gone[2], other.DataSource())
				w.notion.Edit(w.published[3], notiontest.Values{"Points": 4711})
				w.notion.EditSilently(w.published[4], notiontest.Values{"Points": 4712})
				w.pass(2 * time.Hour)
				w.mustRun(run.order, run.change)
				want := map[string]string{gone[0]: producer.ReasonTrashed, gone[1]: producer.ReasonGone, gone[2]: producer.ReasonMoved}
				if got := deletes(w.records(tasksTopic)); !mapsEqual(got, want) {
					t.Errorf("deletes %v\n   want %v", got, want)
				}
				for id, points := range map[string]string{w.published[3]: "4711", w.published[4]: "4712"} {
					if !strings.Contains(w.lastValue(tasksTopic, id), points) {
						t.Errorf("page %s is as it was before it was edited", id)
					}
				}
				w.checkDeletes(w.db, tasksTopic)
			}, run.change)
		})
	}
}

// A run that finishes a killed first read also reads the pages that were edited
// meanwhile.
func TestRunThatEndsAKilledFirstReadHasTheEdits(t *testing.T) {
	inKilledRead(t, byHand, nil, func(t *testing.T, w *killedRead) {
		w.notion.Edit(w.published[0], notiontest.Values{"Points": 4711})
		w.pass(2 * time.Hour)
		w.mustRun(bySchedule)
		w.checkTopic(w.db, tasksTopic)
	})
}

// A republish was killed. A full run that replaces it also publishes every page again.
func TestFullRunAfterAKilledRepublish(t *testing.T) {
	first := func(w *world) { w.mustRun(byHand) }
	inKilledRead(t, producer.Order{Trigger: "manual", Full: true, Republish: true}, first, func(t *testing.T, w *killedRead) {
		if s := streamOf(w.mustRun(fullScan), producer.DatabaseStream(w.db.ID())); s.Published != 1000 {
			t.Errorf("published %d of 1000 pages: %+v", s.Published, s)
		}
	})
}
