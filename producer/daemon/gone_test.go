package daemon

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"notion-kafka/notion/notiontest"
	"notion-kafka/producer"
	"notion-kafka/producer/control"
	"notion-kafka/producer/kafka"
	"notion-kafka/producer/schedule"
)

var fullScan = producer.Order{Trigger: "schedule", Full: true}

// with gives every stream these settings.
func with(settings producer.Settings) func(*producer.Source) {
	return func(src *producer.Source) {
		if settings.Overlap == 0 {
			settings.Overlap = 2 * time.Minute
		}
		if settings.MaxDeleteRatio == 0 {
			settings.MaxDeleteRatio = 0.5
		}
		src.Select = func(string, string, string) (producer.Settings, bool) { return settings, true }
	}
}

// deletes are the reasons of the deletes in a topic, by page.
func deletes(records []kafka.Stored) map[string]string {
	reasons := map[string]string{}
	for _, r := range records {
		if r.Header("notion-kafka.op") == producer.OpDelete {
			reasons[string(r.Key)] = r.Header("notion-kafka.reason")
		}
	}
	return reasons
}

// Pages leave in every possible way: a scan finds the right reason, and nothing else is
// deleted.
func TestScanDeletesWhatIsGoneAndSaysWhy(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		db := w.addTasks(40)
		other := w.notion.AddDatabase("Archive", notiontest.Prop{Name: "Name", Kind: notiontest.KindTitle}, notiontest.Prop{Name: "Points", Kind: notiontest.KindNumber})
		w.pass(time.Hour)
		w.mustRun(byHand, with(producer.Settings{}))
		pages := db.Pages(notiontest.Live)
		w.notion.Trash(pages[0])
		w.notion.Purge(pages[1])
		w.notion.Move(pages[2], other.DataSource())
		w.notion.MoveToPage(pages[3])
		w.notion.UnsharePage(pages[4])
		w.notion.Archive(pages[5])
		w.notion.Edit(pages[6], notiontest.Values{"Points": -1})
		w.pass(time.Hour)
		w.mustRun(bySchedule, with(producer.Settings{}))
		if got := deletes(w.records(tasksTopic)); len(got) > 0 {
			t.Errorf("a poll deleted %v", got)
		}
		report := w.mustRun(fullScan, with(producer.Settings{}))
		want := map[string]string{pages[0]: producer.ReasonTrashed, pages[1]: producer.ReasonGone, pages[2]: producer.ReasonMoved, pages[3]: producer.ReasonMoved, pages[4]: producer.ReasonGone}
		if got := deletes(w.records(tasksTopic)); !mapsEqual(got, want) {
			t.Errorf("deletes %v\n   want %v", got, want)
		}
		if s := streamOf(report, producer.DatabaseStream(db.ID())); s.Deleted != 5 || s.Kind != control.FullScan {
			t.Errorf("report %+v", s)
		}
		if w.lastValue("notion.acme.archive", pages[2]) == "" {
			t.Error("the moved page is not in the topic of the other database")
		}
		if !strings.Contains(w.lastValue(tasksTopic, pages[5]), `"is_archived":true`) {
			t.Errorf("the archived page: %s", w.lastValue(tasksTopic, pages[5]))
		}
		before := len(w.records(tasksTopic))
		w.mustRun(fullScan, with(producer.Settings{}))
		if n := len(w.records(tasksTopic)) - before; n != 0 {
			t.Errorf("the next scan published %d records", n)
		}
		w.notion.Restore(pages[0])
		w.mustRun(fullScan, with(producer.Settings{}))
		last := w.records(tasksTopic)
		if r := last[len(last)-1]; string(r.Key) != pages[0] || r.Header("notion-kafka.op") != producer.OpCreate {
			t.Errorf("restored: %s %s", r.Key, r.Header("notion-kafka.op"))
		}
	})
}

func mapsEqual(a, b map[string]string) bool {
	if len(a) != len(b) {
		return false
	}
	for k, v := range a {
		if b[k] != v {
			return false
		}
	}
	return true
}

