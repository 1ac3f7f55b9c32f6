package producer

import (
	"context"
	"slices"
	"time"

	"notion-kafka/notion"
	"notion-kafka/producer/control"
	"notion-kafka/producer/state"
)

// databases is the kind of the `databases` stream. Its rows are the databases that
// discovery retrieved in the run.
type databases struct{}

// A databaseItem is a database as a row carries it.
type databaseItem struct{ *notion.Database }

// ItemID implements item.
func (d databaseItem) ItemID() string { return d.ID }

// Times implements item.
func (d databaseItem) Times() (created, edited time.Time) { return d.CreatedTime, d.LastEditedTime }

func (databases) whole() bool { return true }

func (databases) reads(_ context.Context, j *job, yield func(batch, error) bool) []func() (goOn bool, err error) {
	return []func() (bool, error){func() (bool, error) {
		committed := yield(j.readDatabases(), nil)
		if committed {
			j.hasPublished()
		}
		return committed, nil
	}}
}

// readDatabases is one batch with the databases that discovery retrieved, and those that
// are gone.
func (j *job) readDatabases() batch {
	b := batch{advance: slices.Clip(j.advance), scanned: true}
	for _, db := range j.databases {
		if db.InTrash {
			b.deletions = append(b.deletions, deletion{row{item: databaseItem{db}}, ReasonTrashed})
		} else {
			b.rows = append(b.rows, row{item: databaseItem{db}})
		}
	}
	for _, id := range j.gone {
		b.deletions = append(b.deletions, deletion{row{item: databaseItem{&notion.Database{ID: id}}}, ReasonGone})
	}
	return b
}

func (databases) republishes(j *job) bool { return j.order.Full && j.order.Republish }

func (databases) encoder(ctx context.Context, j *job) (func(item) ([]byte, error), error) {
	encode, err := j.task.env.Schemas.Databases(ctx, j.topic.Topic)
	return func(one item) ([]byte, error) { return encode(nil, one.(databaseItem).Database) }, err
}

func (databases) remember(*job, row, *state.Page) {}

// plan gives a job of the databases stream what discovery found.
func (databases) plan(j *job, f *found) {
	j.kind, j.databases, j.gone, j.advance, j.unread, j.onlyIDs = control.FullScan, f.retrieved, f.gone, f.entries, f.unread, f.onlyIDs
	j.addUnpublished(f)
}

// takesDatabases takes the databases stream for a run whose order wants it.
func (t *Task) takesDatabases(f *found, selected map[string]Settings, order Order) bool {
	_, ok := selected[DatabasesStream]
	return ok && f.problems[DatabasesStream] == nil && t.wantsDatabases(order) && t.Jobs.take(jobKey{DatabasesStream, polling}, true)
}

// wantsDatabases reports that an order wants the databases stream.
func (t *Task) wantsDatabases(order Order) bool {
	settings, ok := t.Select(DatabasesStream, "", "")
	return ok && order.wants(DatabasesStream, settings, t.dueOf(DatabasesStream, settings)).taken
}

// databasesStartAgain reports whether the databases stream is about to fill its topic from
// the start. Every database must then be read.
func (t *Task) databasesStartAgain() (again bool) {
	settings, selected := t.Select(DatabasesStream, "", "")
	t.Shard.View(func(m *state.Memory) {
		topic := m.Source(t.Name).Stream(DatabasesStream).Topic
		again = selected && topic != nil && (!topic.Scanned || topic.Topic != t.topicOf(settings, topic.Name))
	})
	return again
}
