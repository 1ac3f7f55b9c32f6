package notion

import (
	"fmt"
	"strings"
)

// listedEntries is the most related pages, and the most people, that a page shows
// for one property. For a relation Notion says whether there are more; for people it
// does not (Notion: retrieve-a-page).
const listedEntries = 25

// properties holds what is read from a page's properties.
type properties struct {
	text     []byte  // the whole object; nil where Notion sent null
	title    *string // plain text of the title property; nil where there is none
	titleErr error   // why the title cannot be read
	cut      []cutPlace
}

// A cutPlace is a property that Notion cut, and the parts of the text that Complete
// replaces.
type cutPlace struct {
	CutProperty
	entries extent // the array
	hasMore extent // the value of a has_more that is true; else empty
}

// cutProperties are the cut properties in their exported form.
func (ps *properties) cutProperties() []CutProperty {
	var cut []CutProperty
	for _, place := range ps.cut {
		cut = append(cut, place.CutProperty)
	}
	return cut
}

// properties takes a page's properties. Members that are not property values pass,
// and so does the schema of a data source, which is a row of a wiki.
func (in *strictReader) properties() (ps properties, err error) {
	if in.kind() == 'n' {
		return ps, in.skip()
	}
	begin := in.at
	err = in.literalObject(func(name []byte) error {
		place := in.place()
		value := in.value()
		if value[0] != '{' {
			return nil
		}
		switch kind := in.typeAt(place, value); string(kind) {
		case "title":
			title := readProperty(value).title
			if len(title) == 0 || title[0] == 'n' {
				return nil
			}
			text, err := plainText(title)
			if ps.title = &text; err != nil {
				ps.titleErr = in.refuse("title: %w", err)
			}
		case "relation", "people":
			p := readProperty(value)
			if list, ok := p.cut(string(kind)); ok {
				begin := in.at - len(value)
				ps.cut = append(ps.cut, cutPlace{
					CutProperty: CutProperty{ID: stringOf(p.id), Name: textOf(name), Kind: string(kind)},
					entries:     list.after(begin),
					hasMore:     p.hasMore.after(begin),
				})
			}
		}
		return nil
	})
	if err != nil {
		return properties{}, err
	}
	ps.text = in.text[begin:in.at:in.at]
	return ps, nil
}

// typeAt is typeOf for a value at a place; none where that is unknown.
func (in *strictReader) typeAt(place int32, value []byte) []byte {
	if place == none {
		return typeOf(value)
	}
	if kind := in.tree.member(place, "type"); kind != none && in.tree.nodes[kind].kind == '"' {
		return in.tree.of(in.tree.nodes[kind].value)
	}
	return nil
}

// typeOf is the type of a property value that is an object; nil where it has none.
// Notion sends the type near the beginning, so little has to be read.
func typeOf(value []byte) []byte {
	r := fastReader{text: value}
	for r.enter(); r.next(); {
		name, value := r.name(), r.value()
		if string(nameOf(name)) == "type" && value[0] == '"' {
			return nameOf(value)
		}
	}
	return nil
}

// A property holds the members of a property value that are read here. The byte
// slices are JSON text; empty where the value has no such member.
type property struct {
	id, title        []byte
	relation, people list
	more             []byte // has_more
	hasMore          extent // the value of a has_more that is true; else empty
}

// A list is the array of entries in a property value.
type list struct {
	extent
	count int
}

// An extent is a part of a text, between two offsets.
type extent struct{ from, to int }

// after is the extent moved by offset bytes. An empty extent stays empty.
func (e extent) after(offset int) extent {
	if e.to == 0 {
		return e
	}
	return extent{e.from + offset, e.to + offset}
}

// readProperty reads a property value that is an object.
func readProperty(value []byte) (p property) {
	r := fastReader{text: value}
	for r.enter(); r.next(); {
		switch name := r.name(); string(nameOf(name)) {
		case "id":
			p.id = r.value()
		case "title":
			p.title = r.value()
		case "relation":
			p.relation = r.list()
		case "people":
			p.people = r.list()
		case "has_more":
			if p.more = r.value(); string(p.more) == "true" {
				p.hasMore = extent{r.at - len(p.more), r.at}
			}
		default:
			r.value()
		}
	}
	return p
}

// list takes an array and counts its entries; it skips another value.
func (r *fastReader) list() (l list) {
	if r.kind() != '[' {
		r.value()
		return l
	}
	l.from = r.at
	for r.enter(); r.next(); {
		r.value()
		l.count++
	}
	l.to = r.at
	return l
}

// cut returns the entries of a property of that type, relation or people. ok says
// that there are or may be more: Notion does not distinguish 25 people from more.
func (p *property) cut(kind string) (entries list, ok bool) {
	entries = p.relation
	if kind == "people" {
		entries = p.people
	}
	switch string(p.more) {
	case "true":
		return entries, entries.to > 0
	case "false":
		return entries, false
	default:
		return entries, kind == "people" && entries.count >= listedEntries
	}
}

// plainText joins the plain texts of a rich-text array (Notion: rich-text).
func plainText(richText []byte) (string, error) {
	r := fastReader{text: richText}
	return r.plainText()
}

// plainText takes a rich-text array and joins its plain texts.
func (r *fastReader) plainText() (string, error) {
	if kind := r.kind(); kind != '[' {
		return "", fmt.Errorf("%v is not an array", kind)
	}
	pieces := make([]string, 0, 8) // most texts have one
	for r.enter(); r.next(); {
		if kind := r.kind(); kind != '{' {
			return "", fmt.Errorf("%v is not an object", kind)
		}
		for r.enter(); r.next(); {
			if name := r.name(); string(nameOf(name)) != "plain_text" {
				r.value()
				continue
			}
			switch kind := r.kind(); kind {
			case '"':
				pieces = append(pieces, stringOf(r.value()))
			case 'n':
				r.value()
			default:
				return "", fmt.Errorf("plain_text: %v is not a string or null", kind)
			}
		}
	}
	return strings.Join(pieces, ""), nil
}

// stringOf is the value of a JSON string; "" for other JSON texts.
func stringOf(literal []byte) string {
	if len(literal) == 0 || literal[0] != '"' {
		return ""
	}
	return textOf(literal)
}
