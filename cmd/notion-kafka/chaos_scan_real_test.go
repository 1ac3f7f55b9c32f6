//go:build real

package main_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"notion-kafka/notion/notiontest"
)

// The first scan of 20,000 pages continues where it was, however often its daemon is
// killed with -9: every page arrives exactly once.
func TestScanKilledTenTimes(t *testing.T) {
	if os.Getenv("CHAOS_TIME") == "" {
		t.Skip("takes minutes, because every next daemon waits for the session of the killed one to run out: `make chaos` runs it")
	}
	const pages, kills = 20_000, 10
	seed := chaosSeed(t)
	rng := rand.New(rand.NewPCG(seed, 3))
	scan := newScanMeter()
	// Notion's limit of 10,000 rows, past which queries have to be split, is off.
	s := newStageBehind(t, sharedParts(t), 5*longestTest, notiontest.Options{Seed: seed, RowCap: pages}, scan.around)
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
		// The kill can hit anything between this query and the next one.
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
	scan.mu.Lock()
	defer scan.mu.Unlock()
	t.Logf("CHAOS_SEED=%d; killed with -9 at about %v of %d queries; %d rows, %d shown again, in %d queries and %v: lost %d, doubled %d",
		seed, moments, pages/rowsAQuery, pages, scan.again, scan.queries, took.Round(time.Second), len(ids)-len(times), doubled)
}

// rowsAQuery is how many rows a query returns (Notion: query-a-data-source).
const rowsAQuery = 100

// A scanMeter counts the queries for a scan's live rows, and the rows in their
// responses.
type scanMeter struct {
	mu      sync.Mutex
	queries int
	want    int             // the number of the query to wait for; 0: none
	shown   map[string]bool // by page
	again   int             // rows that were returned before
	reached chan struct{}
}

func newScanMeter() *scanMeter {
	return &scanMeter{shown: map[string]bool{}, reached: make(chan struct{}, 1)}
}

// reaches signals the arrival of query n, counted over all processes, or of the next
// query if that has arrived.
func (m *scanMeter) reaches(n int) <-chan struct{} {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.want = n
	return m.reached
}

// around puts the meter before Notion.
func (m *scanMeter) around(workspace http.Handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			panic(http.ErrAbortHandler) // the process has ended
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		if !strings.HasSuffix(r.URL.Path, "/query") ||
			bytes.Contains(body, []byte(`"is_archived":true`)) || bytes.Contains(body, []byte(`"last_edited_time"`)) {
			workspace.ServeHTTP(rw, r)
			return
		}
		m.arrives()
		answer := httptest.NewRecorder()
		workspace.ServeHTTP(answer, r)
		m.shows(answer.Body.Bytes())
		maps.Copy(rw.Header(), answer.Header())
		rw.WriteHeader(answer.Code)
		_, _ = rw.Write(answer.Body.Bytes()) // fails if the process was killed meanwhile
	})
}

func (m *scanMeter) arrives() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.queries++; m.want > 0 && m.queries >= m.want {
		m.want = 0
		m.reached <- struct{}{}
	}
}

// shows counts the rows of a response, whether or not the process lives to read them.
func (m *scanMeter) shows(answer []byte) {
	var list struct {
		Results []struct{ ID string }
	}
	if err := json.Unmarshal(answer, &list); err != nil {
		panic(err) // the workspace responds with JSON only here
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, row := range list.Results {
		if m.shown[row.ID] {
			m.again++
		}
		m.shown[row.ID] = true
	}
}
