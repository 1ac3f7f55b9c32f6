//go:build real

package main_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"notion-kafka/notion/notiontest"
)

// A town is a stage with many sources: a workspace with one database for each,
// all behind one listener that tells them apart by their tokens, as Notion does.
type town struct {
	*stage
	houses []*house
	gate   atomic.Pointer[gate] // what holds its queries back; nil: nothing
}

// A house is one source and what it is about.
type house struct {
	source    string
	workspace *notiontest.Workspace
	db        *notiontest.Database
	stream    string
	topic     string
}

// shards is the number of partitions of a state topic, the contract's default.
const shards = 16

func newTown(t *testing.T, parts realParts, longest time.Duration, houses, pages int) *town {
	t.Helper()
	w := &town{stage: emptyStage(t, parts, longest)}
	byToken := map[string]*notiontest.Workspace{}
	var sources strings.Builder
	for n := range houses {
		h := &house{source: fmt.Sprintf("house-%d", n+1)}
		h.workspace = notiontest.New(notiontest.Options{
			Seed: uint64(n + 1), Token: fmt.Sprintf("ntn_house%d", n+1), RequestsPerMinute: -1,
			Violation: func(what string) { t.Errorf("%s: Notion's contract broken: %s", h.source, what) },
		})
		h.db = h.workspace.AddDatabase("Tasks",
			notiontest.Prop{Name: "Name", Kind: notiontest.KindTitle}, notiontest.Prop{Name: versionProperty, Kind: notiontest.KindNumber})
		h.stream, h.topic = "database_"+h.db.ID(), w.topic(h.source+".tasks")
		h.db.DataSource().AddPages(pages, time.Now().Add(-72*time.Hour), time.Second, func(i int) notiontest.Values {
			return notiontest.Values{"Name": fmt.Sprintf("Page %d", i), versionProperty: firstVersion}
		})
		byToken[h.workspace.Token()] = h.workspace
		fmt.Fprintf(&sources, "  - {name: %s, token: %s, topic_prefix: %s.}\n", h.source, h.workspace.Token(), w.topic(h.source))
		w.houses = append(w.houses, h)
	}
	api := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		token := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
		if g := w.gate.Load(); g != nil {
			g.hook(r)
		}
		if workspace := byToken[token]; workspace != nil {
			workspace.ServeHTTP(rw, r)
			return
		}
		t.Error("a request came with a token of no workspace")
		rw.WriteHeader(http.StatusUnauthorized)
	}))
	t.Cleanup(api.Close)
	w.configure(api.URL, sources.String())
	return w
}

// holdQuery holds the next query of a database back until the gate is opened.
func (w *town) holdQuery() *gate {
	g := newGate(1)
	w.gate.Store(g)
	return g
}

// versionProperty holds a number that grows with every edit of a page, so that
// every version of a page is another one, and their order can be told.
const (
	versionProperty = "Version"
	firstVersion    = 1
)
