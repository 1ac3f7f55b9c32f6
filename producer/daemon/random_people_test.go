package daemon

import (
	"fmt"
	"strings"

	"notion-kafka/notion/notiontest"
)

// peoplesVerbs are what people do to a workspace. Each can happen during a request.
func peoplesVerbs() []verb {
	all := []verb{
		{name: "edit", weight: 30, do: (*scenarioRun).edit},
		{name: "edit many", weight: 3, do: (*scenarioRun).editMany},
		{name: "edit silently", weight: 8, do: (*scenarioRun).editSilently},
		{name: "write in the body", weight: 4, do: (*scenarioRun).editBody},
		{name: "relate", weight: 7, do: (*scenarioRun).relate},
		{name: "add pages", weight: 9, do: (*scenarioRun).addPages},
		{name: "trash", weight: 9, do: (*scenarioRun).trash},
		{name: "trash many", weight: 2, do: (*scenarioRun).trashMany},
		{name: "restore", weight: 8, do: (*scenarioRun).restore},
		{name: "archive", weight: 4, do: (*scenarioRun).archive},
		{name: "unarchive", weight: 4, do: (*scenarioRun).unarchive},
		{name: "purge", weight: 4, do: (*scenarioRun).purge},
		{name: "hide", weight: 3, do: (*scenarioRun).hide},
		{name: "show", weight: 3, do: (*scenarioRun).show},
		{name: "move", weight: 9, do: (*scenarioRun).move},
		{name: "move out", weight: 2, do: (*scenarioRun).moveOut},
		{name: "rename database", weight: 2, do: (*scenarioRun).renameDatabase},
		{name: "change schema", weight: 5, do: (*scenarioRun).changeSchema},
		{name: "add data source", weight: 3, do: (*scenarioRun).addDataSource},
		{name: "trash data source", weight: 1, do: (*scenarioRun).trashDataSource},
		{name: "restore data source", weight: 3, do: (*scenarioRun).restoreDataSource},
		{name: "trash database", weight: 1, do: (*scenarioRun).trashDatabase},
		{name: "restore database", weight: 3, do: (*scenarioRun).restoreDatabase},
		{name: "unshare database", weight: 3, do: (*scenarioRun).unshareDatabase},
		{name: "share database", weight: 5, do: (*scenarioRun).shareDatabase},
	}
	all = append(all, odditiesVerbs()...)
	for i := range all {
		do := all[i].do
		all[i].late = true
		all[i].do = func(sr *scenarioRun, s step) string { return sr.act(do, s) }
	}
	return all
}

// act does something under the lock of the truth.
func (sr *scenarioRun) act(do func(*scenarioRun, step) string, s step) string {
	sr.mu.Lock()
	defer sr.mu.Unlock()
	return do(sr, s)
}

