package notiontest

import (
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// parsePropertyFilter reads a condition on a property, named by name or id.
func (w *Workspace) parsePropertyFilter(d *DataSource, list []member, subject, place string) (*filter, *failure) {
	at := slices.IndexFunc(d.properties, func(p *property) bool {
		return !p.removed && named([]string{subject}, p.id, p.name)
	})
	if at < 0 {
		return nil, invalid("Could not find property with name or id: %s", subject)
	}
	p := d.properties[at]
	list = slices.DeleteFunc(list, func(m member) bool { return m.name == "property" || m.name == "type" })
	if len(list) != 1 {
		return nil, invalid("body failed validation: %s should have one condition on the property.", place)
	}
	kind := list[0].name
	if kind != string(p.kind) {
		return nil, invalid("The property type in the database does not match the property type of the filter provided: database property %s does not match filter %s", p.kind, kind)
	}
	condition, f := oneMember(list[0].value, place+"."+kind)
	if f != nil {
		return nil, f
	}
	test, f := w.parseTest(p.kind, condition, place+"."+kind)
	return &filter{match: func(r *row) bool { return test(w.plain(r, p)) }}, f
}

// parseTest reads a condition on a value in plain form.
func (w *Workspace) parseTest(kind Kind, condition member, place string) (func(any) bool, *failure) {
	switch condition.name {
	case "is_empty", "is_not_empty":
		if string(condition.value) == "true" && kind != KindCheckbox {
			empty := condition.name == "is_empty"
			return func(v any) bool { return isEmpty(v) == empty }, nil
		}
		return nil, unexpected(place, condition.name, condition.value)
	}
	var operand any
	if err := json.Unmarshal(condition.value, &operand); err != nil {
		return nil, invalid("body failed validation: %s.%s is not JSON.", place, condition.name)
	}
	var test func(any) bool
	switch kind {
	case KindTitle, KindRichText, KindURL, KindEmail, KindPhoneNumber:
		test = textTest(condition.name, operand, w.opts.FoldText)
	case KindNumber, KindUniqueID:
		test = numberTest(condition.name, operand)
	case KindCheckbox:
		if want, ok := operand.(bool); ok && (condition.name == "equals" || condition.name == "does_not_equal") {
			test = func(v any) bool { return (v == any(want)) == (condition.name == "equals") }
		}
	case KindSelect, KindStatus:
		test = membershipTest(condition.name, "equals", "does_not_equal", operand)
	case KindMultiSelect, KindPeople, KindCreatedBy, KindLastEditedBy, KindRelation:
		test = membershipTest(condition.name, "contains", "does_not_contain", operand)
	case KindDate, KindCreatedTime, KindLastEditedTime:
		s, f := parseSpan(condition, place, false)
		return func(v any) bool {
			text, _ := v.(string)
			at, ok := parseDate(text)
			return ok && s.holds(at)
		}, f
	}
	if test == nil {
		return nil, unexpected(place, condition.name, condition.value)
	}
	return test, nil
}

func textTest(name string, operand any, fold bool) func(any) bool {
	want, ok := operand.(string)
	if !ok {
		return nil
	}
	if fold {
		want = strings.ToLower(want)
	}
	tests := map[string]func(s string) bool{
		"equals":           func(s string) bool { return s == want },
		"does_not_equal":   func(s string) bool { return s != want },
		"contains":         func(s string) bool { return strings.Contains(s, want) },
		"does_not_contain": func(s string) bool { return !strings.Contains(s, want) },
		"starts_with":      func(s string) bool { return strings.HasPrefix(s, want) },
		"ends_with":        func(s string) bool { return strings.HasSuffix(s, want) },
	}
	test := tests[name]
	if test == nil {
		return nil
	}
	return func(v any) bool {
		s, _ := v.(string)
		if fold {
			s = strings.ToLower(s)
		}
		return test(s) && (s != "" || !fold)
	}
}

func numberTest(name string, operand any) func(any) bool {
	want, ok := operand.(float64)
	if !ok {
		return nil
	}
	tests := map[string]func(n float64) bool{
		"equals":                   func(n float64) bool { return n == want },
		"does_not_equal":           func(n float64) bool { return n != want },
		"greater_than":             func(n float64) bool { return n > want },
		"less_than":                func(n float64) bool { return n < want },
		"greater_than_or_equal_to": func(n float64) bool { return n >= want },
		"less_than_or_equal_to":    func(n float64) bool { return n <= want },
	}
	test := tests[name]
	if test == nil {
		return nil
	}
	return func(v any) bool {
		n, ok := v.(float64)
		if !ok {
			return name == "does_not_equal"
		}
		return test(n)
	}
}

// membershipTest checks whether a set of names or ids holds the operand, or any
// element of an array.
func membershipTest(name, yes, no string, operand any) func(any) bool {
	var wanted []string
	switch o := operand.(type) {
	case string:
		wanted = []string{o}
	case []any:
		for _, one := range o {
			text, ok := one.(string)
			if !ok {
				return nil
			}
			wanted = append(wanted, text)
		}
	default:
		return nil
	}
	if name != yes && name != no {
		return nil
	}
	return func(v any) bool {
		set, _ := v.([]string)
		found := slices.ContainsFunc(set, func(s string) bool { return slices.Contains(wanted, s) })
		return found == (name == yes)
	}
}

func isEmpty(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case string:
		return v == ""
	case []string:
		return len(v) == 0
	default:
		return false
	}
}

// parseDate reads a date or a time of a property value, in Unix milliseconds.
func parseDate(text string) (int64, bool) {
	for _, layout := range []string{time.RFC3339, time.DateOnly, "2006-01-02T15:04:05"} {
		if at, err := time.Parse(layout, text); err == nil {
			return at.UnixMilli(), true
		}
	}
	return 0, false
}

// plain is a property's value as filters and sorts compare it: a string, a float64, a
// bool, or its names or ids; nil when empty. It is read from the page object, so that
// it is correct for imported pages too.
func (w *Workspace) plain(r *row, p *property) any {
	list, err := splitObject(w.appendProperties(nil, r, []string{p.id}))
	if err != nil || len(list) != 1 {
		return nil
	}
	var shown map[string]any
	if json.Unmarshal(list[0].value, &shown) != nil {
		return nil
	}
	switch value := shown[string(p.kind)].(type) {
	case []any:
		return plainArray(p.kind, value)
	case map[string]any:
		switch p.kind {
		case KindSelect, KindStatus:
			name, _ := value["name"].(string)
			return []string{name}
		case KindDate:
			return value["start"]
		case KindUniqueID:
			return value["number"]
		default: // users
			id, _ := value["id"].(string)
			return []string{id}
		}
	default:
		return value
	}
}

// plainArray joins texts; for other kinds it lists the names or ids.
func plainArray(kind Kind, items []any) any {
	key := "id"
	switch kind {
	case KindTitle, KindRichText:
		key = "plain_text"
	case KindMultiSelect, KindFiles:
		key = "name"
	}
	set := make([]string, 0, len(items))
	for _, item := range items {
		object, _ := item.(map[string]any)
		text, _ := object[key].(string)
		set = append(set, text)
	}
	if key == "plain_text" {
		return strings.Join(set, "")
	}
	return set
}
