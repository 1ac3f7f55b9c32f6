package config

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// value checks a node against the type of its key and returns it as a value
// that fits: a map for a section, a list, a text, a number, a Trigger, or a
// secretFile. It reports a node that does not fit, and returns false.
//
// It goes no deeper than the types do, so an alias that contains itself does no
// harm.
func (l *layer) value(n *yaml.Node, t reflect.Type, path string) (v any, ok bool) {
	at := l.place(n)
	n = deref(n)
	l.note(path, at)
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch {
	case t == reflect.TypeFor[Trigger]():
		return l.triggerValue(n, at, path)
	case t.Kind() == reflect.Struct:
		return l.section(n, at, t, path)
	case t.Kind() == reflect.Map:
		return l.names(n, at, path)
	case t.Kind() == reflect.Slice:
		return l.list(n, at, t.Elem(), path)
	}
	return l.scalar(n, at, t, path)
}

// section reads the keys of a struct type. The map has only keys that were given,
// without those that have a problem below them.
func (l *layer) section(n *yaml.Node, at place, t reflect.Type, path string) (map[string]any, bool) {
	if !l.isMapping(n, at, path) {
		return nil, false
	}
	types := make(map[string]reflect.Type)
	for _, f := range fieldsOf(t) {
		types[f.key] = f.typ
	}
	values := make(map[string]any)
	for key, node := range l.entries(n, path) {
		here := under(path, key)
		secret, isFile := strings.CutSuffix(key, fileSuffix)
		switch {
		case types[key] != nil:
			if v, ok := l.value(node, types[key], here); ok {
				values[key] = v
			}
		case isFile && types[secret] != nil && isSecret(types[secret]):
			if l.literal {
				l.add(here, l.place(node), "no file can be named here: it would be read on the daemon's machine", "give "+secret+" itself")
				continue
			}
			if givenIn(n, secret) {
				l.add(here, l.place(node), fmt.Sprintf("both %s and %s are given", secret, key), "keep one of them")
				continue
			}
			if name, ok := l.value(node, reflect.TypeFor[string](), here); ok {
				values[secret] = secretFile{Path: here, Name: name.(string)}
			}
		default:
			l.add(here, l.keyPlace(n, node), "unknown key", unknownHint(key, keyNames(t)))
		}
	}
	return values, true
}

func unknownHint(key string, known []string) string {
	if key == "<<" {
		return "merge keys are not supported: put what sources share under defaults"
	}
	if hint := didYouMean(key, known); hint != "" {
		return hint
	}
	return "the keys here are " + strings.Join(known, ", ")
}

// names reads a map whose keys are not ours, such as Kafka's topic settings.
// Numbers and truth values become the text that Kafka wants.
func (l *layer) names(n *yaml.Node, at place, path string) (map[string]any, bool) {
	if !l.isMapping(n, at, path) {
		return nil, false
	}
	values := make(map[string]any)
	for key, node := range l.entries(n, path) {
		here, there := under(path, key), l.place(node)
		l.note(here, there)
		if text, ok := l.text(deref(node), there, here); ok {
			values[key] = text.value
		}
	}
	return values, true
}

// list reads a sequence, or the text of a variable or a flag: [a, b] or a,b.
// An element with a problem keeps its place, so that later paths stay right.
func (l *layer) list(n *yaml.Node, at place, t reflect.Type, path string) ([]any, bool) {
	n = l.parseFlow(n)
	items := n.Content
	if by, typed := l.origins[n]; typed && n.Kind == yaml.ScalarNode {
		items = nil
		for part := range strings.SplitSeq(n.Value, ",") {
			if part = strings.TrimSpace(part); part != "" {
				node := textNode(part)
				l.origins[node] = by
				items = append(items, node)
			}
		}
	} else if n.Kind != yaml.SequenceNode {
		l.add(path, at, "expected a list, got "+kindOf(n), "write it as [a, b], or [] for none")
		return nil, false
	}
	values := make([]any, 0, len(items))
	for i, node := range items {
		v, ok := l.value(node, t, item(path, i))
		if !ok {
			v = reflect.Zero(t).Interface()
		}
		values = append(values, v)
	}
	return values, true
}

