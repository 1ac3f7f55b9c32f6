package producer

import (
	"context"
	"errors"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"notion-kafka/notion"
	"notion-kafka/producer/kafka"
)

// CarryOut is the story of notion-kafka. It was triggered, and the shard is
// claimed; from here every step hands its result to the next. The streams are
// followed beside each other, and what goes wrong with one costs the others
// nothing. Two things end the whole run: the list of databases could not be
// read, or the outcome of a commit is unknown, after which nothing this process
// remembers may be trusted.
//
// A panic at a stream is that stream's failure; one in what holds the run together
// leaves nothing that may be trusted either.
func (r *Run) CarryOut(tell Listener) (whole Report) {
	r.tell = tell
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
	if err := r.tell.Opened(ctx); err != nil {
		r.task.Jobs.planned()
		return r.end(err)
	}
	var cut atomic.Bool // short, by the end of ctx
	working, cancel := context.WithCancel(ctx)
	following, until := errgroup.WithContext(working)
	defer following.Wait() //nolint:errcheck // has nothing to say but after a panic
	defer cancel()
	for streams, err := range r.task.plans(until, r.order, r.Now()) {
		if err != nil {
			following.Go(func() error { return err })
			break
		}
		r.follows(streams)
		for _, j := range streams {
			following.Go(func() error {
				defer r.task.Jobs.release(j.jobKey)
				err := notion.Guard(func() error { return j.follow(until) })
				switch cause := context.Cause(until); {
				case err == nil || cause == nil:
				case !errors.Is(err, kafka.ErrUnknown):
					err = cause
					cut.Store(true)
				case errors.Is(cause, kafka.ErrUnknown) && errors.Is(err, cause):
					err = cause // of another stream, and not of what this one was at
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
	return r.end(nil)
}

// follow brings one stream's topic up to what Notion holds now. Each batch
// becomes one transaction, so that a kill at any point leaves the topic, the
// fingerprints and the position agreeing.
func (j *job) follow(ctx context.Context) error {
	if j.scan != nil {
		ctx = notion.Bulk(ctx)
	}
	if !j.knowsTopic() {
		if err := j.openTopic(ctx); err != nil {
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
		changes, err := j.bring(ctx, batch)
		if err != nil {
			return err
		}
		j.run.count(j, batch, changes)
	}
	return j.cameToSomething(ctx)
}

// bring brings the topic up to a batch. The other job of the stream waits
// meanwhile: what it compares with must not be about to change.
func (j *job) bring(ctx context.Context, b batch) ([]change, error) {
	turn := j.task.Jobs.CommitLock(j.name)
	turn <- struct{}{}
	defer func() { <-turn }()
	j.note(ctx, &b)
	return j.commit(ctx, b, j.compare(b))
}
