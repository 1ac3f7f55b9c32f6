package config

import (
	"encoding/json"
	"strings"
	"testing"
)

// An interval of zero is refused, and the error says what to write instead.
func TestAZeroIntervalIsRefused(t *testing.T) {
	tests := []struct{ yaml, want string }{
		{`defaults: {trigger: {every: 0s}}`, "defaults.trigger.every: must be at least 1s, got 0s, write {every: 5m}, or {manual: true} for runs by hand only"},
		{`defaults: {trigger: {every: -5m}}`, "defaults.trigger.every: must be at least 1s, got -5m0s, write {every: 5m}, or {manual: true} for runs by hand only"},
		{`defaults: {sweep: {every: 0h}}`, "defaults.sweep.every: must be at least 1s, got 0s, write {every: 24h}, or sweep: off for none"},
		{`sources: [{name: acme, token: t, trigger: {every: 0s}}]`, "sources[0].trigger.every: must be at least 1s, got 0s, write {every: 5m}, or {manual: true} for runs by hand only"},
		{`sources: [{name: acme, token: t, streams: [{match: "database_*", sweep: {every: 0s}}]}]`, "sources[0].streams[0].sweep.every: must be at least 1s, got 0s, write {every: 24h}, or sweep: off for none"},
	}
	for _, test := range tests {
		_, err := loadText(t, test.yaml, Options{})
		if err == nil || !strings.HasSuffix(err.Error(), ": "+test.want) {
			t.Errorf("%s: %v, want %s", test.yaml, err, test.want)
		}
	}
	if _, err := Load(Options{Set: []string{"defaults.trigger.every=0s"}}); err == nil || !strings.Contains(err.Error(), "must be at least 1s, got 0s") {
		t.Errorf("--set defaults.trigger.every=0s: %v", err)
	}
	cfg := load(t, "", Options{})
	spec := json.RawMessage(`{"name": "acme", "token": "t", "sweep": {"every": "0s"}}`)
	if _, err := ParseSource(spec, cfg, nil); err == nil || !strings.Contains(err.Error(), "sweep.every: must be at least 1s, got 0s") {
		t.Errorf("through the API: %v", err)
	}
}

// An empty list of streams is refused: it would publish everything.
func TestAnEmptyListOfStreamsIsRefused(t *testing.T) {
	const want = "streams: is empty, name the streams that are wanted, such as [{match: \"database_*\"}], or remove the line for all of them"
	if _, err := loadText(t, `sources: [{name: acme, token: t, streams: []}]`, Options{}); err == nil || !strings.HasSuffix(err.Error(), ": sources[0]."+want) {
		t.Errorf("in the file: %v", err)
	}
	cfg := load(t, "", Options{})
	if _, err := ParseSource(json.RawMessage(`{"name": "acme", "token": "t", "streams": []}`), cfg, nil); err == nil || !strings.HasSuffix(err.Error(), want) {
		t.Errorf("through the API: %v", err)
	}
}

// An empty list replaces the one above it.
func TestAnEmptyListOfExcludedPropertiesExcludesNone(t *testing.T) {
	cfg := load(t, `
defaults: {exclude_properties: [Salary]}
sources: [{name: acme, token: t, streams: [{match: "title:Open", exclude_properties: []}, {match: "database_*", max_delete_ratio: 0}]}]
`, Options{})
	source := cfg.ResolvedSources()[0]
	for title, want := range map[string]int{"Open": 0, "Other": 1} {
		if got, ok := source.StreamFor("database_1", "1", title); !ok || len(got.ExcludeProperties) != want {
			t.Errorf("%s: %v is excluded, want %d names", title, got.ExcludeProperties, want)
		}
	}
	if got, _ := source.StreamFor("database_1", "1", "Other"); got.MaxDeleteRatio != 0 {
		t.Errorf("max_delete_ratio: 0 is %v", got.MaxDeleteRatio)
	}
}
