package producer

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"notion-kafka/notion"
	"notion-kafka/producer/control"
	"notion-kafka/producer/state"
)

// excluded are the properties of a database that exclude_properties names: those
// that it named before, and those that it names now. A name that is given to
// another property means both, and one that is taken out of the configuration
// means nothing any more.
func (f *found) excluded(before state.Excluded, database string, names []string) state.Excluded {
	after := state.Excluded{}
	pin := func(dataSource, name string, ids []string) {
		for _, id := range ids {
			if after[dataSource] == nil {
				after[dataSource] = map[string][]string{}
			}
			if pinned := after[dataSource][name]; !slices.Contains(pinned, id) {
				after[dataSource][name] = append(slices.Clip(pinned), id)
			}
		}
	}
	for dataSource, pinned := range before {
		for written, ids := range pinned {
			for _, name := range names {
				if notion.SameName(written, name) {
					pin(dataSource, name, ids)
				}
			}
		}
	}
	for _, ds := range f.databases[database].DataSources {
		schema := f.schemas[ds.ID]
		for _, name := range names {
			pin(ds.ID, name, schema.IDsOf(name))
		}
	}
	return after
}

func sameExcluded(a, b state.Excluded) bool {
	return maps.EqualFunc(a, b, func(a, b map[string][]string) bool { return maps.EqualFunc(a, b, slices.Equal[[]string]) })
}

// exclude leaves out of a page what exclude_properties names. Of a page that is
// in no data source of the stream it is what is excluded of any of them.
func (st *stream) exclude(r row) {
	page, dataSource := r.page, r.listedIn()
	ids := st.topic.Excluded.IDs(dataSource)
	if !slices.Contains(st.sources, dataSource) {
		for dataSource := range st.topic.Excluded {
			ids = append(ids, st.topic.Excluded.IDs(dataSource)...)
		}
	}
	page.Without(st.settings.Exclude, ids...)
}

// refuseMistyped keeps streams that were never published from being so while
// exclude_properties names what none of their properties is called: what it was to
// keep back would be published. A name that is meant for several databases must be
// that of a property in one of them.
func (f *found) refuseMistyped(selected map[string]Settings, topics map[string]state.Topic) {
	somewhere := map[string]bool{}
	for _, topic := range topics {
		for _, pinned := range topic.Excluded {
			for name, ids := range pinned {
				somewhere[name] = somewhere[name] || len(ids) > 0
			}
		}
	}
	for stream, settings := range selected {
		topic := topics[stream]
		if stream == DatabasesStream || f.problems[stream] != nil || topic.ID != "" || topic.Scanned {
			continue
		}
		unmatched := slices.DeleteFunc(f.unmatched(topic.Excluded, databaseOf(stream), settings.Exclude), func(name string) bool {
			return !settings.ExcludeOwn && somewhere[name]
		})
		if len(unmatched) > 0 && len(f.late) > 0 && !settings.ExcludeOwn {
			f.waiting[stream] = true // a late database may have such a property
			continue
		}
		if len(unmatched) > 0 {
			f.problems[stream] = attention(fmt.Errorf("exclude_properties names %q, and no property of database %q is called that: nothing is published before it is; "+
				"write the name as Notion has it, or take it out", unmatched, f.databases[databaseOf(stream)].Title))
		}
	}
}

// warnOfUnmatched says which names in exclude_properties mean no property of a
// stream, and never did: they may be mistyped, and what they were to keep back
// is published. Unless a person asked for the run, it is said once.
func (s *shard) warnOfUnmatched(ctx context.Context, src *Source, f *found, order Order, selected map[string]Settings, topics map[string]state.Topic) {
	streams := map[string][]string{} // by name
	for _, stream := range slices.Sorted(maps.Keys(selected)) {
		if len(order.Streams) > 0 && !slices.Contains(order.Streams, stream) {
			continue
		}
		for _, name := range f.unmatched(topics[stream].Excluded, databaseOf(stream), selected[stream].Exclude) {
			streams[name] = append(streams[name], stream)
		}
	}
	var unmatched []string
	for _, name := range slices.Sorted(maps.Keys(streams)) {
		where := streams[name][0]
		if others := len(streams[name]) - 1; others > 0 {
			where += fmt.Sprintf(" and %d others", others)
		}
		unmatched = append(unmatched, fmt.Sprintf("%q of %s", name, where))
	}
	what := strings.Join(unmatched, ", ")
	var said bool
	s.see(func(*state.Memory) {
		said = order.Trigger != control.ByHand && s.warned[src.Name] == what
		s.warned[src.Name] = what
	})
	if what != "" && !said {
		s.log.WarnContext(ctx, "exclude_properties names what no property is called, or was: nothing is left out for it", "source", src.Name, "names", what)
	}
}

// unmatched are the names that mean no property of a database, as far as all of
// its data sources are known.
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
