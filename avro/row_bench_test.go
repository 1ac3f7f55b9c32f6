package avro

import (
	"fmt"
	"strings"
	"testing"

	"notion-kafka/notion"
	"notion-kafka/notion/columns"
)

// manyColumns are n columns with names as long as people give them.
func manyColumns(n int) (list []columns.Column) {
	kinds := []string{"rich_text", "number", "checkbox", "date", "relation", "select", "created_by", "multi_select"}
	for i := range n {
		kind := kinds[i%len(kinds)]
		of, _ := notion.FlatTypeOf(kind)
		list = append(list, columns.Column{
			Name: fmt.Sprintf("a_property_with_a_name_of_its_own_%d", i), Type: of, ID: fmt.Sprintf("%%3A%04d", i), Kind: kind,
			Label: fmt.Sprintf("A property with a name of its own %d", i),
		})
	}
	return list
}

func BenchmarkAppendRow(b *testing.B) {
	page := fullPage()
	page.Properties = []byte(`{"Text":"` + strings.Repeat("x", 2300) + `"}`)
	for _, n := range []int{0, 15, 500} {
		b.Run(fmt.Sprintf("columns=%d", n), func(b *testing.B) {
			values := make([]columns.Value, n)
			for i := range values {
				values[i] = known("eleven byte")
			}
			encoder := NewRowEncoder(1, manyColumns(n))
			dst, err := encoder.Append(nil, page, values)
			if err != nil {
				b.Fatal(err)
			}
			b.SetBytes(int64(len(dst)))
			b.ReportAllocs()
			for b.Loop() {
				if dst, err = encoder.Append(dst[:0], page, values); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkRowSchema(b *testing.B) {
	list := manyColumns(500)
	b.SetBytes(int64(len(RowSchema("t", list))))
	b.ReportAllocs()
	for b.Loop() {
		RowSchema("t", list)
	}
}

func BenchmarkCompatibleRowSchemas(b *testing.B) {
	list := manyColumns(500)
	older := RowSchema("t", list)
	list[0].Label = "Renamed"
	newer := RowSchema("t", list)
	for b.Loop() {
		if err := Compatible("FULL_TRANSITIVE", newer, []string{older}); err != nil {
			b.Fatal(err)
		}
	}
}