func TestDeletesTakeTheFormThatIsAskedFor(t *testing.T) {
	tests := map[producer.Deletes][]string{ // of a trashed and of a purged page: soft or tombstone
		"":                       {"tombstone", "tombstone"},
		producer.DeleteTombstone: {"tombstone", "tombstone"},
		producer.DeleteSoft:      {"soft", "tombstone"},
		producer.DeleteBoth:      {"soft tombstone", "tombstone"},
		producer.DeleteNone:      {"", ""},
	}
	for mode, want := range tests {
		t.Run(string(mode), func(t *testing.T) {
			inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
				db := w.addTasks(10)
				settings := with(producer.Settings{Deletes: mode})
				w.mustRun(byHand, settings)
				pages := db.Pages(notiontest.Live)
				w.notion.Trash(pages[0])
				w.notion.Purge(pages[1])
				if s := streamOf(w.mustRun(fullScan, settings), producer.DatabaseStream(db.ID())); s.Deleted != 2 {
					t.Errorf("report %+v", s)
				}
				got := make([]string, 2)
				for _, r := range w.records(tasksTopic) {
					at := slices.Index(pages[:2], string(r.Key))
					switch {
					case at < 0 || r.Header("notion-kafka.op") != producer.OpDelete:
					case r.Value == nil:
						got[at] = strings.TrimSpace(got[at] + " tombstone")
					case strings.Contains(readable(t, r.Value), `"archived":true,"in_trash":true`):
						got[at] = strings.TrimSpace(got[at] + " soft")
					default:
						t.Errorf("delete with value %s", readable(t, r.Value))
					}
				}
				if !slices.Equal(got, want) {
					t.Errorf("records %q, want %q", got, want)
				}
				w.notion.Restore(pages[0])
				w.mustRun(fullScan, settings)
				last := w.records(tasksTopic)
				if r := last[len(last)-1]; string(r.Key) != pages[0] || r.Header("notion-kafka.op") != producer.OpCreate {
					t.Errorf("restored: %s %s", r.Key, r.Header("notion-kafka.op"))
				}
			})
		})
	}
}

// Too many pages are missing: none is deleted until a person decides.
func TestTooManyDeletesWaitForAPerson(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		db := w.addTasks(100)
		settings := with(producer.Settings{})
		w.mustRun(byHand, settings)
		pages := db.Pages(notiontest.Live)
		for _, id := range pages[:60] {
			w.notion.Trash(id)
		}
		held := func(order producer.Order) control.StreamRun { return w.runWith(order, db, settings) }
		if s := held(fullScan); s.Status != control.NeedsAttention || s.Held != 60 || s.Deleted != 0 || !strings.Contains(s.Error, "confirm-deletes") {
			t.Errorf("scan: %+v", s)
		}
		if s := held(bySchedule); s.Status != control.NeedsAttention || s.Held != 60 {
			t.Errorf("poll: %+v", s)
		}
		w.notion.Restore(pages[0])
		if s := held(producer.Order{Trigger: "manual", Confirm: true, Streams: []string{producer.DatabaseStream(db.ID())}}); s.Status != control.Succeeded || s.Deleted != 59 || s.Held != 0 {
			t.Errorf("confirmed: %+v", s)
		}
		w.checkDeletes(db, tasksTopic)
	})
}

// checkDeletes proves that a topic's last values are the live and archived
// pages of a database.
func (w *world) checkDeletes(db *notiontest.Database, topic string) {
	w.t.Helper()
	last := map[string]bool{}
	for _, r := range w.records(topic) {
		if r.Value == nil {
			delete(last, string(r.Key))
		} else {
			last[string(r.Key)] = true
		}
	}
	truth := append(db.Pages(notiontest.Live), db.Pages(notiontest.Archived)...)
	for _, id := range truth {
		if !last[id] {
			w.t.Errorf("page %s is not in topic %s", id, topic)
		}
		delete(last, id)
	}
	for id := range last {
		w.t.Errorf("page %s is in topic %s and not in the database", id, topic)
	}
}

// runWith runs a new process once and returns the report of a database's stream,
// whatever its status.
func (w *world) runWith(order producer.Order, db *notiontest.Database, change ...func(*producer.Source)) control.StreamRun {
	w.t.Helper()
	p := w.start(change...)
	defer p.cluster.Close()
	report, err := p.run(w.t.Context(), order)
	if err != nil {
		w.t.Fatal(err)
	}
	return streamOf(report, producer.DatabaseStream(db.ID()))
}

