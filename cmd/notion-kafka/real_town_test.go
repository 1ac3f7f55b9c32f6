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

// A town is a stage with many sources: a workspace for each, all behind one listener
// that distinguishes them by their tokens, as Notion does.
type town struct {
	*stage
	houses []*house
	gate   atomic.Pointer[gate] // holds its queries back; nil: none

	silence atomic.Pointer[silence] // put before all of its Notion; nil: none
}

// A house is one source: a workspace whose databases are streams, and the history of
// their pages.
type house struct {
	*chronicle
	source string
	habits habits
	rooms  []*room
}

// A room is one database of a house.
type room struct {
	db     *notiontest.Database
	stream string
	topic  string
}

// A layout is how a town is built.
type layout struct {
	houses, rooms, pages int      // numbers of houses, of rooms in each, of pages in each
	habits               []habits // by house; the others have the defaults
	links                bool     // some pages have a relation so long that Notion cuts it
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

func newTown(t *testing.T, parts realParts, longest time.Duration, plan layout) *town {
	t.Helper()
	w := &town{stage: emptyStage(t, parts, longest)}
	byToken := map[string]*notiontest.Workspace{}
	var sources strings.Builder
	for n := range plan.houses {
		h := &house{source: fmt.Sprintf("house-%d", n+1)}
		if n < len(plan.habits) {
			h.habits = plan.habits[n]
		}
		h.chronicle = newChronicle(t, notiontest.New(notiontest.Options{
			Seed: uint64(n + 1), Token: fmt.Sprintf("ntn_house%d", n+1), RequestsPerMinute: -1,
			Violation: func(what string) { t.Errorf("%s: Notion's contract broken: %s", h.source, what) },
		}))
		var targets []string
		if plan.links {
			targets = h.addCatalog()
		}
		for number := range plan.rooms {
			h.rooms = append(h.rooms, w.addRoom(h, number, plan.pages, targets))
		}
		token := h.workspace.Token()
		byToken[token] = h.workspace
		fmt.Fprintf(&sources, "  - {name: %s, token: %s, topic_prefix: %s., streams: [{match: %q, enabled: false}, {match: databases}, {match: \"database_*\"}]%s}\n",
			h.source, token, w.topic(h.source), "title:"+catalogTitle, h.habits.yaml())
		w.houses = append(w.houses, h)
	}
	houses := http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
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
		var notion http.Handler = houses
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

// In a town with links, every twentieth of the first pages has more related pages than
// Notion lists of a relation (Notion: retrieve-a-page, 25 references). They are in a
// database that nobody edits and that is not a stream.
const (
	linksProperty = "Links"
	catalogTitle  = "Catalog"
	linksAPage    = 30
	linkedEvery   = 20
)

func (h *house) addCatalog() (targets []string) {
	catalog := h.workspace.AddDatabase(catalogTitle)
	return catalog.DataSource().AddPages(linksAPage, time.Now().Add(-96*time.Hour), time.Minute, func(int) notiontest.Values { return nil })
}

// addRoom adds a database with pages of three days ago.
func (w *town) addRoom(h *house, number, pages int, targets []string) *room {
	props := []notiontest.Prop{{Name: "Name", Kind: notiontest.KindTitle}, {Name: versionProperty, Kind: notiontest.KindNumber}}
	if targets != nil {
		props = append(props, notiontest.Prop{Name: linksProperty, Kind: notiontest.KindRelation})
	}
	name := []string{"Tasks", "Done Tasks"}[number]
	rm := &room{db: h.workspace.AddDatabase(name, props...)}
	rm.stream, rm.topic = "database_"+rm.db.ID(), w.topic(h.source+"."+strings.ReplaceAll(strings.ToLower(name), " ", "_"))
	linked := func(i int) bool { return targets != nil && i%linkedEvery == 0 }
	ids := rm.db.DataSource().AddPages(pages, time.Now().Add(-72*time.Hour), time.Second, func(i int) notiontest.Values {
		values := notiontest.Values{"Name": fmt.Sprintf("Page %d", i), versionProperty: firstVersion}
		if linked(i) {
			values[linksProperty] = targets
		}
		return values
	})
	for i, id := range ids {
		if linked(i) {
			h.links[id] = targets
		}
		h.note(id)
	}
	return rm
}

// holdQuery holds the next query of a database back until the gate is opened.
func (w *town) holdQuery() *gate {
	g := newGate(1)
	w.gate.Store(g)
	return g
}
