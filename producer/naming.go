package producer

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"notion-kafka/notion"
	"notion-kafka/producer/state"
)

// maxTopicName is the length at which a name made from a title is cut.
const maxTopicName = 100

// reserved are the names of streams, present and planned, that are not databases.
var reserved = []string{"databases", "users", "comments", "content"}

// topicName is the name that a database's title suggests; "" when it suggests none.
func topicName(title string) string {
	name := notion.FoldName(title)
	if len(name) > maxTopicName {
		name = strings.TrimRight(name[:maxTopicName], "_")
	}
	if slices.Contains(reserved, name) {
		return ""
	}
	return name
}

// A ToName is a database whose stream has a topic, or needs one.
type ToName struct {
	DatabaseID string
	Title      string
	Created    time.Time // the older of two databases with one title keeps the bare name
	Topic      string    // the settings' explicit topic, whole; or ""
	Name       string    // pinned at an earlier run, without the prefix; or ""
}

// SuggestTopics returns the whole topic of each database, by its id, as a run would choose
// them that saw all of them for the first time but those with a pinned name. byID names
// topics by database id instead of title. taken are further topics that are in use: those of
// streams that are not listed, and those that nothing is published to. The topic of the
// stream of databases at prefix is taken in any case. It asks nobody.
func SuggestTopics(prefix string, byID bool, list []ToName, taken ...string) map[string]string {
	src := &Source{TopicPrefix: prefix, NameByID: byID}
	used := append([]string{prefix + DatabasesStream}, taken...)
	var nameless []unnamed
	for _, db := range list {
		if db.Name == "" {
			nameless = append(nameless, unnamed{DatabaseStream(db.DatabaseID), db.DatabaseID, state.Database{Title: db.Title, Created: db.Created}, db.Topic})
			continue
		}
		used = append(used, prefix+db.Name)
		if db.Topic != "" {
			used = append(used, db.Topic)
		}
	}
	names := src.pinNames(nameless, used)
	topics := map[string]string{}
	for _, db := range list {
		name := cmp.Or(db.Name, names[DatabaseStream(db.DatabaseID)])
		topics[db.DatabaseID] = src.topicOf(Settings{Topic: db.Topic}, name)
	}
	return topics
}

// An unnamed stream is selected and has no name yet.
type unnamed struct {
	stream string
	id     string // of the database
	db     state.Database
	topic  string // the settings' explicit topic, or ""
}

// namingOrder is the order in which streams get names: by age, those with an explicit
// topic last.
func namingOrder(a, b unnamed) int {
	switch {
	case a.topic == "" && b.topic != "":
		return -1
	case a.topic != "" && b.topic == "":
		return 1
	}
	return byAge(a, b)
}

// byAge orders databases by their creation.
func byAge(a, b unnamed) int {
	return cmp.Or(a.db.Created.Compare(b.db.Created), strings.Compare(a.id, b.id))
}

// withinLimit are the unnamed streams that the source's max_streams has room for. The
// others wait, and need attention: without a limit, everybody who can create databases in
// Notion could create any number of topics in Kafka. Databases that already have a stream
// keep it.
func (src *Source) withinLimit(f *found, streams []unnamed, topics map[string]state.Topic) []unnamed {
	if src.MaxStreams == 0 {
		return streams
	}
	used := 0
	for name := range topics {
		if _, known := f.databases[DatabaseOf(name)]; known {
			used++
		}
	}
	slices.SortFunc(streams, byAge)
	room := min(max(src.MaxStreams-used, 0), len(streams))
	for _, n := range streams[room:] {
		f.problems[n.stream] = attention(fmt.Errorf("database %q waits: source %s has %d streams, and its max_streams is %d: raise max_streams, or exclude databases by rules in streams",
			shownTitle(n.db.Title), src.Name, used+room, src.MaxStreams))
	}
	return streams[:room]
}

// pinNames gives every unnamed stream a name of its own. Names that differ only in dots
// and underscores count as the same, because Kafka's metrics cannot tell them apart.
// taken holds the whole topic names in use. When databases with one title are first seen
// together, the oldest keeps the bare name. A stream with an explicit topic is named last,
// and uses its name once the topic is removed from the settings.
func (src *Source) pinNames(streams []unnamed, taken []string) map[string]string {
	slices.SortFunc(streams, namingOrder)
	used := map[string]bool{}
	for _, topic := range taken {
		used[sameTopic(topic)] = true
	}
	for _, n := range streams {
		if n.topic != "" {
			used[sameTopic(n.topic)] = true
		}
	}
	names := map[string]string{}
	for _, n := range streams {
		name := topicName(n.db.Title)
		if name == "" || src.NameByID {
			name = n.stream
		}
		for used[sameTopic(src.TopicPrefix+name)] { // a title may equal another title with its suffix
			name += "_" + strings.ReplaceAll(n.id, "-", "")[20:]
		}
		used[sameTopic(src.TopicPrefix+name)] = true
		names[n.stream] = name
	}
	return names
}

func sameTopic(topic string) string { return strings.ReplaceAll(topic, ".", "_") }

// shownTitle is a database's title as errors and reports show it: on one line, and cut,
// because nothing else bounds its length.
func shownTitle(title string) string {
	line := []rune(strings.Join(strings.Fields(title), " "))
	if len(line) <= maxTopicName {
		return string(line)
	}
	return string(line[:maxTopicName]) + "…"
}
