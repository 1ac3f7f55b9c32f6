package daemon

import (
	"fmt"
	"strings"
	"time"

	"notion-kafka/notion/notiontest"
)

// renameDatabase and the verbs after it are what people do to whole databases and
// data sources.
func (tl *tale) renameDatabase(s step) string {
	r := tl.someRoom(s, func(*room) bool { return true })
	name := fmt.Sprint(strings.Fields(r.db.Title())[0], " ", s.dice[1]%100)
	what := fmt.Sprintf("%s is called %s now", r.db.Title(), name)
	r.db.Rename(name)
	return what
}

// changeSchema adds, renames or removes a property, or renames an option.
func (tl *tale) changeSchema(s step) string {
	t := tl.someTable(s, (*table).alive)
	if t == nil {
		return ""
	}
	tl.added++
	name := fmt.Sprint("Extra ", tl.added)
	var what string
	switch {
	case s.dice[0]%4 == 0 && t.notes != "":
		t.ds.RemoveProperty(t.notes)
		what, t.notes = "loses property "+t.notes, ""
	case s.dice[0]%4 == 1 && t.notes != "":
		t.ds.RenameProperty(t.notes, name)
		what, t.notes = "has another name for property "+t.notes+": "+name, name
	case t.notes == "":
		t.ds.AddProperty(notiontest.Prop{Name: name, Kind: notiontest.KindRichText})
		what, t.notes = "has a new property "+name, name
	default:
		t.ds.AddProperty(notiontest.Prop{Name: name, Kind: notiontest.KindCheckbox})
		what = "has a new property " + name
	}
	tl.noteAll(t)
	return fmt.Sprint(t.name(), " ", what)
}

func (tl *tale) addDataSource(s step) string {
	r := tl.someRoom(s, func(r *room) bool { return !r.trashed && len(r.tables) < 3 })
	if r == nil {
		return ""
	}
	tl.added++
	ds := r.db.AddDataSource(fmt.Sprint("More ", tl.added), properties()...)
	t := &table{ds: ds, room: r, notes: "Notes", known: time.Now().Add(tl.indexed(r))}
	r.tables = append(r.tables, t)
	for i := range s.dice[2] % 4 {
		tl.arrived(ds.AddPage("First", notiontest.Values{"Points": int(i), "Secret": "confidential"}), t)
	}
	return fmt.Sprintf("%s gets another data source, with %d pages", r.db.Title(), s.dice[2]%4)
}

func (tl *tale) trashDataSource(s step) string {
	t := tl.someTable(s, func(t *table) bool { return t.alive() && len(t.room.tables) > 1 })
	if t == nil {
		return ""
	}
	t.trashed = true
	t.ds.Trash()
	tl.noteAll(t)
	return t.name() + " goes to the trash"
}

func (tl *tale) restoreDataSource(s step) string {
	t := tl.someTable(s, func(t *table) bool { return t.trashed })
	if t == nil {
		return ""
	}
	t.trashed, t.known = false, time.Now().Add(tl.indexed(t.room))
	t.ds.Restore()
	tl.noteAll(t)
	return t.name() + " is restored from the trash"
}

func (tl *tale) trashDatabase(s step) string {
	r := tl.someRoom(s, func(r *room) bool { return !r.trashed })
	if r == nil {
		return ""
	}
	r.trashed = true
	r.db.Trash()
	tl.noteRoom(r)
	return r.db.Title() + " goes to the trash, the whole database"
}

func (tl *tale) restoreDatabase(s step) string {
	r := tl.someRoom(s, func(r *room) bool { return r.trashed })
	if r == nil {
		return ""
	}
	r.trashed = false
	r.db.Restore()
	tl.noteRoom(r)
	tl.noteAccess(r)
	return r.db.Title() + " is restored from the trash, the whole database"
}

func (tl *tale) unshareDatabase(s step) string {
	r := tl.someRoom(s, func(r *room) bool { return !r.unshared })
	if r == nil {
		return ""
	}
	if s.dice[2]%2 == 0 {
		tl.locks++
		return "access to a database is about to be lost, in the middle of a look at one of its pages"
	}
	return tl.lock(r)
}

// lock takes the access to a database away.
func (tl *tale) lock(r *room) string {
	r.unshared = true
	r.db.Unshare()
	tl.noteAccess(r)
	return r.db.Title() + " is no longer shared with the connection"
}

func (tl *tale) shareDatabase(s step) string {
	r := tl.someRoom(s, func(r *room) bool { return r.unshared })
	if r == nil {
		return ""
	}
	r.unshared = false
	r.db.Share()
	tl.noteAccess(r)
	return r.db.Title() + " is shared with the connection again"
}
