//go:build real

package main_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"notion-kafka/notion/notiontest"
)

// A quietSource is a workspace without faults, whose pages people edit. It records when
// it gets requests.
type quietSource struct {
	name      string
	workspace *notiontest.Workspace
	pages     []string
	polled    chan struct{} // closed at the first query of rows

	mu     sync.Mutex
	polls  []time.Time // the times of the first request of each poll, a search
	first  sync.Once
	titles map[string]string // the expected pages in the end, by id
}

func newQuietSource(name string, seed uint64) *quietSource {
	q := &quietSource{name: name, titles: map[string]string{}, polled: make(chan struct{})}
	q.workspace = notiontest.New(notiontest.Options{Token: "ntn_" + name, RequestsPerMinute: -1, Seed: seed})
	db := q.workspace.AddDatabase("Tasks", notiontest.Prop{Name: "Name", Kind: notiontest.KindTitle})
	for n := range 20 {
		title := fmt.Sprintf("task %d", n)
		id := db.AddPage(title, nil)
		q.pages, q.titles[id] = append(q.pages, id), title
	}
	return q
}

// ServeHTTP implements http.Handler.
func (q *quietSource) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case strings.HasSuffix(r.URL.Path, "/search"):
		q.mu.Lock()
		q.polls = append(q.polls, time.Now())
		q.mu.Unlock()
	case strings.HasSuffix(r.URL.Path, "/query"):
		q.first.Do(func() { close(q.polled) })
	}
	q.workspace.ServeHTTP(w, r)
}

func (q *quietSource) awaitPoll(i *instance) {
	i.t.Helper()
	select {
	case <-q.polled:
	case <-i.isEnded:
		i.t.Fatalf("%s ended: %s", i.what, i.end.talk)
	case <-i.ctx.Done():
		i.t.Fatalf("source %s is not read: %s", q.name, lastLines(i.talk.String(), 60))
	}
}

// live edits a page each second.
func (q *quietSource) live(ctx context.Context) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for n := 0; ; n++ {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			id, title := q.pages[n%len(q.pages)], fmt.Sprintf("edit %d", n)
			q.workspace.Edit(id, notiontest.Values{"Name": title})
			q.titles[id] = title
		}
	}
}

// settle waits until every page is in the topic as it is at Notion.
func (q *quietSource) settle(h *hour) {
	h.t.Helper()
	stage, topic := h.stage, h.topic(q.name+".tasks")
	if q == h.apart {
		stage, topic = h.lonely.stage, "notion.apart.tasks"
	}
	began := time.Now()
	missing := len(q.titles)
	for missing > 0 {
		select {
		case <-h.ctx.Done():
			h.t.Errorf("%d edits of source %s never arrived", missing, q.name)
			return
		default:
		}
		missing = 0
		shown := map[string]string{}
		for _, line := range strings.Split(strings.TrimSpace(stage.mustRun("tail", topic, "--from-beginning", "--no-follow").out), "\n") {
			var r record
			var value struct {
				Title string `json:"title"`
			}
			if json.Unmarshal([]byte(line), &r) == nil && json.Unmarshal(r.Value, &value) == nil {
				shown[r.Key] = value.Title
			}
		}
		for id, title := range q.titles {
			if shown[id] != title {
				missing++
			}
		}
	}
	h.t.Logf("every edit of source %s arrived; the last was seen %v after the end", q.name, time.Since(began).Round(100*time.Millisecond))
}

// intervals returns the times between polls.
func (q *quietSource) intervals() string {
	q.mu.Lock()
	defer q.mu.Unlock()
	var apart []time.Duration
	for n := 1; n < len(q.polls); n++ {
		apart = append(apart, q.polls[n].Sub(q.polls[n-1]))
	}
	if len(apart) == 0 {
		return "one poll"
	}
	slices.Sort(apart)
	at := func(percent int) time.Duration { return apart[(len(apart)-1)*percent/100].Round(10 * time.Millisecond) }
	return fmt.Sprintf("%d polls, apart %v at least, %v in the middle, %v in 95 of 100, %v at most", len(q.polls), at(0), at(50), at(95), at(100))
}

// A watch records the resident memory of a process.
type watch struct {
	mu   sync.Mutex
	seen []int // bytes, twice a second
	peak int   // from the kernel
}

func watchMemory(ctx context.Context, i *instance) *watch {
	w := &watch{}
	go func() {
		tick := time.NewTicker(500 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-i.isEnded:
				return
			case <-tick.C:
				w.look(i.pid())
			}
		}
	}()
	return w
}

func (w *watch) look(pid string) {
	text, err := os.ReadFile("/proc/" + pid + "/status")
	if err != nil {
		return // the process ended
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for line := range strings.Lines(string(text)) {
		fields := strings.Fields(line)
		if len(fields) < 2 {
			continue
		}
		kilobytes, _ := strconv.Atoi(fields[1]) // other lines are not numbers
		switch fields[0] {
		case "VmRSS:":
			w.seen = append(w.seen, kilobytes<<10)
		case "VmHWM:":
			w.peak = kilobytes << 10
		}
	}
}

func (w *watch) most() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.peak
}

// String describes the memory in the middle of the time, in its last tenth and at most.
func (w *watch) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.seen) == 0 {
		return "never seen"
	}
	end := slices.Max(w.seen[len(w.seen)*9/10:])
	sorted := slices.Sorted(slices.Values(w.seen))
	return fmt.Sprintf("resident: %d MB in the middle, %d MB at most in the last tenth, %d MB at most", sorted[len(sorted)/2]>>20, end>>20, w.peak>>20)
}

// A tally counts requests by their result.
type tally struct {
	mu   sync.Mutex
	done map[string]int
}

func newTally() *tally { return &tally{done: map[string]int{}} }

func (c *tally) count(what string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.done[what]++
}

func (c *tally) String() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var b strings.Builder
	for _, what := range sortedKeys(c.done) {
		fmt.Fprintf(&b, "  %6d × %s\n", c.done[what], what)
	}
	return b.String()
}

// paced calls do repeatedly, at most so many times a second, until ctx ends. n counts
// the calls.
func paced(ctx context.Context, perSecond int, do func(n uint64)) {
	tick := time.NewTicker(time.Second / time.Duration(perSecond))
	defer tick.Stop()
	for n := uint64(1); ; n++ {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			do(n)
		}
	}
}
