package daemon

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/oauth2"

	"notion-kafka/notion"
	"notion-kafka/notion/notiontest"
	"notion-kafka/producer"
	"notion-kafka/producer/control"
	"notion-kafka/producer/kafka"
	"notion-kafka/producer/schedule"
)

// The tests below are rare combinations of events in daemons.

func definition(text string) control.Definition {
	return control.Definition{Spec: json.RawMessage(text)}
}

// mustPut defines source beta.
func (i *member) mustPut(spec string) {
	i.world.t.Helper()
	if _, err := i.PutSource(i.world.t.Context(), "beta", definition(spec), false); err != nil {
		i.world.t.Fatal(err)
	}
}

// begun waits until a run of a source publishes.
func (i *member) begun(source string) {
	i.world.t.Helper()
	i.awaits(func(m *control.Memory) bool {
		last, some := m.LastRun(source)
		return some && len(last.Run.Streams) > 1 && last.Run.Streams[1].Published > 0
	})
}

// The run of a stopped daemon is continued by the next one, like that of a killed
// daemon.
func TestRunThatAStopInterruptsGoesOn(t *testing.T) {
	inWorld(t, notiontest.Options{Latency: slowly}, func(t *testing.T, w *world) {
		db := w.addTasks(3000)
		owner := w.member("one", byHandOnly)
		owner.started()
		id := owner.mustStart(producer.Order{}).ID
		owner.begun("acme")
		owner.stop()
		heir := w.member("two", byHandOnly)
		defer heir.stop()
		heir.awaits(func(m *control.Memory) bool { r, _ := m.LastRun("acme"); return r.Run.Status == control.Succeeded })
		if dead, err := heir.FindRun(id); err != nil || dead.Status != control.Failed || !strings.Contains(dead.Error, "continued by run") {
			t.Errorf("%+v, %v", dead, err)
		}
		w.checkTopic(db, tasksTopic)
	})
}

// Putting an unchanged definition disturbs no run. After a changed one, the run under
// way is continued.
func TestDefinitionsThatChangeInARun(t *testing.T) {
	for _, changed := range []bool{false, true} {
		inWorld(t, notiontest.Options{Latency: slowly}, func(t *testing.T, w *world) {
			db := w.addTasks(3000)
			i := w.member("one", byHandOnly)
			defer i.stop()
			i.started()
			i.mustPut(`{"name":"beta"}`)
			run, err := i.Start(t.Context(), "beta", producer.Order{Full: true})
			if err != nil {
				t.Fatal(err)
			}
			i.begun("beta")
			if changed {
				i.mustPut(`{"name":"beta","description":"new"}`)
			} else {
				i.mustPut(`{"name":"beta"}`)
			}
			i.awaits(func(m *control.Memory) bool { r, _ := m.LastRun("beta"); return r.Run.Status == control.Succeeded })
			if now, err := i.FindRun(run.ID); err != nil || (now.Status == control.Succeeded) == changed {
				t.Errorf("changed %v: %+v, %v", changed, now, err)
			}
			w.checkTopic(db, "notion.beta.tasks")
		})
	}
}

// A reset of one stream does not disturb the others. An interrupted run is continued
// under an id that its reason names.
func TestResetOfAnotherStream(t *testing.T) {
	inWorld(t, notiontest.Options{Latency: slowly}, func(t *testing.T, w *world) {
		db := w.addTasks(3000)
		i := w.member("one", byHandOnly)
		defer i.stop()
		i.started()
		run := i.mustStart(producer.Order{})
		i.begun("acme")
		if err := i.ResetStream(t.Context(), "acme", producer.DatabasesStream, false); err != nil {
			t.Fatal(err)
		}
		if now, err := i.FindRun(run.ID); err != nil || now.Status != control.Running {
			t.Errorf("the reset of another stream: %+v, %v", now, err)
		}
		if err := i.ResetStream(t.Context(), "acme", producer.DatabaseStream(db.ID()), false); err != nil {
			t.Fatal(err)
		}
		stopped := i.finished(run.ID)
		_, next, told := strings.Cut(stopped.Error, "continued by run ")
		if !told || stopped.Status != control.Cancelled {
			t.Fatalf("%+v", stopped)
		}
		if goesOn := i.finished(next); goesOn.Status != control.Succeeded || goesOn.Trigger != control.ByHand {
			t.Errorf("%+v", goesOn)
		}
		w.checkTopic(db, tasksTopic)
	})
}

