package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"notion-kafka/config"
	"notion-kafka/notion/notiontest"
	"notion-kafka/producer/control"
)

// What a review says that a change does is what the next run does.
func TestAChangeDoesWhatTheReviewSaid(t *testing.T) {
	i := newInstance(t)
	title, salary := notiontest.Prop{Name: "Name", Kind: notiontest.KindTitle}, notiontest.Prop{Name: "Salary", Kind: notiontest.KindNumber}
	a, b := i.workspace.AddDatabase("A", title, salary), i.workspace.AddDatabase("B", title)
	a.AddPage("one", notiontest.Values{"Salary": 1})
	a.AddPage("two", notiontest.Values{"Salary": 2})
	b.AddPage("one", nil)
	spec := func(more string, rules ...string) string {
		return fmt.Sprintf(`{"name": "acme", "token": %q, "trigger": {"manual": true}, "streams": [%s]%s}`, i.workspace.Token(), strings.Join(rules, ","), more)
	}
	rule := func(db *notiontest.Database, more string) string {
		return fmt.Sprintf(`{"match": "database_%s"%s}`, db.ID(), more)
	}
	i.make("acme", spec("", rule(a, "")))
	const exclude, moved = `, "exclude_properties": ["Salary"]`, `, "topic": "notion.acme.a2"`
	for _, step := range []struct {
		what, spec string
		before     func()
		effects    []string
		run        string
	}{
		{"another table", spec("", rule(a, ""), rule(b, "")), nil, []string{"B is read from its beginning, into notion.acme.b."},
			"A notion.acme.a incremental 0+0+0, B notion.acme.b scan 1+0+0"},
		{"a property less", spec(exclude, rule(a, ""), rule(b, "")), nil,
			[]string{"A and B: the next run reads all rows, and publishes them without Salary where that makes another record. Records from before stay in Kafka until the topic is compacted."},
			"A notion.acme.a scan 0+0+2, B notion.acme.b scan 0+0+0"},
		{"another topic", spec(exclude, rule(a, moved), rule(b, "")), nil,
			[]string{"A begins again with a snapshot of all its rows in notion.acme.a2. The topic notion.acme.a stays as it is."},
			"A notion.acme.a2 scan 2+0+0, B notion.acme.b incremental 0+0+0"},
		{"back again", spec(exclude, rule(a, ""), rule(b, "")), nil,
			[]string{"A cannot go back to notion.acme.a, its topic before notion.acme.a2, by itself: nothing of it is published until `notion-kafka state reset` was run for it."},
			"A notion.acme.a2 incremental 0+0+0 needs_attention, B notion.acme.b incremental 0+0+0"},
		{"a table less", spec(exclude, rule(b, "")), func() { a.AddPage("three", nil) },
			[]string{"A is not read any more. The topic notion.acme.a2 stays as it is. How far it was read is kept."},
			"B notion.acme.b incremental 0+0+0"},
		{"the table again", spec(exclude, rule(a, moved), rule(b, "")), nil, []string{"A is read again from where it was left, into notion.acme.a2."},
			"A notion.acme.a2 incremental 0+1+0, B notion.acme.b incremental 0+0+0"},
		{"the prefix", spec(exclude+`, "topic_prefix": "notion.eu."`, rule(a, moved), rule(b, "")), nil,
			[]string{"B begins again with a snapshot of all its rows in notion.eu.b. The topic notion.acme.b stays as it is.", `Tables that are read for the first time get topics that begin with "notion.eu.".`},
			"A notion.acme.a2 incremental 0+0+0, B notion.eu.b scan 1+0+0"},
		{"typed columns in another topic", spec(exclude+`, "topic_prefix": "notion.eu."`, rule(a, `, "topic": "notion.acme.a3", "properties": "typed"`), rule(b, "")), nil,
			[]string{"A begins again with a snapshot of all its rows in notion.acme.a3. The topic notion.acme.a2 stays as it is.", "A: its topic has a column for each property beside the JSON text."},
			"A notion.acme.a3 scan 3+0+0, B notion.eu.b incremental 0+0+0"},
		{"without columns in the same topic", spec(exclude+`, "topic_prefix": "notion.eu."`, rule(a, `, "topic": "notion.acme.a3"`), rule(b, "")), nil,
			[]string{"A: its topic has the properties as JSON text only."},
			"A notion.acme.a3 incremental 0+0+0 needs_attention, B notion.eu.b incremental 0+0+0"},
	} {
		if step.before != nil {
			step.before()
		}
		review := i.review(control.Draft{Source: "acme", Spec: json.RawMessage(step.spec)})
		if diff := cmp.Diff(step.effects, review.Effects); diff != "" {
			t.Errorf("%s: effects (-want +got):\n%s", step.what, diff)
		}
		if _, err := i.backend.PutSource(t.Context(), "acme", json.RawMessage(step.spec), false); err != nil {
			t.Fatal(err)
		}
		if got := did(i.ended("acme")); got != step.run {
			t.Errorf("%s: the run did\n%s, want\n%s", step.what, got, step.run)
		}
	}
}

// did is what a run did with each table: topic, kind, records of a snapshot, created and
// updated ones.
func did(run control.Run) string {
	var streams []string
	for _, title := range []string{"A", "B"} {
		for _, s := range run.Streams {
			if s.Title != title {
				continue
			}
			line := fmt.Sprintf("%s %s %s %d+%d+%d", title, s.Topic, s.Kind, s.Snapshot, s.Created, s.Updated)
			if s.Status != control.Succeeded {
				line += " " + string(s.Status)
			}
			streams = append(streams, line)
		}
	}
	return strings.Join(streams, ", ")
}

