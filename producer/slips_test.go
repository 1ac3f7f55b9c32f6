package producer

import (
	"bytes"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"notion-kafka/producer/control"
	"notion-kafka/producer/shard"
	"notion-kafka/producer/state"
)

// A scheduled run warns of a slip once, whichever streams the runs between are of; a
// person who orders a run is warned again; so is everybody when a slip comes back.
func TestASlipIsWarnedOfOnce(t *testing.T) {
	var log bytes.Buffer
	task := NewTask(&Env{}, shard.ReadOnly(state.NewMemory(), slog.New(slog.NewTextHandler(&log, nil))), &Source{Name: "acme"}, nil)
	tasks, ideas := Slip{Message: "Pay in Tasks", Streams: []string{"tasks"}}, Slip{Message: "Sum in Ideas", Streams: []string{"ideas"}}
	scheduled := func(streams ...string) Order { return Order{Trigger: control.BySchedule, Streams: streams} }
	byHand := Order{Trigger: control.ByHand}
	for n, step := range []struct {
		order Order
		slips []Slip
		want  []string
	}{
		{scheduled("tasks"), []Slip{tasks, ideas}, []string{"Tasks"}},
		{scheduled("ideas"), []Slip{tasks, ideas}, []string{"Ideas"}},
		{scheduled("tasks"), []Slip{tasks, ideas}, nil},
		{scheduled("others"), []Slip{tasks, ideas}, nil},
		{scheduled(), []Slip{tasks, ideas}, nil},
		{byHand, []Slip{tasks, ideas}, []string{"Tasks", "Ideas"}},
		{scheduled(), []Slip{tasks}, nil},
		{scheduled(), []Slip{tasks, ideas}, []string{"Ideas"}},
	} {
		log.Reset()
		task.warnOfSlips(t.Context(), step.order, step.slips)
		var got []string
		for _, name := range []string{"Tasks", "Ideas"} {
			if strings.Contains(log.String(), name) {
				got = append(got, name)
			}
		}
		if !slices.Equal(got, step.want) {
			t.Errorf("run %d warned of %q, want %q", n, got, step.want)
		}
	}
}
