package pages

import (
	"encoding/json"
	"fmt"
	"time"

	"notion-kafka/producer/control"
)

// galleryOfCatalog are the pages of the catalog in every state.
func galleryOfCatalog(shell, readOnly Shell) (all []piece) {
	add := func(name string, page Page) { all = append(all, piece{name, page}) }
	hidden := shell
	hidden.NoContents = true

	add("catalog", NewCatalog(shell, tablesOfAcme(), ""))
	add("catalog-empty", NewCatalog(shell, nil, ""))
	add("catalog-none-fits", NewCatalog(readOnly, tablesOfAcme(), "nothing like it"))
	add("catalog-ugly", NewCatalog(shell, uglyTables(), ""))
	add("catalog-no-contents", NewCatalog(hidden, tablesOfAcme(), ""))
	add("catalog-500", NewCatalog(shell, manyTables(500), ""))

	table, log := projectsTopic(), TopicQuery{View: ViewLog}
	older := map[int32]int64{0: 4100}
	add("topic", NewTopic(shell, table, TopicQuery{}, control.RecordPage{Records: recordsOf(12), Next: older}))
	add("topic-log", NewTopic(shell, table, log, control.RecordPage{Records: mixedRecords(), Searched: 9}))
	add("topic-one", NewTopic(shell, table, TopicQuery{}, control.RecordPage{Records: recordsOf(1)}))
	add("topic-empty", NewTopic(shell, newTopic(), log, control.RecordPage{}))
	add("topic-empty-now", NewTopic(readOnly, newTopic(), TopicQuery{}, control.RecordPage{}))
	add("topic-none-fits", NewTopic(shell, table, TopicQuery{View: ViewLog, Op: "create", Key: "59833787-2cf9-4fdf-8782-e53db20768a5", Text: ugly[1]}, control.RecordPage{Bound: "The newest 20,000 of 214,031 records were looked at.", Next: older}))
	add("topic-before", NewTopic(shell, table, TopicQuery{View: ViewLog, Before: "0:4100", Columns: []string{"Status", "Budget"}}, control.RecordPage{Records: recordsOf(3)}))
	add("topic-past-the-end", NewTopic(shell, table, TopicQuery{View: ViewLog, Before: "0:1"}, control.RecordPage{}))
	add("topic-100", NewTopic(shell, table, TopicQuery{View: ViewLog, Columns: allColumns()}, control.RecordPage{Records: recordsOf(100), Next: older}))
	add("topic-failed", NewTopic(shell, unknownTopic(), TopicQuery{Failed: "reading topic notion.acme.projects: dial tcp kafka-1.internal:9092: connection refused; try again once Kafka answers"}, control.RecordPage{}))
	add("topic-no-contents", NewTopic(hidden, table, log, control.RecordPage{}))
	add("topic-ugly", NewTopic(shell, uglyTopic(), TopicQuery{View: ViewLog, Key: ugly[0], Text: ugly[6], Columns: ugly}, control.RecordPage{Records: uglyRecords(), Bound: ugly[6]}))
	add("topic-500-properties", NewTopic(shell, newTopic(), log, control.RecordPage{Records: []control.TopicRecord{wideRecord(500)}}))
	add("topic-databases", NewTopic(shell, databasesTopic(), TopicQuery{}, control.RecordPage{Records: databaseRecords()}))

	past := historyOfProject()
	add("record", NewRecord(shell, table, past.Versions[1].TopicRecord, past))
	add("record-read-only", NewRecord(readOnly, table, past.Versions[1].TopicRecord, control.History{Key: past.Key, Versions: past.Versions[1:2], Bound: "The newest 5,000 of 90,321 records of partition 0 were looked at."}))
	add("record-deleted", NewRecord(shell, table, past.Versions[0].TopicRecord, past))
	add("record-unreadable", NewRecord(shell, table, mixedRecords()[2], control.History{}))
	add("record-no-contents", NewRecord(hidden, table, control.TopicRecord{Offset: 7}, control.History{}))
	add("record-database", NewRecord(shell, databasesTopic(), databaseRecords()[0], control.History{}))
	add("record-ugly", NewRecord(shell, uglyTopic(), uglyRecords()[0], uglyHistory()))
	add("record-500-properties", NewRecord(shell, newTopic(), wideRecord(500), control.History{}))
	add("record-megabyte", NewRecord(shell, newTopic(), hugeRecord(), control.History{}))
	add("record-foreign", NewRecord(shell, newTopic(), control.TopicRecord{Key: "k", Value: json.RawMessage(deepJSON())}, control.History{}))

	add("schema", NewSchema(shell, table, SchemaChoice{}))
	add("schema-compared", NewSchema(shell, table, SchemaChoice{Version: 2, With: 1}))
	add("schema-absent", NewSchema(readOnly, table, SchemaChoice{Version: 9}))
	add("schema-unknown", NewSchema(shell, unknownTopic(), SchemaChoice{}))
	add("schema-none", NewSchema(hidden, newTopic(), SchemaChoice{}))
	add("schema-ugly", NewSchema(shell, uglyTopic(), SchemaChoice{Version: 2, With: 1}))

	typed := typedTopic(0)
	add("record-typed", NewRecord(shell, typed, typedRecord(typed), control.History{}))
	add("schema-typed", NewSchema(shell, typed, SchemaChoice{}))
	add("schema-500-columns", NewSchema(shell, typedTopic(500), SchemaChoice{}))
	add("schema-ugly-columns", NewSchema(shell, uglyColumns(), SchemaChoice{}))

	add("use", NewUse(shell, table, snippets()))
	add("use-none", NewUse(hidden, newTopic(), nil))
	add("use-ugly", NewUse(shell, uglyTopic(), uglySnippets()))

	for _, finding := range findings() {
		add("find-"+string(finding.Answer), NewFind(shell, finding.ID, company(), lately, &finding))
	}
	add("find-ugly", NewFind(hidden, ugly[6], company(), lately, uglyFinding()))
	return all
}

