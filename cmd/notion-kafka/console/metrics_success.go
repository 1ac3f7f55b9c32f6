package console

import (
	"maps"

	"github.com/prometheus/client_golang/prometheus"

	"notion-kafka/producer/control"
)

// Successes returns the last success of each stream of a source that ever succeeded.
type Successes func() []control.Success

// Successes sets where the successes of a source are read from at every scrape while the
// source is known; a later call replaces it.
func (m *Metrics) Successes(source string, now Successes) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.successes[source] = now
}

// successes collects the metrics of the streams' last successes.
type successes struct{ *Metrics }

var (
	lastSuccess = prometheus.NewDesc(namespace+"_last_success_timestamp_seconds",
		"End of the last run that succeeded for the stream, in seconds since 1970.", []string{"source", "stream"}, nil)
	overdueTimestamp = prometheus.NewDesc(namespace+"_overdue_timestamp_seconds",
		"When the stream's trigger is due for the third time since the last run that succeeded for it, in seconds since 1970.",
		[]string{"source", "stream"}, nil)
)

// Describe implements prometheus.Collector.
func (s successes) Describe(to chan<- *prometheus.Desc) {
	to <- lastSuccess
	to <- overdueTimestamp
}

// Collect implements prometheus.Collector.
func (s successes) Collect(to chan<- prometheus.Metric) {
	s.mu.Lock()
	of := maps.Clone(s.successes)
	maps.DeleteFunc(of, func(source string, _ Successes) bool { return !s.known[source] })
	s.mu.Unlock()
	for source, now := range of {
		for _, last := range now() {
			to <- prometheus.MustNewConstMetric(lastSuccess, prometheus.GaugeValue, float64(last.At.Unix()), source, last.Stream)
			if !last.Overdue.IsZero() {
				to <- prometheus.MustNewConstMetric(overdueTimestamp, prometheus.GaugeValue, float64(last.Overdue.Unix()), source, last.Stream)
			}
		}
	}
}
