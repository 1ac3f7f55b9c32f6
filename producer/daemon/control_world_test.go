package daemon

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"notion-kafka/notion/notiontest"
	"notion-kafka/producer"
	"notion-kafka/producer/control"
	"notion-kafka/producer/schedule"
)

// A member is a process with a control topic: its daemon keeps a history, runs the
// sources of the control topic, and takes requests.
type member struct {
	*process
	world *world
	stop  func() // ends it in order, and waits
}

// runner is what runs the source here.
func (i *member) runner() *runner { return i.supervisorOf("acme").runners["acme"] }

// member starts a process that runs like `run` does.
func (w *world) member(name string, change ...func(*producer.Source)) *member {
	w.t.Helper()
	return w.memberWith(name, func(*member) {}, change...)
}

// memberWith is member with a last change of the process.
func (w *world) memberWith(name string, last func(*member), change ...func(*producer.Source)) *member {
	w.t.Helper()
	i := &member{process: w.start(change...), world: w}
	i.opts.Instance = name
	i.opts.Logger = slog.New(producer.KeepRunLogs(slog.NewTextHandler(w.logs, nil)))
	i.opts.Control = control.NewClient(control.Options{Cluster: i.cluster, Topic: "control", Instance: name, Logger: i.opts.Logger})
	i.opts.Open = func(source string, definition control.Definition) (*producer.Source, error) {
		var spec struct{ Wrong string }
		if err := json.Unmarshal(definition.Spec, &spec); err != nil || spec.Wrong != "" {
			return nil, errors.New("wrong: " + spec.Wrong)
		}
		made := *i.source
		made.Name, made.TopicPrefix = source, "notion."+source+"."
		return &made, nil
	}
	last(i)
	following, endClient := context.WithCancel(context.WithoutCancel(w.t.Context()))
	ended := make(chan error, 1)
	go func() { ended <- i.opts.Control.Run(following) }()
	_, stop := w.daemon(i.process)
	i.stop = func() {
		stop()
		endClient()
		if err := <-ended; err != nil {
			w.t.Error(err)
		}
	}
	return i
}

// byHandOnly makes a source that is run by hand only.
func byHandOnly(src *producer.Source) { src.Trigger = schedule.Manual{} }

// started waits until an instance owns the shard of source acme.
func (i *member) started() {
	i.world.t.Helper()
	i.awaits(func(m *control.Memory) bool { s, ok := m.SourceState("acme"); return ok && s.Owner != "" })
}

func (i *member) awaits(good func(*control.Memory) bool) {
	i.world.t.Helper()
	ctx, cancel := context.WithTimeout(i.world.t.Context(), time.Hour) // virtual
	defer cancel()
	if err := i.opts.Control.Await(ctx, good); err != nil {
		i.world.t.Fatalf("waited in vain\n%s", i.world.logs)
	}
}

// requestsSent is how many requests Notion got.
func (w *world) requestsSent() (n int) {
	for _, of := range w.notion.Counts() {
		n += of
	}
	return n
}

// slowly is a usual latency of Notion.
func slowly(*http.Request) time.Duration { return 800 * time.Millisecond }

// finished waits for the end of a run.
func (i *member) finished(id string) (last control.Run) {
	i.world.t.Helper()
	for run, err := range i.Follow(i.world.t.Context(), id) {
		if err != nil {
			i.world.t.Fatal(err)
		}
		last = run
	}
	return last
}

func (i *member) mustStart(order producer.Order) control.Run {
	i.world.t.Helper()
	run, err := i.Start(i.world.t.Context(), "acme", order)
	if err != nil {
		i.world.t.Fatal(err)
	}
	return run
}

func (i *member) runs() []control.Run {
	i.world.t.Helper()
	runs, err := i.Runs("acme")
	if err != nil {
		i.world.t.Fatal(err)
	}
	return runs
}

// mustBeKind fails the test unless an error is a refusal of this kind that holds
// the text.
func mustBeKind(t *testing.T, err error, kind control.ErrorKind, text string) {
	t.Helper()
	told, ok := errors.AsType[*control.Error](err)
	if !ok || told.Kind != kind || !strings.Contains(told.Message, text) {
		t.Errorf("error %v, want one that is %s and says %q", err, kind, text)
	}
}

