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

// A column whose property the database does not have any more, or has with another type, is
// marked. Where the properties are not known for sure, none is.
func TestASchemaMarksColumnsWithoutAProperty(t *testing.T) {
	const mark = "not among the properties of the database"
	for what, test := range map[string]struct {
		change func(table *control.TableDetail)
		marked int
	}{
		"as it is":               {func(*control.TableDetail) {}, 0},
		"a property was removed": {func(table *control.TableDetail) { table.Properties = table.Properties[1:] }, 1},
		"a date became a text":   {func(table *control.TableDetail) { table.Properties[3].Type = "rich_text" }, 3},
		"nothing is known":       {func(table *control.TableDetail) { table.Properties = nil }, 0},
		"several data sources": {func(table *control.TableDetail) {
			table.Properties, table.DataSources = table.Properties[1:], make([]control.FoundDataSource, 2)
		}, 0},
	} {
		table := typedTopic(0)
		table.DataSources = make([]control.FoundDataSource, 1)
		table.Properties = slices.Clone(table.Properties)
		test.change(&table)
		if got := strings.Count(draw(t, piece{"schema", NewSchema(onDesk, table, SchemaChoice{})}), mark); got != test.marked {
			t.Errorf("%s: %d columns are marked, want %d", what, got, test.marked)
		}
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
	if columns, envelope := strings.Index(text, `id="columns"`), strings.Index(text, `id="fields"`); columns < 0 || envelope < columns {
		t.Errorf("the columns are at %d, behind the fields of every page at %d", columns, envelope)
	}
	if len(page.Fields) != 4 || len(page.Typed) != 19 {
		t.Errorf("it has %d fields and %d columns", len(page.Fields), len(page.Typed))
	}
	if text := draw(t, piece{"schema", NewSchema(onDesk, newTopic(), SchemaChoice{})}); strings.Contains(text, "beside it") {
		t.Error("a topic without a schema of its own has columns")
	}
}
