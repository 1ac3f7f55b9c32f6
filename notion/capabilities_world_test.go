package notion_test

import (
	"testing"

	"golang.org/x/oauth2"

	"notion-kafka/notion"
	"notion-kafka/notion/notiontest"
)

// Each capability of a connection is found by itself, and nothing is changed.
func TestCapabilitiesInAWorkspace(t *testing.T) {
	w := notiontest.New(notiontest.Options{Violation: func(what string) { t.Error(what) }})
	w.AddDatabase("Tasks").AddPage("one", nil)
	c, err := notion.NewClient(notion.Options{
		Transport: w.RoundTripper(), Tokens: oauth2.StaticTokenSource(&oauth2.Token{AccessToken: w.Token()}),
	})
	if err != nil {
		t.Fatal(err)
	}
	every := []notiontest.Capability{notiontest.ReadContent, notiontest.ReadUsers, notiontest.ReadComments, notiontest.UpdateContent, notiontest.InsertContent}
	for n := range 1 << len(every) {
		var given []notiontest.Capability
		var want [5]notion.Right
		for i, one := range every {
			want[i] = notion.Refused
			if n&(1<<i) != 0 {
				given, want[i] = append(given, one), notion.Granted
			}
		}
		w.SetCapabilities(given...)
		all, err := c.Capabilities(t.Context(), notion.Bot{})
		if err != nil {
			t.Fatal(err)
		}
		update, insert, err := c.MayWrite(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if got := [5]notion.Right{all.ReadContent, all.ReadUsers, all.ReadComments, update, insert}; got != want {
			t.Errorf("of %q: %v, want %v", given, got, want)
		}
	}
}
