//go:build real

package main_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kgo"

	"notion-kafka/notion/notiontest"
)

// After kill -9 in the middle of a scan, topic and state agree, and the next process
// continues there: every page arrives exactly once.
func TestKilledScan(t *testing.T) {
	const pages, perMinute = 5000, 3 // a hundred rows a query: fifty queries, and one for archived rows
	const inFlight = 16 * 100        // of each window that is read in parallel, one response may be requested again
	moments := map[string]struct {
		query   int
		written bool // kill only when records of that query's rows are in the log
	}{
		"before any row is read":             {query: 1},
		"after a third of the rows":          {query: 17},
		"before the last rows are read":      {query: 50},
		"with the first records written":     {query: 1, written: true},
		"with records of the middle written": {query: 25, written: true},
	}
	for name, moment := range moments {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			gate := newGate(moment.query)
			s := newStage(t, notiontest.Options{Hook: gate.hook})
			db := s.workspace.AddDatabase("Many Pages")
			ids := db.DataSource().AddPages(pages, time.Now().Add(-72*time.Hour), time.Minute/perMinute, func(i int) notiontest.Values {
				return notiontest.Values{"Name": fmt.Sprintf("Page %d", i)}
			})
			topic, stream := s.topic("many_pages"), "database_"+db.ID()

			victim := s.start("once")
			gate.await(victim)
			if moment.written {
				written := s.nextWritten(topic)
				gate.open()
				written()
			}
			victim.kill()
			gate.open()
			if victim.end.code != -1 {
				t.Fatalf("the process ended by itself with exit code %d\n%s%s", victim.end.code, victim.end.out, victim.end.talk)
			}
			inDoubt := s.openTransactions(topic)
			committed := len(byKey(t, s.consume(topic)))
			if known := s.state()[stream].Pages; known != committed {
				t.Errorf("the topic holds %d pages, the state knows %d", committed, known)
			}

			second := s.mustRun("once")
			got := second.streams(t)[stream]
			if got.Published != pages-committed || got.Read < pages-committed || got.Read > pages-committed+inFlight {
				t.Errorf("with %d of %d pages committed, the next process read %d and published %d", committed, pages, got.Read, got.Published)
			}
			published := byKey(t, s.consume(topic))
			if diff := cmp.Diff(slices.Sorted(slices.Values(ids)), sortedKeys(published)); diff != "" {
				t.Errorf("topic %s does not hold every page (-Notion +topic):\n%s", topic, diff)
			}
			t.Logf("killed with %d pages committed, a transaction open: %v; the next process read %d rows, %d of them again, and was done after %v",
				committed, inDoubt, got.Read, got.Read-got.Published, second.took.Round(time.Millisecond))
		})
	}
}

// A gate holds one query of a process back until it is opened.
type gate struct {
	at      int64 // the number of the query
	queries atomic.Int64
	reached chan struct{}
	opened  context.Context
	open    context.CancelFunc
}

func newGate(at int) *gate {
	g := &gate{at: int64(at), reached: make(chan struct{})}
	g.opened, g.open = context.WithCancel(context.Background())
	return g
}

// hook is the workspace's.
func (g *gate) hook(r *http.Request) *notiontest.Fault {
	if strings.HasSuffix(r.URL.Path, "/query") && g.queries.Add(1) == g.at {
		close(g.reached)
		<-g.opened.Done()
	}
	return nil
}

// await waits until a query has arrived at the gate. The gate opens with the end of the
// test at the latest.
func (g *gate) await(c *child) {
	c.t.Helper()
	c.t.Cleanup(g.open)
	select {
	case <-g.reached:
	case <-c.isEnded:
		c.t.Fatalf("%s ended before query %d\n%s%s", c.what, g.at, c.end.out, c.end.talk)
	case <-c.ctx.Done():
		c.t.Fatalf("%s does not come to query %d; so far it wrote\n%s%s", c.what, g.at, c.out, c.talk)
	}
}

// nextWritten returns a function that waits until a new record is written to a topic,
// committed or not.
func (s *stage) nextWritten(topic string) (wait func()) {
	s.t.Helper()
	ends, err := s.admin().ListEndOffsets(s.ctx, topic)
	if err != nil {
		s.t.Fatal(err)
	}
	end, _ := ends.Lookup(topic, 0)
	// Read one older record first, so that the connection is ready.
	from := max(end.Offset-2, 0)
	client, err := kgo.NewClient(kgo.SeedBrokers(s.brokers), kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{
		topic: {0: kgo.NewOffset().At(from)},
	}))
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(client.Close)
	poll := func() (last int64) {
		fetches := client.PollFetches(s.ctx)
		if err := fetches.Err(); err != nil {
			s.t.Fatalf("waiting for records in topic %s: %v", topic, err)
		}
		for r := range fetches.RecordsAll() {
			last = r.Offset
		}
		return last
	}
	if end.Offset > 0 {
		poll()
	}
	return func() {
		for poll() < end.Offset {
		}
	}
}
