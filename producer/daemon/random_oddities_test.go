package daemon

import (
	"fmt"
	"time"

	"notion-kafka/notion/notiontest"
	"notion-kafka/producer"
)

// odditiesVerbs are what public reports tell of workspaces: wikis, and objects of
// which Notion's answers are of no use.
func odditiesVerbs() []verb {
	return []verb{
		{name: "nest", weight: 6, do: (*tale).nest},
		{name: "unnest", weight: 2, do: (*tale).unnest},
		{name: "page is garbled", weight: 3, do: (*tale).garbles},
		{name: "property ails", weight: 3, do: (*tale).propertyAils},
		{name: "page is mended", weight: 4, do: (*tale).mendsPage},
		{name: "database ails", weight: 2, do: (*tale).databaseAils},
		{name: "database is mended", weight: 3, do: (*tale).mendsDatabase},
		{name: "data source is garbled", weight: 2, do: (*tale).dataSourceIsGarbled},
		{name: "data source is mended", weight: 3, do: (*tale).dataSourceIsMended},
	}
}

// nest puts a page under another parent of its wiki. It stays a row.
func (tl *tale) nest(s step) string {
	p := tl.somePage(s, alive)
	if p == nil {
		return ""
	}
	kind := []notiontest.ParentKind{notiontest.ParentPage, notiontest.ParentBlock, notiontest.ParentDatabase}[s.dice[1]%3]
	parent := ""
	if over := tl.somePage(step{dice: [3]uint64{s.dice[2]}}, alive); kind == notiontest.ParentPage && over != p {
		parent = over.id
	}
	tl.notion.Nest(p.id, kind, parent)
	tl.note(p, true)
	return fmt.Sprintf("%s stands under another %s of its wiki", tl.of(p), kind)
}

func (tl *tale) unnest(s step) string {
	p := tl.somePage(s, alive)
	if p == nil {
		return ""
	}
	tl.notion.Unnest(p.id)
	tl.note(p, true)
	return tl.of(p) + " stands under its data source"
}

// garbles makes one page come garbled in every answer.
func (tl *tale) garbles(s step) string {
	p := tl.somePage(s, func(p *page) bool { return alive(p) && !p.hidden })
	if p == nil {
		return ""
	}
	how := []notiontest.Garbling{
		notiontest.NameTwice, notiontest.DeepNesting, notiontest.NullCreated, notiontest.WrongType, notiontest.NoIDEither,
	}[s.dice[1]%5]
	tl.notion.Garble(p.id, how)
	p.garbling = how
	p.undated = p.undated || how == notiontest.NullCreated
	tl.note(p, false)
	return fmt.Sprintf("%s comes garbled: %s", tl.of(p), how)
}

// propertyAils makes a page that Notion cuts be refused when it is completed. The
// page itself is there.
func (tl *tale) propertyAils(s step) string {
	p := tl.somePage(s, func(p *page) bool { return alive(p) && len(p.related) > 25 && !p.refused })
	if p == nil {
		if p = tl.somePage(s, alive); p == nil {
			return ""
		}
		for i := len(p.related); i < 30; i++ {
			p.related = append(p.related, tl.pages[i%len(tl.pages)].id)
		}
		tl.notion.Edit(p.id, notiontest.Values{"Related": p.related})
	}
	fault, what := notiontest.BadRequest(), "400"
	if s.dice[1]%2 == 0 {
		fault, what = notiontest.NotFound(), "404"
	}
	tl.notion.FailAlways("pages/"+p.id+"/properties", fault)
	p.refused = true
	tl.note(p, true)
	return fmt.Sprintf("the properties of %s answer %s", tl.of(p), what)
}

func (p *page) odd() bool { return p.refused || p.garbling != notiontest.OrdinaryForm }

func (tl *tale) mendsPage(s step) string {
	p := tl.somePage(s, (*page).odd)
	if p == nil {
		return ""
	}
	tl.mendPage(p)
	return tl.of(p) + " is whole again"
}

