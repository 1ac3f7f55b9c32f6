package daemon

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"notion-kafka/avro"
	"notion-kafka/notion"
	"notion-kafka/notion/columns"
	"notion-kafka/notion/notiontest"
	"notion-kafka/producer"
	"notion-kafka/producer/state"
)

// subjects is a registry in which every subject has the rule FULL_TRANSITIVE.
type subjects struct {
	fixedSchemas

	t testing.TB

	mu    sync.Mutex
	of    map[string]*subject // by topic
	texts []string            // by id, from plainID+1 on
}

// A subject has the versions of the schema of a topic with typed columns.
type subject struct {
	t        testing.TB
	mu       *sync.Mutex // of the registry
	versions []string
	refuses  bool // takes no further version
	silent   bool // takes versions, and its answers are lost
}

// plainID is the id of the schemas of records without typed columns.
const plainID = 1

// topic is the subject of a topic.
func (s *subjects) topic(topic string) *subject {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.of == nil {
		s.of = map[string]*subject{}
	}
	if s.of[topic] == nil {
		s.of[topic] = &subject{t: s.t, mu: &s.mu}
	}
	return s.of[topic]
}

// Rows registers the schema, if the rule allows it.
func (s *subjects) Rows(_ context.Context, topic string, list []columns.Column) (func([]byte, *notion.Page, []columns.Value) ([]byte, error), error) {
	of, text := s.topic(topic), avro.RowSchema(topic, list)
	s.mu.Lock()
	defer s.mu.Unlock()
	at := slices.Index(s.texts, text)
	if at < 0 {
		if of.refuses {
			return nil, fmt.Errorf("registering %s: %w: the rule is closed for the weekend", avro.Subject(topic), avro.ErrIncompatible)
		}
		if err := avro.Compatible("FULL_TRANSITIVE", text, of.versions); err != nil {
			s.t.Errorf("the registry refuses a schema: %v\n%s", err, text)
		}
		of.versions = append(of.versions, text)
		at, s.texts = len(s.texts), append(s.texts, text)
	}
	if of.silent {
		return nil, fmt.Errorf("registering %s: %w: no answer", avro.Subject(topic), avro.ErrUnreachable)
	}
	return avro.NewRowEncoder(plainID+1+at, list).Append, nil
}

// schema is the schema with an id.
func (s *subjects) schema(id int) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.texts[id-plainID-1]
}

// typedWorld is a world with a registry for typed columns, and the subject of the goods.
func typedWorld(t *testing.T, options notiontest.Options, test func(t *testing.T, w *world, s *subject)) {
	t.Helper()
	inWorld(t, options, func(t *testing.T, w *world) {
		all := &subjects{t: t}
		w.schemas = all
		test(t, w, all.topic(goodsTopic))
	})
}

// typed are settings with typed columns.
func typed(change ...func(*producer.Settings)) func(*producer.Source) {
	settings := producer.Settings{Typed: true}
	for _, c := range change {
		c(&settings)
	}
	return with(settings)
}

// A typedRecord is a record with typed columns as its consumer reads it.
type typedRecord struct {
	key, op string
	version int            // of its schema, from 1
	value   map[string]any // nil: a tombstone
}

// typedRecords are the records of a topic, in the order of their offsets within each
// partition.
func (w *world) typedRecords(topic string, s *subject) (all []typedRecord) {
	w.t.Helper()
	for _, r := range w.records(topic) {
		one := typedRecord{key: string(r.Key)}
		for _, h := range r.Headers {
			if h.Key == "notion-kafka.op" {
				one.op = h.Value
			}
		}
		if r.Value != nil {
			id, body, err := avro.SplitFrame(r.Value)
			if err != nil {
				w.t.Fatal(err)
			}
			schema := w.schemas.(*subjects).schema(id)
			one.version = slices.Index(s.versions, schema) + 1
			text, err := avro.Decode(schema, body)
			if err != nil {
				w.t.Fatalf("a record of version %d: %v", one.version, err)
			}
			if err := json.Unmarshal(text, &one.value); err != nil {
				w.t.Fatal(err)
			}
		}
		all = append(all, one)
	}
	return all
}

// last is the last record of a page.
func last(all []typedRecord, page string) (one typedRecord) {
	for _, r := range all {
		if r.key == page {
			one = r
		}
	}
	return one
}

// columnsOf are the names of a schema's fields behind those of every page.
func columnsOf(t *testing.T, schema string) (names []string) {
	t.Helper()
	var record, page struct {
		Fields []struct{ Name string }
	}
	for text, into := range map[string]any{schema: &record, avro.PageSchema: &page} {
		if err := json.Unmarshal([]byte(text), into); err != nil {
			t.Fatal(err)
		}
	}
	for _, f := range record.Fields[len(page.Fields):] {
		names = append(names, f.Name)
	}
	return names
}

// newest are the columns of the newest version.
func (s *subject) newest() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.versions) == 0 {
		return ""
	}
	return strings.Join(columnsOf(s.t.(*testing.T), s.versions[len(s.versions)-1]), " ")
}

// pinnedColumns are the names of the columns that the state topic has for a stream's
// topic.
func (w *world) pinnedColumns(db *notiontest.Database) string {
	w.t.Helper()
	_, s, done := w.claimed()
	defer done()
	var names []string
	s.View(func(m *state.Memory) {
		stream := m.Source("acme").Stream(producer.DatabaseStream(db.ID()))
		if known := stream.Columns; known != nil && known.Topic == stream.Topic.Topic {
			for _, c := range known.Columns {
				names = append(names, c.Name)
			}
		}
	})
	return strings.Join(names, " ")
}

// cells are some of a record's columns as text, null where a record has none.
func (r typedRecord) cells(names ...string) string {
	var cells []string
	for _, name := range names {
		value, known := r.value[name]
		if !known {
			value = "no such column"
		}
		text, _ := json.Marshal(value)
		cells = append(cells, string(text))
	}
	return strings.Join(cells, " ")
}

// addGoods adds a database with properties of several types, and a page.
func (w *world) addGoods(more ...notiontest.Prop) (db *notiontest.Database, page string) {
	db = w.notion.AddDatabase("Goods", append([]notiontest.Prop{
		{Name: "Name", Kind: notiontest.KindTitle}, {Name: "Size", Kind: notiontest.KindNumber}, {Name: "Due", Kind: notiontest.KindDate},
	}, more...)...)
	page = db.AddPage("Ball", notiontest.Values{"Size": 7})
	w.pass(5 * time.Minute)
	return db, page
}

const goodsTopic = "notion.acme.goods"
