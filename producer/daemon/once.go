package daemon

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"notion-kafka/producer"
	"notion-kafka/producer/kafka"
	"notion-kafka/producer/shard"
)

// assignmentTimeout bounds how long [Daemon.Once] waits for the group to give
// it the shards: a member that died without leaving is noticed within the
// session timeout.
const assignmentTimeout = kafka.SessionTimeout + 50*time.Second

// onceClaims is how often Once claims a shard before it gives up on it.
const onceClaims = 3

// Once runs every source one time and returns their reports, in the order of the
// sources. Shards run beside each other. Like [Daemon.Run] it joins the group, so it
// first waits up to patience for other members to leave, and then refuses.
func (d *Daemon) Once(ctx context.Context, order producer.Order, patience time.Duration) ([]producer.Report, error) {
	d.ownGrants()
	if err := d.Prepare(ctx); err != nil {
		return nil, err
	}
	if err := d.alone(ctx, patience); err != nil {
		return nil, err
	}
	ctx, finish := context.WithCancelCause(ctx)
	defer finish(nil)
	results := d.collect(finish)
	results.idle = time.AfterFunc(assignmentTimeout, func() {
		finish(fmt.Errorf("group %s gave no shard to work on within %v: is another member joining and leaving?", d.opts.Group, assignmentTimeout))
	})
	defer results.idle.Stop()
	err := d.takePart(ctx, func(ctx context.Context, partition int32) { d.runOnce(ctx, partition, order, results) })
	if err != nil {
		return nil, err
	}
	reports := results.inOrder(d.opts.Sources)
	if cause := context.Cause(ctx); !errors.Is(cause, errAllDone) {
		return reports, cause
	}
	return reports, nil
}

// A runningOnce is the work of [Daemon.Once] on one shard: each source runs one time. A
// lost shard is claimed again, and its sources without a report run again; what was
// published stays published.
type runningOnce struct {
	d         *Daemon
	partition int32
	order     producer.Order
	results   *results
	claims    int // so far, this one included
}

// runOnce runs each source of a shard one time.
func (d *Daemon) runOnce(ctx context.Context, partition int32, order producer.Order, results *results) {
	if len(d.sourcesOf(partition)) == 0 {
		return
	}
	results.begin()
	defer results.pause()
	d.own(ctx, partition, &runningOnce{d: d, partition: partition, order: order, results: results})
}

func (w *runningOnce) await(ctx context.Context) bool {
	w.claims++
	return ctx.Err() == nil
}

func (w *runningOnce) do(ctx context.Context, s *shard.Shard) error {
	caughtUp := make(chan struct{})
	if w.d.readControl(ctx) {
		close(caughtUp)
	}
	for _, src := range w.d.sourcesOf(s.Partition) {
		if w.results.has(src.Name) {
			continue
		}
		order := w.order
		order.Continues = w.d.interruptedRuns(src.Name)
		report := newRunner(w.d, s, src, newSourceMemory(), caughtUp, true).run(ctx, order)
		if err := report.Err(); errors.Is(err, kafka.ErrUnknown) && w.claims < onceClaims {
			return err
		}
		if report.Err() != nil && errors.Is(context.Cause(ctx), errRevoked) {
			return nil // the source runs again where the group gives the shard next
		}
		w.d.opts.Report(report)
		w.results.add(report)
	}
	return nil
}

func (w *runningOnce) again(_ context.Context, after loss) bool {
	if w.claims == onceClaims || !after.mayClaim || !errors.Is(after.err, kafka.ErrUnknown) {
		w.results.fail(fmt.Errorf("shard %d: %w", w.partition, after.err))
		return false
	}
	w.d.opts.Logger.Warn("claiming the shard again", "shard", w.partition, "error", after.err)
	return true
}

// alone waits until the group has no living member. After patience it is an error that
// names the members.
func (d *Daemon) alone(ctx context.Context, patience time.Duration) error {
	deadline := time.Now().Add(patience)
	for said := false; ; said = true {
		members, err := d.opts.Cluster.Members(ctx, d.opts.Group)
		if err != nil {
			return err
		}
		if len(members) == 0 {
			return nil
		}
		var names []string
		for _, m := range members {
			names = append(names, m.Instance+" at "+m.Host)
		}
		slices.Sort(names)
		who := strings.Join(names, ", ")
		if time.Now().After(deadline) {
			return fmt.Errorf("group %s has living members (%s), and its sources are theirs: stop them first", d.opts.Group, who)
		}
		if !said {
			d.opts.Logger.Info("waiting for the other members of the group to leave", "group", d.opts.Group, "members", who, "at_most", patience)
		}
		if !shard.Wait(ctx, 500*time.Millisecond) {
			return context.Cause(ctx)
		}
	}
}

var errAllDone = errors.New("every source has run")

// results gathers the reports of all shards and ends the membership with the last one.
type results struct {
	mu      sync.Mutex
	reports map[string]producer.Report
	want    int
	working int         // shards that are worked on
	idle    *time.Timer // ends a membership in which no shard is worked on
	finish  context.CancelCauseFunc
}

func (d *Daemon) collect(finish context.CancelCauseFunc) *results {
	return &results{reports: map[string]producer.Report{}, want: len(d.opts.Sources), finish: finish}
}

func (r *results) add(report producer.Report) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.reports[report.Source] = report
	if len(r.reports) == r.want {
		r.finish(errAllDone)
	}
}

func (r *results) fail(err error) { r.finish(err) }

func (r *results) has(source string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	_, ok := r.reports[source]
	return ok
}

// begin notes that a shard is worked on. pause notes that it is no longer: it is done,
// or the group has revoked it and will assign it again.
func (r *results) begin() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.working++
	r.idle.Stop()
}

func (r *results) pause() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.working--; r.working == 0 {
		r.idle.Reset(assignmentTimeout)
	}
}

func (r *results) inOrder(sources []*producer.Source) []producer.Report {
	r.mu.Lock()
	defer r.mu.Unlock()
	var out []producer.Report
	for _, src := range sources {
		if report, ok := r.reports[src.Name]; ok {
			out = append(out, report)
		}
	}
	return out
}
