package daemon

import (
	"context"
	"time"

	"notion-kafka/producer/control"
)

// closeInterrupted ends runs that a previous owner did not end, in the history. became
// says what followed them.
func (h *history) closeInterrupted(ctx context.Context, r *runner, ids []string, became string) error {
	for _, id := range ids {
		if err := h.closeOne(ctx, r, id, became); err != nil {
			return err
		}
	}
	return nil
}

// closeOne ends a run that a previous owner did not end. It counts what its entry says of
// it: nobody knows what it has published since.
func (h *history) closeOne(ctx context.Context, r *runner, id, became string) error {
	h.turn <- struct{}{}
	defer func() { <-h.turn }()
	var entry control.Entry
	var found bool
	r.d.opts.Control.View(func(m *control.Memory) { _, entry, found = m.RunByID(id) })
	delete(h.numbers, id)
	if !found || entry.Run.Status.Ended() || h.closed[id] {
		return nil
	}
	run := entry.Run
	run.Status, run.Error, run.FinishedAt = control.Failed, "interrupted, "+became, time.Now().UTC()
	for i := range run.Streams {
		if !run.Streams[i].Status.Ended() {
			run.Streams[i].Status, run.Streams[i].Error = control.Failed, "interrupted"
		}
	}
	h.closed[id] = true
	h.count(run)
	return h.put(ctx, r, []control.Record{{Key: control.RunKey(run.Source, entry.N), Value: control.Entry{N: entry.N, Run: run}}})
}
