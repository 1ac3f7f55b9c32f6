package avro

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"notion-kafka/notion"
	"notion-kafka/notion/columns"
)

// Every page recorded from real workspaces has a row, with columns that grow from page to
// page. The library reads from it what the columns said, with the schema that wrote it and
// with the last one.
func TestRecordedPagesHaveRows(t *testing.T) {
	type written struct {
		id      string
		columns int
		values  []columns.Value
		frame   []byte
	}
	set := columns.NewSet(nil)
	var rows []written
	for _, one := range recordedPages(t) {
		page, err := notion.DecodePage(one.text)
		if err != nil || page.Partial {
			continue // TestRecordedPagesSurvive looks at those
		}
		values := set.Row(nil, page.Properties)
		frame, err := NewRowEncoder(1, set.Columns()).Append(nil, &page, values)
		if err != nil {
			t.Error(err)
			continue
		}
		rows = append(rows, written{page.ID, len(set.Columns()), values, frame})
	}
	list := set.Columns()
	last := RowSchema("recorded", list)
	known := 0
	for _, row := range rows {
		for _, value := range row.values {
			if value.Known {
				known++
			}
		}
		own := list[:row.columns]
		ownSchema := RowSchema("recorded", own)
		if diff := cmp.Diff(rowOf(own, row.values), readRow(t, ownSchema, ownSchema, row.frame)); diff != "" {
			t.Errorf("page %s (-columns +read)\n%s", row.id, diff)
		}
		if diff := cmp.Diff(rowOf(list, row.values), readRow(t, ownSchema, last, row.frame)); diff != "" {
			t.Errorf("page %s, read with the last schema (-columns +read)\n%s", row.id, diff)
		}
	}
	if known == 0 {
		t.Error("no page has a value")
	}
	if err := Compatible("FULL_TRANSITIVE", last, []string{RowSchema("recorded", nil), RowSchema("recorded", list[:len(list)/2])}); err != nil {
		t.Error(err)
	}
	t.Logf("%d recorded pages, %d columns, %d values, a schema of %d bytes", len(rows), len(list), known, len(last))
}
