package pages

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"notion-kafka/cmd/notion-kafka/console/draft"
	"notion-kafka/producer/control"
)

// Every problem is told at the step that has its field, in the words of the field's label,
// and at the last step if no field has it.
func TestProblemsAreToldWhereTheirFieldIs(t *testing.T) {
	tables := []control.ReviewedTable{
		{Stream: "databases", Enabled: true, Rule: 0},
		{Stream: "database_1", Title: "Projects", Enabled: true, Rule: 1},
		{Stream: "database_2", Title: "Customers", Enabled: true, Rule: 2, Problem: "the topic a is that of Projects too"},
		{Stream: "database_3", Title: "Wiki", Rule: 3, Problem: "nobody asked for it"},
	}
	for path, want := range map[string]fault{
		"name":                  {StepConnect, "name", "The name is wrong. Do this."},
		"token":                 {StepConnect, "token", "The token is wrong. Do this."},
		"oauth":                 {StepConnect, "token", "The connection is wrong. Do this."},
		"streams":               {StepStreams, "streams", "The list of databases is wrong. Do this."},
		"topic_prefix":          {StepTables, "prefix", "The prefix is wrong. Do this."},
		"streams[1].topic":      {StepTables, "n-database_1", "Projects is wrong. Do this."},
		"streams[1].sync":       {StepTables, "m-database_1", "Projects is wrong. Do this."},
		"streams[9].topic":      {StepTables, "", "Streams[9].topic is wrong. Do this."},
		"exclude_properties[3]": {StepTables, "exclude", "The list of excluded properties is wrong. Do this."},
		"description":           {StepSchedule, "description", "The description is wrong. Do this."},
		"trigger":               {StepSchedule, "kind", "The schedule is wrong. Do this."},
		"trigger.every":         {StepSchedule, "every_n", "The time between two reads is wrong. Do this."},
		"trigger.at":            {StepSchedule, "weekly_at", "The time of day is wrong. Do this."},
		"sweep.timezone":        {StepSchedule, "sweep_zone", "The time zone is wrong. Do this."},
		"streams[1].match":      {StepReview, "", "Streams[1].match: is wrong. Do this."},
		"max_streams":           {StepReview, "", "Max_streams: is wrong. Do this."},
	} {
		problem := control.SpecProblem{Path: path, Message: "is wrong", Hint: "do this"}
		got := faultsOf(control.Review{Tables: tables[:2], Problems: []control.SpecProblem{problem}})
		if diff := cmp.Diff([]fault{want}, got); diff != "" {
			t.Errorf("%s: want (-), got (+):\n%s", path, diff)
		}
	}
	// What a table says of its topic is not said twice, nor of a table that is not chosen.
	// Problems come in the order of the steps.
	got := faultsOf(control.Review{Tables: tables, Problems: []control.SpecProblem{
		{Path: "trigger.cron", Message: `"x" has 1 field, a cron line has 5`}, {Path: "streams[2].topic", Message: "is wrong"}, {Path: "name", Message: "is missing", Hint: "every source has a name"},
	}})
	want := []fault{
		{StepConnect, "name", "Give the source a name."}, {StepTables, "n-database_2", "Customers: the topic a is that of Projects too."},
		{StepSchedule, "cron", `"x" has 1 field, a cron line has 5.`},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("want (-), got (+):\n%s", diff)
	}
	// A wrong prefix is told once, and not of each of a thousand tables.
	tables[0].Problem, tables[1].Problem = "the topic prefix is wrong: …", "the topic prefix is wrong: …"
	got = faultsOf(control.Review{Tables: tables, Problems: []control.SpecProblem{{Path: "topic_prefix", Message: "is empty"}}})
	if diff := cmp.Diff([]fault{{StepTables, "prefix", "The prefix is empty."}}, got); diff != "" {
		t.Errorf("want (-), got (+):\n%s", diff)
	}
}

