package daemon

import (
	"cmp"
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

// A history writes the runs of a source, and its state between them, into the control
// topic. Only the owner of the source writes them, in transactions of the shard's
// producer. A run enters the history when a person ordered it, before it publishes, or
// once it takes longer than two seconds, and at its end in any case. A run that changed
// nothing joins the entry of the run before it, if that changed nothing either.
type history struct {
	turn  chan struct{} // has an element while a goroutine writes; not a mutex, because a blocked mutex stops the virtual time of tests
	begin sync.Once     // continues after the entries of the previous owner

	next    int              // number of the next run; its slot is that modulo the size of the ring
	numbers map[string]int   // of the entered runs that have not ended, by id
	last    *control.Entry   // of the last run that ended, where another may join it
	owed    []control.Record // were deferred, or refused by Kafka
}

func newHistory() *history {
	return &history{turn: make(chan struct{}, 1), numbers: map[string]int{}}
}

// history is the source's history; nil where none is kept, and until the entries of the
// previous owner have been read, because they would be overwritten.
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

// write puts a run as it is now into the history, and its log with it once it has
// ended. A run that joins the one before it and that was not in the history yet is
// deferred: it is written with the source's next records, or at once where the source
// has written none for a minute. An error of Kafka is logged; write returns an error
// only when the writer is lost.
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
			if known { // removed after it is in its new slot, so that it can always be found
				more = append(more, control.Record{Key: control.RunKey(run.Source, n)})
			}
			if h.next == n+1 && !known { // the number was not used
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

// owe keeps records until the next write.
func (h *history) owe(r *runner, records []control.Record) {
	for _, record := range records {
		h.owed = slices.DeleteFunc(h.owed, func(old control.Record) bool { return old.Key == record.Key })
	}
	h.owed = append(h.owed, records...)
	h.owed = h.owed[max(0, len(h.owed)-mostOwed):]
	r.task.Shard.Owes(r.task.Name, len(h.owed) > 0)
}

// settle writes the records that are owed.
func (h *history) settle(ctx context.Context, r *runner) error {
	h.turn <- struct{}{}
	defer func() { <-h.turn }()
	if len(h.owed) == 0 {
		return nil
	}
	return h.put(ctx, r, nil)
}

// adopt takes over the entry of a run that a previous owner queued.
func (h *history) adopt(entry control.Entry) {
	h.turn <- struct{}{}
	defer func() { <-h.turn }()
	h.numbers[entry.Run.ID] = entry.N
}

// number returns the number of a run that enters the history. It is higher than every
// number that has been read from the control topic, and its slot is not that of a run
// under way while any other slot is free.
func (h *history) number(r *runner) int {
	r.d.opts.Control.View(func(m *control.Memory) {
		if last, some := m.LastRun(r.task.Name); some {
			h.next = max(h.next, last.N+1)
		}
	})
	if len(h.numbers) >= control.HistorySize { // the oldest run gives up its slot
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

// taken says that a run under way has the slot of a number.
func (h *history) taken(number int) bool {
	for _, n := range h.numbers {
		if n%control.HistorySize == number%control.HistorySize {
			return true
		}
	}
	return false
}

// release frees the slot of a run whose entry is not written any more.
func (h *history) release(id string) {
	h.turn <- struct{}{}
	defer func() { <-h.turn }()
	delete(h.numbers, id)
}

// put writes the owed records, then records, then the state of the source.
func (h *history) put(ctx context.Context, r *runner, records []control.Record) error {
	r.task.Shard.HasSettled(r.task.Name)
	h.owe(r, records)
	err := r.d.write(ctx, r.task.Shard, append(slices.Clone(h.owed), r.stateRecord())...)
	if err != nil && !errors.Is(err, kafka.ErrUnknown) {
		r.d.logWriteFailure(ctx, r.task.Shard, "the history of runs is behind", err)
		return nil
	}
	h.owed = nil
	r.task.Shard.Owes(r.task.Name, false)
	return err
}

// mostOwed is how many deferred or refused records are kept.
const mostOwed = 50

// maxOrder bounds an order that is kept with its run, in bytes: some five thousand
// streams.
const maxOrder = 256 << 10

// joins says that an ended run changed nothing, like the one before it.
func (h *history) joins(n int, run control.Run) bool {
	return h.last != nil && h.last.N < n && quiet(run) && quiet(h.last.Run) && sameTrouble(run, h.last.Run)
}

// sameTrouble says that two runs need attention for the same reasons, or that neither
// does. So the first run with a trouble keeps an entry of its own.
func sameTrouble(a, b control.Run) bool {
	if a.Status != control.NeedsAttention && b.Status != control.NeedsAttention {
		return true
	}
	return a.Status == b.Status && slices.EqualFunc(a.Streams, b.Streams, func(a, b control.StreamRun) bool {
		return a.Stream == b.Stream && a.Kind == b.Kind && a.Status == b.Status && a.Held == b.Held && a.Stuck == b.Stuck && a.Error == b.Error
	})
}

// quiet says that a run of a trigger did not fail and changed nothing.
func quiet(run control.Run) bool {
	return (run.Status == control.Succeeded || run.Status == control.NeedsAttention) && run.Trigger != control.ByHand && changedNothing(run)
}

// changedNothing says that a run has published and deleted nothing.
func changedNothing(run control.Run) bool {
	return !slices.ContainsFunc(run.Streams, func(s control.StreamRun) bool { return s.Published+s.Deleted > 0 })
}

// joined is the entry of a run that also stands for the runs of the entry before.
func joined(before control.Entry, run control.Run) control.Entry {
	run.Folded = max(before.Run.Folded, 1) + 1
	run.FoldedSince = before.Run.FoldedSince
	if run.FoldedSince.IsZero() {
		run.FoldedSince = before.Run.StartedAt
	}
	return control.Entry{N: before.N, Run: run}
}

// logs are the records that hold a run's log: the source's last log and, where the run
// failed, its last failed log.
func (h *history) logs(run control.Run, said *producer.Run) (records []control.Record) {
	if said == nil {
		return nil
	}
	log, some := said.Log()
	if !some {
		return nil
	}
	records = append(records, control.Record{Key: control.LastLogKey(run.Source), Value: log})
	if run.Status == control.Failed {
		records = append(records, control.Record{Key: control.FailedLogKey(run.Source), Value: log})
	}
	return records
}

// closeInterrupted ends runs that a previous owner did not end, in the history. became
// says what followed them.
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
		run.Status, run.Error, run.FinishedAt = control.Failed, "interrupted, "+became, time.Now().UTC()
		for i := range run.Streams {
			if !run.Streams[i].Status.Ended() {
				run.Streams[i].Status, run.Streams[i].Error = control.Failed, "interrupted"
			}
		}
		if err := r.d.tell(ctx, r.task.Shard, control.Record{Key: control.RunKey(run.Source, entry.N), Value: control.Entry{N: entry.N, Run: run}}); err != nil {
			return err
		}
		h.release(id)
	}
	return nil
}

// errControlGone says that the control topic was deleted.
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

// tell writes records that may get lost. It returns an error only when the writer is
// lost.
func (d *Daemon) tell(ctx context.Context, s *shard.Shard, records ...control.Record) error {
	err := d.write(ctx, s, records...)
	if err != nil && !errors.Is(err, kafka.ErrUnknown) {
		d.logWriteFailure(ctx, s, "the history has a gap", err)
		return nil
	}
	return err
}

// logWriteFailure logs that a write to the control topic failed, at most once a minute.
func (d *Daemon) logWriteFailure(ctx context.Context, s *shard.Shard, so string, err error) {
	if lasts, now := d.refusing.Tell(); now {
		s.Log.WarnContext(ctx, "writing the control topic failed: "+so, "topic", d.opts.ControlTopic.Name, "for", lasts.Round(time.Second).String(), "error", err)
	}
}

// state is the state of the source between its runs, for the control topic.
func (r *runner) state() control.SourceState {
	now := control.SourceState{Owner: r.d.opts.Instance, Workspace: r.task.Workspace(), Paused: r.task.Paused()}
	if at, order, ok := r.next(); ok {
		now.NextRun, now.NextSweeps = at.UTC().Truncate(time.Second), order.Sweeps
	}
	b := r.backoffNow()
	now.Refused, now.Doubted = cmp.Or(b.refused, r.notConnected()), b.doubted()
	r.standing(&now)
	r.mem.mu.Lock()
	defer r.mem.mu.Unlock()
	now.Forgiven = r.mem.forgiven
	return now
}

// notConnected is why a person has to connect the source; "" where nobody has to, or while
// the control topic was not read to its end.
func (r *runner) notConnected() string {
	if r.task.NotConnected == nil || !r.isCaughtUp() {
		return ""
	}
	return r.task.NotConnected()
}

// stateRecord is the record of the source's state, which the observer hears of too.
func (r *runner) stateRecord() control.Record {
	now := r.state()
	needs := now.Refused != "" || r.backoffNow().retried
	r.d.opts.Observer.NeedsReconnect(r.task.Name, needs && !now.Paused)
	return control.Record{Key: control.SourceStateKey(r.task.Name), Value: now}
}

// settle writes what a source has deferred, in one transaction with its history. Where
// Kafka refuses the history, the position is written alone. It returns an error only
// when the writer is lost.
func (r *runner) settle(ctx context.Context) error {
	r.task.Shard.HasSettled(r.task.Name)
	if h := r.history(); h != nil {
		if err := h.settle(ctx, r); err != nil {
			return err
		}
	}
	return r.task.Shard.Flush(ctx, r.task.Name)
}