// Where runs of a trigger overlap without a gap, one by hand still begins.
func TestRunByHandDoesNotStarve(t *testing.T) {
	latency := func(*http.Request) time.Duration { return 20 * time.Second }
	inWorld(t, notiontest.Options{Latency: latency}, func(t *testing.T, w *world) {
		w.addTasks(3)
		w.addTasks(3)
		i := w.member("one", func(src *producer.Source) { src.Trigger = schedule.Every{Interval: 15 * time.Second} })
		defer i.stop()
		i.started()
		w.pass(30 * time.Minute)
		run := i.mustStart(producer.Order{})
		asked := time.Now()
		if done := i.finished(run.ID); done.Status != control.Succeeded {
			t.Errorf("%+v", done)
		}
		t.Logf("it took %v", time.Since(asked))
	})
}

// A token of another workspace is refused whenever it comes, and a token that works
// again is tried at once.
func TestNewTokens(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		w.addTasks(3)
		other := notiontest.New(notiontest.Options{Seed: 99})
		other.AddDatabase("Foreign", notiontest.Prop{Name: "Name", Kind: notiontest.KindTitle}).AddPage("of others", nil)
		foreign, err := notion.NewClient(notion.Options{
			BaseURL: "https://notion.invalid", Transport: other.RoundTripper(),
			Tokens: oauth2.StaticTokenSource(&oauth2.Token{AccessToken: other.Token()}),
		})
		if err != nil {
			t.Fatal(err)
		}
		w.pass(5 * time.Minute) // until search shows what is there
		i := w.member("one")
		defer i.stop()
		open := i.opts.Open
		i.opts.Open = func(name string, d control.Definition) (*producer.Source, error) {
			src, err := open(name, d)
			if err == nil && strings.Contains(string(d.Spec), "foreign") {
				src.Notion = foreign
			}
			return src, err
		}
		i.started()
		i.mustPut(`{"name":"beta"}`)
		w.pass(time.Hour)
		i.mustPut(`{"name":"beta","description":"foreign"}`)
		w.pass(4 * time.Hour)
		if n := len(w.records("notion.beta.foreign")); n != 0 {
			t.Errorf("%d records of another workspace", n)
		}
		if got := deletes(w.records("notion.beta.databases")); len(got) != 0 {
			t.Errorf("deletes %v", got)
		}
		i.mustPut(`{"name":"beta","description":"ours"}`)
		w.pass(time.Minute)
		w.notion.RevokeToken()
		w.pass(time.Hour)
		w.notion.RestoreToken()
		i.mustPut(`{"name":"beta","description":"restored"}`)
		w.pass(10 * time.Minute)
		for _, src := range i.Sources() {
			if src.Name == "beta" && (src.Status != control.SourceReady || src.NextRun.IsZero()) {
				t.Errorf("%+v", src)
			}
		}
	})
}

// A run that lasts longer than a hundred others keeps its place in the history.
func TestLongRunKeepsItsPlace(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		w.addTasks(1)
		i := w.member("one", byHandOnly)
		defer i.stop()
		i.started()
		i.finished(i.mustStart(producer.Order{}).ID)
		h := i.runner().history()
		long := control.Run{ID: "long", Source: "acme", Trigger: control.ByHand, Status: control.Running, StartedAt: time.Now(), Streams: []control.StreamRun{}}
		write := func() {
			t.Helper()
			if err := h.write(t.Context(), i.runner(), long, producer.Order{}, nil); err != nil {
				t.Fatal(err)
			}
		}
		write()
		var last string
		for range control.HistorySize {
			last = i.mustStart(producer.Order{}).ID
			i.finished(last)
		}
		long.Requests = 5
		write()
		w.pass(time.Minute)
		for _, id := range []string{"long", last} {
			if _, err := i.FindRun(id); err != nil {
				t.Error(err)
			}
		}
		if src := i.Sources()[0]; src.Status != control.SourceRunning {
			t.Errorf("%+v", src)
		}
	})
}

