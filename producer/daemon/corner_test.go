package daemon

import (
	"bytes"
	"context"
	"iter"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"notion-kafka/notion"
	"notion-kafka/notion/notiontest"
	"notion-kafka/producer"
	"notion-kafka/producer/control"
	"notion-kafka/producer/kafka"
	"notion-kafka/producer/schedule"
	"notion-kafka/producer/shard"
	"notion-kafka/producer/state"
)

// The tests below are rare combinations of events.

// completing is a Notion whose Complete is a function of the test.
type completing struct {
	producer.Notion

	complete func(context.Context, *notion.Page) error
}

func (c completing) Complete(ctx context.Context, p *notion.Page) error { return c.complete(ctx, p) }

// blind is a Notion whose search finds nothing.
type blind struct{ producer.Notion }

func (blind) SearchDataSources(context.Context) iter.Seq2[notion.DataSource, error] {
	return func(func(notion.DataSource, error) bool) {}
}

func blindly(src *producer.Source) { src.Notion = blind{src.Notion} }

// ending is the end of the paths that are refused; nil refuses none.
type ending = atomic.Pointer[string]

// refusing makes requests with that ending of their path fail with a 403.
func refusing(paths *ending) notiontest.Options {
	return notiontest.Options{Hook: func(r *http.Request) *notiontest.Fault {
		suffix := paths.Load()
		if suffix == nil || !strings.HasSuffix(r.URL.Path, *suffix) {
			return nil
		}
		refusal := notiontest.Restricted()
		return &refusal
	}}
}

// noVersionTwice proves that no page was published twice in a row with the same content.
func (w *world) noVersionTwice(topic string) {
	w.t.Helper()
	last := map[string]string{}
	for _, r := range w.records(topic) {
		if before, known := last[string(r.Key)]; known && before == string(r.Value) {
			w.t.Errorf("page %s was published again with the content it had", r.Key)
		}
		last[string(r.Key)] = string(r.Value)
	}
}

func TestStuckPageThatLeavesIsStuckNoLonger(t *testing.T) {
	for name, leave := range map[string]func(*world, string){
		"trashed": func(w *world, id string) { w.notion.Trash(id) },
		"purged":  func(w *world, id string) { w.notion.Purge(id) },
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
				db, huge := w.withOneHugePage()
				w.runOnce(byHand, db)
				leave(w, huge)
				w.pass(25 * time.Hour)
				if s := w.runOnce(fullScan, db); s.Status != control.Succeeded || s.Stuck != 0 {
					t.Errorf("%+v", s)
				}
				if got := deletes(w.records(tasksTopic)); len(got) != 0 {
					t.Errorf("a page that the topic never had was deleted: %v", got)
				}
			})
		})
	}
}

// Notion refuses once to complete a page that has not changed.
func TestPageRefusedOnceIsNotPublishedAgain(t *testing.T) {
	for name, order := range map[string]producer.Order{"poll": bySchedule, "scan": fullScan} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
				db, _, _ := w.projects(40)
				w.mustRun(byHand)
				w.pass(time.Hour)
				w.notion.FailNext(notiontest.EndpointRetrieveProperty, notiontest.Restricted())
				w.runOnce(fullScan, db)
				w.pass(time.Hour)
				if s := w.runOnce(order, db); s.Status != control.Succeeded || s.Stuck != 0 || s.Published != 0 {
					t.Errorf("%+v", s)
				}
				w.noVersionTwice(projectsTopic)
			})
		})
	}
}

// The property endpoint does not find a page that is there.
func TestPageIsNotLostBecauseAPropertyIsNotFound(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		db, project, tasks := w.projects(40)
		notFound := func(src *producer.Source) {
			src.Notion = completing{src.Notion, func(context.Context, *notion.Page) error {
				return &notion.Error{Op: "read property", Kind: notion.ErrNotFound, Status: 404}
			}}
		}
		if s := w.runWith(byHand, db, notFound); s.Status != control.Failed || !strings.Contains(s.Error, project) {
			t.Errorf("%+v", s)
		}
		w.pass(time.Hour)
		w.mustRun(bySchedule)
		w.mustRelate(project, tasks[:40])
	})
}

