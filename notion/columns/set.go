package columns

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"notion-kafka/notion"
)

// A Set is the columns of one topic. It only grows. It is for one goroutine at a time.
type Set struct {
	list    []Column
	plain   []string          // by column: the property's id without its encoding
	first   map[form]int      // where the columns of a form begin
	bases   map[string]string // by property: the name that the names of its columns begin with
	names   map[string]bool   // in use
	version int
	begun   bool     // it was pinned before
	changes []string // since the last Settle
}

// A form is what a property's columns are made for: a property that changes its type, or
// a formula that changes its result, gets others.
type form struct {
	id, kind, result string
	is               notion.FlatType
}

// NewSet returns the columns that a topic has: those that are pinned, in their order. A
// topic without columns is at its beginning.
func NewSet(pinned []Column) *Set {
	s := &Set{first: map[form]int{}, bases: map[string]string{}, names: map[string]bool{}, begun: len(pinned) > 0}
	for _, name := range reserved {
		s.names[name] = true
	}
	for _, c := range pinned {
		s.append(c)
	}
	return s
}

// Columns are the columns in the order of their fields. The caller does not change them.
func (s *Set) Columns() []Column { return s.list }

// Version changes whenever the schema of the columns does.
func (s *Set) Version() int { return s.version }

// Settle says that the columns are pinned, and returns in words what has changed of them
// since it was called last. The columns of a topic's beginning are no
// change.
func (s *Set) Settle() []string {
	changes := s.changes
	s.changes, s.begun = nil, true
	return changes
}

// Follow adds the columns for the properties of a database, which are those of all its
// data sources. A formula or rollup gets its column with its first value. If whole,
// properties has all that there are: the columns of the others are gone.
func (s *Set) Follow(properties []notion.Property, whole bool) {
	type live struct{ id, kind string }
	present, named := map[live]bool{}, map[string]bool{}
	for _, p := range properties {
		id := notion.PlainPropertyID(p.ID)
		if !named[id] { // data sources may share a property, as they share the title
			named[id] = true
			s.rename(id, p.Name)
		}
		present[live{id, p.Kind}] = true
		if is, known := notion.FlatTypeOf(p.Kind); known && is != "" {
			s.place(p, "", is)
		}
	}
	for i := range s.list {
		c := &s.list[i]
		switch is := present[live{s.plain[i], c.Kind}]; {
		case is && c.Gone:
			c.Gone = false
			s.tell(*c, "property %s is back as %s: column %s goes on", shown(c.Label), c.kindOrResult(), c.Name)
		case !is && whole && !c.Gone:
			c.Gone = true
			if !named[s.plain[i]] { // otherwise it has another type, which is told where its column begins
				s.tell(*c, "property %s is not read any more: column %s stays and is null", shown(c.Label), c.Name)
			}
		}
	}
}

// rename notes the display name of a property.
func (s *Set) rename(id, name string) {
	told := false
	for i := range s.list {
		c := &s.list[i]
		if s.plain[i] != id || c.Label == name {
			continue
		}
		if !told {
			s.tell(*c, "property %s is called %s now: column %s keeps its name", shown(c.Label), shown(name), c.Name)
		}
		told, c.Label = true, name
		s.version++
	}
}

// shown is a property's display name as changes have it: nothing else bounds its length.
func shown(label string) string {
	const most = 60
	if name := []rune(label); len(name) > most {
		label = string(name[:most-1]) + "…"
	}
	return strconv.Quote(label)
}

// tell notes a change of a column. What is said of a property is said once, of the value
// itself, and nothing is said of columns that are not pinned yet.
func (s *Set) tell(c Column, text string, args ...any) {
	if s.begun && c.Part == Whole {
		s.changes = append(s.changes, fmt.Sprintf(text, args...))
	}
}

// place is where the columns of a property begin, for values of one type. It adds them if
// there are none.
func (s *Set) place(p notion.Property, result string, is notion.FlatType) int {
	raw := form{p.ID, p.Kind, result, is}
	if at, known := s.first[raw]; known {
		return at
	}
	plain := raw
	plain.id = notion.PlainPropertyID(p.ID)
	at, known := s.first[plain]
	if !known {
		at = s.add(p, plain)
	}
	s.first[raw] = at // the next page has the same encoding of the id
	return at
}