// Pausing and the pin of the first run come at the same time: both stay in the state.
func TestPauseBesideTheFirstRun(t *testing.T) {
	for _, pauseFirst := range []bool{false, true} {
		inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
			w.addTasks(3)
			i := w.member("one", byHandOnly)
			defer i.stop()
			i.started()
			s := i.supervisorOf("acme").shard
			goOn := i.cable.hold() // a slow broker
			paused := make(chan error, 1)
			begins := []func(){
				func() { i.on(s).run(t.Context(), producer.Order{Trigger: control.BySchedule}) },
				func() { paused <- i.Pause(t.Context(), "acme") },
			}
			if pauseFirst {
				begins[0], begins[1] = begins[1], begins[0]
			}
			for _, begin := range begins {
				go begin()
				synctest.Wait()
				w.pass(time.Second)
			}
			goOn()
			if err := <-paused; err != nil {
				t.Error(err)
			}
			w.pass(time.Minute)
			if pinned := s.Source(i.source.Name); !pinned.Paused || pinned.Bot == "" {
				t.Errorf("pause first %v: %+v", pauseFirst, pinned)
			}
		})
	}
}

// A runner that waits holds up no other source.
func TestRunnerThatWaitsHoldsUpNoOther(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		w.shards = 1
		db := w.addTasks(3)
		i := w.member("one", byHandOnly)
		defer i.stop()
		i.started()
		i.mustPut(`{"name":"beta"}`)
		i.finished(i.mustStart(producer.Order{}).ID)
		turn := i.runner().task.Jobs.CommitLock(producer.DatabaseStream(db.ID()))
		turn <- struct{}{} // a batch whose schema the registry is slow to take
		dismissed, paused := make(chan error, 1), make(chan error, 1)
		go func() { _, err := i.Dismiss(t.Context(), "acme", producer.DatabaseStream(db.ID())); dismissed <- err }()
		synctest.Wait()
		go func() { paused <- i.Pause(t.Context(), "acme") }()
		synctest.Wait()
		if _, err := i.Streams(t.Context(), "beta"); err != nil {
			t.Error(err)
		}
		<-turn
		mustBeKind(t, <-dismissed, control.Conflict, "no deletes")
		if err := <-paused; err != nil {
			t.Error(err)
		}
	})
}

// The API takes MostSources sources and no more; an existing one can be replaced.
func TestMostSources(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		w.addTasks(1)
		i := w.memberWith("one", func(i *member) { i.opts.MostSources = 2 }, byHandOnly)
		defer i.stop()
		i.started()
		for _, name := range []string{"beta", "gamma", "beta"} {
			if _, err := i.PutSource(t.Context(), name, definition(`{"name":"`+name+`","description":"`+producer.NewID(time.Now())+`"}`), false); err != nil {
				t.Fatal(err)
			}
		}
		_, err := i.PutSource(t.Context(), "delta", definition(`{"name":"delta"}`), true)
		mustBeKind(t, err, control.Conflict, "there are 2 sources made through the API")
	})
}

// Two sources never write to one topic: the later one fails, and its error names the
// source that has the topic.
func TestTopicOfAnotherSource(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		db := w.addTasks(3)
		i := w.member("one")
		defer i.stop()
		open := i.opts.Open
		i.opts.Open = func(name string, d control.Definition) (*producer.Source, error) {
			src, err := open(name, d)
			if err == nil {
				src.TopicPrefix = "notion.acme."
			}
			return src, err
		}
		i.started()
		w.pass(time.Minute)
		i.mustPut(`{"name":"beta"}`)
		i.awaits(func(m *control.Memory) bool { r, some := m.LastRun("beta"); return some && r.Run.Status.Ended() })
		runs, err := i.Runs("beta")
		if err != nil || runs[0].Status != control.NeedsAttention || !strings.Contains(fmt.Sprint(runs[0].Streams), "of source acme") {
			t.Errorf("%+v, %v", runs, err)
		}
		w.checkTopic(db, tasksTopic)
	})
}

