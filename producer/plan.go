package producer

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"sync"
	"time"

	"notion-kafka/notion"
	"notion-kafka/producer/control"
	"notion-kafka/producer/kafka"
	"notion-kafka/producer/state"
)

// A job is one kind of work on one stream in one run: what to read, where to publish
// it, and how far it is. It belongs to the run.
type job struct {
	jobKey

	task     *Task
	name     string
	title    string
	settings Settings
	order    Order
	demand   demand // what the order wants of the stream
	runID    string
	started  time.Time // of the run
	kind     control.Kind

	topic   state.Topic // as it was when the run began
	problem error       // found before anything was read

	topicSeen bool // this run looked at the topic, and it was as it should be

	databases []*notion.Database // of the databases stream: what was retrieved
	gone      []string           // of the databases stream: ids of databases that are gone
	advance   []state.Entry      // of the databases stream: what to remember with them

	sources    []string            // data sources of the database, in Notion's order
	readable   []string            // those of them that can be read from a cursor
	properties map[string][]string // by data source: the properties to request from Notion; nil: all
	scan       *state.Scan         // of a scan: what remains of it
	begins     bool                // of a scan: nothing of it is remembered yet
	earlier    bool                // of a scan: an earlier run began it
	republish  bool                // data sources that this run scans from their beginning: unchanged pages are published too
	scanEnded  bool                // everything is read
	refused    map[string][]error  // by data source: pages that Notion refused to complete; its cursor does not move. "": no cursor does
	onlyIDs    []string            // of the databases stream: data sources of which search shows only the ids
	unread     []error             // pages that could not be read by id: the next run tries again
	tried      map[string]bool     // pages that Notion refused to complete in this run

	schemas    map[string]notion.DataSource // by data source, as far as this run knows them
	columns    *typedColumns                // nil unless the stream has typed columns
	encodeItem func(item) ([]byte, error)   // nil before there is something to publish
	run        *Run
	expected   int // of a scan: how many pages were known before it
}

// ErrUnknownStream says that an order names a stream that the source does not
// offer or that is not selected.
var ErrUnknownStream = errors.New("unknown stream")

// plans decides which streams the run takes and what each reads. It first yields the
// streams whose databases answered at once. While those are followed, it retrieves the
// other databases again and then yields their streams. No other run of the source plans
// before plans ends.
func (t *Task) plans(ctx context.Context, order Order, run control.Run) iter.Seq2[[]*job, error] {
	return func(yield func([]*job, error) bool) {
		defer t.Jobs.planned()
		var f *found
		err := notion.Guard(func() (err error) {
			f, err = t.discover(ctx, order)
			return err
		})
		for err == nil {
			var streams []*job
			if streams, err = t.plan(ctx, f, order, run); err != nil {
				break
			}
			if !yield(streams, nil) || len(f.waiting) == 0 {
				return
			}
			err = notion.Guard(func() error { return t.retrieveLate(ctx, f) })
		}
		yield(nil, err)
	}
}

