package pages

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"notion-kafka/producer/control"
)

var onDesk = Shell{Root: "../", Now: noon}

func TestCatalogIsFiltered(t *testing.T) {
	for _, test := range []struct {
		filter string
		want   []string
	}{
		{"", []string{"notion.acme.customers", "notion.acme.databases", "notion.acme.incidents", "notion.acme.projects", "notion.hotel.rooms"}},
		{" PROJ ", []string{"notion.acme.projects"}},
		{"hotel", []string{"notion.hotel.rooms"}},
		{"flink", []string{"notion.acme.customers", "notion.acme.projects"}},
		{"nothing like it", nil},
	} {
		var got []string
		for _, row := range NewCatalog(onDesk, tablesOfAcme(), test.filter).Rows {
			got = append(got, row.Topic)
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("with %q the topics are %v, want %v", test.filter, got, test.want)
		}
	}
}

// What was published on another day is not of today.
func TestCatalogCountsToday(t *testing.T) {
	tables := tablesOfAcme()[:2]
	tables[1].Today.Day = "2026-11-28"
	rows := NewCatalog(onDesk, tables, "").Rows
	if rows[0].Changed != 218 || rows[0].Of() != "3 new, 214 changed, 1 deleted" || rows[1].Changed != 0 {
		t.Errorf("today are %d (%s) and %d", rows[0].Changed, rows[0].Of(), rows[1].Changed)
	}
}

// The list says which topics have typed columns.
func TestCatalogMarksTypedColumns(t *testing.T) {
	tables := tablesOfAcme()
	for i := range tables {
		tables[i].Typed = tables[i].Topic == "notion.acme.projects"
	}
	text := draw(t, piece{"catalog", NewCatalog(onDesk, tables, "")})
	if strings.Count(text, " · typed<") != 1 || !strings.Contains(text, "<code>notion.acme.projects</code> · typed<") {
		t.Errorf("the topics are marked so:\n%s", text)
	}
}

