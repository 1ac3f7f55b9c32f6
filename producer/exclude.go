package producer

import (
	"maps"
	"slices"

	"notion-kafka/notion"
	"notion-kafka/producer/state"
)

// excluded are the properties of a database that exclude_properties names: those that
// had a listed name before, and those that have one now. When a name passes to another
// property, both are excluded. A name that is removed from the configuration excludes
// nothing any more.
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

// exclude removes from a page the properties that exclude_properties names. A page in
// none of the stream's data sources loses the properties excluded in any of them.
func (j *job) exclude(r row) {
	page, dataSource := r.page(), r.listedIn()
	ids := j.topic.Excluded.IDs(dataSource)
	if !slices.Contains(j.sources, dataSource) {
		for dataSource := range j.topic.Excluded {
			ids = append(ids, j.topic.Excluded.IDs(dataSource)...)
		}
	}
	page.Without(j.settings.Exclude, ids...)
}
