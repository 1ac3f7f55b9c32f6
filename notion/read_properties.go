package notion

import (
	"bytes"
	"fmt"
	"strings"
)

// listedEntries is how many related pages, and how many people, a page shows of
// one property. Of a relation Notion says whether there are more; of people it
// does not (Notion: retrieve-a-page).
const listedEntries = 25

// properties is what the reader takes out of a page's properties.
type properties struct {
	text     []byte  // the whole object; nil where Notion sent null
	title    *string // plain text of the property of type title; nil where there is none
	titleErr error   // why that text cannot be read
	cut      []cutPlace
}

// A cutPlace is a property that Notion cut, and the parts of the walk's text that
// a completed one has instead of its own.
type cutPlace struct {
	CutProperty
	entries extent // the array
	hasMore extent // the true; empty where there is no has_more
}

// cutProperties is what callers see of the properties that Notion cut.
func (ps *properties) cutProperties() []CutProperty {
	var cut []CutProperty
	for _, place := range ps.cut {
		cut = append(cut, place.CutProperty)
	}
	return cut
}

// properties takes a page's properties. What is no property value passes, and so
// does a data source's schema, which rows of a wiki have in this place.
func (w *walk) properties() (ps properties, err error) {
	if w.dec.PeekKind() == 'n' {
		return ps, w.skip()
	}
	before := int(w.dec.InputOffset())
	err = w.literalObject(func(name []byte) error {
		value, err := w.value()
		if err != nil || value[0] != '{' {
			return err
		}
		switch kind := typeOf(value); string(kind) {
		case "title":
			title := readProperty(value).title
			if len(title) == 0 || title[0] == 'n' {
				return nil
			}
			text, err := plainText(title)
			if ps.title = &text; err != nil {
				ps.titleErr = w.refuse("title: %w", err)
			}
		case "relation", "people":
			p := readProperty(value)
			if list, ok := p.cut(string(kind)); ok {
				begin := int(w.dec.InputOffset()) - len(value)
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
	begin, end := before+bytes.IndexByte(w.text[before:], '{'), int(w.dec.InputOffset())
	ps.text = w.text[begin:end:end]
	return ps, nil
}

// typeOf is the type of a property value that is an object; "" where it has none.
// Notion names the type near the beginning, so that little has to be read.
func typeOf(value []byte) []byte {
	s := skim{text: value}
	for s.enter(); s.next(); {
		name, value := s.name(), s.value()
		if string(nameOf(name)) == "type" && value[0] == '"' {
			return nameOf(value)
		}
	}
	return nil
}

// A property is one property value as far as the reader looks into it. The byte
// slices are JSON text; empty where the value has no such member.
type property struct {
	id, title        []byte
	relation, people list
	more             []byte // has_more
	hasMore          extent // of a has_more that is true
}

// A list is the entries of a property value, where they are an array.
type list struct {
	extent
	count int
}

// An extent is a part of a text, between two offsets.
type extent struct{ from, to int }

// after is the extent in a text that has offset bytes before it. An empty one
// stays empty.
func (e extent) after(offset int) extent {
	if e.to == 0 {
		return e
	}
	return extent{e.from + offset, e.to + offset}
}

// readProperty reads a property value that is an object.
func readProperty(value []byte) (p property) {
	s := skim{text: value}
	for s.enter(); s.next(); {
		switch name := s.name(); string(nameOf(name)) {
		case "id":
			p.id = s.value()
		case "title":
			p.title = s.value()
		case "relation":
			p.relation = s.list()
		case "people":
			p.people = s.list()
		case "has_more":
			if p.more = s.value(); string(p.more) == "true" {
				p.hasMore = extent{s.at - len(p.more), s.at}
			}
		default:
			s.value()
		}
	}
	return p
}

// list takes an array and counts its entries; another value is passed over.
func (s *skim) list() (l list) {
	if s.kind() != '[' {
		s.value()
		return l
	}
	l.from = s.at
	for s.enter(); s.next(); {
		s.value()
		l.count++
	}
	l.to = s.at
	return l
}

// cut returns the entries of a property of that type, relation or people, if
// Notion shows only the beginning of them, or may: it does not tell 25 people
// from more.
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
	s := skim{text: richText}
	if kind := s.kind(); kind != '[' {
		return "", fmt.Errorf("%v is not an array", kind)
	}
	var all strings.Builder
	for s.enter(); s.next(); {
		if kind := s.kind(); kind != '{' {
			return "", fmt.Errorf("%v is not an object", kind)
		}
		for s.enter(); s.next(); {
			if name := s.name(); string(nameOf(name)) != "plain_text" {
				s.value()
				continue
			}
			switch kind := s.kind(); kind {
			case '"':
				all.WriteString(textOf(s.value()))
			case 'n':
				s.value()
			default:
				return "", fmt.Errorf("plain_text: %v is not a string or null", kind)
			}
		}
	}
	return all.String(), nil
}

// stringOf is the value of a JSON text that should be a string; "" for others.
func stringOf(literal []byte) string {
	if len(literal) == 0 || literal[0] != '"' {
		return ""
	}
	return textOf(literal)
}
