package notion

import (
	"strings"
	"testing"
)

// A name in the configuration and the same name in Notion may have different Unicode
// forms: both are one name.
func TestNamesAreTheSameInEveryUnicodeForm(t *testing.T) {
	const composed, decomposed = "Caf\u00e9", "Cafe\u0301"
	for _, test := range []struct{ configured, notion string }{{composed, decomposed}, {decomposed, composed}} {
		properties := `{"` + test.notion + `":{"id":"%3Fa","type":"relation","relation":[],"has_more":true},"Cafe":{"id":"b","type":"number","number":1}}`
		schema := DataSource{Properties: []byte(properties)}
		if got := schema.IDsOf(test.configured); len(got) != 1 || got[0] != "%3Fa" {
			t.Errorf("%+q is %q of a schema with %+q", test.configured, got, test.notion)
		}
		if got := schema.PropertyIDs([]string{test.configured}); len(got) != 1 || got[0] != "b" {
			t.Errorf("%q are requested without %+q", got, test.configured)
		}
		page := cutPage(t, properties)
		page.Without([]string{test.configured})
		if left := string(page.Properties); strings.Contains(left, "%3Fa") || !strings.Contains(left, "Cafe") || len(page.Cut) > 0 {
			t.Errorf("%s and %v remain without %+q", left, page.Cut, test.configured)
		}
	}
}