// projectsTopic is a topic of which all is known.
func projectsTopic() control.TableDetail {
	table := control.TableDetail{
		Table: tablesOfAcme()[3], Kafka: &control.KafkaTopic{ID: "x", Partitions: 1, Cleanup: "compact"},
		About:       &control.Stream{Stream: "database_248104cd-477e-80fd-b757-e945d38000bd", Health: control.SourceReady},
		DataSources: []control.FoundDataSource{{ID: "a", Title: "Projects"}, {ID: "b", Title: "Internal projects"}},
		Versions: []control.SchemaVersion{
			{Version: 2, ID: 17, Schema: pageSchema(`,{"name":"is_archived","type":"boolean","default":false,"doc":"Whether the page is archived, which is not the trash."}`)},
			{Version: 1, ID: 4, Schema: pageSchema("")},
		},
		Properties: []control.Property{
			{ID: "title", Name: "Project", Type: "title"}, {ID: "st", Name: "Status", Type: "status"},
			{ID: "cu", Name: "Customer", Type: "relation", RelatedDatabase: "d", RelatedTopic: "notion.acme.customers"},
			{ID: "du", Name: "Due", Type: "date"}, {ID: "bu", Name: "Budget", Type: "number"}, {ID: "ta", Name: "Tags", Type: "multi_select"},
			{ID: "ow", Name: "Owner", Type: "people"}, {ID: "no", Name: "Notes", Type: "rich_text"}, {ID: "si", Name: "Site", Type: "url"},
			{ID: "fi", Name: "Files", Type: "files"}, {ID: "do", Name: "Billed", Type: "checkbox"}, {ID: "fo", Name: "Total", Type: "formula"},
			{ID: "un", Name: "ID", Type: "unique_id"}, {ID: "te", Name: "Team", Type: "relation", RelatedDatabase: "248104cd-477e-80fd-b757-e945d38000ff"}, {ID: "go", Name: "Go", Type: "button"},
		},
	}
	return table
}

func allColumns() (names []string) {
	for _, property := range projectsTopic().Properties[1:] {
		names = append(names, property.Name)
	}
	return names
}

// newTopic is a topic of which little is there yet.
func newTopic() control.TableDetail {
	return control.TableDetail{Table: control.Table{Topic: "notion.acme.new", Source: "acme", Stream: "database_1", Title: "New", Rows: 0, Subject: "notion.acme.new-value", Schema: pageSchema("")}}
}

// unknownTopic is a topic of which nothing could be asked.
func unknownTopic() control.TableDetail {
	table := control.TableDetail{Table: tablesOfAcme()[3], VersionsUnknown: "asking the schema registry for the versions of notion.acme.projects-value: connection refused; start it, or look at schema_registry.url"}
	table.Rows, table.LastRecord = -1, time.Time{}
	table.Consumers = control.Consumers{Unknown: "Kafka did not answer within 3 s"}
	return table
}

func pageSchema(more string) json.RawMessage {
	return json.RawMessage(`{"type":"record","name":"Page","namespace":"notion","doc":"A page of a Notion database, as its last read saw it.","fields":[` +
		`{"name":"id","type":"string","doc":"Page id: dashed, lower-case UUID. Also the record's key."},` +
		`{"name":"last_edited_time","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"When the page was last edited, UTC. Notion floors it to the minute."},` +
		`{"name":"properties","type":"string","doc":"JSON text: the properties object as Notion sent it, keyed by property name."},` +
		`{"name":"title","type":["null","string"],"default":null,"doc":"Plain text of the title property."},` +
		`{"name":"tags","type":["null",{"type":"array","items":"string"}],"default":null,"doc":"","notion.id":"ta","notion.name":"Tags","notion.type":"multi_select"}` + more + `]}`)
}

