package daemon

import (
	"strings"
	"testing"
	"time"

	"notion-kafka/notion/notiontest"
	"notion-kafka/producer"
)

// The configuration has é as one character and Notion as two, or the reverse: the
// property is excluded, at the first read and after the spelling in the configuration
// has changed.
func TestPropertyIsExcludedWhateverTheUnicodeFormOfItsName(t *testing.T) {
	const composed, decomposed = "R\u00e9sum\u00e9", "Re\u0301sume\u0301"
	for _, test := range []struct{ configured, notion string }{{composed, decomposed}, {decomposed, composed}} {
		inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
			db := w.notion.AddDatabase("Projects", notiontest.Prop{Name: "Name", Kind: notiontest.KindTitle},
				notiontest.Prop{Name: test.notion, Kind: notiontest.KindRichText})
			page := db.AddPage("a page", notiontest.Values{test.notion: "a secret"})
			w.pass(time.Hour)
			w.mustRun(byHand, with(producer.Settings{Exclude: []string{test.configured}}))
			db.DataSource().RenameProperty(test.notion, "Paper")
			w.notion.Edit(page, notiontest.Values{"Paper": "a secret still", "Name": "edited"})
			w.pass(2 * time.Hour)
			w.mustRun(byHand, with(producer.Settings{Exclude: []string{test.notion}}))
			if last := w.lastValue(projectsTopic, page); !strings.Contains(last, "edited") {
				t.Errorf("the page did not arrive: %s", last)
			}
			if shown := w.secretsIn(projectsTopic, "a secret"); len(shown) > 0 {
				t.Errorf("%+q excluded, %+q in Notion: %s", test.configured, test.notion, shown[0])
			}
		})
	}
}
