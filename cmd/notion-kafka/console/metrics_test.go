package console

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"notion-kafka/producer/control"
)

type fixedBudget struct {
	throttled time.Duration
	perMinute int
}

func (b fixedBudget) Throttled() time.Duration { return b.throttled }
func (b fixedBudget) RequestsPerMinute() int   { return b.perMinute }

// series returns our own series of a scrape by name and labels, without the buckets of
// histograms.
type series map[string]float64

func scrape(t *testing.T, m *Metrics) series {
	t.Helper()
	answer := httptest.NewRecorder()
	m.Handler().ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	if answer.Code != http.StatusOK {
		t.Fatalf("status %d\n%s", answer.Code, answer.Body)
	}
	found := series{}
	for line := range strings.Lines(answer.Body.String()) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), "} ")
		if name == strings.TrimSpace(line) {
			name, value, _ = strings.Cut(name, " ")
		} else {
			name += "}"
		}
		if !strings.HasPrefix(name, "notion_kafka_") || strings.Contains(name, "_bucket{") {
			continue
		}
		number, err := strconv.ParseFloat(value, 64)
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		found[strings.TrimPrefix(name, "notion_kafka_")] = number
	}
	return found
}

// since returns the new and the changed series.
func (s series) since(before series) series {
	changed := maps.Clone(s)
	maps.DeleteFunc(changed, func(name string, value float64) bool {
		old, was := before[name]
		return was && old == value
	})
	return changed
}

func TestMetricsBeginAtZero(t *testing.T) {
	m := NewMetrics("v1.2.3", "abc")
	none := series{
		`build_info{commit="abc",goversion="` + runtime.Version() + `",version="v1.2.3"}`: 1,
		`config_mismatch`: 0, `shards_owned`: 0,
		`transactions_total{outcome="aborted"}`: 0, `transactions_total{outcome="committed"}`: 0, `transactions_total{outcome="fenced"}`: 0,
	}
	if diff := cmp.Diff(none, scrape(t, m)); diff != "" {
		t.Errorf("with no source (-want +got)\n%s", diff)
	}
	m.Connection("acme", fixedBudget{1500 * time.Millisecond, 600})
	m.Connection("other", fixedBudget{time.Second, 180}) // its runs are another instance's
	m.Known("acme")
	want := series{
		`budget_requests_per_minute{source="acme"}`:          600,
		`throttled_seconds_total{source="acme"}`:             1.5,
		`run_duration_seconds_count{source="acme"}`:          0,
		`run_duration_seconds_sum{source="acme"}`:            0,
		`runs_total{source="acme",status="cancelled"}`:       0,
		`runs_total{source="acme",status="failed"}`:          0,
		`runs_total{source="acme",status="needs_attention"}`: 0,
		`runs_total{source="acme",status="succeeded"}`:       0,
		`source_needs_reconnect{source="acme"}`:              0,
	}
	if diff := cmp.Diff(want, scrape(t, m).since(none)); diff != "" {
		t.Errorf("of a new source (-want +got)\n%s", diff)
	}
	before := scrape(t, m)
	m.Read("acme", "database_1", 0)
	want = series{
		`rows_read_total{source="acme",stream="database_1"}`:                    0,
		`rows_unchanged_total{source="acme",stream="database_1"}`:               0,
		`rows_published_total{op="create",source="acme",stream="database_1"}`:   0,
		`rows_published_total{op="delete",source="acme",stream="database_1"}`:   0,
		`rows_published_total{op="snapshot",source="acme",stream="database_1"}`: 0,
		`rows_published_total{op="update",source="acme",stream="database_1"}`:   0,
	}
	if diff := cmp.Diff(want, scrape(t, m).since(before)); diff != "" {
		t.Errorf("of a new stream (-want +got)\n%s", diff)
	}
}

// began is when the runs of these tests start.
var began = time.Date(2026, 10, 1, 6, 0, 0, 0, time.UTC)

// exampleRun ran for 90 seconds; each of its streams has another status.
func exampleRun() control.Run {
	return control.Run{
		Source: "acme", Status: control.Failed, StartedAt: began, FinishedAt: began.Add(90 * time.Second),
		Streams: []control.StreamRun{
			{Stream: "databases", Status: control.Succeeded},
			{Stream: "database_1", Status: control.NeedsAttention, Held: 21, Stuck: 2, Cursor: began.Add(-2 * time.Minute)},
			{Stream: "database_2", Status: control.Failed},
			{Stream: "database_3", Status: control.Cancelled, Held: 1},
		},
	}
}

