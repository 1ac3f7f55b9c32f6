package producer

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"notion-kafka/producer/state"
)

// maxTopicName is where a name made from a title is cut.
const maxTopicName = 100

// reserved names belong to streams that are, or will be, no database.
var reserved = []string{"databases", "users", "comments", "content"}

// strokes are Latin letters whose mark Unicode does not decompose.
var strokes = strings.NewReplacer("ø", "o", "ł", "l", "đ", "d", "ħ", "h", "ŧ", "t", "ı", "i")

// topicName is the name that a database's title suggests; "" where it leaves
// nothing to go by. Lower-case, Latin letters without their marks, every run of
// anything else but a-z and 0-9 one underscore.
func topicName(title string) string {
	var b strings.Builder
	gap := false
	for _, r := range norm.NFD.String(strokes.Replace(strings.ToLower(title))) {
		switch {
		case unicode.Is(unicode.Mn, r):
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			if gap && b.Len() > 0 {
				b.WriteByte('_')
			}
			gap = false
			b.WriteRune(r)
		default:
			gap = true
		}
	}
	name := b.String()
	if len(name) > maxTopicName {
		name = strings.TrimRight(name[:maxTopicName], "_")
	}
	if slices.Contains(reserved, name) {
		return ""
	}
	return name
}

// A newcomer is a selected stream that has no name yet.
type newcomer struct {
	stream string
	id     string // of the database
	db     state.Database
	topic  string // explicit topic from the settings, or ""
}

// oldestFirst is the order in which newcomers are taken: a stream with an explicit
// topic gets what the others leave.
func oldestFirst(a, b newcomer) int {
	switch {
	case a.topic == "" && b.topic != "":
		return -1
	case a.topic != "" && b.topic == "":
		return 1
	}
	return byAge(a, b)
}

// byAge is the order in which databases were made.
func byAge(a, b newcomer) int {
	return cmp.Or(a.db.Created.Compare(b.db.Created), strings.Compare(a.id, b.id))
}

// withinLimit are the newcomers for which the source's max_streams leaves room. The
// others wait, and need attention: whoever may make databases in Notion would make
// topics in Kafka without end. Databases that have a stream already keep it.
func (src *Source) withinLimit(f *found, newcomers []newcomer, topics map[string]state.Topic) []newcomer {
	if src.MaxStreams == 0 {
		return newcomers
	}
	used := 0
	for name := range topics {
		if _, known := f.databases[DatabaseOf(name)]; known {
			used++
		}
	}
	slices.SortFunc(newcomers, byAge)
	room := min(max(src.MaxStreams-used, 0), len(newcomers))
	for _, n := range newcomers[room:] {
		f.problems[n.stream] = attention(fmt.Errorf("database %q waits: source %s has %d streams, which is its max_streams: raise it, or leave databases out by rules in streams",
			shownTitle(n.db.Title), src.Name, src.MaxStreams))
	}
	return newcomers[:room]
}

// pinNames gives every newcomer a name that no other topic of the source has,
// also none that differs only in dots and underscores, which Kafka's metrics
// cannot tell apart. taken holds the whole topic names in use. Of twins that
// are first seen together the older database keeps the bare name. A stream with
// an explicit topic gets what the others leave: it goes by that name when the
// topic is taken out of the settings.
func (src *Source) pinNames(newcomers []newcomer, taken []string) map[string]string {
	slices.SortFunc(newcomers, oldestFirst)
	used := map[string]bool{}
	for _, topic := range taken {
		used[sameTopic(topic)] = true
	}
	for _, n := range newcomers {
		if n.topic != "" {
			used[sameTopic(n.topic)] = true
		}
	}
	names := map[string]string{}
	for _, n := range newcomers {
		name := topicName(n.db.Title)
		if name == "" || src.NameByID {
			name = n.stream
		}
		for used[sameTopic(src.TopicPrefix+name)] { // a title may look like another one with its suffix
			name += "_" + strings.ReplaceAll(n.id, "-", "")[20:]
		}
		used[sameTopic(src.TopicPrefix+name)] = true
		names[n.stream] = name
	}
	return names
}

func sameTopic(topic string) string { return strings.ReplaceAll(topic, ".", "_") }

// shownTitle is a database's title as an error or a report shows it: on one line,
// and cut, because nothing else bounds it.
func shownTitle(title string) string {
	line := []rune(strings.Join(strings.Fields(title), " "))
	if len(line) <= maxTopicName {
		return string(line)
	}
	return string(line[:maxTopicName]) + "…"
}
