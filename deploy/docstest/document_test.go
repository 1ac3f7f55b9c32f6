package docstest_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"notion-kafka/deploy/docstest"
)

func TestParse(t *testing.T) {
	const text = "# A title: `x_y`, & more\n\nSee [there](a.md#b) and\n![it](p.png).\n\n## Twice\n\n## Twice\n\n<a id=\"old\"></a>\n\n" +
		"| a |\n| --- |\n| `in a\\|cell` |\n\n```yaml\na: 1\n```\n\n    indented\n"
	got := docstest.Parse("d/x.md", []byte(text))
	want := &docstest.Document{
		Path:    "d/x.md",
		Anchors: map[string]bool{"a-title-x_y--more": true, "twice": true, "twice-1": true, "old": true},
		Links:   []docstest.Link{{To: "a.md#b", At: "d/x.md:3"}, {To: "p.png", At: "d/x.md:4"}},
		Code: []docstest.Code{
			{Text: "x_y", Inline: true, At: "d/x.md:1"},
			{Text: "in a|cell", Inline: true, At: "d/x.md:14"},
			{Text: "a: 1\n", Language: "yaml", At: "d/x.md:17"},
			{Text: "indented\n", At: "d/x.md:20"},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
