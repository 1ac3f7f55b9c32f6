package columns_test

import (
	"fmt"
	"strings"
	"testing"

	"notion-kafka/notion"
	"notion-kafka/notion/columns"
)

// BenchmarkRow is what the values of a page cost, beside its JSON text, and what it costs
// to follow a schema. One op is one page, or one schema.
func BenchmarkRow(b *testing.B) {
	for _, n := range []int{3, 15, 100, 500} {
		var members []string
		var schema []notion.Property
		for i := range n {
			kind, value := "number", "12.5"
			switch i % 4 {
			case 1:
				kind, value = "rich_text", `[{"type":"text","text":{"content":"some text","link":null},"annotations":{"bold":false,"italic":false,"strikethrough":false,"underline":false,"code":false,"color":"default"},"plain_text":"some text","href":null}]`
			case 2:
				kind, value = "select", `{"id":"abcd","name":"In progress","color":"blue"}`
			case 3:
				kind, value = "date", `{"start":"2026-09-15T10:00:00.000+02:00","end":null,"time_zone":null}`
			}
			p := notion.Property{ID: fmt.Sprintf("p%03d", i), Name: fmt.Sprintf("Property %d", i), Kind: kind}
			schema = append(schema, p)
			members = append(members, fmt.Sprintf(`%q:{"id":%q,"type":%q,%q:%s}`, p.Name, p.ID, kind, kind, value))
		}
		page := []byte("{" + strings.Join(members, ",") + "}")
		s := columns.NewSet(nil)
		s.Follow(schema, true)
		b.Run(fmt.Sprintf("page/properties=%d", n), func(b *testing.B) {
			b.SetBytes(int64(len(page)))
			b.ReportAllocs()
			var row []columns.Value
			for b.Loop() {
				row = s.Row(row, page)
			}
		})
		b.Run(fmt.Sprintf("schema/properties=%d", n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				s.Follow(schema, true)
			}
		})
	}
}
