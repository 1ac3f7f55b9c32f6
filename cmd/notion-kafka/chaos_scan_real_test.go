//go:build real

package main_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"notion-kafka/notion/notiontest"
)

// The first scan of 20,000 pages goes on where it was, however often its
// daemon is killed with -9: every page arrives, and arrives once.
func TestScanKilledTenTimes(t *testing.T) {
	if os.Getenv("CHAOS_TIME") == "" {
		t.Skip("takes minutes, because every next daemon waits for the session of the killed one to run out: `make chaos` runs it")
	}
	const pages, kills = 20_000, 10
	seed := chaosSeed(t)
	rng := rand.New(rand.NewPCG(seed, 3))
	scan := newScanMeter()
	// Without Notion's mark of 10,000 rows, past which queries have to be cut.
	s := newStage(t, notiontest.Options{Seed: seed, Hook: scan.hook, RowCap: pages})
	var cancel context.CancelFunc
	s.ctx, cancel = context.WithTimeout(t.Context(), 5*longestTest)
	defer cancel()
	db := s.workspace.AddDatabase("Many Pages")
	ids := db.DataSource().AddPages(pages, time.Now().Add(-30*24*time.Hour), 20*time.Second, func(i int) notiontest.Values {
		return notiontest.Values{"Name": fmt.Sprintf("Page %d", i)}
	})
	topic := s.topic("many_pages")

	moments := rng.Perm(pages/rowsAQuery - 1)[:kills]
	slices.Sort(moments)
	began := time.Now()
	for _, moment := range moments {
		reached := scan.reaches(moment + 1)
		victim := s.startDaemon()
		select {
		case <-reached:
		case <-victim.isEnded:
			t.Fatalf("the daemon ended with exit code %d\n%s", victim.end.code, victim.end.talk)
		case <-s.ctx.Done():
			t.Fatalf("query %d does not come; the daemon wrote\n%s", moment+1, victim.talk)
		}
		// Anything between this query and the next one may be under way.
		time.Sleep(time.Duration(rng.Int64N(int64(40 * time.Millisecond))))
		victim.kill()
	}
	last := s.startDaemon()
	last.await(last.talk, "the scan was done", func(line string) bool {
		return logged("stream done")(line) && strings.Contains(line, topic) && strings.Contains(line, `"status":"succeeded"`)
	})
	took := time.Since(began)

	times := map[string]int{}
	for _, r := range s.history(topic) {
		times[string(r.Key)]++
	}
	doubled := 0
	for id, n := range times {
		if n > 1 {
			doubled++
			t.Errorf("page %s is in the topic %d times", id, n)
		}
	}
	if diff := cmp.Diff(slices.Sorted(slices.Values(ids)), sortedKeys(times)); diff != "" {
		t.Errorf("topic %s does not hold every page (-Notion +topic):\n%s", topic, diff)
	}
	t.Logf("CHAOS_SEED=%d; killed with -9 at about %v of %d queries; %d rows, %d asked again, in %v: lost %d, doubled %d",
		seed, moments, pages/rowsAQuery, pages, int(scan.queries.Load())*rowsAQuery-pages, took.Round(time.Second), len(ids)-len(times), doubled)
}

// rowsAQuery is how many rows a query brings (Notion: query-a-data-source).
const rowsAQuery = 100

// A scanMeter counts the queries of a scan's live rows.
type scanMeter struct {
	queries atomic.Int64
	want    atomic.Int64
	reached chan struct{}
}

func newScanMeter() *scanMeter { return &scanMeter{reached: make(chan struct{}, 1)} }

// reaches tells when query n, counted over all processes, arrives, or the next
// one where that has been.
func (m *scanMeter) reaches(n int) <-chan struct{} {
	m.want.Store(int64(n))
	return m.reached
}

// hook is the workspace's.
func (m *scanMeter) hook(r *http.Request) *notiontest.Fault {
	body, err := io.ReadAll(r.Body)
	if err != nil || !strings.HasSuffix(r.URL.Path, "/query") ||
		bytes.Contains(body, []byte(`"is_archived":true`)) || bytes.Contains(body, []byte(`"last_edited_time"`)) {
		return nil
	}
	if want := m.want.Load(); m.queries.Add(1) >= want && want > 0 && m.want.CompareAndSwap(want, 0) {
		m.reached <- struct{}{}
	}
	return nil
}
