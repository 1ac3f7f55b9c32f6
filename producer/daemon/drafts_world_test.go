package daemon

import (
	"crypto/rand"
	"testing"
	"time"

	"notion-kafka/notion/notiontest"
	"notion-kafka/producer"
	"notion-kafka/producer/control"
	"notion-kafka/producer/schedule"
)

func draftNow(version int) control.SealedDraft {
	return control.SealedDraft{Version: version, Updated: time.Now(), Sealed: "age"}
}

// compacted is what an instance that begins later learns from the control topic.
func (w *world) compacted() *control.Memory {
	w.t.Helper()
	last := map[string]int{}
	records := w.records("control")
	for i, r := range records {
		last[string(r.Key)] = i
	}
	memory := control.NewMemory()
	for i, r := range records {
		if last[string(r.Key)] == i && r.Value != nil {
			if err := memory.Apply(r.Key, r.Value, r.Time); err != nil {
				w.t.Error(err)
			}
		}
	}
	return memory
}

// One instance removes a draft in the moment in which another saves it: it is gone
// everywhere, also for an instance that begins later and finds only the last record.
func TestADraftThatIsRemovedWhileItIsSaved(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		one, two := w.member("one", byHandOnly), w.member("two", byHandOnly)
		defer one.stop()
		defer two.stop()
		refused := 0
		for range 30 {
			id := rand.Text()
			if err := one.WriteDraft(t.Context(), id, draftNow(1)); err != nil {
				t.Fatal(err)
			}
			if _, err := two.Draft(t.Context(), id, 1); err != nil {
				t.Fatal(err)
			}
			removed := make(chan error)
			go func() { removed <- one.RemoveDraft(t.Context(), id) }()
			if err := two.WriteDraft(t.Context(), id, draftNow(2)); err != nil {
				mustBeKind(t, err, control.NotFound, "finished or discarded")
				refused++
			}
			if err := <-removed; err != nil {
				t.Fatal(err)
			}
			w.pass(time.Second)
			if n := len(one.Drafts()) + len(two.Drafts()) + len(w.compacted().Drafts(time.Now())); n != 0 {
				t.Fatalf("it is there at %d of two instances and a later one", n)
			}
		}
		t.Logf("%d of 30 were refused", refused)
	})
}

// A draft is over a day after it was last saved, and then nobody goes on with it.
func TestADraftIsOverAfterADay(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		one := w.member("one", byHandOnly)
		defer one.stop()
		id := rand.Text()
		for version := range 2 {
			if err := one.WriteDraft(t.Context(), id, draftNow(version+1)); err != nil {
				t.Fatal(err)
			}
			w.pass(time.Duration(1+22*version) * time.Hour)
		}
		if kept, err := one.Draft(t.Context(), id, 2); err != nil || kept.Version != 2 {
			t.Errorf("a day after it was begun: %+v, %v", kept, err)
		}
		w.pass(61 * time.Minute)
		_, err := one.Draft(t.Context(), id, 0)
		mustBeKind(t, err, control.NotFound, "nobody went on with it for a day")
		mustBeKind(t, one.WriteDraft(t.Context(), id, draftNow(3)), control.NotFound, "finished or discarded")
		if len(one.Drafts()) != 0 {
			t.Error("it is still listed")
		}
	})
}

// A source is made at an instance that does not own it: paused from its first moment on, or
// with one run, which is the one that the person is given.
func TestASourceIsMadeAtAnyInstance(t *testing.T) {
	inWorld(t, notiontest.Options{Latency: slowly}, func(t *testing.T, w *world) {
		w.shards = 8
		w.addTasks(7)
		everySecond := func(i *member) {
			open := i.opts.Open
			i.opts.Open = func(name string, definition control.Definition) (*producer.Source, error) {
				src, err := open(name, definition)
				if err == nil {
					src.Trigger = schedule.Every{Interval: time.Second}
				}
				return src, err
			}
		}
		one, two := w.memberWith("one", everySecond, byHandOnly), w.memberWith("two", everySecond, byHandOnly)
		defer one.stop()
		defer two.stop()
		w.pass(time.Minute)
		for _, name := range []string{"beta", "gamma", "delta", "epsilon"} {
			what := Making{Definition: control.Definition{Spec: []byte(`{"name":"` + name + `"}`), Draft: "D"}, Paused: true}
			before := w.requestsSent()
			if err := one.MakeSource(t.Context(), name, what); err != nil {
				t.Fatal(err)
			}
			w.pass(time.Hour)
			if n := w.requestsSent() - before; n != 0 || !one.IsPaused(name) || !two.IsPaused(name) {
				t.Errorf("%s: %d requests, paused %v and %v", name, n, one.IsPaused(name), two.IsPaused(name))
			}
			if err := two.MakeSource(t.Context(), name, what); err != nil {
				t.Errorf("by the same draft once more: %v", err)
			}
			what.Definition.Draft = "E"
			mustBeKind(t, two.MakeSource(t.Context(), name, what), control.Conflict, "choose another name")
			what.Definition.Draft = ""
			mustBeKind(t, two.MakeSource(t.Context(), name, what), control.Conflict, "choose another name")
			if err := two.DeleteSource(t.Context(), name); err != nil {
				t.Fatal(err)
			}
			mustBeKind(t, one.ReplaceSource(t.Context(), name, what.Definition), control.NotFound, name)
			for _, i := range []*member{one, two} { // the owner, which knows it best
				if s := i.supervisorOf(name); s != nil {
					answer, err := s.request(t.Context(), control.Command{Source: name, Verb: verbReplace, Body: []byte(`{"spec":{}}`)})
					if err != nil || answer.Error == nil || answer.Error.Kind != control.NotFound {
						t.Errorf("%s: %+v, %v", name, answer, err)
					}
				}
			}
			if two.HasSource(name) {
				t.Errorf("%s was made again", name)
			}
		}
		mustBeKind(t, one.MakeSource(t.Context(), "acme", Making{}), control.Conflict, "configuration file")
	})
}
