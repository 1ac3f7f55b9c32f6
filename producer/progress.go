package producer

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"notion-kafka/notion"
	"notion-kafka/producer/control"
)

// counts says what happened to a stream's rows, in all batches committed so far.
type counts struct {
	read, snapshot, created, updated, deleted, unchanged, partial int

	shown []string // ids of the first partial rows
}

func (c *counts) add(b batch, changes []change) {
	unchanged := len(b.rows)
	for _, one := range changes {
		c.addOp(one.op)
		if one.op != OpDelete && (one.op != "" || one.setAside) {
			unchanged--
		}
	}
	c.read += len(b.rows) + len(b.deletions)
	c.unchanged += max(unchanged, 0)
	c.partial += len(b.partial)
	c.shown = append(slices.Clip(c.shown), b.partial[:min(len(b.partial), namedAtMost-len(c.shown))]...)
}

// addOp counts a change with this op; "" publishes nothing.
func (c *counts) addOp(op string) {
	switch op {
	case OpSnapshot:
		c.snapshot++
	case OpCreate:
		c.created++
	case OpUpdate:
		c.updated++
	case OpDelete:
		c.deleted++
	}
}

// A Run is a run of a task while it is under way. It makes its own report.
type Run struct {
	task     *Task
	listener Listener
	order    Order
	began    time.Time
	token    string // the mark of the source's token
	id       string
	log      *slog.Logger
	lines    *runLog
	meter    *notion.Meter
	ctx      context.Context // lives as long as the run

	mu      sync.Mutex // guards everything below
	streams []*job
	counted map[*job]counts
	columns map[*job][]string // what changed of a stream's typed columns
	ended   map[*job]control.StreamRun
}

// Begin begins a run; [Run.CarryOut] does its work. What is logged and requested under
// the run's context belongs to the run.
func (t *Task) Begin(ctx context.Context, order Order) *Run {
	r := &Run{
		task: t, order: order, began: time.Now().UTC(), token: t.Token(), id: order.ID, lines: &runLog{}, meter: &notion.Meter{},
		counted: map[*job]counts{}, columns: map[*job][]string{}, ended: map[*job]control.StreamRun{},
	}
	if r.id == "" {
		r.id = NewID(r.began)
	}
	r.log = t.Shard.Log.With("source", t.Name, "run", r.id)
	r.ctx = notion.WithMeter(withRunLog(ctx, r.lines), r.meter)
	return r
}

// A Listener follows a run while it is under way. An error of a Listener says that the
// shard is lost, and ends the run.
type Listener interface {
	Opened(ctx context.Context) error     // before anything is read
	Publishing(ctx context.Context) error // before each commit with records
}

// ID is the id of the run.
func (r *Run) ID() string { return r.id }

// Order is what the run was asked to do.
func (r *Run) Order() Order { return r.order }

// Context is the context of the run: what is logged under it belongs to the run's log.
func (r *Run) Context() context.Context { return r.ctx }

// Log is the run's log so far; false if it is empty.
func (r *Run) Log() (control.Log, bool) { return r.lines.log(r.id) }

// follows adds streams of the run to the report.
func (r *Run) follows(streams []*job) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.streams = append(r.streams, streams...)
	for _, j := range streams {
		j.run = r
		if j.scan != nil {
			held, known := j.countHeld()
			if j.expected = known; r.order.Confirm {
				j.expected = held
			}
		}
	}
}

// count adds a committed batch to the report.
func (r *Run) count(j *job, b batch, changes []change) {
	r.mu.Lock()
	c := r.counted[j]
	before := c
	c.add(b, changes)
	r.counted[j] = c
	r.mu.Unlock()
	ops := map[string]int{}
	for _, one := range changes {
		silent := one.op == OpDelete && j.settings.Deletes == DeleteNone // the page counts as deleted, but no record is published
		if one.op != "" && !silent {
			ops[one.op]++
		}
	}
	observer := r.task.env.Observer
	observer.Read(r.task.Name, j.name, c.read-before.read)
	observer.Unchanged(r.task.Name, j.name, c.unchanged-before.unchanged)
	for op, rows := range ops {
		observer.Published(r.task.Name, j.name, op, rows)
	}
}

