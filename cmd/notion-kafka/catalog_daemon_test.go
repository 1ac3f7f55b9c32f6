package main

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"notion-kafka/notion/notiontest"
	"notion-kafka/producer/control"
)

// A daemon shows a topic with what its broker, its registry and the stream of databases know:
// a relation leads to the topic of the other database.
func TestTopicInTheCatalogOfADaemon(t *testing.T) {
	tt := serving(t)
	tasks := tt.addTasks(2)
	tt.workspace.AddDatabase("Notes", notiontest.Prop{Name: "Name", Kind: notiontest.KindTitle},
		notiontest.Prop{Name: "Task", Kind: notiontest.KindRelation, Target: tasks}).AddPage("A note", nil)
	d := tt.daemon("--set", "defaults.trigger.manual=true")
	defer d.stop()
	d.run("notion", "")
	var table control.TableDetail
	if err := json.Unmarshal([]byte(d.must(200, "GET", "/api/v1/catalog/notion.notion.notes", "")), &table); err != nil {
		t.Fatal(err)
	}
	want := []control.Property{
		{ID: "title", Name: "Name", Type: "title"},
		{Name: "Task", Type: "relation", RelatedDatabase: tasks.ID(), RelatedTopic: "notion.notion.engineering_tasks"},
	}
	if diff := cmp.Diff(want, table.Properties, cmp.FilterPath(func(p cmp.Path) bool { return p.String() == "ID" || p.String() == "RelatedDataSource" }, cmp.Ignore()),
		cmpopts.SortSlices(func(a, b control.Property) bool { return a.Name < b.Name })); diff != "" {
		t.Errorf("its properties (-want +got):\n%s", diff)
	}
	if len(table.DataSources) != 1 || table.DataSources[0].Title != "Notes" {
		t.Errorf("its data sources are %+v", table.DataSources)
	}
	if len(table.Versions) != 1 || table.Versions[0].Version != 1 || len(table.Versions[0].Schema) == 0 || table.VersionsUnknown != "" {
		t.Errorf("its versions are %+v, %q", table.Versions, table.VersionsUnknown)
	}
	if table.Kafka == nil || table.Kafka.Partitions != 1 || table.Kafka.Cleanup != "compact" || table.About == nil || table.Rows != 1 || table.Today.Snapshot != 1 || table.LastRecord.IsZero() {
		t.Errorf("got %+v, %+v", table, table.Kafka)
	}
	d.must(404, "GET", "/api/v1/catalog/notion.notion.nothing", "")
}
