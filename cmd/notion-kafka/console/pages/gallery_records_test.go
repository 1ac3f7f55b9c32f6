package pages

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"notion-kafka/producer/control"
)

// A value is the decoded value of a record, whose properties are JSON text.
func value(title string, properties any) json.RawMessage {
	text := jsonOf(properties)
	return jsonOf(map[string]any{
		"id": "59833787-2cf9-4fdf-8782-e53db20768a5", "object": "page", "last_edited_time": "2026-11-29T11:56:00.000Z", "properties": string(text), "created_time": "2026-03-01T19:05:00.000Z",
		"created_by": `{"object":"user","id":"ee5f"}`, "icon": `{"type":"emoji","emoji":"🥬"}`, "cover": nil, "in_trash": false, "url": "https://app.notion.com/p/598337872cf94fdf8782e53db20768a5", "title": title,
	})
}

func jsonOf(v any) json.RawMessage {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return text
}

func rich(text string) []map[string]string { return []map[string]string{{"plain_text": text}} }

// projectValue is a project of a company.
func projectValue(i int) json.RawMessage {
	titles := []string{"Website relaunch", "Data warehouse", "Hire a designer", "Move the office", "Quarterly numbers"}
	colours := []string{"blue", "green", "red", "gray", "yellow", "pink", "purple", "brown", "orange", "default"}
	states := []string{"In progress", "Done", "Blocked", "Not started"}
	relations := make([]map[string]string, i%9)
	for j := range relations {
		relations[j] = map[string]string{"id": fmt.Sprintf("248104cd-477e-80fd-b757-%012d", j)}
	}
	option := func(name string, n int) map[string]string {
		return map[string]string{"id": "x", "name": name, "color": colours[n%10]}
	}
	one := func(id, kind string, v any) map[string]any { return map[string]any{"id": id, "type": kind, kind: v} }
	title := titles[i%5]
	properties := map[string]any{
		"Project": one("title", "title", rich(title)), "Status": one("st", "status", option(states[i%4], i)), "Customer": one("cu", "relation", relations),
		"Due": one("du", "date", map[string]any{"start": "2026-12-01", "end": "2026-12-12", "time_zone": nil}), "Budget": one("bu", "number", 12500.5*float64(i+1)),
		"Tags":  one("ta", "multi_select", []any{option("web", 1), option("q4", 2), option("design", 3), option("urgent", 4)}),
		"Owner": one("ow", "people", []any{map[string]string{"object": "user", "id": "u", "name": "Ada Lovelace"}}),
		"Notes": one("no", "rich_text", rich("The old pages stay until everybody has moved. Texts come from marketing, pictures from the archive, and the shop is last.")),
		"Site":  one("si", "url", "https://example.com/relaunch"), "Files": one("fi", "files", []any{map[string]any{"name": "brief.pdf", "type": "external", "external": map[string]string{"url": "https://files.example.com/brief.pdf?token=1"}}}),
		"Billed": one("do", "checkbox", i%2 == 0), "Total": one("fo", "formula", map[string]any{"type": "number", "number": 99}), "ID": one("un", "unique_id", map[string]any{"prefix": "PRJ", "number": i + 1}),
		"Go": one("go", "button", map[string]any{}),
	}
	return value(title, properties)
}

func recordAt(offset int64, op string, v json.RawMessage) control.TopicRecord {
	return control.TopicRecord{
		Topic: "notion.acme.projects", Offset: offset, Timestamp: noon.Add(-time.Duration(4220-offset) * 7 * time.Minute), Key: "59833787-2cf9-4fdf-8782-e53db20768a5", Value: v, Schema: 17,
		Headers: map[string]string{"notion-kafka.op": op, "notion-kafka.source": "acme", "notion-kafka.stream": "database_248104cd-477e-80fd-b757-e945d38000bd", "notion-kafka.run": "01KB8Q5RUN"},
	}
}

func recordsOf(n int) (all []control.TopicRecord) {
	for i := range n {
		all = append(all, recordAt(int64(4219-i), control.Ops[i%3], projectValue(i)))
	}
	return all
}

func tombstone(offset int64, was string) control.TopicRecord {
	r := recordAt(offset, "delete", json.RawMessage("null"))
	r.Was, r.Schema, r.Headers["notion-kafka.reason"] = was, 0, "trashed"
	return r
}

