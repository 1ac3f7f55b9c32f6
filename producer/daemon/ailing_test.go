package daemon

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"notion-kafka/notion/notiontest"
	"notion-kafka/producer"
	"notion-kafka/producer/control"
	"notion-kafka/producer/state"
)

// addAiling adds n databases whose retrieval always answers 500, and returns
// their paths for StopFailing.
func (w *world) addAiling(n int) (paths []string) {
	for i := range n {
		db := w.notion.AddDatabase(fmt.Sprintf("Ailing %d", i), notiontest.Prop{Name: "Name", Kind: notiontest.KindTitle})
		paths = append(paths, "databases/"+db.ID())
		w.notion.FailAlways(paths[i], notiontest.InternalError())
	}
	return paths
}

// Retries wait between half and the whole of their backoff. So five databases
// one after the other take at least two and a half times as long as one, and
// beside each other at most twice.
func TestAilingDatabasesAreRetriedBesideEachOther(t *testing.T) {
	took := func(ailing int) (d time.Duration) {
		inWorld(t, notiontest.Options{RequestsPerMinute: -1}, func(t *testing.T, w *world) {
			db := w.addTasks(3)
			w.addAiling(ailing)
			began := time.Now()
			if report := w.runReport(byHand); report.Status == control.Succeeded {
				t.Errorf("green with %d databases that could not be read", ailing)
			}
			d = time.Since(began)
			w.checkTopic(db, tasksTopic)
		})
		return d
	}
	one, five := took(1), took(5)
	t.Logf("one %v, five %v", one, five)
	if five > 2*one+time.Second {
		t.Errorf("a run takes %v with five ailing databases, and %v with one", five, one)
	}
}

// Streams whose databases answer are read before a database that does not answer is
// tried again. A database that answers the second time is read in the same run, which is
// green with a record of every database.
func TestStreamsDoNotWaitForADatabaseThatIsAskedAgain(t *testing.T) {
	var ailing string
	var asked []string
	var mu sync.Mutex
	hook := func(r *http.Request) *notiontest.Fault {
		mu.Lock()
		defer mu.Unlock()
		asked = append(asked, r.URL.Path)
		if r.URL.Path != ailing || slices.Index(asked, ailing) < len(asked)-1 {
			return nil
		}
		failure := notiontest.InternalError()
		return &failure
	}
	inWorld(t, notiontest.Options{Hook: hook}, func(t *testing.T, w *world) {
		db := w.addTasks(3)
		late := w.notion.AddDatabase("Late", notiontest.Prop{Name: "Name", Kind: notiontest.KindTitle})
		late.AddPage("one", nil)
		ailing = "/v1/databases/" + late.ID()
		w.mustRun(byHand)
		w.checkTopic(db, tasksTopic)
		w.checkTopic(late, "notion.acme.late")
		if n := len(w.records("notion.acme.databases")); n != 2 {
			t.Errorf("the databases stream has %d records of two databases", n)
		}
		reads := slices.IndexFunc(asked, func(path string) bool { return strings.HasSuffix(path, "/query") })
		again := slices.Index(asked, ailing) + 1
		again += slices.Index(asked[again:], ailing)
		if reads > again {
			t.Errorf("a stream was read after a database that did not answer was asked again: %q", asked)
		}
	})
}

// A name in exclude_properties may belong to a database that is still being tried again,
// so it does not count as mistyped and holds back no stream.
func TestExcludedNameOfADatabaseThatIsAskedAgain(t *testing.T) {
	var ailing ending
	failures := 0
	hook := func(r *http.Request) *notiontest.Fault {
		path := ailing.Load()
		if path == nil || !strings.HasSuffix(r.URL.Path, *path) || failures > 0 {
			return nil
		}
		failures++
		failure := notiontest.InternalError()
		return &failure
	}
	inWorld(t, notiontest.Options{Hook: hook}, func(t *testing.T, w *world) {
		db := w.addTasks(3)
		late := w.notion.AddDatabase("Late", notiontest.Prop{Name: "Name", Kind: notiontest.KindTitle}, notiontest.Prop{Name: "Salary", Kind: notiontest.KindNumber})
		late.AddPage("one", nil)
		path := "/databases/" + late.ID()
		ailing.Store(&path)
		w.mustRun(byHand, func(src *producer.Source) {
			src.Select = func(string, string, string) (producer.Settings, bool) {
				return producer.Settings{Overlap: 2 * time.Minute, Exclude: []string{"Salary"}}, true
			}
		})
		w.checkTopic(db, tasksTopic)
		if n := len(w.records("notion.acme.late")); n != 1 {
			t.Errorf("%d records of the one page", n)
		}
	})
}

