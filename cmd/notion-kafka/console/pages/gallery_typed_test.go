package pages

import (
	"encoding/json"
	"fmt"
	"strings"

	"notion-kafka/producer/control"
)

// avroTypes are the types of the columns of the projects that are not text, and docs what
// some of them are.
var (
	avroTypes = map[string]string{
		"number": `"double"`, "formula": `"double"`, "checkbox": `"boolean"`, "date": `{"type":"long","logicalType":"timestamp-millis"}`,
		"relation": `{"type":"array","items":"string"}`, "people": `{"type":"array","items":"string"}`, "multi_select": `{"type":"array","items":"string"}`, "files": `{"type":"array","items":"string"}`,
	}
	columnDocs = map[string]string{
		"date": "When the date begins, UTC. A day without a time is its midnight.", "status": "Name of the status.", "people": "Ids of the people, in Notion's order.",
		"relation": "Ids of the related pages, complete and in Notion's order: the keys of these pages in their own topic.", "number": "A number. Digits that a double cannot hold are in properties.",
	}
)

// typedTopic is the topic of projects with typed columns, and so many more of them.
func typedTopic(more int) control.TableDetail {
	table := projectsTopic()
	var fields strings.Builder
	add := func(name, of, doc string, p control.Property) {
		attributes := jsonOf(map[string]string{"name": name, "doc": doc, "notion.id": p.ID, "notion.type": p.Type, "notion.name": p.Name})
		fmt.Fprintf(&fields, `,{"type":["null",%s],"default":null,%s`, of, attributes[1:])
	}
	for i := range more {
		table.Properties = append(table.Properties, control.Property{ID: fmt.Sprintf("%%3A%d", i), Name: fmt.Sprintf("A property that somebody gave a long name, number %d", i), Type: []string{"rich_text", "number", "date"}[i%3]})
	}
	for _, p := range table.Properties {
		of, name := avroTypes[p.Type], strings.ReplaceAll(strings.ToLower(p.Name), " ", "_")
		if of == "" {
			of = `"string"`
		}
		if name == "id" { // which every page has
			name = "id_2"
		}
		if p.Type == "button" {
			continue
		}
		add(name, of, columnDocs[p.Type], p)
		switch p.Type {
		case "date":
			add(name+"_end", of, "When the date ends, UTC; null where it has no end. A day without a time is its midnight.", p)
			add(name+"_time_zone", `"string"`, "The date's time zone or offset as Notion says it; null for a day without a time.", p)
		case "people":
			add(name+"_names", of, "Names of the people, one for each id; empty where Notion shows none.", p)
		}
	}
	envelope, _, _ := strings.Cut(string(pageSchema("")), `,{"name":"tags"`)
	table.Versions = []control.SchemaVersion{{Version: 3, ID: 17, Schema: json.RawMessage(envelope + fields.String() + `]}`)}}
	return table
}

// typedRecord is a project with its columns.
func typedRecord(table control.TableDetail) control.TopicRecord {
	var value map[string]any
	if err := json.Unmarshal(projectValue(3), &value); err != nil {
		panic(err)
	}
	for name, is := range map[string]any{
		"project": "Move the office", "status": "Not started", "customer": []string{"248104cd-477e-80fd-b757-000000000000", "248104cd-477e-80fd-b757-000000000001"}, "due": "2026-12-01T00:00:00.000Z",
		"due_end": "2026-12-12T00:00:00.000Z", "due_time_zone": nil, "budget": 50002, "tags": []string{"web", "q4", "design", "urgent"}, "owner": []string{"ee5f0f84-409a-440f-983a-a5315961c6e4"}, "owner_names": []string{"Ada Lovelace"},
		"notes": "The old pages stay until everybody has moved.", "id_2": "PRJ-4", "site": "https://example.com/relaunch", "files": []string{}, "billed": false, "total": 99, "team": []string{},
	} {
		value[name] = is
	}
	record := recordAt(4210, "update", jsonOf(value))
	record.Schema = table.Versions[0].ID
	return record
}

// uglyColumns is a topic whose schema somebody else registered.
func uglyColumns() control.TableDetail {
	table := typedTopic(0)
	var fields []map[string]any
	for i, text := range ugly {
		fields = append(fields, map[string]any{"name": text, "doc": text, "type": []any{"null", text}, "notion.id": i, "notion.type": text, "notion.name": text})
	}
	fields = append(fields, map[string]any{"name": "x", "type": "string", "notion.type": 7, "notion.name": []string{"x"}})
	table.Versions[0].Schema = jsonOf(map[string]any{"type": "record", "name": "Page", "fields": fields})
	return table
}
