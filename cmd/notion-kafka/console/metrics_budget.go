package console

import (
	"maps"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// A Budget is how many requests Notion allows a source's connection, and how long Notion
// made it wait; *notion.Budget is one.
type Budget interface {
	RequestsPerMinute() int
	Throttled() time.Duration // so far; it never falls
}

// Connection sets the budget of a source. Every scrape reads it while the source is
// known; a later one replaces it.
func (m *Metrics) Connection(source string, budget Budget) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.budgets[source] = budget
}

// connections collects the metrics of the sources' budgets.
type connections struct{ *Metrics }

var (
	throttledSeconds = prometheus.NewDesc(namespace+"_throttled_seconds_total",
		"Seconds that Notion made the connection wait.", []string{"source"}, nil)
	budgetPerMinute = prometheus.NewDesc(namespace+"_budget_requests_per_minute",
		"Requests a minute that Notion allows the connection, as far as is known.", []string{"source"}, nil)
)

// Describe implements prometheus.Collector.
func (c connections) Describe(to chan<- *prometheus.Desc) {
	to <- throttledSeconds
	to <- budgetPerMinute
}

// Collect implements prometheus.Collector.
func (c connections) Collect(to chan<- prometheus.Metric) {
	for source, budget := range c.ofKnown() {
		to <- prometheus.MustNewConstMetric(throttledSeconds, prometheus.CounterValue, budget.Throttled().Seconds(), source)
		to <- prometheus.MustNewConstMetric(budgetPerMinute, prometheus.GaugeValue, float64(budget.RequestsPerMinute()), source)
	}
}

// ofKnown returns the budgets of the known sources.
func (c connections) ofKnown() map[string]Budget {
	c.mu.Lock()
	defer c.mu.Unlock()
	budgets := maps.Clone(c.budgets)
	maps.DeleteFunc(budgets, func(source string, _ Budget) bool { return !c.known[source] })
	return budgets
}
