package draft

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"notion-kafka/producer/control"
)

// A table is a stream of tests; rule is the index of the rule that it matches.
func table(stream string, enabled bool, rule int, topic string) control.ReviewedTable {
	return control.ReviewedTable{Stream: stream, Title: stream, Enabled: enabled, Rule: rule, Topic: topic, Sync: "incremental"}
}

// chosen makes the map of wanted streams.
func chosen(streams ...string) map[string]bool {
	wanted := map[string]bool{}
	for _, s := range streams {
		wanted[s] = true
	}
	return wanted
}

func TestSelectionBecomesRules(t *testing.T) {
	fresh := []control.ReviewedTable{table("databases", true, -1, ""), table("database_a", true, -1, ""), table("database_b", true, -1, "")}
	patterns := `[{"match":"title:Old *","enabled":false},{"match":"title:New *","sync":"full_table","publish":"all"},{"match":"database_*"}]`
	tests := map[string]struct {
		rules  string
		tables []control.ReviewedTable
		wanted map[string]bool
		later  bool
		want   string
	}{
		"everything, also later":      {`[]`, fresh, chosen("databases", "database_a", "database_b"), true, `null`},
		"everything that there is":    {`[]`, fresh, chosen("databases", "database_a", "database_b"), false, `[{"match":"databases"},{"match":"database_a"},{"match":"database_b"}]`},
		"one":                         {`[]`, fresh, chosen("database_a"), false, `[{"match":"database_a"}]`},
		"one, and what comes later":   {`[]`, fresh, chosen("database_a"), true, `[{"match":"database_a"},{"match":"database_b","enabled":false},{"match":"database_*"}]`},
		"none":                        {`[]`, fresh, chosen(), false, `[{"match":"databases","enabled":false}]`},
		"only the list of databases":  {`[]`, fresh, chosen("databases"), false, `[{"match":"databases"}]`},
		"only what comes later":       {`[]`, fresh, chosen(), true, `[{"match":"database_a","enabled":false},{"match":"database_b","enabled":false},{"match":"database_*"}]`},
		"a rule that is taken away":   {`[{"match":"database_a","topic":"x"},{"match":"database_b"}]`, []control.ReviewedTable{table("database_a", true, 0, "x"), table("database_b", true, 1, "")}, chosen("database_b"), false, `[{"match":"database_b"}]`},
		"one that was switched off":   {`[{"match":"database_a","enabled":false,"topic":"x"},{"match":"database_*"}]`, []control.ReviewedTable{table("database_a", false, 0, "x")}, chosen("database_a"), true, `[{"match":"database_a","topic":"x"},{"match":"database_*"}]`},
		"rules for titles, unchanged": {patterns, []control.ReviewedTable{table("database_a", false, 0, ""), table("database_b", true, 1, "")}, chosen("database_b"), true, patterns},
		"a title's rule, overruled":   {patterns, []control.ReviewedTable{table("database_a", false, 0, ""), table("database_b", true, 1, "")}, chosen("database_a"), true, `[{"match":"database_a"},{"match":"database_b","enabled":false,"publish":"all","sync":"full_table"},` + patterns[1:]},
		"without what comes later":    {patterns, []control.ReviewedTable{table("database_a", true, 2, ""), table("database_b", true, 1, "")}, chosen("database_a", "database_b"), false, `[{"match":"database_a"},{"match":"database_b","publish":"all","sync":"full_table"},` + strings.Replace(patterns[1:], `,{"match":"database_*"}`, "", 1)},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			spec := parsed(t, `{"streams":`+test.rules+`}`)
			spec.Select(test.tables, test.wanted, test.later)
			sameRules(t, spec, test.want)
			if got := spec.Later(); got != test.later {
				t.Errorf("later: %t", got)
			}
		})
	}
}

// Databases shared later are read by a rule for all of them, and where no rule is given.
func TestDatabasesSharedLater(t *testing.T) {
	for text, want := range map[string]bool{
		`{}`: true, `{"streams":[{"match":"databases"},{"match":"database_*"}]}`: true,
		`{"streams":[{"match":"databases"}]}`: false, `{"streams":[{"match":"database_*","enabled":false}]}`: false,
	} {
		if spec := parsed(t, text); spec.Later() != want {
			t.Errorf("%s reads databases shared later: %t", text, !want)
		}
	}
}

func TestTopicsAreWrittenOutAsTheyWereShown(t *testing.T) {
	tables := []control.ReviewedTable{table("databases", true, -1, "notion.acme.databases"), table("database_a", true, -1, "notion.acme.a"), table("database_b", false, -1, "notion.acme.b")}
	forms := map[string]TableForm{"databases": {Topic: "notion.acme.databases"}, "database_a": {Topic: "notion.acme.a", Sync: "incremental"}, "database_b": {Topic: "notion.acme.b", Sync: "incremental"}}
	spec := parsed(t, `{"name":"acme","streams":[{"match":"databases"},{"match":"database_*"}]}`)
	spec.SetTables(tables, forms, false)
	sameRules(t, spec, `[{"match":"databases"},{"match":"database_a","topic":"notion.acme.a"},{"match":"database_*"}]`)

	// Of a source that exists, nothing is written that stays as it is.
	known := parsed(t, `{"name":"acme"}`)
	known.SetTables(tables, forms, true)
	sameRules(t, known, `null`)
	known.SetTables(tables, map[string]TableForm{"database_a": {Topic: "notion.acme.tasks", Sync: "full_table"}}, true)
	sameRules(t, known, `[{"match":"databases"},{"match":"database_a","topic":"notion.acme.tasks","sync":"full_table"},{"match":"database_*"}]`)

	// Without rules everything is selected, and it stays so when a topic is written out.
	fresh := parsed(t, `{"name":"acme"}`)
	fresh.SetTables(tables[:2], forms, false)
	sameRules(t, fresh, `[{"match":"databases"},{"match":"database_a","topic":"notion.acme.a"},{"match":"database_*"}]`)
}

