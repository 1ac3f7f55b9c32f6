package catalog

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/twmb/franz-go/pkg/kgo"

	"notion-kafka/avro"
	"notion-kafka/notion"
	"notion-kafka/producer/control"
)

const (
	tasksID  = "248104cd-477e-80fd-b757-e945d38000bd"
	peopleID = "338104cd-477e-80fd-b757-e945d38000bd"
	farID    = "448104cd-477e-80fd-b757-e945d38000bd"
	noneID   = "558104cd-477e-80fd-b757-e945d38000bd"
)

// database returns a record of the stream databases.
func (w *world) database(id, properties string) kgo.Record {
	w.t.Helper()
	schema, err := w.registry.Ensure(w.t.Context(), "notion.acme.databases-value", avro.DatabaseSchema)
	if err != nil {
		w.t.Fatal(err)
	}
	value, err := avro.NewDatabaseEncoder(schema).Append(nil, &notion.Database{
		ID: id, Title: []byte(`[]`), CreatedTime: time.Unix(0, 0), LastEditedTime: time.Unix(0, 0), Parent: []byte(`{}`),
		DataSources: []notion.DataSource{
			{Properties: []byte(properties), Raw: []byte(`{"id":"ds-1","title":[{"plain_text":"Open "},{"plain_text":"tasks"}]}`)},
			{Raw: []byte(`{"id":"ds-2","name":"Archive"}`)},
		},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return kgo.Record{Key: []byte(id), Value: value}
}

const tasksSchema = `{
	"Name": {"id": "title", "name": "Name", "type": "title", "title": {}},
	"Owner": {"id": "ab%3C", "name": "Owner", "type": "relation", "relation": {"database_id": "` + peopleID + `", "data_source_id": "ds-3", "type": "single_property"}},
	"Far": {"id": "cd", "name": "Far", "type": "relation", "relation": {"database_id": "` + farID + `"}},
	"Lost": {"id": "ef", "name": "Lost", "type": "relation", "relation": {"database_id": "` + noneID + `"}},
	"": {"id": 7, "type": "brand_new", "relation": "none"},
	"Done": []
}`

// A table has its stream, its topic in Kafka, the versions of its subject, and the schema of
// its database at Notion, in Notion's order and with the topics that relations lead to.
func TestTable(t *testing.T) {
	w := onMachine(t)
	tasks := control.Stream{Stream: "database_" + tasksID, Topic: "notion.acme.tasks", Title: "Tasks", Rows: 3}
	w.source(control.Source{Name: "acme", Workspace: "Acme"},
		control.Stream{Stream: "databases", Topic: "notion.acme.databases"}, tasks, control.Stream{Stream: "database_" + peopleID, Topic: "notion.acme.people"})
	w.source(control.Source{Name: "other", Workspace: "Acme"},
		control.Stream{Stream: "database_" + peopleID, Topic: "notion.aaa.people"}, control.Stream{Stream: "database_" + farID, Topic: "notion.other.far"})
	w.source(control.Source{Name: "foreign", Workspace: "Foreign"}, control.Stream{Stream: "database_" + noneID, Topic: "notion.foreign.none"})
	w.topic("notion.acme.databases",
		w.database(tasksID, `{"Before": {"id": "x", "type": "number"}}`), w.database(tasksID, tasksSchema),
		w.database(peopleID, `{}`), kgo.Record{Key: []byte(tasksID)})
	w.topic("notion.acme.tasks")
	var versions []control.SchemaVersion
	for n, schema := range []string{`{"type":"record","name":"P","fields":[]}`, `{"type":"record","name":"P","fields":[{"name":"a","type":["null","string"],"default":null}]}`} {
		id, err := w.registry.Ensure(t.Context(), "notion.acme.tasks-value", schema)
		if err != nil {
			t.Fatal(err)
		}
		versions = append([]control.SchemaVersion{{Version: n + 1, ID: id, Schema: json.RawMessage(schema)}}, versions...)
	}

	got, err := w.Table(t.Context(), "notion.acme.tasks")
	if err != nil {
		t.Fatal(err)
	}
	if got.Topic != "notion.acme.tasks" || got.Rows != 3 || got.Kafka == nil || len(got.Kafka.ID) != 32 {
		t.Errorf("got %+v, %+v", got.Table, got.Kafka)
	}
	want := control.TableDetail{
		About: &tasks, Kafka: &control.KafkaTopic{Partitions: 1, Cleanup: "compact"}, Versions: versions,
		DataSources: []control.FoundDataSource{{ID: "ds-1", Title: "Open tasks"}, {ID: "ds-2", Title: "Archive"}},
		Properties: []control.Property{
			{ID: "title", Name: "Name", Type: "title"},
			{ID: "ab%3C", Name: "Owner", Type: "relation", RelatedDatabase: peopleID, RelatedDataSource: "ds-3", RelatedTopic: "notion.acme.people"},
			{ID: "cd", Name: "Far", Type: "relation", RelatedDatabase: farID, RelatedTopic: "notion.other.far"},
			{ID: "ef", Name: "Lost", Type: "relation", RelatedDatabase: noneID},
			{Type: "brand_new"},
			{Name: "Done"},
		},
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(control.TableDetail{}, "Table"), cmpopts.IgnoreFields(control.KafkaTopic{}, "ID")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}

	databases, err := w.Table(t.Context(), "notion.acme.databases")
	if err != nil || databases.Properties != nil || databases.DataSources != nil || len(databases.Versions) != 1 {
		t.Errorf("databases: %+v, %v", databases, err)
	}
	missing, err := w.Table(t.Context(), "notion.other.far")
	if err != nil || missing.Kafka != nil || missing.Versions == nil || len(missing.Versions) != 0 || missing.VersionsUnknown != "" || missing.Properties != nil {
		t.Errorf("a topic that is not made yet: %+v, %v", missing, err)
	}
}

// The record of a database is found behind many newer ones, but not behind any number.
func TestTableOfADatabaseThatChangedLongAgo(t *testing.T) {
	w := onMachine(t)
	w.source(control.Source{Name: "acme"}, control.Stream{Stream: "databases", Topic: "notion.acme.databases"},
		control.Stream{Stream: "database_" + tasksID, Topic: "notion.acme.tasks"}, control.Stream{Stream: "database_" + farID, Topic: "notion.acme.far"})
	records := []kgo.Record{w.database(farID, tasksSchema), w.database(tasksID, tasksSchema)}
	for range databaseReach - 1 {
		records = append(records, kgo.Record{Key: []byte(peopleID)})
	}
	w.topic("notion.acme.databases", records...)
	for topic, want := range map[string]int{"notion.acme.tasks": 6, "notion.acme.far": 0} {
		if got, err := w.Table(t.Context(), topic); err != nil || len(got.Properties) != want {
			t.Errorf("%s: %d properties, %v; want %d", topic, len(got.Properties), err, want)
		}
	}
}

// What Kafka or the registry do not say is left out, and costs a few seconds at most.
func TestTableWithoutKafkaAndRegistry(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.source(control.Source{Name: "acme"}, control.Stream{Stream: "databases", Topic: "notion.acme.databases"}, control.Stream{Stream: "database_" + tasksID, Topic: "notion.acme.tasks"})
		w.hangs.Store(true)
		began := time.Now()
		got, err := w.Table(t.Context(), "notion.acme.tasks")
		if err != nil || got.About == nil || got.Kafka != nil || got.Properties != nil || !strings.Contains(got.VersionsUnknown, "schema registry is unreachable") {
			t.Errorf("got %+v, %v", got, err)
		}
		if took := time.Since(began); took != activityPatience+detailPatience {
			t.Errorf("it took %v", took)
		}
	})
}

// A topic that a stream left is not in the catalog, and the error leads to where the stream
// goes on.
func TestTableThatIsNotInTheCatalog(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.source(control.Source{Name: "acme"}, control.Stream{Stream: "database_x", Topic: "notion.acme.tasks", Left: []string{"notion.old.tasks"}})
		for topic, says := range map[string]string{
			"notion.old.tasks": "source acme no longer publishes to topic notion.old.tasks: stream database_x goes on in notion.acme.tasks",
			"nothing":          "there is no topic nothing in the catalog",
		} {
			_, ofTable := w.Table(t.Context(), topic)
			_, ofRecords := w.Records(t.Context(), topic, control.RecordQuery{Limit: 1})
			for _, err := range []error{ofTable, ofRecords} {
				if told, is := errors.AsType[*control.Error](err); !is || told.Kind != control.NotFound || !strings.Contains(told.Message, says) {
					t.Errorf("%s: %v", topic, err)
				}
			}
		}
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := w.Table(ended, "notion.acme.tasks"); err != nil {
			t.Errorf("for a caller that has gone: %v", err)
		}
	})
}
