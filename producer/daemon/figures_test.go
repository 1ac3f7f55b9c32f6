//go:build figures

package daemon

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"notion-kafka/notion"
	"notion-kafka/notion/notiontest"
	"notion-kafka/producer"
	"notion-kafka/producer/control"
	"notion-kafka/producer/schedule"
)

// The figures are measured in worlds of virtual time, so the number of requests to
// Notion and their duration do not depend on the machine. They are printed like results
// of benchmarks, one line each; `make bench` makes a table of them.

// slowNotion is a workspace that answers after 0.8 s, on a plan of so many requests a
// minute. phase moves the beginning of Notion's windows.
func slowNotion(plan int, phase uint64) notiontest.Options {
	return notiontest.Options{Seed: phase, RequestsPerMinute: plan, Latency: func(*http.Request) time.Duration { return answerTime }}
}

const answerTime = 800 * time.Millisecond

// addOffice adds n rows as an office would in 500 days: a few dozen on each working day,
// and seven imports. The fastest import fills a minute, and the slowest takes hours.
func addOffice(db *notiontest.Database, n int) {
	const days, imports = 500, 7
	nothing := func(int) notiontest.Values { return nil }
	source, begin := db.DataSource(), time.Now().Add(-(days+1)*24*time.Hour).Truncate(24*time.Hour)
	imported := n / 12
	for i, ms := range []int{10, 30, 100, 300, 600, 1500, 4000} {
		step := time.Duration(ms) * time.Millisecond
		day := begin.Add(time.Duration(30+i*days/imports) * 24 * time.Hour)
		source.AddPages(imported, day.Add(23*time.Hour), step, nothing)
	}
	left := n - imports*imported
	for day := range days {
		today := left / (days - day)
		left -= today
		source.AddPages(today, begin.Add(time.Duration(day*24+9)*time.Hour), 8*time.Hour/time.Duration(today+1), nothing)
	}
}

// asked is how many requests Notion received, the refused ones among them.
func (w *world) asked() (requests int) {
	for _, n := range w.notion.Counts() {
		requests += n
	}
	return requests
}

// through makes a source send its requests through a budget and, where it is not nil, a
// transport of its own.
func (w *world) through(budget *notion.Budget, transport http.RoundTripper) func(*producer.Source) {
	return func(src *producer.Source) {
		if transport == nil {
			transport = w.notion.RoundTripper()
		}
		client, err := notion.NewClient(notion.Options{
			BaseURL: "https://notion.invalid", Transport: transport, Budget: budget,
			Tokens: oauth2.StaticTokenSource(&oauth2.Token{AccessToken: w.notion.Token()}),
		})
		if err != nil {
			w.t.Fatal(err)
		}
		src.Notion = client
	}
}

// TestFigureFirstRead is the first read of 60,000 rows: the share of Notion's budget
// that it uses, over all its time and in the whole minutes of it, and its requests
// beyond one for 100 rows. Requests that Notion refused count as neither. Windows begin
// at any time, so three and a bit minutes may hold the requests of four windows, and a
// share may be more than 1.
func TestFigureFirstRead(t *testing.T) {
	const rows = 60_000
	for _, plan := range []int{180, 600} {
		for _, known := range []bool{false, true} {
			for _, phase := range []uint64{0, 4, 40} {
				if known && phase > 0 {
					continue // the learned budget is the harder one
				}
				inWorld(t, slowNotion(plan, phase), func(t *testing.T, w *world) {
					addOffice(w.addTasks(0), rows)
					budget, name := notion.NewBudget(0, 0), "learned"
					if known {
						budget, name = notion.NewBudget(plan, 0), "pinned"
					}
					report := w.mustRun(byHand, w.through(budget, nil))
					took := report.FinishedAt.Sub(report.StartedAt)
					whole := took.Truncate(time.Minute)
					inWhole, _, _ := w.answered(report.StartedAt.Add(whole))
					requests, queries, refused := w.answered(time.Now().Add(time.Second))
					fmt.Printf("FirstRead/plan=%d/%s/phase=%d\t%.3f budget-used\t%.3f of-whole-minutes\t%.3f queries/100rows\t%d requests\t%d refused\t%.2f min\n",
						plan, name, phase, share(requests, plan, took), share(inWhole, plan, whole),
						float64(queries)/(rows/100), requests, refused, took.Minutes())
				})
			}
		}
	}
}

// share is the part of a plan's budget that so many requests use.
func share(requests, plan int, in time.Duration) float64 {
	return float64(requests) / (float64(plan) * in.Minutes())
}

// answered counts the requests that Notion answered before a time, and those that it
// refused because the budget was used up.
func (w *world) answered(end time.Time) (requests, queries, refused int) {
	for _, r := range w.notion.Requests() {
		switch {
		case !r.At.Before(end):
		case r.Status == http.StatusTooManyRequests:
			refused++
		default:
			requests++
			if r.Endpoint == notiontest.EndpointQuery {
				queries++
			}
		}
	}
	return requests, queries, refused
}

