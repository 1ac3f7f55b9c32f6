package daemon

import (
	"slices"
	"testing"
	"time"

	"notion-kafka/notion/notiontest"
	"notion-kafka/producer"
	"notion-kafka/producer/control"
	"notion-kafka/producer/state"
)

// Every instance shows all living ones: which sources each runs, and that it is itself the
// one that answers. One that died is shown no more, and its sources are another's.
func TestInstancesOfAGroup(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		w.addTasks(3)
		var members []*member
		for _, name := range []string{"one", "two"} {
			members = append(members, w.memberWith(name, func(i *member) {
				i.opts.About = control.Instance{Started: time.Now(), Version: "v-" + name, Console: "http://" + name, Sources: map[string]string{"acme": "digest of " + name}}
			}))
		}
		one, two := members[0], members[1]
		const other = "gamma" // in another shard than acme
		if state.ShardOf(other, w.shards) == state.ShardOf("acme", w.shards) {
			t.Fatal("both sources are in one shard")
		}
		w.pass(2 * time.Minute)
		if _, err := one.PutSource(t.Context(), other, control.Definition{Spec: []byte(`{}`)}, true); err != nil {
			t.Fatal(err)
		}
		w.pass(2 * time.Minute)
		for _, i := range members {
			group := i.Instances()
			var shards []int32
			var sources []string
			for _, view := range group.Instances {
				shards, sources = append(shards, view.Shards...), append(sources, view.Sources...)
				if view.Version != "v-"+view.ID || view.Console != "http://"+view.ID || view.This != (view.ID == i.opts.Instance) || time.Since(view.HeardAt) > time.Minute || view.StartedAt.IsZero() {
					t.Errorf("%s shows %+v", i.opts.Instance, view)
				}
			}
			slices.Sort(shards)
			slices.Sort(sources)
			if len(group.Instances) != 2 || !slices.Equal(shards, []int32{0, 1}) || !slices.Equal(sources, []string{"acme", other}) {
				t.Errorf("%s shows %+v", i.opts.Instance, group)
			}
			if !slices.Equal(group.Disagreements, []string{"acme"}) {
				t.Errorf("they disagree about %v", group.Disagreements)
			}
		}
		_ = one.cable.cut()
		w.pass(5 * time.Minute)
		if group := two.Instances(); len(group.Instances) != 1 || len(group.Disagreements) > 0 || !slices.Equal(group.Instances[0].Sources, []string{"acme", other}) || len(group.Instances[0].Shards) != 2 {
			t.Errorf("after one has died: %+v", group)
		}
		one.cable.repair()
		one.stop()
		two.stop()
	})
}

// The runs of all sources are in one list, which every instance has.
func TestAllRunsOfAGroup(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		w.addTasks(3)
		one, two := w.member("one", byHandOnly), w.member("two", byHandOnly)
		w.pass(2 * time.Minute)
		if _, err := one.PutSource(t.Context(), "beta", control.Definition{Spec: []byte(`{}`)}, true); err != nil {
			t.Fatal(err)
		}
		var want []string
		for _, source := range []string{"acme", "beta", "acme"} {
			w.pass(time.Minute)
			run, err := two.Start(t.Context(), source, producer.Order{})
			if err != nil {
				t.Fatal(err)
			}
			want = append([]string{run.ID}, want...)
			w.pass(time.Minute)
		}
		w.notion.FailAlways("search", notiontest.InternalError())
		broken, err := one.Start(t.Context(), "beta", producer.Order{})
		if err != nil {
			t.Fatal(err)
		}
		w.pass(10 * time.Minute)
		ids := func(i *member, filter control.RunFilter) (ids []string) {
			for _, run := range i.AllRuns(filter) {
				ids = append(ids, run.ID)
			}
			return ids
		}
		for _, i := range []*member{one, two} {
			if got := ids(i, control.RunFilter{Limit: 100}); !slices.Equal(got, append([]string{broken.ID}, want...)) {
				t.Errorf("%s has %v, want %s and %v", i.opts.Instance, got, broken.ID, want)
			}
			if got := ids(i, control.RunFilter{Limit: 100, Status: control.Failed}); !slices.Equal(got, []string{broken.ID}) {
				t.Errorf("failed: %v, want %s", got, broken.ID)
			}
		}
		one.stop()
		two.stop()
	})
}
