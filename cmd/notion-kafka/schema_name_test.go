package main

import (
	"strings"
	"testing"

	"notion-kafka/avro"
	"notion-kafka/notion/notiontest"
)

// A stream is found by its topic, and by its title also in other case and without its emoji.
// What the state topic has, nobody else is asked for.
func TestSchemaOfAStreamByWhatPeopleCallIt(t *testing.T) {
	tt := serving(t)
	for _, title := range []string{"Projects 🚀", "Über uns", "Plans", "plans ✅", "1️⃣ First"} {
		tt.workspace.AddDatabase(title, notiontest.Prop{Name: "Name", Kind: notiontest.KindTitle}).AddPage("One", notiontest.Values{})
	}
	tt.write("sources: [{name: notion, token: \"${NOTION_TOKEN}\", properties: typed}]")
	tt.must(0, "once")
	want := tt.register("notion.notion.projects", "size")
	tt.withoutToken()
	tt.write("sources: []")
	for _, name := range []string{"Projects 🚀", "projects", "PROJECTS", "notion.notion.projects"} {
		if out, _ := tt.must(0, "schema", name); strings.TrimSpace(out) != want {
			t.Errorf("schema %s:\n%s", name, out)
		}
	}
	for name, topic := range map[string]string{"über Uns": "uber_uns", "Plans": "plans", "1 first": "1_first"} {
		if out, _ := tt.must(0, "schema", name, "--as", "flink"); !strings.Contains(out, "'notion.notion."+topic+"'") {
			t.Errorf("schema %s is not that of %s:\n%s", name, topic, out)
		}
	}
	if _, talk := tt.must(2, "schema", "PLANS"); !strings.Contains(talk, `("Plans")`) || !strings.Contains(talk, `("plans ✅")`) || strings.Contains(talk, "Über") {
		t.Errorf("of two that differ in case and emoji:\n%s", talk)
	}
	for _, name := range []string{"Nobody", "🚀", "database_00000000-0000-0000-0000-000000000000", "notion.notion.nobody"} {
		_, talk := tt.must(2, "schema", name)
		if !strings.Contains(talk, "unknown stream") || !strings.Contains(talk, `("Projects 🚀")`) || strings.Contains(talk, "NOTION_TOKEN") || strings.Contains(talk, "first records") {
			t.Errorf("schema %s:\n%s", name, talk)
		}
	}
	if _, talk := tt.must(2, "schema", "Nobody", "--source", "acme"); !strings.Contains(talk, `source "acme"`) || !strings.Contains(talk, "but of notion") {
		t.Errorf("of a source that is not there:\n%s", talk)
	}
}

// A database that nothing knows is unknown, also where a source of the API has typed columns
// and Notion is not asked.
func TestSchemaOfAnUnknownDatabase(t *testing.T) {
	const nobody = "database_00000000-0000-0000-0000-000000000000"
	tt := serving(t)
	db := tt.addTasks(1)
	token := tt.workspace.Token()
	tt.withoutToken()
	d := tt.daemon("--set", "defaults.trigger.manual=true")
	d.must(201, "POST", "/api/v1/sources", `{"name": "crm", "token": "`+token+`", "properties": "typed"}`)
	tt.must(0, "trigger", "crm", "--wait", "--api", d.url)
	d.stop()
	if out, _ := tt.must(0, "schema", "engineering tasks", "--source", "crm"); !strings.Contains(out, `"notion.id"`) {
		t.Errorf("the schema is\n%s", out)
	}
	if _, talk := tt.must(2, "schema", nobody); !strings.Contains(talk, "unknown stream") || !strings.Contains(talk, db.ID()) {
		t.Errorf("of a database that nothing knows:\n%s", talk)
	}
	tt.write("sources: [{name: notion, token: " + token + "}]")
	if out, _ := tt.must(0, "schema", db.ID()); strings.TrimSpace(out) == avro.PageSchema {
		t.Errorf("the schema is\n%s", out)
	}
	if _, talk := tt.must(2, "schema", nobody); !strings.Contains(talk, "unknown stream") || !strings.Contains(talk, "Notion shows") {
		t.Errorf("of a database that Notion does not show:\n%s", talk)
	}
}
