package console

import (
	"strconv"

	"github.com/prometheus/client_golang/prometheus"

	"notion-kafka/producer/control"
)

// Known begins the series of a source that this instance runs from now on.
func (m *Metrics) Known(source string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.known[source] = true
	for _, status := range endings {
		m.runs.WithLabelValues(source, string(status))
	}
	m.duration.WithLabelValues(source)
	m.reconnect.WithLabelValues(source)
}

// NeedsReconnect sets whether a source waits for a person to connect it.
func (m *Metrics) NeedsReconnect(source string, needs bool) {
	value := 0.0
	if needs {
		value = 1
	}
	m.of(source, func() { m.reconnect.WithLabelValues(source).Set(value) })
}

// Forget ends the series of a source that was removed, or that another instance
// runs from now on.
func (m *Metrics) Forget(source string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.known, source)
	delete(m.budgets, source)
	delete(m.successes, source)
	label := prometheus.Labels{"source": source}
	for _, counters := range []*prometheus.CounterVec{m.requests, m.read, m.published, m.unchanged, m.runs} {
		counters.DeletePartialMatch(label)
	}
	for _, gauges := range []*prometheus.GaugeVec{m.cursor, m.held, m.stuck, m.reconnect} {
		gauges.DeletePartialMatch(label)
	}
	m.duration.DeletePartialMatch(label)
}

// of calls count if the source is known.
func (m *Metrics) of(source string, count func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.known[source] {
		count()
	}
}

// Request counts a request to Notion. endpoint is one of few, such as "POST /v1/search",
// and code the HTTP status, 0 without a response.
func (m *Metrics) Request(source, endpoint string, code int) {
	m.of(source, func() { m.requests.WithLabelValues(source, endpoint, strconv.Itoa(code)).Inc() })
}

// Read counts rows that were read.
func (m *Metrics) Read(source, stream string, rows int) {
	m.of(source, func() {
		m.begin(source, stream)
		m.read.WithLabelValues(source, stream).Add(float64(rows))
	})
}

// Published counts rows that were committed with an op: snapshot, create, update
// or delete.
func (m *Metrics) Published(source, stream, op string, rows int) {
	m.of(source, func() {
		m.begin(source, stream)
		m.published.WithLabelValues(source, stream, op).Add(float64(rows))
	})
}

// Unchanged counts rows that were read and not published.
func (m *Metrics) Unchanged(source, stream string, rows int) {
	m.of(source, func() {
		m.begin(source, stream)
		m.unchanged.WithLabelValues(source, stream).Add(float64(rows))
	})
}

// begin starts a stream's counters at zero.
func (m *Metrics) begin(source, stream string) {
	m.read.WithLabelValues(source, stream)
	m.unchanged.WithLabelValues(source, stream)
	for _, op := range ops {
		m.published.WithLabelValues(source, stream, op)
	}
}

// RunEnded counts a run and sets the gauges of its streams. Streams whose read was
// cancelled are skipped.
func (m *Metrics) RunEnded(run control.Run) {
	m.of(run.Source, func() {
		m.runs.WithLabelValues(run.Source, string(run.Status)).Inc()
		if !run.StartedAt.IsZero() {
			m.duration.WithLabelValues(run.Source).Observe(run.FinishedAt.Sub(run.StartedAt).Seconds())
		}
		for _, s := range run.Streams {
			if s.Status == control.Cancelled {
				continue
			}
			m.begin(run.Source, s.Stream)
			m.held.WithLabelValues(run.Source, s.Stream).Set(float64(s.Held))
			m.stuck.WithLabelValues(run.Source, s.Stream).Set(float64(s.Stuck))
			if !s.Cursor.IsZero() {
				m.cursor.WithLabelValues(run.Source, s.Stream).Set(float64(s.Cursor.Unix()))
			}
		}
	})
}

// Transaction counts a shard's transaction: committed, aborted or fenced.
func (m *Metrics) Transaction(outcome string) { m.transactions.WithLabelValues(outcome).Inc() }

// Shards sets how many shards this instance owns.
func (m *Metrics) Shards(n int) { m.shards.Set(float64(n)) }

// Mismatches sets how many sources other instances define differently.
func (m *Metrics) Mismatches(n int) { m.mismatches.Set(float64(n)) }