// plan plans the streams that do not wait for a late database. It pins the names of new
// streams in a commit of their own: a topic's name must not depend on what happens to
// the first read.
func (t *Task) plan(ctx context.Context, f *found, order Order, run control.Run) ([]*job, error) {
	selected := t.selected(f)
	order.Streams = f.named(order.Streams, selected)
	if err := f.known(order.Streams, selected, t.Name); err != nil {
		return nil, err
	}
	topics, entries := t.pinTopics(f, selected)
	slips := t.env.slips(f, selected, topics)
	f.refuseMistyped(slips, topics)
	last := len(f.waiting) == 0
	takesDatabases := last && t.takesDatabases(f, selected, order)
	if last && !takesDatabases { // otherwise they are committed with the records of the databases stream
		entries = append(entries, owed(f.entries)...)
	}
	if err := t.rememberTopics(ctx, topics, append(entries, f.pin...)); err != nil {
		if takesDatabases {
			t.Jobs.release(jobKey{DatabasesStream, polling})
		}
		return nil, fmt.Errorf("remembering what source %s offers: %w", t.Name, err)
	}
	f.pin = nil
	if last {
		if err := t.nothingSelected(f, selected); err != nil { // once what was found is remembered
			return nil, err
		}
		t.warnOfSlips(ctx, order, slips)
		_, reported := selected[DatabasesStream] // its report names them
		if !reported && len(f.onlyIDs) > 0 {
			t.Shard.Log.WarnContext(ctx, OnlyIDs(f.onlyIDs), "source", t.Name)
		}
	}
	var streams []*job
	for _, name := range slices.SortedFunc(maps.Keys(selected), DatabasesFirst) {
		demand := order.wants(name, selected[name], t.dueOf(name, selected[name]))
		if f.waiting[name] || f.planned[name] || !demand.taken {
			continue
		}
		f.planned[name] = true
		j := job{task: t, name: name, problem: f.problems[name], settings: selected[name], order: order, demand: demand, runID: run.ID, started: run.StartedAt, topic: topics[name]}
		jobs := []*job{&j}
		switch {
		case name == DatabasesStream && !takesDatabases && j.problem == nil:
			continue
		case name == DatabasesStream:
			databases{}.plan(&j, f)
		case j.problem != nil:
			j.kind, j.title = demand.kind(), shownTitle(f.databases[DatabaseOf(name)].Title)
		default:
			j.title = shownTitle(f.databases[DatabaseOf(name)].Title)
			jobs = j.planReads(f.databases[DatabaseOf(name)], f.schemas)
		}
		for _, one := range jobs {
			one.jobKey = jobKey{name, polling}
			if one.scan != nil {
				one.jobKey.kind = scanning
			}
			requested := one.scan == nil || demand.all
			taken := name == DatabasesStream && takesDatabases
			if taken || t.Jobs.take(one.jobKey, requested) {
				streams = append(streams, one)
				one.noteStart()
			}
		}
	}
	return streams, nil
}

// selected are the settings of every selected stream, by name. A database in the trash
// has no stream.
func (src *Source) selected(f *found) map[string]Settings {
	out := map[string]Settings{}
	if settings, ok := src.Select(DatabasesStream, "", ""); ok {
		out[DatabasesStream] = settings
	}
	ids := slices.Collect(maps.Keys(f.databases))
	for name := range f.problems {
		if _, ok := f.databases[DatabaseOf(name)]; !ok && name != DatabasesStream {
			ids = append(ids, DatabaseOf(name))
		}
	}
	for _, id := range ids {
		name, db := DatabaseStream(id), f.databases[id]
		if settings, ok := src.Select(name, id, db.Title); ok && !db.InTrash {
			out[name] = settings
		}
	}
	return out
}

// rememberTopics commits what a plan found out. A scan that is under way may have
// written to its topic since the plan looked, so the offsets of its records are kept.
func (t *Task) rememberTopics(ctx context.Context, topics map[string]state.Topic, entries []state.Entry) error {
	if !slices.ContainsFunc(entries, func(e state.Entry) bool { _, read := e.Value.(state.Database); return !read }) {
		return t.Shard.Postpone(ctx, t.Name, entries...) // only retrieval times changed, which need no commit of their own
	}
	return t.Shard.Commit(ctx, nil, func([]kafka.Position) []state.Entry {
		t.Shard.View(func(m *state.Memory) {
			for name, topic := range topics {
				at := slices.IndexFunc(entries, func(e state.Entry) bool { return e.Key == state.TopicKey(t.Name, name) })
				now := m.Source(t.Name).Stream(name).Topic
				if at < 0 || now == nil || now.Topic != topic.Topic {
					continue
				}
				current := *now
				current.Sources, current.Excluded = topic.Sources, topic.Excluded
				entries[at].Value = current
			}
		})
		for i, entry := range entries { // the source may have been paused since
			if pinned, is := entry.Value.(state.Source); is {
				pinned.Paused = t.Paused()
				entries[i].Value = pinned
			}
		}
		return entries
	})
}

// known returns an error for the first stream of an order that the source cannot read.
func (f *found) known(names []string, selected map[string]Settings, source string) error {
	for _, name := range names {
		id := DatabaseOf(name)
		_, ok := selected[name]
		switch {
		case ok, f.waiting[name], len(f.waiting) > 0: // it may be the title of a late database
		case f.databases[id].InTrash && name == DatabaseStream(id):
			return fmt.Errorf("stream %s of source %s: database %q is in Notion's trash, and its topic stays as it is: "+
				"to have the database read again, restore it in Notion", name, source, shownTitle(f.databases[id].Title))
		default:
			list := TitledStreams(slices.Collect(maps.Keys(selected)), func(database string) string { return f.databases[database].Title })
			return fmt.Errorf("%w: source %s has no selected stream %q; it has %s", ErrUnknownStream, source, name, list)
		}
	}
	return nil
}