// Commands of dead senders are not kept for ever.
func TestLeftoversAreRemoved(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		w.addTasks(3)
		i := w.member("one", byHandOnly)
		defer i.stop()
		i.started()
		for range 20 {
			if err := i.opts.Control.Append(t.Context(), control.Record{Key: control.CommandKey(producer.NewID(time.Now())), Value: control.Command{Source: "acme", Verb: verbStreams, Expires: time.Now().Add(20 * time.Second)}}); err != nil {
				t.Fatal(err)
			}
		}
		w.pass(10 * time.Minute)
		kept := map[string]bool{}
		for _, r := range w.records("control") {
			kept[string(r.Key)] = r.Value != nil
		}
		for key, still := range kept {
			if still && (strings.HasPrefix(key, "command/") || strings.HasPrefix(key, "answer/")) {
				t.Errorf("%s is kept", key)
			}
		}
	})
}

// The control topic is read late. Unfinished runs of the previous owner are closed then,
// and runs that this owner began meanwhile are not.
func TestControlTopicThatIsReadLate(t *testing.T) {
	latency := func(*http.Request) time.Duration { return 10 * time.Second }
	inWorld(t, notiontest.Options{Latency: latency}, func(t *testing.T, w *world) {
		db := w.addTasks(1000)
		i := w.member("one", byHandOnly)
		i.started()
		left := i.mustStart(producer.Order{})
		i.begun("acme")
		if err := i.cable.cut(); err != nil {
			t.Log(err)
		}
		w.pass(time.Minute)
		heir := &member{process: w.start(func(src *producer.Source) { src.Trigger = schedule.Every{Interval: time.Minute} }), world: w}
		heir.opts.Instance = "two"
		heir.opts.Control = control.NewClient(control.Options{Cluster: heir.cluster, Topic: "control", Instance: "two", Logger: heir.opts.Logger})
		_, stop := w.daemon(heir.process)
		w.pass(90 * time.Second)
		ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
		done := make(chan error, 1)
		go func() { done <- heir.opts.Control.Run(ctx) }()
		w.pass(20 * time.Minute)
		runs := heir.runs()
		for _, run := range runs {
			if (run.ID == left.ID) != (run.Status == control.Failed) {
				t.Errorf("%s run %s: %s %s", run.Trigger, run.ID, run.Status, run.Error)
			}
		}
		if !slices.ContainsFunc(runs, func(run control.Run) bool { return run.ID == left.ID }) {
			t.Errorf("the run that was left open is not there any more: %+v", runs)
		}
		stop()
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		i.cable.repair()
		i.stop()
		w.checkTopic(db, tasksTopic)
	})
}

// mismatches is an Observer that records mismatches and ignores the rest.
type mismatches struct {
	producer.Nobody
	seen chan int
}

func (m mismatches) Mismatches(n int) {
	if n > 0 {
		m.seen <- n
	}
}

// Instances with the same file never count as different, not even while one of them
// starts.
func TestSameFilesNeverDiffer(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		w.addTasks(3)
		seen := make(chan int, 100)
		watched := func(i *member) {
			i.opts.Observer = mismatches{seen: seen}
			i.opts.About = control.Instance{Sources: map[string]string{"acme": "1"}}
		}
		one := w.memberWith("one", watched, byHandOnly)
		w.pass(90 * time.Second)
		two := w.memberWith("two", watched, byHandOnly)
		w.pass(150 * time.Second)
		one.stop()
		two.stop()
		if len(seen) > 0 {
			t.Errorf("%d times sources counted as different", len(seen))
		}
	})
}

// History that Kafka refused for a while is written later.
func TestHistoryThatWasRefusedComesLater(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		w.addTasks(3)
		i := w.member("one", byHandOnly)
		defer i.stop()
		i.started()
		w.pass(time.Minute) // it has looked for runs to continue
		h := i.runner().history()
		run := control.Run{ID: "refused", Source: "acme", Trigger: control.ByHand, Status: control.Succeeded, StartedAt: time.Now(), Streams: []control.StreamRun{}}
		w.setMaxMessageBytes("control", "10")
		if err := h.write(t.Context(), i.runner(), run, producer.Order{}, nil); err != nil {
			t.Fatal(err)
		}
		w.setMaxMessageBytes("control", "1048588")
		if _, err := i.FindRun("refused"); err == nil {
			t.Fatal("Kafka refused nothing: the test shows nothing")
		}
		i.finished(i.mustStart(producer.Order{}).ID)
		if _, err := i.FindRun("refused"); err != nil {
			t.Error(err)
		}
	})
}

