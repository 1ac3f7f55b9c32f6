//go:build real

package main_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"notion-kafka/notion/notiontest"
)

// An offer is one element of discover --output json.
type offer struct {
	Source        string   `json:"source"`
	Stream        string   `json:"stream"`
	Title         string   `json:"title"`
	DatabaseID    *string  `json:"database_id"`
	DataSourceIDs []string `json:"data_source_ids"`
	Topic         string   `json:"topic"`
	Sync          string   `json:"sync"`
	Enabled       bool     `json:"enabled"`
	Rows          *int     `json:"rows"`
	Properties    []string `json:"properties"`
	Typed         bool     `json:"typed"`
}

// Before and after a first run, the commands that only read show the present state, and
// change nothing.
func TestCommandsThatLook(t *testing.T) {
	t.Parallel()
	s := newStage(t, notiontest.Options{})
	db := s.workspace.AddDatabase("Tasks", notiontest.Prop{Name: "Name", Kind: notiontest.KindTitle})
	page := db.AddPage("Grüße & <Küsse>", nil)
	topic, stream, databaseID := s.topic("tasks"), "database_"+db.ID(), db.ID()
	offers := func(databases, pages *int, properties ...string) []offer {
		return []offer{
			{Source: "acme", Stream: "databases", DataSourceIDs: []string{}, Topic: s.topic("databases"), Sync: "full_table", Enabled: true, Rows: databases, Properties: []string{}},
			{Source: "acme", Stream: stream, Title: "Tasks", DatabaseID: &databaseID, DataSourceIDs: []string{db.DataSource().ID()},
				Topic: topic, Sync: "incremental", Enabled: true, Rows: pages, Properties: append([]string{}, properties...)},
		}
	}

	s.checkFindsNoFault("will be created")
	if diff := cmp.Diff(offers(nil, nil, "Name"), strictly[[]offer](t, []byte(s.mustRun("discover", "--output", "json").out))); diff != "" {
		t.Errorf("discover before the first run (-want +got):\n%s", diff)
	}
	if known := s.state(); len(known) > 0 {
		t.Errorf("state show before the first run: %+v", known)
	}

	began := time.Now()
	s.mustRun("once")

	s.checkFindsNoFault("topic " + topic + ": 1 partition")
	one := 1
	if diff := cmp.Diff(offers(&one, &one, "Name"), strictly[[]offer](t, []byte(s.mustRun("discover", "--output", "json").out))); diff != "" {
		t.Errorf("discover after the first run (-want +got):\n%s", diff)
	}
	known := s.state()[stream]
	want := streamState{
		Source: "acme", Stream: stream, Title: "Tasks", Topic: topic, Form: "json", Shard: known.Shard, Pages: 1, Scanned: true,
		Cursors: map[string]time.Time{db.DataSource().ID(): began.UTC().Truncate(time.Minute).Add(-2 * time.Minute)},
		Offsets: map[int32]int64{0: 0}, Stuck: map[string]string{}, Held: []string{}, LastRun: began, LastScan: began,
	}
	if diff := cmp.Diff(want, known, cmpopts.EquateApproxTime(time.Minute)); diff != "" {
		t.Errorf("state show after the first run (-want +got):\n%s", diff)
	}

	tailed, consumed := records(t, s.mustRun("tail", topic, "--no-follow").out), s.consume(topic)
	if len(tailed) != 1 || tailed[0].Key != page {
		t.Fatalf("tail printed %d records, want the one of page %s: %+v", len(tailed), page, tailed)
	}
	if diff := cmp.Diff(decoded(t, consumed), decoded(t, tailed)); diff != "" {
		t.Errorf("tail prints another record than Confluent's client reads (-Confluent +tail):\n%s", diff)
	}
}

// checkFindsNoFault checks that check succeeds and has only good lines, one of them
// with the given text.
func (s *stage) checkFindsNoFault(text string) {
	s.t.Helper()
	out := s.mustRun("check").out
	if !strings.Contains(out, text) {
		s.t.Errorf("check does not say %q:\n%s", text, out)
	}
	for line := range strings.Lines(out) {
		if !strings.HasPrefix(line, "✓ ") {
			s.t.Errorf("check says: %s", line)
		}
	}
}

// A decodedRecord is a record with its value as a page.
type decodedRecord struct {
	Record record
	Page   pageValue
}

func decoded(t *testing.T, all []record) []decodedRecord {
	t.Helper()
	var out []decodedRecord
	for _, r := range all {
		page := strictly[pageValue](t, r.Value)
		r.Value = nil
		out = append(out, decodedRecord{r, page})
	}
	return out
}

// Topics have the settings of the contract, and the state topic keeps its records for
// ever.
func TestTopicsAsContracted(t *testing.T) {
	t.Parallel()
	s := newStage(t, notiontest.Options{})
	s.workspace.AddDatabase("Tasks").AddPage("One", nil)
	s.mustRun("once")

	data := topicShape{Partitions: 1, Config: map[string]string{
		"cleanup.policy": "compact", "max.message.bytes": "8388608", "delete.retention.ms": "86400000",
	}}
	internal := func(partitions int) topicShape {
		return topicShape{Partitions: partitions, Config: map[string]string{"cleanup.policy": "compact"}}
	}
	for topic, want := range map[string]topicShape{
		"databases": data, "tasks": data, "state": internal(16), "control": internal(1),
	} {
		if diff := cmp.Diff(want, s.shape(s.topic(topic), sortedKeys(want.Config)...)); diff != "" {
			t.Errorf("topic %s (-want +got):\n%s", topic, diff)
		}
	}
}

// The registry has the schema that the command prints, as text with the same meaning.
func TestRegisteredSchemas(t *testing.T) {
	t.Parallel()
	s := newStage(t, notiontest.Options{})
	db := s.workspace.AddDatabase("Tasks")
	db.AddPage("One", nil)
	s.mustRun("once")
	for topic, stream := range map[string]string{"databases": "databases", "tasks": "database_" + db.ID()} {
		var printed, registered any
		if err := json.Unmarshal([]byte(s.mustRun("schema", stream).out), &printed); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal([]byte(s.newestSchema(s.topic(topic)+"-value")), &registered); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(printed, registered); diff != "" {
			t.Errorf("subject of topic %s (-printed +registered):\n%s", topic, diff)
		}
	}
}