func tablesOfAcme() []control.Table {
	groups := control.Consumers{Groups: []control.Consumer{{Group: "flink-bi", State: "Stable", Members: 2, Lag: 12}, {Group: "ksql-orders", State: "Empty"}}}
	one := func(topic, title, icon string, rows int, c control.Consumers) control.Table {
		return control.Table{
			Topic: "notion.acme." + topic, Source: "acme", Stream: "database_248104cd-477e-80fd-b757-e945d38000bd", Title: title, Icon: icon, Rows: rows, Description: "Product and CRM, owned by the data team", Subject: "notion.acme." + topic + "-value",
			URL: "https://app.notion.com/p/248104cd477e80fdb757e945d38000bd", Schema: pageSchema(""), LastRecord: noon.Add(-3 * time.Minute), Consumers: c,
			Today: control.Day{Day: "2026-11-29", Created: 3, Updated: 214, Deleted: 1},
		}
	}
	list := one("databases", "", "", 14, control.Consumers{})
	list.Stream = databasesStream
	return []control.Table{
		one("customers", "Customers", "🧑‍💼", 12431, groups), list,
		one("incidents", "Incidents", "", -1, control.Consumers{Unknown: "groups cannot be listed: the right DESCRIBE on groups is missing"}),
		one("projects", "Projects", "🚀", 4211, groups),
		{Topic: "notion.hotel.rooms", Source: "hotel", Stream: "database_2", Title: "Rooms", Rows: 88, Consumers: control.Consumers{Groups: groups.Groups[1:]}},
	}
}

func manyTables(n int) (all []control.Table) {
	for i := range n {
		one := tablesOfAcme()[i%5]
		one.Topic = fmt.Sprintf("%s_%d", one.Topic, i)
		all = append(all, one)
	}
	return all
}

// findings are answers of find.
func findings() (all []control.Finding) {
	for _, answer := range []control.FindAnswer{control.PageStuck, control.PageBehind, control.PageCurrent, control.PageDeleted, control.PageUnknown} {
		place := control.Place{
			Source: "acme", Stream: "database_248104cd-477e-80fd-b757-e945d38000bd", Title: "Projects", Topic: "notion.acme.projects", Answer: answer, Text: "The page is in the topic as Notion has it.",
			Published: noon.Add(-time.Hour), Edited: noon.Add(-time.Hour), ReadUpTo: noon.Add(-2 * time.Minute), NextRun: noon.Add(3 * time.Minute),
			Record: &control.FoundRecord{Offset: 4210, Timestamp: noon.Add(-59 * time.Minute), Op: "update", Title: "Website relaunch"},
		}
		finding := control.Finding{ID: "59833787-2cf9-4fdf-8782-e53db20768a5", Answer: answer, Title: "Website relaunch", URL: "https://app.notion.com/p/598337872cf94fdf8782e53db20768a5", Text: "The page is in notion.acme.projects, as Notion has it.", Places: []control.Place{place}}
		switch answer {
		case control.PageUnknown:
			finding.Places, finding.Title, finding.URL = nil, "", ""
			finding.Text = "No connection sees this page: open it in Notion, choose ••• and Connections, and add the connection."
		case control.PageBehind:
			other := place
			other.Source, other.Stream, other.Topic, other.Title, other.Answer, other.Record = "crm", "", "", "", control.PageNotSelected, nil
			other.Text = "Its database is shared with crm, and no rule selects it: select it on the page of the source."
			finding.Places = append(finding.Places, other)
		case control.PageStuck:
			finding.Places[0].Why = "publishing page 59833787: the record has 9.1 MB, and the topic takes 8 MB: shorten the page, or raise max.message.bytes"
		}
		if answer == control.PageUnknown {
			finding.Silent = []control.SilentSource{{Source: "late", Error: "its owner, host-b, did not answer within 12 s"}}
		}
		all = append(all, finding)
	}
	return all
}

// snippets are how a topic is read.
func snippets() []control.Snippet {
	return []control.Snippet{
		{Name: "tail", Title: "Look at it in a terminal", Language: "sh", Text: "notion-kafka tail notion.acme.projects --from-beginning"},
		{Name: "kcat", Title: "kcat: keys, headers and tombstones", Language: "sh", Text: "kcat -b kafka-1.internal:9092 -X isolation.level=read_committed -C -t notion.acme.projects -f '%k %h %S\\n'", Notes: []string{"Debian’s kcat has no Avro: values are shown as their size."}},
		{Name: "flink", Title: "Flink SQL", Language: "sql", Text: "CREATE TABLE projects (\n  id STRING,\n  title STRING,\n  PRIMARY KEY (id) NOT ENFORCED\n) WITH (\n  'connector' = 'upsert-kafka',\n  'topic' = 'notion.acme.projects'\n);", Notes: []string{"It needs the connector for Kafka and the Avro format.", "A password is read from KAFKA_PASSWORD."}},
	}
}
