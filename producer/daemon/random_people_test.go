package daemon

import (
	"fmt"
	"strings"

	"notion-kafka/notion/notiontest"
)

// peoplesVerbs are what people do to a workspace. Any of it can happen in the
// middle of a request.
func peoplesVerbs() []verb {
	all := []verb{
		{name: "edit", weight: 30, do: (*tale).edit},
		{name: "edit many", weight: 3, do: (*tale).editMany},
		{name: "edit silently", weight: 8, do: (*tale).editSilently},
		{name: "write in the body", weight: 4, do: (*tale).editBody},
		{name: "relate", weight: 7, do: (*tale).relate},
		{name: "add pages", weight: 9, do: (*tale).addPages},
		{name: "trash", weight: 9, do: (*tale).trash},
		{name: "trash many", weight: 2, do: (*tale).trashMany},
		{name: "restore", weight: 8, do: (*tale).restore},
		{name: "archive", weight: 4, do: (*tale).archive},
		{name: "unarchive", weight: 4, do: (*tale).unarchive},
		{name: "purge", weight: 4, do: (*tale).purge},
		{name: "hide", weight: 3, do: (*tale).hide},
		{name: "show", weight: 3, do: (*tale).show},
		{name: "move", weight: 9, do: (*tale).move},
		{name: "move out", weight: 2, do: (*tale).moveOut},
		{name: "rename database", weight: 2, do: (*tale).renameDatabase},
		{name: "change schema", weight: 5, do: (*tale).changeSchema},
		{name: "add data source", weight: 3, do: (*tale).addDataSource},
		{name: "trash data source", weight: 1, do: (*tale).trashDataSource},
		{name: "restore data source", weight: 3, do: (*tale).restoreDataSource},
		{name: "trash database", weight: 1, do: (*tale).trashDatabase},
		{name: "restore database", weight: 3, do: (*tale).restoreDatabase},
		{name: "unshare database", weight: 3, do: (*tale).unshareDatabase},
		{name: "share database", weight: 5, do: (*tale).shareDatabase},
	}
	all = append(all, odditiesVerbs()...)
	for i := range all {
		do := all[i].do
		all[i].late = true
		all[i].do = func(tl *tale, s step) string { return tl.act(do, s) }
	}
	return all
}

// act does something while nobody else does.
func (tl *tale) act(do func(*tale, step) string, s step) string {
	tl.mu.Lock()
	defer tl.mu.Unlock()
	return do(tl, s)
}

// somePage is a page of which is true what is asked; nil where there is none.
// Few pages are chosen often, so that much happens to them.
func (tl *tale) somePage(s step, is func(*page) bool) *page {
	var all []*page
	for _, p := range tl.pages {
		if !p.purged && is(p) {
			all = append(all, p)
		}
	}
	if len(all) == 0 {
		return nil
	}
	if s.dice[0]%2 == 0 {
		all = all[:min(len(all), 4)]
	}
	return all[s.dice[0]/2%uint64(len(all))]
}

func (tl *tale) someRoom(s step, is func(*room) bool) *room {
	for i := range tl.rooms {
		if r := tl.rooms[(uint64(i)+s.dice[0])%uint64(len(tl.rooms))]; is(r) {
			return r
		}
	}
	return nil
}

func (tl *tale) someTable(s step, is func(*table) bool) *table {
	var all []*table
	for _, r := range tl.rooms {
		for _, t := range r.tables {
			if is(t) {
				all = append(all, t)
			}
		}
	}
	if len(all) == 0 {
		return nil
	}
	return all[s.dice[1]%uint64(len(all))]
}

// alive says that people find a page where it belongs, and can work on it.
func alive(p *page) bool {
	return !p.trashed && !p.elsewhere && p.table.alive()
}

func (t *table) alive() bool { return !t.trashed && !t.room.trashed }

// of names a page in what is told.
func (tl *tale) of(p *page) string {
	return fmt.Sprintf("page %s of %s", p.id[:8], p.table.name())
}

func (t *table) name() string {
	for i, one := range t.room.tables {
		if one == t && len(t.room.tables) > 1 {
			return fmt.Sprintf("%s (data source %d)", t.room.db.Title(), i)
		}
	}
	return t.room.db.Title()
}

func (tl *tale) edit(s step) string {
	p := tl.somePage(s, alive)
	if p == nil {
		return ""
	}
	values := notiontest.Values{"Points": int(s.dice[1] % 1000)}
	switch {
	case s.dice[2]%5 == 0 && p.table.notes != "":
		values = notiontest.Values{p.table.notes: fmt.Sprint("note ", s.dice[1]%1000)}
	case s.dice[2]%5 == 1:
		values = notiontest.Values{"Stage": []string{"open", "done", "later"}[s.dice[1]%3]}
	case s.dice[2]%5 == 2:
		values["Secret"] = fmt.Sprint("confidential ", s.dice[1])
	case s.dice[2]%9 == 3:
		values["Paper"] = []notiontest.File{{Name: "paper.pdf"}}
	}
	tl.notion.Edit(p.id, values)
	tl.note(p, true)
	return fmt.Sprint("edit of ", tl.of(p), ": ", values)
}

// editMany edits so many pages that a poll does not see all of them at once.
func (tl *tale) editMany(s step) string {
	r := tl.someRoom(s, func(r *room) bool { return r.wanted != nil })
	n := 0
	for i, p := range tl.pages {
		if p.table.room == r && alive(p) && !p.purged && i%3 != 0 {
			tl.notion.Edit(p.id, notiontest.Values{"Points": int(s.dice[1] % 1000)})
			tl.note(p, true)
			n++
		}
	}
	return fmt.Sprintf("edit of %d pages of %s", n, r.db.Title())
}

