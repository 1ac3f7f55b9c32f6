package producer

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"notion-kafka/producer/kafka"
	"notion-kafka/producer/state"
)

// Options are everything a [Daemon] works with.
type Options struct {
	Cluster        *kafka.Cluster
	Group          string          // instances of one group share the sources
	Instance       string          // this instance's name in the group and in owner records
	StateTopic     kafka.TopicSpec // its Partitions are the shards
	ControlTopic   kafka.TopicSpec
	DataTopic      kafka.TopicSpec // what a stream's topic is made like; Name is set for each
	Sources        []*Source
	Schemas        Schemas
	Embedded       bool          // the broker is the embedded one, which may cut a commit in two when it is killed
	DiscoveryEvery time.Duration // how often known databases are retrieved again
	Logger         *slog.Logger
	Report         func(Report) // told of every finished run; may be nil
}

// A Daemon is one instance: a member of the group that runs the sources of the
// shards it is given.
type Daemon struct {
	opts  Options
	form  form
	pulse *pulse
}

// New makes a daemon. Nothing is started or asked yet.
func New(opts Options) *Daemon {
	if opts.Report == nil {
		opts.Report = func(Report) {}
	}
	return &Daemon{opts: opts, form: currentForm, pulse: newPulse()}
}

// Run works until ctx ends: it joins the group and serves the sources of every
// shard it is given, each on its trigger. Ending ctx lets an open transaction
// finish; nothing is lost.
//
// While no broker answers it waits and says so; a state topic that it must not
// work with is an error.
func (d *Daemon) Run(ctx context.Context) error {
	if ready, err := d.awaitKafka(ctx); !ready {
		return err
	}
	var names []string
	for _, src := range d.opts.Sources {
		names = append(names, src.Name)
	}
	d.opts.Logger.Info("joining the group", "group", d.opts.Group, "instance", d.opts.Instance, "sources", strings.Join(names, ","))
	err := d.takePart(ctx, func(ctx context.Context, partition int32) {
		d.own(ctx, partition, d.serve)
	})
	d.opts.Logger.Info("stopped")
	return err
}

// awaitKafka answers true once Kafka is prepared for us; false when ctx ends
// first, and with an error where waiting would not help.
func (d *Daemon) awaitKafka(ctx context.Context) (ready bool, err error) {
	for ctx.Err() == nil {
		err := d.opts.Cluster.Ping(ctx)
		if err == nil {
			if err = d.Prepare(ctx); err == nil {
				return true, nil
			}
			if ctx.Err() == nil && !kafka.Transient(err) {
				return false, err
			}
		}
		if ctx.Err() == nil {
			d.opts.Logger.Warn("waiting for Kafka", "error", err)
			wait(ctx, retryKafka)
		}
	}
	return false, nil
}

// retryKafka is how long to wait before a broker that did not answer is asked
// again.
const retryKafka = 5 * time.Second

// takePart joins the group and has work done for every shard that is assigned
// and holds a source, in a goroutine each, until it is revoked or ctx ends.
func (d *Daemon) takePart(ctx context.Context, work func(ctx context.Context, partition int32)) error {
	var (
		workers sync.WaitGroup
		stops   = map[int32]func(){} // by shard; only the group's callbacks touch it
	)
	return d.opts.Cluster.Join(ctx, d.opts.Group, d.opts.Instance, kafka.Membership{
		Assigned: func(shards []int32) {
			for _, partition := range shards {
				if len(d.sourcesOf(partition)) == 0 {
					continue
				}
				ctx, cancel := context.WithCancelCause(ctx)
				done := make(chan struct{})
				stops[partition] = func() { cancel(errRevoked); <-done }
				workers.Go(func() {
					defer close(done)
					defer cancel(nil)
					work(ctx, partition)
				})
			}
		},
		Revoked: func(shards []int32) {
			for _, partition := range shards {
				if stop, ok := stops[partition]; ok {
					stop()
					delete(stops, partition)
				}
			}
		},
		Ended:     workers.Wait,
		Heartbeat: d.pulse.beat,
		Failed: func(err error) {
			d.opts.Logger.Warn("joining the group failed, trying again", "group", d.opts.Group, "error", err)
		},
	})
}