// A run is started where the source is not owned, followed on a third instance,
// and its report outlives them all.
func TestRunOfAnotherInstance(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		db := w.addTasks(250)
		members := []*member{w.member("one", byHandOnly)}
		members[0].started()
		members = append(members, w.member("two", byHandOnly), w.member("three", byHandOnly))
		w.pass(time.Minute)
		others := slices.DeleteFunc(slices.Clone(members), func(i *member) bool { return i.supervisorOf("acme") != nil })
		if len(others) != 2 {
			t.Fatalf("%d instances do not own the source", len(others))
		}
		run := others[0].mustStart(producer.Order{})
		if run.Status.Ended() || run.Trigger != control.ByHand {
			t.Errorf("ordered: %+v", run)
		}
		if err := others[1].CatchUp(t.Context()); err != nil {
			t.Fatal(err)
		}
		done := others[1].finished(run.ID)
		if done.Status != control.Succeeded || streamOf((producer.Report{Run: done}), producer.DatabaseStream(db.ID())).Published != 250 || done.Requests == 0 {
			t.Errorf("done: %+v", done)
		}
		w.checkTopic(db, tasksTopic)
		for _, i := range members {
			i.stop()
		}
		later := w.member("four", byHandOnly)
		defer later.stop()
		later.started()
		if kept, err := later.FindRun(run.ID); err != nil || kept.FinishedAt != done.FinishedAt {
			t.Errorf("kept: %+v, %v", kept, err)
		}
		if log := later.Log(run.ID); log == nil || !slices.ContainsFunc(log.Lines, func(l string) bool { return strings.Contains(l, "run done") }) {
			t.Errorf("its log: %+v", log)
		}
	})
}

// The owner dies in the middle of a run.
func TestOwnerThatDiesInARun(t *testing.T) {
	for _, byHand := range []bool{true, false} {
		inWorld(t, notiontest.Options{Latency: slowly}, func(t *testing.T, w *world) {
			db := w.addTasks(5000)
			change := func(*producer.Source) {}
			if byHand {
				change = byHandOnly
			}
			owner := w.member("one", change)
			owner.started()
			var id string
			if byHand {
				id = owner.mustStart(producer.Order{}).ID
			}
			owner.awaits(func(m *control.Memory) bool {
				last, some := m.LastRun("acme")
				if some && len(last.Run.Streams) > 1 && last.Run.Streams[1].Published > 0 {
					id = last.Run.ID
					return true
				}
				return false
			})
			_ = owner.cable.cut()
			heir := w.member("two", change)
			defer heir.stop()
			heir.awaits(func(m *control.Memory) bool {
				_, entry, found := m.RunByID(id)
				return found && entry.Run.Status.Ended()
			})
			dead, err := heir.FindRun(id)
			if err != nil || dead.Status != control.Failed || !strings.HasPrefix(dead.Error, "interrupted, continued by run ") {
				t.Fatalf("%+v, %v", dead, err)
			}
			next := heir.finished(strings.TrimPrefix(dead.Error, "interrupted, continued by run "))
			if next.Status != control.Succeeded {
				t.Errorf("%+v", next)
			}
			owner.cable.repair()
			owner.stop()
			w.checkTopic(db, tasksTopic)
		})
	}
}

// Runs that change nothing are folded into one entry. Runs that change something, fail,
// or were ordered by hand have entries of their own.
func TestHistoryFolds(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		db := w.addTasks(3)
		i := w.member("one", with(producer.Settings{Overlap: 2 * time.Minute}))
		i.started()
		w.pass(61 * time.Minute)
		id := db.AddPage("new", nil)
		w.pass(10 * time.Minute)
		quiet := i.mustStart(producer.Order{})
		i.finished(quiet.ID)
		w.pass(11 * time.Minute)
		var told []string
		for _, run := range i.runs() {
			told = append(told, string(run.Trigger)+" "+string(run.Status)+" "+strings.Repeat("x", run.Folded))
		}
		slices.Reverse(told)
		if len(told) != 6 || !strings.HasPrefix(told[1], "schedule succeeded xxxxxxxxx") || told[2] != "schedule succeeded " || told[4] != "manual succeeded " {
			t.Errorf("history:\n%s", strings.Join(told, "\n"))
		}
		if w.lastValue(tasksTopic, id) == "" {
			t.Error("the page did not arrive")
		}
		i.stop()
	})
}

