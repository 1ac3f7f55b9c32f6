package main

import (
	"fmt"
	"log/slog"
	"maps"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"notion-kafka/config"
	"notion-kafka/notion"
	"notion-kafka/producer"
)

// A source of the file keeps its metrics although it shadows a source of the same name
// that was made through the API.
func TestShadowedSourceLeavesTheMetricsAlone(t *testing.T) {
	tt := serving(t)
	tt.addTasks(1)
	tt.write("sources:\n- {name: notion, token: " + tt.workspace.Token() + ", trigger: {manual: true}}\n")
	before := tt.daemon()
	before.must(201, "POST", "/api/v1/sources", fmt.Sprintf(`{"name": "crm", "token": %q, "trigger": {"every": "1h"}}`, tt.workspace.Token()))
	before.stop()

	tt.write("sources:\n- {name: crm, token: " + tt.workspace.Token() + ", trigger: {every: 6h}}\n")
	d := tt.daemon()
	defer d.stop()
	d.run("crm", "")
	if sources := d.must(200, "GET", "/api/v1/sources", ""); !strings.Contains(sources, `"shadowed":true`) {
		t.Fatalf("no source is shadowed: %s", sources)
	}
	const hour, jitter = 3600, 3 * 30
	if patience := d.metric("overdue", "crm") - d.metric("last_success", "crm"); patience < 18*hour || patience > 18*hour+jitter {
		t.Errorf("late %v seconds after its last success, want three times the six hours of the file", patience)
	}
}

// metric returns a metric of the stream databases of a source, in seconds since 1970.
func (d *runningDaemon) metric(name, source string) float64 {
	d.t.Helper()
	metrics := d.must(200, "GET", "/metrics", "")
	_, rest, _ := strings.Cut(metrics, "\nnotion_kafka_"+name+`_timestamp_seconds{source="`+source+`",stream="databases"} `)
	text, _, _ := strings.Cut(rest, "\n")
	number, err := strconv.ParseFloat(text, 64)
	if err != nil {
		d.t.Fatalf("metric %s of %s: %v", name, source, err)
	}
	return number
}

// Sources with one token share a budget; the tokens of removed sources are forgotten.
func TestBudgetsGoWithTheirSources(t *testing.T) {
	c := newConnector(&config.Config{}, slog.New(slog.DiscardHandler), nil)
	open := func(name, token string) *producer.Source {
		src, err := config.ParseSource(fmt.Appendf(nil, `{"name": %q, "token": %q}`, name, token), &config.Config{}, nil)
		if err != nil {
			t.Fatal(err)
		}
		opened, err := c.open(src)
		if err != nil {
			t.Fatal(err)
		}
		return opened
	}
	budget := func(src *producer.Source) *notion.Budget { return src.Notion.(*notion.Client).Budget() }
	one := open("one", "shared")
	open("gone", "ntn_gone")
	runtime.GC()
	other := open("other", "shared")
	if budget(one) != budget(other) {
		t.Error("two sources of one token have two budgets")
	}
	if tokens := slices.Sorted(maps.Keys(c.budgets)); !slices.Equal(tokens, []string{"token shared"}) {
		t.Errorf("it holds the tokens %q", tokens)
	}
}
