package rows

import (
	"encoding/json"
	"strings"

	"notion-kafka/notion"
)

// A Whole is a value of a property with all that is in it.
type Whole struct {
	Text string // "": empty, or a list
	Link string // an http or https address; ""
	// Items are those of a list, More how many there are beside them.
	Items []Item
	More  int
	// Cut says that Text is only the beginning.
	Cut bool
}

// An Item is an option, a person, a file, a page or a value of a rollup.
type Item struct {
	Text   string
	Colour string // as in [Cell]
	Page   string // the id of a related page; ""
}

// mostItems is how many entries of a list are shown.
const mostItems = 200

// Whole returns the value of a field, of which the text has at most so many bytes.
func (f Field) Whole(most int) Whole {
	if items, more, is := f.items(); is {
		return Whole{Items: items, More: more}
	}
	text := f.text()
	whole := Whole{}
	whole.Text, whole.Cut = cutBytes([]byte(text), most)
	if f.Kind == "url" {
		whole.Link = webLink(text)
	}
	return whole
}

// text is the value as a text, whatever its size: lines stay lines.
func (f Field) text() string {
	var members map[string]json.RawMessage
	if json.Unmarshal(f.Value, &members) != nil {
		return ""
	}
	value := members[f.Kind]
	switch f.Kind {
	case "title", "rich_text":
		var text strings.Builder
		for _, piece := range as[[]struct {
			Text *string `json:"plain_text"`
		}](value) {
			if piece.Text != nil {
				text.WriteString(*piece.Text)
			}
		}
		return text.String()
	case "formula":
		if text := as[struct{ String string }](value).String; text != "" {
			return text
		}
	default:
		if text := as[string](value); text != "" && !strings.HasSuffix(f.Kind, "_time") {
			return text
		}
	}
	return notion.PropertyText(f.Value)
}

// items are the entries of a list; false: the value is none.
func (f Field) items() (items []Item, more int, is bool) {
	var members map[string]json.RawMessage
	if json.Unmarshal(f.Value, &members) != nil {
		return nil, 0, false
	}
	value, kind := members[f.Kind], f.Kind
	switch kind {
	case "select", "status":
		if one := as[option](value); one.Name != "" {
			return []Item{{Text: one.Name, Colour: colour(one.Color)}}, 0, true
		}
		return nil, 0, false
	case "rollup":
		rolled := as[struct {
			Type  string
			Array json.RawMessage
		}](value)
		if rolled.Type != "array" {
			return nil, 0, false
		}
		value = rolled.Array
	case "multi_select", "relation", "people", "files":
	default:
		return nil, 0, false
	}
	entries := as[[]json.RawMessage](value)
	for _, entry := range entries[:min(len(entries), mostItems)] {
		if item := itemOf(kind, entry); item.Text != "" {
			items = append(items, item)
		}
	}
	return items, max(0, len(entries)-mostItems), true
}

func itemOf(kind string, entry json.RawMessage) Item {
	switch kind {
	case "multi_select":
		one := as[option](entry)
		return Item{Text: cut(one.Name, 120), Colour: colour(one.Color)}
	case "relation":
		id := cut(as[struct{ ID string }](entry).ID, 60)
		return Item{Text: id, Page: id}
	case "rollup":
		return Item{Text: notion.PropertyText(entry)}
	}
	list := append(append([]byte("["), entry...), ']')
	return Item{Text: notion.PropertyText(property(kind, list))}
}