// add adds the columns of a property, for values of one type, and returns where they
// begin.
func (s *Set) add(p notion.Property, f form) int {
	at, parts := len(s.list), partsOf(f)
	base, known := s.bases[f.id]
	if known {
		base = strings.TrimRight(base+"_"+notion.FoldName(kindOrResult(f.kind, f.result)), "_")
	} else {
		base = nameOf(p)
	}
	base = s.free(base, parts)
	before := s.ofProperty(f.id)
	for _, part := range parts {
		is := f.is
		if part.Part != Whole {
			is = part.is
		}
		s.append(Column{Name: base + part.suffix(), Type: is, Part: part.Part, ID: p.ID, Kind: f.kind, Result: f.result, Label: p.Name})
	}
	switch c := s.list[at]; {
	case !known:
		s.tell(c, "%s, for property %s", s.beginning(at), shown(c.Label))
	case f.result != "" && slices.ContainsFunc(before, func(b Column) bool { return b.Kind == f.kind }):
		s.tell(c, "property %s has a value of type %s: %s, and is null where the value has another type", shown(c.Label), f.result, s.beginning(at))
	default:
		s.tell(c, "property %s has the type %s now: %s, and %s", shown(c.Label), c.kindOrResult(), s.beginning(at), stay(before))
	}
	return at
}

// ofProperty are the columns of a property, the values themselves.
func (s *Set) ofProperty(id string) (list []Column) {
	for i, c := range s.list {
		if c.Part == Whole && s.plain[i] == id {
			list = append(list, c)
		}
	}
	return list
}

// beginning names the columns of a property that begin at the end of the list.
func (s *Set) beginning(at int) string {
	var names []string
	for _, c := range s.list[at:] {
		names = append(names, c.Name)
	}
	if len(names) == 1 {
		return "column " + names[0] + " begins"
	}
	return "columns " + strings.Join(names, ", ") + " begin"
}

// stay says what becomes of the earlier columns of a property.
func stay(list []Column) string {
	var names []string
	for _, c := range list {
		names = append(names, c.Name)
	}
	if len(names) == 1 {
		return names[0] + " stays and is null"
	}
	return strings.Join(names, ", ") + " stay and are null"
}

// append adds a column at the end.
func (s *Set) append(c Column) {
	id := notion.PlainPropertyID(c.ID)
	if c.Part == Whole {
		s.first[form{id, c.Kind, c.Result, c.Type}] = len(s.list)
		if _, known := s.bases[id]; !known {
			s.bases[id] = c.Name
		}
	}
	s.list, s.plain = append(s.list, c), append(s.plain, id)
	s.names[c.Name] = true
	s.version++
}

// free is the name with which none of the parts has a name in use: the base itself, or
// the base and a number.
func (s *Set) free(base string, parts []part) string {
	for n := 1; ; n++ {
		name := base
		if n > 1 {
			name += "_" + strconv.Itoa(n)
		}
		if !slices.ContainsFunc(parts, func(p part) bool { return s.names[name+p.suffix()] }) {
			return name
		}
	}
}

// Row is what a page has in the columns, in their order, appended to dst[:0]. It adds a
// column for a value that has none: the result of a formula, or a property that is newer
// than what Follow knew.
func (s *Set) Row(dst []Value, properties []byte) []Value {
	dst = slices.Grow(dst[:0], len(s.list))[:len(s.list)]
	clear(dst)
	for p := range notion.PropertiesOf(properties) {
		flat := p.Flat()
		if flat.Type == "" {
			continue
		}
		at := s.place(p, flat.Result, flat.Type)
		for len(dst) < len(s.list) {
			dst = append(dst, Value{})
		}
		dst[at] = Value{Known: true, Text: flat.Text, Number: flat.Number, Truth: flat.Truth, Moment: flat.Moment, List: flat.List}
		for ; at+1 < len(s.list) && s.list[at+1].Part != Whole; at++ {
			dst[at+1] = s.list[at+1].Part.of(flat)
		}
	}
	return dst
}
