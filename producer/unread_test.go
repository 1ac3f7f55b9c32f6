package producer

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"notion-kafka/notion/notiontest"
)

// only selects one stream.
func only(stream string) func(*Source) {
	return func(src *Source) {
		src.Select = func(name, _, _ string) (Settings, bool) { return Settings{Overlap: 2 * time.Minute}, name == stream }
	}
}

// runReport runs a new process once and answers with its report, whatever it says.
func (w *world) runReport(order Order, change ...func(*Source)) Report {
	w.t.Helper()
	p := w.start(change...)
	defer p.cluster.Close()
	report, err := p.run(w.t.Context(), order)
	if err != nil {
		w.t.Fatal(err)
	}
	return report
}

// A database cannot be read, and no stream but databases takes part: its report
// says which and why, run after run until it can. The others are published.
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
				run := func(when string, order Order, want Status) {
					t.Helper()
					report := w.runReport(order, only(DatabasesStream))
					s := streamOf(report, DatabasesStream)
					told := strings.Contains(s.Error, db.ID()) && strings.Contains(s.Error, kind.why)
					if report.Status != want || s.Status != want || told != (want == Failed) {
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
				run("at first sight", bySchedule, Failed)
				if got := w.lastOp(databasesTopic, fine.ID()); got != "snapshot" {
					t.Errorf("the database that can be read: %s", got)
				}
				heal()
				run("readable", bySchedule, Succeeded)
				if w.lastOp(databasesTopic, db.ID()) == "nothing" {
					t.Error("the database is not in the topic")
				}
				fail()
				run("by hand", byHand, Failed)
				run("the next one of the schedule", bySchedule, Failed)
				heal()
				run("readable again", bySchedule, Succeeded)
				db.Rename("Other")
				fail()
				w.pass(2 * time.Hour)
				fine.Rename("Finer")
				run("changed meanwhile", bySchedule, Failed)
				if got := w.lastOp(databasesTopic, fine.ID()); got != "update" {
					t.Errorf("the other database that changed: %s", got)
				}
				heal()
				db.Unshare()
				w.pass(2 * time.Hour)
				run("not found", bySchedule, Succeeded)
				w.pass(2 * time.Hour)
				run("not found twice", bySchedule, Succeeded)
				if got := w.lastOp(databasesTopic, db.ID()); got != "delete gone" {
					t.Errorf("the database that is gone: %s", got)
				}
			})
		})
	}
}

// What one database is not read for costs the streams of the others nothing.
func TestUnreadableDatabaseCostsTheOthersNothing(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		db := w.addTasks(3)
		broken := w.notion.AddDatabase("Broken")
		broken.Restrict()
		report := w.runReport(byHand)
		if s := streamOf(report, DatabaseStream(db.ID())); s.Status != Succeeded || s.Published != 3 {
			t.Errorf("the other stream: %+v", s)
		}
		for _, name := range []string{DatabasesStream, DatabaseStream(broken.ID())} {
			if s := streamOf(report, name); s.Status != Failed {
				t.Errorf("%s: %+v", name, s)
			}
		}
		if s := streamOf(w.runReport(bySchedule, only(DatabaseStream(db.ID()))), DatabaseStream(db.ID())); s.Status != Succeeded {
			t.Errorf("alone: %+v", s)
		}
	})
}

// The databases stream cannot go where the configuration sends it: the run says so.
func TestDatabasesStreamThatIsSentBack(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		w.addTasks(3)
		elsewhere := func(src *Source) { src.TopicPrefix = "elsewhere." }
		w.mustRun(byHand, only(DatabasesStream))
		w.mustRun(byHand, only(DatabasesStream), elsewhere)
		report := w.runReport(byHand, only(DatabasesStream))
		if s := streamOf(report, DatabasesStream); s.Status != NeedsAttention || !strings.Contains(s.Error, "state reset") {
			t.Errorf("%+v", report)
		}
	})
}

// A stream that fails before anything is read is of the kind that was asked for.
func TestKindOfAStreamThatFailsAtDiscovery(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		db := w.addTasks(3)
		w.mustRun(byHand, with(Settings{}))
		db.Unshare()
		for _, one := range []struct {
			order    Order
			settings Settings
			want     Kind
		}{
			{byHand, Settings{}, Incremental},
			{Order{Trigger: "manual", Full: true}, Settings{}, FullScan},
			{byHand, Settings{FullTable: true}, FullScan},
			{Order{Trigger: "schedule", Sweeps: true}, Settings{}, Sweep},
		} {
			w.pass(2 * time.Hour)
			if s := w.runWith(one.order, db, with(one.settings)); s.Status != Failed || s.Kind != one.want {
				t.Errorf("%+v: %+v", one.order, s)
			}
		}
	})
}

// A scan that fails before anything is read puts no sweep off.
func TestScanThatFailsAtDiscoveryHasNotBegun(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		db := w.addTasks(3)
		w.mustRun(byHand, with(Settings{}))
		p, s, done := w.claimed(with(Settings{}))
		defer done()
		k := p.on(s)
		before := k.task.lastStarted(DatabaseStream(db.ID()), sweepJob)
		w.pass(2 * time.Hour)
		db.Unshare()
		if report := k.run(t.Context(), fullScan); report.Status != Failed {
			t.Fatalf("%+v", report)
		}
		if now := k.task.lastStarted(DatabaseStream(db.ID()), sweepJob); before.IsZero() || !now.Equal(before) {
			t.Errorf("the last sweep began at %v, and before at %v", now, before)
		}
	})
}

// A run by hand for a database in the trash says that, and not that nobody knows
// the stream.
func TestStreamOfADatabaseInTheTrash(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		db := w.addTasks(3)
		w.mustRun(byHand)
		db.Trash()
		p := w.start()
		defer p.cluster.Close()
		_, err := p.run(t.Context(), Order{Trigger: "manual", Streams: []string{DatabaseStream(db.ID())}})
		if err == nil || errors.Is(err, ErrUnknownStream) || !strings.Contains(err.Error(), `"Tasks" is in Notion's trash`) {
			t.Errorf("err %v", err)
		}
		if _, err := p.run(t.Context(), Order{Trigger: "manual", Streams: []string{"database_x"}}); !errors.Is(err, ErrUnknownStream) {
			t.Errorf("of an unknown stream: err %v", err)
		}
	})
}
