//go:build real

package main_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"notion-kafka/notion/notiontest"
	"notion-kafka/producer/control"
	"notion-kafka/producer/state"
)

// Every instance serves every source: a run is started through an instance that does
// not own the source, followed on another, and shown by all of them, also after all
// were restarted.
func TestAPIAcrossInstances(t *testing.T) {
	t.Parallel()
	const pages, held = 2000, 15
	gate := newGate(held)
	s := newStage(t, notiontest.Options{Hook: gate.hook})
	s.addPages(pages)
	all := s.startInstances(3)
	owner, others := s.ownerOf("acme", all...)
	asked, watching := others[0], others[1]

	run := answer[control.Run](asked, http.StatusAccepted, http.MethodPost, "/sources/acme/runs", "")
	events := watching.follow(run.ID)
	gate.await(owner.child)
	watching.awaitEvent(events, "it told of the first pages", func(run control.Run) bool {
		return run.Status == control.Running && published(run) > 0
	})
	s.toldToRun(run.ID, all...)
	gate.open()
	last := watching.awaitEvent(events, "the run ended", hasEnded)
	if last.Status != control.Succeeded || last.Trigger != control.ByHand || published(last) != pages+1 {
		t.Errorf("the run ended with %+v", last)
	}
	for extra := range events {
		t.Errorf("an event behind the last: %+v", extra)
	}
	report := s.toldByAll(run.ID, all...)
	if diff := cmp.Diff(last, report.Run); diff != "" {
		t.Errorf("the report is not what the last event said (-event +report):\n%s", diff)
	}
	if len(report.Log) == 0 || !strings.Contains(report.Log[len(report.Log)-1]["msg"].(string), "run done") {
		t.Errorf("the run's log does not tell of its end: %v", report.Log)
	}

	terminate(all...)
	if got := len(byKey(t, s.consume(s.topic("many_pages")))); got != pages {
		t.Errorf("the topic holds %d pages, want %d", got, pages)
	}
	all = s.startInstances(3)
	s.ownerOf("acme", all...)
	if diff := cmp.Diff(report, s.toldByAll(run.ID, all...)); diff != "" {
		t.Errorf("run %s after all instances were started again (-before +after):\n%s", run.ID, diff)
	}
	terminate(all...)
}

// A run whose owner is killed continues at another instance under another id. A client
// that follows it, and requests meanwhile, are served by the new owner.
func TestAPIWhenTheOwnerIsKilled(t *testing.T) {
	t.Parallel()
	const pages, held = 5000, 17
	gate := newGate(held)
	s := newStage(t, notiontest.Options{Hook: gate.hook})
	s.addPages(pages)
	all := s.startInstances(3)
	owner, others := s.ownerOf("acme", all...)

	run := answer[control.Run](others[0], http.StatusAccepted, http.MethodPost, "/sources/acme/runs", "")
	events := others[1].follow(run.ID)
	gate.await(owner.child)
	others[1].awaitEvent(events, "it told of the first pages", func(run control.Run) bool { return published(run) > 0 })
	s.toldToRun(run.ID, others...)
	killed := time.Now()
	owner.kill()
	gate.open()

	for _, i := range others {
		if now := i.source("acme"); now.Status != control.SourceRunning || !strings.HasSuffix(now.Owner, "-"+owner.pid()) {
			t.Errorf("before anybody can know that the owner died, %s says: %+v", i.what, now)
		}
		if now := i.run(run.ID); now.Status != control.Running {
			t.Errorf("before anybody can know that the owner died, %s says that the run is %s", i.what, now.Status)
		}
	}
	streams := answer[[]control.Stream](others[0], http.StatusOK, http.MethodGet, "/sources/acme/streams", "")
	answered := time.Since(killed)
	if len(streams) != 2 {
		t.Errorf("the new owner knows %d streams, want databases and one database: %+v", len(streams), streams)
	}

	interrupted := others[1].awaitEvent(events, "the run was closed", hasEnded)
	next, told := strings.CutPrefix(interrupted.Error, "interrupted, continued by run ")
	if interrupted.Status != control.Failed || !told {
		t.Fatalf("the run whose owner was killed ended with %+v", interrupted)
	}
	continued := others[0].awaitEvent(others[0].follow(next), "the run that continues it ended", hasEnded)
	if continued.Status != control.Succeeded || continued.Trigger != control.ByHand {
		t.Errorf("the run that continues it ended with %+v", continued)
	}
	heir, rest := s.ownerOf("acme", others...)
	s.toldByAll(run.ID, others...)
	s.toldByAll(next, others...)
	for _, i := range others {
		if now := i.source("acme"); now.Status != control.SourceReady {
			t.Errorf("in the end %s says that the source is %s", i.what, now.Status)
		}
	}
	terminate(heir)
	s.ownerOf("acme", rest...)
	terminate(rest...)
	if got := len(byKey(t, s.consume(s.topic("many_pages")))); got != pages {
		t.Errorf("the topic holds %d pages, want %d", got, pages)
	}
	t.Logf("killed with %d published; the new owner answered %v after; it published the other %d", published(interrupted), answered.Round(time.Millisecond), published(continued))
}

