package config

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A source made through the API publishes only where console.topic_prefixes allow it,
// whatever else the Kafka user may write to.
func TestReach(t *testing.T) {
	cfg := &Config{Console: Console{TopicPrefixes: []string{"notion.", "crm_"}}}
	for name, test := range map[string]struct {
		source Source
		want   string
	}{
		"within":                 {Source{TopicPrefix: "crm_eu_", Streams: []StreamRule{{Match: "databases", Topic: "notion.all"}}}, ""},
		"another prefix":         {Source{TopicPrefix: "loot."}, `topic_prefix: "loot." begins with none of console.topic_prefixes, which are ["notion." "crm_"], choose another, or have the prefix added there`},
		"a shorter one":          {Source{TopicPrefix: "crm"}, `topic_prefix: "crm" begins with none of console.topic_prefixes, which are ["notion." "crm_"], choose another, or have the prefix added there`},
		"a topic of its own":     {Source{TopicPrefix: "notion.crm.", Streams: []StreamRule{{Match: "database_*"}, {Match: "databases", Topic: "payroll"}}}, `streams[1].topic: "payroll" begins with none of console.topic_prefixes, which are ["notion." "crm_"], choose another, or have the prefix added there`},
		"Kafka's twin of a name": {Source{TopicPrefix: "crm."}, `topic_prefix: "crm." begins with none of console.topic_prefixes, which are ["notion." "crm_"], choose another, or have the prefix added there`},
	} {
		got := ""
		if err := cfg.Reach(test.source); err != nil {
			got = err.Error()
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// Names that a rule gives to one database must be those of its properties. A database
// need not have those that its source gives to all, even if its rule repeats them, as
// the rules that discover prints do.
func TestExcludedBy(t *testing.T) {
	const match = "database_248104cd-477e-80fd-b757-e945d38000bd"
	names := []string{"Salary", "Phone", "Notes"}
	source := Source{
		Settings: Settings{ExcludeProperties: []string{"Notes", "Phone"}},
		Streams:  []StreamRule{{Match: match, Overrides: Overrides{ExcludeProperties: &names}}, {Match: "database_*", Overrides: Overrides{ExcludeProperties: &names}}},
	}
	for match, want := range map[string][]string{match: {"Salary"}, "database_*": nil, "databases": nil} {
		if diff := cmp.Diff(want, source.ExcludedBy(match)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", match, diff)
		}
	}
}