// TestFigureMassEdit edits 12,000 of 25,000 rows in one minute, more than Notion
// shows of one query.
func TestFigureMassEdit(t *testing.T) {
	const rows, edited = 25_000, 12_000
	inWorld(t, slowNotion(180, 0), func(t *testing.T, w *world) {
		db := w.addTasks(0)
		addOffice(db, rows)
		w.mustRun(byHand)
		w.pass(time.Hour)
		for i, id := range db.Pages(notiontest.Live)[:2*edited] {
			if i%2 == 0 {
				w.notion.Edit(id, notiontest.Values{"Points": i})
			}
		}
		w.pass(time.Hour)
		before := w.asked()
		s := streamOf(w.mustRun(bySchedule), producer.DatabaseStream(db.ID()))
		requests := w.asked()
		w.checkTopic(db, tasksTopic)
		fmt.Printf("MassEdit\t%d edited\t%d published\t%d rows-read\t%d requests\n", edited, s.Published, s.Read, requests-before)
	})
}

// TestFigureKilledScan kills the first read of 30,000 rows half-way. Some rows are
// sent twice without that too: those of the minute in which a response ended.
func TestFigureKilledScan(t *testing.T) {
	const rows = 30_000
	for _, plan := range []int{180, 600} {
		for _, killed := range []bool{false, true} {
			inWorld(t, slowNotion(plan, 0), func(t *testing.T, w *world) {
				db := w.addTasks(0)
				addOffice(db, rows)
				sent := &rowCounter{base: w.notion.RoundTripper()}
				name, committed := "not-killed", 0
				if killed {
					name, committed = "killed", w.killFirstRead(sent, rows/2)
				}
				s := streamOf(w.mustRun(byHand, w.through(notion.NewBudget(0, 0), sent)), producer.DatabaseStream(db.ID()))
				w.checkTopic(db, tasksTopic)
				fmt.Printf("KilledScan/plan=%d/%s\t%d committed-before\t%d published-after\t%d read-after\t%d sent-twice\n",
					plan, name, committed, s.Published, s.Read, sent.rows.Load()-rows)
			})
		}
	}
}

// killFirstRead runs a process that dies when Notion has sent so many rows, and
// returns how many it committed.
func (w *world) killFirstRead(sent *rowCounter, rows int64) (committed int) {
	ctx, die := context.WithCancel(w.t.Context())
	defer die()
	victim := w.start(w.through(notion.NewBudget(0, 0), sent))
	defer victim.cluster.Close()
	sent.passed = func(n int64) {
		if n >= rows {
			_ = victim.cable.cut()
			die()
		}
	}
	if _, err := victim.run(ctx, byHand); err == nil {
		w.t.Fatal("the first read was not killed")
	}
	sent.passed = nil
	w.pass(5 * time.Minute)
	return len(w.records(tasksTopic))
}

// A rowCounter counts the rows that Notion sends, and calls passed where it is set.
type rowCounter struct {
	base   http.RoundTripper
	passed func(rows int64)
	rows   atomic.Int64
}

// RoundTrip implements http.RoundTripper.
func (c *rowCounter) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := c.base.RoundTrip(r)
	if err != nil || !strings.HasSuffix(r.URL.Path, "/query") {
		return resp, err
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	n := c.rows.Add(int64(bytes.Count(body, []byte(`{"object":"page","id"`))))
	if c.passed != nil {
		c.passed(n)
	}
	return resp, nil
}

// TestFigureQuietPoll is a poll of a database where nothing changes: alone, and
// while another one of the same connection is read for the first time.
func TestFigureQuietPoll(t *testing.T) {
	const polls, every = 30, 10 * time.Second
	for _, plan := range []int{180, 600} {
		for _, known := range []bool{false, true} {
			inWorld(t, slowNotion(plan, 4), func(t *testing.T, w *world) {
				small := w.addTasks(10)
				w.mustRun(byHand)
				big := w.notion.AddDatabase("Big", notiontest.Prop{Name: "Name", Kind: notiontest.KindTitle})
				big.DataSource().AddPages(plan*polls*30, time.Now().Add(-400*24*time.Hour), time.Minute, func(int) notiontest.Values { return nil })
				w.pass(time.Hour)
				budget, name := notion.NewBudget(0, 0), "learned"
				if known {
					budget, name = notion.NewBudget(plan, 0), "pinned"
				}
				before := w.queriesOf(small.DataSource())
				p := w.start(w.through(budget, nil))
				p.source.Trigger = schedule.Every{Interval: every}
				reports, stop := w.daemon(p)
				defer stop()
				var took []time.Duration
				for len(took) < polls {
					report := <-reports
					if report.Status != control.Succeeded || streamOf(report, producer.DatabaseStream(big.ID())).Stream != "" {
						t.Fatalf("poll %d: %+v", len(took), report)
					}
					took = append(took, report.FinishedAt.Sub(report.StartedAt))
				}
				queries := w.queriesOf(small.DataSource()) - before - 1 // the run that reads the big one began with a poll
				slices.Sort(took)
				fmt.Printf("QuietPoll/plan=%d/%s\t%.1f s-median\t%.1f s-max\t%.1f s-alone\t%.2f queries/poll\n",
					plan, name, took[polls/2].Seconds(), took[polls-1].Seconds(), (2 * answerTime).Seconds(), float64(queries)/polls)
			})
		}
	}
}

// queriesOf is how many queries of a data source Notion got.
func (w *world) queriesOf(d *notiontest.DataSource) (n int) {
	for _, r := range w.notion.Requests() {
		if r.Endpoint == notiontest.EndpointQuery && strings.Contains(r.URI, d.ID()) {
			n++
		}
	}
	return n
}
