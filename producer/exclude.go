package producer

import (
	"maps"
	"slices"

	"notion-kafka/notion"
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
