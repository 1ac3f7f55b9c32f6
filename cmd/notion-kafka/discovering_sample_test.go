package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"notion-kafka/notion"
	"notion-kafka/notion/notiontest"
	"notion-kafka/producer/control"
)

func (l *looker) sample(d control.Draft, stream string) control.Sample {
	l.t.Helper()
	sample, err := l.Sample(l.t.Context(), d, stream)
	if err != nil {
		l.t.Fatal(err)
	}
	return sample
}

// addPlans adds a database with seven rows and properties of several kinds.
func (l *looker) addPlans() *notiontest.Database {
	db := l.workspace.AddDatabase("Plans",
		notiontest.Prop{Name: "Status", Kind: notiontest.KindSelect}, notiontest.Prop{Name: "Amount", Kind: notiontest.KindNumber},
		notiontest.Prop{Name: "Plan", Kind: notiontest.KindTitle}, notiontest.Prop{Name: "Sure", Kind: notiontest.KindCheckbox})
	for n := range 7 {
		db.AddPage("<b>Plan</b>\n"+strings.Repeat("x", 200*(n%2)), notiontest.Values{"Status": "Done", "Amount": float64(n) + 0.5})
		<-time.After(time.Minute) // rows of one minute have no order
	}
	return db
}

// Five rows are shown as a person reads them, from one query where the last discovery knows
// the data source.
func TestSampleOfAKnownDatabase(t *testing.T) {
	looks(t, func(l *looker) {
		db := l.addPlans()
		d := l.spec(`,"exclude_properties":["Sure"]`)
		found := l.discover(d)
		d.Found = &found
		before := len(l.workspace.Requests())
		got := l.sample(d, "database_"+db.ID())
		if sent := l.workspace.Requests()[before:]; len(sent) != 1 || sent[0].Endpoint != "POST /v1/data_sources/{id}/query" {
			t.Errorf("sent %v", sent)
		}
		long := "<b>Plan</b> " + strings.Repeat("x", 107) + "…"
		want := control.Sample{
			Stream: "database_" + db.ID(), Columns: []string{"Plan", "Amount", "Status"}, More: true,
			Rows: [][]string{{"<b>Plan</b>", "0.5", "Done"}, {long, "1.5", "Done"}, {"<b>Plan</b>", "2.5", "Done"}, {long, "3.5", "Done"}, {"<b>Plan</b>", "4.5", "Done"}},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("sample (-want +got):\n%s", diff)
		}
	})
}

// Without a discovery the database is retrieved, and the columns are in the order of its
// schema. A rule of the database, also one that leaves it out, has its own excluded
// properties.
func TestSampleOfADatabaseByItsID(t *testing.T) {
	looks(t, func(l *looker) {
		db := l.addPlans()
		db.AddDataSource("Others")
		got := l.sample(l.spec(`,"exclude_properties":["Status"],"streams":[{"match":"title:plans","enabled":false,"exclude_properties":["Amount"]}]`), strings.ReplaceAll(db.ID(), "-", ""))
		if diff := cmp.Diff([]string{"Plan", "Status", "Sure"}, got.Columns); diff != "" || len(got.Rows) != 5 || got.Stream != "database_"+db.ID() {
			t.Errorf("%s: %d rows (-want +got):\n%s", got.Stream, len(got.Rows), diff)
		}
	})
}

// An empty database has no rows and no columns, and is no error. Notion may answer with
// fewer rows than it has.
func TestSampleOfFewRows(t *testing.T) {
	looks(t, func(l *looker) {
		got := l.sample(l.spec(""), "database_"+l.workspace.AddDatabase("Empty").ID())
		if text, err := json.Marshal(got); err != nil || !strings.HasSuffix(string(text), `"columns":[],"rows":[],"more":false}`) {
			t.Errorf("%s, %v", text, err)
		}
		db := l.addPlans()
		l.workspace.FailNext("POST /v1/data_sources/{id}/query", notiontest.ShortPage(0), notiontest.ShortPage(2))
		if got := l.sample(l.spec(""), "database_"+db.ID()); len(got.Rows) != 5 || !got.More {
			t.Errorf("%d rows, more %t", len(got.Rows), got.More)
		}
	})
}

// What stands in the way of a sample is said without the token.
func TestSampleIsRefused(t *testing.T) {
	looks(t, func(l *looker) {
		l.workspace.AddDatabase("Tasks")
		const unknown = "database_248104cd-477e-80fd-b757-e945d38000bd"
		for _, stream := range []string{"", "databases", "database_*", "database_../../users", strings.Repeat("x", 5000)} {
			_, err := l.Sample(l.t.Context(), l.spec(""), stream)
			mustSayKind(l.t, err, control.Invalid, "is no stream of a database")
		}
		_, err := l.Sample(l.t.Context(), l.spec(""), unknown)
		mustSayKind(l.t, err, control.Conflict, "reading a sample: ", "share the database with the connection")
		_, err = l.Sample(l.t.Context(), control.Draft{Spec: json.RawMessage(`{"token":"ntn_hunter2"}`)}, unknown)
		if mustSayKind(l.t, err, control.Conflict, "reading a sample: Notion refuses the token"); strings.Contains(err.Error(), "hunter2") {
			t.Error(err)
		}
		_, err = l.Sample(l.t.Context(), control.Draft{Spec: json.RawMessage(`{}`)}, unknown)
		mustSayKind(l.t, err, control.Conflict, "reading a sample: no token is given")
		l.workspace.FailNext("GET /v1/databases/{id}", notiontest.BadGateway(), notiontest.BadGateway(), notiontest.BadGateway(), notiontest.BadGateway(), notiontest.BadGateway())
		_, err = l.Sample(l.t.Context(), l.spec(""), unknown)
		mustSayKind(l.t, err, control.Unavailable, "asking Notion for rows of the database: ")
	})
}

// A sample has at most thirty columns, and none for buttons. Rows may lack a property.
func TestColumnsOfASample(t *testing.T) {
	members := []string{`"Go":{"type":"button","button":{}}`, `"Zoo":{"type":"title","title":[{"plain_text":"x"}]}`, `"Odd":7`}
	for n := range 40 {
		members = append(members, fmt.Sprintf(`"P%02d":{"type":"number","number":%d}`, n, n))
	}
	first := notion.Page{Properties: []byte("{" + strings.Join(members, ",") + "}")}
	second := notion.Page{Properties: []byte(`{"P00":{"type":"number","number":7},"Zoo":{"type":"title","title":[]}}`)}
	got := sampled{pages: []notion.Page{first, second, {Properties: []byte("null")}}, schema: []string{"P05", "Zoo"}}.table("s", []string{"P01"})
	if len(got.Columns) != 30 || !slices.Equal(got.Columns[:4], []string{"Zoo", "P05", "Odd", "P00"}) || slices.Contains(got.Columns, "Go") || slices.Contains(got.Columns, "P01") {
		t.Errorf("columns %q", got.Columns)
	}
	for i, want := range [][]string{{"x", "5", "", "0"}, {"", "", "", "7"}, {"", "", "", ""}} {
		if row := got.Rows[i]; len(row) != 30 || !slices.Equal(row[:4], want) {
			t.Errorf("row %d is %q", i, row)
		}
	}
}
