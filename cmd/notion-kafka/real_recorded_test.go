//go:build real

package main_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"notion-kafka/notion/notiontest"
)

// Pages recorded from real workspaces arrive in Kafka as they were recorded, one record
// for each id, for a client that is not ours. Nothing is published again.
func TestRecordedPagesArrive(t *testing.T) {
	t.Parallel()
	lines := fixtureLines(t, "pages.ndjson")
	s := newStage(t, notiontest.Options{})
	db := s.workspace.AddDatabase("Recorded Pages")
	recorded := importAll(t, db, lines)

	first := s.mustRun("once")
	stream := "database_" + db.ID()
	wantCounts := map[string]counts{
		"databases": {Read: 1, Published: 1, Status: "succeeded"},
		stream:      {Read: len(recorded), Published: len(recorded), Status: "succeeded"},
	}
	if diff := cmp.Diff(wantCounts, first.streams(t)); diff != "" {
		t.Errorf("once printed other counts (-want +got):\n%s", diff)
	}

	topic := s.topic("recorded_pages")
	published := s.consume(topic)
	byID := byKey(t, published)
	if len(published) != len(recorded) {
		t.Errorf("%d records for %d ids", len(published), len(recorded))
	}
	for id, page := range recorded {
		r, ok := byID[id]
		if !ok {
			t.Errorf("page %s is missing in topic %s", id, topic)
			continue
		}
		got, want := strictly[pageValue](t, r.Value), page.published(t, db)
		if page.CreatedBy == nil { // the oldest recordings lack it, and the simulated workspace adds one
			got.CreatedBy, got.LastEditedBy, got.CreatedByID, got.LastEditedByID = nil, nil, nil, nil
		}
		if diff := cmp.Diff(want, got, sameJSON()); diff != "" {
			t.Errorf("page %s is not as recorded (-recorded +published):\n%s", id, diff)
		}
	}
	databases := s.consume(s.topic("databases"))
	checkDatabase(t, db, databases)
	checkHeaders(t, published, stream)
	checkHeaders(t, databases, "databases")
	if published[0].Headers["notion-kafka.run"] != databases[0].Headers["notion-kafka.run"] {
		t.Error("the streams of one run name different runs")
	}
	t.Logf("%d lines, %d ids, %d records equal to the recording, in %v", len(lines), len(recorded), len(published), first.took.Round(time.Millisecond))

	second := s.mustRun("once")
	for name, c := range second.streams(t) {
		if c.Published != 0 || c.Status != "succeeded" {
			t.Errorf("a second once published %d records of unchanged stream %s, status %s", c.Published, name, c.Status)
		}
	}
	if diff := cmp.Diff(published, s.consume(topic)); diff != "" {
		t.Errorf("topic %s changed with a second once (-before +after):\n%s", topic, diff)
	}
	if diff := cmp.Diff(databases, s.consume(s.topic("databases"))); diff != "" {
		t.Errorf("the databases topic changed with a second once (-before +after):\n%s", diff)
	}
}

// A recordedPage has the fields of a recording that we publish.
type recordedPage struct {
	ID             string          `json:"id"`
	CreatedTime    time.Time       `json:"created_time"`
	LastEditedTime time.Time       `json:"last_edited_time"`
	CreatedBy      json.RawMessage `json:"created_by"`
	LastEditedBy   json.RawMessage `json:"last_edited_by"`
	Cover          json.RawMessage `json:"cover"`
	Icon           json.RawMessage `json:"icon"`
	URL            string          `json:"url"`
	PublicURL      *string         `json:"public_url"`
	IsArchived     bool            `json:"is_archived"`
	IsLocked       bool            `json:"is_locked"`
	Properties     json.RawMessage `json:"properties"`
}

// importAll makes rows of one database from the recordings, of each id the last line,
// and returns them by id. Only pages without a valid id may be refused.
func importAll(t *testing.T, db *notiontest.Database, lines []string) map[string]recordedPage {
	t.Helper()
	recorded := map[string]recordedPage{}
	refused := 0
	for i, line := range lines {
		var page recordedPage
		if err := json.Unmarshal([]byte(line), &page); err != nil {
			t.Fatal(err)
		}
		if err := db.Import([]byte(line)); err != nil {
			refused++
			t.Logf("line %d is refused: %v", i+1, err)
			if !strings.Contains(err.Error(), "is not a UUID") {
				t.Errorf("line %d is refused for another reason than its id", i+1)
			}
			continue
		}
		recorded[dashed(page.ID)] = page
	}
	if len(recorded) < 50 || refused > 2 {
		t.Fatalf("of %d lines %d were refused, leaving %d pages: these are not the recordings this test knows", len(lines), refused, len(recorded))
	}
	return recorded
}

