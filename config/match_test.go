package config

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const someID = "248104cd-477e-80fd-b757-e945d38000bd"

func TestWhatAMatchMatches(t *testing.T) {
	tests := []struct {
		match, name, title string
		want               bool
	}{
		{"databases", "databases", "", true},
		{"databases", "database_" + someID, "databases", false},
		{"database_*", "database_" + someID, "Tasks", true},
		{"database_*", "databases", "", false},
		{"database_" + someID, "database_" + someID, "", true},
		{"database_248104CD477E80FDB757E945D38000BD", "database_" + someID, "", true},
		{"database_248104cd-477e-80fd-b757-e945d38000be", "database_" + someID, "", false},
		{"title:Private*", "database_" + someID, "private / salaries", true},
		{"title:Private*", "database_" + someID, "Very private", false},
		{"title:*/*", "database_" + someID, "A/B", true},
		{"title:tasks", "database_" + someID, "Tasks", true},
		{"title:tasks", "database_" + someID, "Tasks 2", false},
		{"title:tasks ?", "database_" + someID, "Tasks 2", true},
		{"title:[a-c]*", "database_" + someID, "Beta", true},
		{`title:\*`, "database_" + someID, "*", true},
		{`title:\*`, "database_" + someID, "x", false},
		{"title:ÜBER*", "database_" + someID, "Übersicht", true},
		{"title:*", "database_" + someID, "", true},
		{"title:*", "databases", "", false},
	}
	for _, test := range tests {
		source := Source{Streams: []StreamRule{{Match: test.match}}}
		if _, got := source.StreamFor(test.name, "", test.title); got != test.want {
			t.Errorf("%s matches %s %q: %v, want %v", test.match, test.name, test.title, got, test.want)
		}
	}
}

func TestAStreamHasTheSettingsOfItsFirstRule(t *testing.T) {
	cfg := load(t, `
defaults: {overlap: 3m, exclude_properties: [Salary]}
sources:
  - name: acme
    token: t
    sync: full_table
    trigger: {manual: true}
    streams:
      - match: "title:secret*"
        enabled: false
      - match: database_248104cd477e80fdb757e945d38000bd
        topic: tasks
        trigger: {daily_at: "02:30", timezone: Europe/Berlin}
        deletes: both
        exclude_properties: []
      - match: "title:*"
        publish: all
`, Options{})
	source := cfg.ResolvedSources()[0]
	base := Settings{
		Trigger: Trigger{Manual: true}, Sync: FullTable, Sweep: Trigger{Every: 24 * time.Hour}, Deletes: Tombstone,
		MaxDeleteRatio: 0.5, MaxStreams: 1000, Overlap: 3 * time.Minute, Properties: PropertiesJSON, ExcludeProperties: []string{"Salary"},
	}
	if diff := cmp.Diff(base, source.Settings); diff != "" {
		t.Errorf("the source's settings (-want +got):\n%s", diff)
	}

	own := base
	own.Trigger, own.Deletes, own.ExcludeProperties = Trigger{DailyAt: "02:30", Timezone: "Europe/Berlin"}, BothDeletes, []string{}
	tests := []struct {
		name, id, title string
		want            *StreamSettings // nil: not selected
	}{
		{"database_" + someID, someID, "Tasks", &StreamSettings{Settings: own, Topic: "tasks", Publish: PublishChanges, Match: "database_248104cd477e80fdb757e945d38000bd"}},
		{"database_x", "00000000-0000-0000-0000-000000000000", "Other", &StreamSettings{Settings: base, Publish: PublishAll, Match: "title:*"}},
		{"database_" + someID, someID, "Secret tasks", nil},
		{"databases", "", "", nil},
	}
	for _, test := range tests {
		got, selected := source.StreamFor(test.name, test.id, test.title)
		if selected != (test.want != nil) {
			t.Errorf("%s %q: selected %v", test.name, test.title, selected)
		} else if test.want != nil {
			if diff := cmp.Diff(*test.want, got); diff != "" {
				t.Errorf("%s %q (-want +got):\n%s", test.name, test.title, diff)
			}
		}
	}
}

func TestWhatASourceIsByDefault(t *testing.T) {
	cfg := load(t, "sources: [{name: acme, token: t}, {name: beta, oauth: true, topic_prefix: b., topic_naming: id}]", Options{})
	rest := []StreamRule{{Match: "databases"}, {Match: "database_*"}}
	want := []Source{
		{Name: "acme", Token: "t", TopicPrefix: "notion.acme.", TopicNaming: NamedByTitle, Settings: cfg.Defaults, Streams: rest},
		{Name: "beta", OAuth: true, TopicPrefix: "b.", TopicNaming: NamedByID, Settings: cfg.Defaults, Streams: rest},
	}
	if diff := cmp.Diff(want, cfg.ResolvedSources(), revealed); diff != "" {
		t.Errorf("sources (-want +got):\n%s", diff)
	}
}

