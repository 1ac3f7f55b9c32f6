package producer

import (
	"context"
	"errors"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"notion-kafka/notion"
	"notion-kafka/producer/state"
)

// retrievals is how many databases are asked for beside each other: one whose
// request is retried for long holds up no other.
const retrievals = 8

// A retrieval is what Notion answered for one database.
type retrieval struct {
	database *notion.Database
	err      error
}

// retrieve asks for databases by id, beside each other, and answers in the order
// of the ids. One that failed in the run before has a single attempt: the next run
// asks again, and no stream waits for its retries. The error ends the run: ctx ended, or the token is refused.
func (s *shard) retrieve(ctx context.Context, src *Source, ids []string) ([]retrieval, error) {
	answers := make([]retrieval, len(ids))
	asking, until := errgroup.WithContext(ctx)
	asking.SetLimit(retrievals)
	for i, id := range ids {
		asking.Go(func() error {
			if until.Err() != nil {
				return context.Cause(until)
			}
			ctx := until
			if s.failedBefore(id) {
				ctx = notion.Once(ctx)
			}
			db, err := src.Notion.Database(ctx, id)
			answers[i] = retrieval{db, err}
			if errors.Is(err, notion.ErrUnauthorized) {
				return err
			}
			return nil
		})
	}
	err := asking.Wait()
	s.see(func(*state.Memory) {
		for i, id := range ids {
			s.unretrieved[id] = errors.Is(answers[i].err, notion.ErrUnavailable)
		}
	})
	return answers, interrupted(ctx, err) // a database may have come all the same
}

func (s *shard) failedBefore(id string) (failed bool) {
	s.see(func(*state.Memory) { failed = s.unretrieved[id] })
	return failed
}

// take sorts what Notion answered for a database into what is known.
func (f *found) take(source, id string, answer retrieval, shown []state.DataSource, now time.Time, every time.Duration) {
	switch db, err := answer.database, answer.err; {
	case errors.Is(err, notion.ErrNotFound):
		f.missing(source, id, err, now, every)
	case err != nil:
		f.unreadable(source, id, err)
	case db.Partial:
		f.unreadable(source, id, errOnlyID)
	default:
		f.keep(source, db, shown, now)
	}
}

// switchedOff says that a database is not to be asked for, because neither its own
// stream nor the databases stream wants it. Its title is that of
// the last retrieval. Where there was none, or search shows that names changed
// since, all data sources that search shows must have names that are switched off.
func (f *found) switchedOff(src *Source, id string, shown []state.DataSource) bool {
	if _, listed := src.Select(DatabasesStream, "", ""); listed || src.SwitchedOff == nil {
		return false // the databases stream has a record of every database
	}
	known, read := f.databases[id]
	renamed := slices.ContainsFunc(shown, func(ds state.DataSource) bool {
		return !slices.ContainsFunc(known.DataSources, func(k state.DataSource) bool { return k.ID == ds.ID && k.Name == ds.Name })
	})
	if read && !renamed {
		return src.SwitchedOff(DatabaseStream(id), id, known.Title)
	}
	return len(shown) > 0 && !slices.ContainsFunc(shown, func(ds state.DataSource) bool {
		return !src.SwitchedOff(DatabaseStream(id), id, ds.Name)
	})
}
