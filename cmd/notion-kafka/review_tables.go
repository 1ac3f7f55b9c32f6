package main

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"notion-kafka/config"
	"notion-kafka/producer"
	"notion-kafka/producer/control"
)

// A listedStream is a stream that a source offers.
type listedStream struct {
	producer.ToName
	stream, icon string
	dataSources  int
	offered      bool // the discovery found it; false: the source knows it from before
}

// listed returns the streams of a review: databases, those of the discovery, and those
// that the source knows beside them.
func (r *review) listed() []listedStream {
	listed := []listedStream{{stream: producer.DatabasesStream, offered: true}}
	named := r.pinnedNames()
	seen := map[string]bool{producer.DatabasesStream: true}
	if r.draft.Found != nil {
		for _, db := range r.draft.Found.Databases {
			stream := producer.DatabaseStream(db.DatabaseID)
			seen[stream] = true
			listed = append(listed, listedStream{
				ToName: producer.ToName{DatabaseID: db.DatabaseID, Title: db.Title, Created: db.Created, Name: named[stream]},
				stream: stream, icon: db.Icon, dataSources: max(1, len(db.DataSources)), offered: true,
			})
		}
	}
	for _, s := range r.known {
		if seen[s.Stream] {
			continue
		}
		listed = append(listed, listedStream{
			ToName: producer.ToName{DatabaseID: producer.DatabaseOf(s.Stream), Title: s.Title, Name: named[s.Stream]},
			stream: s.Stream, icon: s.Icon, dataSources: 1,
		})
	}
	return listed
}

// pinnedNames returns the names that streams of the source keep, without a prefix. An
// owner that does not respond, or of an older version, tells the topics only.
func (r *review) pinnedNames() map[string]string {
	names := map[string]string{}
	for _, s := range r.known {
		name := s.Name
		if name == "" {
			name, _ = strings.CutPrefix(s.Topic, r.spec.TopicPrefix)
		}
		if s.Stream != producer.DatabasesStream && name != "" && (s.Name != "" || name != s.Topic) {
			names[s.Stream] = name
		}
	}
	return names
}

// ruleOf returns the rule that a stream matches, and its index in the definition: -1 if
// the definition has no such rule.
func (r *review) ruleOf(s listedStream) (rule config.StreamRule, index int) {
	index = slices.IndexFunc(r.spec.Streams, func(rule config.StreamRule) bool { return rule.Matches(s.stream, s.DatabaseID, s.Title) })
	if index < 0 {
		return rule, -1
	}
	rule = r.spec.Streams[index]
	if !r.hasRules {
		index = -1
	}
	return rule, index
}

// tables returns the streams with their topics, and why one cannot have its topic.
func (r *review) tables(listed []listedStream) []control.ReviewedTable {
	tables := make([]control.ReviewedTable, len(listed))
	for i, s := range listed {
		rule, index := r.ruleOf(s)
		_, enabled := r.spec.StreamFor(s.stream, s.DatabaseID, s.Title)
		listed[i].Topic = rule.Topic
		tables[i] = control.ReviewedTable{
			Stream: s.stream, Title: s.Title, Icon: s.icon, Enabled: enabled, Rule: index, Topic: rule.Topic,
			Sync: string(*cmp.Or(rule.Sync, &r.spec.Settings.Sync)), Typed: typedBy(r.spec, s.stream, s.DatabaseID, s.Title),
		}
		if s.stream == producer.DatabasesStream {
			tables[i].Topic, tables[i].Sync = cmp.Or(rule.Topic, r.spec.TopicPrefix+producer.DatabasesStream), string(config.FullTable)
		}
	}
	r.nameTopics(listed, tables)
	r.recall(tables)
	r.explain(tables)
	for _, i := range r.waiting(listed, tables) {
		tables[i].Problem = fmt.Sprintf("it waits: the source has room for %d tables (max_streams), and the older ones have it", r.spec.Settings.MaxStreams)
	}
	return tables
}

// waiting returns the tables that the source's max_streams has no room for, as a run
// would decide: tables with a name keep their place, and of the others the oldest get one.
func (r *review) waiting(listed []listedStream, tables []control.ReviewedTable) []int {
	room := r.spec.Settings.MaxStreams
	var unnamed []int
	for i, s := range listed[1:] {
		switch {
		case s.Name != "":
			room--
		case tables[i+1].Enabled:
			unnamed = append(unnamed, i+1)
		}
	}
	slices.SortFunc(unnamed, func(a, b int) int {
		return cmp.Or(listed[a].Created.Compare(listed[b].Created), strings.Compare(listed[a].DatabaseID, listed[b].DatabaseID))
	})
	return unnamed[min(max(room, 0), len(unnamed)):]
}