// A run of a full_table stream fails in its last step. The next run reads what is there
// then.
func TestFullTableRunReadsEverythingWhateverCameBefore(t *testing.T) {
	inWorld(t, notiontest.Options{RequestsPerMinute: -1}, func(t *testing.T, w *world) {
		db := w.addTasks(60)
		everything := with(producer.Settings{FullTable: true})
		w.mustRun(byHand, everything)
		pages := db.Pages(notiontest.Live)
		w.notion.Trash(pages[0])
		w.notion.FailNext(notiontest.EndpointRetrievePage, slices.Repeat([]notiontest.Fault{notiontest.InternalError()}, 5)...)
		if s := w.runWith(bySchedule, db, everything); s.Status != control.Failed {
			t.Fatalf("%+v", s)
		}
		w.notion.Trash(pages[1])
		w.notion.Edit(pages[2], notiontest.Values{"Points": 4711})
		w.pass(24 * time.Hour)
		w.mustRun(bySchedule, everything)
		w.checkDeletes(db, tasksTopic)
		if !strings.Contains(w.lastValue(tasksTopic, pages[2]), "4711") {
			t.Error("the edit did not arrive")
		}
	})
}

func TestOnePageThatCannotBeLookedAtHoldsUpNoOther(t *testing.T) {
	var victim ending
	inWorld(t, refusing(&victim), func(t *testing.T, w *world) {
		db := w.addTasks(30)
		everything := with(producer.Settings{FullTable: true})
		w.mustRun(byHand, everything)
		pages := db.Pages(notiontest.Live)
		victim.Store(&pages[0])
		w.notion.Trash(pages[0])
		w.notion.Trash(pages[1])
		for range 2 {
			id := db.AddPage("new", nil)
			w.pass(time.Hour)
			if s := w.runWith(bySchedule, db, everything); s.Status != control.Failed || !strings.Contains(s.Error, pages[0]) {
				t.Errorf("%+v", s)
			}
			if w.lastValue(tasksTopic, id) == "" {
				t.Error("a new page did not arrive")
			}
		}
		if got := deletes(w.records(tasksTopic)); len(got) != 1 || got[pages[1]] != producer.ReasonTrashed {
			t.Errorf("deletes %v", got)
		}
		victim.Store(nil)
		w.mustRun(bySchedule, everything)
		w.checkDeletes(db, tasksTopic)
	})
}

// The databases stream runs by hand only. Databases that other runs retrieve are
// remembered nevertheless, and published when that stream runs.
func TestDatabasesStreamOfItsOwnTrigger(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		db := w.addTasks(3)
		byHandOnly := func(src *producer.Source) {
			src.Select = func(stream, _, _ string) (producer.Settings, bool) {
				settings := producer.Settings{Overlap: 2 * time.Minute}
				if stream == producer.DatabasesStream {
					settings.Trigger = schedule.Manual{}
				}
				return settings, true
			}
		}
		w.mustRun(byHand, byHandOnly)
		db.Rename("Jobs")
		w.pass(2 * time.Hour)
		w.mustRun(bySchedule, byHandOnly)
		before := w.notion.Counts()[notiontest.EndpointRetrieveDatabase]
		w.pass(5 * time.Minute)
		w.mustRun(bySchedule, byHandOnly)
		if n := w.notion.Counts()[notiontest.EndpointRetrieveDatabase] - before; n != 0 {
			t.Errorf("a quiet poll retrieved %d databases", n)
		}
		w.mustRun(byHand, byHandOnly)
		if !slices.ContainsFunc(w.records(databasesTopic), func(r kafka.Stored) bool { return bytes.Contains(r.Value, []byte("Jobs")) }) {
			t.Error("the new name did not arrive")
		}
	})
}

// Search leaves a database out. A run that does not know its schema must not take that
// for a change of the excluded properties.
func TestExclusionWithoutASchemaDoesNotScanAgainAndAgain(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		db, _, _ := w.projects(3)
		excluding := with(producer.Settings{Exclude: []string{"Salary"}})
		w.mustRun(byHand, excluding)
		for range 13 {
			w.pass(10 * time.Minute)
			if s := w.runWith(bySchedule, db, excluding, blindly); s.Kind != control.Incremental {
				t.Errorf("%+v", s)
			}
		}
	})
}

