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
	wanted   demand // what the order wants of the stream
	runID    string
	started  time.Time // of the run
	kind     Kind

	topic   state.Topic // as it was when the run began
	problem error       // found before anything was read

	topicSeen bool // in this run, and the topic was as it should be

	databases []*notion.Database // of the databases stream: what was retrieved
	gone      []string           // and the ids of those that are not there any more
	advance   []state.Entry      // and what is to be remembered with them

	sources   []string            // data sources of the database, in Notion's order
	readable  []string            // those of them that can be read from a cursor
	asked     map[string][]string // by data source: the properties to ask Notion for; nil: all
	scan      *state.Scan         // of a scan: what is left of it
	begins    bool                // of a scan: nothing of it is remembered yet
	earlier   bool                // of a scan: an earlier run began it
	republish bool                // what this run scans from its beginning is published unchanged, too
	scanEnded bool                // everything is read
	refused   map[string][]error  // by data source: pages that Notion refused to complete; its cursor waits for them. "": all cursors
	onlyIDs   []string            // of the databases stream: data sources that search shows by their ids alone
	unread    []error             // pages that could not be read by id: they are tried again
	tried     map[string]bool     // pages that it refused to complete in this run

	encodeItem func(item) ([]byte, error) // nil before there is something to publish
	run        *Run
	expected   int // of a scan: pages known before
}

// ErrUnknownStream says that an order names a stream that the source does not
// offer or that is not selected.
var ErrUnknownStream = errors.New("unknown stream")

// plans decides which streams the run takes and what each reads. It yields those
// whose databases answered at once, and then, while these are followed, the others:
// no stream waits for a database that is asked again. Until it ends no other run
// of the source finds out what there is to do.
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

// plan decides about the streams that wait for nothing. Names are
// pinned here, at first sight, in a commit of their own: a topic's name must
// not depend on what happens to the first read.
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
	if last && !takesDatabases { // else they go with its records
		entries = append(entries, f.owed()...)
	}
	if err := t.rememberTopics(ctx, topics, append(entries, f.pin...)); err != nil {
		return nil, fmt.Errorf("remembering what source %s offers: %w", t.Name, err)
	}
	f.pin = nil
	if last {
		t.warnOfSlips(ctx, order, slips)
		_, told := selected[DatabasesStream]
		if !told && len(f.onlyIDs) > 0 {
			t.Shard.Log.WarnContext(ctx, tellOnlyIDs(f.onlyIDs), "source", t.Name)
		}
	}
	var streams []*job
	for _, name := range slices.SortedFunc(maps.Keys(selected), DatabasesFirst) {
		wanted := order.wants(name, selected[name], t.dueOf(name, selected[name]))
		if f.waiting[name] || f.planned[name] || !wanted.taken {
			continue
		}
		f.planned[name] = true
		j := job{task: t, name: name, problem: f.problems[name], settings: selected[name], order: order, wanted: wanted, runID: run.ID, started: run.StartedAt, topic: topics[name]}
		jobs := []*job{&j}
		switch {
		case name == DatabasesStream && !takesDatabases && j.problem == nil:
			continue
		case name == DatabasesStream:
			databases{}.plan(&j, f)
		case j.problem != nil:
			j.kind, j.title = wanted.kind(), shownTitle(f.databases[DatabaseOf(name)].Title)
		default:
			j.title = shownTitle(f.databases[DatabaseOf(name)].Title)
			jobs = j.planReads(f.databases[DatabaseOf(name)], f.schemas)
		}
		for _, one := range jobs {
			one.jobKey = jobKey{name, polling}
			if one.scan != nil {
				one.jobKey.kind = scanning
			}
			requested := one.scan == nil || wanted.all
			taken := name == DatabasesStream && takesDatabases
			if taken || t.Jobs.take(one.jobKey, requested) {
				streams = append(streams, one)
				one.starts()
			}
		}
	}
	return streams, nil
}

// selected is what the source's settings say of every stream there is. A
// database in the trash has none.
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

