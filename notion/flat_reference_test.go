package notion

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// referenceFlat is Property.Flat once more, slow and by encoding/json: what the columns of a
// property have, as the guide describes them.
func referenceFlat(p Property) (flat Flat) {
	defer func() {
		if stop := recover(); stop != nil {
			if _, ours := stop.(noForm); !ours {
				panic(stop)
			}
			flat = Flat{}
		}
	}()
	return referenceOf(p.Kind, partOf(p.JSON, p.Kind))
}

// noForm is thrown for a value of another form than its type has.
type noForm struct{}

// demand throws noForm unless ok.
func demand(ok bool) {
	if !ok {
		panic(noForm{})
	}
}

// parsed is a JSON text as encoding/json has it, with numbers as their digits.
func parsed(raw []byte) (value any) {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	demand(decoder.Decode(&value) == nil)
	return value
}

func isA[T any](value any) T {
	is, ok := value.(T)
	demand(ok)
	return is
}

// partOf is the JSON of a member of an object; null where it has none.
func partOf(raw []byte, name string) json.RawMessage {
	isA[map[string]any](parsed(raw))
	var members map[string]json.RawMessage
	demand(json.Unmarshal(raw, &members) == nil)
	if value, has := members[name]; has {
		return value
	}
	return json.RawMessage("null")
}

func elementsOf(raw []byte) (all []json.RawMessage) {
	isA[[]any](parsed(raw))
	demand(json.Unmarshal(raw, &all) == nil)
	return all
}

// text is a member that is a text, and has to be there.
func text(raw []byte, name string) string { return isA[string](parsed(partOf(raw, name))) }

// optional is a member that is a text or null.
func optional(raw []byte, name string) string {
	if parsed(partOf(raw, name)) == nil {
		return ""
	}
	return text(raw, name)
}

// key is an id in the spelling of keys.
func key(raw []byte) string {
	id := text(raw, "id")
	demand(id != "")
	if hex := strings.ToLower(strings.ReplaceAll(id, "-", "")); regexp.MustCompile(`^[0-9a-f]{32}$`).MatchString(hex) && (len(id) == 32 || regexp.MustCompile(`^.{8}-.{4}-.{4}-.{4}-.{12}$`).MatchString(id)) {
		return strings.Join([]string{hex[:8], hex[8:12], hex[12:16], hex[16:20], hex[20:]}, "-")
	}
	return id
}

func each(raw []byte, of func([]byte) string) []string {
	list := []string{}
	for _, one := range elementsOf(raw) {
		list = append(list, of(one))
	}
	return list
}

func referenceOf(kind string, raw []byte) Flat {
	value := parsed(raw)
	if value == nil || kind == "button" {
		return Flat{}
	}
	switch kind {
	case "title", "rich_text":
		return textFlat(strings.Join(each(raw, func(piece []byte) string { return optional(piece, "plain_text") }), ""))
	case "url", "email", "phone_number":
		return textFlat(isA[string](value))
	case "select", "status":
		return textFlat(text(raw, "name"))
	case "created_by", "last_edited_by":
		return textFlat(key(raw))
	case "unique_id":
		number := string(isA[json.Number](parsed(partOf(raw, "number"))))
		if prefix := optional(raw, "prefix"); prefix != "" {
			number = prefix + "-" + number
		}
		return textFlat(number)
	case "number":
		number, err := isA[json.Number](value).Float64()
		demand(err == nil)
		return numberFlat(number)
	case "checkbox":
		return Flat{Type: FlatTruth, Truth: isA[bool](value)}
	case "created_time", "last_edited_time":
		at, offset := referenceMoment(isA[string](value), "")
		demand(offset != "")
		return Flat{Type: FlatMoment, Moment: at}
	case "date":
		return referenceDate(raw)
	case "people":
		names := each(raw, func(one []byte) string {
			name, _ := parsed(partOf(one, "name")).(string)
			return name
		})
		return Flat{Type: FlatList, List: each(raw, key), Names: names}
	case "relation":
		return Flat{Type: FlatList, List: each(raw, key)}
	case "multi_select", "files":
		return Flat{Type: FlatList, List: each(raw, func(one []byte) string { return text(one, "name") })}
	case "formula", "rollup":
		return referenceResult(raw)
	}
	return textFlat(string(raw))
}

