package config

import (
	"cmp"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"
)

// A keyPage knows the keys of the example.
type keyPage struct {
	meaning, defaults map[string]string // by path, without the numbers of lists
}

var (
	trailingComment = regexp.MustCompile(`\s# (.*)$`)
	furtherComment  = regexp.MustCompile(`^ {20,}# (.*)$`)
	commentAbove    = regexp.MustCompile(`^( *)# (.*)$`)
)

func newKeyPage(t *testing.T) *keyPage {
	t.Helper()
	text := uncommented(t)
	var document yaml.Node
	if err := yaml.Unmarshal([]byte(text), &document); err != nil {
		t.Fatal(err)
	}
	r := &keyPage{meaning: map[string]string{}, defaults: map[string]string{}}
	r.read(t, document.Content[0], "", strings.Split(text, "\n"))
	return r
}

// read notes the keys of a mapping, or of the elements of a list.
func (r *keyPage) read(t *testing.T, n *yaml.Node, path string, lines []string) {
	t.Helper()
	if n.Kind == yaml.SequenceNode {
		for _, element := range n.Content {
			r.read(t, element, path, lines)
		}
		return
	}
	if n.Kind != yaml.MappingNode {
		return
	}
	for pair := range slices.Chunk(n.Content, 2) {
		key, value := pair[0], pair[1]
		here := under(path, key.Value)
		if text := comment(lines, key); text != "" && !strings.Contains(r.meaning[here], text) {
			r.meaning[here] = strings.TrimPrefix(r.meaning[here]+"; "+text, "; ")
		}
		if value.Kind == yaml.ScalarNode || len(value.Content) == 0 || value.Style == yaml.FlowStyle {
			r.defaults[here] = written(t, value)
		}
		r.read(t, value, here, lines)
	}
}

// comment is what the example says of a key: above it and behind it.
func comment(lines []string, key *yaml.Node) string {
	var above, said []string
	for i := key.Line - 2; i >= 0; i-- {
		found := commentAbove.FindStringSubmatch(lines[i])
		if found == nil || len(found[1]) != key.Column-1 || key.Line < 10 && i < 7 {
			break
		}
		above = append([]string{found[2]}, above...)
	}
	said = above
	if found := trailingComment.FindStringSubmatch(lines[key.Line-1]); found != nil {
		said = append(said, found[1])
		for _, line := range lines[key.Line:] {
			further := furtherComment.FindStringSubmatch(line)
			if further == nil {
				break
			}
			said = append(said, further[1])
		}
	}
	text := strings.Join(said, " ")
	return strings.NewReplacer("|", `\|`, "*", `\*`, "<", "&lt;").Replace(text)
}

// written is a value as the example has it, in one line.
func written(t *testing.T, n *yaml.Node) string {
	t.Helper()
	plain := *n
	plain.HeadComment, plain.LineComment, plain.FootComment = "", "", ""
	text, err := yaml.Marshal(&plain)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(text))
}

// A row is a key of the page.
type row struct{ path, word string }

// shown is the path with its lists marked.
func (r row) shown() string {
	return strings.Replace(strings.TrimPrefix(r.path, "sources."), "streams.", "streams[].", 1)
}

// rows lists the keys below a section in order.
func (r *keyPage) rows(f field) []row {
	if !isSection(f.typ) && f.typ.Kind() != reflect.Slice {
		return []row{{f.key, typeWord(f.typ)}}
	}
	var all []row
	var walk func(t reflect.Type, above string)
	walk = func(t reflect.Type, above string) {
		for i := range t.NumField() {
			tagged := t.Field(i)
			key, option, _ := strings.Cut(tagged.Tag.Get("yaml"), ",")
			if key == "-" || option == "inline" {
				continue
			}
			path, typ := under(above, key), tagged.Type
			if typ.Kind() == reflect.Slice && typ.Elem().Kind() == reflect.Struct {
				all = append(all, row{path, "list"})
				walk(typ.Elem(), path)
				continue
			}
			all = append(all, row{path, typeWord(typ)})
			if isSection(typ) {
				walk(typ, path)
			}
			for _, setting := range r.settingsBelow(path, typ) {
				all = append(all, row{setting, "text"})
			}
		}
	}
	typ := f.typ
	if typ.Kind() == reflect.Slice {
		typ = typ.Elem()
	}
	walk(typ, f.key)
	return all
}

// settingsBelow lists the settings of Kafka's own that have a default.
func (r *keyPage) settingsBelow(path string, typ reflect.Type) (all []string) {
	if typ.Kind() != reflect.Map {
		return nil
	}
	for setting := range r.defaults {
		if strings.HasPrefix(setting, path+".") {
			all = append(all, setting)
		}
	}
	slices.Sort(all)
	return all
}

func isSection(t reflect.Type) bool {
	return t.Kind() == reflect.Struct && t != reflect.TypeFor[Trigger]()
}

// typeWord names the type of a key.
func typeWord(t reflect.Type) string {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if fixed, ok := reflect.Zero(t).Interface().(interface{ choices() []string }); ok {
		var words []string
		for _, choice := range fixed.choices() {
			words = append(words, code(choice))
		}
		return strings.Join(slices.DeleteFunc(words, func(word string) bool { return word == "" }), ", ")
	}
	switch {
	case t == reflect.TypeFor[Trigger]():
		return "trigger"
	case t == reflect.TypeFor[Secret]():
		return "secret"
	case t == reflect.TypeFor[[]Secret]():
		return "secrets"
	case t == reflect.TypeFor[time.Duration]():
		return "duration"
	}
	switch t.Kind() {
	case reflect.Struct:
		return "section"
	case reflect.Bool:
		return "`true` or `false`"
	case reflect.Int, reflect.Float64:
		return "number"
	case reflect.Slice:
		return "list"
	case reflect.Map:
		return "Kafka's settings"
	}
	return "text"
}

// variable is the name of a key in the environment. A setting of Kafka's has its dots
// replaced by one _ each; … stands for one.
func variable(path string) string {
	upper := func(text, dot string) string { return strings.ToUpper(strings.ReplaceAll(text, ".", dot)) }
	for _, open := range openPaths() {
		if setting, ok := strings.CutPrefix(path+".", open); ok {
			return envPrefix + upper(open, "__") + cmp.Or(upper(strings.TrimSuffix(setting, "."), "_"), "…")
		}
	}
	return envPrefix + upper(path, "__")
}

func code(text string) string {
	if text == "" || text == `""` {
		return ""
	}
	return "`" + text + "`"
}
