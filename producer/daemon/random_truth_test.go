package daemon

import (
	"slices"
	"sync"
	"time"

	"notion-kafka/notion/notiontest"
	"notion-kafka/producer"
)

// The truth is what the people of a scenario did, noted beside the simulated Notion: the
// present state of every page, and where it was at all times.
type truth struct {
	mu        sync.Mutex // guards the truth and the lines: people also act while processes run
	databases []*database
	pages     []*page
	added     int // data sources and properties, for their names
}

// A database is a database of a scenario.
type database struct {
	db                *notiontest.Database
	stream            string
	settings          *producer.Settings // nil: not selected
	dataSources       []*dataSource
	trashed, unshared bool
	failing, lost     bool      // it cannot be retrieved; Notion does not even find it
	hidden            bool      // search leaves it out
	changed           time.Time // when that last changed
	past              []databaseWhereabouts
}

// A databaseWhereabouts is what a request for a database would have found from a time on.
type databaseWhereabouts struct {
	from              time.Time
	trashed, unshared bool
}

// reasonBetween says whether, at any moment between two times, there was this reason to
// delete the database.
func (r *database) reasonBetween(reason string, from, to time.Time) bool {
	for i, w := range r.past {
		if w.from.After(to) || i+1 < len(r.past) && r.past[i+1].from.Before(from) {
			continue
		}
		if w.unshared && reason == producer.ReasonGone || !w.unshared && w.trashed && reason == producer.ReasonTrashed {
			return true
		}
	}
	return false
}

// goneSince says whether the database was ever not found at or before a time.
func (r *database) goneSince(at time.Time) bool {
	return slices.ContainsFunc(r.past, func(w databaseWhereabouts) bool { return w.unshared && !w.from.After(at) })
}

// A dataSource is a data source of a scenario.
type dataSource struct {
	ds           *notiontest.DataSource
	database     *database
	trashed      bool
	garbling     notiontest.Garbling // it is of no use in search and alone; "" where it is
	garbledSince time.Time           // since when
	known        time.Time           // when a run can know that it is there, or not
	notes        string              // how its property of notes is called now; "" where it has none
}

// A page is a page of a scenario, now and in the past.
type page struct {
	id         string
	dataSource *dataSource
	elsewhere  bool // under an ordinary page
	trashed    bool // by itself, not with its database
	archived   bool
	hidden     bool // not shared with the connection
	purged     bool
	related    []string
	garbling   notiontest.Garbling // no answer with it is of use; "" where they are
	undated    bool                // it once came without the time when it was made
	refused    bool                // what Notion cuts of it cannot be completed

	changed  time.Time // when anything last changed of what Notion shows, its absence included
	silent   time.Time // when it last did so without a new edit time; zero where an edit followed
	past     []whereabouts
	versions []version
	cut      bool // it once had more relations than Notion lists
}

// A version is the meaning that a record of the page should have had from a time on.
type version struct {
	from time.Time
	text string
}

// wasSince is the first moment, not before a given one, at which a page had this text.
func (p *page) wasSince(notBefore time.Time, text string) (at time.Time, ok bool) {
	for i, v := range p.versions {
		if v.text != text || i+1 < len(p.versions) && p.versions[i+1].from.Before(notBefore) {
			continue
		}
		if v.from.After(notBefore) {
			return v.from, true
		}
		return notBefore, true
	}
	return notBefore, false
}

// A whereabouts is what a request for a page would have found from a time on.
type whereabouts struct {
	from                  time.Time
	database              *database // nil: it is under an ordinary page
	lost, locked, inTrash bool      // it is not found; nor is its database; Notion shows it in the trash
}

func (p *page) whereabouts() whereabouts {
	w := whereabouts{from: time.Now(), lost: p.purged || p.hidden, inTrash: p.trashed}
	if !p.elsewhere {
		w.database = p.dataSource.database
		w.locked = w.database.unshared
		w.inTrash = w.inTrash || w.database.trashed || p.dataSource.trashed
	}
	return w
}

// reason is the reason to delete a page with these whereabouts from a database's topic; ""
// where there is none.
func (w whereabouts) reason(r *database) string {
	switch {
	case w.locked && !w.lost && w.database == r:
		return "" // only the access was lost
	case w.lost || w.locked:
		return producer.ReasonGone
	case w.inTrash:
		return producer.ReasonTrashed
	case w.database != r:
		return producer.ReasonMoved
	}
	return ""
}

// inPlace says that a read of the database finds the page.
func (p *page) inPlace(r *database) bool {
	w := p.whereabouts()
	return w.database == r && !w.lost && !w.locked && !w.inTrash
}

