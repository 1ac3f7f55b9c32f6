package main

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"notion-kafka/notion/notiontest"
	"notion-kafka/producer"
	"notion-kafka/producer/control"
	"notion-kafka/producer/state"
)

func TestScansDeleteInTheFormOfTheConfiguration(t *testing.T) {
	for form, want := range map[string][]string{
		"tombstone": {"tombstone trashed"}, "soft": {"soft trashed"}, "both": {"soft trashed", "tombstone trashed"}, "none": nil,
	} {
		t.Run(form, func(t *testing.T) {
			tt := serving(t)
			db := tt.addTasks(3)
			tt.must(0, "once")
			tt.workspace.Trash(db.Pages(notiontest.Live)[1])
			out, _ := tt.must(0, "once", "--full", "--set", "defaults.deletes="+form)
			if row := tasksRow(t, out); row["KIND"] != "scan" || row["DELETED"] != "1" || row["HELD"] != "0" || row["STATUS"] != "succeeded" {
				t.Errorf("once --full says:\n%s", out)
			}
			if diff := cmp.Diff(want, tt.deletes(tasksTopic)); diff != "" {
				t.Errorf("records of deletes (-want +got):\n%s", diff)
			}
		})
	}
}

func TestMaxDeleteRatioIsTheConfigurations(t *testing.T) {
	tt := serving(t)
	db := tt.addTasks(40)
	tt.must(0, "once")
	for _, page := range db.Pages(notiontest.Live)[:30] {
		tt.workspace.Trash(page)
	}
	out, _ := tt.must(0, "once", "--full", "--set", "defaults.max_delete_ratio=0.75")
	if row := tasksRow(t, out); row["DELETED"] != "30" {
		t.Errorf("once --full says:\n%s", out)
	}
}

// A stream that is due for its sweep is read from its cursor and swept in one run,
// which reports both.
func TestOnceTellsOfTheReadingAndTheSweep(t *testing.T) {
	tt := serving(t)
	db := tt.addTasks(3)
	tt.must(0, "once")
	tt.workspace.Trash(db.Pages(notiontest.Live)[0])
	out := ""
	for range 100 { // the sweep is due one second after the start of the first scan
		if strings.Contains(out, "  sweep  ") {
			break
		}
		out, _ = tt.must(0, "once", "--set", "defaults.sweep.every=1s")
	}
	var kinds []string
	for line := range strings.Lines(out) {
		if strings.Contains(line, tasksTopic) {
			kinds = append(kinds, strings.Join(strings.Fields(strings.Split(line, tasksTopic)[1]), " "))
		}
	}
	if want := []string{"incremental 2 0 2 0 0 succeeded", "sweep 3 0 2 1 0 succeeded"}; !cmp.Equal(want, kinds) {
		t.Errorf("kind, read, published, unchanged, deleted, held, status: %q, want %q", kinds, want)
	}
}

// A problem that waits for a person is reported once, even if several jobs of the
// stream find it.
func TestVerdictReportsAProblemOnce(t *testing.T) {
	err := verdict([]producer.Report{{Run: control.Run{Source: "acme", Streams: []control.StreamRun{
		{Stream: "a", Kind: control.Incremental, Status: control.NeedsAttention, Error: "much is missing"},
		{Stream: "a", Kind: control.Sweep, Status: control.NeedsAttention, Error: "much is missing"},
		{Stream: "b", Kind: control.Incremental, Status: control.Succeeded},
		{Stream: "b", Kind: control.Sweep, Status: control.Failed, Error: "no answer"},
		{Stream: "c", Kind: control.Incremental, Status: control.NeedsAttention, Error: "much is missing"},
	}}}})
	want := "source acme, stream a: needs_attention: much is missing\n" +
		"source acme, stream b: failed: no answer\n" +
		"source acme, stream c: needs_attention: much is missing"
	if err == nil || err.Error() != want {
		t.Errorf("verdict:\n%v\nwant:\n%s", err, want)
	}
}

