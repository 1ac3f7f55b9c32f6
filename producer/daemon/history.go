package daemon

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"notion-kafka/producer"
	"notion-kafka/producer/control"
	"notion-kafka/producer/kafka"
	"notion-kafka/producer/shard"
	"notion-kafka/producer/state"
)

// A history writes a source's runs, and how the source stands between them, into
// the control topic, in transactions of the shard's producer: only the owner of
// a source does. A run comes into it when a person asked for it, when it is
// about to publish, or when it takes longer than a moment; every run does at its
// end, but one that changed nothing joins the one before it that did not either.
type history struct {
	turn  chan struct{} // holds an element while somebody writes; no mutex, because a blocked one stops the virtual time of tests
	begin sync.Once     // begins behind what the owner before wrote

	next    int              // number of the next run; its place is that modulo the size of the ring
	numbers map[string]int   // of the runs that it knows and that have not ended, by id
	last    *control.Entry   // of the last one that ended, where another may join it
	owed    []control.Record // that were deferred, or that Kafka refused
}

func newHistory() *history {
	return &history{turn: make(chan struct{}, 1), numbers: map[string]int{}}
}

// history is the source's history; nil where none is kept, and until it has been
// read what the owner before wrote, whose entries would be overwritten.
func (r *runner) history() *history {
	client := r.d.opts.Control
	if client == nil || !r.isCaughtUp() {
		return nil
	}
	h := r.mem.history
	h.begin.Do(func() {
		client.View(func(m *control.Memory) {
			if last, some := m.LastRun(r.task.Name); some {
				h.next, h.last = last.N+1, &last
			}
		})
	})
	return h
}

func (r *runner) isCaughtUp() bool {
	select {
	case <-r.caughtUp:
		return true
	default:
		return false
	}
}

// write puts a run as it is now into the history. What it says goes with it when
// it has ended. A run that only joins the one before it, and of which nobody knows,
// counts at once and is written with what the source writes next, unless that has
// written nothing for a while. A history that Kafka refuses is a pity and logged;
// an error is that the writer is lost.
func (h *history) write(ctx context.Context, r *runner, run control.Run, order producer.Order, said *producer.Run) error {
	h.turn <- struct{}{} // held for as long as a commit may take, which is bounded
	defer func() { <-h.turn }()
	n, known := h.numbers[run.ID]
	if !known {
		n = h.number(r)
		h.numbers[run.ID] = n
	}
	entry, later := control.Entry{N: n, Run: run}, false
	var more []control.Record
	if run.Status.Ended() {
		delete(h.numbers, run.ID)
		if h.joins(n, run) {
			entry = joined(*h.last, run)
			if known { // after its new place, so that it can be found all the time
				more = append(more, control.Record{Key: control.RunKey(run.Source, n)})
			}
			if h.next == n+1 && !known { // nobody knows of the number
				h.next = n
			}
			later = !known && run.Trigger == control.BySchedule && !r.task.Shard.MaySettle(run.Source)
		}
		h.last = &entry
		more = append(more, h.logs(run, said)...)
	} else if text, err := json.Marshal(order); err == nil && len(text) <= maxOrder {
		entry.Order = text
	}
	records := append([]control.Record{{Key: control.RunKey(run.Source, entry.N), Value: entry}}, more...)
	if later {
		h.owe(r, records)
		return nil
	}
	return h.put(ctx, r, records)
}

// owe keeps records for the next time that something is written.
func (h *history) owe(r *runner, records []control.Record) {
	for _, record := range records {
		h.owed = slices.DeleteFunc(h.owed, func(old control.Record) bool { return old.Key == record.Key })
	}
	h.owed = append(h.owed, records...)
	h.owed = h.owed[max(0, len(h.owed)-mostOwed):]
	r.task.Shard.Owes(r.task.Name, len(h.owed) > 0)
}

// settle writes what is owed.
func (h *history) settle(ctx context.Context, r *runner) error {
	h.turn <- struct{}{}
	defer func() { <-h.turn }()
	if len(h.owed) == 0 {
		return nil
	}
	return h.put(ctx, r, nil)
}

