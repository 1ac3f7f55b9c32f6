package daemon

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"notion-kafka/notion/notiontest"
	"notion-kafka/producer"
	"notion-kafka/producer/control"
)

// only selects one stream.
func only(stream string) func(*producer.Source) {
	return func(src *producer.Source) {
		src.Select = func(name, _, _ string) (producer.Settings, bool) {
			return producer.Settings{Overlap: 2 * time.Minute}, name == stream
		}
	}
}

// runReport runs a new process once and returns its report, whatever its status.
func (w *world) runReport(order producer.Order, change ...func(*producer.Source)) producer.Report {
	w.t.Helper()
	p := w.start(change...)
	defer p.cluster.Close()
	report, err := p.run(w.t.Context(), order)
	if err != nil {
		w.t.Fatal(err)
	}
	return report
}

// Only the databases stream is selected, and one database cannot be read: the stream's
// report names the database and the reason in every run until it can be read. The others
// are published.
func TestDatabasesStreamIsNotGreenWithoutADatabase(t *testing.T) {
	for name, kind := range map[string]struct {
		breaks, heals func(db *notiontest.Database)
		why           string
	}{
		"refused": {func(*notiontest.Database) {}, func(*notiontest.Database) {}, "restricted_resource"},
		"partial": {(*notiontest.Database).Restrict, (*notiontest.Database).Share, "no more than its id"},
	} {
		t.Run(name, func(t *testing.T) {
			var refused string
			options := notiontest.Options{Hook: func(r *http.Request) *notiontest.Fault {
				if refused != "" && strings.HasSuffix(r.URL.Path, refused) {
					refusal := notiontest.Restricted()
					return &refusal
				}
				return nil
			}}
			inWorld(t, options, func(t *testing.T, w *world) {
				db := w.addTasks(3)
				fine := w.notion.AddDatabase("Fine")
				run := func(when string, order producer.Order, want control.Status) {
					t.Helper()
					report := w.runReport(order, only(producer.DatabasesStream))
					s := streamOf(report, producer.DatabasesStream)
					told := strings.Contains(s.Error, db.ID()) && strings.Contains(s.Error, kind.why)
					if report.Status != want || s.Status != want || told != (want == control.Failed) {
						t.Errorf("%s: %s, %+v", when, report.Status, s)
					}
				}
				fail := func() {
					if kind.breaks(db); name == "refused" {
						refused = "/databases/" + db.ID()
					}
				}
				heal := func() { refused = ""; kind.heals(db) }
				fail()
				run("at first sight", bySchedule, control.Failed)
				if got := w.lastOp(databasesTopic, fine.ID()); got != "snapshot" {
					t.Errorf("the database that can be read: %s", got)
				}
				heal()
				run("readable", bySchedule, control.Succeeded)
				if w.lastOp(databasesTopic, db.ID()) == "nothing" {
					t.Error("the database is not in the topic")
				}
				fail()
				run("by hand", byHand, control.Failed)
				run("the next one of the schedule", bySchedule, control.Failed)
				heal()
				run("readable again", bySchedule, control.Succeeded)
				db.Rename("Other")
				fail()
				w.pass(2 * time.Hour)
				fine.Rename("Finer")
				run("changed meanwhile", bySchedule, control.Failed)
				if got := w.lastOp(databasesTopic, fine.ID()); got != "update" {
					t.Errorf("the other database that changed: %s", got)
				}
				heal()
				db.Unshare()
				w.pass(2 * time.Hour)
				run("not found", bySchedule, control.Succeeded)
				w.pass(2 * time.Hour)
				run("not found twice", bySchedule, control.Succeeded)
				if got := w.lastOp(databasesTopic, db.ID()); got != "delete gone" {
					t.Errorf("the database that is gone: %s", got)
				}
			})
		})
	}
}

