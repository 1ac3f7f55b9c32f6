package catalog

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kgo"

	"notion-kafka/producer/control"
)

func (w *recorded) fewPages() {
	w.page(0, "a", "A 1", `{"N":{"id":"n","type":"number","number":1}}`)
	w.page(1, "b", "B 1", `{}`)
	w.page(0, "a", "A 2", `{"N":{"id":"n","type":"number","number":2}}`)
	w.tombstone(1, "b")
	w.page(0, "c", "C \\ \u00dcber", `{"Note":{"id":"x","rich_text":"He said \"\u00e9t\u00c9\" <b>\\d+</b> \ud83d\ude80 C:\\new"}}`)
	w.page(1, "a", "A 3", `{}`) // the topic got a partition
	w.page(0, "d", "D 1", `{}`)
	w.tombstone(0, "d")
}

func TestRecordsOfTheLogAndNow(t *testing.T) {
	w := newRecorded(t)
	w.fewPages()
	log := []string{"0/4 d deleted D 1", "0/3 d D 1", "1/2 a A 3", `0/2 c C \ Über`, "1/1 b deleted B 1", "0/1 a A 2", "1/0 b B 1", "0/0 a A 1"}
	for _, limit := range []int{1, 2, 3, 100} {
		if diff := cmp.Diff(log, brief(w.mustFind(pages, control.RecordQuery{Limit: limit}))); diff != "" {
			t.Errorf("the log, %d a page:\n%s", limit, diff)
		}
		// What comes first of a key is its last record, also on later pages.
		if diff := cmp.Diff([]string{"1/2 a A 3", `0/2 c C \ Über`}, brief(w.mustFind(pages, control.RecordQuery{Limit: limit, Now: true}))); diff != "" {
			t.Errorf("now, %d a page:\n%s", limit, diff)
		}
	}
	for before, want := range map[string]string{"2": "1/1", "0:1": "1/2", "1:0,0:1": "0/0", "0": "", "99": "0/4"} {
		offsets, err := control.ParseBefore(before)
		if err != nil {
			t.Fatal(err)
		}
		page, err := w.Records(t.Context(), pages, control.RecordQuery{Limit: 1, Before: offsets})
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(brief(page.Records), ""); !strings.HasPrefix(got, want) || (got == "") != (want == "") {
			t.Errorf("before %s is %s, want that at %s", before, got, want)
		}
	}
	if w.asked.Load() != 0 {
		t.Errorf("the owners were asked for a topic that the history names, %d times", w.asked.Load())
	}
}

func TestRecordsThatAQueryChooses(t *testing.T) {
	w := newRecorded(t)
	w.fewPages()
	for _, test := range []struct {
		query control.RecordQuery
		want  string
	}{
		{control.RecordQuery{Key: "a"}, "1/2 0/1 0/0"},
		{control.RecordQuery{Key: "a", Now: true}, "1/2"},
		{control.RecordQuery{Key: "b", Now: true}, ""},
		{control.RecordQuery{Key: "A"}, ""},
		{control.RecordQuery{Op: "delete"}, "0/4 1/1"},
		{control.RecordQuery{Op: "delete", Now: true}, ""},
		{control.RecordQuery{Op: "create"}, ""},
		{control.RecordQuery{Text: "a 2"}, "0/1"},
		{control.RecordQuery{Text: "DELETE"}, "0/4 1/1"},
		{control.RecordQuery{Text: `SAID "E` + "\u0301" + `té"`}, "0/2"}, // another form of the letter
		{control.RecordQuery{Text: `<B>\D+</b>`}, "0/2"},
		{control.RecordQuery{Text: `c \ ÜBER`}, "0/2"},
		{control.RecordQuery{Text: "🚀"}, "0/2"},
		{control.RecordQuery{Text: `c:\new`}, "0/2"},
		{control.RecordQuery{Text: `"number":2`}, "0/1"},
		{control.RecordQuery{Text: "a 2", Now: true}, ""},
		{control.RecordQuery{Text: "nowhere"}, ""},
		{control.RecordQuery{Key: "a", Op: "update", Text: "A 1"}, "0/0"},
	} {
		for _, limit := range []int{1, 50} {
			query := test.query
			query.Limit = limit
			var at []string
			for _, r := range w.mustFind(pages, query) {
				at = append(at, fmt.Sprintf("%d/%d", r.Partition, r.Offset))
			}
			if got := strings.Join(at, " "); got != test.want {
				t.Errorf("%+v finds %s, want %s", query, got, test.want)
			}
		}
	}
}

