package notion

import "testing"

// BenchmarkFlat reads every property of 100 pages, which is done to those that are published.
func BenchmarkFlat(b *testing.B) {
	pages := make([][]byte, 100)
	size := 0
	for i := range pages {
		pages[i] = []byte(benchProperties(i))
		size += len(pages[i])
	}
	b.SetBytes(int64(size))
	b.ReportAllocs()
	for b.Loop() {
		for _, page := range pages {
			for p := range PropertiesOf(page) {
				if p.Flat().Type == "" {
					b.Fatalf("%s has no value", p.JSON)
				}
			}
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(len(pages)*b.N), "ns/page")
}
