package rows

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"notion-kafka/producer/control"
)

// page is the value of a record of a page with properties, which are JSON.
func page(t *testing.T, title, properties string) json.RawMessage {
	t.Helper()
	text, err := json.Marshal(map[string]any{"object": "page", "title": title, "properties": properties, "in_trash": false, "url": "https://app.notion.com/p/x", "icon": `{"type":"emoji","emoji":"🥬"}`})
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// Each type of property is a cell as the console promises.
func TestCells(t *testing.T) {
	for _, test := range []struct {
		name, property string
		want           Cell
	}{
		{"select", `{"type":"select","select":{"id":"x","name":"Open","color":"blue"}}`, Cell{Text: "Open", Colour: "blue"}},
		{"status without a colour of Notion", `{"type":"status","status":{"name":"Open","color":"x\" onclick=\"y"}}`, Cell{Text: "Open"}},
		{"multi_select", `{"type":"multi_select","multi_select":[{"name":"a"},{"name":"b"},{"name":"c"},{"name":"d"}]}`, Cell{Text: "a, b, c +1"}},
		{"relation", `{"type":"relation","relation":[{"id":"1"},{"id":"2"}],"has_more":false}`, Cell{Text: "2 pages", Pages: []string{"1", "2"}}},
		{"long relation", `{"type":"relation","relation":[{"id":"1"},{"id":"2"},{"id":"3"},{"id":"4"},{"id":"5"},{"id":"6"},{"id":"7"}]}`, Cell{Text: "7 pages", Pages: []string{"1", "2", "3", "4", "5"}, More: 2}},
		{"url", `{"type":"url","url":"https://example.com/a?b=c"}`, Cell{Text: "https://example.com/a?b=c", Link: "https://example.com/a?b=c"}},
		{"url that runs", `{"type":"url","url":"javascript:alert(1)"}`, Cell{Text: "javascript:alert(1)"}},
		{"url that runs and has a host", `{"type":"url","url":"javascript://example.com/%0aalert(1)"}`, Cell{Text: "javascript://example.com/%0aalert(1)"}},
		{"url without a host", `{"type":"url","url":"https:///etc/passwd"}`, Cell{Text: "https:///etc/passwd"}},
		{"email", `{"type":"email","email":"a@example.com"}`, Cell{Text: "a@example.com"}},
		{"file", `{"type":"files","files":[{"name":"https://x.example.com/brief.pdf?secret=1"}]}`, Cell{Text: "brief.pdf"}},
		{"digits", `{"type":"number","number":12345678901234567890}`, Cell{Text: "12345678901234567890"}},
		{"date", `{"type":"date","date":{"start":"2026-12-01","end":"2026-12-02","time_zone":null}}`, Cell{Text: "2026-12-01 → 2026-12-02"}},
		{"formula that Notion cut", `{"type":"formula","formula":{"type":"unsupported","unsupported":{}}}`, Cell{Text: "cut by Notion"}},
		{"empty", `{"type":"select","select":null}`, Cell{}},
	} {
		t.Run(test.name, func(t *testing.T) {
			row := Of(page(t, "T", `{"P":`+test.property+`}`))
			if len(row.Fields) != 1 {
				t.Fatalf("the row has %d fields", len(row.Fields))
			}
			if diff := cmp.Diff(test.want, row.Fields[0].Cell()); diff != "" {
				t.Errorf("the cell (-want +got):\n%s", diff)
			}
		})
	}
}

func TestRowOfAPage(t *testing.T) {
	row := Of(page(t, "A\nplan", `{"b":{"id":"1","type":"checkbox","checkbox":true},"a":{"id":"2","type":"number","number":1}}`))
	if row.Title != "A plan" || row.Icon != "🥬" || row.URL != "https://app.notion.com/p/x" || len(row.Fields) != 2 || row.Fields[0].Name != "b" || row.Fields[1].Kind != "number" {
		t.Errorf("the row is %+v", row)
	}
	for _, entry := range row.Envelope() {
		if entry.Name == "properties" {
			t.Error("the envelope has the properties")
		}
	}
	if untitled := Of(page(t, "", `{"N":{"id":"title","type":"title","title":[{"plain_text":"from the property"}]}}`)); untitled.Title != "from the property" {
		t.Errorf("the title is %q", untitled.Title)
	}
}

// A value that is no record of ours is shown as it is, whatever it is.
func TestRowOfAnything(t *testing.T) {
	deep := strings.Repeat("[", 5000) + strings.Repeat("]", 5000)
	for _, value := range []string{``, `null`, `"text"`, `12`, `[1,2]`, `{}`, `{"properties":5}`, `{"properties":"not json"}`, `{"properties":"[1]"}`, `{"properties":"{\"a\":1}"}`, "{\"a\":\xff}", `{`, deep} {
		row := Of(json.RawMessage(value))
		if len(row.Title) > 0 || len(row.Other) > 200 {
			t.Errorf("%.40s is the row %.200q %.200q", value, row.Title, row.Other)
		}
		NewSheet([]Row{row}, nil, nil)
		row.Envelope()
		row.Describe()
	}
	if got := Of(json.RawMessage(`"a text"`)).Other; got != "a text" {
		t.Errorf("a text is shown as %q", got)
	}
}

// sheetText is a sheet as lines: its columns, then each row.
func sheetText(sheet Sheet, rows int) (lines []string) {
	var names []string
	for _, column := range sheet.Shown() {
		names = append(names, column.Name)
	}
	lines = append(lines, strings.Join(names, " | "))
	for i := range rows {
		var cells []string
		for _, cell := range sheet.Cells(i) {
			cells = append(cells, cell.Text)
		}
		lines = append(lines, strings.Join(cells, " | "))
	}
	return lines
}

// The columns are in the order of the database's schema; the six that most rows have a
// value in are shown, or those that a person chose.
func TestColumns(t *testing.T) {
	schema := []control.Property{{ID: "title", Name: "Name", Type: "title"}, {ID: "go", Name: "Go", Type: "button"}}
	properties := `{"Name":{"id":"title","type":"title","title":[]},"Go":{"id":"go","type":"button","button":{}}`
	for _, name := range []string{"h", "g", "f", "e", "d", "c", "b", "a"} {
		schema = append(schema, control.Property{ID: name, Name: name, Type: "number"})
		if name != "d" && name != "g" {
			properties += `,"` + name + `":{"id":"` + name + `","type":"number","number":1}`
		} else {
			properties += `,"` + name + `":{"id":"` + name + `","type":"number","number":null}`
		}
	}
	rows := []Row{Of(page(t, "T", properties+"}"))}
	if got, want := sheetText(NewSheet(rows, schema, nil), 1), "h | f | e | c | b | a"; got[0] != want {
		t.Errorf("the columns are %s, want %s", got[0], want)
	}
	sheet := NewSheet(rows, schema, []string{"g", "a", "no such"})
	if got, want := sheetText(sheet, 1), "g | a"; got[0] != want {
		t.Errorf("the chosen columns are %s, want %s", got[0], want)
	}
	if len(sheet.Columns) != 8 || sheet.Hidden() != 6 {
		t.Errorf("there are %d columns, %d of them hidden", len(sheet.Columns), sheet.Hidden())
	}
}

// A renamed property keeps its column; two data sources with one name share one; and no
// value hides another one of its row.
func TestColumnsOfRenamedProperties(t *testing.T) {
	rows := []Row{
		Of(page(t, "new", `{"State":{"id":"s%3A","type":"number","number":1}}`)),
		Of(page(t, "old", `{"Status":{"id":"s:","type":"number","number":2}}`)),
		Of(page(t, "other source", `{"State":{"id":"t","type":"number","number":3}}`)),
		Of(page(t, "both", `{"Status":{"id":"s:","type":"number","number":4},"State":{"id":"u","type":"number","number":5}}`)),
	}
	want := []string{"State | State", "1 | ", "2 | ", "3 | ", "4 | 5"}
	if diff := cmp.Diff(want, sheetText(NewSheet(rows, []control.Property{{ID: "s:", Name: "State", Type: "number"}}, nil), 4)); diff != "" {
		t.Errorf("the sheet (-want +got):\n%s", diff)
	}
}

// Records that have nothing in common make a bounded number of columns.
func TestColumnsAreBounded(t *testing.T) {
	var rows []Row
	for i := range 30 {
		var properties []string
		for j := range 100 {
			properties = append(properties, `"`+strings.Repeat("x", i)+strings.Repeat("y", j)+`":{"type":"checkbox","checkbox":true}`)
		}
		rows = append(rows, Of(page(t, "", `{`+strings.Join(properties, ",")+`}`)))
	}
	if sheet := NewSheet(rows, nil, nil); len(sheet.Columns) > mostFields {
		t.Errorf("there are %d columns", len(sheet.Columns))
	}
}

func TestRowOfADatabase(t *testing.T) {
	row := Of(json.RawMessage(`{"object":"database","title_text":"Tasks","description":"Ours","is_inline":false,"in_trash":true,"data_sources":"[{},{}]",` +
		`"properties":"{\"Kind\":{\"name\":\"Kind\",\"type\":\"select\",\"select\":{\"options\":[{\"name\":\"A\"},{\"name\":\"B\"}]}},\"Price\":{\"name\":\"Price\",\"type\":\"number\",\"number\":{\"format\":\"euro\"}},\"T\":{\"name\":\"T\",\"type\":\"title\",\"title\":{}}}"}`))
	if row.Title != "Tasks" || !row.Trashed {
		t.Errorf("the row is %+v", row)
	}
	if got, want := sheetText(NewSheet([]Row{row}, nil, []string{"Properties", "Data sources", "Description", "Inline", "In trash"}), 1)[1], "3 | 2 | Ours | no | yes"; got != want {
		t.Errorf("the cells are %s, want %s", got, want)
	}
	want := []Described{{"Kind", "select", "A, B"}, {"Price", "number", "euro"}, {"T", "title", ""}}
	if diff := cmp.Diff(want, row.Describe()); diff != "" {
		t.Errorf("its properties (-want +got):\n%s", diff)
	}
}
