package notiontest

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"
)

// Values are a page's property values by display name. nil makes a property empty. The
// types of the kinds are:
//
//	title, rich_text, url, email, phone_number   string
//	number                                       int or float64
//	select, status                               string, the option's name
//	multi_select                                 []string, the options' names
//	date                                         string as Notion writes it, time.Time, or Date
//	people                                       []string, ids of users and groups
//	files                                        []File
//	checkbox                                     bool
//	relation                                     []string, page ids
//	formula                                      string, int, float64, bool, Date or Unsupported
//	rollup                                       Rollup
//
// Any of them may also be a json.RawMessage, which is used unchanged; verification, place
// and kinds that are not known here are nothing else. The other kinds are computed and
// cannot be set.
type Values map[string]any

// A Date is the value of a date property (Notion: reference/page-property-values).
type Date struct {
	Start, End, TimeZone string // "" means null
}

// A File is an entry of a files property: hosted by Notion, with a signed URL that
// changes on every read, or an external file at URL.
type File struct {
	Name string
	URL  string // "": hosted
}

// listedReferences is the most related pages, and the most people, in a property of a
// page object (Notion: reference/retrieve-a-page).
const listedReferences = 25

// prepare turns values into stored form and adds them to the row's old ones.
func (w *Workspace) prepare(d *DataSource, old []any, values Values) []any {
	stored := make([]any, max(len(old), len(d.properties)))
	copy(stored, old)
	for name, value := range values {
		p := d.property(name)
		if p == nil {
			panic(fmt.Sprintf("notiontest: data source %q has no property %q", d.name, name))
		}
		stored[p.at] = w.prepareValue(p, value)
	}
	return stored
}

// prepareValue checks a value and resolves the names and ids in it.
func (w *Workspace) prepareValue(p *property, value any) any {
	if value == nil {
		return nil
	}
	if raw, ok := value.(json.RawMessage); ok {
		if !json.Valid(raw) {
			panic(fmt.Sprintf("notiontest: value of property %q is not JSON: %s", p.name, raw))
		}
		return raw
	}
	switch v := value.(type) {
	case string:
		switch p.kind {
		case KindTitle, KindRichText, KindURL, KindEmail, KindPhoneNumber, KindFormula:
			return v
		case KindSelect, KindStatus:
			return w.option(p, v)
		case KindDate:
			return Date{Start: v}
		}
	case int:
		if p.kind == KindNumber || p.kind == KindFormula {
			return float64(v)
		}
	case float64:
		if p.kind == KindNumber || p.kind == KindFormula {
			return v
		}
	case bool:
		if p.kind == KindCheckbox || p.kind == KindFormula {
			return v
		}
	case time.Time:
		if p.kind == KindDate {
			return Date{Start: v.Format("2006-01-02T15:04:05.000Z07:00")}
		}
	case Date:
		if p.kind == KindDate || p.kind == KindFormula {
			return v
		}
	case Unsupported:
		if p.kind == KindFormula {
			return v
		}
	case []File:
		if p.kind == KindFiles {
			return v
		}
	case Rollup:
		if p.kind == KindRollup {
			return v
		}
	case []string:
		switch p.kind {
		case KindMultiSelect:
			options := make([]*option, len(v))
			for i, name := range v {
				options[i] = w.option(p, name)
			}
			return options
		case KindPeople:
			people := make([]*user, len(v))
			for i, id := range v {
				people[i] = w.person(id)
			}
			return people
		case KindRelation:
			ids := make([]uuid, len(v))
			for i, id := range v {
				parsed, ok := parseID(id)
				if !ok {
					panic(fmt.Sprintf("notiontest: relation %q cannot hold %q, which is not an id", p.name, id))
				}
				ids[i] = parsed
			}
			return ids
		}
	}
	panic(fmt.Sprintf("notiontest: property %q of kind %s cannot hold a %T", p.name, p.kind, value))
}

// appendValue appends a property's value as in a page object
// (Notion: reference/page-property-values).
func (w *Workspace) appendValue(b []byte, r *row, p *property, value any) []byte {
	if raw, ok := value.(json.RawMessage); ok {
		return append(b, raw...)
	}
	switch p.kind {
	case KindTitle, KindRichText:
		text, _ := value.(string)
		return appendText(b, text)
	case KindURL, KindEmail, KindPhoneNumber:
		text, _ := value.(string)
		return appendNullable(b, text)
	case KindCheckbox:
		checked, _ := value.(bool)
		return strconv.AppendBool(b, checked)
	case KindMultiSelect:
		options, _ := value.([]*option)
		return appendList(b, options, func(b []byte, o *option) []byte { return o.append(b) })
	case KindPeople:
		people, _ := value.([]*user)
		return appendList(b, people[:min(len(people), listedReferences)], w.appendUser)
	case KindFiles:
		files, _ := value.([]File)
		return appendList(b, files, func(b []byte, f File) []byte { return w.appendFile(b, r, f) })
	case KindRelation:
		ids, _ := value.([]uuid)
		return appendList(b, ids[:min(len(ids), listedReferences)], appendReference)
	case KindCreatedTime:
		return appendStamp(b, r.created)
	case KindLastEditedTime:
		return appendStamp(b, r.edited)
	case KindCreatedBy:
		return w.appendUser(b, r.createdBy)
	case KindLastEditedBy:
		return w.appendUser(b, r.editedBy)
	case KindUniqueID:
		b = append(b, `{"prefix":`...)
		b = appendNullable(b, p.prefix)
		b = append(b, `,"number":`...)
		b = strconv.AppendInt(b, int64(r.number), 10)
		return append(b, '}')
	case KindButton:
		return append(b, '{', '}')
	case KindFormula:
		return appendResult(append(b, '{'), value, "")
	case KindRollup:
		return appendRollup(b, value)
	}
	switch v := value.(type) {
	case float64:
		return appendNumber(b, v)
	case *option:
		return v.append(b)
	case Date:
		return v.append(b)
	}
	return append(b, "null"...)
}

// appendReference appends a related page.
func appendReference(b []byte, id uuid) []byte {
	return append(id.append(append(b, `{"id":"`...)), `"}`...)
}

// appendNumber appends a number in the shortest form that decodes to the same number.
func appendNumber(b []byte, n float64) []byte {
	text, err := json.Marshal(n)
	if err != nil {
		panic("notiontest: encoding a number: " + err.Error())
	}
	return append(b, text...)
}

func (d Date) append(b []byte) []byte {
	b = append(b, `{"start":`...)
	b = appendNullable(b, d.Start)
	b = append(b, `,"end":`...)
	b = appendNullable(b, d.End)
	b = append(b, `,"time_zone":`...)
	b = appendNullable(b, d.TimeZone)
	return append(b, '}')
}
