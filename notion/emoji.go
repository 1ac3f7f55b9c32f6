package notion

import (
	"encoding/json"
	"unicode"
	"unicode/utf8"
)

// longestEmoji bounds an emoji, in bytes. Families and flags of regions are the longest,
// with some forty (Unicode: UTS #51).
const longestEmoji = 64

// Emoji is the database's icon, if that is an emoji; else "". Icons of other kinds are
// addresses that expire or belong to others (Notion: emoji and icon objects).
func (d *Database) Emoji() string { return emojiOf(d.Icon) }

// Emoji is the data source's icon, as [Database.Emoji].
func (d *DataSource) Emoji() string { return emojiOf(d.Icon) }

func emojiOf(object []byte) string {
	var icon struct {
		Type  string `json:"type"`
		Emoji string `json:"emoji"`
	}
	if json.Unmarshal(object, &icon) != nil || icon.Type != "emoji" || len(icon.Emoji) > longestEmoji || !utf8.ValidString(icon.Emoji) {
		return ""
	}
	for _, r := range icon.Emoji {
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) {
			return ""
		}
	}
	return icon.Emoji
}
