package notion

import (
	"cmp"
	"encoding/json"
	"fmt"
	"path"
	"strings"
	"unicode"
)

const (
	// mostText is the most characters of a property's text.
	mostText = 120
	// mostUnknown is the most characters of JSON that stand for an unknown property.
	mostUnknown = 80
	// mostListed is how many entries of a list are named; the others are counted.
	mostListed = 3
	// mostNested is how deep a rollup of rollups is followed. Notion makes none (Notion:
	// page-property-values), so nothing is lost.
	mostNested = 4
)

// cutByNotion stands for a formula or rollup without a value, because its calculation was
// too large for Notion (Notion: page-property-values, unsupported).
const cutByNotion = "cut by Notion"

// PropertyText is one property value of a page, JSON as Notion sends it, as a person reads
// it: on one line, valid UTF-8, without control characters, of at most 120 characters. It is
// "" for a value that is null or empty, for a button, and for a text that is not JSON. Of a
// type that is not known here it is the beginning of the JSON. It holds no address of a file.
func PropertyText(value []byte) string { return firstLine(propertyText(value, 0), mostText) }

// propertyText is PropertyText without bounds.
func propertyText(value []byte, depth int) string {
	var members map[string]json.RawMessage
	if json.Unmarshal(value, &members) != nil {
		return ""
	}
	kind := as[string](members["type"])
	if content := members[kind]; kind != "" && len(content) > 0 {
		return valueText(kind, content, members, depth)
	}
	return ""
}

// valueText is the text of the value of a type. members are those of the property, which
// hold the value too.
func valueText(kind string, value json.RawMessage, members map[string]json.RawMessage, depth int) string {
	switch kind {
	case "button":
		return ""
	case "title", "rich_text":
		return richText(value)
	case "relation":
		return relationText(value, as[bool](members["has_more"]))
	case "people":
		return listed(value, userText)
	case "multi_select":
		return listed(value, namedText)
	case "files":
		return listed(value, fileText)
	case "formula", "rollup":
		return resultText(value, depth)
	case "select", "status":
		return namedText(value)
	case "created_by", "last_edited_by":
		return userText(value)
	case "date":
		return dateText(value)
	case "unique_id":
		r := fastReader{text: value}
		text, _ := r.uniqueID()
		return text
	case "verification":
		return as[struct{ State string }](value).State
	case "place":
		place := as[struct{ Name, Address string }](value)
		return cmp.Or(place.Name, place.Address, jsonText(value))
	case "created_time", "last_edited_time":
		return momentText(as[string](value))
	}
	return scalarText(value)
}

// scalarText is a text, a number's digits, yes or no; of another value its JSON.
func scalarText(value json.RawMessage) string {
	switch string(value) {
	case "true":
		return "yes"
	case "false":
		return "no"
	}
	if value[0] == '"' {
		return as[string](value)
	}
	return jsonText(value)
}

// resultText is the result of a formula or rollup.
func resultText(value json.RawMessage, depth int) string {
	var members map[string]json.RawMessage
	if depth >= mostNested || json.Unmarshal(value, &members) != nil {
		return ""
	}
	switch kind := as[string](members["type"]); kind {
	case "unsupported", "incomplete":
		return cutByNotion
	case "array":
		return listed(members[kind], func(one json.RawMessage) string { return propertyText(one, depth+1) })
	case "date":
		return dateText(members[kind])
	case "string", "number", "boolean":
		if content := members[kind]; len(content) > 0 {
			return scalarText(content)
		}
		return ""
	}
	return jsonText(value)
}

// richText is the plain text of a rich-text array.
func richText(value json.RawMessage) string {
	var text strings.Builder
	for _, piece := range as[[]struct {
		Text *string `json:"plain_text"`
	}](value) {
		if piece.Text != nil {
			text.WriteString(*piece.Text)
		}
	}
	return text.String()
}

// relationText says how many pages are related. Notion shows 25 of them at most (Notion:
// retrieve-a-page).
func relationText(value json.RawMessage, more bool) string {
	pages := as[[]json.RawMessage](value)
	switch {
	case more:
		return fmt.Sprintf("%d+ pages", len(pages))
	case len(pages) == 0:
		return ""
	case len(pages) == 1:
		return "1 page"
	}
	return fmt.Sprintf("%d pages", len(pages))
}

// listed names the first entries of an array, and says how many there are beside them.
func listed(value json.RawMessage, text func(json.RawMessage) string) string {
	var entries []json.RawMessage
	if json.Unmarshal(value, &entries) != nil {
		return ""
	}
	var names []string
	more := 0
	for _, entry := range entries {
		switch name := firstLine(text(entry), mostText); {
		case name == "": // nothing to read
		case len(names) == mostListed:
			more++
		default:
			names = append(names, name)
		}
	}
	if more == 0 {
		return strings.Join(names, ", ")
	}
	tail := fmt.Sprintf(" +%d", more)
	return firstLine(strings.Join(names, ", "), mostText-len(tail)) + tail
}

// namedText is the name of an option.
func namedText(value json.RawMessage) string { return as[struct{ Name string }](value).Name }

// userText is the name of a user or group; its id where Notion shows no name.
func userText(value json.RawMessage) string {
	user := as[struct{ Name, ID string }](value)
	return cmp.Or(user.Name, user.ID)
}

// fileText is the name of a file. Notion names an external file by its address if nobody
// named it, and an address may be a secret: only its last part is shown.
func fileText(value json.RawMessage) string {
	name := as[struct{ Name string }](value).Name
	if !strings.Contains(name, "://") {
		return cmp.Or(name, "file")
	}
	name, _, _ = strings.Cut(name, "?")
	name, _, _ = strings.Cut(name, "#")
	_, name, _ = strings.Cut(name, "://")
	_, folders, _ := strings.Cut(name, "/")
	if last := path.Base("/" + folders); last != "/" {
		return last
	}
	return "file"
}

// as decodes JSON as far as it is of the type.
func as[T any](value json.RawMessage) (decoded T) {
	_ = json.Unmarshal(value, &decoded)
	return decoded
}

// jsonText is the beginning of a JSON text; "" for null.
func jsonText(value json.RawMessage) string {
	if string(value) == "null" {
		return ""
	}
	return firstLine(string(value), mostUnknown)
}

// firstLine is a text on one line, without control characters, cut to so many characters.
func firstLine(text string, most int) string {
	var line []rune
	gap := false
	for _, r := range text { // bytes that are not UTF-8 become U+FFFD
		if unicode.IsSpace(r) || unicode.IsControl(r) {
			gap = len(line) > 0
			continue
		}
		if gap {
			line = append(line, ' ')
		}
		if line, gap = append(line, r), false; len(line) > most {
			return strings.TrimRight(string(line[:most-1]), " ") + "…"
		}
	}
	return string(line)
}