// adopt takes over the entry of a run that an owner before queued.
func (h *history) adopt(entry control.Entry) {
	h.turn <- struct{}{}
	defer func() { <-h.turn }()
	h.numbers[entry.Run.ID] = entry.N
}

// number is that of a run which comes into the history. It takes no place of one
// that is under way while any other is free, and none behind what has been read of the history since.
func (h *history) number(r *runner) int {
	r.d.opts.Control.View(func(m *control.Memory) {
		if last, some := m.LastRun(r.task.Name); some {
			h.next = max(h.next, last.N+1)
		}
	})
	if len(h.numbers) >= control.HistorySize { // the oldest run gives its place up
		oldest := slices.Min(slices.Collect(maps.Values(h.numbers)))
		maps.DeleteFunc(h.numbers, func(_ string, n int) bool { return n%control.HistorySize == oldest%control.HistorySize })
	}
	for range control.HistorySize {
		if !h.taken(h.next) {
			break
		}
		h.next++
	}
	h.next++
	return h.next - 1
}

// taken says that a run under way holds the place of a number.
func (h *history) taken(number int) bool {
	for _, n := range h.numbers {
		if n%control.HistorySize == number%control.HistorySize {
			return true
		}
	}
	return false
}

// release frees the place of a run that nobody goes on to write.
func (h *history) release(id string) {
	h.turn <- struct{}{}
	defer func() { <-h.turn }()
	delete(h.numbers, id)
}

// put writes records, before them those that are owed, and after them how the
// source stands now.
func (h *history) put(ctx context.Context, r *runner, records []control.Record) error {
	r.task.Shard.HasSettled(r.task.Name)
	h.owe(r, records)
	now := control.Record{Key: control.SourceStateKey(r.task.Name), Value: r.state()}
	err := r.d.write(ctx, r.task.Shard, append(slices.Clone(h.owed), now)...)
	if err != nil && !errors.Is(err, kafka.ErrUnknown) {
		r.d.cannotTell(ctx, r.task.Shard, "the history of runs is behind", err)
		return nil
	}
	h.owed = nil
	r.task.Shard.Owes(r.task.Name, false)
	return err
}

// mostOwed is how many records are kept that were deferred or that Kafka refused.
const mostOwed = 50

// maxOrder bounds, in bytes, an order that is kept with its run: some five
// thousand streams.
const maxOrder = 256 << 10

// joins says that a run that ended changed nothing, no more than the one before.
func (h *history) joins(n int, run control.Run) bool {
	return h.last != nil && h.last.N < n && quiet(run) && quiet(h.last.Run) && sameTrouble(run, h.last.Run)
}

// sameTrouble says that two runs need a person for the same reasons, or both do
// not. The run that came upon the trouble keeps its entry: it read otherwise, or
// found less before.
func sameTrouble(a, b control.Run) bool {
	if a.Status != producer.NeedsAttention && b.Status != producer.NeedsAttention {
		return true
	}
	return a.Status == b.Status && slices.EqualFunc(a.Streams, b.Streams, func(a, b producer.StreamReport) bool {
		return a.Stream == b.Stream && a.Kind == b.Kind && a.Status == b.Status && a.Held == b.Held && a.Stuck == b.Stuck && a.Error == b.Error
	})
}

// quiet says that a run of which nobody knows did not fail and changed nothing.
func quiet(run control.Run) bool {
	return (run.Status == producer.Succeeded || run.Status == producer.NeedsAttention) && run.Trigger != control.ByHand && changedNothing(run)
}

// changedNothing says that a run has published and deleted nothing.
func changedNothing(run control.Run) bool {
	return !slices.ContainsFunc(run.Streams, func(s producer.StreamReport) bool { return s.Published+s.Deleted > 0 })
}

// joined is the entry of a run, and of those that it stands for.
func joined(before control.Entry, run control.Run) control.Entry {
	run.Folded = max(before.Run.Folded, 1) + 1
	run.FoldedSince = before.Run.FoldedSince
	if run.FoldedSince.IsZero() {
		run.FoldedSince = before.Run.StartedAt
	}
	return control.Entry{N: before.N, Run: run}
}

