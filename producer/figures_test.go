//go:build figures

package producer

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
	"notion-kafka/producer/schedule"
)

// The figures are measured in worlds of virtual time: what Notion is asked and
// how long it takes does not depend on the machine. They are printed like the
// results of benchmarks, one line each; `make bench` makes a table of them.

// slowNotion is a workspace whose every answer takes 0.8 s, on a plan of so many
// requests a minute; phase moves where Notion's windows begin.
func slowNotion(plan int, phase uint64) notiontest.Options {
	return notiontest.Options{Seed: phase, RequestsPerMinute: plan, Latency: func(*http.Request) time.Duration { return answerTime }}
}

const answerTime = 800 * time.Millisecond

// addOffice adds n rows as an office makes them in 500 days: a few dozen on each
// working day, and seven imports, of which the fastest fills a minute and the
// slowest hours.
func addOffice(db *notiontest.Database, n int) {
	const days, imports = 500, 7
	nothing := func(int) notiontest.Values { return nil }
	source, begin := db.DataSource(), time.Now().Add(-(days+1)*24*time.Hour).Truncate(24*time.Hour)
	imported := n / 12
	for i, step := range []time.Duration{10, 30, 100, 300, 600, 1500, 4000} {
		day := begin.Add(time.Duration(30+i*days/imports) * 24 * time.Hour)
		source.AddPages(imported, day.Add(23*time.Hour), step*time.Millisecond, nothing)
	}
	left := n - imports*imported
	for day := range days {
		today := left / (days - day)
		left -= today
		source.AddPages(today, begin.Add(time.Duration(day*24+9)*time.Hour), 8*time.Hour/time.Duration(today+1), nothing)
	}
}

// asked is how many requests Notion got, and how many of them were queries.
func (w *world) asked() (requests, queries int) {
	counts := w.notion.Counts()
	for _, n := range counts {
		requests += n
	}
	return requests, counts[notiontest.EndpointQuery]
}

// through lets a source ask through a budget and, where it is not nil, a
// transport of its own.
func (w *world) through(budget *notion.Budget, transport http.RoundTripper) func(*Source) {
	return func(src *Source) {
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

// TestFigureFirstRead is the first read of 60,000 rows: how much of Notion's
// budget it uses while it goes on, and what it asks beyond a request for 100 rows.
func TestFigureFirstRead(t *testing.T) {
	const rows = 60_000
	for _, plan := range []int{180, 600} {
		for _, known := range []bool{false, true} {
			for _, phase := range []uint64{0, 4, 40} {
				inWorld(t, slowNotion(plan, phase), func(t *testing.T, w *world) {
					addOffice(w.addTasks(0), rows)
					budget, name := notion.NewBudget(0, 0), "learned"
					if known {
						budget, name = notion.NewBudget(plan, 0), "pinned"
					}
					report := w.mustRun(byHand, w.through(budget, nil))
					requests, queries := w.asked()
					minutes := report.FinishedAt.Sub(report.StartedAt).Minutes()
					fmt.Printf("FigureFirstRead/plan=%d/%s/phase=%d 1 %.3f budget-used %.3f queries/100rows %d requests %.2f min\n",
						plan, name, phase, float64(requests)/(float64(plan)*minutes), float64(queries)/(rows/100), requests, minutes)
				})
			}
		}
	}
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
		before, _ := w.asked()
		s := w.mustRun(bySchedule).stream(DatabaseStream(db.ID()))
		requests, _ := w.asked()
		w.checkTopic(db, tasksTopic)
		fmt.Printf("FigureMassEdit 1 %d edited %d published %d rows-read %d requests\n", edited, s.Published, s.Read, requests-before)
	})
}

// TestFigureKilledScan kills the first read of 30,000 rows half-way.
func TestFigureKilledScan(t *testing.T) {
	const rows = 30_000
	for _, plan := range []int{180, 600} {
		inWorld(t, slowNotion(plan, 0), func(t *testing.T, w *world) {
			db := w.addTasks(0)
			addOffice(db, rows)
			ctx, die := context.WithCancel(t.Context())
			defer die()
			counter := &rowCounter{base: w.notion.RoundTripper()}
			victim := w.start(w.through(notion.NewBudget(0, 0), counter))
			defer victim.cluster.Close()
			counter.passed = func(n int) {
				if n >= rows/2 {
					_ = victim.cable.cut()
					die()
				}
			}
			if _, err := victim.run(ctx, byHand); err == nil {
				t.Fatal("the first read was not killed")
			}
			committed, answered := len(w.records(tasksTopic)), counter.rows.Load()
			w.pass(5 * time.Minute)
			counter.passed = func(int) {}
			s := w.mustRun(byHand, w.through(notion.NewBudget(0, 0), counter)).stream(DatabaseStream(db.ID()))
			w.checkTopic(db, tasksTopic)
			fmt.Printf("FigureKilledScan/plan=%d 1 %d rows-when-killed %d committed %d read-after %d published-after %d asked-again\n",
				plan, answered, committed, s.Read, s.Published, counter.rows.Load()-rows)
		})
	}
}

// A rowCounter counts the rows that Notion sends.
type rowCounter struct {
	base   http.RoundTripper
	passed func(rows int)
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
	c.passed(int(c.rows.Add(int64(bytes.Count(body, []byte(`{"object":"page"`))))))
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
				p := w.start(w.through(budget, nil))
				p.source.Trigger = schedule.Every{Interval: every}
				reports, stop := w.daemon(p)
				defer stop()
				var took []time.Duration
				for len(took) < polls {
					report := <-reports
					if report.Status != Succeeded || report.stream(DatabaseStream(big.ID())).Stream != "" {
						t.Fatalf("poll %d: %+v", len(took), report)
					}
					took = append(took, report.FinishedAt.Sub(report.StartedAt))
				}
				queries := 0
				for _, r := range w.notion.Requests() {
					if strings.Contains(r.URI, small.DataSource().ID()) && strings.HasSuffix(r.URI, "/query") {
						queries++
					}
				}
				slices.Sort(took)
				fmt.Printf("FigureQuietPoll/plan=%d/%s 1 %.1f s-median %.1f s-max %.1f s-alone %d queries/%d-polls\n",
					plan, name, took[polls/2].Seconds(), took[polls-1].Seconds(), (2 * answerTime).Seconds(), queries, polls)
			})
		}
	}
}
