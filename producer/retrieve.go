package producer

import (
	"context"
	"errors"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"notion-kafka/notion"
	"notion-kafka/producer/shard"
	"notion-kafka/producer/state"
)

// retrievals is how many databases are retrieved in parallel, so that a request that is
// retried for long does not delay the other databases.
const retrievals = 8

// A retrieval is what Notion answered for one database.
type retrieval struct {
	database *notion.Database
	err      error
}

// A lateDatabase is a database to retrieve, with its data sources as search shows them.
type lateDatabase struct {
	id    string
	shown []state.DataSource
}

// retrieve retrieves databases by id, in parallel, and takes the answers in the order of
// databases. With first, each database has one attempt, and one that Notion does not
// answer for is late: retrieveLate tries again while the streams of the others are read.
// A database that already failed in the run before gets that one attempt only. The error
// ends the run: ctx ended, or the token is refused.
func (t *Task) retrieve(ctx context.Context, f *found, databases []lateDatabase, first bool) error {
	answers := make([]retrieval, len(databases))
	retrieving, until := errgroup.WithContext(ctx)
	if first {
		until = notion.Once(until)
	}
	retrieving.SetLimit(retrievals)
	for i, one := range databases {
		retrieving.Go(func() error {
			if until.Err() != nil {
				return context.Cause(until)
			}
			var db *notion.Database
			err := notion.Guard(func() (err error) {
				db, err = t.Notion.Database(until, one.id)
				return err
			})
			answers[i] = retrieval{db, err}
			if errors.Is(err, notion.ErrUnauthorized) {
				return err
			}
			return nil
		})
	}
	if err := interrupted(ctx, retrieving.Wait()); err != nil { // even if databases were retrieved
		return err
	}
	now := time.Now().UTC()
	for i, one := range databases {
		failed := errors.Is(answers[i].err, notion.ErrUnavailable)
		if pause := pauseAfter(answers[i].err); failed && first && !t.failedBefore(one.id) && pause <= longestLate {
			f.late, f.pause = append(f.late, one), max(f.pause, pause)
			f.waiting[DatabaseStream(one.id)], f.waiting[DatabasesStream] = true, true
			continue
		}
		t.mu.Lock()
		t.unretrieved[one.id] = failed
		delete(t.unpublished, one.id)
		t.mu.Unlock()
		f.take(t.Name, one.id, answers[i], one.shown, now, t.env.DiscoveryEvery)
	}
	f.onlyIDs = slices.DeleteFunc(f.onlyIDs, f.lists)
	return nil
}

// retrieveLate retrieves the late databases again, after a pause. After that no stream
// waits for them any more.
func (t *Task) retrieveLate(ctx context.Context, f *found) error {
	if len(f.late) == 0 {
		return nil
	}
	t.Shard.Log.WarnContext(ctx, "Notion did not answer for some databases: they are retrieved again, and the streams of the others are read meanwhile", "source", t.Name, "databases", len(f.late), "wait", f.pause)
	if !shard.Wait(ctx, f.pause) {
		return context.Cause(ctx)
	}
	late := f.late
	f.late, f.pause = nil, 0
	clear(f.waiting)
	return t.retrieve(ctx, f, late, false)
}

// longestLate is the longest pause after which a late database is still retrieved again
// in the same run. The others are read only once meanwhile.
const longestLate = time.Minute

// pauseAfter is how long to wait before a failed request is sent again: a second, or
// longer if Notion requests it.
func pauseAfter(err error) time.Duration {
	if failure, is := errors.AsType[*notion.Error](err); is {
		return max(time.Second, failure.RetryAfter)
	}
	return time.Second
}

func (t *Task) failedBefore(id string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.unretrieved[id]
}

// take adds what Notion answered for a database to what is known.
func (f *found) take(source, id string, answer retrieval, shown []state.DataSource, now time.Time, every time.Duration) {
	switch db, err := answer.database, answer.err; {
	case errors.Is(err, notion.ErrNotFound):
		f.noteMissing(source, id, err, now, every)
	case err != nil:
		f.noteUnreadable(source, id, err)
	case db.Partial:
		f.noteUnreadable(source, id, errOnlyID)
	default:
		f.keep(source, db, shown, now)
	}
}

// switchedOff reports whether a database need not be retrieved, because neither its own
// stream nor the databases stream is selected. The title of the last retrieval decides.
// Before the first retrieval, or if search shows that names changed since, the names of
// all data sources that search shows must be switched off.
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