// What is excluded changes while a scan is under way.
func TestExclusionThatChangesInAScan(t *testing.T) {
	var suffix ending
	options := refusing(&suffix)
	refuse, queries := options.Hook, 0
	options.RequestsPerMinute = -1
	options.Hook = notiontest.OneByOne(func(r *http.Request) *notiontest.Fault {
		if strings.HasSuffix(r.URL.Path, "/query") {
			if queries++; queries > 3 {
				return refuse(r)
			}
		}
		return nil
	})
	inWorld(t, options, func(t *testing.T, w *world) {
		db := w.addTasks(0)
		db.DataSource().AddPages(600, time.Now().Add(-90*time.Hour), time.Minute, func(i int) notiontest.Values { return notiontest.Values{"Points": i} })
		w.pass(time.Hour)
		suffix.Store(new("/query"))
		w.runWith(bySchedule, db, with(producer.Settings{Exclude: []string{"Points"}}))
		suffix.Store(nil)
		w.pass(time.Hour)
		w.mustRun(bySchedule, with(producer.Settings{}))
		lacking := map[string]bool{}
		for _, r := range w.records(tasksTopic) {
			lacking[string(r.Key)] = !strings.Contains(readable(t, r.Value), "Points")
		}
		for id, lacks := range lacking {
			if lacks {
				t.Fatalf("page %s lacks the property that is excluded no longer", id)
			}
		}
	})
}

// halfPast is due at half past every hour.
type halfPast struct{}

func (halfPast) Next(last time.Time) (time.Time, bool) {
	at := last.Truncate(time.Hour).Add(30 * time.Minute)
	if !at.After(last) {
		at = at.Add(time.Hour)
	}
	return at, true
}

func TestStreamsThatAreDueTogetherAllRun(t *testing.T) {
	inWorld(t, notiontest.Options{Latency: func(*http.Request) time.Duration { return 300 * time.Millisecond }}, func(t *testing.T, w *world) {
		for _, title := range []string{"One", "Two", "Three"} {
			w.notion.AddDatabase(title, notiontest.Prop{Name: "Name", Kind: notiontest.KindTitle}).AddPage("a page", nil)
		}
		w.pass(time.Hour)
		everyHour := with(producer.Settings{Trigger: halfPast{}})
		w.mustRun(byHand, everyHour)
		p := w.start(everyHour)
		p.source.Trigger = schedule.Manual{}
		reports, stop := w.daemon(p)
		w.pass(5 * time.Hour)
		stop()
		runs := map[string]int{}
		for len(reports) > 0 {
			report := <-reports
			for _, s := range report.Streams {
				runs[s.Stream]++
			}
		}
		if len(runs) != 4 {
			t.Errorf("%d streams ran: %v", len(runs), runs)
		}
		for name, n := range runs {
			if n != 5 {
				t.Errorf("stream %s ran %d times in five hours", name, n)
			}
		}
	})
}

// claimed is a shard that a process of the test has claimed.
func (w *world) claimed(change ...func(*producer.Source)) (p *process, s *shard.Shard, done func()) {
	w.t.Helper()
	p = w.start(change...)
	if err := p.Prepare(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
	s, err := p.shards().Claim(w.t.Context(), state.ShardOf(p.source.Name, w.shards), producer.NewID(time.Now()))
	if err != nil {
		w.t.Fatal(err)
	}
	return p, s, func() { s.Close(); p.cluster.Close() }
}

// A scan notices that a page is missing, and is slow to complete another. Before
// it commits that, the page comes back and a poll publishes it.
func TestSlowScanUndoesNoPoll(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		db, _, _ := w.projects(40)
		victim := db.AddPage("victim", nil)
		w.pass(time.Hour)
		w.mustRun(byHand)
		w.pass(time.Hour)
		w.notion.Trash(victim)
		p, s, done := w.claimed()
		defer done()
		inner, polled := p.source.Notion, false
		p.source.Notion = completing{inner, func(ctx context.Context, page *notion.Page) error {
			if !polled {
				polled = true
				w.notion.Restore(victim)
				w.notion.Edit(victim, notiontest.Values{"Salary": 815})
				w.pass(time.Second)
				if report := p.on(s).run(t.Context(), bySchedule); report.Status != control.Succeeded {
					t.Errorf("poll: %+v", report)
				}
			}
			return inner.Complete(ctx, page)
		}}
		if report := p.on(s).run(t.Context(), fullScan); report.Status != control.Succeeded || !polled {
			t.Errorf("scan: %+v", report)
		}
		w.noVersionTwice(projectsTopic)
		w.checkDeletes(db, projectsTopic)
	})
}

