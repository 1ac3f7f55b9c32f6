package config

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// SourceYAML returns a source that came as JSON as an element of sources: in the file,
// with a newline at its end: the keys in the order of the manual, unknown ones last. It
// has no secrets: a source without oauth: true gets a variable as its token. It escapes
// text that the file would take for a variable. The source may be unfinished or wrong; of
// what is no JSON object it returns "".
func SourceYAML(spec json.RawMessage) string {
	return sourceYAML(spec, func(source *yaml.Node) {
		name := textOf(source, "name")
		literally(source)
		if valueOf(source, "oauth") != nil && textOf(source, "oauth") == "true" {
			return
		}
		variable := TokenVariable(name)
		token := textNode("${" + variable + "}")
		token.LineComment = "set this variable to the token of the connection"
		source.Content = append(source.Content, textNode("token"), token)
	})
}

// EditableYAML is [SourceYAML] for a person who changes a source of the API: it has no
// token, and nothing is escaped, because variables are filled in for the file only.
func EditableYAML(spec json.RawMessage) string {
	return sourceYAML(spec, quoteUnseen)
}

// TokenVariable returns the name of the environment variable that the YAML of a source
// reads its token from, such as ACME_NOTION_TOKEN.
func TokenVariable(source string) string {
	name := strings.Trim(notInVariable.ReplaceAllString(strings.ToUpper(source), "_"), "_")
	switch {
	case name == "":
		return "NOTION_TOKEN"
	case name[0] >= '0' && name[0] <= '9':
		name = "SOURCE_" + name
	}
	return name + "_NOTION_TOKEN"
}

var notInVariable = regexp.MustCompile(`[^A-Z0-9]+`)

// sourceYAML writes a source without secrets, after complete has changed it.
func sourceYAML(spec json.RawMessage, complete func(source *yaml.Node)) string {
	if !json.Valid(spec) {
		return ""
	}
	reader := jsonNodes{text: spec, tokens: json.NewDecoder(bytes.NewReader(spec))}
	reader.tokens.UseNumber()
	source := reader.node()
	if source.Kind != yaml.MappingNode {
		return ""
	}
	dropKeys(source, secretKeys(reflect.TypeFor[SourceSpec]()))
	complete(source)
	arrange(source, reflect.TypeFor[SourceSpec]())
	source.Style = 0
	for pair := range slices.Chunk(source.Content, 2) {
		if rules := pair[1]; pair[0].Value == "streams" && rules.Kind == yaml.SequenceNode {
			arrangeRules(rules)
		}
	}
	written, err := yaml.Marshal(&yaml.Node{Kind: yaml.SequenceNode, Content: []*yaml.Node{source}})
	if err != nil {
		panic(fmt.Sprintf("config: writing a source as YAML: %v", err)) // it was read as JSON
	}
	return string(escaped(written))
}

// arrangeRules writes each rule on lines of its own, and its values on one line each.
func arrangeRules(rules *yaml.Node) {
	if len(rules.Content) == 0 {
		return
	}
	rules.Style = 0
	for _, rule := range rules.Content {
		if rule.Kind == yaml.MappingNode {
			rule.Style = 0
			arrange(rule, reflect.TypeFor[StreamRule]())
		}
	}
}

// arrange puts the keys of a section in the order of its type, unknown ones last. Lists
// and sections among its values become one line.
func arrange(section *yaml.Node, t reflect.Type) {
	place := make(map[string]int)
	for i, f := range fieldsOf(t) {
		place[f.key] = i - len(keyNames(t)) // unknown keys are at 0
	}
	pairs := slices.Collect(slices.Chunk(section.Content, 2))
	slices.SortStableFunc(pairs, func(a, b []*yaml.Node) int { return place[a[0].Value] - place[b[0].Value] })
	section.Content = slices.Concat(pairs...)
	for pair := range slices.Chunk(section.Content, 2) {
		if pair[1].Kind != yaml.ScalarNode {
			pair[1].Style |= yaml.FlowStyle
		}
	}
}

// secretKeys lists the keys of a section that hold secrets, or name their files.
func secretKeys(t reflect.Type) (keys []string) {
	for _, f := range fieldsOf(t) {
		if isSecret(f.typ) {
			keys = append(keys, f.key, f.key+fileSuffix)
		}
	}
	return keys
}

func dropKeys(section *yaml.Node, keys []string) {
	var kept []*yaml.Node
	for pair := range slices.Chunk(section.Content, 2) {
		if !slices.Contains(keys, pair[0].Value) {
			kept = append(kept, pair...)
		}
	}
	section.Content = kept
}

// valueOf returns the value of a key; nil if the section has no such key.
func valueOf(section *yaml.Node, key string) *yaml.Node {
	for pair := range slices.Chunk(section.Content, 2) {
		if pair[0].Value == key {
			return pair[1]
		}
	}
	return nil
}

func textOf(section *yaml.Node, key string) string {
	if value := valueOf(section, key); value != nil && value.Kind == yaml.ScalarNode {
		return value.Value
	}
	return ""
}

// quoteUnseen quotes every text that has invisible characters or several lines.
func quoteUnseen(n *yaml.Node) {
	n.Style = 0
	if strings.ContainsFunc(n.Value, unseen) || strings.Contains(n.Value, "\n") {
		n.Style = yaml.DoubleQuotedStyle // which alone has escapes
	}
	for _, below := range n.Content {
		quoteUnseen(below)
	}
}
