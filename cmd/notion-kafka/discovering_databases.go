package main

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"notion-kafka/config"
	"notion-kafka/producer"
	"notion-kafka/producer/control"
)

const (
	// mostFound bounds the databases of a discovery as JSON, in bytes. They are kept with a
	// draft, in a record of Kafka, and shown on a page.
	mostFound = 1 << 20
	// mostTitle bounds a title, and a property's name, in columns.
	mostTitle = 200
	// mostTopic is the most characters of a topic's name in Kafka.
	mostTopic = 249
	// pinnedWithin bounds the wait for the owner of a source, which knows its topics.
	pinnedWithin = 3 * time.Second
)

// offered says what a definition makes of databases: their topics, how they are read, and
// which are selected. source is the source that it changes; its streams keep their names.
func (b *backend) offered(ctx context.Context, src config.Source, source string, databases []control.FoundDatabase) []control.FoundDatabase {
	pinned := b.pinnedNames(ctx, source)
	taken := []string{b.app.Config.Kafka.StateTopic, b.app.Config.Kafka.ControlTopic}
	list := make([]producer.ToName, 0, len(databases))
	for i := range databases {
		db := &databases[i]
		settings, selected := src.StreamFor(db.Stream, db.DatabaseID, db.Title)
		if db.Enabled, db.Sync = selected, string(settings.Sync); !selected {
			db.Sync = string(src.Settings.Sync)
		}
		list = append(list, producer.ToName{DatabaseID: db.DatabaseID, Title: db.Title, Created: db.Created, Topic: settings.Topic, Name: pinned[db.Stream]})
		delete(pinned, db.Stream)
	}
	for _, name := range pinned {
		taken = append(taken, src.TopicPrefix+name)
	}
	if !hasPrefix(src) {
		return databases
	}
	topics := producer.SuggestTopics(src.TopicPrefix, src.TopicNaming == config.NamedByID, list, taken...)
	for i := range databases {
		if topic := topics[databases[i].DatabaseID]; len(topic) <= mostTopic {
			databases[i].Topic = topic
		}
	}
	return databases
}

// hasPrefix reports whether a definition tells where its topics are: by its prefix, or by a
// name that one can be made of.
func hasPrefix(src config.Source) bool {
	return len(src.TopicPrefix) <= mostTopic && (src.TopicPrefix != "notion."+src.Name+"." || sourceName.MatchString(src.Name))
}

// pinnedNames are the names of topics that streams of a source keep, without its prefix; none
// where its owner does not say.
func (b *backend) pinnedNames(ctx context.Context, source string) map[string]string {
	if source == "" {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, pinnedWithin)
	defer cancel()
	before, _, err := b.sourceNamed(source)
	streams, unknown := b.Streams(ctx, source)
	if err != nil || unknown != nil {
		return nil
	}
	names := map[string]string{}
	for _, s := range streams {
		if name, under := strings.CutPrefix(s.Topic, before.TopicPrefix); under && s.Stream != producer.DatabasesStream {
			names[s.Stream] = name
		}
	}
	return names
}

// fitting shortens what is too long to be kept and shown, and returns how many of the
// databases there is room for. Names of properties have the room that is left.
func fitting(databases []control.FoundDatabase) (shown int) {
	room := mostFound
	names := make([][]string, len(databases))
	for i := range databases {
		db := &databases[i]
		names[i], db.Properties = db.Properties, []string{}
		shorten(db)
		if room -= sizeOf(db); room < 0 {
			return i
		}
	}
	for i := range databases {
		if room -= sizeOf(names[i]); room < 0 {
			break
		}
		for _, name := range names[i] {
			databases[i].Properties = append(databases[i].Properties, cut(name, mostTitle))
		}
	}
	return len(databases)
}

func shorten(db *control.FoundDatabase) {
	db.Title = cut(db.Title, mostTitle)
	if len(db.URL) > mostTitle {
		db.URL = ""
	}
	for i := range db.DataSources {
		db.DataSources[i].Title = cut(db.DataSources[i].Title, mostTitle)
	}
}

// sizeOf is how many bytes something has as JSON.
func sizeOf(v any) int {
	text, err := json.Marshal(v)
	if err != nil {
		return mostFound
	}
	return len(text)
}
