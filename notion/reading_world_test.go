package notion_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/oauth2"

	"notion-kafka/notion"
	"notion-kafka/notion/notiontest"
)

// A world is a workspace with one database, and a client that reads it.
type world struct {
	t      *testing.T
	w      *notiontest.Workspace
	db     *notiontest.Database
	client *notion.Client
}

// inWorld runs a test on virtual time, without a request limit.
func inWorld(t *testing.T, options notiontest.Options, test func(t *testing.T, l *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		options.Violation = func(what string) { t.Error("a violation of Notion's contract:", what) }
		if options.RequestsPerMinute == 0 {
			options.RequestsPerMinute = -1
		}
		w := notiontest.New(options)
		l := &world{t: t, w: w}
		l.client = l.through(w.RoundTripper())
		l.db = w.AddDatabase("Books", notiontest.Prop{Name: "Name", Kind: notiontest.KindTitle}, notiontest.Prop{Name: "Pages", Kind: notiontest.KindNumber})
		test(t, l)
	})
}

// through is a client with a transport of its own.
func (l *world) through(transport http.RoundTripper) *notion.Client {
	client, err := notion.NewClient(notion.Options{
		BaseURL: "https://notion.invalid", Transport: transport, Budget: notion.NewBudget(1_000_000, 16),
		Tokens: oauth2.StaticTokenSource(&oauth2.Token{AccessToken: l.w.Token()}),
	})
	if err != nil {
		l.t.Fatal(err)
	}
	return client
}

// addRows adds n rows, created step apart, the first one ago before now.
func (l *world) addRows(n int, ago, step time.Duration) []string {
	return l.db.DataSource().AddPages(n, time.Now().Add(-ago), step, func(i int) notiontest.Values {
		return notiontest.Values{"Pages": i}
	})
}

func (l *world) query() notion.Query { return notion.Query{DataSourceID: l.db.DataSource().ID()} }

// queries is the number of queries so far.
func (l *world) queries() int { return l.w.Counts()[notiontest.EndpointQuery] }

// read reads everything, starts a new reading each time that stop returns true, and
// counts how often each row came. It checks that no row of a window comes after the
// window was reported as read.
func (l *world) read(q notion.Query, stop func() bool) (times map[string]int, err error) {
	times = map[string]int{}
	var spans []notion.Window
	var left []notion.Window
	within := func(created time.Time) bool {
		return slices.ContainsFunc(spans, func(w notion.Window) bool {
			return !created.Before(w.From) && (w.To.IsZero() || created.Before(w.To))
		})
	}
	created := map[string]time.Time{}
	for again := true; again; {
		again = false
		for p, err := range l.client.ReadAll(l.t.Context(), q, left...) {
			if err != nil {
				return times, err
			}
			for _, page := range p.Pages {
				if times[page.ID]++; times[page.ID] == 1 && within(page.CreatedTime) {
					l.t.Errorf("row %s of %v came after its window was reported as read", page.ID, page.CreatedTime)
				}
				created[page.ID] = page.CreatedTime
			}
			spans, left = append(spans, p.Read...), p.Left
			if len(left) > 0 && stop() {
				again = true
				break
			}
		}
	}
	for id, at := range created {
		if !within(at) {
			l.t.Errorf("row %s of %v is in no window that was read", id, at)
		}
	}
	return times, nil
}

func never() bool { return false }

// mustHold fails the test unless each row came exactly once.
func (l *world) mustHold(times map[string]int, rows []string) {
	l.t.Helper()
	missing, doubled := 0, 0
	for _, id := range rows {
		switch n := times[id]; {
		case n == 0:
			missing++
		case n > 1:
			doubled++
		}
	}
	if missing > 0 || doubled > 0 || len(times) != len(rows) {
		l.t.Errorf("%d rows: %d missing, %d more than once, %d read", len(rows), missing, doubled, len(times))
	}
}

// The number of requests of a reading, for different distributions of created_time.
func TestReadingTakesOneRequestForAHundredRows(t *testing.T) {
	tests := map[string]struct {
		rows     int
		step     time.Duration
		requests int // at most
	}{
		"nothing":                    {0, time.Minute, 1},
		"one response":               {100, time.Minute, 1},
		"one row more":               {101, time.Minute, 2},
		"two responses":              {150, time.Minute, 2},
		"three a minute":             {10_000, 20 * time.Second, 110},
		"one an hour":                {10_000, time.Hour, 110},
		"an import in few minutes":   {10_000, 10 * time.Millisecond, 110},
		"more than the cap":          {25_000, 30 * time.Second, 270},
		"all in one minute":          {5_000, 0, 55},
		"nearly the cap in a minute": {18_000, 7 * time.Millisecond, 200},
		"the cap in a minute":        {20_000, 6 * time.Millisecond, 410}, // the cap shows only at the end of the minute
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			inWorld(t, notiontest.Options{Latency: func(*http.Request) time.Duration { return 800 * time.Millisecond }}, func(t *testing.T, l *world) {
				rows := l.addRows(test.rows, 20_000*time.Hour, test.step)
				times, err := l.read(l.query(), never)
				if err != nil {
					t.Fatal(err)
				}
				l.mustHold(times, rows)
				if n := l.queries(); n > test.requests {
					t.Errorf("%d requests for %d rows, want at most %d", n, test.rows, test.requests)
				} else {
					t.Logf("%d requests for %d rows", n, test.rows)
				}
			})
		})
	}
}