// logs are the records of what a run said, of the last one and of the last one
// that failed.
func (h *history) logs(run control.Run, said *producer.Run) (records []control.Record) {
	if said == nil {
		return nil
	}
	log, some := said.Log()
	if !some {
		return nil
	}
	records = append(records, control.Record{Key: control.LastLogKey(run.Source), Value: log})
	if run.Status == producer.Failed {
		records = append(records, control.Record{Key: control.FailedLogKey(run.Source), Value: log})
	}
	return records
}

// closeInterrupted ends the runs of an owner that died, in the history, and says
// what became of them.
func (h *history) closeInterrupted(ctx context.Context, r *runner, ids []string, became string) error {
	for _, id := range ids {
		var entry control.Entry
		var found bool
		r.d.opts.Control.View(func(m *control.Memory) { _, entry, found = m.RunByID(id) })
		if !found || entry.Run.Status.Ended() {
			h.release(id)
			continue
		}
		run := entry.Run
		run.Status, run.Error, run.FinishedAt = producer.Failed, "interrupted, "+became, time.Now().UTC()
		for i := range run.Streams {
			if !run.Streams[i].Status.Ended() {
				run.Streams[i].Status, run.Streams[i].Error = producer.Failed, "interrupted"
			}
		}
		if err := r.d.tell(ctx, r.task.Shard, control.Record{Key: control.RunKey(run.Source, entry.N), Value: control.Entry{N: entry.N, Run: run}}); err != nil {
			return err
		}
		h.release(id)
	}
	return nil
}

// errControlGone says that there is no control topic any more.
var errControlGone error = &control.Error{Kind: control.Unavailable, Message: "the control topic was deleted, and with it the sources that were made through the API and the history: " +
	"start an instance again, which makes it anew"}

// write puts records into the control topic, with the shard's producer.
func (d *Daemon) write(ctx context.Context, s *shard.Shard, records ...control.Record) error {
	if client := d.opts.Control; client != nil && client.Gone() {
		return errControlGone
	}
	out := make([]kafka.Record, 0, len(records))
	for _, record := range records {
		key, value, err := record.Encode()
		if err != nil {
			return err
		}
		out = append(out, kafka.Record{Topic: d.opts.ControlTopic.Name, Partitions: 1, Key: key, Value: value})
	}
	err := s.CommitOnce(ctx, out, func([]kafka.Position) []state.Entry { return nil })
	if err == nil {
		d.refusing.Over()
	}
	return err
}

// tell writes what may get lost. An error is that the writer is.
func (d *Daemon) tell(ctx context.Context, s *shard.Shard, records ...control.Record) error {
	err := d.write(ctx, s, records...)
	if err != nil && !errors.Is(err, kafka.ErrUnknown) {
		d.cannotTell(ctx, s, "the history has a gap", err)
		return nil
	}
	return err
}

// cannotTell says that the control topic refuses what is written to it, while that
// lasts once a minute.
func (d *Daemon) cannotTell(ctx context.Context, s *shard.Shard, so string, err error) {
	if lasts, now := d.refusing.Tell(); now {
		s.Log.WarnContext(ctx, "writing the control topic failed: "+so, "topic", d.opts.ControlTopic.Name, "for", lasts.Round(time.Second).String(), "error", err)
	}
}

// state is the status of the source between its runs.
func (r *runner) state() control.SourceState {
	now := control.SourceState{Owner: r.d.opts.Instance, Workspace: r.task.Workspace(), Paused: r.task.Paused()}
	if at, order, ok := r.next(); ok {
		now.NextRun, now.NextSweeps = at.UTC().Truncate(time.Second), order.Sweeps
	}
	b := r.backoffNow()
	now.Refused, now.Doubted = b.refused, b.doubted()
	r.mem.mu.Lock()
	defer r.mem.mu.Unlock()
	now.Forgiven = r.mem.forgiven
	return now
}

// settle writes what a source has deferred, in one transaction with its history.
// A history that Kafka refuses costs the position nothing. The error is that the
// writer is lost.
func (r *runner) settle(ctx context.Context) error {
	r.task.Shard.HasSettled(r.task.Name)
	if h := r.history(); h != nil {
		if err := h.settle(ctx, r); err != nil {
			return err
		}
	}
	return r.task.Shard.Flush(ctx, r.task.Name)
}
