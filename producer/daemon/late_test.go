package daemon

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"notion-kafka/notion/notiontest"
	"notion-kafka/producer"
	"notion-kafka/producer/control"
	"notion-kafka/producer/schedule"
)

// onlooker is a process that reads the control topic and is no member of the group: the
// API of an instance that no shard can be given to.
func (w *world) onlooker() (look func() control.Source, stop func()) {
	p := w.start()
	p.opts.Control = control.NewClient(control.Options{Cluster: p.cluster, Topic: "control", Instance: "onlooker", Logger: p.opts.Logger})
	ctx, cancel := context.WithCancel(w.t.Context())
	ended := make(chan error, 1)
	go func() { ended <- p.opts.Control.Run(ctx) }()
	return func() control.Source { return p.Sources()[0] }, func() {
		cancel()
		if err := <-ended; err != nil {
			w.t.Error(err)
		}
		p.cluster.Close()
	}
}

// stream is one stream of source acme as its owner describes it.
func (i *member) stream(name string) control.Stream {
	i.world.t.Helper()
	streams, err := i.Streams(i.world.t.Context(), "acme")
	at := slices.IndexFunc(streams, func(s control.Stream) bool { return s.Stream == name })
	if err != nil || at < 0 {
		i.world.t.Fatalf("stream %s: %v in %+v", name, err, streams)
	}
	return streams[at]
}

// knownTo collects what the metrics are told of a source's successes.
type knownTo struct {
	producer.Nobody
	mu  sync.Mutex
	now func() []control.Success
}

func (k *knownTo) Known(_ *producer.Source, successes func() []control.Success) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.now = successes
}

// of is the success of a stream; the zero value where it has none.
func (k *knownTo) of(stream string) control.Success {
	k.mu.Lock()
	now := k.now
	k.mu.Unlock()
	for _, one := range now() {
		if one.Stream == stream {
			return one
		}
	}
	return control.Success{}
}

// The owner of a source dies and nobody takes over. Another instance says that the source
// is late once its trigger was due three times, since when, and for which stream.
func TestSourceOfADeadOwnerIsLate(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		w.addTasks(3)
		owner := w.member("one")
		owner.started()
		look, end := w.onlooker()
		defer end()
		w.pass(29 * time.Minute)
		if now := look(); now.Status != control.SourceReady || now.Reason != "" || now.Totals != (control.Totals{Streams: 2, Rows: 4}) {
			t.Errorf("while its owner lives: %s %q %+v", now.Status, now.Reason, now.Totals)
		}
		_ = owner.cable.cut()
		died := time.Now()
		for at := time.Since(died); at < 14*time.Minute; at = time.Since(died) {
			if now := look(); at < 8*time.Minute && now.Status != control.SourceReady {
				t.Fatalf("%s after its owner died: %s %q", at, now.Status, now.Reason)
			}
			w.pass(time.Minute)
		}
		w.pass(5 * time.Minute)
		now := look()
		if now.Status != control.SourceLate || !strings.Contains(now.Reason, "no run has succeeded for database") || !strings.Contains(now.Reason, " since 2000-01-01 00:") ||
			!strings.Contains(now.Reason, "; the next was due at 2000-01-01 00:") || now.Status.Words() != "Late" {
			t.Errorf("the owner is dead, and the source is %s: %q", now.Status, now.Reason)
		}
		owner.cable.repair()
		w.pass(10 * time.Minute)
		if now := look(); now.Status != control.SourceReady {
			t.Errorf("the owner lives again, and the source is %s: %q", now.Status, now.Reason)
		}
		owner.stop()
	})
}

// A source that is read every few seconds is written down once a minute, and is not late
// between.
func TestSourceThatIsReadOftenIsNotLateBetween(t *testing.T) {
	inWorld(t, notiontest.Options{RequestsPerMinute: -1}, func(t *testing.T, w *world) {
		w.addTasks(3)
		i := w.member("one", func(src *producer.Source) { src.Trigger = schedule.Every{Interval: time.Second} })
		i.started()
		i.awaits(func(m *control.Memory) bool { s, _ := m.SourceState("acme"); return !s.Overdue.IsZero() })
		look, end := w.onlooker()
		defer end()
		w.pass(time.Second)
		for range 600 {
			if now := look(); now.Status != control.SourceReady && now.Status != control.SourceRunning {
				t.Fatalf("it is %s: %s", now.Status, now.Reason)
			}
			w.pass(time.Second)
		}
		i.stop()
	})
}

