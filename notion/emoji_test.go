package notion

import (
	"strings"
	"testing"
)

// Only an emoji is kept of an icon: the others are addresses, and an emoji of somebody's
// making may be anything.
func TestEmojiOfADatabase(t *testing.T) {
	for icon, want := range map[string]string{
		`{"type":"emoji","emoji":"🚀"}`:                               "🚀",
		`{"type":"emoji","emoji":"👩‍👩‍👧‍👦"}`:                         "👩‍👩‍👧‍👦",
		`{"type":"emoji","emoji":"🏴󠁧󠁢󠁥󠁮󠁧󠁿"}`:                         "🏴󠁧󠁢󠁥󠁮󠁧󠁿",
		`{"type":"emoji","emoji":"1️⃣"}`:                             "1️⃣",
		`{"type":"external","external":{"url":"u"}}`:                 "",
		`{"type":"external","emoji":"🚀"}`:                            "",
		`{"type":"emoji","emoji":"a\u202eb"}`:                        "",
		`{"type":"emoji","emoji":"\u001b[31m"}`:                      "",
		`{"type":"emoji","emoji":7}`:                                 "",
		`{"type":"emoji","emoji":"` + strings.Repeat("🚀", 20) + `"}`: "",
		`null`: "",
		``:     "",
	} {
		if got := (&Database{Icon: []byte(icon)}).Emoji(); got != want {
			t.Errorf("%s: %q, want %q", icon, got, want)
		}
	}
}

// The icon and the address that search shows are for people only: whatever they are, the
// data source can be read.
func TestWhatPeopleSeeOfADataSource(t *testing.T) {
	long := `"https://notion.example/` + strings.Repeat("a", longestAddress) + `"`
	for _, c := range []struct{ icon, url, wantIcon, wantURL string }{
		{`{"type":"emoji","emoji":"🚀"}`, `"https://app.notion.com/p/1"`, "🚀", "https://app.notion.com/p/1"},
		{`null`, `null`, "", ""},
		{`7`, `7`, "", ""},
		{`[]`, `{}`, "", ""},
		{`{"type":"external","external":{"url":"https://files.example/x"}}`, `"javascript:alert(1)"`, "", ""},
		{`{"type":"emoji"}`, `"https:evil"`, "", ""},
		{`{"type":"custom_emoji"}`, `"https://notion.example/\u0000"`, "", ""},
		{`{"type":"icon"}`, long, "", ""},
	} {
		whole := strings.Replace(sourceJSON(sourceID, "Tasks", "{}"), `"in_trash"`, `"icon":`+c.icon+`,"url":`+c.url+`,"in_trash"`, 1)
		list, err := decodeDataSourceList([]byte(listJSON("", whole)))
		if err != nil || len(list.sources) != 1 {
			t.Errorf("icon %s, url %.40s: %v, %v", c.icon, c.url, list.unreadable, err)
			continue
		}
		if got := list.sources[0]; got.Emoji() != c.wantIcon || got.URL != c.wantURL {
			t.Errorf("icon %s, url %.40s: read as %q and %q", c.icon, c.url, got.Emoji(), got.URL)
		}
	}
}