// somePage chooses a page that meets a condition; nil where there is none. A few pages
// are chosen often, so that much happens to them.
func (sr *scenarioRun) somePage(s step, is func(*page) bool) *page {
	var all []*page
	for _, p := range sr.pages {
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

func (sr *scenarioRun) someDatabase(s step, is func(*database) bool) *database {
	for i := range sr.databases {
		if r := sr.databases[(uint64(i)+s.dice[0])%uint64(len(sr.databases))]; is(r) {
			return r
		}
	}
	return nil
}

func (sr *scenarioRun) someDataSource(s step, is func(*dataSource) bool) *dataSource {
	var all []*dataSource
	for _, r := range sr.databases {
		for _, t := range r.dataSources {
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

// alive says that a page is in its place and can be edited.
func alive(p *page) bool {
	return !p.trashed && !p.elsewhere && p.dataSource.alive()
}

func (t *dataSource) alive() bool { return !t.trashed && !t.database.trashed }

// of names a page in words.
func (sr *scenarioRun) of(p *page) string {
	return fmt.Sprintf("page %s of %s", p.id[:8], p.dataSource.name())
}

func (t *dataSource) name() string {
	for i, one := range t.database.dataSources {
		if one == t && len(t.database.dataSources) > 1 {
			return fmt.Sprintf("%s (data source %d)", t.database.db.Title(), i)
		}
	}
	return t.database.db.Title()
}

func (sr *scenarioRun) edit(s step) string {
	p := sr.somePage(s, alive)
	if p == nil {
		return ""
	}
	values := notiontest.Values{"Points": int(s.dice[1] % 1000)}
	switch {
	case s.dice[2]%5 == 0 && p.dataSource.notes != "":
		values = notiontest.Values{p.dataSource.notes: fmt.Sprint("note ", s.dice[1]%1000)}
	case s.dice[2]%5 == 1:
		values = notiontest.Values{"Stage": []string{"open", "done", "later"}[s.dice[1]%3]}
	case s.dice[2]%5 == 2:
		values["Secret"] = fmt.Sprint("confidential ", s.dice[1])
	case s.dice[2]%9 == 3:
		values["Paper"] = []notiontest.File{{Name: "paper.pdf"}}
	}
	sr.notion.Edit(p.id, values)
	sr.note(p, true)
	return fmt.Sprint("edit of ", sr.of(p), ": ", values)
}

// editMany edits more pages than a poll reads in one response.
func (sr *scenarioRun) editMany(s step) string {
	r := sr.someDatabase(s, func(r *database) bool { return r.settings != nil })
	n := 0
	for i, p := range sr.pages {
		if p.dataSource.database == r && alive(p) && !p.purged && i%3 != 0 {
			sr.notion.Edit(p.id, notiontest.Values{"Points": int(s.dice[1] % 1000)})
			sr.note(p, true)
			n++
		}
	}
	return fmt.Sprintf("edit of %d pages of %s", n, r.db.Title())
}

func (sr *scenarioRun) editSilently(s step) string {
	p := sr.somePage(s, alive)
	if p == nil {
		return ""
	}
	values := notiontest.Values{"Sum": int(s.dice[1] % 1000)}
	sr.notion.EditSilently(p.id, values)
	sr.note(p, false)
	return fmt.Sprint("silent change of ", sr.of(p), ": ", values)
}

func (sr *scenarioRun) editBody(s step) string {
	p := sr.somePage(s, alive)
	if p == nil {
		return ""
	}
	sr.notion.EditBody(p.id)
	sr.note(p, true)
	return "somebody writes in " + sr.of(p)
}

// relate gives a page up to three times as many related pages as Notion lists. Often the
// listed ones stay the same.
func (sr *scenarioRun) relate(s step) string {
	p := sr.somePage(s, alive)
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
		p.related = append(p.related, sr.pages[(uint64(i)+s.dice[2])%uint64(len(sr.pages))].id)
	}
	sr.notion.Edit(p.id, notiontest.Values{"Related": p.related})
	sr.note(p, true)
	if s.dice[0]%3 == 0 && !s.again {
		s.again = true
		sr.due = append(sr.due, event{sr.requests + 1 + int(s.dice[0]%8), func() {
			sr.log("  meanwhile ", sr.act((*scenarioRun).relate, s))
		}})
	}
	return fmt.Sprintf("%s is related to %d pages now", sr.of(p), n)
}

func (sr *scenarioRun) addPages(s step) string {
	t := sr.someDataSource(s, (*dataSource).alive)
	if t == nil {
		return ""
	}
	n := int(1 + s.dice[2]%3)
	var names []string
	for i := range n {
		p := sr.arrived(t.ds.AddPage(fmt.Sprint("New ", i), notiontest.Values{"Points": i, "Secret": "confidential"}), t)
		names = append(names, p.id[:8])
	}
	return fmt.Sprintf("new pages in %s: %s", t.name(), strings.Join(names, " "))
}

func (sr *scenarioRun) trash(s step) string {
	p := sr.somePage(s, alive)
	if p == nil {
		return ""
	}
	p.trashed = true
	sr.notion.Trash(p.id)
	sr.note(p, false)
	return sr.of(p) + " goes to the trash"
}

// trashMany trashes more pages than the guard lets pass.
func (sr *scenarioRun) trashMany(s step) string {
	r := sr.someDatabase(s, func(r *database) bool { return r.settings != nil })
	n := 0
	for i, p := range sr.pages {
		if p.dataSource.database == r && alive(p) && !p.purged && i%4 != 0 {
			p.trashed = true
			sr.notion.Trash(p.id)
			sr.note(p, false)
			n++
		}
	}
	return fmt.Sprintf("%d pages of %s go to the trash", n, r.db.Title())
}

func (sr *scenarioRun) restore(s step) string {
	p := sr.somePage(s, func(p *page) bool { return p.trashed })
	if p == nil {
		return ""
	}
	p.trashed = false
	sr.notion.Restore(p.id)
	sr.note(p, false)
	return sr.of(p) + " is restored from the trash"
}

func (sr *scenarioRun) archive(s step) string {
	p := sr.somePage(s, func(p *page) bool { return alive(p) && !p.archived })
	if p == nil {
		return ""
	}
	p.archived = true
	sr.notion.Archive(p.id)
	sr.note(p, false)
	return sr.of(p) + " is archived"
}

func (sr *scenarioRun) unarchive(s step) string {
	p := sr.somePage(s, func(p *page) bool { return alive(p) && p.archived })
	if p == nil {
		return ""
	}
	p.archived = false
	sr.notion.Unarchive(p.id)
	sr.note(p, false)
	return sr.of(p) + " is no longer archived"
}

func (sr *scenarioRun) purge(s step) string {
	p := sr.somePage(s, func(p *page) bool { return p.trashed || s.dice[1]%4 == 0 })
	if p == nil {
		return ""
	}
	sr.notion.Purge(p.id)
	p.purged = true
	sr.note(p, false)
	return sr.of(p) + " is removed for good"
}

func (sr *scenarioRun) hide(s step) string {
	p := sr.somePage(s, func(p *page) bool { return !p.hidden })
	if p == nil {
		return ""
	}
	p.hidden = true
	sr.notion.UnsharePage(p.id)
	sr.note(p, false)
	return sr.of(p) + " is no longer shared with the connection"
}

func (sr *scenarioRun) show(s step) string {
	p := sr.somePage(s, func(p *page) bool { return p.hidden })
	if p == nil {
		return ""
	}
	p.hidden = false
	sr.notion.SharePage(p.id)
	sr.note(p, false)
	return sr.of(p) + " is shared with the connection again"
}

func (sr *scenarioRun) move(s step) string {
	p := sr.somePage(s, func(p *page) bool { return !p.trashed && !p.hidden })
	to := sr.someDataSource(s, (*dataSource).alive)
	if p == nil || to == nil || p.dataSource == to && !p.elsewhere {
		return ""
	}
	what := fmt.Sprintf("%s moves to %s", sr.of(p), to.name())
	sr.notion.Move(p.id, to.ds)
	p.dataSource, p.elsewhere = to, false
	sr.note(p, true)
	return what
}

func (sr *scenarioRun) moveOut(s step) string {
	p := sr.somePage(s, alive)
	if p == nil {
		return ""
	}
	p.elsewhere = true
	sr.notion.MoveToPage(p.id)
	sr.note(p, true)
	return sr.of(p) + " moves under an ordinary page"
}