func referenceDate(raw []byte) Flat {
	start, end, zone := text(raw, "start"), optional(raw, "end"), optional(raw, "time_zone")
	flat := Flat{Type: FlatMoment}
	var offset string
	if flat.Moment, offset = referenceMoment(start, zone); strings.Contains(start, "T") {
		if flat.TimeZone = offset; zone != "" {
			flat.TimeZone = zone
		}
	}
	if end != "" {
		flat.End, _ = referenceMoment(end, zone)
	}
	return flat
}

// momentForm is a day, or a time to the minute or finer, with an offset or without.
var momentForm = regexp.MustCompile(`^(\d{4}-\d\d-\d\d)(?:T(\d{1,2}:\d\d)(:\d\d)?([.,]\d+)?(?:(Z)|([+-])(\d\d):(\d\d))?)?$`)

func referenceMoment(text, zone string) (at time.Time, offset string) {
	parts := momentForm.FindStringSubmatch(text)
	demand(parts != nil)
	if parts[2] == "" {
		day, err := time.Parse("2006-01-02", text)
		demand(err == nil)
		return day, ""
	}
	place := time.UTC
	switch {
	case parts[5] != "":
		offset = "Z"
	case parts[6] != "":
		hours, _ := strconv.Atoi(parts[7])
		minutes, _ := strconv.Atoi(parts[8])
		demand(hours <= 24 && minutes <= 60)
		seconds := hours*3600 + minutes*60
		if parts[6] == "-" {
			seconds = -seconds
		}
		offset, place = parts[6]+parts[7]+":"+parts[8], time.FixedZone("", seconds)
	default:
		demand(fs.ValidPath(zone) && zone != "Local")
		var err error
		place, err = time.LoadLocation(zone)
		demand(err == nil)
	}
	demand(parts[3] != "" || parts[4] == "")
	clock, err := time.ParseInLocation("2006-01-02T15:04:05", parts[1]+"T"+parts[2]+parts[3]+strings.Repeat(":00", min(1, 3-len(parts[3])))+parts[4], place)
	demand(err == nil)
	return clock.UTC(), offset
}

// typedPart is the type that an object names, and the member of that name, which it has.
func typedPart(raw []byte) (kind string, content json.RawMessage) {
	kind = text(raw, "type")
	var members map[string]json.RawMessage
	demand(json.Unmarshal(raw, &members) == nil)
	content, has := members[kind]
	demand(has)
	return kind, content
}

func referenceResult(raw []byte) Flat {
	kind, result := typedPart(raw)
	if parsed(result) == nil || kind == "unsupported" || kind == "incomplete" {
		return Flat{}
	}
	switch kind {
	case "string":
		return textFlat(isA[string](parsed(result))).as(kind)
	case "boolean":
		return Flat{Type: FlatTruth, Truth: isA[bool](parsed(result)), Result: kind}
	case "number":
		return referenceOf("number", result).as(kind)
	case "date":
		return Flat{Type: FlatMoment, Moment: referenceDate(result).Moment, Result: kind}
	case "array":
		list := []string{}
		for _, one := range referenceElements(result, 0) {
			if one != "" {
				list = append(list, one)
			}
		}
		return listFlat(list...).as(kind)
	}
	return textFlat(string(result)).as(kind)
}

// referenceElements are the texts of the elements of an array.
func referenceElements(raw []byte, depth int) (list []string) {
	for _, one := range elementsOf(raw) {
		list = append(list, referenceElement(one, depth)...)
	}
	return list
}

// referenceElement are the texts of a typed value, which Notion does not nest.
func referenceElement(raw []byte, depth int) []string {
	demand(depth <= mostNested)
	kind, content := typedPart(raw)
	value := parsed(content)
	if value == nil {
		return nil
	}
	switch kind {
	case "unsupported", "incomplete":
		return nil
	case "number":
		return []string{string(isA[json.Number](value))}
	case "checkbox", "boolean":
		return []string{fmt.Sprint(isA[bool](value))}
	case "date":
		dates := []string{text(content, "start"), optional(content, "end")}
		_ = optional(content, "time_zone")
		demand(dates[0] != "")
		return []string{strings.TrimSuffix(strings.Join(dates, "/"), "/")}
	case "created_time", "last_edited_time", "string":
		return []string{isA[string](value)}
	case "formula", "rollup":
		return referenceElement(content, depth+1)
	case "array":
		return referenceElements(content, depth+1)
	}
	flat := referenceOf(kind, content)
	return append(flat.List, flat.Text)
}
