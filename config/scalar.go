package config

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// scalarText is a single value before its type is known.
type scalarText struct {
	value string
	shown string // the form that messages may show
	loose bool   // from a variable or a flag: the text may stand for any type
}

// text reads a single value and fills in variables.
func (l *layer) text(n *yaml.Node, at place, path string) (scalarText, bool) {
	if n.Tag == "!!null" {
		l.add(path, at, "has no value", `write "" for nothing, or remove the line`)
		return scalarText{}, false
	}
	if n.Kind != yaml.ScalarNode {
		l.add(path, at, "expected a single value, got "+kindOf(n), "")
		return scalarText{}, false
	}
	if l.literal {
		return scalarText{value: n.Value, shown: strconv.Quote(n.Value)}, true
	}
	filled, err := expand(n.Value, l.environ)
	if err != nil {
		l.add(path, at, err.Error(), "")
		return scalarText{}, false
	}
	_, typed := l.origins[n]
	return scalarText{
		value: filled,
		shown: strconv.Quote(n.Value),
		loose: typed || strings.Contains(n.Value, "${"),
	}, true
}

// scalar reads a text, number, truth value or duration.
func (l *layer) scalar(n *yaml.Node, at place, t reflect.Type, path string) (any, bool) {
	text, ok := l.text(n, at, path)
	if !ok {
		return nil, false
	}
	fits := func(tags ...string) bool { return text.loose || slices.Contains(tags, n.Tag) }
	wrong := func(expected string, err error) (any, bool) {
		hint := ""
		if err == nil {
			hint = "remove the quotes"
		}
		l.add(path, at, fmt.Sprintf("expected %s, got %s", expected, text.shown), hint)
		return nil, false
	}
	switch {
	case t == reflect.TypeFor[time.Duration]():
		return l.duration(text, at, path)
	case t.Kind() == reflect.String:
		if !fits("!!str") {
			l.add(path, at, "expected text, got "+kindOf(n), "put it in quotes")
			return nil, false
		}
		if l.literal && isSecret(t) && strings.Contains(text.value, "${") {
			l.add(path, at, "no variable is filled in here: the daemon's environment is not read", "give the value itself")
			return nil, false
		}
		if isSecret(t) && at.line > 0 && n.Value != "" && !strings.Contains(n.Value, "${") {
			l.holding = at.file
		}
		return l.choice(text, at, t, path)
	case t.Kind() == reflect.Bool:
		v, err := strconv.ParseBool(strings.ToLower(text.value))
		if !fits("!!bool") || err != nil {
			return wrong("true or false", err)
		}
		return v, true
	case t.Kind() == reflect.Int:
		v, err := strconv.Atoi(strings.TrimSpace(text.value))
		if !fits("!!int") || err != nil {
			return wrong("a whole number", err)
		}
		return v, true
	case t.Kind() == reflect.Float64:
		v, err := strconv.ParseFloat(strings.TrimSpace(text.value), 64)
		if !fits("!!int", "!!float") || err != nil {
			return wrong("a number", err)
		}
		return v, true
	}
	panic("config: no reading for the type " + t.String() + " of " + path)
}

// duration reads 90s or 1h30m. It refuses a bare number, which might mean seconds,
// minutes or anything else.
func (l *layer) duration(text scalarText, at place, path string) (any, bool) {
	trimmed := strings.TrimSpace(text.value)
	if _, err := strconv.ParseFloat(trimmed, 64); err == nil {
		l.add(path, at, fmt.Sprintf("the duration %s has no unit", text.shown), "write one such as 30s, 5m or 1h")
		return nil, false
	}
	d, err := time.ParseDuration(trimmed)
	if err != nil {
		l.add(path, at, fmt.Sprintf("%s is not a duration", text.shown), "write one such as 30s, 5m or 1h30m; a day is 24h")
		return nil, false
	}
	return d, true
}

func durationOf(v any) (time.Duration, bool) { d, ok := v.(time.Duration); return d, ok }

// choice checks a text whose type has a fixed set of values.
func (l *layer) choice(text scalarText, at place, t reflect.Type, path string) (any, bool) {
	set, ok := reflect.Zero(t).Interface().(interface{ choices() []string })
	if !ok || slices.Contains(set.choices(), text.value) {
		return text.value, true
	}
	var names []string
	for _, name := range set.choices() {
		if name == "" {
			name = `""`
		}
		names = append(names, name)
	}
	l.add(path, at, fmt.Sprintf("must be one of %s, got %s", strings.Join(names, ", "), text.shown), didYouMean(text.value, set.choices()))
	return nil, false
}