// A database that is not read does not affect the streams of the others.
func TestUnreadableDatabaseCostsTheOthersNothing(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		db := w.addTasks(3)
		broken := w.notion.AddDatabase("Broken")
		broken.Restrict()
		report := w.runReport(byHand)
		if s := streamOf(report, producer.DatabaseStream(db.ID())); s.Status != control.Succeeded || s.Published != 3 {
			t.Errorf("the other stream: %+v", s)
		}
		for _, name := range []string{producer.DatabasesStream, producer.DatabaseStream(broken.ID())} {
			if s := streamOf(report, name); s.Status != control.Failed {
				t.Errorf("%s: %+v", name, s)
			}
		}
		if s := streamOf(w.runReport(bySchedule, only(producer.DatabaseStream(db.ID()))), producer.DatabaseStream(db.ID())); s.Status != control.Succeeded {
			t.Errorf("alone: %+v", s)
		}
	})
}

// The configuration sends the databases stream back to its former topic, which takes a
// reset: the run reports that.
func TestDatabasesStreamThatIsSentBack(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		w.addTasks(3)
		elsewhere := func(src *producer.Source) { src.TopicPrefix = "elsewhere." }
		w.mustRun(byHand, only(producer.DatabasesStream))
		w.mustRun(byHand, only(producer.DatabasesStream), elsewhere)
		report := w.runReport(byHand, only(producer.DatabasesStream))
		if s := streamOf(report, producer.DatabasesStream); s.Status != control.NeedsAttention || !strings.Contains(s.Error, "state reset") {
			t.Errorf("%+v", report)
		}
	})
}

// A stream that fails before anything is read has the kind of read that was ordered.
func TestKindOfAStreamThatFailsAtDiscovery(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		db := w.addTasks(3)
		w.mustRun(byHand, with(producer.Settings{}))
		db.Unshare()
		for _, one := range []struct {
			order    producer.Order
			settings producer.Settings
			want     control.Kind
		}{
			{byHand, producer.Settings{}, control.Incremental},
			{producer.Order{Trigger: "manual", Full: true}, producer.Settings{}, control.FullScan},
			{byHand, producer.Settings{FullTable: true}, control.FullScan},
			{producer.Order{Trigger: "schedule", Sweeps: true}, producer.Settings{}, control.Sweep},
		} {
			w.pass(2 * time.Hour)
			if s := w.runWith(one.order, db, with(one.settings)); s.Status != control.Failed || s.Kind != one.want {
				t.Errorf("%+v: %+v", one.order, s)
			}
		}
	})
}

// A scan that fails before anything is read does not delay a sweep.
func TestScanThatFailsAtDiscoveryHasNotBegun(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		db := w.addTasks(3)
		w.mustRun(byHand, with(producer.Settings{}))
		p, s, done := w.claimed(with(producer.Settings{}))
		defer done()
		r := p.on(s)
		before := r.task.LastStarted(producer.DatabaseStream(db.ID()), producer.SweepJob)
		w.pass(2 * time.Hour)
		db.Unshare()
		if report := r.run(t.Context(), fullScan); report.Status != control.Failed {
			t.Fatalf("%+v", report)
		}
		if now := r.task.LastStarted(producer.DatabaseStream(db.ID()), producer.SweepJob); before.IsZero() || !now.Equal(before) {
			t.Errorf("the last sweep began at %v, and before at %v", now, before)
		}
	})
}

// A run by hand for a database in the trash reports that, and not that the stream is
// unknown.
func TestStreamOfADatabaseInTheTrash(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		db := w.addTasks(3)
		w.mustRun(byHand)
		db.Trash()
		p := w.start()
		defer p.cluster.Close()
		_, err := p.run(t.Context(), producer.Order{Trigger: "manual", Streams: []string{producer.DatabaseStream(db.ID())}})
		if err == nil || errors.Is(err, producer.ErrUnknownStream) || !strings.Contains(err.Error(), `"Tasks" is in Notion's trash`) {
			t.Errorf("err %v", err)
		}
		if _, err := p.run(t.Context(), producer.Order{Trigger: "manual", Streams: []string{"database_x"}}); !errors.Is(err, producer.ErrUnknownStream) {
			t.Errorf("of an unknown stream: err %v", err)
		}
	})
}