// A new owner knows when the streams last succeeded before anything of them succeeds
// under it: for the metrics, the streams and the state of the source. It knows that of
// streams that the history has no room for, too.
func TestRestartKeepsTheLastSuccesses(t *testing.T) {
	const many = 90 // more than a record of the history has room for
	inWorld(t, notiontest.Options{RequestsPerMinute: -1}, func(t *testing.T, w *world) {
		var dbs []*notiontest.Database
		for range many {
			dbs = append(dbs, w.notion.AddDatabase("Tasks", notiontest.Prop{Name: "Name", Kind: notiontest.KindTitle}))
		}
		w.pass(5 * time.Minute)
		before, after := &knownTo{}, &knownTo{}
		i := w.memberWith("one", func(m *member) { m.opts.Observer = before })
		i.started()
		w.pass(28 * time.Minute)
		if last := i.runs()[0]; last.StreamsLeftOut == 0 {
			t.Fatalf("%d streams fit into the history: the test proves nothing", len(last.Streams))
		}
		state := func(i *member) (s control.SourceState) {
			i.opts.Control.View(func(m *control.Memory) { s, _ = m.SourceState("acme") })
			return s
		}
		told := state(i)
		i.stop()
		w.notion.FailAlways("search", notiontest.InternalError())
		w.pass(time.Minute)
		heir := w.memberWith("two", func(m *member) { m.opts.Observer = after })
		heir.awaits(func(m *control.Memory) bool { s, _ := m.SourceState("acme"); return s.Owner == "two" })
		for _, db := range dbs {
			name := producer.DatabaseStream(db.ID())
			was, is := before.of(name), after.of(name)
			if was.At.IsZero() || is.At.IsZero() || was.At.Sub(is.At).Abs() > time.Minute || was.Overdue.Sub(is.Overdue).Abs() > 2*time.Minute {
				t.Fatalf("stream %s succeeded at %s, overdue at %s; now %s, %s", name, was.At, was.Overdue, is.At, is.Overdue)
			}
		}
		if now := state(heir); now.Overdue.IsZero() || now.Overdue.Sub(told.Overdue).Abs() > 6*time.Minute {
			t.Errorf("overdue at %s, and after the restart at %s", told.Overdue, now.Overdue)
		}
		w.pass(30 * time.Minute)
		name := producer.DatabaseStream(dbs[0].ID())
		if overdue := after.of(name).Overdue; overdue.IsZero() || overdue.After(time.Now()) {
			t.Errorf("half an hour without a success, and it is overdue at %s", overdue)
		}
		if s := heir.stream(name); s.Health != control.SourceLate || s.Overdue.IsZero() {
			t.Errorf("half an hour without a success, and the stream is %s: %+v", s.Health, s)
		}
		if now := heir.Sources()[0]; now.Status != control.SourceFailing {
			t.Errorf("the source fails, and is %s", now.Status)
		}
		heir.stop()
	})
}

// A source that has never been read is waiting, never on time; so is a stream. A run
// that was cancelled before it read anything changes nothing about that.
func TestWaitingForTheFirstRun(t *testing.T) {
	inWorld(t, notiontest.Options{Latency: slowly}, func(t *testing.T, w *world) {
		db := w.addTasks(3)
		i := w.member("one", byHandOnly)
		i.started()
		waits := func(when string) {
			t.Helper()
			if now := i.Sources()[0]; now.Status != control.SourceWaiting || now.Reason != "" {
				t.Errorf("%s the source is %s: %s", when, now.Status, now.Reason)
			}
			if s := i.stream("databases"); s.Health != control.SourceWaiting {
				t.Errorf("%s the stream of databases is %q", when, s.Health)
			}
		}
		waits("before any run")
		run := i.mustStart(producer.Order{})
		w.pass(200 * time.Millisecond)
		if _, err := i.Cancel(t.Context(), run.ID); err != nil {
			t.Fatal(err)
		}
		w.pass(time.Second)
		waits("after a run that was cancelled")
		i.finished(i.mustStart(producer.Order{Streams: []string{"databases"}}).ID)
		if s := i.stream(producer.DatabaseStream(db.ID())); s.Health != control.SourceWaiting {
			t.Errorf("a stream that was not read yet is %q", s.Health)
		}
		if s := i.stream("databases"); s.Health != control.SourceReady || !s.Overdue.IsZero() {
			t.Errorf("read by hand: %q, overdue at %s", s.Health, s.Overdue)
		}
		i.finished(i.mustStart(producer.Order{}).ID)
		if now := i.Sources()[0]; now.Status != control.SourceReady {
			t.Errorf("read, the source is %s", now.Status)
		}
		i.stop()
	})
}

