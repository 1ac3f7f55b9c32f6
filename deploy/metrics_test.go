package deploy

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

// promised are the metrics that people's alerts and dashboards may name, each
// with its labels; a histogram is named without its suffixes.
var promised = map[string][]string{
	"notion_kafka_requests_total":                 {"source", "endpoint", "code"},
	"notion_kafka_throttled_seconds_total":        {"source"},
	"notion_kafka_budget_requests_per_minute":     {"source"},
	"notion_kafka_rows_read_total":                {"source", "stream"},
	"notion_kafka_rows_published_total":           {"source", "stream", "op"},
	"notion_kafka_rows_unchanged_total":           {"source", "stream"},
	"notion_kafka_runs_total":                     {"source", "status"},
	"notion_kafka_run_duration_seconds":           {"source"},
	"notion_kafka_last_success_timestamp_seconds": {"source", "stream"},
	"notion_kafka_cursor_timestamp_seconds":       {"source", "stream"},
	"notion_kafka_held_deletes":                   {"source", "stream"},
	"notion_kafka_stuck_pages":                    {"source", "stream"},
	"notion_kafka_transactions_total":             {"outcome"},
	"notion_kafka_shards_owned":                   nil,
	"notion_kafka_config_mismatch":                nil,
	"notion_kafka_build_info":                     nil,
}

// promisedValues are the values of the labels that have few.
var promisedValues = map[string][]string{
	"status":  {"queued", "running", "succeeded", "failed", "needs_attention", "cancelled"},
	"outcome": {"committed", "aborted", "fenced"},
}

// scraped are the labels that Prometheus gives every series of a scrape.
var scraped = []string{"job", "instance"}

var (
	selector = regexp.MustCompile(`(notion_kafka_\w+)(?:\{([^}]*)\})?`)
	matcher  = regexp.MustCompile(`(\w+)\s*(=~|!~|!=|=)\s*"([^"]*)"`)
	grouping = regexp.MustCompile(`\b(?:by|on)\s*\(([^)]*)\)`)
)

// checkQuery fails the test where a PromQL expression selects what no instance
// exports, which Prometheus answers with silence.
func checkQuery(t *testing.T, expr string) {
	t.Helper()
	selections := selector.FindAllStringSubmatch(expr, -1)
	if len(selections) == 0 {
		t.Errorf("%s\nnames no metric of ours", expr)
	}
	known := slices.Concat(scraped, []string{"le"})
	for _, selection := range selections {
		name := selection[1]
		labels, ok := promised[strings.TrimSuffix(name, "_bucket")]
		if !ok {
			t.Errorf("%s\nnames the metric %s, which is not exported", expr, name)
			continue
		}
		known = append(known, labels...)
		for _, match := range matcher.FindAllStringSubmatch(selection[2], -1) {
			label, operator, value := match[1], match[2], match[3]
			if !slices.Contains(labels, label) && !slices.Contains(scraped, label) {
				t.Errorf("%s\nselects by the label %s, which %s does not have", expr, label, name)
			}
			values, few := promisedValues[label]
			if few && (operator == "=" || operator == "!=") && !slices.Contains(values, value) {
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

// kept are the labels that an expression groups by: what is left of them for a
// legend or an annotation.
func kept(expr string) []string {
	var labels []string
	for _, group := range grouping.FindAllStringSubmatch(expr, -1) {
		labels = append(labels, strings.FieldsFunc(group[1], func(r rune) bool { return r == ',' || r == ' ' })...)
	}
	return labels
}