// A stalled shard is visible: its sources are failing, with the reason, on every
// instance. Other sources are not affected.
func TestShardThatStandsStill(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		w.addTasks(5)
		owner := w.member("one")
		defer owner.stop()
		owner.started()
		other := w.member("two")
		defer other.stop()
		other.started()
		w.pass(7 * time.Minute)
		w.deleteTopic("state")
		w.pass(20 * time.Minute)
		for _, i := range []*member{owner, other} {
			if src := i.Sources()[0]; src.Status != control.SourceFailing || !strings.Contains(src.Reason, "state") {
				t.Errorf("%s says that the source is %s: %s", i.opts.Instance, src.Status, src.Reason)
			}
			if err := i.Reachable(t.Context()); !errors.Is(err, kafka.ErrTopicMissing) {
				t.Errorf("%s can reach what it needs: %v", i.opts.Instance, err)
			}
		}
		if owner.Working(t.Context()) == nil && other.Working(t.Context()) == nil {
			t.Error("both say that they work")
		}
	})
}

// When the control topic is gone, the data is published nevertheless.
func TestControlTopicThatIsGoneCostsNoData(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		db := w.addTasks(5)
		i := w.member("one")
		defer i.stop()
		i.started()
		w.pass(7 * time.Minute)
		w.deleteTopic("control")
		w.pass(time.Minute)
		w.notion.Edit(db.Pages(notiontest.Live)[0], notiontest.Values{"Points": 5})
		w.pass(20 * time.Minute)
		w.checkTopic(db, tasksTopic)
		if n := w.logged("shard lost"); n > 0 {
			t.Errorf("a shard was lost %d times", n)
		}
	})
}

// A state topic that was deleted and made again is empty. No instance takes it for a new
// installation and publishes everything again.
func TestStateTopicMadeAgain(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		w.addTasks(10)
		all := []*member{w.member("one"), w.member("two")}
		defer all[1].stop()
		all[0].started()
		w.pass(7 * time.Minute)
		before := len(w.records(tasksTopic))
		w.deleteTopic("state")
		maker := w.start()
		if _, err := maker.cluster.EnsureTopic(t.Context(), all[0].opts.StateTopic); err != nil {
			t.Fatal(err)
		}
		maker.cluster.Close()
		w.pass(20 * time.Minute)
		all[0].stop()
		w.pass(20 * time.Minute)
		if got := len(w.records(tasksTopic)); got != before {
			t.Errorf("%d records became %d", before, got)
		}
		if w.logged("level=ERROR", "it has lost data") == 0 {
			t.Error("nobody said that the state topic has lost data")
		}
	})
}

// Polls that need attention for the same reason are one entry of the history. The scan
// that found the reason keeps its own entry.
func TestPollsThatNeedAPersonAreFolded(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		db := w.addTasks(60)
		i := w.member("one", with(producer.Settings{Overlap: 2 * time.Minute, Sweep: schedule.Every{Interval: 2 * time.Hour}}))
		defer i.stop()
		i.started()
		w.pass(10 * time.Minute)
		for _, id := range db.Pages(notiontest.Live)[:50] {
			w.notion.Trash(id)
		}
		w.pass(3*time.Hour + 30*time.Minute)
		var held []control.Kind
		for _, run := range i.runs() {
			if run.Status == control.NeedsAttention {
				held = append(held, run.Streams[len(run.Streams)-1].Kind)
			}
		}
		if diff := cmp.Diff([]control.Kind{control.Incremental, control.Sweep}, held); diff != "" {
			t.Errorf("entries that need a person, newest first (-want +got):\n%s", diff)
		}
	})
}

