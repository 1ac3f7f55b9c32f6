package daemon

import (
	"fmt"
	"strings"
	"time"

	"notion-kafka/notion/notiontest"
)

// renameDatabase and the verbs after it change whole databases and data sources.
func (sr *scenarioRun) renameDatabase(s step) string {
	r := sr.someDatabase(s, func(*database) bool { return true })
	name := fmt.Sprint(strings.Fields(r.db.Title())[0], " ", s.dice[1]%100)
	what := fmt.Sprintf("%s is called %s now", r.db.Title(), name)
	r.db.Rename(name)
	return what
}

// changeSchema adds, renames, retypes or removes a property.
func (sr *scenarioRun) changeSchema(s step) string {
	t := sr.someDataSource(s, (*dataSource).alive)
	if t == nil {
		return ""
	}
	sr.added++
	name := fmt.Sprint("Extra ", sr.added)
	var what string
	switch {
	case s.dice[0]%4 == 0 && t.notes != "":
		t.ds.RemoveProperty(t.notes)
		what, t.notes = "loses property "+t.notes, ""
	case s.dice[0]%8 == 2 && t.notes != "":
		kind := []notiontest.Kind{notiontest.KindSelect, notiontest.KindURL, notiontest.KindRichText}[s.dice[2]%3]
		t.ds.RetypeProperty(t.notes, kind)
		what = fmt.Sprintf("has another type for property %s: %s", t.notes, kind)
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
	sr.noteAll(t)
	return fmt.Sprint(t.name(), " ", what)
}

func (sr *scenarioRun) addDataSource(s step) string {
	r := sr.someDatabase(s, func(r *database) bool { return !r.trashed && len(r.dataSources) < 3 })
	if r == nil {
		return ""
	}
	sr.added++
	ds := r.db.AddDataSource(fmt.Sprint("More ", sr.added), properties()...)
	t := &dataSource{ds: ds, database: r, notes: "Notes", known: time.Now().Add(sr.indexed(r))}
	r.dataSources = append(r.dataSources, t)
	for i := range s.dice[2] % 4 {
		sr.arrived(ds.AddPage("First", notiontest.Values{"Points": int(i), "Secret": "confidential"}), t)
	}
	return fmt.Sprintf("%s gets another data source, with %d pages", r.db.Title(), s.dice[2]%4)
}

func (sr *scenarioRun) trashDataSource(s step) string {
	t := sr.someDataSource(s, func(t *dataSource) bool { return t.alive() && len(t.database.dataSources) > 1 })
	if t == nil {
		return ""
	}
	t.trashed = true
	t.ds.Trash()
	sr.noteAll(t)
	return t.name() + " goes to the trash"
}

func (sr *scenarioRun) restoreDataSource(s step) string {
	t := sr.someDataSource(s, func(t *dataSource) bool { return t.trashed })
	if t == nil {
		return ""
	}
	t.trashed, t.known = false, time.Now().Add(sr.indexed(t.database))
	t.ds.Restore()
	sr.noteAll(t)
	return t.name() + " is restored from the trash"
}

func (sr *scenarioRun) trashDatabase(s step) string {
	r := sr.someDatabase(s, func(r *database) bool { return !r.trashed })
	if r == nil {
		return ""
	}
	r.trashed = true
	r.db.Trash()
	sr.noteDatabase(r)
	return r.db.Title() + " goes to the trash, the whole database"
}

func (sr *scenarioRun) restoreDatabase(s step) string {
	r := sr.someDatabase(s, func(r *database) bool { return r.trashed })
	if r == nil {
		return ""
	}
	r.trashed = false
	r.db.Restore()
	sr.noteDatabase(r)
	sr.noteAccess(r)
	return r.db.Title() + " is restored from the trash, the whole database"
}

func (sr *scenarioRun) unshareDatabase(s step) string {
	r := sr.someDatabase(s, func(r *database) bool { return !r.unshared })
	if r == nil {
		return ""
	}
	if s.dice[2]%2 == 0 {
		sr.locks++
		return "access to a database is about to be lost, in the middle of a look at one of its pages"
	}
	return sr.lock(r)
}

// lock takes the access to a database away.
func (sr *scenarioRun) lock(r *database) string {
	r.unshared = true
	r.db.Unshare()
	sr.noteAccess(r)
	return r.db.Title() + " is no longer shared with the connection"
}

func (sr *scenarioRun) shareDatabase(s step) string {
	r := sr.someDatabase(s, func(r *database) bool { return r.unshared })
	if r == nil {
		return ""
	}
	r.unshared = false
	r.db.Share()
	sr.noteAccess(r)
	return r.db.Title() + " is shared with the connection again"
}