// Two instances with one address on one machine: the second does everything but the
// console, logs that, and serves the console as soon as the first has ended.
func TestConsoleGoesToTheNext(t *testing.T) {
	t.Parallel()
	w := newSourceStage(t, sharedParts(t), longestTest, layout{sources: 8, databases: 1, pages: 5})
	first := w.startInstance("console.listen=127.0.0.1:0", "defaults.trigger.every=1s")
	first.awaitConsole()
	first.publishes(time.Time{}, w.sources...)
	second := w.startInstance("console.listen="+first.console, "defaults.trigger.every=1s")
	warning := second.await(second.talk, "it warned that the address is taken", func(line string) bool {
		return strings.Contains(line, "console does not serve: its address is taken")
	})
	if !strings.Contains(warning, `"level":"WARN"`) || !strings.Contains(warning, first.console) {
		t.Errorf("the warning is %s", warning)
	}
	var its []*testSource
	owners := w.divided(2)
	for _, src := range w.sources {
		if strings.HasSuffix(owners[state.ShardOf(src.source, shards)], "-"+second.pid()) {
			its = append(its, src)
		}
	}
	if len(its) == 0 {
		t.Fatalf("the second instance was given no source: %v", owners)
	}
	edited := time.Now()
	for _, src := range its {
		src.setVersion(src.databases[0].notion.Pages(notiontest.Live)[0], 2)
	}
	second.publishes(edited, its...)

	terminate(first)
	second.awaitConsole()
	if second.console != first.console {
		t.Errorf("the second instance serves on %s, the first did on %s", second.console, first.console)
	}
	for _, src := range w.sources {
		w.until("the second instance owns "+src.source, func() bool { return strings.HasSuffix(second.source(src.source).Owner, "-"+second.pid()) })
	}
	terminate(second)
}

// addPages adds the database Many Pages, three days old.
func (s *stage) addPages(count int) *notiontest.Database {
	db := s.workspace.AddDatabase("Many Pages")
	db.DataSource().AddPages(count, time.Now().Add(-72*time.Hour), time.Minute, func(int) notiontest.Values { return nil })
	return db
}

// toldToRun waits until every instance shows a source and its run as running.
func (s *stage) toldToRun(run string, all ...*instance) {
	s.t.Helper()
	s.until("every instance tells that run "+run+" runs", func() bool {
		return !slices.ContainsFunc(all, func(i *instance) bool {
			return i.source("acme").Status != control.SourceRunning || i.run(run).Status != control.Running
		})
	})
}

// toldByAll returns a run that ended as every instance shows it, once all of them know
// of its end.
func (s *stage) toldByAll(run string, all ...*instance) (told runView) {
	s.t.Helper()
	s.until("every instance tells the same of run "+run, func() bool {
		told = all[0].run(run)
		return told.Status.Ended() && !slices.ContainsFunc(all[1:], func(i *instance) bool { return !cmp.Equal(told, i.run(run)) })
	})
	return told
}