func TestWithoutSweepsDiscoverAndCheckSaySo(t *testing.T) {
	tt := serving(t)
	tt.addTasks(1)
	full := tt.workspace.AddDatabase("Read whole", notiontest.Prop{Name: "Name", Kind: notiontest.KindTitle})
	left := tt.workspace.AddDatabase("Left out", notiontest.Prop{Name: "Name", Kind: notiontest.KindTitle})
	file := "defaults: {sweep: off}\nsources:\n  - name: acme\n    token: ${NOTION_TOKEN}\n    streams:\n" +
		"      - match: databases\n      - {match: database_" + full.ID() + ", sync: full_table}\n" +
		"      - {match: database_" + left.ID() + ", enabled: false}\n      - match: database_*\n"
	if err := os.WriteFile("notion-kafka.yaml", []byte(file), 0o600); err != nil {
		t.Fatal(err)
	}
	_, talk := tt.must(0, "discover")
	checked, _ := tt.must(0, "check")
	for command, said := range map[string]string{"discover": talk, "check": checked} {
		at := slices.IndexFunc(strings.Split(said, "\n"), func(line string) bool { return strings.Contains(line, "deletes are not captured") })
		if at < 0 {
			t.Errorf("%s says nothing of deletes:\n%s", command, said)
			continue
		}
		line := strings.Split(said, "\n")[at]
		if !strings.Contains(line, "source acme") || !strings.Contains(line, "Engineering Tasks") || strings.Contains(line, "Read whole") || strings.Contains(line, "Left out") {
			t.Errorf("%s says: %s", command, line)
		}
	}
	for _, command := range []string{"discover", "check"} {
		out, talk := tt.must(0, command, "--set", "defaults.sweep.every=24h")
		if strings.Contains(out+talk, "not captured") {
			t.Errorf("%s with sweeps says:\n%s%s", command, out, talk)
		}
	}
}

func TestPublishAllPublishesTheUnchangedPagesOfFullTables(t *testing.T) {
	tt := serving(t)
	db := tt.addTasks(3)
	rule := "{match: database_" + db.ID() + ", topic: tasks, sync: full_table, publish: "
	for _, step := range []struct {
		publish string
		records int
	}{{"changes}", 3}, {"changes}", 3}, {"all}", 6}} {
		sourcesFile(t, "${NOTION_TOKEN}", "${NOTION_TOKEN}", rule+step.publish)
		tt.must(0, "once", "--source", "first")
		if got := len(tt.tail("tasks")); got != step.records {
			t.Errorf("publish: %s leads to %d records, want %d", step.publish, got, step.records)
		}
	}
}

func TestExcludedPropertiesNeverLeaveNotion(t *testing.T) {
	tt := serving(t)
	db := tt.workspace.AddDatabase("Engineering Tasks", notiontest.Prop{Name: "Name", Kind: notiontest.KindTitle}, notiontest.Prop{Name: "Salary", Kind: notiontest.KindNumber})
	db.AddPage("A task", notiontest.Values{"Salary": 4711})
	tt.must(0, "once", "--set", "defaults.exclude_properties=Salary")
	records := tt.tail(tasksTopic)
	if len(records) != 1 || strings.Contains(records[0].Value.Properties, "4711") || !strings.Contains(records[0].Value.Properties, "A task") {
		t.Fatalf("with the property excluded: %+v", records)
	}
	tt.must(0, "once")
	if records = tt.tail(tasksTopic); len(records) != 2 || !strings.Contains(records[1].Value.Properties, "4711") {
		t.Errorf("with the property back, without an edit: %+v", records)
	}
}

func TestStateShowSaysWhatAScanHasLeft(t *testing.T) {
	window := state.Window{}
	for want, scan := range map[string]state.Scan{
		"scan under way, windows left: 2":             {Parts: map[string]state.ScanPart{"a/live": {}, "a/archived": {}}},
		"sweep under way, windows left: 3":            {Sweep: true, Parts: map[string]state.ScanPart{"a/live": {Remaining: []state.Window{window, window}}, "a/archived": {}, "b/live": {Done: true}}},
		"republish under way, windows left: 1":        {Republish: true, Parts: map[string]state.ScanPart{"a/live": {Done: true}, "a/archived": {Remaining: []state.Window{window}}}},
		"sweep under way, looking at what is missing": {Sweep: true, Looking: true, Parts: map[string]state.ScanPart{"a/live": {Done: true}}},
	} {
		if got := scanText(streamState{Scan: &scan, Scanned: true}); got != want {
			t.Errorf("%+v is told as %q, want %q", scan, got, want)
		}
	}
}