// named replaces titles of databases by the names of their streams: an order that was
// given before anything was known of the source may have titles.
func (f *found) named(namesOrTitles []string, selected map[string]Settings) (names []string) {
	titleOf := func(stream string) string { return f.databases[DatabaseOf(stream)].Title }
	streams := slices.DeleteFunc(slices.Collect(maps.Keys(selected)), func(stream string) bool { return stream == DatabasesStream })
	for _, name := range namesOrTitles {
		titled := notion.ByTitle(name, streams, titleOf)
		if _, ok := selected[name]; !ok && len(titled) == 1 {
			// A database that is still to come may have the very title.
			surely := len(f.waiting) == 0 && name != DatabasesStream
			if surely || notion.SameName(titleOf(titled[0]), name) {
				name = titled[0]
			}
		}
		names = append(names, name)
	}
	return names
}

// pinTopics gives every selected stream its topic record: the pinned one, a new one at
// first sight, or one that starts over if the configuration moved the stream to another
// topic.
func (t *Task) pinTopics(f *found, selected map[string]Settings) (map[string]state.Topic, []state.Entry) {
	topics := map[string]state.Topic{}
	var nameless []unnamed
	taken := append([]string{t.TopicPrefix + DatabasesStream}, t.env.Reserved...)
	t.Shard.View(func(m *state.Memory) {
		memory := m.Source(t.Name)
		for _, name := range memory.Streams() {
			if topic := memory.Stream(name).Topic; topic != nil {
				topics[name] = *topic
				taken = append(taken, topic.Topic, t.TopicPrefix+topic.Name)
			}
		}
	})
	for name, settings := range selected {
		if settings.Topic != "" { // a pinned stream may be moved to it only now
			taken = append(taken, settings.Topic)
		}
		if _, pinned := topics[name]; !pinned && name != DatabasesStream && f.problems[name] == nil {
			nameless = append(nameless, unnamed{name, DatabaseOf(name), f.databases[DatabaseOf(name)], settings.Topic})
		}
	}
	names := t.pinNames(t.withinLimit(f, nameless, topics), taken)
	names[DatabasesStream] = DatabasesStream
	var entries []state.Entry
	takenTopics := sync.OnceValue(func() map[string]string { return t.taken() })
	for name, settings := range selected {
		topic, pinned := topics[name]
		if !pinned {
			topic.Name = names[name]
		}
		if topic.Name == "" {
			continue // the database could not be retrieved, so no title is known to name the topic by
		}
		before := topic
		if want := t.topicOf(settings, topic.Name); topic.Topic != want {
			moved, err := retarget(topic, want)
			if err != nil {
				f.problems[name] = err
			}
			topic = moved
			if owner, taken := takenTopics()[want]; taken && err == nil {
				f.problems[name] = attention(fmt.Errorf("topic %s belongs to %s: give one of the two another topic or topic_prefix", want, owner))
				topics[name] = before
				continue
			}
		}
		if err := settings.pinForm(&topic, before, name); err != nil {
			f.problems[name] = err
		}
		for _, ds := range f.databases[DatabaseOf(name)].DataSources {
			if !slices.Contains(topic.Sources, ds.ID) {
				topic.Sources = append(slices.Clone(topic.Sources), ds.ID)
			}
		}
		topic.Excluded = f.excluded(before.Excluded, DatabaseOf(name), settings.Exclude)
		if topic.Topic != before.Topic || topic.Form != before.Form || len(topic.Sources) != len(before.Sources) || !sameExcluded(topic.Excluded, before.Excluded) {
			entries = append(entries, state.Entry{Key: state.TopicKey(t.Name, name), Value: topic})
		}
		topics[name] = topic
	}
	return topics, entries
}

// DatabasesFirst compares names of streams: the stream of databases first, the others
// in alphabetical order.
func DatabasesFirst(a, b string) int {
	switch {
	case a == b:
		return 0
	case a == DatabasesStream:
		return -1
	case b == DatabasesStream:
		return 1
	case a < b:
		return -1
	}
	return 1
}
