package notion

import (
	"fmt"
	"strings"
	"testing"
)

// fullResponse is a response of 100 pages with 17 properties each, about 290 KB
// as they come from real workspaces.
func fullResponse() []byte {
	var properties []string
	for i := range 16 {
		properties = append(properties, fmt.Sprintf(`"Property %d":{"id":"p%%5C%d","type":"rich_text","rich_text":[{"type":"text","text":{"content":"Some text","link":null},"plain_text":"Some text","href":null}]}`, i, i))
	}
	properties = append(properties, nameProperty[1:len(nameProperty)-1])
	pages := make([]string, 100)
	for i := range pages {
		pages[i] = pageJSON(fmt.Sprintf("59833787-2cf9-4fdf-8782-%012d", i), "{"+strings.Join(properties, ",")+"}")
	}
	return []byte(listJSON("next", pages...))
}

func BenchmarkDecodePageList(b *testing.B) {
	body := fullResponse()
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := decodePageList(body); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkFingerprint(b *testing.B) {
	list, err := decodePageList(fullResponse())
	if err != nil {
		b.Fatal(err)
	}
	page := &list.Pages[0]
	b.SetBytes(int64(len(page.Properties)))
	b.ReportAllocs()
	for b.Loop() {
		page.Fingerprint()
	}
}
