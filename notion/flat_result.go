package notion

// typed takes an object that names a type and has a member of that name: the result of a
// formula or rollup, or an element of such a result. The reader that it returns is before
// the member's value.
func (r *fastReader) typed() (kind string, content fastReader, ok bool) {
	content = fastReader{text: r.value()}
	if r.bad || !content.find("type") {
		return "", content, false
	}
	kind, ok = textIn(content.value())
	content.at = 0
	return kind, content, ok && content.find(kind)
}

// isUncomputed recognises the types of results that Notion did not compute, because there
// was too much to calculate (Notion: page-property-values).
func isUncomputed(kind string) bool { return kind == "unsupported" || kind == "incomplete" }

// result takes the value of a formula or rollup. Of a date it is the start only; a result of a
// type that is not known here has the text of its JSON.
func (r *fastReader) result() (flat Flat, ok bool) {
	kind, content, ok := r.typed()
	if !ok || isUncomputed(kind) {
		return flat, false
	}
	switch kind {
	case "string":
		flat, ok = flatText(textIn(content.value()))
	case "number":
		flat, ok = content.flat("number")
	case "boolean":
		flat, ok = content.flat("checkbox")
	case "date":
		flat, ok = content.date().flat()
		flat = Flat{Type: flat.Type, Moment: flat.Moment}
	case "array":
		flat, ok = flatList(content.elements([]string{}, 0))
	default:
		flat, ok = flatText(content.jsonText())
	}
	flat.Result = kind
	return flat, ok && !content.bad
}

// elements takes an array of typed values and appends their texts to list.
func (r *fastReader) elements(list []string, depth int) ([]string, bool) {
	if r.kind() != '[' {
		return nil, false
	}
	for r.enter(); r.next(); {
		var ok bool
		if list, ok = r.element(list, depth); !ok {
			return nil, false
		}
	}
	return list, true
}

// element takes a typed value and appends its texts to list.
func (r *fastReader) element(list []string, depth int) ([]string, bool) {
	kind, content, ok := r.typed()
	if !ok || depth > mostNested {
		return nil, false
	}
	list, ok = content.texts(list, kind, depth)
	return list, ok && !content.bad
}

// texts takes a value of a type inside an array, and appends the texts that it consists of
// to list: digits, times and dates as Notion sends them, of other types what a column of their
// own would have. Empty ones are left out.
func (r *fastReader) texts(list []string, kind string, depth int) ([]string, bool) {
	if r.kind() == 'n' || kind == "button" || isUncomputed(kind) {
		r.value()
		return list, true
	}
	switch kind {
	case "formula", "rollup":
		return r.element(list, depth+1)
	case "array":
		return r.elements(list, depth+1)
	case "number":
		digits := r.literalOf('0')
		return append(list, string(digits)), digits != nil
	case "checkbox", "boolean":
		truth := string(r.value())
		return append(list, truth), truth == "true" || truth == "false"
	case "date":
		d := r.date()
		return append(list, d.text()), !d.bad
	}
	var flat Flat
	var ok bool
	switch kind {
	case "string", "created_time", "last_edited_time":
		flat.Text, ok = textIn(r.value())
	default:
		flat, ok = r.flat(kind)
	}
	for _, text := range append(flat.List, flat.Text) {
		if text != "" {
			list = append(list, text)
		}
	}
	return list, ok
}