// Columns are set for all tables, or for one by a rule of its own; what stays as it is is not
// written out.
func TestTypedColumnsOfAllTablesAndOfOne(t *testing.T) {
	tables := []control.ReviewedTable{table("database_a", true, 0, "notion.acme.a"), table("database_b", true, 1, "notion.acme.b")}
	spec := parsed(t, `{"name":"acme","streams":[{"match":"database_a","properties":"json"},{"match":"database_*","deletes":"none"}]}`)
	spec.SetTyped(true)
	sameRules(t, spec, `[{"match":"database_a"},{"match":"database_*","deletes":"none"}]`)
	if spec.Properties != "typed" {
		t.Errorf("the source has properties %q", spec.Properties)
	}
	for i := range tables {
		tables[i].Typed = true
	}
	spec.SetTables(tables, map[string]TableForm{"database_a": {Topic: "notion.acme.a", Properties: "typed"}, "database_b": {Topic: "notion.acme.b", Properties: "json"}}, true)
	sameRules(t, spec, `[{"match":"database_a","topic":"notion.acme.a"},{"match":"database_b","topic":"notion.acme.b","properties":"json","deletes":"none"},{"match":"database_*","deletes":"none"}]`)
	spec.SetTyped(false)
	sameRules(t, spec, `[{"match":"database_a","topic":"notion.acme.a"},{"match":"database_b","topic":"notion.acme.b","deletes":"none"},{"match":"database_*","deletes":"none"}]`)
	if spec.Properties != "json" {
		t.Errorf("the source has properties %q", spec.Properties)
	}
}

// A name that was set by hand stays when the prefix or the source's name changes; a topic
// outside the prefix stays whole.
func TestAnotherPrefixKeepsNames(t *testing.T) {
	const rules = `"streams":[{"match":"database_a","topic":"notion.acme.mine"},{"match":"database_b","topic":"crm.b"}]`
	spec := parsed(t, `{"name":"acme",`+rules+`}`)
	spec.Rename("wonka")
	sameRules(t, spec, `[{"match":"database_a","topic":"notion.wonka.mine"},{"match":"database_b","topic":"crm.b"}]`)
	spec.SetPrefix("x.")
	spec.Rename("acme")
	sameRules(t, spec, `[{"match":"database_a","topic":"x.mine"},{"match":"database_b","topic":"crm.b"}]`)
	spec.SetPrefix("notion.acme.")
	if spec.TopicPrefix != "" {
		t.Errorf("the default prefix is written out: %s", spec.TopicPrefix)
	}
	sameRules(t, spec, `[{"match":"database_a","topic":"notion.acme.mine"},{"match":"database_b","topic":"crm.b"}]`)
}

func TestFormsBecomeTriggers(t *testing.T) {
	for text, form := range map[string]TriggerForm{
		`{"every":"5m"}`:  {Kind: "every", Number: " 5 ", Unit: "m"},
		`{"every":"48h"}`: {Kind: "every", Number: "2", Unit: "d", Zone: "Europe/Berlin"},
		`{"every":"90s"}`: {Kind: "every", Number: "90s", Unit: "m"},
		`{"every":"x"}`:   {Kind: "every", Number: "x", Unit: "d"},
		`{"every":"m"}`:   {Kind: "every", Unit: "m"},
		`{"daily_at":"25:00","timezone":"Europe/Berlin"}`: {Kind: "daily", DailyAt: "25:00", Cron: "* * * * *", Zone: "Europe/Berlin"},
		`{"weekly_on":"monday","at":"06:00"}`:             {Kind: "weekly", WeeklyOn: "monday", WeeklyAt: "06:00", DailyAt: "05:00", Zone: "UTC"},
		`{"cron":"61 * * * *"}`:                           {Kind: "cron", Cron: "61 * * * *", Zone: "UTC"},
		`{"manual":true}`:                                 {Kind: "manual", Zone: "Europe/Berlin"},
		`"off"`:                                           {Kind: "off"},
		`null`:                                            {Kind: "default", Number: "5", Unit: "m", Zone: "Europe/Berlin"},
	} {
		made, err := json.Marshal(form.Trigger())
		if err != nil || string(made) != text {
			t.Errorf("%+v became %s, want %s, %v", form, made, text, err)
		}
	}
}

func TestNamesFromWorkspaces(t *testing.T) {
	for workspace, want := range map[string]string{
		"Acme Inc.": "acme-inc", "Zürich & Söhne": "zurich-sohne", "  --  ": "", "日本": "", strings.Repeat("ab ", 30): strings.TrimSuffix(strings.Repeat("ab-", 14), "-")[:40],
	} {
		if got := NameFor(workspace); got != want {
			t.Errorf("%q: %q, want %q", workspace, got, want)
		}
	}
}

func parsed(t *testing.T, text string) Spec {
	t.Helper()
	spec, err := Parse(json.RawMessage(text))
	if err != nil {
		t.Fatal(err)
	}
	return spec
}

// sameRules compares the rules of a definition with JSON.
func sameRules(t *testing.T, spec Spec, want string) {
	t.Helper()
	var is, wanted any
	text, err := json.Marshal(spec.Streams)
	if err != nil {
		t.Fatal(err)
	}
	if len(spec.Streams) == 0 {
		text = []byte("null")
	}
	if err := json.Unmarshal(text, &is); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(want), &wanted); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(wanted, is); diff != "" {
		t.Errorf("rules, wanted (-) and made (+)\n%s", diff)
	}
}
