//go:build real

package main_test

import (
	"context"
	"math/rand/v2"
	"slices"
	"time"

	"notion-kafka/notion/notiontest"
)

// people edit the workspaces of a sourceStage: they write, delete, restore and move
// pages, and let some vanish.
type people struct {
	rng         *rand.Rand
	sourceStage *sourceStage
	versions    map[string]int           // by page; absent: the first
	outside     map[*testSource][]string // pages moved out of all databases
	acts        []act
	did         map[string]int // how often each act was done
}

// An act is something that people do in a database of a source.
type act struct {
	what  string
	often int // relative to the other acts
	do    deed
}

// A deed returns false if there was no page to do it to.
type deed func(src *testSource, db *testDatabase) bool

func newPeople(seed uint64, w *sourceStage) *people {
	p := &people{rng: rand.New(rand.NewPCG(seed, 2)), sourceStage: w, versions: map[string]int{}, outside: map[*testSource][]string{}, did: map[string]int{}}
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
		{"moved elsewhere", 5, p.with(notiontest.Live, p.moveToADatabase)},
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
			p.act(one(p, p.sourceStage.sources))
		}
	}
}

// act does one thing in a source, sometimes many at once.
func (p *people) act(src *testSource) {
	all := 0
	for _, a := range p.acts {
		all += a.often
	}
	n := p.rng.IntN(all)
	for _, a := range p.acts {
		if n -= a.often; n < 0 {
			if a.do(src, one(p, src.databases)) {
				p.did[a.what]++
			}
			return
		}
	}
}

func thirtyTimes(do deed) deed {
	return func(src *testSource, db *testDatabase) (done bool) {
		for range 30 {
			done = do(src, db) || done
		}
		return done
	}
}

// with changes a page of the database that is in a given state. A database always keeps
// some live pages: too many missing ones would wait for a person.
func (p *people) with(state notiontest.State, do func(src *testSource, page string)) deed {
	const few = 20
	return func(src *testSource, db *testDatabase) bool {
		pages := slices.DeleteFunc(db.notion.Pages(state), func(id string) bool { return src.hidden[id] })
		if len(pages) == 0 || state == notiontest.Live && len(pages) <= few {
			return false
		}
		do(src, one(p, pages))
		return true
	}
}

// openly wraps a verb of the workspace that gives a page a new edit time, and quietly
// one that does not.
func openly(verb func(w *notiontest.Workspace, page string)) func(*testSource, string) {
	return func(src *testSource, page string) { src.openly(page, func() { verb(src.workspace, page) }) }
}

func quietly(verb func(w *notiontest.Workspace, page string)) func(*testSource, string) {
	return func(src *testSource, page string) { src.quietly(page, func() { verb(src.workspace, page) }) }
}

func (p *people) edit(src *testSource, page string) { src.setVersion(page, p.nextVersion(page)) }

func (p *people) editSilently(src *testSource, page string) {
	values := notiontest.Values{versionProperty: p.nextVersion(page)}
	src.quietly(page, func() { src.workspace.EditSilently(page, values) })
}

func (p *people) nextVersion(page string) int {
	p.versions[page] = max(p.versions[page], firstVersion) + 1
	return p.versions[page]
}

func (p *people) add(src *testSource, db *testDatabase) bool {
	src.note(db.notion.AddPage("One more", notiontest.Values{versionProperty: firstVersion}))
	return true
}

// moveToADatabase moves a page to another database, or to the one where it is.
func (p *people) moveToADatabase(src *testSource, page string) {
	to := one(p, src.databases).notion.DataSource()
	src.openly(page, func() { src.workspace.Move(page, to) })
}

func (p *people) moveOut(src *testSource, page string) {
	p.outside[src] = append(p.outside[src], page)
	src.openly(page, func() { src.workspace.MoveToPage(page) })
}

func (p *people) moveIn(src *testSource, _ *testDatabase) bool {
	if len(p.outside[src]) == 0 {
		return false
	}
	page := one(p, p.outside[src])
	p.outside[src] = slices.DeleteFunc(p.outside[src], func(id string) bool { return id == page })
	p.moveToADatabase(src, page)
	return true
}

func (p *people) unshare(src *testSource, page string) {
	src.hidden[page] = true
	src.quietly(page, func() { src.workspace.UnsharePage(page) })
}

func (p *people) share(src *testSource, _ *testDatabase) bool {
	if len(src.hidden) == 0 {
		return false
	}
	page := one(p, sortedKeys(src.hidden))
	delete(src.hidden, page)
	src.quietly(page, func() { src.workspace.SharePage(page) })
	return true
}

// one picks an element at random.
func one[T any](p *people, from []T) T { return from[p.rng.IntN(len(from))] }