// inRandomWorld runs a test in a world of random trouble: clusters of rows, short and
// empty responses, faults, a reading that ends and goes on.
func inRandomWorld(t *testing.T, seed uint64, test func(t *testing.T, l *world, rng *rand.Rand)) {
	rng := rand.New(rand.NewPCG(seed, 1))
	faults := []notiontest.Fault{
		notiontest.InternalError(), notiontest.BadGateway(), notiontest.Unavailable(), notiontest.GatewayTimeout(),
		notiontest.Reset(), notiontest.Cut(), notiontest.Truncated(), notiontest.ShortPage(0), notiontest.ShortPage(1), notiontest.EdgeBlock(),
	}
	var w *notiontest.Workspace
	options := notiontest.Options{
		Seed: seed, RowCap: []int{0, 150, 400}[rng.IntN(3)], LivePages: rng.IntN(2) == 0, FilterMilliseconds: rng.IntN(2) == 0,
		ShortPages: []float64{0, 0.2, 0.6}[rng.IntN(3)],
		Latency:    func(*http.Request) time.Duration { return rand.N(2 * time.Second) },
		Hook: func(r *http.Request) *notiontest.Fault {
			switch rand.N(30) {
			case 0:
				w.ExpireCursors()
			case 1:
				return &faults[rand.N(len(faults))]
			}
			return nil
		},
	}
	inWorld(t, options, func(t *testing.T, l *world) {
		w = l.w
		test(t, l, rng)
	})
}

// addClusters adds clusters of rows of different density, none with more rows in a
// minute than Notion shows.
func (l *world) addClusters(rng *rand.Rand) (rows []string) {
	for range 1 + rng.IntN(4) {
		step := []time.Duration{500 * time.Millisecond, 3 * time.Second, 40 * time.Second, time.Hour}[rng.IntN(4)]
		rows = append(rows, l.addRows(rng.IntN(400), rand.N(10_000*time.Hour), step)...)
	}
	return rows
}

func TestReadingIsCompleteWhateverNotionDoes(t *testing.T) {
	for seed := range uint64(30) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			inRandomWorld(t, seed, func(t *testing.T, l *world, rng *rand.Rand) {
				rows := l.addClusters(rng)
				times, err := l.read(l.query(), func() bool { return rng.IntN(3) == 0 })
				if err != nil {
					t.Fatal(err)
				}
				for id, n := range times { // the next reading reads an unfinished minute again
					times[id] = min(n, 1)
				}
				l.mustHold(times, rows)
			})
		})
	}
}

// Rows that are trashed or edited during a reading shift the others.
func TestReadingLosesNoRowWhileOthersGo(t *testing.T) {
	for seed := range uint64(15) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			inWorld(t, notiontest.Options{Seed: seed, LivePages: true, Latency: func(*http.Request) time.Duration { return time.Second }},
				func(t *testing.T, l *world) {
					rng := rand.New(rand.NewPCG(seed, 2))
					rows := append(l.addRows(600, 9_000*time.Hour, 2*time.Second), l.addRows(600, 8_000*time.Hour, time.Minute)...)
					rng.Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
					going, staying := rows[:300], rows[300:]
					stop := make(chan struct{})
					go func() {
						for _, id := range going {
							select {
							case <-stop:
								return
							case <-time.After(50 * time.Millisecond):
								l.w.Trash(id)
								l.w.Edit(staying[rng.IntN(len(staying))], notiontest.Values{"Pages": -1})
							}
						}
					}()
					times, err := l.read(l.query(), never)
					close(stop)
					if err != nil {
						t.Fatal(err)
					}
					for _, id := range going {
						delete(times, id)
					}
					l.mustHold(times, staying)
				})
		})
	}
}

func TestMinuteWithMoreRowsThanNotionShowsIsAClearError(t *testing.T) {
	inWorld(t, notiontest.Options{RowCap: 1000}, func(t *testing.T, l *world) {
		l.addRows(300, 200*time.Hour, time.Minute)
		l.addRows(1001, 100*time.Hour, 0)
		_, err := l.read(l.query(), never)
		if !errors.Is(err, notion.ErrIncomplete) || !strings.Contains(err.Error(), "in the minute") {
			t.Errorf("error %v", err)
		}
	})
}

func TestReadingOfEditsAsksForThemAlone(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, l *world) {
		rows := l.addRows(2_000, 9_000*time.Hour, time.Minute)
		since := time.Now()
		for _, id := range rows[500:1200] {
			l.w.Edit(id, notiontest.Values{"Pages": -1})
		}
		q := l.query()
		q.EditedOnOrAfter = since
		times, err := l.read(q, never)
		if err != nil {
			t.Fatal(err)
		}
		l.mustHold(times, rows[500:1200])
		if n := l.queries(); n > 9 {
			t.Errorf("%d requests for 700 edited rows", n)
		}
	})
}

func TestReadingEndsWithTheCallersContext(t *testing.T) {
	inWorld(t, notiontest.Options{Latency: func(*http.Request) time.Duration { return time.Second }}, func(t *testing.T, l *world) {
		l.addRows(3_000, 9_000*time.Hour, time.Minute)
		for _, err := range l.client.ReadAll(t.Context(), l.query()) {
			if err != nil {
				t.Error(err)
			}
			break
		}
		synctest.Wait() // the bubble fails where a reader still runs
	})
}

func TestUnsharedDataSourceIsNotFound(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, l *world) {
		l.db.Unshare()
		_, err := l.read(l.query(), never)
		if !errors.Is(err, notion.ErrNotFound) {
			t.Errorf("error %v", err)
		}
	})
}
