package producer

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"notion-kafka/producer/state"
)

// A Slip is a name in exclude_properties that excludes nothing where it should. Check,
// discover and runs use the same slips.
type Slip struct {
	Name    string
	Streams []string // streams that are configured with the name but have no such property; never empty
	// Message names the databases, and the property that may have been meant.
	Message string
	// HoldsBack says that one of the streams was never published, and will not be until
	// a person corrects the name.
	HoldsBack bool

	mistyped bool // the name is wrong; it is not one that only some databases need to have
	own      bool // the name is in the settings of one stream only
}

// slips are the names in exclude_properties that exclude nothing, of three kinds:
//   - a name in a stream's own settings that none of its properties has;
//   - a name in settings of several streams that no property of any of them has;
//   - a name that other streams' properties have, but in this stream only a property
//     with nearly that name exists, and is published.
func (env *Env) slips(f *found, selected map[string]Settings, topics map[string]state.Topic) (slips []Slip) {
	somewhere := namesThatExclude(topics)
	nowhere := map[string][]string{} // streams, by name
	for _, stream := range slices.Sorted(maps.Keys(selected)) {
		settings, excluded := selected[stream], topics[stream].Excluded
		for _, name := range f.unmatched(excluded, DatabaseOf(stream), settings.Exclude) {
			hint := env.Nearest(name, f.published(DatabaseOf(stream), excluded))
			switch {
			case slices.Contains(settings.ExcludeOwn, name):
				slips = append(slips, Slip{Name: name, Streams: []string{stream}, Message: f.slipMessage(name, hint, stream), mistyped: true, own: true})
			case !somewhere[name]:
				nowhere[name] = append(nowhere[name], stream)
			case hint != "":
				slips = append(slips, Slip{Name: name, Streams: []string{stream}, Message: f.slipMessage(name, hint, stream)})
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(nowhere)) {
		streams := nowhere[name]
		var properties []string
		for _, stream := range streams {
			properties = append(properties, f.published(DatabaseOf(stream), topics[stream].Excluded)...)
		}
		message := f.slipMessage(name, env.Nearest(name, properties), streams...)
		slips = append(slips, Slip{Name: name, Streams: streams, Message: message, mistyped: true})
	}
	for i, slip := range slips {
		slips[i].HoldsBack = slip.mistyped && slices.ContainsFunc(slip.Streams, func(stream string) bool { return !wasPublished(topics[stream]) })
	}
	return slips
}

// slipMessage is the message for a name that excludes nothing in some streams.
func (f *found) slipMessage(name, hint string, streams ...string) string {
	where := shownTitle(f.databases[DatabaseOf(streams[0])].Title)
	if where == "" {
		where = streams[0]
	}
	switch others := len(streams) - 1; others {
	case 0:
	case 1:
		where += " and one other"
	default:
		where += fmt.Sprintf(" and %d others", others)
	}
	message := fmt.Sprintf("exclude_properties: no property is named %q in %s, so nothing is excluded for it", name, where)
	if hint != "" {
		message += "; " + hint
	}
	return message
}

// namesThatExclude are the names in exclude_properties that a property of any stream
// has or had.
func namesThatExclude(topics map[string]state.Topic) map[string]bool {
	names := map[string]bool{}
	for _, topic := range topics {
		for _, pinned := range topic.Excluded {
			for name, ids := range pinned {
				names[name] = names[name] || len(ids) > 0
			}
		}
	}
	return names
}

// published are the names of a database's properties that are not excluded.
func (f *found) published(database string, excluded state.Excluded) (names []string) {
	for _, ds := range f.databases[database].DataSources {
		schema, out := f.schemas[ds.ID], excluded.IDs(ds.ID)
		for _, name := range schema.PropertyNames() {
			if !slices.ContainsFunc(schema.IDsOf(name), func(id string) bool { return slices.Contains(out, id) }) {
				names = append(names, name)
			}
		}
	}
	return names
}

// unmatched are the names that no property of a database has. It is empty until all data
// sources of the database are known.
func (f *found) unmatched(excluded state.Excluded, database string, names []string) (unmatched []string) {
	sources := f.databases[database].DataSources
	if len(sources) == 0 || slices.ContainsFunc(sources, func(ds state.DataSource) bool { return f.schemas[ds.ID].Properties == nil }) {
		return nil
	}
	for _, name := range names {
		if !slices.ContainsFunc(slices.Collect(maps.Values(excluded)), func(pinned map[string][]string) bool { return len(pinned[name]) > 0 }) {
			unmatched = append(unmatched, name)
		}
	}
	return unmatched
}

// wasPublished reports whether a stream was published to its topic before.
func wasPublished(topic state.Topic) bool { return topic.ID != "" || topic.Scanned }

// refuseMistyped refuses to publish a stream for the first time while exclude_properties
// has a mistyped name for it: the property to exclude would be published.
func (f *found) refuseMistyped(slips []Slip, topics map[string]state.Topic) {
	refused := map[string][]string{} // messages, by stream
	for _, slip := range slips {
		for _, stream := range slip.Streams {
			switch {
			case !slip.mistyped || f.problems[stream] != nil || wasPublished(topics[stream]):
			case len(f.late) > 0 && !slip.own:
				f.waiting[stream] = true // a late database may have such a property
			default:
				refused[stream] = append(refused[stream], slip.Message)
			}
		}
	}
	for stream, messages := range refused {
		if !f.waiting[stream] {
			f.problems[stream] = attention(errors.New(strings.Join(messages, "; ") +
				": nothing is published until that is corrected; write the name as Notion has it, or remove it"))
		}
	}
}

// warnOfSlips warns of names in exclude_properties that exclude nothing in the streams
// of an order. Scheduled runs warn of each slip once, and again when it comes back.
func (t *Task) warnOfSlips(ctx context.Context, order Order, slips []Slip) {
	t.mu.Lock()
	defer t.mu.Unlock()
	warned := map[string]bool{}
	for _, slip := range slips {
		concerns := len(order.Streams) == 0 || slices.ContainsFunc(slip.Streams, func(stream string) bool { return slices.Contains(order.Streams, stream) })
		warned[slip.Message] = concerns || t.warned[slip.Message]
		if concerns && (order.ByHand() || !t.warned[slip.Message]) {
			t.Shard.Log.WarnContext(ctx, slip.Message, "source", t.Name, "streams", slip.Streams)
		}
	}
	t.warned = warned
}
