package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// layer is one source of values: nodes, and where they were written.
type layer struct {
	*report
	environ map[string]string
	file    string                // name of the file; empty for the defaults, whose places are of no interest
	origins map[*yaml.Node]string // for the environment and --set: the variable or flag of each text
	literal bool                  // for JSON from the network: neither variables nor files of this machine are read
}

// place returns where a node was written.
func (l *layer) place(n *yaml.Node) place {
	if by, ok := l.origins[n]; ok {
		return place{file: by, raw: n.Value}
	}
	if l.file == "" && !l.literal {
		return place{}
	}
	return place{file: l.file, line: n.Line, raw: n.Value}
}

// parse reads the only document of a YAML text. It returns nil for an empty text, and
// for a text that is not YAML, which it reports.
func (l *layer) parse(text []byte) *yaml.Node {
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	var document, second yaml.Node
	err := decoder.Decode(&document)
	if errors.Is(err, io.EOF) {
		return nil
	}
	if err == nil {
		if err = decoder.Decode(&second); errors.Is(err, io.EOF) {
			return content(&document)
		}
	}
	if err != nil {
		line, message := yamlFault(err)
		l.add("", place{file: l.file, line: line}, "not valid YAML: "+message, "")
		return nil
	}
	l.add("", place{file: l.file, line: second.Line}, "a second YAML document begins here", "remove the line ---")
	return nil
}

// content returns what a document holds, or nil if it holds only comments.
func content(document *yaml.Node) *yaml.Node {
	if len(document.Content) == 0 || document.Content[0].Tag == "!!null" {
		return nil
	}
	return document.Content[0]
}

var yamlLine = regexp.MustCompile(`line (\d+): `)

// yamlFault splits the parser's message into line and text. It replaces the one
// message that quotes a value, which may be a secret that begins with a *.
func yamlFault(err error) (line int, message string) {
	message = strings.TrimPrefix(err.Error(), "yaml: ")
	if at := yamlLine.FindStringSubmatch(message); at != nil {
		line, _ = strconv.Atoi(at[1])
		message = strings.Replace(message, at[0], "", 1)
	}
	if strings.Contains(message, "unknown anchor") {
		message = "a value begins with * and so refers to an anchor that is not there, put it in quotes"
	}
	return line, message
}

// deref follows an alias to its node.
func deref(n *yaml.Node) *yaml.Node {
	for n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	return n
}

// kindOf names the kind of a node in plain words.
func kindOf(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a section with keys"
	case yaml.SequenceNode:
		return "a list"
	}
	switch n.Tag {
	case "!!null":
		return "nothing"
	case "!!int", "!!float":
		return "a number"
	case "!!bool":
		return "true or false"
	case "!!timestamp":
		return "a date"
	case "!!str":
		return "text"
	}
	return "a value tagged " + n.Tag
}

// item returns the path of a list's element.
func item(path string, i int) string { return fmt.Sprintf("%s[%d]", path, i) }

// under returns the path of a section's key.
func under(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}
