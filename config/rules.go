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

// PrintedRule is a rule that spells out the settings of the streams it matches.
type PrintedRule struct {
	StreamRule
	// Found is the one stream that the rule is about; nil for a rule of the
	// configuration that names none of the streams that were found.
	Found *Found
}

// RulesFor returns rules that can replace a source's streams: one for every stream
// that was found, and between them the source's own rules, for databases that are
// shared or renamed later. These rules give a stream its present settings, in this
// configuration and in one without further settings.
func (c *Config) RulesFor(source Source, found []Found) (rules []PrintedRule) {
	unmatched := slices.Clone(found)
	for _, rule := range source.Streams {
		named := false // the rule names one of the streams that were found
		unmatched = slices.DeleteFunc(unmatched, func(f Found) bool {
			if !rule.Matches(f.Stream, f.DatabaseID, f.Title) {
				return false
			}
			named = named || rule.Match == matchDatabases || isOneDatabase(rule.Match)
			rules = append(rules, PrintedRule{c.explicit(source, rule, f.Stream), &f})
			return true
		})
		if !named {
			rules = append(rules, PrintedRule{StreamRule: c.explicit(source, rule, rule.Match)})
		}
	}
	off := false
	for _, f := range unmatched {
		rules = append(rules, PrintedRule{c.explicit(source, StreamRule{Enabled: &off}, f.Stream), &f})
	}
	return rules
}

// explicit returns a rule with every setting of its streams that differs from the
// manual's defaults or from ours, wherever it was set.
func (c *Config) explicit(source Source, rule StreamRule, match string) StreamRule {
	rule.Match = match
	set := rule.over(source.Settings)
	own := &rule.Overrides
	for _, base := range []Settings{documentedDefaults(), c.Defaults} {
		setUnlessInherited(&own.Trigger, set.Trigger, base.Trigger)
		setUnlessInherited(&own.Sync, set.Sync, base.Sync)
		setUnlessInherited(&own.Sweep, set.Sweep, base.Sweep)
		setUnlessInherited(&own.Deletes, set.Deletes, base.Deletes)
		setUnlessInherited(&own.MaxDeleteRatio, set.MaxDeleteRatio, base.MaxDeleteRatio)
		setUnlessInherited(&own.Overlap, set.Overlap, base.Overlap)
		setUnlessInherited(&own.Properties, set.Properties, base.Properties)
		if !slices.Equal(set.ExcludeProperties, base.ExcludeProperties) {
			own.ExcludeProperties = &set.ExcludeProperties
		}
	}
	return rule
}

// setUnlessInherited gives a rule a setting that it would not inherit.
func setUnlessInherited[T comparable](own **T, set, base T) {
	if *own == nil && set != base {
		*own = &set
	}
}

// documentedDefaults returns the defaults in the manual.
func documentedDefaults() Settings {
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

// YAML returns the rule as an element of streams: in the file, with a newline at its
// end. It escapes text that the file would take for a variable.
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

// unseen reports whether a character is invisible, or a terminal may obey it. YAML
// itself indents without tabs.
func unseen(r rune) bool { return r != '\n' && !unicode.IsPrint(r) }

// escaped returns YAML with such characters escaped (YAML 1.2, 5.7). They are in
// quoted texts only.
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

// literally escapes every text so that reading it back fills in no variable.
func literally(n *yaml.Node) {
	quoteUnseen(n)
	escapeVariables(n)
}

func escapeVariables(n *yaml.Node) {
	n.Value = strings.ReplaceAll(n.Value, "${", "$${")
	for _, below := range n.Content {
		escapeVariables(below)
	}
}