// A step is not red before it was filled in. Then its faults are told on top, with links,
// and each at its field.
func TestAStepTellsItsFaultsOnceItWasFilledIn(t *testing.T) {
	one := wrongAdding()
	one.draft.Found.Checks[0].Result = control.CheckPassed // a check that failed is told at once
	for reached := range 5 {
		one.draft.Reached = reached
		for i, p := range one.steps(Shell{Now: noon}, "x") {
			html, told := draw(t, p), strings.Contains(draw(t, p), `id="errors"`)
			if want := i < reached || i == 4; told != want || strings.Contains(html, "<title>Error: ") != want {
				t.Errorf("%s, with %d steps filled in: its faults are told: %t, want %t", p.name, reached, told, want)
			}
		}
	}
	for step, field := range map[string]string{StepConnect: "name", StepStreams: "streams", StepTables: "prefix", StepSchedule: "sweep_every_n"} {
		html := draw(t, stepIn(one.steps(Shell{}, "x"), step))
		for _, want := range []string{`<a href="#` + field + `">`, `id="` + field + `"`, `id="` + field + `-wrong"`, `aria-describedby="` + field} {
			if !strings.Contains(html, want) {
				t.Errorf("%s has no %s", step, want)
			}
		}
	}
	review := draw(t, stepIn(one.steps(Shell{}, "x"), StepReview))
	for _, want := range []string{`href="add/01KB8WRONG/connect?v=7#name"`, `href="add/01KB8WRONG/tables?v=7#n-`, `href="add/01KB8WRONG/schedule?v=7#cron"`} {
		if !strings.Contains(review, want) {
			t.Errorf("the last step has no link %s", want)
		}
	}
	if strings.Contains(review, `value="create"`) {
		t.Error("a definition that is wrong can be finished")
	}
}

func stepIn(pieces []piece, step string) piece {
	for _, p := range pieces {
		if strings.HasPrefix(p.name, "add-"+step) {
			return p
		}
	}
	panic("no step " + step)
}

// A draft can be gone on with at every step up to the first that was not filled in.
func TestStepsThatCanBeGoneTo(t *testing.T) {
	one := addingOf(1)
	for reached := range 5 {
		one.draft.Reached = reached
		html := draw(t, one.steps(Shell{}, "x")[0])
		for i, step := range stepOrder[1:] {
			open := strings.Contains(html, `href="add/01KB8DRAFT/`+step+`?v=7"`)
			if want := i+1 <= reached; open != want {
				t.Errorf("with %d steps filled in, %s can be gone to: %t", reached, step, open)
			}
		}
		if got := StepAfter(one.draft); got != stepOrder[reached] {
			t.Errorf("with %d steps filled in, the draft goes on at %s", reached, got)
		}
	}
}

// No secret of a draft is in a page.
func TestPagesOfADraftHaveNoSecret(t *testing.T) {
	one := addingOf(3)
	one.can.OAuth = true
	one.draft.Granted = &control.DraftGrant{Pair: json.RawMessage(`"ntn_secret"`), Workspace: "Acme Inc."}
	pieces := append(one.steps(Shell{Now: noon}, "x"), piece{"sources", NewSources(Shell{Now: noon}, nil, nil, SourceFilter{}, []control.Draft{one.draft})})
	for _, p := range pieces {
		if strings.Contains(draw(t, p), "ntn_secret") {
			t.Errorf("%s has the token", p.name)
		}
	}
	one.draft.Granted = nil
	if !strings.Contains(draw(t, one.steps(Shell{Now: noon}, "x")[0]), "A token is stored, sealed.") {
		t.Error("the first step does not say that a token is stored")
	}
}

// A topic is edited behind the prefix, or whole if it does not begin with it.
func TestTopicsAreEditedBehindThePrefix(t *testing.T) {
	one := addingOf(0)
	one.review.Tables = append(one.review.Tables, control.ReviewedTable{Stream: "database_1", Topic: "notion.acme.a", Enabled: true}, control.ReviewedTable{Stream: "database_2", Topic: "other.b", Enabled: true}, control.ReviewedTable{Stream: "database_3", Topic: "notion.acme.c"})
	html := draw(t, one.steps(Shell{}, "x")[2])
	for part, want := range map[string]bool{
		`name="n.databases" value="databases"`: true, `name="n.database_1" value="a"`: true, `name="t.database_2" value="other.b"`: true, `name="m.database_1"`: true,
		`name="m.databases"`: false, "database_3": false, `name="prefix" value="notion.acme."`: true,
	} {
		if strings.Contains(html, part) != want {
			t.Errorf("the page has %s: %t, want %t", part, !want, want)
		}
	}
}

// What is in Kafka under a topic's name is told; it warns of another stream's topic, and of
// one that loses the last record of a page.
func TestWhatIsInKafkaAlready(t *testing.T) {
	for _, one := range []struct {
		topic *control.ExistingTopic
		want  string
		warns bool
	}{
		{nil, "", false},
		{&control.ExistingTopic{Partitions: 3, Cleanup: "compact"}, "3 partitions, cleanup compact.", false},
		{&control.ExistingTopic{Partitions: 3, Cleanup: "compact,delete"}, "cleanup compact,delete.", false},
		{&control.ExistingTopic{Partitions: 1, Cleanup: "delete"}, "1 partition, cleanup delete. Kafka deletes its old records", true},
		{&control.ExistingTopic{Partitions: 1, Cleanup: "compact", Stream: "crm/database_1"}, "crm/database_1 publishes to it", true},
		{&control.ExistingTopic{Partitions: 1, Cleanup: "compact", Stream: "acme/database_1"}, "1 partition, cleanup compact.", false},
	} {
		text, warns := inKafka(control.ReviewedTable{Stream: "database_1", Existing: one.topic}, "acme")
		if !strings.Contains(text, one.want) || warns != one.warns || (text == "") != (one.want == "") {
			t.Errorf("%+v: %q, warns: %t", one.topic, text, warns)
		}
	}
}