// mixedRecords are records of every kind.
func mixedRecords() []control.TopicRecord {
	broken := recordAt(4217, "update", json.RawMessage("null"))
	broken.Error, broken.Raw = "decoding an Avro body of 14 bytes with schema notion.Page: the body ends in the middle of a value", []byte("\x00\x00\x00\x00\x07junk <b>and</b> more")
	soft := recordAt(4214, "delete", json.RawMessage(strings.Replace(string(projectValue(2)), `"in_trash":false`, `"in_trash":true`, 1)))
	soft.Headers["notion-kafka.reason"] = "moved"
	foreign := recordAt(4213, "", json.RawMessage(`"just a text of another producer"`))
	foreign.Headers = nil
	untitled := recordAt(4212, "create", value("", map[string]any{}))
	return []control.TopicRecord{
		tombstone(4219, "Old plan"), tombstone(4218, ""), broken, recordAt(4216, "update", projectValue(1)), recordAt(4215, "snapshot", projectValue(4)), soft, foreign, untitled,
	}
}

// historyOfProject is a page that was edited, deleted and came back.
func historyOfProject() control.History {
	status := func(name, colour string) json.RawMessage {
		return jsonOf(map[string]any{"id": "st", "type": "status", "status": map[string]string{"name": name, "color": colour}})
	}
	tags := func(names ...string) json.RawMessage {
		var all []map[string]string
		for _, name := range names {
			all = append(all, map[string]string{"name": name})
		}
		return jsonOf(map[string]any{"id": "ta", "type": "multi_select", "multi_select": all})
	}
	notes := func(text string) json.RawMessage {
		return jsonOf(map[string]any{"id": "no", "type": "rich_text", "rich_text": rich(text)})
	}
	long := strings.Repeat("Everything that was said before stays as it is. ", 12)
	return control.History{Key: "59833787-2cf9-4fdf-8782-e53db20768a5", Versions: []control.Version{
		{TopicRecord: tombstone(4219, "Website relaunch")},
		{TopicRecord: recordAt(4210, "update", projectValue(0)), Changes: []control.Change{
			{Property: "Status", ID: "st", Type: "status", Before: status("Not started", "default"), After: status("In progress", "blue")},
			{Property: "Tags", ID: "ta", Type: "multi_select", Before: tags("web", "q3"), After: tags("web", "q4", "design")},
			{Property: "Notes", ID: "no", Type: "rich_text", Before: notes(long + "The shop is first."), After: notes(long + "The shop is last.")},
			{Property: "Owner", ID: "ow", Type: "people", RenamedFrom: "Person", Before: json.RawMessage(`[]`), After: json.RawMessage(`[]`)},
			{Property: "last_edited_time", Before: json.RawMessage(`"2026-11-29T10:56:00.000Z"`), After: json.RawMessage(`"2026-11-29T11:56:00.000Z"`)},
			{Property: "cover", Before: json.RawMessage("null"), After: json.RawMessage(`"{\"type\":\"external\"}"`)},
		}},
		{TopicRecord: recordAt(4200, "snapshot", projectValue(0)), Changes: []control.Change{}},
		{TopicRecord: recordAt(4190, "create", projectValue(0))},
		{TopicRecord: tombstone(4180, "Website relaunch")},
		{TopicRecord: recordAt(4170, "snapshot", projectValue(0))},
	}}
}

func databasesTopic() control.TableDetail {
	table := projectsTopic()
	table.Table = tablesOfAcme()[1]
	table.Stream, table.Properties, table.DataSources = databasesStream, nil, nil
	return table
}

func databaseRecords() (all []control.TopicRecord) {
	for i, title := range []string{"Projects", "Customers", "Incidents"} {
		record := recordAt(int64(20-i), "update", jsonOf(map[string]any{
			"id": "d", "object": "database", "title_text": title, "description": "What we work on", "icon": `{"type":"emoji","emoji":"🚀"}`, "is_inline": false, "in_trash": false,
			"properties":   `{"Name":{"id":"title","name":"Name","type":"title","title":{}},"Status":{"id":"st","name":"Status","type":"select","select":{"options":[{"name":"Open","color":"blue"},{"name":"Done"}]}},"Budget":{"id":"bu","name":"Budget","type":"number","number":{"format":"euro"}}}`,
			"data_sources": `[{"id":"a"},{"id":"b"}]`, "created_time": "2026-03-01T19:05:00.000Z", "last_edited_time": "2026-11-29T11:56:00.000Z", "url": "https://app.notion.com/p/d",
		}))
		all = append(all, record)
	}
	return all
}

func wideRecord(n int) control.TopicRecord {
	properties := map[string]any{}
	for i := range n {
		properties[fmt.Sprintf("Property %03d", i)] = map[string]any{"id": fmt.Sprintf("p%d", i), "type": "rich_text", "rich_text": rich(fmt.Sprintf("value %d", i))}
	}
	return recordAt(9, "create", value("Wide", properties))
}

func hugeRecord() control.TopicRecord {
	return recordAt(9, "create", value("Huge", map[string]any{"Text": map[string]any{"id": "t", "type": "rich_text", "rich_text": rich(strings.Repeat("0123456789", 100_000))}}))
}

func deepJSON() string {
	return strings.Repeat(`[{"a":`, 500) + "12345678901234567890" + strings.Repeat("}]", 500)
}
