package daemon

import (
	"slices"
	"sync"
	"time"

	"notion-kafka/notion/notiontest"
	"notion-kafka/producer"
)

// The truth is what the people of a story did, noted beside the simulated
// Notion: how every page is, and where it was at all times.
type truth struct {
	mu    sync.Mutex // guards the truth and what is told: people also act while processes run
	rooms []*room
	pages []*page
	added int // data sources and properties, for their names
}

// A room is a database of a story.
type room struct {
	db                *notiontest.Database
	stream            string
	wanted            *producer.Settings // nil: not selected
	tables            []*table
	trashed, unshared bool
	ails, lost        bool      // it cannot be retrieved; Notion does not even find it
	hidden            bool      // search leaves it out
	changed           time.Time // when that last changed
	past              []roomWhereabouts
}

// A roomWhereabouts is what a look at a database would have found from a time on.
type roomWhereabouts struct {
	from              time.Time
	trashed, unshared bool
}

// reasonBetween says whether there was a moment between two times at which the
// database was to be deleted for this reason.
func (r *room) reasonBetween(reason string, from, to time.Time) bool {
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

// goneSince says whether the database was already not found at a time, be it that it
// was there again in between.
func (r *room) goneSince(at time.Time) bool {
	return slices.ContainsFunc(r.past, func(w roomWhereabouts) bool { return w.unshared && !w.from.After(at) })
}

// A table is a data source.
type table struct {
	ds       *notiontest.DataSource
	room     *room
	trashed  bool
	garbling notiontest.Garbling // it is of no use in search and alone; "" where it is
	ailing   time.Time           // since when
	known    time.Time           // when a run can know that it is there, or not
	notes    string              // how its property of notes is called now; "" where it has none
}

// A page is a page, and all that was true of it.
type page struct {
	id        string
	table     *table
	elsewhere bool // under an ordinary page
	trashed   bool // by itself, not with its database
	archived  bool
	hidden    bool // not shared with the connection
	purged    bool
	related   []string
	garbling  notiontest.Garbling // no answer with it is of use; "" where they are
	undated   bool                // it once came without the time when it was made
	refused   bool                // what Notion cuts of it cannot be completed

	changed  time.Time // when anything last changed of what Notion shows, its absence included
	silent   time.Time // when it last did so without a new edit time; zero where an edit followed
	past     []whereabouts
	versions []version
	cut      bool // it once had more relations than Notion lists
}

// A version is what a record of a page was to say from a time on; see meaning.
type version struct {
	from time.Time
	text string
}

// wasSince is the first moment, not before a given one, at which a page was like
// that.
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

// A whereabouts is what a look at a page would have found from a time on.
type whereabouts struct {
	from                  time.Time
	room                  *room // nil: it is under an ordinary page
	lost, locked, inTrash bool  // it is not found; nor is its database; Notion shows it in the trash
}

func (p *page) whereabouts() whereabouts {
	w := whereabouts{from: time.Now(), lost: p.purged || p.hidden, inTrash: p.trashed}
	if !p.elsewhere {
		w.room = p.table.room
		w.locked = w.room.unshared
		w.inTrash = w.inTrash || w.room.trashed || p.table.trashed
	}
	return w
}

// reason is why a page with these whereabouts is to be deleted from a database's
// topic; "" where it is not.
func (w whereabouts) reason(r *room) string {
	switch {
	case w.locked && !w.lost && w.room == r:
		return "" // access was lost, no more
	case w.lost || w.locked:
		return producer.ReasonGone
	case w.inTrash:
		return producer.ReasonTrashed
	case w.room != r:
		return producer.ReasonMoved
	}
	return ""
}

// inPlace says that whoever reads the database comes by the page.
func (p *page) inPlace(r *room) bool {
	w := p.whereabouts()
	return w.room == r && !w.lost && !w.locked && !w.inTrash
}

// reasonBetween says whether there was a moment between two times at which a
// page was to be deleted from a database's topic for this reason; "" is any.
func (p *page) reasonBetween(r *room, reason string, from, to time.Time) bool {
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

// note takes down that a page is another now. An edit moves its edit time, and
// so shows the rest to whoever reads edits; anything else is silent.
func (tl *tale) note(p *page, edited bool) {
	now := time.Now()
	p.changed = now
	if edited && !p.archived {
		p.silent = time.Time{}
	} else {
		p.silent = now
	}
	p.cut = p.cut || len(p.related) > 25
	p.past = append(p.past, p.whereabouts())
	if _, there := tl.notion.Page(p.id); there {
		p.versions = append(p.versions, version{now, tl.ledger.truth(tl, p).text})
	}
}

// noteAll takes down that something changed for all pages of a data source.
func (tl *tale) noteAll(of *table) {
	for _, p := range tl.pages {
		if p.table == of && !p.purged {
			tl.note(p, false)
		}
	}
}

// noteRoom takes down that something changed for all pages of a database.
func (tl *tale) noteRoom(r *room) {
	for _, t := range r.tables {
		tl.noteAll(t)
	}
	r.notes()
}

// notes takes down what a look at the database finds from now on.
func (r *room) notes() {
	r.past = append(r.past, roomWhereabouts{time.Now(), r.trashed, r.unshared || r.lost})
}

// indexed is how long a run may not know of a data source that is new.
func (tl *tale) indexed(r *room) time.Duration {
	if r.hidden {
		return time.Hour // discovery_every
	}
	return tl.place.indexLag
}

// noteAccess takes down that the connection can, or cannot, see a database. Its
// pages stay as they are.
func (tl *tale) noteAccess(r *room) {
	for _, t := range r.tables {
		t.known = time.Now().Add(tl.indexed(r))
	}
	for _, p := range tl.pages {
		if p.table.room == r && !p.purged {
			p.changed = time.Now()
			p.past = append(p.past, p.whereabouts())
		}
	}
	r.notes()
}

// arrived takes down a page that is new.
func (tl *tale) arrived(id string, in *table) *page {
	p := &page{id: id, table: in}
	tl.pages = append(tl.pages, p)
	tl.note(p, true)
	return p
}

// furnish makes the databases that a story begins with, and their pages. Most
// pages are old, and some minutes have several.
func (tl *tale) furnish() {
	for i, name := range []string{"Tasks", "Ideas", "Private"} {
		db := tl.notion.AddDatabase(name, properties()...)
		r := &room{db: db, stream: producer.DatabaseStream(db.ID())}
		if i < len(tl.place.wanted) {
			r.wanted = &tl.place.wanted[i]
		}
		if i == 1 && tl.place.hidden {
			db.HideFromSearch()
			r.hidden = true
		}
		r.tables = []*table{{ds: db.DataSource(), room: r, notes: "Notes"}}
		tl.rooms = append(tl.rooms, r)
		began := time.Now().Add(-200 * time.Hour)
		for _, id := range db.DataSource().AddPages(tl.place.pages[i], began, 25*time.Second, func(n int) notiontest.Values {
			return notiontest.Values{"Name": name, "Points": n, "Secret": "confidential"}
		}) {
			tl.arrived(id, r.tables[0])
		}
	}
	if tl.place.crowd > 0 {
		t := tl.rooms[0].tables[0]
		minute := time.Now().Add(-50 * time.Hour).Truncate(time.Minute)
		for _, id := range t.ds.AddPages(tl.place.crowd, minute, 10*time.Millisecond, func(n int) notiontest.Values {
			return notiontest.Values{"Name": "Import", "Points": n}
		}) {
			tl.arrived(id, t)
		}
	}
	tl.pass(time.Hour)
}

// properties are those that every data source has in the beginning.
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
