package pages

import (
	"encoding/json"
	"strings"

	"notion-kafka/producer/control"
)

// The catalog with texts of attackers wherever a text can be.

func uglyTables() (all []control.Table) {
	for _, text := range ugly {
		all = append(all, control.Table{
			Topic: text, Source: text, Stream: text, Title: text, Icon: text, URL: text, Subject: text, Rows: 1, Schema: jsonOf(text),
			Consumers: control.Consumers{Groups: []control.Consumer{{Group: text, State: text, Lag: 1 << 60}}, Unknown: text},
		})
	}
	return all
}

func uglyTopic() control.TableDetail {
	table := control.TableDetail{
		Table: uglyTables()[1], Kafka: &control.KafkaTopic{ID: ugly[0], Partitions: 99, Cleanup: ugly[0]}, About: &control.Stream{Health: control.SourceStatus(ugly[0])},
		VersionsUnknown: ugly[6],
	}
	table.Title = strings.Join(ugly[:6], " ")
	for i, text := range ugly {
		table.Consumers.Groups = append(table.Consumers.Groups, control.Consumer{Group: text})
		table.DataSources = append(table.DataSources, control.FoundDataSource{ID: text, Title: text})
		table.Properties = append(table.Properties, control.Property{ID: text, Name: text, Type: text, RelatedTopic: text, RelatedDatabase: text})
		schema := jsonOf(map[string]any{"type": "record", "doc": text, "fields": []any{
			map[string]any{"name": text, "doc": text, "type": text, "default": text, "notion.name": text, "notion.type": text},
			map[string]any{"name": text, "type": []any{"null", map[string]any{"type": "enum", "symbols": ugly}}},
			map[string]any{"name": "deep", "type": json.RawMessage(strings.Repeat(`{"type":"array","items":`, 400) + `"string"` + strings.Repeat("}", 400))},
		}})
		table.Versions = append(table.Versions, control.SchemaVersion{Version: len(ugly) - i, ID: i, Schema: schema})
	}
	return table
}

// uglyProperties have the texts as names and as values of every type.
func uglyProperties() map[string]any {
	properties := map[string]any{}
	kinds := []string{"title", "rich_text", "number", "select", "multi_select", "people", "files", "url", "formula", "rollup", "relation", "date", "unique_id", "unheard_of"}
	for i, text := range ugly {
		kind := kinds[i%len(kinds)]
		var v any = text
		switch kind {
		case "title", "rich_text":
			v = rich(text)
		case "select":
			v = map[string]any{"name": text, "color": text}
		case "multi_select", "people", "files":
			v = []any{map[string]any{"name": text, "color": text, "id": text}}
		case "relation":
			v = []any{map[string]any{"id": text}}
		case "number":
			v = json.RawMessage("12345678901234567890")
		case "rollup":
			v = map[string]any{"type": "array", "array": []any{map[string]any{"type": "url", "url": text}}}
		}
		properties[text] = map[string]any{"id": text, "type": kind, kind: v}
	}
	properties["Link"] = map[string]any{"type": "url", "url": "javascript:alert(1)"}
	properties["Data"] = map[string]any{"type": "url", "url": "data:text/html,<script>alert(1)</script>"}
	return properties
}

func uglyRecords() (all []control.TopicRecord) {
	for i, text := range ugly {
		one := control.TopicRecord{Topic: text, Offset: int64(i), Key: text, Value: value(text, uglyProperties()), Headers: map[string]string{
			"notion-kafka.op": text, "notion-kafka.reason": text, "notion-kafka.source": "../../x", "notion-kafka.stream": text, "notion-kafka.run": text, text: text,
		}}
		switch i % 4 {
		case 1:
			one.Value, one.Was = json.RawMessage("null"), text
		case 2:
			one.Value, one.Error, one.Raw = json.RawMessage("null"), text, []byte(text)
		case 3:
			one.Value = jsonOf(text)
		}
		all = append(all, one)
	}
	return append(all, control.TopicRecord{Offset: 100, Value: json.RawMessage(deepJSON())}, control.TopicRecord{Offset: 101, Value: json.RawMessage(`{"properties":"{\"a\":"}`)}, control.TopicRecord{Offset: 102})
}

func uglyHistory() control.History {
	past := control.History{Key: ugly[1], Bound: ugly[6]}
	for i, record := range uglyRecords() {
		version := control.Version{TopicRecord: record}
		for j, text := range ugly {
			change := control.Change{Property: text, ID: text, Type: []string{"", "rich_text", "multi_select", text}[(i+j)%4], RenamedFrom: text, Before: jsonOf(text), After: jsonOf(ugly[(j+1)%len(ugly)])}
			if j%3 == 0 {
				change.Before = json.RawMessage("null")
			}
			version.Changes = append(version.Changes, change)
		}
		past.Versions = append(past.Versions, version)
	}
	return past
}

func uglySnippets() (all []control.Snippet) {
	for _, text := range ugly {
		all = append(all, control.Snippet{Name: text, Title: text, Language: text, Text: text, Notes: []string{text}})
	}
	return append(all, snippets()[0], snippets()[0])
}

func uglyFinding() *control.Finding {
	found := control.Finding{ID: ugly[6], Answer: control.FindAnswer(ugly[0]), Text: ugly[6], Title: ugly[4], URL: "javascript:alert(1)"}
	for _, text := range ugly {
		found.Places = append(found.Places, control.Place{Source: text, Stream: text, Title: text, Topic: text, Answer: control.FindAnswer(text), Text: text, Why: text, Record: &control.FoundRecord{Op: text, Reason: text, Title: text}})
		found.Silent = append(found.Silent, control.SilentSource{Source: text, Error: text})
	}
	return &found
}
