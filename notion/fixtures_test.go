package notion

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"net/http"
	"testing/synctest"
)

// fixtureLines are the lines of one file of recorded payloads. The test is
// skipped where the folder of recordings is absent.
func fixtureLines(t testing.TB, name string) [][]byte {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
		if dir == filepath.Dir(dir) {
			t.Fatal("no go.mod above the working directory")
		}
		dir = filepath.Dir(dir)
	}
	text, err := os.ReadFile(filepath.Join(dir, "..", "shared", "fixtures", name))
	if os.IsNotExist(err) {
		t.Skipf("no recordings: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return bytes.Split(bytes.TrimSpace(text), []byte("\n"))
}

func rawObject(t testing.TB, text []byte) map[string]json.RawMessage {
	t.Helper()
	var object map[string]json.RawMessage
	if err := json.Unmarshal(text, &object); err != nil {
		t.Fatal(err)
	}
	return object
}

func TestRecordedPagesDecode(t *testing.T) {
	const withoutID = 2 // lines whose id was starred out
	refused := 0
	for i, line := range fixtureLines(t, "pages.ndjson") {
		page, err := DecodePage(line)
		if err != nil {
			refused++
			if want := `at /id: "****" is not a UUID`; err.Error() != want {
				t.Errorf("line %d: error %q, want %q", i+1, err, want)
			}
			continue
		}
		want := rawObject(t, line)
		if !bytes.Equal(page.Properties, want["properties"]) {
			t.Errorf("line %d: properties are not the bytes of the file", i+1)
		}
		if !bytes.Equal(page.Parent, want["parent"]) {
			t.Errorf("line %d: parent is not the bytes of the file", i+1)
		}
		if page.Partial || page.URL == "" || page.CreatedTime.IsZero() || page.LastEditedTime.IsZero() {
			t.Errorf("line %d: incomplete page %+v", i+1, page)
		}
		var cut []string
		for name, value := range rawObject(t, want["properties"]) {
			var decoded any
			if json.Unmarshal(value, &decoded) == nil && referenceCut(decoded) != "" {
				cut = append(cut, name)
			}
		}
		if len(cut) != len(page.Cut) {
			t.Errorf("line %d: %v are cut, want %v", i+1, page.Cut, cut)
		}
		if page.Title == nil && bytes.Contains(page.Properties, []byte(`"type":"title"`)) {
			t.Errorf("line %d: title not found", i+1)
		}
		if once := page.Fingerprint(); page.Fingerprint() != once {
			t.Errorf("line %d: unstable fingerprint", i+1)
		}
	}
	if refused != withoutID {
		t.Errorf("%d lines refused, want %d", refused, withoutID)
	}
}

func TestRecordedListsDecode(t *testing.T) {
	for i, line := range fixtureLines(t, "query_responses.ndjson") {
		list, err := decodePageList(line)
		if err != nil {
			t.Errorf("query response %d: %v", i+1, err)
			continue
		}
		var results []json.RawMessage
		if err := json.Unmarshal(rawObject(t, line)["results"], &results); err != nil {
			t.Fatal(err)
		}
		if len(list.Pages) != len(results) {
			t.Errorf("query response %d: %d pages of %d results", i+1, len(list.Pages), len(results))
		}
	}
	for i, line := range fixtureLines(t, "search_responses.ndjson") {
		list, err := decodeDataSourceList(line)
		if err != nil {
			t.Errorf("search response %d: %v", i+1, err)
			continue
		}
		var results []map[string]json.RawMessage
		if err := json.Unmarshal(rawObject(t, line)["results"], &results); err != nil {
			t.Fatal(err)
		}
		var want []string
		for _, r := range results {
			if string(r["object"]) == `"data_source"` {
				want = append(want, string(r["id"]))
			}
		}
		var got []string
		for _, d := range list.sources {
			got = append(got, `"`+d.ID+`"`)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("search response %d: data sources (-want +got)\n%s", i+1, diff)
		}
	}
}

func TestRecordedDatabasesDecode(t *testing.T) {
	for i, line := range fixtureLines(t, "databases.ndjson") {
		d, err := decodeDatabase(line)
		if err != nil {
			t.Errorf("database %d: %v", i+1, err)
			continue
		}
		want := rawObject(t, line)
		if !bytes.Equal(d.Title, want["title"]) || !bytes.Equal(d.Parent, want["parent"]) {
			t.Errorf("database %d: title or parent is not the bytes of the file", i+1)
		}
	}
	for i, line := range fixtureLines(t, "data_sources.ndjson") {
		d, err := decodeDataSource(line)
		if err != nil {
			t.Errorf("data source %d: %v", i+1, err)
			continue
		}
		want := rawObject(t, line)
		delete(want, "request_id")
		if diff := cmp.Diff(want, rawObject(t, d.Raw)); diff != "" {
			t.Errorf("data source %d: raw (-want +got)\n%s", i+1, diff)
		}
		if !bytes.Equal(d.Properties, want["properties"]) || d.DatabaseID == "" || d.Partial {
			t.Errorf("data source %d: not whole", i+1)
		}
	}
}

func TestRecordedUsersDecode(t *testing.T) {
	for i, line := range fixtureLines(t, "users.ndjson") {
		b, err := decodeBot(line)
		if bytes.Contains(line, []byte(`"id":"****"`)) {
			if err == nil || err.Error() != `at /id: "****" is not a UUID` {
				t.Errorf("user %d: error %v", i+1, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("user %d: %v", i+1, err)
		}
		if bytes.Contains(line, []byte(`"workspace_id"`)) && b.WorkspaceID == "" {
			t.Errorf("user %d: workspace not found", i+1)
		}
	}
}

// Results of every API version decode: pages, data sources and, before 2025, databases.
func TestRecordedSearchRowsDecode(t *testing.T) {
	for i, line := range fixtureLines(t, "search_responses.ndjson") {
		list, err := decodePageList(line)
		if err != nil {
			t.Errorf("search response %d: %v", i+1, err)
			continue
		}
		var results []struct {
			CreatedTime time.Time `json:"created_time"`
		}
		if err := json.Unmarshal(rawObject(t, line)["results"], &results); err != nil {
			t.Fatal(err)
		}
		if len(list.Created) != len(results) || len(list.Pages)+len(list.DataSources)+len(list.Unreadable) != len(results) {
			t.Errorf("search response %d: %d pages, %d data sources and %d unreadable rows of %d", i+1, len(list.Pages), len(list.DataSources), len(list.Unreadable), len(results))
			continue
		}
		for _, bad := range list.Unreadable {
			if !strings.Contains(bad.Error(), `the row is a "database"`) {
				t.Errorf("search response %d: %v", i+1, bad)
			}
		}
		for n, row := range results {
			if !list.Created[n].Equal(row.CreatedTime) {
				t.Errorf("search response %d: row %d was created at %v, want %v", i+1, n, list.Created[n], row.CreatedTime)
			}
		}
	}
}

// Completion reads property items. For the types that are always lists only single
// items were recorded; a property of another type is a single item, not a list.
func TestRecordedPropertyItemsDecode(t *testing.T) {
	for i, line := range fixtureLines(t, "property_items.ndjson") {
		item := rawObject(t, line)
		kind := stringOf(item["type"])
		value, _, err := decodePropertyItems([]byte(listJSON("", string(line))), kind)
		switch want := item[kind]; {
		case string(want) == "null":
			if err == nil || !strings.Contains(err.Error(), "the entry has no "+kind) {
				t.Errorf("item %d: error %v, want one about its null", i+1, err)
			}
		case err != nil || len(value) != 1 || !bytes.Equal(value[0], want):
			t.Errorf("item %d: %s, %v; want %s", i+1, value, err, want)
		}
		if _, _, err := decodePropertyItems(line, kind); err == nil || !strings.Contains(err.Error(), "not a list") {
			t.Errorf("item %d alone: error %v, want that it is not a list", i+1, err)
		}
	}
}

func TestRecordedErrorsAreRead(t *testing.T) {
	kinds := map[string]error{"invalid_request_url": ErrInvalidRequest, "unauthorized": ErrUnauthorized, "object_not_found": ErrNotFound}
	for i, line := range fixtureLines(t, "errors.ndjson") {
		var said struct {
			Status        int
			Code, Message string
			RequestID     string `json:"request_id"`
		}
		if err := json.Unmarshal(line, &said); err != nil {
			t.Fatal(err)
		}
		var requests int
		var err error
		synctest.Test(t, func(t *testing.T) {
			c, s := newScripted(t, reply{status: said.Status, body: string(line), header: map[string]string{"X-Notion-Request-Id": ""}})
			_, err = c.Page(t.Context(), pageID)
			requests = len(s.requests)
		})
		want := 1
		if said.Status == http.StatusUnauthorized {
			want = 2 // a refusal counts the second time
		}
		if kinds[said.Code] == nil || !errors.Is(err, kinds[said.Code]) || requests != want {
			t.Errorf("error %d: %v after %d requests, want %v after %d", i+1, err, requests, kinds[said.Code], want)
			continue
		}
		got := asError(t, err)
		if got.Status != said.Status || got.Code != said.Code || got.Message != said.Message || got.RequestID != said.RequestID {
			t.Errorf("error %d: read as %+v", i+1, got)
		}
	}
}