func TestHistoryKeepsAHundredRuns(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		w.addTasks(1)
		i := w.member("one", byHandOnly)
		defer i.stop()
		i.started()
		var ids []string
		for range control.HistorySize + 5 {
			run := i.mustStart(producer.Order{})
			ids = append(ids, run.ID)
			i.finished(run.ID)
		}
		runs := i.runs()
		if len(runs) != control.HistorySize || runs[0].ID != ids[len(ids)-1] {
			t.Errorf("%d runs, the newest %s", len(runs), runs[0].ID)
		}
		_, err := i.FindRun(ids[0])
		mustBeKind(t, err, control.NotFound, ids[0])
	})
}

func TestPauseAndResume(t *testing.T) {
	inWorld(t, notiontest.Options{Latency: slowly}, func(t *testing.T, w *world) {
		db := w.addTasks(2000)
		i := w.member("one")
		i.started()
		i.awaits(func(m *control.Memory) bool { return len(m.UnfinishedRuns("acme")) > 0 })
		if err := i.Pause(t.Context(), "acme"); err != nil {
			t.Fatal(err)
		}
		if s := i.Sources()[0]; s.Status != control.SourcePaused || !s.NextRun.IsZero() || s.LastRun.Status != control.Cancelled {
			t.Errorf("paused: %+v, %+v", s, s.LastRun)
		}
		_, err := i.Start(t.Context(), "acme", producer.Order{})
		mustBeKind(t, err, control.Conflict, "paused: resume")
		before := w.requestsSent()
		w.pass(6 * time.Hour)
		i.stop()
		again := w.member("two")
		again.started()
		w.pass(time.Hour)
		if after := w.requestsSent(); after != before {
			t.Errorf("%d requests of a paused source", after-before)
		}
		if err := again.Resume(t.Context(), "acme"); err != nil {
			t.Fatal(err)
		}
		again.awaits(func(m *control.Memory) bool { r, _ := m.LastRun("acme"); return r.Run.Status == control.Succeeded })
		w.checkTopic(db, tasksTopic)
		again.stop()
	})
}

func TestCancel(t *testing.T) {
	inWorld(t, notiontest.Options{Latency: slowly}, func(t *testing.T, w *world) {
		w.addTasks(2000)
		i := w.member("one", byHandOnly)
		defer i.stop()
		i.started()
		first := i.mustStart(producer.Order{Full: true})
		i.awaits(func(m *control.Memory) bool { r, _ := m.LastRun("acme"); return len(r.Run.Streams) > 1 })
		queued := i.mustStart(producer.Order{Full: true, Republish: true})
		if twin := i.mustStart(producer.Order{Full: true, Republish: true}); twin.ID != queued.ID || queued.Status != control.Queued {
			t.Errorf("queued %+v, and the same again %+v", queued, twin)
		}
		for _, id := range []string{queued.ID, first.ID} {
			if run, err := i.Cancel(t.Context(), id); err != nil || run.Status != control.Cancelled {
				t.Errorf("%+v, %v", run, err)
			}
			_, err := i.Cancel(t.Context(), id)
			mustBeKind(t, err, control.Conflict, "ended already")
		}
		_, err := i.Cancel(t.Context(), "nothing")
		mustBeKind(t, err, control.NotFound, "nothing")
	})
}

func TestResetBesideADaemon(t *testing.T) {
	inWorld(t, notiontest.Options{Latency: slowly}, func(t *testing.T, w *world) {
		db := w.addTasks(300)
		stream := producer.DatabaseStream(db.ID())
		i := w.member("one", byHandOnly)
		defer i.stop()
		i.started()
		i.finished(i.mustStart(producer.Order{}).ID)
		under := i.mustStart(producer.Order{Full: true})
		i.awaits(func(m *control.Memory) bool { r, _ := m.LastRun("acme"); return len(r.Run.Streams) > 1 })
		if err := i.ResetStream(t.Context(), "acme", stream, true); err != nil {
			t.Fatal(err)
		}
		if run := i.finished(under.ID); run.Status != control.Cancelled || !strings.Contains(run.Error, "reset") {
			t.Errorf("the run that was under way: %+v", run)
		}
		i.awaits(func(m *control.Memory) bool { r, _ := m.LastRun("acme"); return r.Run.Status == control.Succeeded })
		if n := len(w.records(tasksTopic)); n != 600 {
			t.Errorf("%d records, want everything twice", n)
		}
		mustBeKind(t, i.ResetStream(t.Context(), "acme", "database_of_dreams", false), control.NotFound, "database_of_dreams")
		_, err := i.Position(t.Context(), "acme", "database_of_dreams")
		mustBeKind(t, err, control.NotFound, "database_of_dreams")
		if at, err := i.Position(t.Context(), "acme", stream); err != nil || at.Topic != tasksTopic || len(at.Cursors) != 1 || !at.Scanned {
			t.Errorf("%+v, %v", at, err)
		}
		_, err = i.Start(t.Context(), "acme", producer.Order{Streams: []string{"database_of_dreams"}})
		mustBeKind(t, err, control.NotFound, "database_of_dreams")
	})
}

