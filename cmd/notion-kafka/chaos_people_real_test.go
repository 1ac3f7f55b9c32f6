//go:build real

package main_test

import (
	"context"
	"math/rand/v2"
	"slices"
	"time"

	"notion-kafka/notion/notiontest"
)

// people edit the workspaces of a town: they write, delete, restore and move pages, and
// let some vanish.
type people struct {
	rng      *rand.Rand
	town     *town
	versions map[string]int      // by page; absent: the first
	outside  map[*house][]string // pages moved out of all databases
	acts     []act
	did      map[string]int // how often each act was done
}

// An act is something that people do in a room of a house.
type act struct {
	what  string
	often int // relative to the other acts
	do    deed
}

// A deed returns false if there was no page to do it to.
type deed func(h *house, rm *room) bool

func newPeople(seed uint64, w *town) *people {
	p := &people{rng: rand.New(rand.NewPCG(seed, 2)), town: w, versions: map[string]int{}, outside: map[*house][]string{}, did: map[string]int{}}
	p.acts = []act{
		{"edited", 48, p.with(notiontest.Live, p.edit)},
		{"edited thirty times", 3, thirtyTimes(p.with(notiontest.Live, p.edit))},
		{"edited silently", 6, p.with(notiontest.Live, p.editSilently)},
		{"body edited", 5, p.with(notiontest.Live, openly((*notiontest.Workspace).EditBody))},
		{"added", 10, p.add},
		{"added thirty times", 1, thirtyTimes(p.add)},
		{"archived", 3, p.with(notiontest.Live, quietly((*notiontest.Workspace).Archive))},
		{"unarchived", 2, p.with(notiontest.Archived, quietly((*notiontest.Workspace).Unarchive))},
		{"trashed", 5, p.with(notiontest.Live, quietly((*notiontest.Workspace).Trash))},
		{"restored", 3, p.with(notiontest.Trashed, quietly((*notiontest.Workspace).Restore))},
		{"purged", 1, p.with(notiontest.Live, quietly((*notiontest.Workspace).Purge))},
		{"purged from the trash", 2, p.with(notiontest.Trashed, quietly((*notiontest.Workspace).Purge))},
		{"moved elsewhere", 5, p.with(notiontest.Live, p.moveToARoom)},
		{"moved out", 2, p.with(notiontest.Live, p.moveOut)},
		{"moved in", 4, p.moveIn},
		{"unshared", 1, p.with(notiontest.Live, p.unshare)},
		{"shared again", 4, p.share},
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
			p.act(one(p, p.town.houses))
		}
	}
}

// act does one thing in a house, sometimes many at once.
func (p *people) act(h *house) {
	all := 0
	for _, a := range p.acts {
		all += a.often
	}
	n := p.rng.IntN(all)
	for _, a := range p.acts {
		if n -= a.often; n < 0 {
			if a.do(h, one(p, h.rooms)) {
				p.did[a.what]++
			}
			return
		}
	}
}

func thirtyTimes(do deed) deed {
	return func(h *house, rm *room) (done bool) {
		for range 30 {
			done = do(h, rm) || done
		}
		return done
	}
}

// with changes a page of the room that is in a given state. A room always keeps some
// live pages: too many missing ones would wait for a person.
func (p *people) with(state notiontest.State, do func(h *house, page string)) deed {
	const few = 20
	return func(h *house, rm *room) bool {
		pages := slices.DeleteFunc(rm.db.Pages(state), func(id string) bool { return h.hidden[id] })
		if len(pages) == 0 || state == notiontest.Live && len(pages) <= few {
			return false
		}
		do(h, one(p, pages))
		return true
	}
}

// openly wraps a verb of the workspace that gives a page a new edit time, and quietly
// one that does not.
func openly(verb func(w *notiontest.Workspace, page string)) func(*house, string) {
	return func(h *house, page string) { h.openly(page, func() { verb(h.workspace, page) }) }
}

func quietly(verb func(w *notiontest.Workspace, page string)) func(*house, string) {
	return func(h *house, page string) { h.quietly(page, func() { verb(h.workspace, page) }) }
}

func (p *people) edit(h *house, page string) { h.setVersion(page, p.nextVersion(page)) }

func (p *people) editSilently(h *house, page string) {
	values := notiontest.Values{versionProperty: p.nextVersion(page)}
	h.quietly(page, func() { h.workspace.EditSilently(page, values) })
}

func (p *people) nextVersion(page string) int {
	p.versions[page] = max(p.versions[page], firstVersion) + 1
	return p.versions[page]
}

func (p *people) add(h *house, rm *room) bool {
	h.note(rm.db.AddPage("One more", notiontest.Values{versionProperty: firstVersion}))
	return true
}

// moveToARoom moves a page to another room, or to the room where it is.
func (p *people) moveToARoom(h *house, page string) {
	to := one(p, h.rooms).db.DataSource()
	h.openly(page, func() { h.workspace.Move(page, to) })
}

func (p *people) moveOut(h *house, page string) {
	p.outside[h] = append(p.outside[h], page)
	h.openly(page, func() { h.workspace.MoveToPage(page) })
}

func (p *people) moveIn(h *house, _ *room) bool {
	if len(p.outside[h]) == 0 {
		return false
	}
	page := one(p, p.outside[h])
	p.outside[h] = slices.DeleteFunc(p.outside[h], func(id string) bool { return id == page })
	p.moveToARoom(h, page)
	return true
}

func (p *people) unshare(h *house, page string) {
	h.hidden[page] = true
	h.quietly(page, func() { h.workspace.UnsharePage(page) })
}

func (p *people) share(h *house, _ *room) bool {
	if len(h.hidden) == 0 {
		return false
	}
	page := one(p, sortedKeys(h.hidden))
	delete(h.hidden, page)
	h.quietly(page, func() { h.workspace.SharePage(page) })
	return true
}

// one picks an element at random.
func one[T any](p *people, from []T) T { return from[p.rng.IntN(len(from))] }
