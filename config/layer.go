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
	file    string                // name of the file; empty for the defaults, whose places tell nobody anything
	typed   map[*yaml.Node]string // of the environment and --set: what each text was given by
	literal bool                  // of JSON that came over the network: neither variables nor files of this machine are read
}

// place of a node.
func (l *layer) place(n *yaml.Node) place {
	if by, ok := l.typed[n]; ok {
		return place{file: by, raw: n.Value}
	}
	if l.file == "" && !l.literal {
		return place{}
	}
	return place{file: l.file, line: n.Line, raw: n.Value}
}

// parse reads the one document of a YAML text; nil for an empty text, and when
// it is not YAML, which it reports.
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
	l.add("", place{file: l.file, line: second.Line}, "a second YAML document begins here", "remove the line of ---")
	return nil
}

// content is what a document holds; nil for nothing but comments.
func content(document *yaml.Node) *yaml.Node {
	if len(document.Content) == 0 || document.Content[0].Tag == "!!null" {
		return nil
	}
	return document.Content[0]
}

var yamlLine = regexp.MustCompile(`line (\d+): `)

// yamlFault takes the line out of the parser's message. The one message that
// quotes the text is replaced: it may be a secret that begins with a *.
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

// deref follows an alias to what it stands for.
func deref(n *yaml.Node) *yaml.Node {
	for n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	return n
}

// kindOf says in a person's words what a node is.
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

// item is the path of a list's element.
func item(path string, i int) string { return fmt.Sprintf("%s[%d]", path, i) }

// under is the path of a section's key.
func under(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}
