package config

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// Variables and flags take YAML's flow style, which the messages and the file use.
func TestFlowStyleInVariablesAndFlags(t *testing.T) {
	away(t)
	cfg, err := Load(Options{
		Environ: []string{
			`NOTION_KAFKA_KAFKA__BROKERS=["a:9092", b:9092]`, "NOTION_KAFKA_SCHEMA_REGISTRY__URL=http://registry:8081",
			"NOTION_KAFKA_DEFAULTS__SWEEP={daily_at: 02:30, timezone: Europe/Berlin}",
		},
		Set: []string{"defaults.trigger={every: 5s}", "defaults.exclude_properties=[]"},
	})
	if err != nil {
		t.Fatal(err)
	}
	got := []any{cfg.Kafka.Brokers, cfg.Defaults.Trigger, cfg.Defaults.Sweep, len(cfg.Defaults.ExcludeProperties)}
	want := []any{
		[]string{"a:9092", "b:9092"}, Trigger{Every: 5 * time.Second}, Trigger{DailyAt: "02:30", Timezone: "Europe/Berlin"}, 0,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("brokers, trigger, sweep, excluded (-want +got):\n%s", diff)
	}
}

func TestABrokerMayBeginWithABracket(t *testing.T) {
	away(t)
	cfg, err := Load(Options{Set: []string{"kafka.brokers=[::1]:9092,a:9092", "schema_registry.url=http://registry:8081"}})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"[::1]:9092", "a:9092"}, cfg.Kafka.Brokers); diff != "" {
		t.Errorf("brokers (-want +got):\n%s", diff)
	}
}

func TestMistakesInFlowStyle(t *testing.T) {
	away(t)
	for set, want := range map[string]string{
		"defaults.trigger={evry: 5s}":    `--set: defaults.trigger.evry: unknown key, did you mean "every"?`,
		"defaults.trigger={every: soon}": `--set: defaults.trigger.every: "soon" is not a duration`,
		"defaults.trigger={every: }":     "--set: defaults.trigger.every: has no value",
		"defaults.trigger={every: 5s":    "--set: defaults.trigger: expected a trigger, got text, write one such as {every: 5m}",
		"defaults.trigger=[5s]":          "--set: defaults.trigger: expected a trigger, got a list, write one such as {every: 5m}",
		"kafka.brokers=[a b:1]":          "--set: kafka.brokers[0]: is not a broker's address",
	} {
		_, err := Load(Options{Set: []string{set}})
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s:\n got %v\nwant %s", set, err, want)
		}
	}
}
