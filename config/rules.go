package config

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"unicode"

	"github.com/knadh/koanf/providers/confmap"
	"github.com/knadh/koanf/v2"
	"go.yaml.in/yaml/v3"
)

// Found is a stream that a source offers.
type Found struct {
	Stream     string // databases or database_{id}
	DatabaseID string // "" of databases
	Title      string // of the database
}

// PrintedRule is a rule that says all that is set of what it matches.
type PrintedRule struct {
	StreamRule
	// Found is the one stream that the rule is about; nil for a rule of the
	// configuration that names none of those that were found.
	Found *Found
}

// RulesFor are rules that can take the place of a source's streams: one for every
// stream that was found, and between them the source's own rules, for databases
// that are shared or renamed later. A stream has under them the settings that it
// has now, in this configuration and in one that says nothing else.
func (c *Config) RulesFor(source Source, found []Found) (rules []PrintedRule) {
	left := slices.Clone(found)
	for _, rule := range source.Streams {
		one := false // of the found streams is named by the rule
		left = slices.DeleteFunc(left, func(f Found) bool {
			if !rule.Matches(f.Stream, f.DatabaseID, f.Title) {
				return false
			}
			one = one || rule.Match == matchDatabases || ofOneDatabase(rule.Match)
			rules = append(rules, PrintedRule{c.whole(source, rule, f.Stream), &f})
			return true
		})
		if !one {
			rules = append(rules, PrintedRule{StreamRule: c.whole(source, rule, rule.Match)})
		}
	}
	off := false
	for _, f := range left {
		rules = append(rules, PrintedRule{c.whole(source, StreamRule{Enabled: &off}, f.Stream), &f})
	}
	return rules
}

// whole is a rule with everything that neither the manual's defaults nor ours
// would give to its streams, whoever set it.
func (c *Config) whole(source Source, rule StreamRule, match string) StreamRule {
	rule.Match = match
	set := rule.over(source.Settings)
	own := &rule.Overrides
	for _, base := range []Settings{manual(), c.Defaults} {
		say(&own.Trigger, set.Trigger, base.Trigger)
		say(&own.Sync, set.Sync, base.Sync)
		say(&own.Sweep, set.Sweep, base.Sweep)
		say(&own.Deletes, set.Deletes, base.Deletes)
		say(&own.MaxDeleteRatio, set.MaxDeleteRatio, base.MaxDeleteRatio)
		say(&own.Overlap, set.Overlap, base.Overlap)
		say(&own.Properties, set.Properties, base.Properties)
		if !slices.Equal(set.ExcludeProperties, base.ExcludeProperties) {
			own.ExcludeProperties = &set.ExcludeProperties
		}
	}
	return rule
}

// say has a rule give a setting that it would not inherit.
func say[T comparable](own **T, set, base T) {
	if *own == nil && set != base {
		*own = &set
	}
}

// manual are the defaults that the manual promises.
func manual() Settings {
	found := &report{places: make(map[string]place)}
	l := &layer{report: found}
	tree := koanf.New(pathDelimiter)
	cfg := new(Config)
	err := tree.Load(confmap.Provider(l.tree(l.parse([]byte(example))), ""), nil)
	if err = errors.Join(err, unmarshal(tree, cfg, found), found.err()); err != nil {
		panic("config: reading the defaults: " + err.Error())
	}
	return cfg.Defaults
}

// YAML is the rule as an element of streams: in the file, which ends with a
// newline. What would be a variable in the file is written so that it is none.
func (r StreamRule) YAML() ([]byte, error) {
	text := describe(reflect.ValueOf(r))
	reader := jsonNodes{text: text, tokens: json.NewDecoder(bytes.NewReader(text))}
	reader.tokens.UseNumber()
	rule := reader.node()
	literally(rule)
	for _, value := range rule.Content {
		value.Style |= yaml.FlowStyle
	}
	written, err := yaml.Marshal(&yaml.Node{Kind: yaml.SequenceNode, Content: []*yaml.Node{rule}})
	return escaped(written), err
}

// unseen says that a character cannot be seen, or that a terminal may obey it. YAML
// knows no tabs in its own indentation.
func unseen(r rune) bool { return r != '\n' && !unicode.IsPrint(r) }

// escaped is YAML in which such characters, which are in quoted texts only, are
// escaped (YAML 1.2, 5.7).
func escaped(text []byte) []byte {
	var b bytes.Buffer
	for _, r := range string(text) {
		if unseen(r) {
			fmt.Fprintf(&b, `\U%08x`, r)
		} else {
			b.WriteRune(r)
		}
	}
	return b.Bytes()
}

// literally writes every text so that reading it back fills in no variable.
func literally(n *yaml.Node) {
	n.Value = strings.ReplaceAll(n.Value, "${", "$${")
	n.Style = 0
	if strings.ContainsFunc(n.Value, unseen) {
		n.Style = yaml.DoubleQuotedStyle // which alone has escapes
	}
	for _, below := range n.Content {
		literally(below)
	}
}
