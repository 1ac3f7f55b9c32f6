package producer

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"notion-kafka/notion"
	"notion-kafka/producer/state"
)

// found is what one discovery of a source finds.
type found struct {
	databases map[string]state.Database    // everything known, by id
	retrieved []*notion.Database           // those that this run read by id, whole
	schemas   map[string]notion.DataSource // as search or a retrieval shows them, by id
	gone      []string                     // ids of databases that are gone
	problems  map[string]error             // by stream: why it cannot be read or published
	unread    []error                      // of databases that could not be read, and that the databases stream lacks
	onlyIDs   []string                     // ids of data sources of which search shows nothing else
	late      []lateDatabase               // databases that Notion did not return at once: requested again while the others are read
	pause     time.Duration                // before late databases are requested again
	waiting   map[string]bool              // streams that cannot be planned before the late databases are read
	planned   map[string]bool              // streams that are planned
	pin       []state.Entry                // the source's workspace, when it is first used
	entries   []state.Entry                // new state records of the databases
}

var errOnlyID = errors.New("Notion shows no more than its id: share it with the connection")

// discover finds the databases of a source. Search is fast but neither complete nor
// immediate (Notion: search-optimizations-and-limitations), so it only adds: a database
// that it no longer shows stays known. A database is retrieved by id when it is new,
// looks changed, or was not read for discovery_every.
func (t *Task) discover(ctx context.Context, order Order) (*found, error) {
	f := &found{
		databases: map[string]state.Database{}, schemas: map[string]notion.DataSource{}, problems: map[string]error{},
		waiting: map[string]bool{}, planned: map[string]bool{},
	}
	t.Shard.View(func(m *state.Memory) { maps.Copy(f.databases, m.Source(t.Name).Databases) })

	shown := map[string][]state.DataSource{}
	if err := t.pinAndSearch(ctx, f, shown); err != nil {
		return nil, interrupted(ctx, err)
	}
	for _, id := range t.Named {
		if _, listed := shown[id]; !listed {
			shown[id] = nil
		}
	}
	now := time.Now().UTC()
	ids := t.toRetrieve(f, shown, now, order)
	ids = slices.DeleteFunc(ids, func(id string) bool { return f.switchedOff(t.Source, id, shown[id]) })
	targets := make([]lateDatabase, len(ids))
	for i, id := range ids {
		targets[i] = lateDatabase{id, shown[id]}
	}
	if err := t.retrieve(ctx, f, targets, true); err != nil {
		return nil, err
	}
	nothing := len(f.databases) == 0 && len(f.problems) == 0 && len(shown) == 0
	if nothing {
		return nil, interrupted(ctx, t.nothingShared(ctx, f.onlyIDs))
	}
	return f, nil
}

// search notes the data sources that search shows, in shown by database.
func (t *Task) search(ctx context.Context, f *found, shown map[string][]state.DataSource) error {
	for ds, err := range t.Notion.SearchDataSources(ctx) {
		if bad, is := errors.AsType[*notion.Unreadable](err); is {
			f.unread = append(f.unread, fmt.Errorf("reading a data source that search shows: %w", bad))
			continue
		}
		if err != nil {
			return fmt.Errorf("listing what is shared with source %s: %w", t.Name, err)
		}
		switch {
		case ds.Partial:
			f.onlyIDs = append(f.onlyIDs, ds.ID)
		case ds.DatabaseID != "":
			shown[ds.DatabaseID] = append(shown[ds.DatabaseID], seen(ds))
			f.schemas[ds.ID] = ds
		}
	}
	return nil
}

// lists reports whether a known database has the data source. The database's own stream
// then reports what cannot be read of it.
func (f *found) lists(dataSource string) bool {
	for _, db := range f.databases {
		if slices.ContainsFunc(db.DataSources, func(ds state.DataSource) bool { return ds.ID == dataSource }) {
			return true
		}
	}
	return false
}