func (tl *tale) editSilently(s step) string {
	p := tl.somePage(s, alive)
	if p == nil {
		return ""
	}
	values := notiontest.Values{"Sum": int(s.dice[1] % 1000)}
	tl.notion.EditSilently(p.id, values)
	tl.note(p, false)
	return fmt.Sprint("silent change of ", tl.of(p), ": ", values)
}

func (tl *tale) editBody(s step) string {
	p := tl.somePage(s, alive)
	if p == nil {
		return ""
	}
	tl.notion.EditBody(p.id)
	tl.note(p, true)
	return "somebody writes in " + tl.of(p)
}

// relate gives a page none to three times as many related pages as Notion lists.
// What it lists often stays the same.
func (tl *tale) relate(s step) string {
	p := tl.somePage(s, alive)
	if p == nil {
		return ""
	}
	n := int(s.dice[1] % 75)
	if kept := len(p.related); kept > 25 && s.dice[2]%3 > 0 {
		n = kept + 1
	} else {
		p.related = nil
	}
	for i := len(p.related); i < n; i++ {
		p.related = append(p.related, tl.pages[(uint64(i)+s.dice[2])%uint64(len(tl.pages))].id)
	}
	tl.notion.Edit(p.id, notiontest.Values{"Related": p.related})
	tl.note(p, true)
	if s.dice[0]%3 == 0 && !s.again {
		s.again = true
		tl.due = append(tl.due, event{tl.requests + 1 + int(s.dice[0]%8), func() {
			tl.say("  meanwhile ", tl.act((*tale).relate, s))
		}})
	}
	return fmt.Sprintf("%s is related to %d pages now", tl.of(p), n)
}

func (tl *tale) addPages(s step) string {
	t := tl.someTable(s, (*table).alive)
	if t == nil {
		return ""
	}
	n := int(1 + s.dice[2]%3)
	var names []string
	for i := range n {
		p := tl.arrived(t.ds.AddPage(fmt.Sprint("New ", i), notiontest.Values{"Points": i, "Secret": "confidential"}), t)
		names = append(names, p.id[:8])
	}
	return fmt.Sprintf("new pages in %s: %s", t.name(), strings.Join(names, " "))
}

func (tl *tale) trash(s step) string {
	p := tl.somePage(s, alive)
	if p == nil {
		return ""
	}
	p.trashed = true
	tl.notion.Trash(p.id)
	tl.note(p, false)
	return tl.of(p) + " goes to the trash"
}

// trashMany is more than the guard lets pass.
func (tl *tale) trashMany(s step) string {
	r := tl.someRoom(s, func(r *room) bool { return r.wanted != nil })
	n := 0
	for i, p := range tl.pages {
		if p.table.room == r && alive(p) && !p.purged && i%4 != 0 {
			p.trashed = true
			tl.notion.Trash(p.id)
			tl.note(p, false)
			n++
		}
	}
	return fmt.Sprintf("%d pages of %s go to the trash", n, r.db.Title())
}

func (tl *tale) restore(s step) string {
	p := tl.somePage(s, func(p *page) bool { return p.trashed })
	if p == nil {
		return ""
	}
	p.trashed = false
	tl.notion.Restore(p.id)
	tl.note(p, false)
	return tl.of(p) + " is restored from the trash"
}

func (tl *tale) archive(s step) string {
	p := tl.somePage(s, func(p *page) bool { return alive(p) && !p.archived })
	if p == nil {
		return ""
	}
	p.archived = true
	tl.notion.Archive(p.id)
	tl.note(p, false)
	return tl.of(p) + " is archived"
}

func (tl *tale) unarchive(s step) string {
	p := tl.somePage(s, func(p *page) bool { return alive(p) && p.archived })
	if p == nil {
		return ""
	}
	p.archived = false
	tl.notion.Unarchive(p.id)
	tl.note(p, false)
	return tl.of(p) + " is no longer archived"
}

func (tl *tale) purge(s step) string {
	p := tl.somePage(s, func(p *page) bool { return p.trashed || s.dice[1]%4 == 0 })
	if p == nil {
		return ""
	}
	tl.notion.Purge(p.id)
	p.purged = true
	tl.note(p, false)
	return tl.of(p) + " is removed for good"
}

func (tl *tale) hide(s step) string {
	p := tl.somePage(s, func(p *page) bool { return !p.hidden })
	if p == nil {
		return ""
	}
	p.hidden = true
	tl.notion.UnsharePage(p.id)
	tl.note(p, false)
	return tl.of(p) + " is no longer shared with the connection"
}

func (tl *tale) show(s step) string {
	p := tl.somePage(s, func(p *page) bool { return p.hidden })
	if p == nil {
		return ""
	}
	p.hidden = false
	tl.notion.SharePage(p.id)
	tl.note(p, false)
	return tl.of(p) + " is shared with the connection again"
}

func (tl *tale) move(s step) string {
	p := tl.somePage(s, func(p *page) bool { return !p.trashed && !p.hidden })
	to := tl.someTable(s, (*table).alive)
	if p == nil || to == nil || p.table == to && !p.elsewhere {
		return ""
	}
	what := fmt.Sprintf("%s moves to %s", tl.of(p), to.name())
	tl.notion.Move(p.id, to.ds)
	p.table, p.elsewhere = to, false
	tl.note(p, true)
	return what
}

func (tl *tale) moveOut(s step) string {
	p := tl.somePage(s, alive)
	if p == nil {
		return ""
	}
	p.elsewhere = true
	tl.notion.MoveToPage(p.id)
	tl.note(p, true)
	return tl.of(p) + " moves under an ordinary page"
}
