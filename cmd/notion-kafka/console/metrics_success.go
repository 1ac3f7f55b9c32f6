package console

import (
	"maps"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// A Schedule returns when a stream's trigger is next due after some time; false if it is
// never due by itself.
type Schedule func(stream, title string, after time.Time) (due time.Time, ok bool)

// Schedule sets the schedule of a source. Every scrape reads it while the source is known;
// a later one replaces it.
func (m *Metrics) Schedule(source string, schedule Schedule) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.schedules[source] = schedule
}

// A streamOf is a stream of a source.
type streamOf struct{ source, stream string }

// A success is the end of the last run that succeeded for a stream, and the stream's
// title then.
type success struct {
	title string
	at    time.Time
}

// schedules collects the metric of the sources' schedules.
type schedules struct{ *Metrics }

// chances is how many times a trigger is due before its stream is overdue. Triggers are
// counted because their intervals differ, as over a weekend.
const chances = 3

var overdueTimestamp = prometheus.NewDesc(namespace+"_overdue_timestamp_seconds",
	"When the stream's trigger is due for the third time since the last run that succeeded for it, in seconds since 1970.",
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

// overdue returns when a stream is overdue; false if it has no trigger.
func overdue(schedule Schedule, stream string, last success) (at time.Time, ok bool) {
	at, ok = last.at, schedule != nil
	for range chances {
		if ok {
			at, ok = schedule(stream, last.title, at)
		}
	}
	return at, ok
}
