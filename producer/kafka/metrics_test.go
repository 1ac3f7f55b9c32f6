package kafka

import (
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
)

// All clients of a cluster add to one set of series, however many of them come and
// go.
func TestMetricsAddUpAllClients(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		registry := prometheus.NewRegistry()
		cluster, err := Open(Options{
			Brokers: []string{"127.0.0.1:9092"}, ClientID: "test", Compression: "none", TransactionTimeout: txnTimeout,
			StateTopic: stateTopic, Dial: b.net.DialContext, Metrics: registry,
		})
		if err != nil {
			t.Fatal(err)
		}
		for range 3 {
			w := b.claim(cluster, "me")         // one record
			mustCommit(t, w, nil, kv("a", "1")) // another
			b.restore(w)
			w.Close()
		}
		sums := gathered(t, registry)
		if got := sums["notion_kafka_client_produce_records_total"]; got != 6 {
			t.Errorf("%v records produced, want 6", got)
		}
		if got := sums["notion_kafka_client_fetch_records_total"]; got < 6 {
			t.Errorf("%v records fetched, want those that were restored", got)
		}
		if sums["notion_kafka_client_request_duration_e2e_seconds"] == 0 {
			t.Error("no request was timed")
		}
		cluster.Close()
		if remaining := gathered(t, registry); len(remaining) > 0 {
			t.Errorf("series after the end: %v", remaining)
		}
	})
}

// gathered adds up the series of each metric, and fails the test if one has a name or
// label that none should have.
func gathered(t *testing.T, registry *prometheus.Registry) map[string]float64 {
	t.Helper()
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	sums := map[string]float64{}
	for _, family := range families {
		name := family.GetName()
		if !strings.HasPrefix(name, "notion_kafka_client_") || strings.Contains(name, "buffered") {
			t.Errorf("there is a metric %s", name)
		}
		for _, series := range family.GetMetric() {
			sums[name] += series.GetCounter().GetValue() + float64(series.GetHistogram().GetSampleCount())
			for _, label := range series.GetLabel() {
				if label.GetName() != "node_id" {
					t.Errorf("%s has the label %s", name, label.GetName())
				}
			}
		}
	}
	return sums
}
