package console

import (
	"maps"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// A Schedule says when the trigger of a source's stream comes after some time;
// false where it never comes by itself.
type Schedule func(stream, title string, after time.Time) (due time.Time, ok bool)

// Schedule says when a source is to run. It is looked at in every scrape while the
// source is known; a later one takes its place.
func (m *Metrics) Schedule(source string, schedule Schedule) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.schedules[source] = schedule
}

// A streamOf is a stream of a source.
type streamOf struct{ source, stream string }

// A success is the end of the last run that succeeded for a stream, and what the
// stream was called then.
type success struct {
	title string
	at    time.Time
}

// schedules is the metric that is asked of the sources' schedules.
type schedules struct{ *Metrics }

// chances is how often a trigger comes before its stream is overdue. Intervals
// differ, as over a weekend, so they are counted and not measured.
const chances = 3

var overdueTimestamp = prometheus.NewDesc(namespace+"_overdue_timestamp_seconds",
	"When the stream's trigger will have come three times since the last run that succeeded for it, in seconds since 1970.",
	[]string{"source", "stream"}, nil)

// Describe implements prometheus.Collector.
func (s schedules) Describe(to chan<- *prometheus.Desc) { to <- overdueTimestamp }

// Collect implements prometheus.Collector.
func (s schedules) Collect(to chan<- prometheus.Metric) {
	s.mu.Lock()
	planned, succeeded, paused := maps.Clone(s.schedules), maps.Clone(s.succeeded), maps.Clone(s.paused)
	s.mu.Unlock()
	maps.DeleteFunc(succeeded, func(of streamOf, _ success) bool { return paused[of.source] })
	for of, last := range succeeded {
		if at, ok := overdue(planned[of.source], of.stream, last); ok {
			to <- prometheus.MustNewConstMetric(overdueTimestamp, prometheus.GaugeValue, float64(at.Unix()), of.source, of.stream)
		}
	}
}

// overdue is when a stream will have missed its chances; false where nothing
// makes it run.
func overdue(schedule Schedule, stream string, last success) (at time.Time, ok bool) {
	at, ok = last.at, schedule != nil
	for range chances {
		if ok {
			at, ok = schedule(stream, last.title, at)
		}
	}
	return at, ok
}
