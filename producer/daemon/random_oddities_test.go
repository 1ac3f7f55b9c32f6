package daemon

import (
	"fmt"
	"time"

	"notion-kafka/notion/notiontest"
	"notion-kafka/producer/control"
)

// odditiesVerbs are oddities of workspaces from public reports: wikis, and objects that
// Notion's answers show garbled.
func odditiesVerbs() []verb {
	return []verb{
		{name: "nest", weight: 6, do: (*scenarioRun).nest},
		{name: "unnest", weight: 2, do: (*scenarioRun).unnest},
		{name: "page is garbled", weight: 3, do: (*scenarioRun).garbles},
		{name: "property fails", weight: 3, do: (*scenarioRun).propertyFails},
		{name: "page is repaired", weight: 4, do: (*scenarioRun).repairsPage},
		{name: "database fails", weight: 2, do: (*scenarioRun).databaseFails},
		{name: "database is repaired", weight: 3, do: (*scenarioRun).repairsDatabase},
		{name: "data source is garbled", weight: 2, do: (*scenarioRun).dataSourceIsGarbled},
		{name: "data source is repaired", weight: 3, do: (*scenarioRun).dataSourceIsRepaired},
	}
}

// nest puts a page under another parent of its wiki. It stays a row.
func (sr *scenarioRun) nest(s step) string {
	p := sr.somePage(s, alive)
	if p == nil {
		return ""
	}
	kind := []notiontest.ParentKind{notiontest.ParentPage, notiontest.ParentBlock, notiontest.ParentDatabase}[s.dice[1]%3]
	parent := ""
	if over := sr.somePage(step{dice: [3]uint64{s.dice[2]}}, alive); kind == notiontest.ParentPage && over != p {
		parent = over.id
	}
	sr.notion.Nest(p.id, kind, parent)
	sr.note(p, true)
	return fmt.Sprintf("%s stands under another %s of its wiki", sr.of(p), kind)
}

func (sr *scenarioRun) unnest(s step) string {
	p := sr.somePage(s, alive)
	if p == nil {
		return ""
	}
	sr.notion.Unnest(p.id)
	sr.note(p, true)
	return sr.of(p) + " stands under its data source"
}

// garbles makes every answer show one page garbled.
func (sr *scenarioRun) garbles(s step) string {
	p := sr.somePage(s, func(p *page) bool { return alive(p) && !p.hidden })
	if p == nil {
		return ""
	}
	how := []notiontest.Garbling{
		notiontest.NameTwice, notiontest.DeepNesting, notiontest.NullCreated, notiontest.WrongType, notiontest.NoIDEither,
	}[s.dice[1]%5]
	sr.notion.Garble(p.id, how)
	p.garbling = how
	p.undated = p.undated || how == notiontest.NullCreated
	sr.note(p, false)
	return fmt.Sprintf("%s comes garbled: %s", sr.of(p), how)
}

// propertyFails makes Notion refuse to complete a page that it cut. The page itself can be
// read.
func (sr *scenarioRun) propertyFails(s step) string {
	p := sr.somePage(s, func(p *page) bool { return alive(p) && len(p.related) > 25 && !p.refused })
	if p == nil {
		if p = sr.somePage(s, alive); p == nil {
			return ""
		}
		for i := len(p.related); i < 30; i++ {
			p.related = append(p.related, sr.pages[i%len(sr.pages)].id)
		}
		sr.notion.Edit(p.id, notiontest.Values{"Related": p.related})
	}
	fault, what := notiontest.BadRequest(), "400"
	if s.dice[1]%2 == 0 {
		fault, what = notiontest.NotFound(), "404"
	}
	sr.notion.FailAlways("pages/"+p.id+"/properties", fault)
	p.refused = true
	sr.note(p, true)
	return fmt.Sprintf("the properties of %s answer %s", sr.of(p), what)
}

func (p *page) odd() bool { return p.refused || p.garbling != notiontest.OrdinaryForm }

func (sr *scenarioRun) repairsPage(s step) string {
	p := sr.somePage(s, (*page).odd)
	if p == nil {
		return ""
	}
	sr.repairPage(p)
	return sr.of(p) + " is whole again"
}