// triggerValue reads a trigger in any of its forms, or the word off. It is one
// value, not a section: a later layer replaces it as a whole, because half of
// an interval and half of a cron line make no trigger.
func (l *layer) triggerValue(n *yaml.Node, at place, path string) (any, bool) {
	n = l.parseFlow(n)
	if n.Kind == yaml.ScalarNode && n.Value == "off" {
		return Trigger{Off: true}, true
	}
	if n.Kind != yaml.MappingNode {
		l.add(path, at, "expected a trigger, got "+kindOf(n), `write one such as {every: 5m} or {daily_at: "06:00", timezone: Europe/Berlin}`)
		return nil, false
	}
	before := len(l.problems)
	values, _ := l.section(n, at, reflect.TypeFor[Trigger](), path)
	if len(l.problems) > before {
		return nil, false
	}
	var forms []string
	for _, form := range triggerForms() {
		if _, given := values[form]; given {
			forms = append(forms, form)
		}
	}
	if len(forms) != 1 {
		got := "none of them"
		if len(forms) > 1 {
			got = strings.Join(forms, " and ")
		}
		l.add(path, at, "a trigger has exactly one of "+strings.Join(triggerForms(), ", ")+", got "+got, "")
		return nil, false
	}
	if !l.triggerCompanions(values, forms[0], path) {
		return nil, false
	}
	var t Trigger
	t.Every, _ = durationOf(values["every"])
	t.Cron, _ = values["cron"].(string)
	t.DailyAt, _ = values["daily_at"].(string)
	t.WeeklyOn, _ = values["weekly_on"].(string)
	t.WeeklyOn = strings.ToLower(t.WeeklyOn)
	t.At, _ = values["at"].(string)
	t.Timezone, _ = values["timezone"].(string)
	t.Manual, _ = values["manual"].(bool)
	return t, true
}

// triggerCompanions checks keys that go with some forms only, and values that would
// make the form look absent.
func (l *layer) triggerCompanions(values map[string]any, form, path string) bool {
	before := len(l.problems)
	given := func(key string) bool { _, ok := values[key]; return ok }
	if given("at") && form != "weekly_on" {
		l.add(under(path, "at"), l.placeOf(under(path, "at")), "goes with weekly_on only, not with "+form, "remove it")
	}
	if form == "weekly_on" && !given("at") {
		l.add(path, l.placeOf(path), "weekly_on needs the time of day", `add at: "06:00"`)
	}
	if given("timezone") && (form == "every" || form == "manual") {
		l.add(under(path, "timezone"), l.placeOf(under(path, "timezone")), "has no meaning with "+form, "remove it")
	}
	switch v := values[form].(type) {
	case string:
		if v == "" {
			l.add(under(path, form), l.placeOf(under(path, form)), "is empty", "")
		}
	case bool:
		if !v {
			l.add(under(path, form), l.placeOf(under(path, form)), "can only be true", "choose another form of trigger")
		}
	case time.Duration:
		if v < shortestInterval {
			l.add(under(path, form), l.placeOf(under(path, form)), fmt.Sprintf("must be at least %s, got %s", shortestInterval, v), intervalHint(path))
		}
	}
	return len(l.problems) == before
}

// shortestInterval is the shortest interval of a trigger. Zero is not allowed: such a
// trigger would look as if it was not given.
const shortestInterval = time.Second

// intervalHint says what to write instead of an interval that is too short.
func intervalHint(path string) string {
	if path == "sweep" || strings.HasSuffix(path, ".sweep") {
		return "write {every: 24h}, or sweep: off for none"
	}
	return "write {every: 5m}, or {manual: true} for runs by hand only"
}

func (l *layer) isMapping(n *yaml.Node, at place, path string) bool {
	if n.Kind == yaml.MappingNode {
		return true
	}
	switch {
	case n.Tag == "!!null":
		l.add(path, at, "the section is empty", "give it keys or remove the line")
	case path == "":
		l.add(path, at, "expected keys such as kafka: or sources:, got "+kindOf(n), "")
	default:
		l.add(path, at, "expected a section with keys, got "+kindOf(n), "")
	}
	return false
}

// entries yields a mapping's keys in order. It reports a repeated key and skips it.
func (l *layer) entries(n *yaml.Node, path string) func(yield func(string, *yaml.Node) bool) {
	return func(yield func(string, *yaml.Node) bool) {
		first := make(map[string]int)
		for pair := range slices.Chunk(n.Content, 2) {
			key := pair[0].Value
			if pair[0].Kind != yaml.ScalarNode || key == "" {
				l.add(path, l.place(pair[0]), "a key here is not a plain name", "")
				continue
			}
			if line, again := first[key]; again {
				l.add(under(path, key), l.place(pair[0]), fmt.Sprintf("is given twice, first in line %d", line), "keep one of them")
				continue
			}
			first[key] = pair[0].Line
			if !yield(key, pair[1]) {
				return
			}
		}
	}
}

// keyPlace returns where the key of a value is, which may be a line above the value.
func (l *layer) keyPlace(mapping, value *yaml.Node) place {
	for pair := range slices.Chunk(mapping.Content, 2) {
		if pair[1] == value && pair[0].Line > 0 {
			return l.place(pair[0])
		}
	}
	return l.place(value)
}

func givenIn(mapping *yaml.Node, key string) bool {
	for pair := range slices.Chunk(mapping.Content, 2) {
		if pair[0].Value == key {
			return true
		}
	}
	return false
}

// textNode returns a node for a text that is in no file.
func textNode(text string) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: text}
}
