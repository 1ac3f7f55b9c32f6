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

// retrievals is how many databases are asked for beside each other: one whose
// request is retried for long holds up no other.
const retrievals = 8

// A retrieval is what Notion answered for one database.
type retrieval struct {
	database *notion.Database
	err      error
}

// A lateDatabase is one to retrieve, with its data sources as search shows them.
type lateDatabase struct {
	id    string
	shown []state.DataSource
}

// retrieve asks for databases by id, beside each other, and sorts the answers in
// the order they are given in. At the first time each has one attempt, and those
// that do not answer are late: retrieveLate asks them again, while the streams of
// the others are read. One that failed in the run before has no more attempts than
// that one. The error ends the run: ctx ended, or the token is refused.
func (t *Task) retrieve(ctx context.Context, f *found, databases []lateDatabase, first bool) error {
	answers := make([]retrieval, len(databases))
	asking, until := errgroup.WithContext(ctx)
	if first {
		until = notion.Once(until)
	}
	asking.SetLimit(retrievals)
	for i, one := range databases {
		asking.Go(func() error {
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
	if err := interrupted(ctx, asking.Wait()); err != nil { // a database may have come all the same
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
		t.mu.Unlock()
		f.take(t.Name, one.id, answers[i], one.shown, now, t.env.DiscoveryEvery)
	}
	f.onlyIDs = slices.DeleteFunc(f.onlyIDs, f.lists)
	return nil
}

// retrieveLate asks the databases again that did not answer at once, after the
// pause that they need. No stream waits for them any more.
func (t *Task) retrieveLate(ctx context.Context, f *found) error {
	if len(f.late) == 0 {
		return nil
	}
	t.Shard.Log.WarnContext(ctx, "databases that did not answer are asked again; streams of the others are read meanwhile", "source", t.Name, "databases", len(f.late), "wait", f.pause)
	if !shard.Wait(ctx, f.pause) {
		return context.Cause(ctx)
	}
	late := f.late
	f.late, f.pause = nil, 0
	clear(f.waiting)
	return t.retrieve(ctx, f, late, false)
}

// longestLate is the longest pause that Notion may ask for before a database is
// asked again in the same run, in which the others are read once meanwhile.
const longestLate = time.Minute

// pauseAfter is how long to wait before a request is made again that failed: a
// second, or what Notion asks for.
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