// A refused token is not used again until a person starts a run. Other failures make a
// source wait longer each time.
func TestFailuresRest(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		w.addTasks(3)
		i := w.member("one")
		defer i.stop()
		i.started()
		w.pass(time.Minute)
		w.notion.RevokeToken()
		w.pass(10 * time.Minute)
		before := w.requestsSent()
		w.pass(6 * time.Hour)
		if after := w.requestsSent(); after != before {
			t.Errorf("%d requests with a refused token", after-before)
		}
		if s := i.Sources()[0]; s.Status != control.SourceNeedsReconnect || s.Reason == "" {
			t.Errorf("%+v", s)
		}
		w.notion.RestoreToken()
		i.finished(i.mustStart(producer.Order{}).ID)
		w.pass(10 * time.Minute)
		if s := i.Sources()[0]; s.Status != control.SourceReady || s.NextRun.IsZero() {
			t.Errorf("%+v", s)
		}
	})
}

// Sources are created, changed and removed while instances run, through any instance.
func TestSourcesThroughTheControlTopic(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		w.shards = 8
		db := w.addTasks(7)
		one, two := w.member("one"), w.member("two")
		defer one.stop()
		defer two.stop()
		w.pass(time.Minute)
		for _, name := range []string{"beta", "gamma", "delta", "epsilon"} {
			spec := control.Definition{Spec: json.RawMessage(`{"name":"` + name + `"}`)}
			if made, err := one.PutSource(t.Context(), name, spec, true); err != nil || !made {
				t.Fatalf("%v, %v", made, err)
			}
			_, err := two.PutSource(t.Context(), name, spec, true)
			mustBeKind(t, err, control.Conflict, "already")
			if made, err := two.PutSource(t.Context(), name, spec, false); err != nil || made {
				t.Errorf("%v, %v", made, err)
			}
			_, err = two.PutSource(t.Context(), name, control.Definition{Spec: json.RawMessage(`{"wrong":"no token"}`)}, false)
			mustBeKind(t, err, control.Invalid, "no token")
			two.awaits(func(m *control.Memory) bool { r, _ := m.LastRun(name); return r.Run.Status == control.Succeeded })
			w.checkTopic(db, "notion."+name+".tasks")
			if err := two.DeleteSource(t.Context(), name); err != nil {
				t.Fatal(err)
			}
			mustBeKind(t, one.DeleteSource(t.Context(), name), control.NotFound, name)
		}
		before := len(w.records("notion.beta.tasks"))
		db.AddPage("new", nil)
		w.pass(time.Hour)
		if after := len(w.records("notion.beta.tasks")); after != before {
			t.Error("a source that was removed went on")
		}
		_, err := one.PutSource(t.Context(), "acme", control.Definition{Spec: json.RawMessage(`{}`)}, false)
		mustBeKind(t, err, control.Conflict, "configuration file")
		mustBeKind(t, one.DeleteSource(t.Context(), "acme"), control.Conflict, "configuration file")
	})
}

// While no instance owns the source, a request fails, and it is not carried out later.
func TestNobodyAnswers(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		w.addTasks(3)
		i := w.member("one", byHandOnly)
		i.started()
		i.finished(i.mustStart(producer.Order{}).ID)
		watcher := w.start(byHandOnly)
		watcher.opts.Control = control.NewClient(control.Options{Cluster: watcher.cluster, Topic: "control", Instance: "watcher", Logger: i.opts.Logger})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- watcher.opts.Control.Run(ctx) }()
		i.stop()
		_, err := watcher.Start(t.Context(), "acme", producer.Order{})
		mustBeKind(t, err, control.Unavailable, "acme")
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		watcher.cluster.Close()
		later := w.member("two", byHandOnly)
		defer later.stop()
		later.started()
		w.pass(10 * time.Minute)
		if runs := later.runs(); len(runs) != 1 {
			t.Errorf("%d runs, want the one before", len(runs))
		}
	})
}