// A stream has the words of a source for its health, of itself alone.
func TestHealthOfAStream(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		db := w.addTasks(40)
		db.SetIcon(`{"type":"emoji","emoji":"🚀"}`)
		other := w.notion.AddDatabase("Other", notiontest.Prop{Name: "Name", Kind: notiontest.KindTitle})
		other.SetIcon(`{"type":"external","external":{"url":"https://example.com/spy.png"}}`)
		unwanted := w.notion.AddDatabase("Unwanted", notiontest.Prop{Name: "Name", Kind: notiontest.KindTitle})
		w.pass(5 * time.Minute)
		i := w.member("one", func(src *producer.Source) {
			src.Select = func(_, _, title string) (producer.Settings, bool) {
				return producer.Settings{Overlap: 2 * time.Minute, FullTable: true, MaxDeleteRatio: 0.1}, title != "Unwanted"
			}
		})
		i.started()
		w.pass(2 * time.Minute)
		healths := func() string {
			var all []string
			for _, d := range []*notiontest.Database{db, other, unwanted} {
				all = append(all, string(i.stream(producer.DatabaseStream(d.ID())).Health))
			}
			return strings.Join(all, " ")
		}
		if got := healths(); got != "ready ready " {
			t.Errorf("read: %q", got)
		}
		if s := i.stream(producer.DatabaseStream(db.ID())); s.Icon != "🚀" || s.URL != "https://www.notion.so/"+strings.ReplaceAll(db.ID(), "-", "") || s.Overdue.IsZero() {
			t.Errorf("the stream: %+v", s)
		}
		if s := i.stream(producer.DatabaseStream(other.ID())); s.Icon != "" {
			t.Errorf("the address of an icon was kept: %q", s.Icon)
		}
		for _, page := range db.Pages(notiontest.Live)[:30] {
			w.notion.Purge(page)
		}
		w.notion.FailAlways("databases/"+other.ID(), notiontest.InternalError())
		w.pass(time.Hour + 10*time.Minute)
		if got := healths(); got != "needs_attention failing " {
			t.Errorf("deletes are held, and a database cannot be read: %q", got)
		}
		if err := i.Pause(t.Context(), "acme"); err != nil {
			t.Fatal(err)
		}
		if got := healths(); got != "paused paused " {
			t.Errorf("paused: %q", got)
		}
		if s := i.stream(producer.DatabaseStream(db.ID())); !s.Overdue.IsZero() {
			t.Errorf("paused, and overdue at %s", s.Overdue)
		}
		i.stop()
	})
}

// A stream whose database is in the trash is not read any more, and so it is never late.
func TestDatabaseInTheTrashIsNotLate(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		db := w.addTasks(3)
		known := &knownTo{}
		i := w.memberWith("one", func(m *member) { m.opts.Observer = known })
		i.started()
		w.pass(10 * time.Minute)
		name := producer.DatabaseStream(db.ID())
		if known.of(name).Overdue.IsZero() {
			t.Fatal("it is never overdue")
		}
		db.Trash()
		w.pass(3 * time.Hour)
		if last := known.of(name); !last.At.IsZero() {
			t.Errorf("in the trash: %+v", last)
		}
		if s := i.stream(name); s.Health != "" {
			t.Errorf("in the trash it is %q", s.Health)
		}
		if now := i.Sources()[0]; now.Status != control.SourceReady {
			t.Errorf("the source is %s: %s", now.Status, now.Reason)
		}
		i.stop()
	})
}

// A run that needs attention is no success, although it read everything: a new owner
// does not take it for one.
func TestRestartTakesNoAttentionForSuccess(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		db := w.addTasks(40)
		before, after := &knownTo{}, &knownTo{}
		change := with(producer.Settings{FullTable: true, MaxDeleteRatio: 0.1})
		i := w.memberWith("one", func(m *member) { m.opts.Observer = before }, change)
		i.started()
		w.pass(10 * time.Minute)
		for _, page := range db.Pages(notiontest.Live)[:30] {
			w.notion.Purge(page)
		}
		w.pass(2 * time.Hour)
		name := producer.DatabaseStream(db.ID())
		was := before.of(name)
		if was.At.IsZero() || time.Since(was.At) < time.Hour {
			t.Fatalf("with held deletes: %+v", was)
		}
		i.stop()
		heir := w.memberWith("two", func(m *member) { m.opts.Observer = after }, change)
		heir.awaits(func(m *control.Memory) bool { s, _ := m.SourceState("acme"); return s.Owner == "two" })
		if is := after.of(name); !is.At.Equal(was.At) || !is.Overdue.Equal(was.Overdue) {
			t.Errorf("before %+v, after %+v", was, is)
		}
		heir.stop()
	})
}