var errRevoked = errors.New("the group took the shard back")

// retryClaim is how long to wait before a shard is claimed again.
const retryClaim = time.Second

// own claims a shard and has its sources served. When an outcome is unknown it
// drops all it remembers and starts over from what the state topic says.
func (d *Daemon) own(ctx context.Context, partition int32, serve func(context.Context, *shard) error) {
	log := d.opts.Logger.With("shard", partition)
	for ctx.Err() == nil {
		nonce := newID(time.Now())
		s, err := d.claim(ctx, partition, nonce)
		if err == nil {
			log.Info("serving a shard", "sources", len(d.sourcesOf(partition)))
			err = serve(ctx, s)
			s.close()
		}
		if err == nil || ctx.Err() != nil && !errors.Is(err, kafka.ErrFenced) {
			return
		}
		log.Warn("shard lost", "error", err)
		if errors.Is(err, kafka.ErrFenced) {
			if !d.mayClaimAgain(ctx, partition, nonce) {
				return
			}
			continue
		}
		wait(ctx, retryClaim)
	}
}

// serve runs the sources of a shard on their triggers. It returns when ctx
// ends, or with the error that cost us the shard.
func (d *Daemon) serve(ctx context.Context, s *shard) error {
	sources, ctx := errgroup.WithContext(ctx)
	for _, src := range d.sourcesOf(s.partition) {
		sources.Go(func() error { return d.serveSource(ctx, s, src) })
	}
	return sources.Wait()
}

// serveSource waits for a source's triggers and runs it, over and over. A run or
// sweep that was missed while nobody was there starts at once. Runs may go on
// beside each other: each takes what is free, so that a poll does not wait for
// the first read of a large database.
func (d *Daemon) serveSource(ctx context.Context, s *shard, src *Source) error {
	runs, ctx := errgroup.WithContext(ctx)
	startup := true
	for ctx.Err() == nil {
		due, order, ok := s.next(src)
		if !ok {
			break
		}
		if until := time.Until(due); until > 0 {
			startup = false
			wait(ctx, min(until, lookAtClock))
			continue
		}
		if startup {
			order.Trigger = "startup"
		}
		startup = false
		switch s.enter(src, order) {
		case planning:
			wait(ctx, retryPlan)
			continue
		case admitted:
			runs.Go(func() error { return d.runAndReport(ctx, s, src, order) })
		}
		s.wake(src, order)
	}
	return runs.Wait()
}

// retryPlan is how long to wait while another run finds out what there is to do.
const retryPlan = time.Second

// lookAtClock is how long to wait at most before the clock is looked at again: it
// may be set, or the machine sleep, while a timer counts what it counts.
const lookAtClock = time.Minute

// runAndReport runs a source, and after that the streams that became due again
// while they were read.
func (d *Daemon) runAndReport(ctx context.Context, s *shard, src *Source, order Order) error {
	for ctx.Err() == nil {
		report := s.run(ctx, src, order)
		d.opts.Report(report)
		if err := report.Err(); errors.Is(err, kafka.ErrUnknown) {
			return err
		}
		missed := s.missed(src)
		if len(missed) == 0 || s.enter(src, Order{}) != admitted {
			break
		}
		s.comesFor(src, missed)
		order = Order{Trigger: "schedule", Streams: missed}
	}
	return nil
}

func (d *Daemon) sourcesOf(partition int32) []*Source {
	return slices.DeleteFunc(slices.Clone(d.opts.Sources), func(src *Source) bool {
		return state.ShardOf(src.Name, d.opts.StateTopic.Partitions) != partition
	})
}

// wait answers true after d, or false as soon as ctx ends.
func wait(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
