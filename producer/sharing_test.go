package producer

import (
	"strings"
	"testing"

	"notion-kafka/notion"
)

// The way to share a database depends on whose token it is, and names what is known.
func TestHowToShare(t *testing.T) {
	for name, test := range map[string]struct {
		whose notion.Bot
		says  string
		lacks string
	}{
		"a connection":        {notion.Bot{Name: "sync", WorkspaceName: "Acme"}, `the connection "sync" of workspace "Acme": in Notion, (1) open`, "again"},
		"its name is hidden":  {notion.Bot{}, "the connection: in Notion, (1) open", `""`},
		"a public one":        {notion.Bot{Name: "sync", Public: true}, `the connection "sync": in Notion, as the person who connected it, (1) open`, "workspace"},
		"a public one, anew":  {notion.Bot{Public: true}, "Or connect the source again, and select the databases on Notion's page", "workspace"},
		"a personal token":    {notion.Bot{Name: "Ada", Person: true}, "Ada, whose personal token this is: in Notion, let this person into a database", "•••"},
		"of a person unknown": {notion.Bot{Person: true}, "the person, whose personal token this is", "•••"},
		"a name with a quote": {notion.Bot{Name: `a "b"`}, `choose the connection "a \"b\"" and confirm`, "workspace"},
	} {
		t.Run(name, func(t *testing.T) {
			text := howToShare(test.whose)
			if !strings.Contains(text, test.says) || strings.Contains(text, test.lacks) {
				t.Errorf("it says %s\nwant %q and not %q", text, test.says, test.lacks)
			}
		})
	}
}
