package deploy

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"notion-kafka/deploy/docstest"
)

const metricsIntro = `# Metrics

*` + "`make docs`" + ` writes this page from the program.*

A daemon serves its metrics at ` + "`/metrics`" + ` of the console, in the format of Prometheus and without a password. Each instance reports
the sources that it runs: add up over instances. Counters begin at 0 when the process starts. The series of a source end when it is
removed or another instance takes it over.

[alerts.yaml](../prometheus/alerts.yaml) has alerts on these metrics, and [dashboard.json](../grafana/dashboard.json) is a dashboard
for Grafana.

| metric | type | labels | meaning |
| --- | --- | --- | --- |
`

const metricsLabels = `
These labels have few values, and series for all of them from the start:

| label | values |
| --- | --- |
`

const metricsEnd = `
` + "`source` and `stream`" + ` are names as in ` + "`notion-kafka sources show`" + `. ` + "`code`" + ` is an HTTP status of Notion, and ` + "`endpoint`" + ` the method and the path
of the request, with its ids left out.

Three more groups come from libraries: ` + "`notion_kafka_client_…`" + ` from the Kafka client (connections, bytes, records, durations, by
broker), ` + "`go_…`" + ` from the Go runtime, and ` + "`process_…`" + ` from the operating system.
`

// TestPageMetrics holds the page of the metrics against what the program exports.
func TestPageMetrics(t *testing.T) {
	var page strings.Builder
	page.WriteString(metricsIntro)
	all := exports(t)
	values := map[string][]string{}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if !strings.HasPrefix(name, "notion_kafka_") {
			continue
		}
		var labels []string
		for _, label := range slices.Sorted(maps.Keys(all[name].labels)) {
			labels = append(labels, "`"+label+"`")
			if slices.Contains(few, label) {
				values[label] = append(values[label], all[name].labels[label]...)
			}
		}
		fmt.Fprintf(&page, "| `%s` | %s | %s | %s |\n", name, all[name].kind, strings.Join(labels, ", "), strings.TrimSuffix(all[name].help, "."))
	}
	page.WriteString(metricsLabels)
	for _, label := range few {
		slices.Sort(values[label])
		fmt.Fprintf(&page, "| `%s` | `%s` |\n", label, strings.Join(slices.Compact(values[label]), "`, `"))
	}
	docstest.Page(t, "metrics.md", page.String()+metricsEnd)
}
