package console

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"notion-kafka/cmd/notion-kafka/console/pages"
	"notion-kafka/producer/control"
)

func TestATopicsAddressChoosesRecords(t *testing.T) {
	for _, test := range []struct {
		query pages.TopicQuery
		want  control.RecordQuery
	}{
		{pages.TopicQuery{}, control.RecordQuery{Now: true}},
		{pages.TopicQuery{View: "now"}, control.RecordQuery{Now: true}},
		{pages.TopicQuery{View: "log", Op: "delete", Text: " x", Before: "0:12,1:7"}, control.RecordQuery{Op: "delete", Text: " x", Before: map[int32]int64{0: 12, 1: 7}}},
		{pages.TopicQuery{Key: " page-7 "}, control.RecordQuery{Now: true, Key: "page-7"}},
	} {
		test.want.Limit = recordsOnPage
		got, err := recordsOf(test.query)
		if diff := cmp.Diff(test.want, got); diff != "" || err != nil {
			t.Errorf("%+v: %v\n%s", test.query, err, diff)
		}
	}
	s := newServer(t, newFake(), Options{})
	for path, why := range map[string]string{
		"?op=undelete":           "op must be one of snapshot, create, update, delete",
		"?before=x":              "before must be an offset",
		"/schema?version=0":      "version is a version of the schema",
		"/schema?with=x":         "with is a version of the schema",
		"/records/x/1":           "ends in its partition and its offset",
		"/records/0/-1":          "ends in its partition and its offset",
		"/schema.avsc?version=9": "has no version 9",
	} {
		if answer := ask(t, s.handler(), visit("/catalog/"+topic+path)); answer.status < 400 || answer.status >= 500 || !strings.Contains(answer.body, why) {
			t.Errorf("%s: %d, without %q: %s", path, answer.status, why, answer.body)
		}
	}
}

// A schema is a file with the name of its subject and version.
func TestASchemaIsAFile(t *testing.T) {
	s := newServer(t, newFake(), Options{})
	for _, query := range []string{"", "?version=2"} {
		answer := ask(t, s.handler(), visit("/catalog/"+topic+"/schema.avsc"+query))
		if got := answer.header.Get("Content-Disposition"); answer.status != http.StatusOK || answer.body != `"string"`+"\n" || got != `attachment; filename="`+topic+`-value-v2.avsc"` {
			t.Errorf("%s: %d, %s, %q", query, answer.status, answer.body, got)
		}
	}
}

// Without console.preview a topic and its schema are shown, and none of its records.
func TestWithoutPreviewATopicIsShownWithoutRecords(t *testing.T) {
	backend := newFake()
	s := newServerAsIs(t, backend, Options{})
	for _, path := range []string{"", "?view=log", "/schema", "/use", "/records/0/1"} {
		if answer := ask(t, s.handler(), visit("/catalog/"+topic+path)); answer.status != http.StatusOK || strings.Contains(answer.body, "notion-kafka.op") {
			t.Errorf("%s: %d %s", path, answer.status, answer.body)
		}
	}
	for _, done := range backend.done {
		if strings.HasPrefix(done, "record") || strings.HasPrefix(done, "history") {
			t.Errorf("the backend was asked for contents: %s", done)
		}
	}
}

// What is no id may be a name: that is no mistake.
func TestFindTakesNamesAndLinks(t *testing.T) {
	s := newServer(t, newFake(), Options{})
	for text, failed := range map[string]bool{"acme": false, "run-1": false, "https://www.notion.so/p/598337872cf94fdf8782e53db20768a5": false} {
		if answer := ask(t, s.handler(), visit("/find?page="+text)); answer.status != http.StatusOK || strings.Contains(answer.body, "Error:") != failed {
			t.Errorf("%s: %d %s", text, answer.status, answer.body)
		}
	}
}
