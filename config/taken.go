package config

import (
	"maps"
	"slices"
	"strings"
)

// taken are the names that sources must not share, each with who has it first,
// in words for a message. Names that Kafka takes for one are one here.
type taken struct {
	prefixes map[string]string
	topics   map[string]string
}

// takenBy begins with the topics of our own.
func takenBy(k Kafka) *taken {
	return &taken{
		prefixes: make(map[string]string),
		topics: map[string]string{
			sameTopic(k.StateTopic):   "kafka.state_topic",
			sameTopic(k.ControlTopic): "kafka.control_topic",
		},
	}
}

// add takes what a source has that was judged before.
func (t *taken) add(source Source) {
	who := sourceAt(source.Name, "")
	t.prefixes[sameTopic(source.TopicPrefix)] = who
	if topic, _ := source.databasesTopic(); topic != "" {
		t.topics[sameTopic(topic)] = who
	}
	for _, rule := range source.Streams {
		if rule.Topic != "" {
			t.topics[sameTopic(rule.Topic)] = who
		}
	}
}

// nested finds a prefix that begins with the given one or is its beginning, and
// who has it; "" where there is none. Then a title alone can give two sources one
// topic.
func (t *taken) nested(prefix string) (other, who string) {
	prefix = sameTopic(prefix)
	for _, other := range slices.Sorted(maps.Keys(t.prefixes)) {
		if strings.HasPrefix(other, prefix) || strings.HasPrefix(prefix, other) {
			return other, t.prefixes[other]
		}
	}
	return "", ""
}

// coveredBy is who has a prefix, other than this one, that a topic begins with; ""
// where nobody has.
func (t *taken) coveredBy(topic, own string) string {
	for _, prefix := range slices.Sorted(maps.Keys(t.prefixes)) {
		if prefix != sameTopic(own) && strings.HasPrefix(sameTopic(topic), prefix) {
			return t.prefixes[prefix]
		}
	}
	return ""
}

// covers is a topic that a source gave itself and that begins with this prefix,
// and which source; "" where there is none.
func (t *taken) covers(prefix string) (topic, who string) {
	for _, topic := range slices.Sorted(maps.Keys(t.topics)) {
		if who := t.topics[topic]; strings.HasPrefix(topic, sameTopic(prefix)) && strings.HasPrefix(who, "source ") {
			return topic, who
		}
	}
	return "", ""
}

// databasesTopic is the one topic that is known before Notion was asked, and
// whether it was given; "" where the stream is not selected.
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

// sourceAt names a source, and the path of what is meant of it where there is
// one to look at.
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