// nameTopics fills in the topics that no rule names. Those that are not selected are named
// last: a run names only what it reads.
func (r *review) nameTopics(listed []listedStream, tables []control.ReviewedTable) {
	var selected, others []producer.ToName
	taken := []string{r.config.Kafka.StateTopic, r.config.Kafka.ControlTopic, tables[0].Topic}
	for i, s := range listed[1:] {
		if tables[i+1].Enabled || s.Name != "" {
			selected = append(selected, s.ToName)
		} else {
			others = append(others, s.ToName)
		}
	}
	byID := r.spec.TopicNaming == config.NamedByID
	topics := producer.SuggestTopics(r.spec.TopicPrefix, byID, selected, taken...)
	maps.Copy(topics, producer.SuggestTopics(r.spec.TopicPrefix, byID, others, slices.AppendSeq(taken, maps.Values(topics))...))
	for i, s := range listed[1:] {
		tables[i+1].Topic = topics[s.DatabaseID]
	}
}

// recall fills in the forms of the topics that have records.
func (r *review) recall(tables []control.ReviewedTable) {
	forms := map[string]string{}
	for _, s := range r.known {
		forms[s.Stream+" "+s.Topic] = s.Form
	}
	for i, table := range tables {
		tables[i].Published = forms[table.Stream+" "+table.Topic]
	}
}

// explain says of each selected stream why it cannot have its topic.
func (r *review) explain(tables []control.ReviewedTable) {
	ours, theirs := map[string][]int{}, r.theirTopics()
	for i, table := range tables {
		if table.Enabled {
			at := canonical(table.Topic)
			ours[at] = append(ours[at], i)
		}
	}
	for i, table := range tables {
		if !table.Enabled {
			continue
		}
		same := slices.DeleteFunc(slices.Clone(ours[canonical(table.Topic)]), func(other int) bool { return other == i })
		explicit := fmt.Sprintf("streams[%d].topic", table.Rule)
		switch {
		case len(same) > 0:
			tables[i].Problem = fmt.Sprintf("%s gets this topic too: give each a topic of its own (names that differ only in . and _ are the same to Kafka)", shownTable(tables[same[0]]))
		case table.Rule >= 0 && r.problemAt(explicit) != "":
			tables[i].Problem = r.problemAt(explicit)
		case r.isByPrefix(table) && r.problemAt("topic_prefix") != "":
			tables[i].Problem = "the topic prefix is wrong: " + r.problemAt("topic_prefix")
		case theirs[canonical(table.Topic)] != "":
			tables[i].Problem = "it is the topic of " + theirs[canonical(table.Topic)] + ": choose another"
		case table.Typed && table.Published == string(config.PropertiesJSON):
			tables[i].Problem = "this topic was begun without typed columns, and cannot get them: give the table another topic, where it begins again, or leave it without typed columns"
		case !table.Typed && table.Published == string(config.PropertiesTyped):
			tables[i].Problem = "this topic was begun with typed columns, and cannot lose them: give the table another topic, where it begins again, or leave it with typed columns"
		}
	}
}

// isByPrefix reports whether the topic of a table is made of the prefix.
func (r *review) isByPrefix(table control.ReviewedTable) bool {
	return table.Rule < 0 || r.spec.Streams[table.Rule].Topic == ""
}

// theirTopics returns the topics that other sources published to in their last runs, and
// which stream did, by one spelling of the topic.
func (r *review) theirTopics() map[string]string {
	theirs := map[string]string{}
	for _, src := range r.sources {
		if src.Name == r.draft.Source || src.Shadowed || src.LastRun == nil {
			continue
		}
		for _, s := range src.LastRun.Streams {
			if s.Topic != "" {
				theirs[canonical(s.Topic)] = "stream " + s.Stream + " of source " + src.Name
			}
		}
	}
	return theirs
}

// canonical is one spelling of the names that Kafka does not tell apart (Kafka:
// Topic.hasCollision).
func canonical(topic string) string { return strings.ReplaceAll(topic, ".", "_") }

// shownTable names a table in a sentence.
func shownTable(t control.ReviewedTable) string {
	switch {
	case t.Stream == producer.DatabasesStream:
		return "the list of databases"
	case oneLine(t.Title) == "":
		return t.Stream
	}
	return oneLine(t.Title)
}
