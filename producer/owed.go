package producer

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"notion-kafka/notion"
	"notion-kafka/producer/kafka"
	"notion-kafka/producer/state"
)

// What discovery finds of the databases is remembered in the commit of their records in the
// databases stream. If that commit does not come, the databases are remembered all the
// same, as owed to that stream. The process keeps what it retrieved of them, so that the
// next run can publish it: Notion is not asked again and again while the topic takes no
// records.

// owed are the state records of databases whose last retrieval is not in the databases
// stream.
func owed(entries []state.Entry) (out []state.Entry) {
	for _, e := range entries {
		if db, ok := e.Value.(state.Database); ok {
			db.Owed, db.Gone = true, false
			e.Value = db
		}
		out = append(out, e)
	}
	return out
}

// keepOwed remembers what discovery found, if the databases stream failed before it was
// committed. It leaves out databases that a later run has retrieved since. It returns the
// error of the stream.
func (j *job) keepOwed(ctx context.Context, failed error) error {
	if failed == nil || errors.Is(failed, kafka.ErrUnknown) || len(j.advance) == 0 {
		return failed
	}
	retrieved, later := map[string]time.Time{}, map[string]bool{} // by key
	for _, e := range j.advance {
		if db, is := e.Value.(state.Database); is {
			retrieved[e.Key] = db.Retrieved
		}
	}
	key := func(id string) string { return state.DatabaseKey(j.task.Name, id) }
	j.task.Shard.View(func(m *state.Memory) {
		for id, known := range m.Source(j.task.Name).Databases {
			later[key(id)] = known.Retrieved.After(retrieved[key(id)])
		}
	})
	entries := slices.DeleteFunc(owed(j.advance), func(e state.Entry) bool { return later[e.Key] })
	j.task.keepUnpublished(slices.DeleteFunc(slices.Clone(j.databases), func(db *notion.Database) bool { return later[key(db.ID)] }))
	return errors.Join(failed, j.task.Shard.Postpone(ctx, j.task.Name, entries...))
}

// keepUnpublished keeps databases that were retrieved and are not in the databases stream.
func (t *Task) keepUnpublished(databases []*notion.Database) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, db := range databases {
		t.unpublished[db.ID] = db
	}
}

// isUnpublished reports that the last retrieval of a database is kept for the databases
// stream.
func (t *Task) isUnpublished(id string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.unpublished[id] != nil
}

// addUnpublished adds to a job of the databases stream what was retrieved before and could
// not be published then. A retrieval replaces what was kept of its database, so the job has
// no database twice.
func (j *job) addUnpublished(f *found) {
	j.task.mu.Lock()
	unpublished := maps.Clone(j.task.unpublished)
	j.task.mu.Unlock()
	j.databases, j.advance = slices.Clip(j.databases), slices.Clip(j.advance)
	for _, id := range slices.Sorted(maps.Keys(unpublished)) {
		if known, is := f.databases[id]; is {
			known.Owed = false
			j.databases = append(j.databases, unpublished[id])
			j.advance = append(j.advance, state.Entry{Key: state.DatabaseKey(j.task.Name, id), Value: known})
		}
	}
}

// hasPublished forgets what was kept of the databases that a job has published.
func (j *job) hasPublished() {
	j.task.mu.Lock()
	defer j.task.mu.Unlock()
	for _, db := range j.databases {
		if j.task.unpublished[db.ID] == db {
			delete(j.task.unpublished, db.ID)
		}
	}
	j.databases, j.advance = nil, nil
}
