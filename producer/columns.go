package producer

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"notion-kafka/notion"
	"notion-kafka/notion/columns"
	"notion-kafka/producer/state"
)

// The forms of a topic's values, as the state has them.
const (
	formJSON  = "json"
	formTyped = "typed"
)

// form is the form that the settings want for a stream. The stream of databases has no
// other than the text.
func (s Settings) form(stream string) string {
	if s.Typed && stream != DatabasesStream {
		return formTyped
	}
	return formJSON
}

// pinForm gives a topic its form when the stream begins in it, and refuses another later:
// consumers of the topic have its schema, and a schema never loses a field.
func (s Settings) pinForm(topic *state.Topic, before state.Topic, stream string) error {
	want := s.form(stream)
	begins := topic.Topic != before.Topic || topic.ID == "" && topic.Generation == 0
	if begins {
		topic.Form = want
		return nil
	}
	switch have := cmp.Or(topic.Form, formJSON); {
	case have == want:
		return nil
	case want == formTyped:
		return attention(fmt.Errorf("topic %s was begun without typed columns, and cannot get them: set another topic for the stream, which then begins there, or set properties: json", topic.Topic))
	default:
		return attention(fmt.Errorf("topic %s was begun with typed columns, and cannot lose them: set another topic for the stream, which then begins there, or set properties: typed", topic.Topic))
	}
}

// typedColumns are the columns of a stream as one of its jobs knows them. The job holds
// the stream's commit lock while it uses them.
type typedColumns struct {
	set     *columns.Set
	pinned  []state.Column // what the state has of them
	encoded int            // version of the set that the job's encoder was made for
	values  []columns.Value
}

// openColumns brings the job's columns up to date before a batch is published. The
// stream's other job may have added some.
func (j *job) openColumns() {
	if j.settings.form(j.name) != formTyped {
		return
	}
	var pinned []state.Column
	j.view(func(memory *state.StreamMemory) {
		if memory.Columns != nil && memory.Columns.Topic == j.topic.Topic {
			pinned = memory.Columns.Columns
		}
	})
	if j.columns != nil && slices.Equal(pinned, j.columns.pinned) {
		return
	}
	var list []columns.Column
	for _, c := range pinned {
		list = append(list, columns.Column{
			Name: c.Name, Type: notion.FlatType(c.Type), Part: columns.Part(c.Part), ID: c.ID, Kind: c.Kind, Result: c.Result, Label: c.Label, Gone: c.Gone,
		})
	}
	j.columns = &typedColumns{set: columns.NewSet(list), pinned: pinned}
	j.encodeItem = nil
	var properties []notion.Property
	whole := true
	for _, id := range j.sources {
		schema, known := j.schemas[id]
		whole = whole && known && schema.Properties != nil
		properties = append(properties, schema.PropertiesWithout(j.settings.Exclude, j.topic.Excluded.IDs(id)...)...)
	}
	j.columns.set.Follow(properties, whole)
}

// encoder returns the encoder of pages with their columns as they are now, once these are
// pinned. A page may add columns while it is encoded; then the job encodes its batch again.
func (t *typedColumns) encoder(ctx context.Context, j *job) (func(item) ([]byte, error), error) {
	if err := j.pinColumns(ctx); err != nil {
		return nil, err
	}
	t.encoded = t.set.Version()
	list := slices.Clone(t.set.Columns())
	encode, err := j.task.env.Schemas.Rows(ctx, j.topic.Topic, list)
	return func(one item) ([]byte, error) {
		page := one.(pageItem).Page
		t.values = t.set.Row(t.values, page.Properties)
		return encode(nil, page, t.values[:min(len(list), len(t.values))])
	}, err
}

// learnColumns adds the columns that the pages of a batch need, before the job has an
// encoder: the registry then gets one schema with all of them.
func (j *job) learnColumns(changes []change) {
	if j.columns == nil || j.encodeItem != nil {
		return
	}
	for _, c := range changes {
		if c.op != "" && (c.op != OpDelete || j.showsDeleted(c.reason)) {
			j.columns.values = j.columns.set.Row(j.columns.values, c.row.page().Properties)
		}
	}
}

// columnsGrew reports whether the batch that was just encoded needs columns that its
// schema does not have. The next encoder has them.
func (j *job) columnsGrew() bool {
	if j.columns == nil || j.encodeItem == nil || j.columns.encoded == j.columns.set.Version() {
		return false
	}
	j.encodeItem = nil
	return true
}

// pinColumns commits the columns that the state does not know, before the registry gets
// their schema. A process that lost its shard fails here: it does not register columns that
// no state has, whose names and types would be in the way of others.
func (j *job) pinColumns(ctx context.Context) error {
	list := j.columns.list()
	if slices.Equal(list, j.columns.pinned) {
		return nil
	}
	err := j.task.Shard.Save(ctx, state.Entry{Key: state.ColumnsKey(j.task.Name, j.name), Value: state.Columns{Topic: j.topic.Topic, Columns: list}})
	if err != nil {
		return err
	}
	j.columns.pinned = list
	for _, change := range j.columns.set.Settle() {
		j.run.tellColumn(ctx, j, change)
	}
	return nil
}

// list are the columns as the state has them.
func (t *typedColumns) list() (list []state.Column) {
	for _, c := range t.set.Columns() {
		list = append(list, state.Column{
			Name: c.Name, Type: string(c.Type), Part: string(c.Part), ID: c.ID, Kind: c.Kind, Result: c.Result, Label: c.Label, Gone: c.Gone,
		})
	}
	return list
}

// toldColumns is how many changes of a stream's columns a run tells. A database may have
// hundreds of properties, and they may all be new.
const toldColumns = 25

// tellColumn tells what changed of a stream's columns, in the log and in the report.
func (r *Run) tellColumn(ctx context.Context, j *job, change string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch told := len(r.columns[j]); {
	case told > toldColumns:
		return
	case told == toldColumns:
		change = "more columns changed: the schema has them"
	}
	r.columns[j] = append(r.columns[j], change)
	r.log.InfoContext(ctx, "columns changed", "stream", j.name, "topic", j.topic.Topic, "change", change)
}
