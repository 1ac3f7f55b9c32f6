package notion

import "strconv"

// find enters an object and moves to the value of the member of that name; false where it
// has none, or is no object.
func (r *fastReader) find(member string) bool {
	if r.kind() != '{' {
		return false
	}
	for r.enter(); r.next(); {
		if string(nameOf(r.name())) == member {
			return !r.bad
		}
		r.value()
	}
	return false
}

// flat takes the value of a property of that type. It returns false for null, and for a
// value that does not have the form of the type; then it need not have taken all of it.
func (r *fastReader) flat(kind string) (flat Flat, ok bool) {
	switch kind {
	case "button":
		return flat, false
	case "title", "rich_text":
		if r.kind() != '[' {
			return flat, false
		}
		text, err := r.plainText()
		return Flat{Type: FlatText, Text: text}, err == nil
	case "url", "email", "phone_number":
		return flatText(textIn(r.value()))
	case "select", "status":
		return flatText(r.entry().nameText())
	case "created_by", "last_edited_by":
		return flatText(r.entry().idText())
	case "unique_id":
		return flatText(r.uniqueID())
	case "number":
		number, err := strconv.ParseFloat(string(r.literalOf('0')), 64)
		return Flat{Type: FlatNumber, Number: number}, err == nil // an error too for more than a double holds
	case "checkbox":
		truth := string(r.value())
		return Flat{Type: FlatTruth, Truth: truth == "true"}, truth == "true" || truth == "false"
	case "created_time", "last_edited_time":
		text, _ := textIn(r.value())
		m, ok := momentOf(text)
		return Flat{Type: FlatMoment, Moment: m.clock.UTC()}, ok && m.offset != ""
	case "date":
		return r.date().flat()
	case "people":
		return r.people()
	case "relation":
		return flatList(r.entries(entry.idText))
	case "multi_select", "files":
		return flatList(r.entries(entry.nameText))
	case "formula", "rollup":
		return r.result()
	}
	return flatText(r.jsonText())
}

func flatText(text string, ok bool) (Flat, bool) { return Flat{Type: FlatText, Text: text}, ok }

func flatList(list []string, ok bool) (Flat, bool) { return Flat{Type: FlatList, List: list}, ok }

// textIn is the text of a string literal; false for another JSON text.
func textIn(literal []byte) (text string, ok bool) {
	if len(literal) == 0 || literal[0] != '"' {
		return "", false
	}
	return textOf(literal), true
}

// isNull reports whether a member is null or missing.
func isNull(literal []byte) bool { return len(literal) == 0 || literal[0] == 'n' }

// jsonText takes a value and returns its JSON; false for null.
func (r *fastReader) jsonText() (text string, ok bool) {
	value := r.value()
	return string(value), !isNull(value)
}

// An entry holds the members of a user, page, option or file that are read here, as JSON;
// empty where it has no such member.
type entry struct{ id, name []byte }

// entry takes a value. Only an object has members.
func (r *fastReader) entry() (e entry) {
	if r.kind() != '{' {
		r.value()
		return e
	}
	for r.enter(); r.next(); {
		switch string(nameOf(r.name())) {
		case "id":
			e.id = r.value()
		case "name":
			e.name = r.value()
		default:
			r.value()
		}
	}
	return e
}

// nameText is the name; false where there is none.
func (e entry) nameText() (name string, ok bool) { return textIn(e.name) }

// idText is the id, in the form of a record's key; false where there is none.
func (e entry) idText() (id string, ok bool) {
	text, ok := textIn(e.id)
	if normal, isUUID := NormalizeID(text); isUUID {
		return normal, true
	}
	return text, ok && text != ""
}

// entries takes an array and returns a text of each of its entries; false where one has none.
func (r *fastReader) entries(text func(entry) (string, bool)) (list []string, ok bool) {
	if r.kind() != '[' {
		return nil, false
	}
	list = []string{}
	for r.enter(); r.next(); {
		one, ok := text(r.entry())
		if !ok {
			return nil, false
		}
		list = append(list, one)
	}
	return list, true
}

// people takes an array of users and groups.
func (r *fastReader) people() (flat Flat, ok bool) {
	names := []string{}
	flat, ok = flatList(r.entries(func(e entry) (string, bool) {
		names = append(names, stringOf(e.name))
		return e.idText()
	}))
	flat.Names = names
	return flat, ok
}

// uniqueID takes the value of a unique id, and returns it as people write it, such as
// PRJ-12; false where it has no number.
func (r *fastReader) uniqueID() (text string, ok bool) {
	if r.kind() != '{' {
		return "", false
	}
	var prefix, number []byte
	for r.enter(); r.next(); {
		switch string(nameOf(r.name())) {
		case "prefix":
			prefix = r.value()
		case "number":
			number = r.literalOf('0')
		default:
			r.value()
		}
	}
	text, ok = textIn(prefix)
	switch {
	case len(number) == 0, !ok && !isNull(prefix):
		return "", false
	case text == "":
		return string(number), true
	}
	return text + "-" + string(number), true
}

// literalOf takes a value and returns its text if it is of that kind; else nil.
func (r *fastReader) literalOf(kind byte) []byte {
	is := byte(r.kind())
	if value := r.value(); is == kind {
		return value
	}
	return nil
}
