package console

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"notion-kafka/producer/control"
)

// A recordBackend has a page of records and a history, and keeps what was asked for.
type recordBackend struct {
	*fakeBackend
	page    control.RecordPage
	history control.History
	asked   []any
}

func (b *recordBackend) Records(_ context.Context, _ string, query control.RecordQuery) (control.RecordPage, error) {
	b.asked = append(b.asked, query)
	return b.page, nil
}

func (b *recordBackend) History(_ context.Context, _, key string) (control.History, error) {
	b.asked = append(b.asked, key)
	return b.history, nil
}

const recordsPath = "/api/v1/catalog/" + topic + "/records"

func TestParametersOfRecords(t *testing.T) {
	for given, want := range map[string]control.RecordQuery{
		"":                      {Limit: 20},
		"?view=log":             {Limit: 20},
		"?view=now&limit=7":     {Limit: 7, Now: true},
		"?before=12":            {Limit: 20, Before: map[int32]int64{control.EveryPartition: 12}},
		"?before=0%3A12,3:4":    {Limit: 20, Before: map[int32]int64{0: 12, 3: 4}},
		"?before=&key=&op=":     {Limit: 20},
		"?key=a%26b&op=delete":  {Limit: 20, Key: "a&b", Op: "delete"},
		"?text=%20%C3%A4%22%3C": {Limit: 20, Text: ` ä"<`},
	} {
		backend := &recordBackend{fakeBackend: newFake(), page: control.RecordPage{Records: []control.TopicRecord{}}}
		answer := ask(t, newServer(t, backend, Options{}).handler(), request("GET", recordsPath+given, ""))
		if diff := cmp.Diff([]any{want}, backend.asked); diff != "" || answer.status != http.StatusOK || answer.body != "[]\n" {
			t.Errorf("%s: %d %s\n%s", given, answer.status, answer.body, diff)
		}
		if link, bound := answer.header.Get("Link"), answer.header.Get(boundHeader); link != "" || bound != "" {
			t.Errorf("%s: a whole answer has Link %q and bound %q", given, link, bound)
		}
	}
	for given, want := range map[string]string{
		"?view=all":    `query parameter view must be log, for all records, or now, for the last one of each key, not "all"`,
		"?op=undelete": `query parameter op must be one of snapshot, create, update, delete, not "undelete"`,
		"?before=x":    `query parameter before must be an offset, or partition:offset pairs such as 0:123,2:77, each partition once, not "x"`,
		"?q=x":         `unknown query parameter "q": this path takes limit, before, key, op, text, view`,
		"?key=a&key=b": `query parameter "key" is given 2 times`,
	} {
		expect(t, newServer(t, newFake(), Options{}), request("GET", recordsPath+given, ""), http.StatusBadRequest, want)
	}
}

// The address of the next page is relative, so that it leads to this console under any
// prefix, and keeps the other parameters.
func TestRecordsLeadToOlderOnes(t *testing.T) {
	backend := &recordBackend{fakeBackend: newFake(), page: control.RecordPage{
		Records: []control.TopicRecord{aRecord()}, Next: map[int32]int64{1: 77, 0: 123},
		Bound: "20,000 records were looked at here:\r\nSet-Cookie: \x00 – " + strings.Repeat("x", 2000),
	}}
	s := newServer(t, backend, Options{})
	answer := ask(t, s.handler(), request("GET", recordsPath+"?limit=1&key=a%26b%3E&before=500&view=now", ""))
	link, rel, found := strings.Cut(strings.TrimPrefix(answer.header.Get("Link"), "<"), ">")
	reference, err := url.Parse(link)
	if !found || rel != `; rel="next"` || err != nil {
		t.Fatalf("Link is %q", answer.header.Get("Link"))
	}
	asked, err := url.Parse("https://proxy.example/nk" + recordsPath + "?limit=1")
	if err != nil {
		t.Fatal(err)
	}
	next := asked.ResolveReference(reference)
	if next.Host != asked.Host || next.Path != asked.Path {
		t.Errorf("it leads to %s", next)
	}
	ask(t, s.handler(), request("GET", strings.TrimPrefix(next.RequestURI(), "/nk"), ""))
	want := control.RecordQuery{Limit: 1, Key: "a&b>", Now: true, Before: map[int32]int64{0: 123, 1: 77}}
	if diff := cmp.Diff(want, backend.asked[1]); diff != "" {
		t.Error(diff)
	}
	if bound := answer.header.Get(boundHeader); !strings.HasPrefix(bound, "20,000 records were looked at here:??Set-Cookie: ? ? xx") || len(bound) != 1000 {
		t.Errorf("the bound is %d bytes: %q", len(bound), bound)
	}
}

