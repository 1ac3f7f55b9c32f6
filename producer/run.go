package producer

import (
	"context"
	"errors"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"notion-kafka/notion"
	"notion-kafka/producer/kafka"
)

// CarryOut carries out a run from discover to report. The shard is claimed before, and
// every step hands its result to the next. The streams are followed in parallel, and a
// failure in one does not affect the others. Two things end the whole run: the list of
// databases cannot be read, or the outcome of a commit is unknown. After an unknown
// outcome this process's memory may not be trusted.
//
// A panic in a stream fails that stream. After a panic anywhere else in the run the
// memory may not be trusted either.
func (r *Run) CarryOut(listener Listener) (whole Report) {
	r.listener = listener
	err := notion.Guard(func() error {
		whole = r.carryOut()
		return nil
	})
	if err != nil {
		return r.Lost(err)
	}
	return whole
}

func (r *Run) carryOut() Report {
	ctx := r.ctx
	if err := r.listener.Opened(ctx); err != nil {
		r.task.Jobs.planned()
		return r.end(err)
	}
	var cut atomic.Bool // the end of ctx cut a stream short
	working, cancel := context.WithCancel(ctx)
	following, until := errgroup.WithContext(working)
	defer following.Wait() //nolint:errcheck // waited for above, unless this function panics
	defer cancel()
	var late error // why the second part of the plan failed
	for streams, err := range r.task.plans(until, r.order, r.Now()) {
		switch {
		case err != nil && len(r.streams) > 0 && !errors.Is(err, kafka.ErrUnknown):
			late = err // the streams that were planned go on
			continue
		case err != nil:
			following.Go(func() error { return err })
			continue
		}
		r.follows(streams)
		for _, j := range streams {
			following.Go(func() error {
				defer r.task.Jobs.release(j.jobKey)
				err := notion.Guard(func() error { return j.keepOwed(until, j.follow(until)) })
				switch cause := context.Cause(until); {
				case err == nil || cause == nil:
				case !errors.Is(err, kafka.ErrUnknown):
					err = cause
					cut.Store(true)
				case errors.Is(cause, kafka.ErrUnknown) && errors.Is(err, cause):
					err = cause // without the step of this stream: the cause is in another one
				}
				r.add(j, err)
				if errors.Is(err, kafka.ErrUnknown) {
					return err
				}
				return nil
			})
		}
	}
	if err := following.Wait(); err != nil {
		return r.end(err)
	}
	if cut.Load() {
		return r.end(context.Cause(ctx))
	}
	return r.end(late)
}

// follow updates one stream's topic to what Notion holds now. Each batch becomes one
// transaction, so after a kill at any point the topic, the fingerprints and the position
// still agree.
func (j *job) follow(ctx context.Context) error {
	if j.scan != nil {
		ctx = notion.Bulk(ctx)
	}
	if !j.knowsTopic() {
		if err := j.ensureTopic(ctx); err != nil {
			return err
		}
	}
	for batch, err := range j.read(ctx) {
		if err != nil {
			return err
		}
		if err := j.complete(ctx, &batch); err != nil {
			return err
		}
		changes, err := j.publishBatch(ctx, batch)
		if err != nil {
			return err
		}
		j.run.count(j, batch, changes)
	}
	return j.rememberStart(ctx)
}

// publishBatch compares a batch and commits it. The stream's other job cannot do the
// same meanwhile: the fingerprints that a job compares with must not change before its
// commit.
func (j *job) publishBatch(ctx context.Context, b batch) ([]change, error) {
	lock := j.task.Jobs.CommitLock(j.name)
	select {
	case lock <- struct{}{}:
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	defer func() { <-lock }()
	j.addNotes(ctx, &b)
	j.openColumns()
	return j.commit(ctx, b, j.compare(b))
}
