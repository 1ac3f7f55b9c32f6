package notion

import (
	"fmt"
	"strings"
	"testing"
)

// benchProperties are 15 properties of 15 types, as in real workspaces: about 3 KB
// with everything that Notion sends for each.
func benchProperties(i int) string {
	text := func(content string) string {
		return `[{"type":"text","text":{"content":"` + content + `","link":null},"annotations":{"bold":false,"italic":false,"strikethrough":false,"underline":false,"code":false,"color":"default"},"plain_text":"` + content + `","href":null}]`
	}
	person := func(n int) string {
		return fmt.Sprintf(`{"object":"user","id":"00000000-0000-4000-8000-%012d","name":"Ada Byron","avatar_url":"https://s3-us-west-2.amazonaws.com/public.notion-static.com/a/avatar.png","type":"person","person":{"email":"ada@company.example"}}`, n)
	}
	return `{"Task":{"id":"title","type":"title","title":` + text(fmt.Sprintf("Task %d: the roof of the barn", i)) + `},` +
		`"Notes":{"id":"%3Aa%5C","type":"rich_text","rich_text":` + text(`Say \"when\" it leaks, and where it does.`) + `},` +
		fmt.Sprintf(`"Estimate":{"id":"b%%3B%%3Cx","type":"number","number":%d.5},`, i) +
		`"Kind":{"id":"cJ%5Bf","type":"select","select":{"id":"a1b2","name":"Repair","color":"blue"}},` +
		`"State":{"id":"dd%40e","type":"status","status":{"id":"1c994aad-fc1f-46d0-b322-51b2b2cb7e6f","name":"Not started","color":"default"}},` +
		`"Tags":{"id":"eQ%7Dr","type":"multi_select","multi_select":[{"id":"t1","name":"wood","color":"brown"},{"id":"t2","name":"outside","color":"green"}]},` +
		`"Due":{"id":"f%3Dgh","type":"date","date":{"start":"2026-09-15T09:00:00.000+02:00","end":null,"time_zone":null}},` +
		`"Owner":{"id":"g%60ij","type":"people","people":[` + person(i) + `,` + person(i+1) + `]},` +
		`"Photo":{"id":"h%7Ckl","type":"files","files":[{"name":"roof.jpg","type":"file","file":{"url":"https://prod-files-secure.s3.us-west-2.amazonaws.com/a/b/roof.jpg?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Date=20261001T090000Z&X-Amz-Expires=3600&X-Amz-Signature=` + strings.Repeat("0123456789abcdef", 4) + `","expiry_time":"2026-10-01T10:00:00.000Z"}}]},` +
		`"Done":{"id":"iR~m","type":"checkbox","checkbox":false},` +
		`"Link":{"id":"j%3Fno","type":"url","url":"https://example.com/roofs/and/barns"},` +
		`"Parts":{"id":"k%5Epq","type":"relation","relation":[{"id":"59833787-2cf9-4fdf-8782-e53db20768a5"},{"id":"59833787-2cf9-4fdf-8782-e53db20768a6"}],"has_more":false},` +
		`"Cost":{"id":"lS%3Er","type":"formula","formula":{"type":"number","number":16.25}},` +
		`"Total":{"id":"m%5Dst","type":"rollup","rollup":{"type":"number","number":129,"function":"sum"}},` +
		`"Changed":{"id":"nTuv","type":"last_edited_time","last_edited_time":"2026-09-04T14:30:00.000Z"}}`
}

// benchResponse is a response of 100 such pages.
func benchResponse() []byte {
	pages := make([]string, 100)
	for i := range pages {
		pages[i] = pageJSON(fmt.Sprintf("59833787-2cf9-4fdf-8782-%012d", i), benchProperties(i))
	}
	return []byte(listJSON("next", pages...))
}

// BenchmarkDecodePageList reads a response of 100 pages.
func BenchmarkDecodePageList(b *testing.B) {
	body := benchResponse()
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := decodePageList(body); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(100*b.N), "ns/page")
}

// BenchmarkFingerprint computes the fingerprints of 100 pages.
func BenchmarkFingerprint(b *testing.B) {
	body := benchResponse()
	list, err := decodePageList(body)
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		for i := range list.Pages {
			page := list.Pages[i]
			page.decoded = asDecoded{}
			page.Fingerprint()
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(100*b.N), "ns/page")
}