func TestTriggersInEveryForm(t *testing.T) {
	tests := []struct {
		yaml string
		want Trigger
		text string
	}{
		{"{every: 90s}", Trigger{Every: 90 * time.Second}, "every 1m30s"},
		{`{cron: "*/5 6-8 1,15 JAN MON-FRI"}`, Trigger{Cron: "*/5 6-8 1,15 JAN MON-FRI"}, `cron "*/5 6-8 1,15 JAN MON-FRI" UTC`},
		{"{daily_at: 06:05, timezone: Europe/Berlin}", Trigger{DailyAt: "06:05", Timezone: "Europe/Berlin"}, "daily at 06:05 Europe/Berlin"},
		{"{weekly_on: Sunday, at: '23:59'}", Trigger{WeeklyOn: "sunday", At: "23:59"}, "sunday at 23:59 UTC"},
		{"{manual: true}", Trigger{Manual: true}, "manual"},
		{"off", Trigger{Off: true}, "off"},
	}
	for _, test := range tests {
		got := load(t, "defaults: {sweep: "+test.yaml+"}", Options{}).Defaults.Sweep
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.yaml, diff)
		}
		if got.String() != test.text {
			t.Errorf("%s says %q, want %q", test.yaml, got, test.text)
		}
	}
	trigger := tests[3].want
	day, ok := trigger.Weekday()
	if hour, minute := trigger.TimeOfDay(); hour != 23 || minute != 59 || day != time.Sunday || !ok {
		t.Errorf("%v is %v %v at %d:%d", trigger, day, ok, hour, minute)
	}
	if zone, err := tests[2].want.Location(); err != nil || zone.String() != "Europe/Berlin" {
		t.Errorf("location %v, %v", zone, err)
	}
}

// Unicode has two spellings of é. A person who types one also means the other.
func TestTitlesMatchInEitherFormOfUnicode(t *testing.T) {
	const composed, decomposed = "caf\u00e9", "cafe\u0301"
	for _, test := range []struct{ pattern, title string }{{composed, decomposed}, {decomposed, composed}} {
		off := false
		source := Source{Streams: []StreamRule{{Match: "title:" + test.pattern + "*", Enabled: &off}, {Match: "database_*"}}}
		if _, selected := source.StreamFor("database_"+someID, someID, test.title+" salaries"); selected {
			t.Errorf("title:%+q* does not hold back %+q", test.pattern, test.title)
		}
	}
	_, err := loadText(t, "sources: [{name: acme, token: t, streams: [{match: \"title:"+composed+"\"}, {match: \"title:"+decomposed+"\"}]}]", Options{})
	if err == nil {
		t.Error("one title in two spellings is taken for two rules")
	}
}

func TestWhatIsSwitchedOff(t *testing.T) {
	off := false
	source := Source{Streams: []StreamRule{{Match: "title:Tasks"}, {Match: "database_" + someID, Enabled: &off}, {Match: "title:Private*", Enabled: &off}}}
	for _, test := range []struct {
		id, title string
		want      bool
	}{
		{someID, "Staff", true},
		{someID, "Tasks", false}, // an earlier rule takes it
		{"248104cd-477e-80fd-b757-e945d38000be", "Private notes", true},
		{"248104cd-477e-80fd-b757-e945d38000be", "Staff", false}, // no rule matches: not selected, but not switched off
	} {
		if got := source.SwitchesOff("database_"+test.id, test.id, test.title); got != test.want {
			t.Errorf("%s %q is switched off: %v, want %v", test.id, test.title, got, test.want)
		}
	}
}

// A rule fits a database exactly if the one spelling of both is the same, which rules are
// also compared by with each other.
func TestAnIDFitsWhateverItsSpelling(t *testing.T) {
	ids := []string{someID, "248104CD477E80FDB757E945D38000BD", "248104cd477e80fdb757e945d38000b", someID + "0", "-" + someID + "--", "", "-", "x", "é", "*", "\xff"}
	for _, prefix := range []string{"database_", "DATABASE_", "databa\u017fe_", "database", "", "title:"} {
		for _, match := range ids {
			for _, id := range ids {
				if got, want := namesDatabase(prefix+match, id), canonicalMatch(prefix+match) == canonicalMatch(databasePrefix+id); got != want {
					t.Errorf("%q fits %q: %v, want %v", prefix+match, id, got, want)
				}
			}
		}
	}
}
