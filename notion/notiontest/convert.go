package notiontest

import (
	"math"
	"strconv"
	"strings"
)

// converted is a value in stored form after its property became another kind.
func (w *Workspace) converted(p *property, value any, to Kind) any {
	switch p.kind {
	case to:
		return value
	case KindFormula, KindRollup:
		return nil
	}
	text := textOf(value)
	if text == "" {
		return nil
	}
	switch to {
	case KindRichText, KindURL, KindEmail, KindPhoneNumber:
		return text
	case KindNumber:
		if n, err := strconv.ParseFloat(text, 64); err == nil && !math.IsNaN(n) && !math.IsInf(n, 0) {
			return n
		}
	case KindCheckbox:
		return strings.EqualFold(text, "yes") || strings.EqualFold(text, "true")
	case KindSelect, KindStatus:
		return w.option(p, text)
	case KindMultiSelect:
		var options []*option
		for name := range strings.SplitSeq(text, ", ") {
			options = append(options, w.option(p, name))
		}
		return options
	case KindDate:
		start, end, _ := strings.Cut(text, " → ")
		if _, ok := parseDate(start); ok {
			return Date{Start: start, End: end}
		}
	}
	return nil
}

// textOf is a value in stored form as the app writes it in a cell; "" where it has no text.
func textOf(value any) string {
	var names []string
	switch v := value.(type) {
	case string:
		return v
	case float64:
		return string(appendNumber(nil, v))
	case bool:
		if v {
			return "Yes"
		}
		return "No"
	case *option:
		return v.name
	case Date:
		if v.End != "" {
			return v.Start + " → " + v.End
		}
		return v.Start
	case []*option:
		for _, o := range v {
			names = append(names, o.name)
		}
	case []*user:
		for _, u := range v {
			names = append(names, u.name)
		}
	case []File:
		for _, f := range v {
			names = append(names, f.Name)
		}
	}
	return strings.Join(names, ", ")
}
