package config

import (
	"maps"
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

const (
	envPrefix = "NOTION_KAFKA_"
	setFlag   = "--set"
)

// environment makes a tree of the NOTION_KAFKA_ variables.
func (l *layer) environment() *yaml.Node {
	root := &yaml.Node{Kind: yaml.MappingNode}
	for _, name := range slices.Sorted(maps.Keys(l.environ)) {
		rest, ours := strings.CutPrefix(name, envPrefix)
		if !ours {
			continue
		}
		path := strings.ReplaceAll(strings.ToLower(rest), "__", ".")
		for _, open := range openPaths() {
			// A variable's name has no dots, Kafka's settings have no underscores.
			if setting, ok := strings.CutPrefix(path, open); ok {
				path = open + strings.ReplaceAll(setting, "_", ".")
			}
		}
		l.overlay(root, path, l.environ[name], name)
	}
	return root
}

// flags makes a tree of --set key.path=value. If a key is given twice, the last
// counts.
func (l *layer) flags(set []string) *yaml.Node {
	root := &yaml.Node{Kind: yaml.MappingNode}
	for _, flag := range set {
		path, value, ok := strings.Cut(flag, "=")
		path = strings.TrimSpace(path)
		if !ok || path == "" {
			l.add("", place{file: setFlag}, "expected key.path=value", "for example --set kafka.group=staging")
			continue
		}
		l.overlay(root, path, value, setFlag)
	}
	return root
}

// overlay puts a text at its path, if there is such a path.
func (l *layer) overlay(root *yaml.Node, path, value, by string) {
	if path == "sources" || within(path, "sources") {
		l.add("sources", place{file: by}, "sources can be given in the configuration file only", "its values may read variables as ${NAME}")
		return
	}
	keys, known := split(path)
	if !known {
		l.add(path, place{file: by}, "unknown key", l.suggestPath(path, by))
		return
	}
	section := root
	for _, key := range keys[:len(keys)-1] {
		section = l.child(section, key, &yaml.Node{Kind: yaml.MappingNode}, by)
		if section.Kind != yaml.MappingNode {
			l.add(path, place{file: by}, "is given both as a whole and by its keys", "keep one of them")
			return
		}
	}
	last := keys[len(keys)-1]
	node := l.child(section, last, textNode(value), by)
	if node.Kind != yaml.ScalarNode {
		l.add(path, place{file: by}, "is given both as a whole and by its keys", "keep one of them")
		return
	}
	node.Value = value
	l.origins[node] = by
}

// child returns the value of a section's key. It adds fresh if there is none.
func (l *layer) child(section *yaml.Node, key string, fresh *yaml.Node, by string) *yaml.Node {
	for pair := range slices.Chunk(section.Content, 2) {
		if pair[0].Value == key {
			return pair[1]
		}
	}
	l.origins[fresh] = by
	section.Content = append(section.Content, textNode(key), fresh)
	return fresh
}

// parseFlow parses the text of a variable or a flag that is in YAML's flow style,
// {every: 5m} or [a, b]. It returns every other node as it is.
func (l *layer) parseFlow(n *yaml.Node) *yaml.Node {
	by, typed := l.origins[n]
	text := strings.TrimSpace(n.Value)
	enclosed := func(left, right string) bool { return strings.HasPrefix(text, left) && strings.HasSuffix(text, right) }
	if !typed || !enclosed("{", "}") && !enclosed("[", "]") {
		return n // a broker may begin with a bracket: [::1]:9092
	}
	var document yaml.Node
	if yaml.Unmarshal([]byte(text), &document) != nil || content(&document) == nil {
		return n
	}
	l.setOrigin(content(&document), by)
	return content(&document)
}

// setOrigin notes the variable or flag that gave a node and all nodes below it.
func (l *layer) setOrigin(n *yaml.Node, by string) {
	l.origins[n] = by
	for _, below := range n.Content {
		l.setOrigin(below, by)
	}
}

// split cuts a path into its keys; the name of a Kafka setting is one key.
func split(path string) (keys []string, known bool) {
	for _, open := range openPaths() {
		if setting, ok := strings.CutPrefix(path, open); ok && setting != "" {
			return append(strings.Split(strings.TrimSuffix(open, "."), "."), setting), true
		}
	}
	return strings.Split(path, "."), slices.Contains(paths(reflect.TypeFor[Config](), ""), path)
}

func openPaths() []string {
	return slices.DeleteFunc(paths(reflect.TypeFor[Config](), ""), func(path string) bool {
		return !strings.HasSuffix(path, ".")
	})
}

// suggestPath returns a hint with the known path nearest to an unknown one, in the
// form in which that was given.
func (l *layer) suggestPath(path, by string) string {
	if below := slices.DeleteFunc(paths(reflect.TypeFor[Config](), ""), func(known string) bool { return !within(known, path) }); len(below) > 0 {
		return "it is a section, name a key of it such as " + inFormOf(by, below[0])
	}
	if isKubernetesLink(by) {
		return "Kubernetes sets it for a service named notion-kafka: give the pod enableServiceLinks: false, or the service another name"
	}
	var known []string
	for _, name := range paths(reflect.TypeFor[Config](), "") {
		known = append(known, inFormOf(by, name))
	}
	return didYouMean(inFormOf(by, path), known)
}

// inFormOf returns a path as the environment or --set writes it.
func inFormOf(by, path string) string {
	if by == setFlag {
		return path
	}
	return envPrefix + strings.ToUpper(strings.ReplaceAll(path, ".", "__"))
}

// isKubernetesLink reports whether Kubernetes sets a variable in every pod for a
// service (Kubernetes: accessing the service, environment variables).
func isKubernetesLink(name string) bool {
	rest := strings.TrimPrefix(name, envPrefix)
	return rest == "PORT" || strings.HasPrefix(rest, "PORT_") || rest == "SERVICE_HOST" || strings.HasPrefix(rest, "SERVICE_PORT")
}
