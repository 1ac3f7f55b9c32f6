package deploy

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"notion-kafka/cmd/notion-kafka/console"
	"notion-kafka/notion"
	"notion-kafka/producer/control"
)

// few lists the labels with few values, all of which have series from the start.
var few = []string{"status", "op", "outcome"}

// A metric is one that the program exports.
type metric struct {
	kind, help string
	labels     map[string][]string // their values
}

// exports returns all metrics that the program can export, but those of its Kafka client. A
// histogram is named without its suffixes.
func exports(t *testing.T) map[string]metric {
	t.Helper()
	m := console.NewMetrics("v1", "abc")
	m.Connection("acme", notion.NewBudget(0, 0))
	now := time.Now()
	m.Successes("acme", func() []control.Success {
		return []control.Success{{Stream: "databases", At: now, Overdue: now.Add(time.Hour)}}
	})
	m.Known("acme")
	m.Request("acme", "POST /v1/search", 200)
	m.Read("acme", "databases", 1)
	m.RunEnded(control.Run{Source: "acme", Status: control.Succeeded, StartedAt: now, FinishedAt: now, Streams: []control.StreamRun{
		{Stream: "databases", Status: control.Succeeded, Cursor: now},
	}})
	families, err := m.Registry().Gather()
	if err != nil {
		t.Fatal(err)
	}
	all := make(map[string]metric)
	for _, family := range families {
		labels := make(map[string][]string)
		for _, series := range family.GetMetric() {
			for _, label := range series.GetLabel() {
				labels[label.GetName()] = append(labels[label.GetName()], label.GetValue())
			}
		}
		all[family.GetName()] = metric{strings.ToLower(family.GetType().String()), family.GetHelp(), labels}
	}
	return all
}

// scraped lists the labels that Prometheus adds to every series of a scrape.
var scraped = []string{"job", "instance"}

var (
	selector = regexp.MustCompile(`(notion_kafka_\w+)(?:\{([^}]*)\})?`)
	matcher  = regexp.MustCompile(`(\w+)\s*(=~|!~|!=|=)\s*"([^"]*)"`)
	grouping = regexp.MustCompile(`\b(?:by|on)\s*\(([^)]*)\)`)
)

// checkQuery fails the test if a PromQL expression selects series that no instance
// exports: Prometheus returns no error for them.
func checkQuery(t *testing.T, expr string) {
	t.Helper()
	selections := selector.FindAllStringSubmatch(expr, -1)
	if len(selections) == 0 {
		t.Errorf("%s\nnames no metric of ours", expr)
	}
	all := exports(t)
	known := slices.Concat(scraped, []string{"le"})
	for _, selection := range selections {
		name := selection[1]
		exported, ok := all[strings.TrimSuffix(name, "_bucket")]
		labels := exported.labels
		if !ok {
			t.Errorf("%s\nnames the metric %s, which is not exported", expr, name)
			continue
		}
		known = slices.AppendSeq(known, maps.Keys(labels))
		for _, match := range matcher.FindAllStringSubmatch(selection[2], -1) {
			label, operator, value := match[1], match[2], match[3]
			values, has := labels[label]
			if !has && !slices.Contains(scraped, label) {
				t.Errorf("%s\nselects by the label %s, which %s does not have", expr, label, name)
			}
			exact := slices.Contains(few, label) && (operator == "=" || operator == "!=")
			if exact && !slices.Contains(values, value) {
				t.Errorf("%s\nselects by %s=%q, which never happens", expr, label, value)
			}
		}
	}
	for _, label := range kept(expr) {
		if !slices.Contains(known, label) {
			t.Errorf("%s\ngroups by the label %s, which its metrics do not have", expr, label)
		}
	}
}

// kept returns the labels that an expression groups by, which a legend or an annotation
// can use.
func kept(expr string) []string {
	var labels []string
	for _, group := range grouping.FindAllStringSubmatch(expr, -1) {
		labels = append(labels, strings.FieldsFunc(group[1], func(r rune) bool { return r == ',' || r == ' ' })...)
	}
	return labels
}