// interrupted returns the cause of ctx when it has ended: an error from Notion then means
// nothing. Otherwise it returns err.
func interrupted(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// toRetrieve lists the databases to retrieve, in a stable order. When the databases stream
// takes part, the list includes all databases owed to it whose last retrieval is not kept.
func (t *Task) toRetrieve(f *found, shown map[string][]state.DataSource, now time.Time, order Order) []string {
	again, databases := t.databasesStartAgain(), t.wantsDatabases(order)
	var ids []string
	for id, sources := range shown {
		known, ok := f.databases[id]
		if !ok || known.InTrash || !known.NotFound.IsZero() || !sameSources(known.DataSources, sources) {
			ids = append(ids, id)
		}
	}
	for id, known := range f.databases {
		publishes := (again || known.Owed && databases) && !t.isUnpublished(id)
		if publishes || order.ByHand() || now.Sub(known.Retrieved) >= t.env.DiscoveryEvery {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// keep remembers a database that was read by id. Of its data sources it remembers what
// search shows, because the next discovery compares search with it: search may lag
// behind for long.
func (f *found) keep(source string, db *notion.Database, shown []state.DataSource, now time.Time) {
	known := state.Database{Title: db.TitleText, Icon: db.Emoji(), Created: db.CreatedTime, Retrieved: now, InTrash: db.InTrash}
	for _, ds := range db.DataSources {
		remembered := seen(ds)
		f.schemas[ds.ID] = ds
		for _, s := range shown {
			if s.ID == ds.ID {
				remembered = s
			}
		}
		known.DataSources = append(known.DataSources, remembered)
	}
	f.databases[db.ID] = known
	f.retrieved = append(f.retrieved, db)
	f.entries = append(f.entries, state.Entry{Key: state.DatabaseKey(source, db.ID), Value: known})
}

// noteUnreadable notes that a database exists and could not be read. The database is owed
// to the databases stream: every run of that stream tries again, and none is green before
// it succeeds.
func (f *found) noteUnreadable(source, id string, err error) {
	known, ok := f.databases[id]
	name := id
	if ok {
		name = fmt.Sprintf("%s (%s)", id, shownTitle(known.Title))
	}
	err = fmt.Errorf("reading database %s: %w", name, err)
	f.problems[DatabaseStream(id)], f.unread = err, append(f.unread, err)
	if !ok || known.Owed {
		return
	}
	known.Owed = true
	f.databases[id] = known
	f.entries = append(f.entries, state.Entry{Key: state.DatabaseKey(source, id), Value: known})
}

// noteMissing notes that a database was not found. It stays known, and its topic stays as
// it is: one 404 is no proof. When it is not found again after discovery_every, while the
// token works, it is gone for the databases stream.
func (f *found) noteMissing(source, id string, err error, now time.Time, every time.Duration) {
	f.problems[DatabaseStream(id)] = fmt.Errorf("database %s cannot be reached any more, its topic is left as it is: %w", id, err)
	known, ok := f.databases[id]
	if !ok {
		f.problems[DatabaseStream(id)] = fmt.Errorf("database %s cannot be reached: check its id, and share it with the connection: %w", id, err)
		return
	}
	known.Retrieved, known.Owed = now, false
	switch {
	case known.NotFound.IsZero():
		known.NotFound = now
	case !known.Gone && now.Sub(known.NotFound) >= every:
		known.Gone = true
		f.gone = append(f.gone, id)
	}
	f.databases[id] = known
	f.entries = append(f.entries, state.Entry{Key: state.DatabaseKey(source, id), Value: known})
}

func seen(ds notion.DataSource) state.DataSource {
	return state.DataSource{ID: ds.ID, Name: ds.Name, LastEdited: ds.LastEditedTime}
}

// sameSources reports whether every data source that search shows is known and unchanged.
// A data source that search leaves out proves nothing.
func sameSources(known, shown []state.DataSource) bool {
	for _, ds := range shown {
		if !slices.ContainsFunc(known, func(k state.DataSource) bool {
			return k.ID == ds.ID && k.Name == ds.Name && k.LastEdited.Equal(ds.LastEdited)
		}) {
			return false
		}
	}
	return true
}
