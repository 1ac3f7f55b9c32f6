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