// rememberTopics commits what a plan found out. A scan that is under way may
// have written to its topic since the plan looked, and where is not forgotten.
func (t *Task) rememberTopics(ctx context.Context, topics map[string]state.Topic, entries []state.Entry) error {
	if !slices.ContainsFunc(entries, func(e state.Entry) bool { _, read := e.Value.(state.Database); return !read }) {
		return t.Shard.Postpone(ctx, t.Name, entries...) // no more than when databases were retrieved
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
		for i, entry := range entries { // and it may have been paused
			if pinned, is := entry.Value.(state.Source); is {
				pinned.Paused = t.Paused()
				entries[i].Value = pinned
			}
		}
		return entries
	})
}

// known says what is wrong with the streams that an order names.
func (f *found) known(wanted []string, selected map[string]Settings, source string) error {
	for _, name := range wanted {
		id := DatabaseOf(name)
		_, ok := selected[name]
		switch {
		case ok, f.waiting[name]:
		case f.databases[id].InTrash && name == DatabaseStream(id):
			return fmt.Errorf("stream %s of source %s: database %q is in Notion's trash, and its topic is left as it is: "+
				"restore the database there to have it read again", name, source, shownTitle(f.databases[id].Title))
		default:
			list := TitledStreams(slices.Collect(maps.Keys(selected)), func(database string) string { return f.databases[database].Title })
			return fmt.Errorf("%w: source %s has no selected stream %q; it has %s", ErrUnknownStream, source, name, list)
		}
	}
	return nil
}

// named are the streams of an order by their names: an order that was given before
// anything was known of the source may have the title of a database instead.
func (f *found) named(wanted []string, selected map[string]Settings) (names []string) {
	for _, name := range wanted {
		var meant []string
		for stream := range selected {
			if stream != DatabasesStream && notion.SameName(f.databases[DatabaseOf(stream)].Title, name) {
				meant = append(meant, stream)
			}
		}
		if _, ok := selected[name]; !ok && len(meant) == 1 {
			name = meant[0]
		}
		names = append(names, name)
	}
	return names
}

// pinTopics gives every selected stream its topic record: the pinned one, a
// new one at first sight, or one that starts again where the configuration
// moved the stream to another topic.
func (t *Task) pinTopics(f *found, selected map[string]Settings) (map[string]state.Topic, []state.Entry) {
	topics := map[string]state.Topic{}
	var newcomers []newcomer
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
		if _, pinned := topics[name]; !pinned && name != DatabasesStream && f.problems[name] == nil {
			newcomers = append(newcomers, newcomer{name, DatabaseOf(name), f.databases[DatabaseOf(name)], settings.Topic})
		}
	}
	names := t.pinNames(t.withinLimit(f, newcomers, topics), taken)
	names[DatabasesStream] = DatabasesStream
	var entries []state.Entry
	neighbours := sync.OnceValue(func() map[string]string { return t.taken() })
	for name, settings := range selected {
		topic, pinned := topics[name]
		if !pinned {
			topic.Name, topic.Form = names[name], "json"
		}
		if topic.Name == "" {
			continue // could not be retrieved: there is no title to name it by
		}
		before := topic
		if want := t.topicOf(settings, topic.Name); topic.Topic != want {
			moved, err := retarget(topic, want)
			if err != nil {
				f.problems[name] = err
			}
			topic = moved
			if whose, taken := neighbours()[want]; taken && err == nil {
				f.problems[name] = attention(fmt.Errorf("topic %s is that of %s: give one of the two another topic or topic_prefix", want, whose))
				topics[name] = before
				continue
			}
		}
		for _, ds := range f.databases[DatabaseOf(name)].DataSources {
			if !slices.Contains(topic.Sources, ds.ID) {
				topic.Sources = append(slices.Clone(topic.Sources), ds.ID)
			}
		}
		topic.Excluded = f.excluded(before.Excluded, DatabaseOf(name), settings.Exclude)
		if topic.Topic != before.Topic || len(topic.Sources) != len(before.Sources) || !sameExcluded(topic.Excluded, before.Excluded) {
			entries = append(entries, state.Entry{Key: state.TopicKey(t.Name, name), Value: topic})
		}
		topics[name] = topic
	}
	return topics, entries
}

// DatabasesFirst compares the names of streams: the stream of databases comes first, the
// others in the order of their names.
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