func (sr *scenarioRun) repairPage(p *page) {
	if !p.purged {
		sr.notion.Garble(p.id, notiontest.OrdinaryForm)
	}
	sr.notion.StopFailing("pages/" + p.id + "/properties")
	p.garbling, p.refused = notiontest.OrdinaryForm, false
	sr.note(p, false)
}

// databaseFails makes Notion refuse to show a database by id. Search and its data sources
// are not affected.
func (sr *scenarioRun) databaseFails(s step) string {
	r := sr.someDatabase(s, func(r *database) bool { return !r.failing && !r.unshared && !r.trashed })
	if r == nil {
		return ""
	}
	chosen := []struct {
		name  string
		fault notiontest.Fault
	}{{"500", notiontest.InternalError()}, {"400", notiontest.BadRequest()}, {"403", notiontest.Restricted()}, {"404", notiontest.NotFound()}}[s.dice[1]%4]
	sr.notion.FailAlways("databases/"+r.db.ID(), chosen.fault)
	r.failing, r.lost = true, chosen.name == "404"
	r.changed = time.Now()
	r.notes()
	return fmt.Sprintf("%s cannot be retrieved: %s", r.db.Title(), chosen.name)
}

func (sr *scenarioRun) repairsDatabase(s step) string {
	r := sr.someDatabase(s, func(r *database) bool { return r.failing })
	if r == nil {
		return ""
	}
	sr.repairDatabase(r)
	return r.db.Title() + " can be retrieved again"
}

func (sr *scenarioRun) repairDatabase(r *database) {
	sr.notion.StopFailing("databases/" + r.db.ID())
	r.failing, r.lost = false, false
	r.changed = time.Now()
	r.notes()
}

// dataSourceIsGarbled makes every answer show a data source garbled. Its rows are not
// affected.
func (sr *scenarioRun) dataSourceIsGarbled(s step) string {
	t := sr.someDataSource(s, func(t *dataSource) bool { return t.alive() && t.garbling == notiontest.OrdinaryForm })
	if t == nil {
		return ""
	}
	t.garbling = []notiontest.Garbling{notiontest.NameTwice, notiontest.DeepNesting, notiontest.NullCreated, notiontest.OnlyAnID, notiontest.NoIDEither}[s.dice[2]%5]
	t.ds.Garble(t.garbling)
	t.garbledSince = time.Now()
	return fmt.Sprintf("data source %s comes garbled: %s", t.name(), t.garbling)
}

func (sr *scenarioRun) dataSourceIsRepaired(s step) string {
	t := sr.someDataSource(s, func(t *dataSource) bool { return t.garbling != notiontest.OrdinaryForm })
	if t == nil {
		return ""
	}
	sr.repairDataSource(t)
	return "data source " + t.name() + " is whole again"
}

func (sr *scenarioRun) repairDataSource(t *dataSource) {
	t.garbling, t.garbledSince = notiontest.OrdinaryForm, time.Time{}
	t.ds.Garble(t.garbling)
}

// repairAll repairs everything that is odd.
func (sr *scenarioRun) repairAll() {
	sr.mu.Lock()
	defer sr.mu.Unlock()
	for _, p := range sr.pages {
		if p.odd() {
			sr.repairPage(p)
		}
	}
	for _, r := range sr.databases {
		if r.failing {
			sr.repairDatabase(r)
		}
		for _, t := range r.dataSources {
			if t.garbling != notiontest.OrdinaryForm {
				sr.repairDataSource(t)
			}
		}
	}
}

// checkOdd checks a page that Notion shows garbled or not whole, now or when it was read:
// after a scan that succeeded, the topic holds it as it is nevertheless.
func (sr *scenarioRun) checkOdd(p *page, r *database, one result, s control.StreamRun, e *lastRecord, whole bool) {
	if !whole || s.Status != control.Succeeded || one.Status != control.Succeeded || !p.inPlace(r) {
		return
	}
	if e == nil || e.gone || e.meaning.text != sr.consumer.truth(sr, p).text {
		sr.wrong("green", "after a %s of %s that is %s, %s is not in the topic as it is, and cannot be read", s.Kind, r.db.Title(), s.Status, sr.of(p))
	}
}
