package main

import (
	"encoding/json"
	"strings"
	"testing"

	"notion-kafka/notion/notiontest"
)

// A database that cannot be read is named with the reason, by every command that looks
// at it, and hides no other database.
func TestUnreadableDatabaseIsNamed(t *testing.T) {
	tt := serving(t)
	tt.addTasks(1)
	closed := tt.workspace.AddDatabase("Closed")
	closed.Restrict()
	const reason = "Notion shows no more than its id: share it with the connection"
	out, _ := tt.must(1, "check")
	if wrong := wrongLines(out); len(wrong) != 1 || !strings.Contains(wrong[0], closed.ID()) || !strings.Contains(wrong[0], reason) {
		t.Errorf("what check says is wrong: %q", wrong)
	}
	if strings.Contains(out, "topic :") || !strings.Contains(out, "topic "+tasksTopic) {
		t.Errorf("check:\n%s", out)
	}
	for _, output := range []string{"table", "yaml", "json"} {
		out, talk := tt.must(1, "discover", "--output", output)
		if !strings.Contains(out, "Engineering Tasks") || !strings.Contains(out, closed.ID()) {
			t.Errorf("discover --output %s hides a database:\n%s", output, out)
		}
		if !strings.Contains(talk, closed.ID()) || !strings.Contains(talk, reason) {
			t.Errorf("discover --output %s says: %s", output, talk)
		}
	}
	out, _ = tt.must(1, "discover", "--output", "json")
	var offers []struct{ Stream, Problem string }
	if err := json.Unmarshal([]byte(out), &offers); err != nil || len(offers) != 3 {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, o := range offers {
		if is := strings.Contains(o.Problem, reason); is != strings.Contains(o.Stream, closed.ID()) {
			t.Errorf("problem of %s: %q", o.Stream, o.Problem)
		}
	}
	if _, talk := tt.must(1, "once"); !strings.Contains(talk, closed.ID()) || !strings.Contains(talk, reason) {
		t.Errorf("once says: %s", talk)
	}
}

// A misspelt name in exclude_properties would publish the property: check reports it,
// with a suggestion.
func TestCheckTellsOfAnExcludedNameThatNoPropertyHas(t *testing.T) {
	tt := serving(t)
	db := tt.workspace.AddDatabase("Customers", notiontest.Prop{Name: "Name", Kind: notiontest.KindTitle}, notiontest.Prop{Name: "E-mail", Kind: notiontest.KindRichText})
	tt.workspace.AddDatabase("Projects", notiontest.Prop{Name: "Name", Kind: notiontest.KindTitle}, notiontest.Prop{Name: "Salary", Kind: notiontest.KindNumber})
	line := `source acme, stream database_` + db.ID() + `: exclude_properties: no property is named "Emial" in Customers, so nothing is excluded for it; did you mean "E-mail"?`
	tt.write(`sources: [{name: acme, token: "${NOTION_TOKEN}", streams: [{match: database_` + db.ID() + `, exclude_properties: [Emial, Salary2]}]}]`)
	out, _ := tt.must(1, "check")
	if wrong := wrongLines(out); len(wrong) != 2 || strings.TrimSpace(wrong[0]) != "✗ "+line+" (nothing is published until that is corrected)" || !strings.Contains(wrong[1], `"Salary2"`) || strings.Contains(wrong[1], "did you mean") {
		t.Errorf("before the first read: %q", wrong)
	}
	if _, talk := tt.must(0, "discover"); !strings.Contains(talk, line) {
		t.Errorf("discover does not say it:\n%s", talk)
	}
	// A name that a source excludes need not be in each of its databases.
	tt.write(`sources: [{name: acme, token: "${NOTION_TOKEN}", exclude_properties: [Salary, E-mail]}]`)
	if out, _ := tt.must(0, "check"); strings.Contains(out, "exclude_properties") {
		t.Errorf("names that some database has:\n%s", out)
	}
	tt.write(`sources: [{name: acme, token: "${NOTION_TOKEN}", exclude_properties: [Salary, Emial]}]`)
	out, _ = tt.must(1, "check")
	if wrong := wrongLines(out); len(wrong) != 1 || !strings.Contains(wrong[0], `no property is named "Emial" in `) || !strings.Contains(wrong[0], ` and one other, so nothing is excluded for it; did you mean "E-mail"?`) {
		t.Errorf("a name that no database has: %q", wrong)
	}
	// After the first publish, stopping holds nothing back.
	tt.write(`sources: [{name: acme, token: "${NOTION_TOKEN}"}]`)
	tt.must(0, "once")
	tt.write(`sources: [{name: acme, token: "${NOTION_TOKEN}", exclude_properties: [Emial]}]`)
	if out, _ := tt.must(0, "check"); !strings.Contains(out, "! source acme, stream ") || !strings.Contains(out, `no property is named "Emial"`) {
		t.Errorf("after the first read:\n%s", out)
	}
}

// A name that a rule of several databases excludes need not be in each of them, neither
// for check nor for a run.
func TestExcludedNamesOfARuleOfSeveralDatabases(t *testing.T) {
	for _, match := range []string{"database_*", "title:C*"} {
		tt := serving(t)
		tt.workspace.AddDatabase("Customers", notiontest.Prop{Name: "Name", Kind: notiontest.KindTitle}, notiontest.Prop{Name: "E-mail", Kind: notiontest.KindRichText})
		tt.workspace.AddDatabase("Contracts", notiontest.Prop{Name: "Name", Kind: notiontest.KindTitle}, notiontest.Prop{Name: "Salary", Kind: notiontest.KindNumber})
		tt.write(`sources: [{name: acme, token: "${NOTION_TOKEN}", streams: [{match: "` + match + `", exclude_properties: [Salary]}]}]`)
		if out, _ := tt.must(0, "check"); strings.Contains(out, "exclude_properties") {
			t.Errorf("%s: check says\n%s", match, out)
		}
		tt.must(0, "once")
	}
}

// If only another database has the name, check and the run report the near miss in the
// same words.
func TestCheckAndRunTellTheSameOfANearMiss(t *testing.T) {
	tt := serving(t)
	tt.workspace.AddDatabase("Customers", notiontest.Prop{Name: "Name", Kind: notiontest.KindTitle}, notiontest.Prop{Name: "E-mail", Kind: notiontest.KindRichText})
	tt.workspace.AddDatabase("Staff", notiontest.Prop{Name: "Name", Kind: notiontest.KindTitle}, notiontest.Prop{Name: "Email", Kind: notiontest.KindRichText})
	tt.write(`sources: [{name: acme, token: "${NOTION_TOKEN}", exclude_properties: [Email]}]`)
	const says = `exclude_properties: no property is named "Email" in Customers, so nothing is excluded for it; did you mean "E-mail"?`
	if out, _ := tt.must(0, "check"); strings.Count(out, says) != 1 || !strings.Contains(out, "! source acme, stream database_") {
		t.Errorf("check says\n%s", out)
	}
	if _, talk := tt.must(0, "once"); strings.Count(strings.ReplaceAll(talk, `\"`, `"`), says) != 1 {
		t.Errorf("once says\n%s", talk)
	}
	// A property that is also excluded under its own name is no near miss.
	tt.write(`sources: [{name: acme, token: "${NOTION_TOKEN}", exclude_properties: [Email, E-mail]}]`)
	if out, _ := tt.must(0, "check"); strings.Contains(out, "exclude_properties") {
		t.Errorf("with both names check says\n%s", out)
	}
}