// add adds the end of a stream to the report; err is what ended it early.
func (r *Run) add(j *job, err error) {
	r.LogPanic(err, "stream", j.name)
	r.mu.Lock()
	result, shown := r.soFar(j), r.counted[j].shown
	r.mu.Unlock()
	result.Cursor, result.Expected = j.oldestCursor(), 0
	o := outcome{
		err: err, cancelled: r.ctx.Err() != nil, partial: result.Partial, shown: shown, onlyIDs: j.onlyIDs, stuck: j.stuckPages(),
	}
	result.Stuck = len(o.stuck)
	if held, known := j.countHeld(); held > 0 {
		result.Held = held
		o.held = j.whyHeld(held, known) + fmt.Sprintf("; if they are gone for good, run: "+
			"notion-kafka state confirm-deletes --source %s --stream %s, otherwise the same with dismiss-deletes", j.task.Name, j.name)
	}
	result.Status, result.Error = o.verdict()
	r.mu.Lock()
	r.ended[j] = result
	r.mu.Unlock()
	attrs := []any{"stream", j.name, "kind", result.Kind, "topic", result.Topic, "status", result.Status, "read", result.Read, "published", result.Published}
	if result.Deleted > 0 {
		attrs = append(attrs, "deleted", result.Deleted)
	}
	r.logEnd(result.Status, result.Published+result.Deleted > 0 || !j.topic.Scanned, "stream done", result.Error, attrs)
}

// soFar is the report of a stream that is still being read.
func (r *Run) soFar(j *job) control.StreamRun {
	c := r.counted[j]
	return control.StreamRun{
		Stream: j.name, Title: j.title, Topic: j.topic.Topic, LeftTopic: j.formerTopic(), Sync: j.settings.Sync(j.name), Kind: j.kind, Status: control.Running,
		Columns: slices.Clone(r.columns[j]),
		Read:    c.read, Published: c.snapshot + c.created + c.updated, Snapshot: c.snapshot, Created: c.created, Updated: c.updated, Unchanged: c.unchanged, Deleted: c.deleted, Partial: c.partial, Expected: j.expected,
	}
}

// Now is the report of the run so far.
func (r *Run) Now() control.Run {
	r.mu.Lock()
	defer r.mu.Unlock()
	run := control.Run{
		ID: r.id, Source: r.task.Name, Trigger: r.order.Trigger, Status: control.Running, StartedAt: r.began, Streams: []control.StreamRun{},
		Requests: r.meter.Requests(), ThrottledSeconds: r.meter.Throttled().Seconds(),
	}
	for _, j := range r.streams {
		result, ended := r.ended[j]
		if !ended {
			result = r.soFar(j)
		}
		run.Streams = append(run.Streams, result)
	}
	slices.SortFunc(run.Streams, func(a, b control.StreamRun) int {
		return cmp.Or(DatabasesFirst(a.Stream, b.Stream), cmp.Compare(a.Kind, b.Kind))
	})
	return run
}

// end makes the run's last report, with the status of err or, if it is nil, the worst
// status of the streams.
func (r *Run) end(err error) Report {
	r.LogPanic(err)
	r.task.Jobs.noteEnd(r.id)
	report := Report{Run: r.Now(), token: r.token}
	report.FinishedAt = time.Now().UTC()
	report.Status = runVerdict(report.Streams, err, r.ctx.Err() != nil)
	if err != nil {
		report.Error, report.err = err.Error(), err
	}
	return report
}

// Done logs how the run ended, with more attributes, and reports whether the line's
// level was above debug.
func (r *Run) Done(report Report, more ...any) bool {
	published, deleted := 0, 0
	for _, s := range report.Streams {
		published, deleted = published+s.Published, deleted+s.Deleted
	}
	took := report.FinishedAt.Sub(r.began).Round(time.Millisecond).String()
	return r.logEnd(report.Status, published+deleted > 0 || r.readsFirst(), "run done", report.Error,
		append([]any{"status", report.Status, "published", published, "took", took}, more...))
}

// logEnd logs the end of a run or stream, at a level that depends on its status. An end
// without changes is logged at debug, so a quiet poll is quiet. logEnd reports whether
// the level was above debug.
func (r *Run) logEnd(status control.Status, changed bool, message, problem string, attrs []any) bool {
	level := slog.LevelDebug
	switch {
	case status == control.Failed:
		level = slog.LevelError
	case status == control.NeedsAttention:
		level = slog.LevelWarn
	case changed || status == control.Cancelled:
		level = slog.LevelInfo
	}
	if problem != "" {
		attrs = append(attrs, "error", problem)
	}
	r.log.Log(r.ctx, level, message, attrs...)
	return level > slog.LevelDebug
}

// readsFirst reports whether the run reads a stream whose first scan was not complete
// when the run began.
func (r *Run) readsFirst() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.ContainsFunc(r.streams, func(j *job) bool { return !j.topic.Scanned })
}

var severity = map[control.Status]int{control.Succeeded: 0, control.NeedsAttention: 1, control.Failed: 2, control.Cancelled: 3}

// statusOf is the status of a run or stream that ended with an error.
func statusOf(err error, cancelled bool) control.Status {
	switch {
	case cancelled:
		return control.Cancelled
	case errors.As(err, new(attentionError)):
		return control.NeedsAttention
	}
	return control.Failed
}
