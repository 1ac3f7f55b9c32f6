package pages

import (
	"slices"
	"strings"
	"testing"

	"notion-kafka/producer/control"
)

// The page of a record has its typed columns once, in a section of their own, and the fields
// that every page has in another.
func TestARecordTellsColumnsFromOtherFields(t *testing.T) {
	table := typedTopic(0)
	page := NewRecord(onDesk, table, typedRecord(table), control.History{})
	var columns, others []string
	for _, c := range page.Columns {
		columns = append(columns, c.Name)
	}
	for _, e := range page.Envelope {
		others = append(others, e.Name)
	}
	want := []string{"billed", "budget", "customer", "due", "due_end", "due_time_zone", "files", "id_2", "notes", "owner", "owner_names", "project", "site", "status", "tags", "team", "total"}
	if !slices.Equal(columns, want) {
		t.Errorf("the columns are %v, want %v", columns, want)
	}
	if want := []string{"cover", "created_by", "created_time", "icon", "id", "in_trash", "last_edited_time", "object", "title", "url"}; !slices.Equal(others, want) {
		t.Errorf("the other fields are %v, want %v", others, want)
	}
	text := draw(t, piece{"record", page})
	_, section, _ := strings.Cut(text, `<tbody role="rowgroup" id="columns">`)
	section, _, _ = strings.Cut(section, "</tbody>")
	for _, want := range []string{">web, q4, design, urgent<", "<code>due_time_zone</code><span class=\"why\">of <bdi>Due</bdi></span>", `<span class="none">null</span>`, `<span class="none">empty</span>`} {
		if !strings.Contains(section, want) {
			t.Errorf("there is no %s:\n%s", want, section)
		}
	}
	if page := NewRecord(onDesk, projectsTopic(), recordAt(1, "create", projectValue(2)), control.History{}); len(page.Columns) > 0 || len(page.Envelope) == 0 {
		t.Errorf("a record without columns has %v and %v", page.Columns, page.Envelope)
	}
}

// The page of a schema says which property a column is of, and which columns a property has.
func TestASchemaTellsItsColumns(t *testing.T) {
	table := typedTopic(2)
	table.Properties[3].ID = "d%75" // the same id, escaped
	page := NewSchema(onDesk, table, SchemaChoice{})
	text := draw(t, piece{"schema", page})
	for _, want := range []string{
		`<span class="why">property <b><bdi>Due</bdi></b>, date; id <code>du</code></span>`, `<code>due</code>, <code>due_end</code>, <code>due_time_zone</code>`,
		`data-label="Columns"><span class="none">none</span>`, `and in the columns beside it`, `data-filter="columns"`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("there is no %s:\n%s", want, text)
		}
	}
	if len(page.Fields) != 4 || len(page.Typed) != 19 {
		t.Errorf("it has %d fields and %d columns", len(page.Fields), len(page.Typed))
	}
	if text := draw(t, piece{"schema", NewSchema(onDesk, newTopic(), SchemaChoice{})}); strings.Contains(text, "beside it") {
		t.Error("a topic without a schema of its own has columns")
	}
}