func TestMetricsCount(t *testing.T) {
	tests := map[string]struct {
		count func(m *Metrics)
		want  series
	}{
		"a request": {
			func(m *Metrics) {
				m.Request("acme", "POST /v1/search", 200)
				m.Request("acme", "POST /v1/search", 200)
				m.Request("acme", "GET /v1/pages/{id}", 0)
			},
			series{
				`requests_total{code="200",endpoint="POST /v1/search",source="acme"}`:  2,
				`requests_total{code="0",endpoint="GET /v1/pages/{id}",source="acme"}`: 1,
			},
		},
		"rows": {
			func(m *Metrics) {
				m.Read("acme", "databases", 5)
				m.Published("acme", "databases", "update", 2)
				m.Unchanged("acme", "databases", 3)
			},
			series{
				`rows_read_total{source="acme",stream="databases"}`:                  5,
				`rows_published_total{op="update",source="acme",stream="databases"}`: 2,
				`rows_unchanged_total{source="acme",stream="databases"}`:             3,
			},
		},
		"a run": {
			func(m *Metrics) { m.RunEnded(exampleRun()) },
			series{
				`runs_total{source="acme",status="failed"}`:                   1,
				`run_duration_seconds_count{source="acme"}`:                   1,
				`run_duration_seconds_sum{source="acme"}`:                     90,
				`cursor_timestamp_seconds{source="acme",stream="database_1"}`: float64(began.Unix() - 120),
				`held_deletes{source="acme",stream="database_1"}`:             21,
				`stuck_pages{source="acme",stream="database_1"}`:              2,
			},
		},
		"a run that never began": {
			func(m *Metrics) {
				m.RunEnded(control.Run{Source: "acme", Status: control.Cancelled, FinishedAt: began})
			},
			series{`runs_total{source="acme",status="cancelled"}`: 1},
		},
		"what concerns no source": {
			func(m *Metrics) {
				m.Transaction("committed")
				m.Transaction("fenced")
				m.Shards(7)
				m.Mismatches(1)
			},
			series{
				`transactions_total{outcome="committed"}`: 1, `transactions_total{outcome="fenced"}`: 1,
				`shards_owned`: 7, `config_mismatch`: 1,
			},
		},
		"a source that is known again": {func(m *Metrics) { m.Known("acme") }, series{}},
		"a new connection": {
			func(m *Metrics) { m.Connection("acme", fixedBudget{time.Second, 180}) },
			series{`budget_requests_per_minute{source="acme"}`: 180, `throttled_seconds_total{source="acme"}`: 1},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			m := NewMetrics("v1", "abc")
			m.Connection("acme", fixedBudget{0, 600})
			m.Known("acme")
			for _, s := range exampleRun().Streams[:3] {
				m.Read("acme", s.Stream, 0)
			}
			before := scrape(t, m)
			test.count(m)
			changed := scrape(t, m).since(before)
			maps.DeleteFunc(changed, func(name string, value float64) bool {
				return value == 0 && !strings.Contains(name, "database_3")
			})
			if diff := cmp.Diff(test.want, changed); diff != "" {
				t.Errorf("changed (-want +got)\n%s", diff)
			}
		})
	}
}

// The gauges have the values of the last run that was not cancelled.
func TestMetricsOfStreamsFollowTheirRuns(t *testing.T) {
	m := NewMetrics("v1", "abc")
	m.Known("acme")
	told := exampleRun()
	told.Streams = told.Streams[1:2]
	m.RunEnded(told)
	cancelled := told
	cancelled.Streams = []control.StreamRun{{Stream: "database_1", Status: control.Cancelled}}
	m.RunEnded(cancelled)
	held := `held_deletes{source="acme",stream="database_1"}`
	if got := scrape(t, m)[held]; got != 21 {
		t.Errorf("%v held after a run that was cancelled, want 21", got)
	}
	good := told
	good.Streams = []control.StreamRun{{Stream: "database_1", Status: control.Succeeded}}
	m.RunEnded(good)
	if got := scrape(t, m)[held]; got != 0 {
		t.Errorf("%v held after a run that found none, want 0", got)
	}
}

// twoSuccesses are a stream that is overdue at some time, and one that never is.
func twoSuccesses() []control.Success {
	return []control.Success{{Stream: "databases", At: began}, {Stream: "database_1", At: began, Overdue: began.Add(time.Hour)}}
}