// A database that the configuration switches off is not retrieved, so it costs a run
// nothing when it cannot be, before its first retrieval and after it. If the databases
// stream is selected it is retrieved, because that stream has a record of every
// database.
func TestSwitchedOffDatabaseIsNotAskedFor(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		tasks := w.addTasks(3)
		byTitle := w.notion.AddDatabase("Private", notiontest.Prop{Name: "Name", Kind: notiontest.KindTitle})
		byID := w.notion.AddDatabase("Secret", notiontest.Prop{Name: "Name", Kind: notiontest.KindTitle})
		late := w.notion.AddDatabase("Late", notiontest.Prop{Name: "Name", Kind: notiontest.KindTitle})
		for _, db := range []*notiontest.Database{byTitle, byID} {
			w.notion.FailAlways("databases/"+db.ID(), notiontest.InternalError())
		}
		w.pass(5 * time.Minute)
		off := func(titles ...string) func(*producer.Source) {
			return func(src *producer.Source) {
				src.SwitchedOff = func(_, id, title string) bool { return id == byID.ID() || slices.Contains(titles, title) }
				all := src.Select
				src.Select = func(stream, id, title string) (producer.Settings, bool) {
					settings, ok := all(stream, id, title)
					return settings, ok && stream != producer.DatabasesStream && !src.SwitchedOff(stream, id, title)
				}
			}
		}
		w.mustRun(byHand, off("Private"))
		w.notion.FailAlways("databases/"+late.ID(), notiontest.InternalError())
		before := w.notion.Counts()[notiontest.EndpointRetrieveDatabase]
		w.pass(2 * time.Hour)
		w.mustRun(byHand, off("Private", "Late"))
		if n := w.notion.Counts()[notiontest.EndpointRetrieveDatabase] - before; n != 1 {
			t.Errorf("%d retrievals where one database is on", n)
		}
		w.checkTopic(tasks, tasksTopic)
	})
}

// A source with everything switched off has nothing to do, and nothing is wrong.
func TestAllIsSwitchedOff(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		w.addTasks(3)
		w.pass(5 * time.Minute)
		w.mustRun(bySchedule, func(src *producer.Source) {
			src.SwitchedOff = func(string, string, string) bool { return true }
			src.Select = func(string, string, string) (producer.Settings, bool) { return producer.Settings{}, false }
		})
	})
}

// A database that could not be retrieved is tried once in each following run, so that no
// other stream waits for its retries. It is read as soon as it answers.
func TestFailedRetrievalIsNotRetriedBeforeTheNextRun(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		w.addTasks(3)
		ailing := w.addAiling(2)
		w.pass(5 * time.Minute)
		p := w.start()
		defer p.cluster.Close()
		if err := p.Prepare(t.Context()); err != nil {
			t.Fatal(err)
		}
		s, err := p.shards().Claim(t.Context(), state.ShardOf("acme", w.shards), producer.NewID(time.Now()))
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		retrievals := func() int { return w.notion.Counts()[notiontest.EndpointRetrieveDatabase] }
		p.on(s).run(t.Context(), bySchedule)
		before := retrievals()
		if report := p.on(s).run(t.Context(), bySchedule); report.Status != control.Failed {
			t.Errorf("a run with databases that cannot be read: %v", report.Status)
		}
		if n := retrievals() - before; n != 2 {
			t.Errorf("%d requests for two databases that could not be retrieved before", n)
		}
		for _, path := range ailing {
			w.notion.StopFailing(path)
		}
		if report := p.on(s).run(t.Context(), bySchedule); report.Status != control.Succeeded {
			t.Errorf("a run after they recovered: %+v", report)
		}
	})
}
