package notion_test

import (
	"testing"

	"notion-kafka/notion"
	"notion-kafka/notion/notiontest/canned"
)

// BenchmarkFlatCanned reads every property of 100 pages of the database that other benchmarks
// publish.
func BenchmarkFlatCanned(b *testing.B) {
	rows := canned.New(b, 100)
	pages := make([]notion.Page, 100)
	size := 0
	for i := range pages {
		page, err := notion.DecodePage(rows.AppendRow(nil, i))
		if err != nil {
			b.Fatal(err)
		}
		pages[i], size = page, size+len(page.Properties)
	}
	b.SetBytes(int64(size))
	b.ReportAllocs()
	for b.Loop() {
		for i := range pages {
			for p := range notion.PropertiesOf(pages[i].Properties) {
				if p.Flat().Type == "" {
					b.Fatalf("%s has no value", p.JSON)
				}
			}
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(len(pages)*b.N), "ns/page")
}
