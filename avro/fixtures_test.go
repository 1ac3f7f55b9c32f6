package avro

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/oauth2"

	"notion-kafka/notion"
)

// Every page recorded from real workspaces, alone or in a list, is the same after
// encoding and decoding, field by field.
func TestRecordedPagesSurvive(t *testing.T) {
	objects := recordedPages(t)
	encoder := NewPageEncoder(1)
	survived := 0
	for _, one := range objects {
		page, err := notion.DecodePage(one.text)
		if err != nil {
			if one.str("id") != "****" { // starred out when it was recorded
				t.Errorf("page %s: %v", one.str("id"), err)
			}
			continue
		}
		frame, err := encoder.Append(nil, &page)
		if err != nil {
			t.Error(err)
			continue
		}
		var title *string
		if page.Title != nil {
			text := one.title(t)
			title = &text
		}
		parent := parseObject(t, one.fields["parent"])
		want := map[string]any{
			"id": one.id("id"), "object": "page",
			"created_time": one.time(t, "created_time"), "last_edited_time": one.time(t, "last_edited_time"),
			"properties": one.raw("properties"), "parent": one.raw("parent"), "cover": one.raw("cover"), "icon": one.raw("icon"),
			"created_by": one.raw("created_by"), "last_edited_by": one.raw("last_edited_by"),
			"archived": one.trashed(), "in_trash": one.trashed(), "is_archived": one.flag("is_archived"), "is_locked": one.flag("is_locked"),
			"url": one.str("url"), "public_url": one.value(t, "public_url"), "title": title,
			"database_id": parent.id("database_id"), "data_source_id": parent.id("data_source_id"),
			"created_by_id": one.userID(t, "created_by"), "last_edited_by_id": one.userID(t, "last_edited_by"),
		}
		if diff := cmp.Diff(asJSON(t, want), fieldsOf(t, PageSchema, frame)); diff != "" {
			t.Errorf("page %s (-recorded +decoded)\n%s", page.ID, diff)
		}
		survived++
	}
	if survived == 0 {
		t.Error("no page was read")
	}
	t.Logf("%d of %d recorded pages", survived, len(objects))
}

// recordedPages are the pages recorded from real workspaces, alone or in a list.
func recordedPages(t *testing.T) []object {
	t.Helper()
	objects := recorded(t, "pages.ndjson")
	for _, name := range []string{"query_responses.ndjson", "search_responses.ndjson"} {
		for _, list := range recorded(t, name) {
			var results []json.RawMessage
			if err := json.Unmarshal(list.fields["results"], &results); err != nil {
				t.Fatal(err)
			}
			for _, raw := range results {
				if one := parseObject(t, raw); one.str("object") == "page" {
					objects = append(objects, one)
				}
			}
		}
	}
	return objects
}

// Every recorded database, with its recorded data sources, is the same after
// encoding and decoding.
func TestRecordedDatabasesSurvive(t *testing.T) {
	databases := recorded(t, "databases.ndjson")
	sources := map[string]object{}
	for _, source := range recorded(t, "data_sources.ndjson") {
		sources[source.str("id")] = source
	}
	encoder := NewDatabaseEncoder(1)
	whole := 0
	for _, one := range databases {
		client, err := notion.NewClient(notion.Options{
			Tokens: oauth2.StaticTokenSource(&oauth2.Token{AccessToken: "ntn_recorded"}),
			Transport: replay(func(path string) []byte {
				id := path[strings.LastIndex(path, "/")+1:]
				if strings.HasPrefix(path, "/v1/databases/") {
					return one.text
				}
				return sources[id].text
			}),
		})
		if err != nil {
			t.Fatal(err)
		}
		database, err := client.Database(t.Context(), one.str("id"))
		if err != nil {
			t.Errorf("database %s: %v", one.str("id"), err)
			continue
		}
		frame, err := encoder.Append(nil, database)
		if err != nil {
			t.Error(err)
			continue
		}
		got := fieldsOf(t, DatabaseSchema, frame)
		want := map[string]any{
			"id": one.id("id"), "object": "database", "title": one.raw("title"),
			"created_time": one.time(t, "created_time"), "last_edited_time": one.time(t, "last_edited_time"),
			"cover": one.raw("cover"), "icon": one.raw("icon"), "parent": one.raw("parent"),
			"url": one.str("url"), "public_url": one.value(t, "public_url"),
			"archived": one.trashed(), "in_trash": one.trashed(), "is_inline": one.flag("is_inline"),
		}
		for name, value := range asJSON(t, want) {
			if diff := cmp.Diff(value, got[name]); diff != "" {
				t.Errorf("database %s, %s (-recorded +decoded)\n%s", database.ID, name, diff)
			}
		}
		if len(database.DataSources) == 0 || database.DataSources[0].Partial {
			continue
		}
		whole++
		source := sources[database.DataSources[0].ID]
		want = map[string]any{"properties": source.raw("properties"), "created_by": source.raw("created_by"), "last_edited_by": source.raw("last_edited_by")}
		for name, value := range asJSON(t, want) {
			if diff := cmp.Diff(value, got[name]); diff != "" {
				t.Errorf("data source of %s, %s (-recorded +decoded)\n%s", database.ID, name, diff)
			}
		}
	}
	if whole == 0 {
		t.Error("no database has a recorded data source")
	}
	t.Logf("%d recorded databases, %d with their data source", len(databases), whole)
}

// replay answers a request with the recording for its path; nil is Notion's 404.
type replay func(path string) []byte

// RoundTrip implements http.RoundTripper.
func (r replay) RoundTrip(req *http.Request) (*http.Response, error) {
	status, body := http.StatusOK, r(req.URL.Path)
	if body == nil {
		status, body = http.StatusNotFound, []byte(`{"object":"error","status":404,"code":"object_not_found","message":"Could not find it."}`)
	}
	return &http.Response{
		StatusCode: status, Header: http.Header{"Content-Type": {"application/json"}},
		Body: io.NopCloser(bytes.NewReader(body)), Request: req,
	}, nil
}