func TestOneRecord(t *testing.T) {
	s := newServer(t, newFake(), Options{})
	for path, want := range map[string]string{"/0/1": lastRecord, "/00/1": lastRecord} {
		if answer := ask(t, s.handler(), request("GET", recordsPath+path, "")); answer.status != http.StatusOK || strings.TrimSpace(answer.body) != want {
			t.Errorf("%s: %d %s", path, answer.status, answer.body)
		}
	}
	expect(t, s, request("GET", recordsPath+"/0/2", ""), http.StatusNotFound, "there is no such record")
	for _, path := range []string{"/x/1", "/0/x", "/-1/1", "/0/-1", "/2147483648/0", "/0/9223372036854775808"} {
		expect(t, s, request("GET", recordsPath+path, ""), http.StatusNotFound,
			"the path of a record ends in its partition and its offset, as in records/0/4711, not in records"+path)
	}
}

func TestHistoryOfAKey(t *testing.T) {
	version := control.Version{TopicRecord: aRecord()}
	version.Value, version.Schema = json.RawMessage(`{"a":1,"a":2}`), 7 // of another program
	same, changed := version, version
	same.Changes = []control.Change{}
	changed.Changes = []control.Change{{Property: "Done", ID: "%3Ab", Type: "checkbox", RenamedFrom: "Ready", Before: json.RawMessage("null"), After: json.RawMessage(`{"x":12345678901234567890}`)}}
	backend := &recordBackend{fakeBackend: newFake(), history: control.History{Versions: []control.Version{changed, same, version}, Bound: "The last 100."}}
	s := newServer(t, backend, Options{})
	answer := ask(t, s.handler(), request("GET", "/api/v1/catalog/"+topic+"/history?key=a%20b", ""))
	record := strings.TrimSuffix(strings.Replace(lastRecord, `"value":null`, `"value":{"a":1,"a":2},"schema_id":7`, 1), "}")
	want := `[` + record + `,"changes":[{"property":"Done","id":"%3Ab","type":"checkbox","renamed_from":"Ready","before":null,"after":{"x":12345678901234567890}}]},` +
		record + `,"changes":[]},` + record + `}]`
	if diff := cmp.Diff(want, strings.TrimSpace(answer.body)); diff != "" || answer.header.Get(boundHeader) != "The last 100." || backend.asked[0] != "a b" {
		t.Errorf("asked %v, bound %q\n%s", backend.asked, answer.header.Get(boundHeader), diff)
	}
	for _, path := range []string{"", "?key="} {
		expect(t, s, request("GET", "/api/v1/catalog/"+topic+"/history"+path, ""), http.StatusBadRequest,
			"query parameter key is missing: give the key of a record, which is the id of its page, dashed and in lower case")
	}
}

// console.preview: false withholds all of them.
func TestWithoutPreviewThereAreNoRecords(t *testing.T) {
	s := newServerAsIs(t, newFake(), Options{})
	for _, path := range []string{"/records", "/records/0/1", "/history?key=p"} {
		expect(t, s, request("GET", "/api/v1/catalog/"+topic+path, ""), http.StatusForbidden, errHidden().Error())
	}
}
