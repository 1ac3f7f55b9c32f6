//go:build real

package main_test

import (
	"context"
	"math/rand/v2"
	"time"

	"notion-kafka/notion/notiontest"
)

// people work in the workspaces of a town: they edit pages, add some and
// archive a few. Every edit gives a page its next version, and an archived page
// is left alone, so that no state of a page ever comes back.
type people struct {
	rng      *rand.Rand
	town     *town
	pages    map[*house][]string // that may be edited
	versions map[string]int      // by page; absent: the first

	edits, added, archived int
}

func newPeople(seed uint64, w *town) *people {
	p := &people{rng: rand.New(rand.NewPCG(seed, 2)), town: w, pages: map[*house][]string{}, versions: map[string]int{}}
	for _, h := range w.houses {
		p.pages[h] = h.db.Pages(notiontest.Live)
	}
	return p
}

// work goes on until ctx ends.
func (p *people) work(ctx context.Context, pace time.Duration) {
	tick := time.NewTicker(pace)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			p.act(p.town.houses[p.rng.IntN(len(p.town.houses))])
		}
	}
}

// act does one thing in a house, sometimes many at once.
func (p *people) act(h *house) {
	switch n := p.rng.IntN(100); {
	case n < 80:
		p.edit(h)
	case n < 92:
		p.add(h)
	case n < 95:
		for range 30 {
			p.edit(h)
		}
	case n < 96:
		for range 30 {
			p.add(h)
		}
	default:
		p.archive(h)
	}
}

func (p *people) edit(h *house) {
	page := p.pages[h][p.rng.IntN(len(p.pages[h]))]
	version := max(p.versions[page], firstVersion) + 1
	p.versions[page] = version
	h.workspace.Edit(page, notiontest.Values{versionProperty: version})
	p.edits++
}

func (p *people) add(h *house) {
	p.pages[h] = append(p.pages[h], h.db.AddPage("One more", notiontest.Values{versionProperty: firstVersion}))
	p.added++
}

func (p *people) archive(h *house) {
	pages := p.pages[h]
	if len(pages) < 20 {
		return
	}
	at := p.rng.IntN(len(pages))
	h.workspace.Archive(pages[at])
	pages[at] = pages[len(pages)-1]
	p.pages[h] = pages[:len(pages)-1]
	p.archived++
}