// dashed returns an id in the form of the contract; the oldest recordings have no
// dashes.
func dashed(id string) string {
	h := strings.ToLower(strings.ReplaceAll(id, "-", ""))
	return strings.Join([]string{h[:8], h[8:12], h[12:16], h[16:20], h[20:]}, "-")
}

// published returns the value that the contract requires, as a row of db.
func (p recordedPage) published(t *testing.T, db *notiontest.Database) pageValue {
	t.Helper()
	database, source := db.ID(), db.DataSource().ID()
	return pageValue{
		ID: dashed(p.ID), Object: "page", LastEditedTime: p.LastEditedTime, Properties: string(p.Properties), CreatedTime: p.CreatedTime,
		CreatedBy: nullable(p.CreatedBy), LastEditedBy: nullable(p.LastEditedBy), Cover: nullable(p.Cover), Icon: nullable(p.Icon),
		Parent: jsonText(`{"type":"data_source_id","data_source_id":"` + source + `","database_id":"` + database + `"}`),
		URL:    p.URL, PublicURL: p.PublicURL, Title: p.title(t), DatabaseID: &database, DataSourceID: &source,
		CreatedByID: userID(t, p.CreatedBy), LastEditedByID: userID(t, p.LastEditedBy), IsArchived: p.IsArchived, IsLocked: p.IsLocked,
	}
}

// title returns the plain text of the title property.
func (p recordedPage) title(t *testing.T) *string {
	t.Helper()
	var properties map[string]struct {
		Type  string `json:"type"`
		Title []struct {
			PlainText string `json:"plain_text"`
		} `json:"title"`
	}
	if err := json.Unmarshal(p.Properties, &properties); err != nil {
		t.Fatal(err)
	}
	for _, property := range properties {
		if property.Type == "title" {
			title := ""
			for _, run := range property.Title {
				title += run.PlainText
			}
			return &title
		}
	}
	return nil
}

func nullable(text json.RawMessage) *jsonText {
	if text == nil || string(text) == "null" {
		return nil
	}
	value := jsonText(text)
	return &value
}

func userID(t *testing.T, user json.RawMessage) *string {
	t.Helper()
	if user == nil {
		return nil
	}
	var head struct {
		ID string `json:"id"`
	}
	if err := json.Unmarshal(user, &head); err != nil {
		t.Fatal(err)
	}
	return &head.ID
}

// checkHeaders checks that records of a first scan have exactly the headers of the
// contract, and name one run.
func checkHeaders(t *testing.T, published []record, stream string) {
	t.Helper()
	run := published[0].Headers["notion-kafka.run"]
	if run == "" {
		t.Errorf("stream %s: the records name no run", stream)
	}
	want := map[string]string{
		"notion-kafka.op": "snapshot", "notion-kafka.source": "acme", "notion-kafka.stream": stream, "notion-kafka.run": run,
	}
	for _, r := range published {
		if diff := cmp.Diff(want, r.Headers); diff != "" {
			t.Fatalf("stream %s, record %s has other headers (-want +got):\n%s", stream, r.Key, diff)
		}
	}
}

// checkDatabase checks that the databases topic has one database.
func checkDatabase(t *testing.T, db *notiontest.Database, published []record) {
	t.Helper()
	if len(published) != 1 || published[0].Key != db.ID() {
		t.Fatalf("the databases topic holds %d records, want one of database %s: %+v", len(published), db.ID(), published)
	}
	type head struct {
		ID        string `json:"id"`
		Object    string `json:"object"`
		TitleText string `json:"title_text"`
		InTrash   bool   `json:"in_trash"`
	}
	var value head
	var fields map[string]any
	for _, into := range []any{&value, &fields} {
		if err := json.Unmarshal(published[0].Value, into); err != nil {
			t.Fatal(err)
		}
	}
	if want := (head{ID: db.ID(), Object: "database", TitleText: db.Title()}); value != want {
		t.Errorf("the databases topic holds %+v, want %+v", value, want)
	}
	if !strings.Contains(fields["data_sources"].(string), db.DataSource().ID()) {
		t.Errorf("data_sources %v does not hold data source %s", fields["data_sources"], db.DataSource().ID())
	}
	if want := 19; len(fields) != want {
		t.Errorf("a database has %d fields, the contract has %d", len(fields), want)
	}
}