// The times of successes and when streams are overdue are those of now, from the latest
// definition of the source; a source that is not known has none.
func TestMetricsOfSuccesses(t *testing.T) {
	m := NewMetrics("v1", "abc")
	m.Successes("other", twoSuccesses)
	m.Known("acme")
	m.Successes("acme", func() []control.Success { return []control.Success{{Stream: "databases", Overdue: began}} }) // before an edit
	before := scrape(t, m)
	now := twoSuccesses()
	m.Successes("acme", func() []control.Success { return now })
	want := series{
		`last_success_timestamp_seconds{source="acme",stream="databases"}`:  float64(began.Unix()),
		`last_success_timestamp_seconds{source="acme",stream="database_1"}`: float64(began.Unix()),
		`overdue_timestamp_seconds{source="acme",stream="database_1"}`:      float64(began.Unix() + 3600),
	}
	if diff := cmp.Diff(want, scrape(t, m).since(before)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	now = now[:1]
	for name := range scrape(t, m) {
		if strings.Contains(name, "database_1") || strings.HasPrefix(name, "overdue") {
			t.Errorf("%s is there, and no success has it any more", name)
		}
	}
}

// A source that waits to be connected shows until it is: a changed definition and runs
// that end do not hide it.
func TestMetricsOfASourceThatNeedsReconnecting(t *testing.T) {
	m := NewMetrics("v1", "abc")
	m.Known("acme")
	for _, needs := range []bool{true, false, true} {
		m.NeedsReconnect("acme", needs)
		m.Known("acme")
		m.RunEnded(exampleRun())
		if got := scrape(t, m)[`source_needs_reconnect{source="acme"}`]; (got == 1) != needs {
			t.Errorf("needs reconnecting: %t, the metric is %v", needs, got)
		}
	}
	m.NeedsReconnect("other", true) // another instance's
	if _, is := scrape(t, m)[`source_needs_reconnect{source="other"}`]; is {
		t.Error("a source that is not known has a series")
	}
}

// A forgotten source leaves no series, and later events bring none back.
func TestMetricsForgetASource(t *testing.T) {
	m := NewMetrics("v1", "abc")
	m.Known("other")
	before := scrape(t, m)
	known := func() {
		m.Connection("acme", fixedBudget{time.Second, 180})
		m.Successes("acme", twoSuccesses)
		m.Known("acme")
	}
	feed := func() {
		m.Request("acme", "POST /v1/search", 200)
		m.Read("acme", "databases", 1)
		m.Published("acme", "databases", "create", 1)
		m.Unchanged("acme", "databases", 1)
		m.RunEnded(exampleRun())
		m.NeedsReconnect("acme", true)
	}
	known()
	feed()
	counted := scrape(t, m).since(before)
	m.Forget("acme")
	feed()
	if diff := cmp.Diff(before, scrape(t, m)); diff != "" {
		t.Errorf("left behind (-before +after)\n%s", diff)
	}
	known()
	feed()
	if diff := cmp.Diff(counted, scrape(t, m).since(before)); diff != "" {
		t.Errorf("known again (-first time +now)\n%s", diff)
	}
	m.Forget("acme")
	m.Known("acme")
	feed()
	maps.DeleteFunc(counted, func(name string, _ float64) bool {
		return strings.HasPrefix(name, "overdue") || strings.HasPrefix(name, "last_success") || strings.HasPrefix(name, "budget") || strings.HasPrefix(name, "throttled")
	})
	if diff := cmp.Diff(counted, scrape(t, m).since(before)); diff != "" {
		t.Errorf("known again, with no word of its connection and successes (-want +got)\n%s", diff)
	}
}

// Every metric has a help text and a unit; those of Go and the process are there too.
func TestMetricsAreDescribed(t *testing.T) {
	m := NewMetrics("v1", "abc")
	m.Connection("acme", fixedBudget{})
	m.Successes("acme", twoSuccesses)
	m.Known("acme")
	m.RunEnded(exampleRun())
	families, err := m.Registry().Gather()
	if err != nil {
		t.Fatal(err)
	}
	others := map[string]bool{}
	unit := regexp.MustCompile(`_(seconds|minute)\b`)
	for _, family := range families {
		name, help := family.GetName(), family.GetHelp()
		kind, _, _ := strings.Cut(name, "_")
		if others[kind] = true; kind != "notion" {
			continue
		}
		if !strings.HasSuffix(help, ".") {
			t.Errorf("%s: %q is no sentence", name, help)
		}
		if found := unit.FindStringSubmatch(name); found != nil && !strings.Contains(strings.ToLower(help), found[1]) {
			t.Errorf("%s: %q does not say that it is in %s", name, help, found[1])
		}
	}
	if diff := cmp.Diff(map[string]bool{"notion": true, "go": true, "process": true}, others); diff != "" {
		t.Errorf("first words (-want +got)\n%s", diff)
	}
}
