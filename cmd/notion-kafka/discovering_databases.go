package main

import (
	"context"
	"encoding/json"

	"notion-kafka/config"
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
)

// offered says what a definition makes of databases, as a review of it does: their topics,
// how they are read, and which are selected. source is the source that it changes.
func (b *backend) offered(ctx context.Context, read config.Reading, source string, databases []control.FoundDatabase) []control.FoundDatabase {
	sources := b.Daemon.Sources()
	r := &review{
		draft: control.Draft{Source: source, Found: &control.Discovery{Databases: databases}}, config: b.app.Config,
		spec: read.Source, hasRules: read.HasRules, sources: sources, known: b.streamsOf(ctx, sources, source),
	}
	tables := r.tables(r.listed())
	for i := range databases {
		table := tables[i+1] // the first is that of the stream of databases
		databases[i].Sync, databases[i].Enabled = table.Sync, table.Enabled
		if len(table.Topic) <= mostTopic && (hasPrefix(read.Source) || !r.isByPrefix(table)) {
			databases[i].Topic = table.Topic
		}
	}
	return databases
}

// hasPrefix reports whether a definition tells where its topics are: by its prefix, or by a
// name that one can be made of.
func hasPrefix(src config.Source) bool {
	return len(src.TopicPrefix) <= mostTopic && (src.TopicPrefix != "notion."+src.Name+"." || sourceName.MatchString(src.Name))
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
