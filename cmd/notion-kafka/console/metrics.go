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

// Metrics is what an instance counts for Prometheus, in a registry of its own. It
// has the series of the sources it was told to know, and of nothing else: what is
// said of another source is not counted, so that a run that ends late brings no
// series back. It is safe for concurrent use.
type Metrics struct {
	registry *prometheus.Registry

	requests     *prometheus.CounterVec
	read         *prometheus.CounterVec
	published    *prometheus.CounterVec
	unchanged    *prometheus.CounterVec
	runs         *prometheus.CounterVec
	duration     *prometheus.HistogramVec
	lastSuccess  *prometheus.GaugeVec
	cursor       *prometheus.GaugeVec
	held         *prometheus.GaugeVec
	stuck        *prometheus.GaugeVec
	transactions *prometheus.CounterVec
	shards       prometheus.Gauge
	mismatches   prometheus.Gauge

	mu        sync.Mutex // held while series of sources come, change and go
	known     map[string]bool
	succeeded map[streamOf]success // of known sources
	paused    map[string]bool      // known sources
	budgets   map[string]Budget    // by source, also before it is known
	schedules map[string]Schedule  // by source, also before it is known
}

const namespace = "notion_kafka"

// What a label may be, where that is few: such counters begin at zero, so that
// their first increase is seen.
var (
	endings  = []control.Status{control.Succeeded, control.Failed, control.NeedsAttention, control.Cancelled}
	ops      = []string{"snapshot", "create", "update", "delete"}
	outcomes = []string{"committed", "aborted", "fenced"}
)

// NewMetrics begins to count, for a program of this version and commit. Go's and
// the process's own metrics are among them.
func NewMetrics(version, commit string) *Metrics {
	m := &Metrics{
		registry:    prometheus.NewRegistry(),
		requests:    counters("requests_total", "Requests to Notion, retries among them, by HTTP status; code 0 where no answer came.", "source", "endpoint", "code"),
		read:        counters("rows_read_total", "Rows read from Notion.", "source", "stream"),
		published:   counters("rows_published_total", "Rows published, deletes among them.", "source", "stream", "op"),
		unchanged:   counters("rows_unchanged_total", "Rows read that had not changed.", "source", "stream"),
		runs:        counters("runs_total", "Runs that ended, by how.", "source", "status"),
		lastSuccess: gauges("last_success_timestamp_seconds", "End of the last run that succeeded for the stream, in seconds since 1970.", "source", "stream"),
		cursor:      gauges("cursor_timestamp_seconds", "Up to where the stream has been read, in seconds since 1970 of Notion's time.", "source", "stream"),
		held:        gauges("held_deletes", "Deletes that wait for a person.", "source", "stream"),
		stuck:       gauges("stuck_pages", "Pages that cannot be published.", "source", "stream"),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Namespace: namespace, Name: "run_duration_seconds", Help: "How long runs took, in seconds.",
			Buckets: []float64{0.1, 0.3, 1, 3, 10, 30, 60, 180, 600, 1800, 3600, 7200},
		}, []string{"source"}),
		transactions: counters("transactions_total", "Kafka transactions of the shards, by what became of them.", "outcome"),
		shards:       prometheus.NewGauge(options("shards_owned", "Shards that this instance works on.")),
		mismatches:   prometheus.NewGauge(options("config_mismatch", "Sources that instances of the group define differently.")),
		known:        map[string]bool{},
		succeeded:    map[streamOf]success{},
		paused:       map[string]bool{},
		budgets:      map[string]Budget{},
		schedules:    map[string]Schedule{},
	}
	build := gauges("build_info", "1, of the program that runs.", "version", "commit", "goversion")
	build.WithLabelValues(version, commit, runtime.Version()).Set(1)
	for _, outcome := range outcomes {
		m.transactions.WithLabelValues(outcome)
	}
	m.registry.MustRegister(
		m.requests, m.read, m.published, m.unchanged, m.runs, m.duration, m.lastSuccess, m.cursor, m.held, m.stuck,
		m.transactions, m.shards, m.mismatches, connections{m}, schedules{m}, build,
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

// Registry is where everything is registered; others may add theirs.
func (m *Metrics) Registry() *prometheus.Registry { return m.registry }

// Handler answers a scrape.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{MaxRequestsInFlight: maxScrapes})
}

// maxScrapes bounds the scrapes at a time: anybody may ask for one.
const maxScrapes = 4
