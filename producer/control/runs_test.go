package control

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// manyRuns is a memory of sources with a full history each; the runs of all sources are
// mixed in time. Of the runs of a source, every fifth failed and every seventh was started
// by hand. Each read so many streams.
func manyRuns(tb testing.TB, sources, streams int) *Memory {
	tb.Helper()
	m := NewMemory()
	began := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	for s := range sources {
		for n := range HistorySize {
			source := fmt.Sprint("source-", s)
			run := Run{ID: fmt.Sprint(source, "-", n), Source: source, Status: Succeeded, Trigger: BySchedule, StartedAt: began.Add(time.Duration(n*sources+s) * time.Minute)}
			if n%5 == 0 {
				run.Status = Failed
			}
			if n%7 == 0 {
				run.Trigger = ByHand
			}
			for i := range streams {
				run.Streams = append(run.Streams, StreamRun{Stream: fmt.Sprint("database_", i), Topic: "notion.acme.tasks", Status: run.Status, Read: rand.IntN(1000)})
			}
			key, value, err := Record{RunKey(source, n), Entry{N: n, Run: run}}.Encode()
			if err == nil {
				err = m.Apply(key, value, began)
			}
			if err != nil {
				tb.Fatal(err)
			}
		}
	}
	return m
}

// The runs of all sources come newest first, as many as were asked for, and only those
// that pass the filter.
func TestAllRuns(t *testing.T) {
	m := manyRuns(t, 5, 1)
	var all []string
	for n := HistorySize - 1; n >= 0; n-- {
		for s := 4; s >= 0; s-- {
			all = append(all, fmt.Sprintf("source-%d-%d", s, n))
		}
	}
	want := func(that func(source, n int) bool) (ids []string) {
		for _, id := range all {
			var source, n int
			if _, err := fmt.Sscanf(id, "source-%d-%d", &source, &n); err != nil {
				t.Fatal(err)
			}
			if that(source, n) {
				ids = append(ids, id)
			}
		}
		return ids
	}
	for name, test := range map[string]struct {
		filter RunFilter
		want   []string
	}{
		"all":               {RunFilter{Limit: 1000}, all},
		"the newest":        {RunFilter{Limit: 7}, all[:7]},
		"exactly all":       {RunFilter{Limit: 500}, all},
		"none":              {RunFilter{}, nil},
		"of a source":       {RunFilter{Source: "source-2", Limit: 500}, want(func(s, _ int) bool { return s == 2 })},
		"of no source":      {RunFilter{Source: "other", Limit: 500}, nil},
		"failed":            {RunFilter{Status: Failed, Limit: 500}, want(func(_, n int) bool { return n%5 == 0 })},
		"by hand":           {RunFilter{Trigger: ByHand, Limit: 500}, want(func(_, n int) bool { return n%7 == 0 })},
		"failed ones of it": {RunFilter{Source: "source-1", Status: Failed, Trigger: ByHand, Limit: 2}, want(func(s, n int) bool { return s == 1 && n%35 == 0 })[:2]},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, packed := range m.AllRuns(test.filter) {
				got = append(got, packed.Run().ID)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// A run that is over replaces itself as it was under way, and is found by its new status.
func TestAllRunsFollowTheHistory(t *testing.T) {
	m := NewMemory()
	for _, status := range []Status{Queued, Running, Failed} {
		key, value, err := Record{RunKey("acme", 3), Entry{N: 3, Run: Run{ID: "r", Source: "acme", Status: status}}}.Encode()
		if err == nil {
			err = m.Apply(key, value, time.Now())
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, wanted := range []Status{Queued, Running, Failed} {
			found := slices.ContainsFunc(m.AllRuns(RunFilter{Status: wanted, Limit: 1}), func(p PackedRun) bool { return p.Run().Status == wanted })
			if found != (wanted == status) {
				t.Errorf("the run is %s; found as %s: %t", status, wanted, found)
			}
		}
	}
}

// What a list of runs costs where a thousand sources have a hundred each, of forty streams:
// to find the runs, while nothing changes the memory, and to decode them.
func BenchmarkAllRuns(b *testing.B) {
	m := manyRuns(b, 1000, 40)
	for name, filter := range map[string]RunFilter{
		"newest 100": {Limit: 100}, "newest 1000": {Limit: 1000}, "failed": {Status: Failed, Limit: 100}, "of a source": {Source: "source-7", Limit: 100},
	} {
		b.Run(name+"/find", func(b *testing.B) {
			for b.Loop() {
				if len(m.AllRuns(filter)) == 0 {
					b.Fatal("no runs")
				}
			}
		})
		b.Run(name+"/decode", func(b *testing.B) {
			found := m.AllRuns(filter)
			for b.Loop() {
				for _, one := range found {
					_ = one.Run()
				}
			}
		})
	}
}