func (tl *tale) mendPage(p *page) {
	if !p.purged {
		tl.notion.Garble(p.id, notiontest.OrdinaryForm)
	}
	tl.notion.StopFailing("pages/" + p.id + "/properties")
	p.garbling, p.refused = notiontest.OrdinaryForm, false
	tl.note(p, false)
}

// databaseAils makes a database be refused when it is retrieved. Search and its
// data sources are as they were.
func (tl *tale) databaseAils(s step) string {
	r := tl.someRoom(s, func(r *room) bool { return !r.ails && !r.unshared && !r.trashed })
	if r == nil {
		return ""
	}
	ill := []struct {
		name  string
		fault notiontest.Fault
	}{{"500", notiontest.InternalError()}, {"400", notiontest.BadRequest()}, {"403", notiontest.Restricted()}, {"404", notiontest.NotFound()}}[s.dice[1]%4]
	tl.notion.FailAlways("databases/"+r.db.ID(), ill.fault)
	r.ails, r.lost = true, ill.name == "404"
	r.changed = time.Now()
	r.notes()
	return fmt.Sprintf("%s cannot be retrieved: %s", r.db.Title(), ill.name)
}

func (tl *tale) mendsDatabase(s step) string {
	r := tl.someRoom(s, func(r *room) bool { return r.ails })
	if r == nil {
		return ""
	}
	tl.mendRoom(r)
	return r.db.Title() + " can be retrieved again"
}

func (tl *tale) mendRoom(r *room) {
	tl.notion.StopFailing("databases/" + r.db.ID())
	r.ails, r.lost = false, false
	r.changed = time.Now()
	r.notes()
}

// dataSourceIsGarbled makes a data source be of no use wherever Notion shows it.
// Its rows are as they were.
func (tl *tale) dataSourceIsGarbled(s step) string {
	t := tl.someTable(s, func(t *table) bool { return t.alive() && t.garbling == notiontest.OrdinaryForm })
	if t == nil {
		return ""
	}
	t.garbling = []notiontest.Garbling{notiontest.NameTwice, notiontest.DeepNesting, notiontest.NullCreated, notiontest.OnlyAnID, notiontest.NoIDEither}[s.dice[2]%5]
	t.ds.Garble(t.garbling)
	t.ailing = time.Now()
	return fmt.Sprintf("data source %s comes garbled: %s", t.name(), t.garbling)
}

func (tl *tale) dataSourceIsMended(s step) string {
	t := tl.someTable(s, func(t *table) bool { return t.garbling != notiontest.OrdinaryForm })
	if t == nil {
		return ""
	}
	tl.mendTable(t)
	return "data source " + t.name() + " is whole again"
}

func (tl *tale) mendTable(t *table) {
	t.garbling, t.ailing = notiontest.OrdinaryForm, time.Time{}
	t.ds.Garble(t.garbling)
}

// mendAll ends what is odd.
func (tl *tale) mendAll() {
	tl.mu.Lock()
	defer tl.mu.Unlock()
	for _, p := range tl.pages {
		if p.odd() {
			tl.mendPage(p)
		}
	}
	for _, r := range tl.rooms {
		if r.ails {
			tl.mendRoom(r)
		}
		for _, t := range r.tables {
			if t.garbling != notiontest.OrdinaryForm {
				tl.mendTable(t)
			}
		}
	}
}

// checkOdd judges a page that Notion does not let anybody read whole, or did not
// when it was asked: a run that says that all went well has it all the same as
// it is, or never came by it.
func (tl *tale) checkOdd(p *page, r *room, one result, s producer.StreamReport, e *lastRecord, whole bool) {
	if !whole || s.Status != producer.Succeeded || one.Status != producer.Succeeded || !p.inPlace(r) {
		return
	}
	if e == nil || e.gone || e.meaning.text != tl.ledger.truth(tl, p).text {
		tl.wrong("green", "after a %s of %s that is %s, %s is not in the topic as it is, and cannot be read", s.Kind, r.db.Title(), s.Status, tl.of(p))
	}
}