// A source that was paused and removed is not paused when it is made again.
func TestPausedRemovedAndMadeAgain(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		w.addTasks(3)
		i := w.member("one")
		defer i.stop()
		i.started()
		i.mustPut(`{"name":"beta"}`)
		w.pass(time.Minute)
		if err := i.Pause(t.Context(), "beta"); err != nil {
			t.Fatal(err)
		}
		if err := i.DeleteSource(t.Context(), "beta"); err != nil {
			t.Fatal(err)
		}
		i.mustPut(`{"name":"beta"}`)
		w.pass(20 * time.Minute)
		if beta := i.Sources()[1]; beta.Status != control.SourceReady || beta.LastRun == nil || beta.NextRun.IsZero() {
			t.Errorf("made again it is %+v", beta)
		}
	})
}

// The next owner continues an order with many stream names unchanged.
func TestLongOrderIsTakenOver(t *testing.T) {
	inWorld(t, notiontest.Options{Latency: slowly}, func(t *testing.T, w *world) {
		db := w.addTasks(3000)
		order := producer.Order{Full: true, Republish: true, Streams: []string{producer.DatabaseStream(db.ID())}}
		for n := range 90 {
			other := w.notion.AddDatabase(fmt.Sprint("D", n), notiontest.Prop{Name: "Name", Kind: notiontest.KindTitle})
			order.Streams = append(order.Streams, producer.DatabaseStream(other.ID()))
		}
		owner := w.member("one", byHandOnly)
		owner.started()
		owner.finished(owner.mustStart(producer.Order{}).ID)
		id := owner.mustStart(order).ID
		owner.awaits(func(m *control.Memory) bool {
			last, _ := m.LastRun("acme")
			return last.Run.ID == id && slices.ContainsFunc(last.Run.Streams, func(s control.StreamRun) bool { return s.Published > 0 })
		})
		_ = owner.cable.cut()
		heir := w.member("two", byHandOnly)
		defer heir.stop()
		heir.awaits(func(m *control.Memory) bool {
			_, entry, found := m.RunByID(id)
			return found && entry.Run.Status.Ended()
		})
		dead, err := heir.FindRun(id)
		if err != nil {
			t.Fatal(err)
		}
		next := heir.finished(strings.TrimPrefix(dead.Error, "interrupted, continued by run "))
		scans := slices.IndexFunc(next.Streams, func(s control.StreamRun) bool { return s.Kind != control.FullScan }) < 0
		if next.Trigger != control.ByHand || !scans || len(next.Streams)+next.StreamsLeftOut != len(order.Streams) {
			t.Errorf("it went on as a run by %s with %d streams (all scans: %t)", next.Trigger, len(next.Streams)+next.StreamsLeftOut, scans)
		}
		owner.cable.repair()
		owner.stop()
	})
}

// A page that becomes stuck is logged in the run that sets it aside.
func TestRunTellsOfPagesThatNotionRefuses(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		w.projects(40)
		i := w.member("one", byHandOnly)
		defer i.stop()
		i.started()
		var told []bool
		for range 3 { // as often as Notion may refuse a page before it is left alone
			w.notion.FailNext(notiontest.EndpointRetrieveProperty, notiontest.Restricted())
			id := i.mustStart(producer.Order{Full: true}).ID
			i.finished(id)
			told = append(told, strings.Contains(strings.Join(i.Log(id).Lines, "\n"), "set aside as stuck"))
		}
		if diff := cmp.Diff([]bool{false, false, true}, told); diff != "" {
			t.Error(diff)
		}
	})
}

// The metrics show no time when a stream of a paused source is overdue, also after another
// instance has taken over the paused source.
func TestObserverHearsOfPauses(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		w.addTasks(3)
		one := w.member("one")
		one.started()
		w.pass(time.Minute)
		if err := one.Pause(t.Context(), "acme"); err != nil {
			t.Fatal(err)
		}
		one.stop()
		heard := &knownTo{}
		two := w.memberWith("two", func(i *member) { i.opts.Observer = heard })
		defer two.stop()
		two.awaits(func(m *control.Memory) bool { s, _ := m.SourceState("acme"); return s.Owner == "two" })
		paused := heard.of("databases")
		if err := two.Resume(t.Context(), "acme"); err != nil {
			t.Fatal(err)
		}
		if resumed := heard.of("databases"); paused.At.IsZero() || !paused.Overdue.IsZero() || resumed.Overdue.IsZero() {
			t.Errorf("paused %+v, resumed %+v", paused, resumed)
		}
	})
}