// A trigger fills the fields of its kind; a text that is wrong stays to be corrected.
func TestATriggerFillsItsFields(t *testing.T) {
	for text, want := range map[string]string{
		`null`:             "default 5 m",
		`{"every":"5m"}`:   "every 5 m",
		`{"every":"24h"}`:  "every 1 d",
		`{"every":"90m"}`:  "every 90 m",
		`{"every":"90s"}`:  "every 90 s",
		`{"every":"2d"}`:   "every 2 d",
		`{"every":"soon"}`: "every soon m",
		`{"every":"-3h"}`:  "every -3 h",
		`{"manual":true}`:  "manual 5 m",
		`{"daily_at":"x"}`: "daily 5 m",
	} {
		var trigger *draft.Trigger
		if err := json.Unmarshal([]byte(text), &trigger); err != nil {
			t.Fatal(err)
		}
		form := formOf(addStep{}, "", trigger, "5m")
		if got := fmt.Sprintf("%s %s %s", form.Kind, form.EveryN, form.EveryUnit); got != want {
			t.Errorf("%s fills the fields with %q, want %q", text, got, want)
		}
	}
}

// A console that shows no contents offers no samples, and one that changes nothing has no
// form for a draft.
func TestWhatAConsoleHides(t *testing.T) {
	one := addingOf(3)
	if html := draw(t, one.steps(Shell{NoContents: true}, "x")[1]); strings.Contains(html, `value="sample:`) {
		t.Error("samples are offered without contents")
	}
	if html := draw(t, one.steps(Shell{}, "x")[1]); strings.Count(html, `value="sample:`) != 3 {
		t.Error("not every database has a sample")
	}
	for _, p := range append(one.steps(Shell{ReadOnly: true}, "x"), piece{"sources", NewSources(Shell{ReadOnly: true}, nil, nil, SourceFilter{}, []control.Draft{one.draft})}) {
		if strings.Contains(draw(t, p), `method="post"`) {
			t.Errorf("%s of a read-only console has a form", p.name)
		}
	}
}

// A source is added from the list, and one of the console changed from its settings, unless
// the console is read only; one of the file is changed there.
func TestWhereSourcesAreAddedAndChanged(t *testing.T) {
	file, made := control.Source{Name: "file", Origin: control.FromFile}, control.Source{Name: "made", Origin: control.FromConsole}
	shadowed := made
	shadowed.Shadowed = true
	for _, readOnly := range []bool{false, true} {
		shell := Shell{ReadOnly: readOnly}
		noRuns := func(string) []control.Run { return nil }
		for name, want := range map[string]struct {
			page Page
			part string
			has  bool
		}{
			"the empty list":                {NewSources(shell, nil, noRuns, SourceFilter{}, nil), `href="add"`, !readOnly},
			"the list":                      {NewSources(shell, []control.Source{file}, noRuns, SourceFilter{}, nil), `href="add"`, !readOnly},
			"a source of the file":          {NewSourceSettings(shell, file), `action="sources/file/edit"`, false},
			"a source of the console":       {NewSourceSettings(shell, made), `action="sources/made/edit"`, !readOnly},
			"one that the file has as well": {NewSourceSettings(shell, shadowed), `action="sources/made/edit"`, false},
		} {
			if has := strings.Contains(draw(t, piece{name, want.page}), want.part); has != want.has {
				t.Errorf("%s, read only: %t, has %s: %t", name, readOnly, want.part, has)
			}
		}
	}
}

// A source that says nothing of its trigger keeps what the configuration says for all
// sources, and the page tells what that is.
func TestATriggerThatIsNotGivenStaysSo(t *testing.T) {
	review := control.Review{Trigger: control.TriggerReview{Sentence: "every 20 seconds"}, Sweep: control.TriggerReview{Sentence: "every 3 hours"}}
	html := draw(t, piece{"schedule", NewAddSchedule(Shell{}, control.Draft{}, draft.Spec{Sweep: &draft.Trigger{Every: "3h"}}, review)})
	for _, want := range []string{
		`name="kind" value="default" checked> <span>As usual here: every 20 seconds<`, `name="sweep_kind" value="default"> <span>As usual here<`, `name="sweep_kind" value="every" checked>`,
	} {
		if !strings.Contains(html, want) {
			t.Errorf("the page has no %s", want)
		}
	}
}
