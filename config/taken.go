package config

import (
	"maps"
	"slices"
	"strings"
)

// takenNames are the names that sources must not share, each with its first owner in
// words for a message. Names that Kafka takes for the same are the same here.
type takenNames struct {
	prefixes map[string]string
	topics   map[string]string
}

// newTakenNames begins with our own topics.
func newTakenNames(k Kafka) *takenNames {
	return &takenNames{
		prefixes: make(map[string]string),
		topics: map[string]string{
			canonicalTopic(k.StateTopic):   "kafka.state_topic",
			canonicalTopic(k.ControlTopic): "kafka.control_topic",
		},
	}
}

// add takes the names of a source that was validated before.
func (t *takenNames) add(source Source) {
	who := sourceAt(source.Name, "")
	t.prefixes[canonicalTopic(source.TopicPrefix)] = who
	if topic, _ := source.databasesTopic(); topic != "" {
		t.topics[canonicalTopic(topic)] = who
	}
	for _, rule := range source.Streams {
		if rule.Topic != "" {
			t.topics[canonicalTopic(rule.Topic)] = who
		}
	}
}

// nested finds a prefix that begins with the given one or is its beginning, and the
// prefix's owner; "" if there is none. With two such prefixes a title alone can give
// two sources one topic.
func (t *takenNames) nested(prefix string) (other, who string) {
	prefix = canonicalTopic(prefix)
	for _, other := range slices.Sorted(maps.Keys(t.prefixes)) {
		if strings.HasPrefix(other, prefix) || strings.HasPrefix(prefix, other) {
			return other, t.prefixes[other]
		}
	}
	return "", ""
}

// coveredBy returns the owner of a prefix, other than own, that a topic begins with;
// "" if there is none.
func (t *takenNames) coveredBy(topic, own string) string {
	for _, prefix := range slices.Sorted(maps.Keys(t.prefixes)) {
		if prefix != canonicalTopic(own) && strings.HasPrefix(canonicalTopic(topic), prefix) {
			return t.prefixes[prefix]
		}
	}
	return ""
}

// covers returns a topic of a source that begins with this prefix, and which source
// that is; "" if there is none.
func (t *takenNames) covers(prefix string) (topic, who string) {
	for _, topic := range slices.Sorted(maps.Keys(t.topics)) {
		if who := t.topics[topic]; strings.HasPrefix(topic, canonicalTopic(prefix)) && strings.HasPrefix(who, "source ") {
			return topic, who
		}
	}
	return "", ""
}

// databasesTopic returns the topic of the stream databases, the only one known before
// discovery, and whether it was given. It is "" if the stream is not selected.
func (s Source) databasesTopic() (topic string, given bool) {
	settings, selected := s.StreamFor(matchDatabases, "", "")
	switch {
	case !selected:
		return "", false
	case settings.Topic != "":
		return settings.Topic, true
	}
	return s.TopicPrefix + matchDatabases, false
}

// sourceAt names a source, and the path of the setting in it if there is one.
func sourceAt(name, path string) string {
	who := "source " + name
	if name == "" {
		who = "a source without a name"
	}
	if path == "" {
		return who
	}
	return who + " (" + path + ")"
}