// What another program wrote is shown as it can be, and does no harm to the rest.
func TestRecordsOfAnotherProgram(t *testing.T) {
	w := newRecorded(t)
	for _, value := range []string{`{"a":1,"a":2}`, "text", "\x00\x00\x00\x00\x07junk", "\xff\xfe", "", strings.Repeat(`[`, 20_000)} {
		w.write(&kgo.Record{Topic: foreign, Value: []byte(value), Key: []byte("\xff\x00")})
	}
	w.write(&kgo.Record{Topic: foreign, Value: []byte("1")})
	w.write(&kgo.Record{Topic: foreign, Value: []byte("2")}) // without a key, as the one before
	w.write(&kgo.Record{Topic: foreign, Headers: op("\xff\x1b[31m")})
	got := w.mustFind(foreign, control.RecordQuery{Limit: 3})
	if len(got) != 9 || string(got[8].Value) != `{"a":1,"a":2}` || !strings.Contains(got[6].Error, "decoding an Avro body") || string(got[6].Raw) != "\x00\x00\x00\x00\x07junk" || string(got[4].Value) != `""` {
		t.Errorf("the records: %q", brief(got))
	}
	if now := brief(w.mustFind(foreign, control.RecordQuery{Limit: 3, Now: true})); len(now) != 3 || now[0] != "0/7  2" || now[1] != "0/6  1" {
		t.Errorf("now: %q", now)
	}
	history, err := w.History(t.Context(), foreign, "\xff\x00")
	if err != nil || len(history.Versions) != 6 {
		t.Errorf("the history: %+v, %v", history, err)
	}
}

// A registry that does not answer costs a request one wait, and the records are shown with
// the reason.
func TestRecordsWhileTheRegistryIsAway(t *testing.T) {
	w := newRecorded(t)
	w.fewPages()
	for range 2 {
		w.write(&kgo.Record{Topic: pages, Key: []byte("x"), Value: []byte("\x00\x00\x00\x00\x08")})
	}
	w.away.Store(true)
	for _, query := range []control.RecordQuery{{Limit: 50}, {Limit: 50, Text: "Über"}, {Limit: 50, Now: true}} {
		before := w.requests.Load()
		page, err := w.Records(t.Context(), pages, query)
		if err != nil {
			t.Fatal(err)
		}
		if asked := w.requests.Load() - before; asked != 1 {
			t.Errorf("%+v: the registry was asked %d times", query, asked)
		}
		for _, r := range page.Records {
			if !r.Tombstone() && (r.Error == "" || len(r.Raw) == 0) {
				t.Errorf("%+v: a record without its reason: %+v", query, r)
			}
		}
		if query.Text != "" && (!strings.Contains(page.Bound, "Of 8 records only the keys and headers were searched") || len(page.Records) != 0) {
			t.Errorf("the search finds %q and says %q", brief(page.Records), page.Bound)
		}
	}
	w.away.Store(false)
	before := w.requests.Load()
	if got := brief(w.mustFind(pages, control.RecordQuery{Limit: 50})); got[1] != "0/5 x !" || got[5] != `0/2 c C \ Über` || w.requests.Load() != before+2 {
		t.Errorf("after that the registry was asked %d times, and the records are %q", w.requests.Load()-before, got)
	}
}