// Lost access and failed reads look like absence, and are not absence.
func TestNothingIsDeletedWhenNotionCannotBeRead(t *testing.T) {
	faults := map[string]func(w *world, db *notiontest.Database){
		"unshared": func(_ *world, db *notiontest.Database) { db.Unshare() },
		"revoked":  func(w *world, _ *notiontest.Database) { w.notion.RevokeToken() },
		"broken": func(w *world, _ *notiontest.Database) {
			w.notion.FailNext(notiontest.EndpointQuery, slices.Repeat([]notiontest.Fault{notiontest.InternalError()}, 10)...)
		},
		"looking fails": func(w *world, _ *notiontest.Database) {
			w.notion.FailNext(notiontest.EndpointRetrievePage, slices.Repeat([]notiontest.Fault{notiontest.InternalError()}, 10)...)
		},
	}
	for name, fault := range faults {
		t.Run(name, func(t *testing.T) {
			inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
				db := w.addTasks(30)
				w.mustRun(byHand, with(producer.Settings{}))
				w.notion.Purge(db.Pages(notiontest.Live)[7])
				fault(w, db)
				p := w.start(with(producer.Settings{}))
				defer p.cluster.Close()
				report, err := p.run(t.Context(), fullScan)
				if err == nil && streamOf(report, producer.DatabaseStream(db.ID())).Status != control.Failed {
					t.Errorf("report %+v", report)
				}
				if got := deletes(w.records(tasksTopic)); len(got) != 0 {
					t.Errorf("deleted %v", got)
				}
			})
		})
	}
}

// Access is lost after a scan has listed a database, and before it looks at the missing
// page. A 404 then proves nothing.
func TestAccessThatIsLostBeforeTheLookDeletesNothing(t *testing.T) {
	var looked func()
	options := notiontest.Options{Hook: func(r *http.Request) *notiontest.Fault {
		if looked != nil && strings.HasPrefix(r.URL.Path, "/v1/pages/") {
			looked()
		}
		return nil
	}}
	inWorld(t, options, func(t *testing.T, w *world) {
		db := w.addTasks(30)
		w.mustRun(byHand, with(producer.Settings{}))
		page := db.Pages(notiontest.Live)[7]
		w.notion.Trash(page)
		looked = func() {
			w.notion.Restore(page)
			db.Unshare()
		}
		if s := w.runWith(fullScan, db, with(producer.Settings{})); s.Status != control.Failed || !strings.Contains(s.Error, "nothing is deleted") {
			t.Errorf("scan: %+v", s)
		}
		if got := deletes(w.records(tasksTopic)); len(got) > 0 {
			t.Errorf("deleted %v", got)
		}
		looked = nil
		db.Share()
		w.pass(time.Hour)
		w.mustRun(fullScan, with(producer.Settings{}))
		w.checkTopic(db, tasksTopic)
	})
}

// A sweep goes on beside the polls and finds what they cannot. It is not due again
// before its time, not even after a restart.
func TestSweepFindsWhatPollsCannot(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		db := w.addTasks(30)
		sweeping := with(producer.Settings{Sweep: schedule.Every{Interval: 4 * time.Hour}})
		p := w.start(sweeping)
		reports, stop := w.daemon(p)
		<-reports
		pages := db.Pages(notiontest.Live)
		w.notion.Trash(pages[0])
		w.notion.EditSilently(pages[1], notiontest.Values{"Points": 4711})
		w.pass(3 * time.Hour)
		if n := len(deletes(w.records(tasksTopic))); n != 0 {
			t.Errorf("%d deletes before the sweep", n)
		}
		w.pass(2 * time.Hour)
		stop()
		if got := deletes(w.records(tasksTopic)); got[pages[0]] != producer.ReasonTrashed {
			t.Errorf("deletes %v", got)
		}
		if !strings.Contains(w.lastValue(tasksTopic, pages[1]), "4711") {
			t.Error("the silent change did not arrive")
		}
		sweeps := 0
		for len(reports) > 0 {
			for _, s := range (<-reports).Streams {
				if s.Kind == control.Sweep {
					sweeps++
				}
			}
		}
		if sweeps != 1 {
			t.Errorf("%d sweeps, want 1", sweeps)
		}
		if s := w.runWith(bySchedule, db, sweeping); s.Kind != control.Incremental {
			t.Errorf("after a restart: %+v", s)
		}
		w.pass(3 * time.Hour)
		if s := w.mustRun(bySchedule, sweeping); !slices.ContainsFunc(s.Streams, func(s control.StreamRun) bool { return s.Kind == control.Sweep }) {
			t.Errorf("hours later: %+v", s)
		}
		w.checkDeletes(db, tasksTopic)
	})
}
