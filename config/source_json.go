package config

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"

	"github.com/knadh/koanf/providers/confmap"
	"github.com/knadh/koanf/v2"
	"go.yaml.in/yaml/v3"
)

// ParseSource reads one element of sources that came over the network: the keys
// of the file as a JSON object, triggers as objects, durations as text such as
// "5m", secrets included. It validates the element as in the file, and against the
// names of others. It ignores one of the others that has the same name; the caller
// decides what becomes of the two. Defaults and our own topics are c's.
//
// It reads neither the environment nor files of this machine: ${NAME} is no variable,
// and token_file is refused. The element has at most 64 KiB, and its lists at most
// 1,000 elements each, so that nobody can keep the daemon busy. The error is an
// [*Error] with all problems, by paths that begin at the element, such as
// streams[0].match.
func ParseSource(spec json.RawMessage, c *Config, others []Source) (Source, error) {
	found, parsed, err := parseSource(spec, c, others)
	if err == nil {
		err = found.err()
	}
	if err != nil {
		return Source{}, err
	}
	return parsed.resolve(c.Defaults), nil
}

// parseSource is ParseSource for a source that may be wrong: it returns what could be
// read of the element beside the report. Its error is a fault of this package.
func parseSource(spec json.RawMessage, c *Config, others []Source) (found *report, parsed SourceSpec, err error) {
	found = &report{places: make(map[string]place)}
	if len(spec) > mostBytes {
		found.add("", place{}, fmt.Sprintf("the source has %d bytes, and at most %d are taken", len(spec), mostBytes), "define it in the daemon's configuration file")
		return found, parsed, nil
	}
	l := &layer{report: found, literal: true}
	root := l.parseJSON(spec)
	if len(found.problems) > 0 {
		return found, parsed, nil
	}
	values, _ := l.section(root, l.place(root), reflect.TypeFor[SourceSpec](), "")
	tree := koanf.New(pathDelimiter)
	if err := tree.Load(confmap.Provider(values, ""), nil); err != nil {
		return nil, parsed, fmt.Errorf("reading the source: %w", err)
	}
	if err := unmarshal(tree, &parsed, found); err != nil {
		return nil, parsed, err
	}
	taken := newTakenNames(c.Kafka)
	for _, other := range others {
		if other.Name != parsed.Name {
			taken.add(other)
		}
	}
	v := validator{report: found, config: c, literal: true}
	v.name("", parsed.Name, map[string]string{})
	v.source("", parsed, taken)
	return found, parsed, nil
}

// Limits of one element of sources: that came over the network.
const (
	mostBytes    = 64 << 10
	mostElements = 1000 // of a list
)

// isShort reports whether a list is short enough, and fails it if not. Lists of the
// file have no limit: few may write the file.
func (v validator) isShort(path string, elements int) bool {
	if !v.literal || elements <= mostElements {
		return true
	}
	v.fail(path, fmt.Sprintf("has %d elements, and at most %d are taken", elements, mostElements), "define the source in the daemon's configuration file")
	return false
}

// parseJSON reads an object into nodes, which know their lines.
func (l *layer) parseJSON(text []byte) *yaml.Node {
	if err := json.Unmarshal(text, new(json.RawMessage)); err != nil {
		l.add("", place{}, "not valid JSON: "+err.Error(), "")
		return nil
	}
	reader := &jsonNodes{text: text, tokens: json.NewDecoder(bytes.NewReader(text)), line: 1}
	reader.tokens.UseNumber()
	root := reader.node()
	if root.Kind != yaml.MappingNode {
		l.add("", place{}, "expected a source as an object, got "+kindOf(root), `such as {"name": "acme", "token": "ntn_…"}`)
	}
	return root
}

// jsonNodes makes nodes of a text that is known to be JSON. YAML's own parser cannot
// read all of JSON: it knows no surrogate pairs.
type jsonNodes struct {
	text   []byte
	tokens *json.Decoder
	at     int64 // up to where lines were counted
	line   int   // the line that at is in, from 1
}

func (r *jsonNodes) node() *yaml.Node {
	token, _ := r.tokens.Token()
	end := r.tokens.InputOffset()
	r.line += bytes.Count(r.text[r.at:end], []byte("\n"))
	r.at = end
	node := &yaml.Node{Kind: yaml.ScalarNode, Line: r.line}
	switch v := token.(type) {
	case json.Delim:
		node.Kind = yaml.SequenceNode
		if v == '{' {
			node.Kind = yaml.MappingNode
		}
		for r.tokens.More() {
			node.Content = append(node.Content, r.node())
		}
		_, _ = r.tokens.Token() // the end
	case string:
		node.Tag, node.Value = "!!str", v
	case json.Number:
		node.Tag, node.Value = "!!float", v.String()
		if _, err := v.Int64(); err == nil {
			node.Tag = "!!int"
		}
	case bool:
		node.Tag, node.Value = "!!bool", strconv.FormatBool(v)
	default:
		node.Tag = "!!null"
	}
	return node
}
