package producer

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"notion-kafka/notion"
	"notion-kafka/producer/control"
	"notion-kafka/producer/kafka"
)

// An Order is what a run was asked to do.
type Order struct {
	ID        string          `json:"id,omitzero"`    // of the run; "" has one made
	Asked     time.Time       `json:"asked,omitzero"` // of a run by hand: when
	Again     bool            `json:"again,omitzero"` // of a run by hand: its owner may have heard of it before
	Continues []string        `json:"-"`              // ids of runs that somebody else began and this one ends
	Trigger   control.Trigger `json:"trigger"`
	Streams   []string        `json:"streams,omitempty"`  // empty: every selected stream
	Full      bool            `json:"full,omitzero"`      // a scan instead of the incremental reads
	Republish bool            `json:"republish,omitzero"` // with Full: unchanged pages too
	Sweeps    bool            `json:"sweeps,omitzero"`    // nothing but the sweeps that are due
	Confirm   bool            `json:"confirm,omitzero"`   // nothing but to look again at what is held, and delete it
}

// onlySweeps says that nothing is to be read from a cursor.
func (o Order) onlySweeps() bool { return o.Sweeps || o.Confirm }

// run is the story of notion-kafka. It was triggered, and the shard is
// claimed; from here every step hands its result to the next. The streams are
// followed beside each other, and what goes wrong with one costs the others
// nothing. Two things end the whole run: the list of databases could not be
// read, or the outcome of a commit is unknown, after which nothing this process
// remembers may be trusted.
//
// A panic at a stream is that stream's failure; one in what holds the run together
// leaves nothing that may be trusted either.
func (s *shard) run(ctx context.Context, src *Source, order Order) (whole Report) {
	report, ctx := s.begin(ctx, src, order)
	err := notion.Guard(func() error {
		whole = s.carryThrough(ctx, src, order, report)
		return nil
	})
	if err != nil {
		return report.lost(err)
	}
	return whole
}

func (s *shard) carryThrough(ctx context.Context, src *Source, order Order, report *reporter) Report {
	if err := report.open(ctx); err != nil {
		s.planned(src)
		return report.end(err)
	}
	var cut atomic.Bool // short, by the end of ctx
	working, cancel := context.WithCancel(ctx)
	following, until := errgroup.WithContext(working)
	defer following.Wait() //nolint:errcheck // has nothing to say but after a panic
	defer cancel()
	for streams, err := range s.plans(until, src, order, report.now()) {
		if err != nil {
			following.Go(func() error { return err })
			break
		}
		report.follows(streams)
		for _, st := range streams {
			following.Go(func() error {
				defer s.release(src, st.job)
				err := notion.Guard(func() error { return s.follow(until, st) })
				switch cause := context.Cause(until); {
				case err == nil || cause == nil:
				case !errors.Is(err, kafka.ErrUnknown):
					err = cause
					cut.Store(true)
				case errors.Is(cause, kafka.ErrUnknown) && errors.Is(err, cause):
					err = cause // of another stream, and not of what this one was at
				}
				report.add(st, err)
				if errors.Is(err, kafka.ErrUnknown) {
					return err
				}
				return nil
			})
		}
	}
	if err := following.Wait(); err != nil {
		return report.end(err)
	}
	if cut.Load() {
		return report.end(context.Cause(ctx))
	}
	return report.end(nil)
}

// follow brings one stream's topic up to what Notion holds now. Each batch
// becomes one transaction, so that a kill at any point leaves the topic, the
// fingerprints and the position agreeing.
func (s *shard) follow(ctx context.Context, st *stream) error {
	if st.scan != nil {
		ctx = notion.Bulk(ctx)
	}
	if !s.knowsTopic(st) {
		if err := s.openTopic(ctx, st); err != nil {
			return err
		}
	}
	for batch, err := range s.read(ctx, st) {
		if err != nil {
			return err
		}
		if err := s.complete(ctx, st, &batch); err != nil {
			return err
		}
		changes, err := s.bring(ctx, st, batch)
		if err != nil {
			return err
		}
		st.report.count(st, batch, changes)
	}
	return s.cameToSomething(ctx, st)
}

// bring brings the topic up to a batch. The other job of the stream waits
// meanwhile: what it compares with must not be about to change.
func (s *shard) bring(ctx context.Context, st *stream, b batch) ([]change, error) {
	turn := s.turnOf(st.src, st.name)
	turn <- struct{}{}
	defer func() { <-turn }()
	s.note(ctx, st, &b)
	return s.commit(ctx, st, b, s.compare(st, b))
}
