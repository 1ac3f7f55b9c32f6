package daemon

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"notion-kafka/producer"
	"notion-kafka/producer/kafka"
	"notion-kafka/producer/shard"
)

// A shardWork is what a shard is claimed for: to serve its sources, or to run them once.
type shardWork interface {
	// await returns true once there is a reason to claim the shard, and false where there
	// will be none.
	await(ctx context.Context) bool
	// do works on the claimed shard. Its error is why the shard is lost.
	do(ctx context.Context, s *shard.Shard) error
	// again decides whether to claim the shard again, and waits before that where it has to.
	again(ctx context.Context, after loss) bool
}

// A loss is why a shard is not ours, or not any more.
type loss struct {
	err      error
	claimed  bool // the shard was lost; otherwise it could not be claimed
	mayClaim bool // Kafka did not fence us, or we may claim the shard again all the same
}

// own claims a shard and has its work done. When the outcome of a transaction is unknown
// it drops the memory, claims again, and goes on from what the state topic says.
func (d *Daemon) own(ctx context.Context, partition int32, work shardWork) {
	for work.await(ctx) {
		nonce := producer.NewID(time.Now())
		s, err := d.shards().Claim(ctx, partition, nonce)
		claimed := err == nil
		if claimed {
			d.holds(partition, s)
			err = work.do(ctx, s)
			d.holds(partition, nil)
			s.Close()
		}
		fenced := errors.Is(err, kafka.ErrFenced)
		if err == nil || ctx.Err() != nil && !fenced {
			return
		}
		if claimed || fenced {
			d.opts.Logger.Warn("shard lost", "shard", partition, "error", err)
		}
		mayClaim := !fenced || d.mayClaimAgain(ctx, partition, nonce)
		if ctx.Err() != nil || !work.again(ctx, loss{err, claimed, mayClaim}) {
			return
		}
	}
}

// retryClaim is the shortest wait before a shard is claimed again.
const retryClaim = time.Second

// retryLostState is the wait before a state topic that has lost data is looked at
// again: a person may have restored it.
const retryLostState = time.Minute

// A serving is the work of a daemon: the sources of a shard run on their triggers, for as
// long as the group gives it the shard.
type serving struct {
	d         *Daemon
	partition int32
	log       *slog.Logger
	claiming  stall
	losing    losses
}

func (d *Daemon) serving(partition int32) *serving {
	return &serving{d: d, partition: partition, log: d.opts.Logger.With("shard", partition)}
}

func (w *serving) await(ctx context.Context) bool { return w.d.awaitBusiness(ctx, w.partition) }

func (w *serving) do(ctx context.Context, s *shard.Shard) error {
	w.claiming.Over()
	w.d.setStalled(w.partition, "")
	caughtUp, end := w.d.readUp(ctx)
	defer end()
	w.log.Info("serving a shard", "sources", len(w.d.runnable(w.partition)))
	since := time.Now()
	err := w.d.serve(ctx, s, caughtUp)
	w.losing.after(time.Since(since))
	return err
}

func (w *serving) again(ctx context.Context, after loss) bool {
	blocked, isBlocked := errors.AsType[*shard.BlockedError](after.err)
	switch {
	case !after.mayClaim:
		return false
	case errors.Is(after.err, kafka.ErrFenced):
	case after.claimed:
		shard.Wait(ctx, w.losing.rest())
	case isBlocked:
		w.d.cannotClaim(w.log, w.partition, &w.claiming, after.err)
		w.d.awaitWritten(ctx, w.partition, blocked.Claimed)
	default:
		shard.Wait(ctx, w.d.cannotClaim(w.log, w.partition, &w.claiming, after.err))
	}
	return true
}