func TestRecordsOfTopics(t *testing.T) {
	w := newRecorded(t)
	for topic, want := range map[string]string{
		pages: "", foreign: "", "missing": "", "other": "there is no topic other in the catalog",
	} {
		page, err := w.Records(t.Context(), topic, control.RecordQuery{Limit: 5})
		if err == nil && (want != "" || page.Records == nil || len(page.Records) > 0 || page.Next != nil) || err != nil && (want == "" || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %+v, %v", topic, page, err)
		}
		history, err := w.History(t.Context(), topic, "k")
		if err == nil && (want != "" || history.Versions == nil || len(history.Versions) > 0) || err != nil && (want == "" || !strings.Contains(err.Error(), want)) {
			t.Errorf("the history of %s: %+v, %v", topic, history, err)
		}
	}
	if none, err := w.Records(t.Context(), pages, control.RecordQuery{}); err != nil || len(none.Records) > 0 {
		t.Errorf("of none: %+v, %v", none, err)
	}
}

func TestRecord(t *testing.T) {
	w := newRecorded(t)
	w.fewPages()
	for at, want := range map[[2]int64]string{
		{0, 1}: "0/1 a A 2", {1, 1}: "1/1 b deleted B 1", {0, 4}: "0/4 d deleted D 1",
	} {
		record, err := w.Record(t.Context(), pages, int32(at[0]), at[1])
		if got := brief([]control.TopicRecord{record}); err != nil || got[0] != want {
			t.Errorf("%v: %q, %v", at, got, err)
		}
	}
	for at, want := range map[[2]int64]string{{0, 5}: "not written or not committed yet", {2, 0}: "has 2 partitions"} {
		_, err := w.Record(t.Context(), pages, int32(at[0]), at[1])
		if known := new(control.Error); !errors.As(err, &known) || known.Kind != control.NotFound || !strings.Contains(known.Message, want) {
			t.Errorf("%v: %v", at, err)
		}
	}
	if _, err := w.Record(t.Context(), "missing", 0, 0); err == nil {
		t.Error("a missing topic has a record")
	}
}

func TestHistory(t *testing.T) {
	w := newRecorded(t)
	w.fewPages()
	w.tombstone(0, "a")
	w.page(0, "a", "A 4", `{}`)
	history, err := w.History(t.Context(), pages, "a")
	if err != nil || history.Bound != "" || history.Key != "a" {
		t.Fatal(history, err)
	}
	var got []string
	for _, v := range history.Versions {
		line := brief([]control.TopicRecord{v.TopicRecord})[0]
		for _, c := range v.Changes {
			line += fmt.Sprintf("; %s", c.Property)
		}
		if v.Changes == nil {
			line += "; -"
		}
		got = append(got, line)
	}
	want := []string{"0/6 a A 4; -", "0/5 a deleted A 3; -", "1/2 a A 3; N; last_edited_time; created_time", "0/1 a A 2; N; last_edited_time; created_time", "0/0 a A 1; -"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// Values are left out before they fill the memory.
func TestRecordsHaveRoomForSoMuch(t *testing.T) {
	w := newRecorded(t)
	for range 40 {
		w.write(&kgo.Record{Topic: foreign, Key: []byte("k"), Value: bytes.Repeat([]byte{'x'}, 900_000)})
	}
	records := w.mustFind(foreign, control.RecordQuery{Limit: 100})
	held := 0
	for at, r := range records {
		if held += len(r.Value); (r.Error != "") != (at >= 37) {
			t.Errorf("record %d: %s", at, r.Error)
		}
	}
	if len(records) != 40 || held > mostHeld {
		t.Errorf("%d records of %d bytes", len(records), held)
	}
}

// Only some requests read at a time. One whose turn does not come says so.
func TestRecordsAreReadForAFewAtATime(t *testing.T) {
	w := newRecorded(t)
	for range mostSearches {
		end, err := w.beginReading(t.Context(), pages)
		if err != nil {
			t.Fatal(err)
		}
		defer end()
	}
	ended, end := context.WithCancel(t.Context())
	end()
	for name, request := range map[string]func() error{
		"Records": func() error {
			_, err := w.Records(ended, pages, control.RecordQuery{Limit: 1})
			return err
		},
		"Record":  func() error { _, err := w.Record(ended, pages, 0, 0); return err },
		"History": func() error { _, err := w.History(ended, pages, "a"); return err },
	} {
		if known := new(control.Error); !errors.As(request(), &known) || known.Kind != control.Unavailable || !strings.Contains(known.Message, "try again in a moment") {
			t.Errorf("%s: %v", name, request())
		}
	}
}
