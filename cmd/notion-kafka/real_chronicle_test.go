//go:build real

package main_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"notion-kafka/notion"
	"notion-kafka/notion/notiontest"
)

// A chronicle is the history of everything that Notion has shown of the pages of a
// workspace: whatever is published has to be in it. Pages are changed only through the
// chronicle, by one goroutine at a time.
type chronicle struct {
	t         *testing.T
	workspace *notiontest.Workspace
	lives     map[string][]moment // by page; consecutive ones differ
	hidden    map[string]bool     // pages that the connection cannot see
	quiet     map[string]bool     // pages whose last change has no new edit time, which a read from the cursor need not see
	links     map[string][]string // by page: the relation of which Notion lists only the beginning
}

// A moment is a state of a page.
type moment struct {
	database string // the database that it is a row of; "" if none
	lost     string // why no stream has it: trashed or gone; "" if one may have it
	hash     uint64 // the fingerprint of the page as Notion shows it
	at       time.Time
}

func newChronicle(t *testing.T, workspace *notiontest.Workspace) *chronicle {
	return &chronicle{
		t: t, workspace: workspace,
		lives: map[string][]moment{}, hidden: map[string]bool{}, quiet: map[string]bool{}, links: map[string][]string{},
	}
}

// openly makes a change that gives a page a new edit time.
func (c *chronicle) openly(page string, what func()) {
	what()
	delete(c.quiet, page)
	c.note(page)
}

// quietly makes a change that leaves a page's edit time as it is.
func (c *chronicle) quietly(page string, what func()) {
	what()
	c.quiet[page] = true
	c.note(page)
}

// setVersion is the usual edit of a page.
func (c *chronicle) setVersion(page string, version int) {
	c.openly(page, func() { c.workspace.Edit(page, notiontest.Values{versionProperty: version}) })
}

// note adds a page's present state to its history.
func (c *chronicle) note(page string) {
	now := c.present(page)
	life := c.lives[page]
	if n := len(life); n > 0 && life[n-1].sameAs(now) {
		return
	}
	c.lives[page] = append(life, now)
}

func (c *chronicle) present(page string) moment {
	now := moment{at: time.Now()}
	text, ok := c.whole(page)
	if !ok || c.hidden[page] {
		now.lost = "gone"
		return now
	}
	p, err := notion.DecodePage(text)
	if err != nil {
		c.t.Fatalf("page %s at Notion: %v", page, err)
	}
	now.database, now.hash = p.DatabaseID, p.Fingerprint()
	if p.InTrash {
		now.lost = "trashed"
	}
	return now
}

func (m moment) sameAs(other moment) bool {
	return m.database == other.database && m.lost == other.lost && m.hash == other.hash
}

// reason returns why a page is not in a database at that moment; "" if it is.
func (m moment) reason(database string) string {
	switch {
	case m.lost != "":
		return m.lost
	case m.database != database:
		return "moved"
	}
	return ""
}

// next returns the first moment of a page's history after a given one (-1: before all)
// that a record can describe; -1 if there is none. A value has the fingerprint of the
// page, a tombstone its reason, and a soft delete both.
func (c *chronicle) next(page string, after int, database, reason string, hash *uint64) int {
	for at := after + 1; at < len(c.lives[page]); at++ {
		m := c.lives[page][at]
		if m.reason(database) == reason && (hash == nil || m.hash == *hash) {
			return at
		}
	}
	return -1
}

// tell returns a page's history as a stream's topic should have it, for messages.
func (c *chronicle) tell(page, database string) string {
	var b strings.Builder
	for at, m := range c.lives[page] {
		what := m.reason(database)
		if what == "" {
			what = fmt.Sprintf("%x", m.hash)
		}
		fmt.Fprintf(&b, "%d: %s %s; ", at, m.at.UTC().Format("15:04:05.000"), what)
	}
	return b.String()
}

// whole returns a page with everything that Notion cuts off; ok is false if there is no
// such page.
func (c *chronicle) whole(page string) (text []byte, ok bool) {
	text, ok = c.workspace.Page(page)
	if links := c.links[page]; ok && links != nil {
		var list strings.Builder
		for i, id := range links {
			if i > 0 {
				list.WriteByte(',')
			}
			fmt.Fprintf(&list, `{"id":%q}`, id)
		}
		text = cutRelation.ReplaceAll(text, []byte(`"relation":[`+list.String()+`],"has_more":false`))
	}
	return text, ok
}

var cutRelation = regexp.MustCompile(`"relation":\[[^\]]*\],"has_more":true`)

// truth returns the record that a page has to become, made from its JSON alone.
func (c *chronicle) truth(page string, db *notiontest.Database) pageValue {
	c.t.Helper()
	text, ok := c.whole(page)
	if !ok {
		c.t.Fatalf("page %s is among the rows of %s, and not there", page, db.Title())
	}
	var recorded recordedPage
	if err := json.Unmarshal(text, &recorded); err != nil {
		c.t.Fatal(err)
	}
	return recorded.published(c.t, db)
}