// reasonBetween says whether, at any moment between two times, there was this reason to
// delete a page from a database's topic; "" is any reason.
func (p *page) reasonBetween(r *database, reason string, from, to time.Time) bool {
	for i, w := range p.past {
		if w.from.After(to) || i+1 < len(p.past) && p.past[i+1].from.Before(from) {
			continue
		}
		if is := w.reason(r); is != "" && (reason == "" || is == reason) {
			return true
		}
	}
	return false
}

// note notes that a page has changed. An edit moves its edit time, so a poll also finds
// the silent changes before it; any other change is silent.
func (sr *scenarioRun) note(p *page, edited bool) {
	now := time.Now()
	p.changed = now
	if edited && !p.archived {
		p.silent = time.Time{}
	} else {
		p.silent = now
	}
	p.cut = p.cut || len(p.related) > 25
	p.past = append(p.past, p.whereabouts())
	if _, there := sr.notion.Page(p.id); there {
		p.versions = append(p.versions, version{now, sr.consumer.truth(sr, p).text})
	}
}

// noteAll notes a change of all pages of a data source.
func (sr *scenarioRun) noteAll(of *dataSource) {
	for _, p := range sr.pages {
		if p.dataSource == of && !p.purged {
			sr.note(p, false)
		}
	}
}

// noteDatabase notes a change of all pages of a database.
func (sr *scenarioRun) noteDatabase(r *database) {
	for _, t := range r.dataSources {
		sr.noteAll(t)
	}
	r.notes()
}

// notes notes what a request for the database finds from now on.
func (r *database) notes() {
	r.past = append(r.past, databaseWhereabouts{time.Now(), r.trashed, r.unshared || r.lost})
}

// indexed is how long a run may not know a new data source.
func (sr *scenarioRun) indexed(r *database) time.Duration {
	if r.hidden {
		return time.Hour // discovery_every
	}
	return sr.conditions.indexLag
}

// noteAccess notes that the connection can see a database now, or cannot. Its pages stay
// as they are.
func (sr *scenarioRun) noteAccess(r *database) {
	for _, t := range r.dataSources {
		t.known = time.Now().Add(sr.indexed(r))
	}
	for _, p := range sr.pages {
		if p.dataSource.database == r && !p.purged {
			p.changed = time.Now()
			p.past = append(p.past, p.whereabouts())
		}
	}
	r.notes()
}

// arrived notes a new page.
func (sr *scenarioRun) arrived(id string, in *dataSource) *page {
	p := &page{id: id, dataSource: in}
	sr.pages = append(sr.pages, p)
	sr.note(p, true)
	return p
}

// setUp makes the databases that a scenario begins with, and their pages. Most pages are
// old, and some minutes have several.
func (sr *scenarioRun) setUp() {
	for i, name := range []string{"Tasks", "Ideas", "Private"} {
		db := sr.notion.AddDatabase(name, properties()...)
		r := &database{db: db, stream: producer.DatabaseStream(db.ID())}
		if i < len(sr.conditions.settings) {
			r.settings = &sr.conditions.settings[i]
		}
		if i == 1 && sr.conditions.hidden {
			db.HideFromSearch()
			r.hidden = true
		}
		r.dataSources = []*dataSource{{ds: db.DataSource(), database: r, notes: "Notes"}}
		sr.databases = append(sr.databases, r)
		began := time.Now().Add(-200 * time.Hour)
		for _, id := range db.DataSource().AddPages(sr.conditions.pages[i], began, 25*time.Second, func(n int) notiontest.Values {
			return notiontest.Values{"Name": name, "Points": n, "Secret": "confidential"}
		}) {
			sr.arrived(id, r.dataSources[0])
		}
	}
	if sr.conditions.crowd > 0 {
		t := sr.databases[0].dataSources[0]
		minute := time.Now().Add(-50 * time.Hour).Truncate(time.Minute)
		for _, id := range t.ds.AddPages(sr.conditions.crowd, minute, 10*time.Millisecond, func(n int) notiontest.Values {
			return notiontest.Values{"Name": "Import", "Points": n}
		}) {
			sr.arrived(id, t)
		}
	}
	sr.pass(time.Hour)
}

// properties are the properties of every data source at the beginning.
func properties() []notiontest.Prop {
	return []notiontest.Prop{
		{Name: "Name", Kind: notiontest.KindTitle},
		{Name: "Points", Kind: notiontest.KindNumber},
		{Name: "Related", Kind: notiontest.KindRelation},
		{Name: "Secret", Kind: notiontest.KindRichText},
		{Name: "Stage", Kind: notiontest.KindSelect, Options: []string{"open", "done"}},
		{Name: "Sum", Kind: notiontest.KindFormula},
		{Name: "Paper", Kind: notiontest.KindFiles},
		{Name: "Notes", Kind: notiontest.KindRichText},
	}
}
