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

	days     control.Days    // what the runs changed, those that Kafka has not taken yet among them
	daysOwed bool            // days has runs that the control topic does not count yet
	closed   map[string]bool // ids of the interrupted runs that this process ended
}

func newHistory() *history {
	return &history{turn: make(chan struct{}, 1), numbers: map[string]int{}, closed: map[string]bool{}}
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
			h.days = m.Days(r.task.Name)
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
	var before, after []control.Record
	if run.Status.Ended() {
		delete(h.numbers, run.ID)
		if h.joins(n, run) {
			entry = joined(*h.last, run)
			if known { // removed after it is in its new slot, so that it can always be found
				after = append(after, control.Record{Key: control.RunKey(run.Source, n)})
			}
			if h.next == n+1 && !known { // the number was not used
				h.next = n
			}
			later = !known && run.Trigger == control.BySchedule && !r.task.Shard.MaySettle(run.Source)
		}
		h.last = &entry
		h.count(run)
		before = h.logs(run, said)
	} else if text, err := json.Marshal(order); err == nil && len(text) <= maxOrder {
		entry.Order = text
	}
	records := slices.Concat(before, []control.Record{{Key: control.RunKey(run.Source, entry.N), Value: entry}}, after)
	if later {
		h.owe(r, records)
		return nil
	}
	return h.put(ctx, r, records)
}

// count adds a run that ended to the days. A quiet one adds nothing, and so is not written
// down for them.
func (h *history) count(run control.Run) {
	if control.Counts(run) {
		h.days, h.daysOwed = h.days.With(run), true
	}
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

// put writes the days if they have changed, the state of the source, the owed records and
// then records: readers take them one by one, and who sees a run that has ended finds its
// log and its day. The days are the sum of all runs, so those of a write that Kafka refuses
// are in the next one, and none of a later write counts a run twice.
func (h *history) put(ctx context.Context, r *runner, records []control.Record) error {
	r.task.Shard.HasSettled(r.task.Name)
	h.owe(r, records)
	var written []control.Record
	if h.daysOwed {
		written = append(written, control.Record{Key: control.DaysKey(r.task.Name), Value: h.days})
	}
	written = append(append(written, r.stateRecord()), h.owed...)
	err := r.d.write(ctx, r.task.Shard, written...)
	if err != nil && !errors.Is(err, kafka.ErrUnknown) {
		r.d.logWriteFailure(ctx, r.task.Shard, "the history of runs is behind", err)
		return nil
	}
	h.owed, h.daysOwed = nil, false
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

// changedNothing says that a run has published and deleted nothing, and no columns changed.
func changedNothing(run control.Run) bool {
	return !slices.ContainsFunc(run.Streams, func(s control.StreamRun) bool { return s.Published+s.Deleted+len(s.Columns) > 0 })
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

// errControlGone says that the control topic was deleted.
var errControlGone error = &control.Error{Kind: control.Unavailable, Message: "the control topic was deleted, and with it the sources that were made through the API and the history: " +
	"start an instance again, which makes it anew"}

// write puts records into the control topic, with the shard's producer.
func (d *Daemon) write(ctx context.Context, s *shard.Shard, records ...control.Record) error {
	return d.writeWith(ctx, s, func([]kafka.Position) []state.Entry { return nil }, records...)
}

// writeWith is write with entries of the state in the same transaction.
func (d *Daemon) writeWith(ctx context.Context, s *shard.Shard, entries func([]kafka.Position) []state.Entry, records ...control.Record) error {
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
	err := s.CommitOnce(ctx, out, entries)
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
