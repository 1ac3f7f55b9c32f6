package console

import (
	"net/http"
	"runtime"
	"sync"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"notion-kafka/producer/control"
)

// Metrics counts for Prometheus, in a registry of its own. It has series only for the
// sources passed to Known: events of other sources are not counted, so that a run that
// ends late brings no series back. It is safe for concurrent use.
type Metrics struct {
	registry *prometheus.Registry

	requests     *prometheus.CounterVec
	read         *prometheus.CounterVec
	published    *prometheus.CounterVec
	unchanged    *prometheus.CounterVec
	runs         *prometheus.CounterVec
	duration     *prometheus.HistogramVec
	cursor       *prometheus.GaugeVec
	held         *prometheus.GaugeVec
	stuck        *prometheus.GaugeVec
	reconnect    *prometheus.GaugeVec
	transactions *prometheus.CounterVec
	shards       prometheus.Gauge
	mismatches   prometheus.Gauge

	mu        sync.Mutex // held while series of sources are added, changed and removed
	known     map[string]bool
	budgets   map[string]Budget    // by source, also before it is known
	successes map[string]Successes // by source, also before it is known
}

const namespace = "notion_kafka"

// The values of labels that have few: their counters begin at zero, so that the first
// increase is seen.
var (
	endings  = []control.Status{control.Succeeded, control.Failed, control.NeedsAttention, control.Cancelled}
	ops      = []string{"snapshot", "create", "update", "delete"}
	outcomes = []string{"committed", "aborted", "fenced"}
)

// NewMetrics returns the metrics of a program of this version and commit, including those
// of Go and of the process.
func NewMetrics(version, commit string) *Metrics {
	m := &Metrics{
		registry:  prometheus.NewRegistry(),
		requests:  counters("requests_total", "Requests to Notion, retries included, by HTTP status; code 0 without a response.", "source", "endpoint", "code"),
		read:      counters("rows_read_total", "Rows read from Notion.", "source", "stream"),
		published: counters("rows_published_total", "Rows published, deletes included.", "source", "stream", "op"),
		unchanged: counters("rows_unchanged_total", "Rows read that had not changed.", "source", "stream"),
		runs:      counters("runs_total", "Runs that ended, by status.", "source", "status"),
		cursor:    gauges("cursor_timestamp_seconds", "How far the stream has been read, in Notion's time, in seconds since 1970.", "source", "stream"),
		held:      gauges("held_deletes", "Deletes that wait for a person.", "source", "stream"),
		stuck:     gauges("stuck_pages", "Pages that cannot be published.", "source", "stream"),
		reconnect: gauges("source_needs_reconnect", "1 while the source waits for a person to connect it to Notion again, else 0.", "source"),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Namespace: namespace, Name: "run_duration_seconds", Help: "How long runs took, in seconds.",
			Buckets: []float64{0.1, 0.3, 1, 3, 10, 30, 60, 180, 600, 1800, 3600, 7200},
		}, []string{"source"}),
		transactions: counters("transactions_total", "Kafka transactions of the shards, by outcome.", "outcome"),
		shards:       prometheus.NewGauge(options("shards_owned", "Shards that this instance owns.")),
		mismatches:   prometheus.NewGauge(options("config_mismatch", "Sources that instances of the group define differently.")),
		known:        map[string]bool{},
		budgets:      map[string]Budget{},
		successes:    map[string]Successes{},
	}
	build := gauges("build_info", "Always 1; the labels describe the running program.", "version", "commit", "goversion")
	build.WithLabelValues(version, commit, runtime.Version()).Set(1)
	for _, outcome := range outcomes {
		m.transactions.WithLabelValues(outcome)
	}
	m.registry.MustRegister(
		m.requests, m.read, m.published, m.unchanged, m.runs, m.duration, m.cursor, m.held, m.stuck, m.reconnect,
		m.transactions, m.shards, m.mismatches, connections{m}, successes{m}, build,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	return m
}

func counters(name, help string, labels ...string) *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts(options(name, help)), labels)
}

func gauges(name, help string, labels ...string) *prometheus.GaugeVec {
	return prometheus.NewGaugeVec(options(name, help), labels)
}

func options(name, help string) prometheus.GaugeOpts {
	return prometheus.GaugeOpts{Namespace: namespace, Name: name, Help: help}
}

// Registry is the registry of all metrics; other packages may add theirs.
func (m *Metrics) Registry() *prometheus.Registry { return m.registry }

// Handler serves scrapes.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{MaxRequestsInFlight: maxScrapes})
}

// maxScrapes bounds concurrent scrapes: they need no password.
const maxScrapes = 4