// A poll is slow to complete a page. Meanwhile a whole scan reads the page and ends.
func TestSlowPollUndoesNoScan(t *testing.T) {
	for _, how := range []string{"edited", "trashed"} {
		t.Run(how, func(t *testing.T) {
			inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
				db, project, tasks := w.projects(40)
				victim := db.AddPage("victim", nil)
				w.pass(time.Hour)
				w.mustRun(byHand)
				w.pass(time.Hour)
				w.notion.Edit(project, notiontest.Values{"Tasks": tasks[:50]})
				w.notion.Edit(victim, notiontest.Values{"Salary": 1})
				w.pass(time.Minute)
				p, s, done := w.claimed()
				defer done()
				inner, scanned := p.source.Notion, false
				p.source.Notion = completing{inner, func(ctx context.Context, page *notion.Page) error {
					if !scanned {
						scanned = true
						if how == "edited" {
							w.notion.EditSilently(victim, notiontest.Values{"Salary": 815})
						} else {
							w.notion.Trash(victim)
						}
						w.pass(time.Second)
						if report := p.on(s).run(t.Context(), fullScan); report.Status != control.Succeeded {
							t.Errorf("scan: %+v", report)
						}
					}
					return inner.Complete(ctx, page)
				}}
				if report := p.on(s).run(t.Context(), bySchedule); report.Status != control.Succeeded || !scanned {
					t.Errorf("poll: %+v", report)
				}
				w.checkDeletes(db, projectsTopic)
				if how == "edited" && !strings.Contains(w.lastValue(projectsTopic, victim), "815") {
					t.Error("the topic went back to what the page was")
				}
			})
		})
	}
}

// Pages move to a new data source of their database, which no run knows yet.
func TestPagesThatMoveWithinTheirDatabaseAreNotDeleted(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		db := w.addTasks(30)
		w.mustRun(byHand)
		second := db.AddDataSource("More", notiontest.Prop{Name: "Name", Kind: notiontest.KindTitle})
		for _, id := range db.Pages(notiontest.Live)[:5] {
			w.notion.Move(id, second)
		}
		w.pass(10 * time.Minute)
		w.runWith(fullScan, db, blindly)
		w.pass(2 * time.Hour)
		w.mustRun(bySchedule)
		if got := deletes(w.records(tasksTopic)); len(got) != 0 {
			t.Errorf("deletes %v", got)
		}
		w.checkDeletes(db, tasksTopic)
	})
}

// A sweep fails at its first request. The next run continues it, and does not wait until
// it is due again.
func TestSweepThatFailsAtOnceIsTriedAgain(t *testing.T) {
	var suffix ending
	inWorld(t, refusing(&suffix), func(t *testing.T, w *world) {
		db := w.addTasks(10)
		p := w.start(with(producer.Settings{Sweep: schedule.Every{Interval: 4 * time.Hour}}))
		reports, stop := w.daemon(p)
		<-reports
		w.notion.Trash(db.Pages(notiontest.Live)[0])
		w.pass(3*time.Hour + 50*time.Minute)
		suffix.Store(new("/query"))
		w.pass(20 * time.Minute)
		suffix.Store(nil)
		w.pass(time.Hour)
		stop()
		w.checkDeletes(db, tasksTopic)
	})
}

// One data source waits to be read, and the properties of another change: the scan of
// the other goes on nevertheless.
func TestSchemaThatChangesWhileAScanWaits(t *testing.T) {
	var hidden ending
	inWorld(t, refusing(&hidden), func(t *testing.T, w *world) {
		db, second := w.twoSources()
		hidden.Store(new(second.ID() + "/query"))
		excluding := with(producer.Settings{Exclude: []string{"Points"}})
		w.runWith(bySchedule, db, excluding)
		db.DataSource().AddProperty(notiontest.Prop{Name: "Colour", Kind: notiontest.KindRichText})
		w.pass(2 * time.Hour)
		id := db.AddPage("new", nil)
		w.pass(10 * time.Minute)
		w.runWith(bySchedule, db, excluding)
		if w.lastValue(tasksTopic, id) == "" {
			t.Error("a new page did not arrive")
		}
	})
}

// A restart starts no run that is not due, not even where only the list of databases is
// selected and has not changed.
func TestRestartOfDatabasesAlone(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		w.addTasks(3)
		only := func(src *producer.Source) {
			src.Trigger = schedule.Every{Interval: 10 * time.Minute}
			src.Select = func(stream, _, _ string) (producer.Settings, bool) {
				return producer.Settings{Overlap: 2 * time.Minute}, stream == producer.DatabasesStream
			}
		}
		reports, stop := w.daemon(w.start(only))
		w.pass(43 * time.Minute)
		stop()
		if len(reports) < 4 {
			t.Fatalf("%d runs in 43 minutes", len(reports))
		}
		again, stop := w.daemon(w.start(only))
		w.pass(2 * time.Minute)
		stop()
		if len(again) > 0 {
			t.Errorf("3 minutes after the last run a restart made another: %+v", (<-again).Run)
		}
	})
}