// Links of a topic keep what the person chose, and change one thing.
func TestTopicAddresses(t *testing.T) {
	query := TopicQuery{View: ViewLog, Op: "update", Key: "a b", Text: "x&y", Columns: []string{"Status", "Due=1"}, Before: "0:7"}
	page := NewTopic(onDesk, projectsTopic(), query, control.RecordPage{Next: map[int32]int64{0: 3, 2: 9}})
	chosen := url.Values{"op": {"update"}, "key": {"a b"}, "q": {"x&y"}, "col": {"Status", "Due=1"}}
	for _, test := range []struct {
		name, address string
		want          map[string][]string
	}{
		{"older", page.Older(), map[string][]string{"view": {"log"}, "before": {"0:3,2:9"}}},
		{"newest", page.First(), map[string][]string{"view": {"log"}}},
		{"now", page.As(ViewNow), map[string][]string{"view": {"now"}}},
		{"other columns", page.Fullest(), map[string][]string{"view": {"log"}, "before": {"0:7"}, "col": nil}},
		{"all", page.All(), map[string][]string{"view": {"log"}, "op": nil, "key": nil, "q": nil}},
	} {
		address, err := url.Parse(test.address)
		if err != nil || address.Path != "../catalog/notion.acme.projects" {
			t.Fatalf("%s leads to %s (%v)", test.name, test.address, err)
		}
		want := url.Values{}
		for _, values := range []map[string][]string{chosen, test.want} {
			for name, value := range values {
				if want[name] = value; value == nil {
					delete(want, name)
				}
			}
		}
		if diff := cmp.Diff(want, address.Query()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
	if last := NewTopic(onDesk, projectsTopic(), query, control.RecordPage{}); last.Older() != "" {
		t.Errorf("after the last page comes %s", last.Older())
	}
}

// A console without contents shows none, whatever it is given.
func TestNoContents(t *testing.T) {
	hidden := onDesk
	hidden.NoContents = true
	past := historyOfProject()
	if page := NewTopic(hidden, projectsTopic(), TopicQuery{}, control.RecordPage{Records: mixedRecords()}); len(page.Records) > 0 || len(page.Sheet.Columns) > 0 {
		t.Errorf("the page keeps %d records", len(page.Records))
	}
	for _, page := range []Page{
		NewTopic(hidden, projectsTopic(), TopicQuery{}, control.RecordPage{Records: mixedRecords(), Bound: "Website relaunch"}),
		NewRecord(hidden, projectsTopic(), past.Versions[1].TopicRecord, past),
	} {
		html := draw(t, piece{"hidden", page})
		for _, content := range []string{"Website", "Old plan", "In progress", "example.com", "59833787"} {
			if strings.Contains(html, content) {
				t.Errorf("the page %s shows %q", page.template(), content)
			}
		}
		if !strings.Contains(html, "console.preview: false") || !strings.Contains(html, "/use\"") {
			t.Errorf("the page %s does not say why it shows nothing, or how to see it", page.template())
		}
	}
}

// A record says what happened to its page, also where there is nothing to compare.
func TestHistorySays(t *testing.T) {
	past, _ := pastOf(historyOfProject(), control.TopicRecord{Offset: 4210})
	var got []string
	for _, version := range past {
		got = append(got, version.Says)
	}
	want := []string{"", "", "Published again; nothing differs.", "The page came back.", "", "The first record of this page that the topic has."}
	if !slices.Equal(got, want) {
		t.Errorf("the history says %q, want %q", got, want)
	}
	if !past[1].This || past[0].This {
		t.Error("the record of the page is not marked")
	}
	one := control.Version{TopicRecord: recordAt(1, "update", projectValue(0))}
	if past, _ := pastOf(control.History{Versions: []control.Version{one}, Bound: "bounded"}, control.TopicRecord{}); past[0].Says != "The oldest record that was looked at." {
		t.Errorf("of a bounded history the oldest says %q", past[0].Says)
	}
	broken := control.Version{TopicRecord: control.TopicRecord{Error: "no"}}
	if past, _ := pastOf(control.History{Versions: []control.Version{one, broken}}, control.TopicRecord{}); past[0].Says != "What changed is not known: the record before it cannot be decoded." {
		t.Errorf("beside a broken record it says %q", past[0].Says)
	}
}

// However much a record has, its page stays short, and says what it leaves out.
func TestRecordIsBounded(t *testing.T) {
	past := control.History{}
	for i := range 200 {
		version := control.Version{TopicRecord: recordAt(int64(i), "update", projectValue(0))}
		for range 50 {
			version.Changes = append(version.Changes, control.Change{Property: "P", Before: jsonOf(strings.Repeat("a", 3000)), After: jsonOf(strings.Repeat("b", 3000))})
		}
		past.Versions = append(past.Versions, version)
	}
	page := NewRecord(onDesk, newTopic(), hugeRecord(), past)
	if size := len(draw(t, piece{"bounded", page})); size > 1_200_000 {
		t.Errorf("the page has %d bytes", size)
	}
	if !page.Cut || !page.Properties[0].Cut || !page.Properties[0].Short || page.Earlier != 170 || page.Past[0].More != 38 {
		t.Errorf("not said to be cut: JSON %t, text %t, its JSON %t, %d versions, %d changes", page.Cut, page.Properties[0].Cut, page.Properties[0].Short, page.Earlier, page.Past[0].More)
	}
	properties := map[string]any{}
	for i := range 40 {
		properties[strings.Repeat("p", i+1)] = map[string]any{"type": "rich_text", "rich_text": rich(strings.Repeat("x", 15_000))}
	}
	if page := NewRecord(onDesk, newTopic(), recordAt(1, "create", value("T", properties)), control.History{}); page.Unlisted == 0 || page.Unlisted+len(page.Properties) != 40 {
		t.Errorf("%d properties are listed, %d not", len(page.Properties), page.Unlisted)
	}
}

// Headers of another producer lead nowhere.
func TestHeadersLeadToWhatIsNamed(t *testing.T) {
	links := func(record control.TopicRecord) (all []string) {
		for _, note := range NewRecord(onDesk, newTopic(), record, control.History{}).Notes {
			if note.Link != "" {
				all = append(all, note.Link)
			}
		}
		return all
	}
	want := []string{"../runs/01KB8Q5RUN", "../sources/acme", "../sources/acme/streams/database_248104cd-477e-80fd-b757-e945d38000bd"}
	if got := links(recordsOf(1)[0]); !slices.Equal(got, want) {
		t.Errorf("the headers lead to %q, want %q", got, want)
	}
	for _, record := range uglyRecords() {
		if got := links(record); len(got) > 0 {
			t.Errorf("%q leads to %q", record.Headers, got)
		}
	}
}

func TestTypesInWords(t *testing.T) {
	for _, test := range []struct {
		schema, want string
		optional     bool
	}{
		{`"string"`, "text", false},
		{`["null","string"]`, "text", true},
		{`{"type":"long","logicalType":"timestamp-millis"}`, "timestamp in milliseconds (UTC)", false},
		{`["null",{"type":"array","items":"string"}]`, "list of texts", true},
		{`"boolean"`, "true or false", false},
		{`{"type":"boolean"}`, "true or false", false},
		{`["null","string","double"]`, "text or number", true},
		{`{"type":"map","values":"long"}`, "whole numbers by name", false},
		{`{"type":"enum","symbols":["A","B"]}`, "one of A, B", false},
		{`{"type":"record","name":"R"}`, "record R", false},
		{`{`, "unknown", false},
		{``, "unknown", false},
		{`17`, "unknown", false},
	} {
		if got, optional := typeWords(json.RawMessage(test.schema), 0); got != test.want || optional != test.optional {
			t.Errorf("%s is %q, optional %t; want %q, %t", test.schema, got, optional, test.want, test.optional)
		}
	}
}

func TestSchemaFields(t *testing.T) {
	_, fields := fieldsOfSchema(pageSchema(`,{"name":"is_locked","type":"boolean","default":false,"doc":"Locked."}`))
	want := []schemaField{
		{Name: "last_edited_time", Type: "timestamp in milliseconds (UTC); Notion knows minutes", Doc: "When the page was last edited, UTC. Notion floors it to the minute."},
		{Name: "tags", Type: "list of texts", Optional: true, Property: "Tags", Kind: "multi_select", ID: "ta"},
		{Name: "is_locked", Type: "true or false", Doc: "Locked.", Default: "false"},
	}
	if diff := cmp.Diff(want, []schemaField{fields[1], fields[4], fields[5]}); diff != "" {
		t.Errorf("the fields (-want +got):\n%s", diff)
	}
}

func TestDiff(t *testing.T) {
	lines := func(text string) []string { return strings.Split(text, " ") }
	for _, test := range []struct{ before, after, want string }{
		{"a b c", "a b c", ""},
		{"a b c", "a x c", " a|−b|+x| c"},
		{"1 2 3 4 5 6 7 8 9", "1 2 3 4 5 6 7 8 9 10", " …| 7| 8| 9|+10"},
		{"a 1 2 3 4 5 6 7 8 b", "A 1 2 3 4 5 6 7 8 B", "−a|+A| 1| 2| 3| …| 6| 7| 8|−b|+B"},
		{"a b c d", "b d e", "−a| b|−c| d|+e"},
	} {
		var got []string
		for _, line := range diff(lines(test.before), lines(test.after)) {
			got = append(got, line.Sign+line.Text)
		}
		if have := strings.Join(got, "|"); have != test.want {
			t.Errorf("%s and %s differ by %q, want %q", test.before, test.after, have, test.want)
		}
	}
	var long, other []string
	for i := range 3000 {
		long, other = append(long, strings.Repeat("a", i%7)), append(other, strings.Repeat("b", i%5+1))
	}
	if got := len(diff(long, other)); got < 3000 || got > 6000 {
		t.Errorf("two long texts differ by %d lines", got)
	}
}

// A property of a record leads to a page of the topic that its relation is of.
func TestRelationsLead(t *testing.T) {
	record := recordAt(1, "create", projectValue(2))
	if html := draw(t, piece{"record", NewRecord(onDesk, projectsTopic(), record, control.History{})}); !strings.Contains(html, `href="../catalog/notion.acme.customers?view=log&amp;key=248104cd-477e-80fd-b757-000000000001"`) {
		t.Error("the record does not lead to the customers")
	}
	if html := draw(t, piece{"topic", NewTopic(onDesk, projectsTopic(), TopicQuery{Columns: []string{"Customer"}}, control.RecordPage{Records: []control.TopicRecord{record}})}); !strings.Contains(html, `href="../catalog/notion.acme.customers?view=log&amp;key=248104cd-477e-80fd-b757-000000000001"`) {
		t.Error("the table does not lead to the customers")
	}
}