// Every setting that a run goes by is told, tables that change alike together.
func TestEffectsOfSettings(t *testing.T) {
	const id = "248104cd477e80fdb757e945d38000b"
	cfg, err := config.Load(config.Options{Set: []string{"console.listen="}})
	if err != nil {
		t.Fatal(err)
	}
	rules := func(more ...string) (all string) {
		for n, one := range more {
			all += fmt.Sprintf(`{"match": "database_%s%d"%s},`, id, n, one)
		}
		return `, "streams": [` + all + `{"match": "databases"}]`
	}
	for name, test := range map[string]struct {
		before, after string
		want          []string
	}{
		"nothing":     {``, `, "description": "x"`, nil},
		"trigger":     {``, `, "trigger": {"cron": "0 6 * * 1-5"}`, []string{"Runs start at 06:00 on Monday to Friday (UTC) instead of every 5 minutes."}},
		"sweep":       {``, `, "sweep": {"every": "48h"}`, []string{"Sweeps start every 2 days instead of every day."}},
		"sweep off":   {``, `, "sweep": "off"`, []string{"No sweep looks for what is gone any more: of a table that is read incrementally deletes are not captured."}},
		"sweep on":    {`, "sweep": "off"`, ``, []string{"A sweep looks every day for what is gone."}},
		"deletes":     {``, `, "deletes": "soft"`, []string{"From then on a page that is gone is published as the page with in_trash true instead of a null value."}},
		"limits":      {`, "max_delete_ratio": 0.2`, `, "max_streams": 10, "overlap": "5m"`, []string{"max_delete_ratio is 0.5 instead of 0.2.", "max_streams is 10 instead of 1000.", "overlap is 5m0s instead of 2m0s."}},
		"sync":        {``, `, "sync": "full_table"`, []string{"T0, T1, T2 and 5 more tables: every run reads all rows, and finds what is gone."}},
		"sync of one": {rules(`, "sync": "full_table"`), rules(``), []string{"T0: a run reads only what changed since the last one; sweeps find what is gone."}},
		"own trigger": {rules(`, "trigger": {"manual": true}`, ``), rules(`, "trigger": {"manual": true}`, `, "trigger": {"daily_at": "06:00"}`), []string{"T1: runs start every day at 06:00 (UTC) instead of every 5 minutes."}},
		"own rest": {rules(``), rules(`, "sync": "full_table", "publish": "all", "deletes": "none", "sweep": "off", "exclude_properties": ["50 %s"]`), []string{
			"T0: every run reads all rows, and finds what is gone.", "T0: no sweep looks for what is gone any more: of a table that is read incrementally deletes are not captured.",
			"T0: from then on a page that is gone is published as nothing at all instead of a null value.", "T0: a full read publishes the unchanged pages too.",
			"T0: the next run reads all rows, and publishes them without 50 %s where that makes another record. Records from before stay in Kafka until the topic is compacted.",
		}},
		"a property more": {`, "exclude_properties": ["A", "B"]`, `, "exclude_properties": ["C"]` + rules(``), []string{
			"T1 is not read any more.", "T2 is not read any more.", "T3 is not read any more.",
			"T4 is not read any more.", "T5 is not read any more.", "The same goes for 2 more tables.",
			"T0: the next run reads all rows, and publishes them without C and with A and B where that makes another record. Records from before stay in Kafka until the topic is compacted.",
		}},
		"new token": {``, `, "token": "ntn_new"`, []string{"Notion is asked with the new token from then on. It has to belong to the same workspace."}},
		"oauth":     {``, `, "oauth": true`, []string{"Nothing is read until the source is connected in the browser: its token is not used any more. It has to belong to the same workspace."}},
		"a token":   {`, "oauth": true`, ``, []string{"Notion is asked with the token from then on instead of what was granted in the browser. It has to belong to the same workspace."}},
		"many":      {rules(), ``, []string{"T0 is read from its beginning, into notion.acme.t0.", "T1 is read from its beginning, into notion.acme.t1.", "T2 is read from its beginning, into notion.acme.t2.", "T3 is read from its beginning, into notion.acme.t3.", "T4 is read from its beginning, into notion.acme.t4.", "The same goes for 3 more tables."}},
	} {
		source := func(more string) config.Source {
			spec := map[string]any{}
			for _, text := range []string{`{"name": "acme", "token": "ntn_old"}`, `{` + strings.TrimPrefix(more, ", ") + `}`} {
				if err := json.Unmarshal([]byte(text), &spec); err != nil {
					t.Fatalf("%s: %v", text, err)
				}
			}
			if spec["oauth"] == true {
				delete(spec, "token")
			}
			text, err := json.Marshal(spec)
			if err != nil {
				t.Fatal(err)
			}
			src, err := config.ParseSource(text, cfg, nil)
			if err != nil {
				t.Fatalf("%s: %v", text, err)
			}
			return src
		}
		found := &control.Discovery{}
		for n := range 8 {
			found.Databases = append(found.Databases, control.FoundDatabase{DatabaseID: fmt.Sprintf("%s%d", id, n), Title: fmt.Sprint("T", n)})
		}
		r := &review{draft: control.Draft{Source: "acme", Found: found}, config: cfg, spec: source(test.after), hasRules: true}
		listed := r.listed()
		tables := r.tables(listed)
		if diff := cmp.Diff(test.want, r.effects(source(test.before), listed, tables)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}
