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

// A sourceStage is a stage with many sources: a workspace for each, all behind one
// listener that distinguishes them by their tokens, as Notion does.
type sourceStage struct {
	*stage
	sources []*testSource
	gate    atomic.Pointer[gate] // holds its queries back; nil: none

	silence atomic.Pointer[silence] // put before all of its Notion; nil: none
}

// A testSource is one source: a workspace whose databases are streams, and the history
// of their pages.
type testSource struct {
	*chronicle
	source    string
	habits    habits
	databases []*testDatabase
}

// A testDatabase is one database of a source, with its stream and topic.
type testDatabase struct {
	notion *notiontest.Database
	stream string
	topic  string
}

// A layout is how a sourceStage is built.
type layout struct {
	sources, databases, pages int      // numbers of sources, of databases in each, of pages in each
	habits                    []habits // by source; the others have the defaults
	links                     bool     // some pages have a relation so long that Notion cuts it
}

// habits are settings of a source; "" is the default.
type habits struct{ sync, deletes, sweep string }

func (h habits) yaml() string {
	text := ""
	for _, setting := range [][2]string{{"sync", h.sync}, {"deletes", h.deletes}, {"sweep", h.sweep}} {
		if setting[1] != "" {
			text += ", " + setting[0] + ": " + setting[1]
		}
	}
	return text
}

// shards is the number of partitions of a state topic, the contract's default.
const shards = 16

func newSourceStage(t *testing.T, parts realParts, longest time.Duration, plan layout) *sourceStage {
	t.Helper()
	w := &sourceStage{stage: emptyStage(t, parts, longest)}
	byToken := map[string]*notiontest.Workspace{}
	var sources strings.Builder
	for n := range plan.sources {
		src := &testSource{source: fmt.Sprintf("source-%d", n+1)}
		if n < len(plan.habits) {
			src.habits = plan.habits[n]
		}
		src.chronicle = newChronicle(t, notiontest.New(notiontest.Options{
			Seed: uint64(n + 1), Token: fmt.Sprintf("ntn_source%d", n+1), RequestsPerMinute: -1,
			Violation: func(what string) { t.Errorf("%s: Notion's contract broken: %s", src.source, what) },
		}))
		var targets []string
		if plan.links {
			targets = src.addCatalog()
		}
		for number := range plan.databases {
			src.databases = append(src.databases, w.addDatabase(src, number, plan.pages, targets))
		}
		token := src.workspace.Token()
		byToken[token] = src.workspace
		fmt.Fprintf(&sources, "  - {name: %s, token: %s, topic_prefix: %s., streams: [{match: %q, enabled: false}, {match: databases}, {match: \"database_*\"}]%s}\n",
			src.source, token, w.topic(src.source), "title:"+catalogTitle, src.habits.yaml())
		w.sources = append(w.sources, src)
	}
	all := http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
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
	})
	api := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		var notion http.Handler = all
		if s := w.silence.Load(); s != nil {
			notion = s.before(notion)
		}
		notion.ServeHTTP(rw, r)
	}))
	t.Cleanup(api.Close)
	w.configure(api.URL, sources.String())
	return w
}

// versionProperty holds a number that every edit of a page changes, so that all
// versions differ.
const (
	versionProperty = "Version"
	firstVersion    = 1
)

// With links, every twentieth of the first pages has more related pages than Notion
// lists of a relation (Notion: retrieve-a-page, 25 references). They are in a database
// that nobody edits and that is not a stream.
const (
	linksProperty = "Links"
	catalogTitle  = "Catalog"
	linksAPage    = 30
	linkedEvery   = 20
)

func (src *testSource) addCatalog() (targets []string) {
	catalog := src.workspace.AddDatabase(catalogTitle)
	return catalog.DataSource().AddPages(linksAPage, time.Now().Add(-96*time.Hour), time.Minute, func(int) notiontest.Values { return nil })
}

// addDatabase adds a database with pages of three days ago.
func (w *sourceStage) addDatabase(src *testSource, number, pages int, targets []string) *testDatabase {
	props := []notiontest.Prop{{Name: "Name", Kind: notiontest.KindTitle}, {Name: versionProperty, Kind: notiontest.KindNumber}}
	if targets != nil {
		props = append(props, notiontest.Prop{Name: linksProperty, Kind: notiontest.KindRelation})
	}
	name := []string{"Tasks", "Done Tasks"}[number]
	db := &testDatabase{notion: src.workspace.AddDatabase(name, props...)}
	db.stream, db.topic = "database_"+db.notion.ID(), w.topic(src.source+"."+strings.ReplaceAll(strings.ToLower(name), " ", "_"))
	linked := func(i int) bool { return targets != nil && i%linkedEvery == 0 }
	ids := db.notion.DataSource().AddPages(pages, time.Now().Add(-72*time.Hour), time.Second, func(i int) notiontest.Values {
		values := notiontest.Values{"Name": fmt.Sprintf("Page %d", i), versionProperty: firstVersion}
		if linked(i) {
			values[linksProperty] = targets
		}
		return values
	})
	for i, id := range ids {
		if linked(i) {
			src.links[id] = targets
		}
		src.note(id)
	}
	return db
}

// holdQuery holds the next query of a database back until the gate is opened.
func (w *sourceStage) holdQuery() *gate {
	g := newGate(1)
	w.gate.Store(g)
	return g
}
