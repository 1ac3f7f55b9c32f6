package notiontest

import (
	"fmt"
	"slices"
)

// A Database is a container of data sources (Notion: upgrade-guide-2025-09-03).
// Its methods are people's verbs and lock the workspace.
type Database struct {
	w               *Workspace
	id              uuid
	parent          uuid // its page
	title           string
	description     string
	created, edited int64 // Unix milliseconds
	searchable      int64 // from when search may find it, plus IndexLag
	sources         []*DataSource
	trashed         bool
	unshared        bool
	restricted      bool
	unlisted        bool // search never shows it
	icon            []byte
}

// A DataSource is one table of a database: a schema and its rows.
type DataSource struct {
	database        *Database
	id              uuid
	name            string
	created, edited int64
	createdBy       *user
	editedBy        *user
	searchable      int64
	properties      []*property
	numbered        int // the newest row's unique_id
	icon            []byte
	live, archived  partition
	trashed         bool
	orphans         bool // its rows are not in the trash with it
	garbling        Garbling
}

// AddDatabase creates a database with one data source of the same name, shared with
// the connection. Where props has no title property, a title "Name" comes first.
func (w *Workspace) AddDatabase(title string, props ...Prop) *Database {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := w.now()
	db := &Database{w: w, id: w.newID(), parent: w.newID(), title: title, created: now, edited: now, searchable: now}
	w.databases = append(w.databases, db)
	db.addSource(title, props)
	return db
}

// AddDataSource adds another data source to the database.
func (db *Database) AddDataSource(name string, props ...Prop) *DataSource {
	db.w.mu.Lock()
	defer db.w.mu.Unlock()
	return db.addSource(name, props)
}

func (db *Database) addSource(name string, props []Prop) *DataSource {
	now := db.w.now()
	d := &DataSource{
		database: db, id: db.w.newID(), name: name,
		created: now, edited: now, searchable: now,
		createdBy: db.w.someone(), live: newPartition(), archived: newPartition(),
	}
	d.editedBy = d.createdBy
	db.sources = append(db.sources, d)
	db.w.sources[d.id] = d
	if !slices.ContainsFunc(props, func(p Prop) bool { return p.Kind == KindTitle }) {
		db.w.newProperty(d, Prop{Name: "Name", Kind: KindTitle})
	}
	for _, p := range props {
		db.w.newProperty(d, p)
	}
	return d
}

// ID returns the database's id, dashed and lower-case.
func (db *Database) ID() string { return db.id.String() }

// DataSource returns the database's first data source.
func (db *Database) DataSource() *DataSource {
	db.w.mu.Lock()
	defer db.w.mu.Unlock()
	return db.sources[0]
}

// Rename gives the database another title. Its data source gets it too if there is
// only one.
func (db *Database) Rename(title string) {
	db.change(func() {
		db.title = title
		if len(db.sources) == 1 {
			db.sources[0].name = title
			db.sources[0].edited = db.w.now()
		}
	})
}

// SetIcon gives the database an icon object as Notion has them; "" removes it. The data
// source keeps its own.
func (db *Database) SetIcon(object string) { db.change(func() { db.icon = []byte(object) }) }

// Trash moves the database and all of its pages to the trash.
func (db *Database) Trash() { db.change(func() { db.trashed = true }) }

// Restore takes the database out of the trash.
func (db *Database) Restore() { db.change(func() { db.trashed = false }) }

// Unshare removes the connection's access to the database and its pages. To the
// connection they look deleted.
func (db *Database) Unshare() {
	db.w.mu.Lock()
	defer db.w.mu.Unlock()
	db.unshared = true
}

// Restrict makes the API show the database only as {object, id}. Its data sources and
// pages stay readable.
func (db *Database) Restrict() {
	db.w.mu.Lock()
	defer db.w.mu.Unlock()
	db.restricted = true
}

// Share gives back full access. Search finds the database after Options.IndexLag.
func (db *Database) Share() {
	db.w.mu.Lock()
	defer db.w.mu.Unlock()
	db.unshared, db.restricted = false, false
	db.searchable = db.w.now()
}

func (db *Database) change(what func()) {
	db.w.mu.Lock()
	defer db.w.mu.Unlock()
	what()
	db.edited = db.w.now()
}

// ID returns the data source's id, dashed and lower-case.
func (d *DataSource) ID() string { return d.id.String() }

// Rename gives the data source another name.
func (d *DataSource) Rename(name string) { d.change(func() { d.name = name }) }

// SetIcon gives the data source an icon object as Notion has them.
func (d *DataSource) SetIcon(object string) { d.change(func() { d.icon = []byte(object) }) }

// Trash moves the data source to the trash; its database no longer lists it.
func (d *DataSource) Trash() { d.change(func() { d.trashed = true }) }

// TrashAlone moves the data source to the trash, but not its pages. That has been seen
// for objects whose parent was trashed.
func (d *DataSource) TrashAlone() { d.change(func() { d.trashed, d.orphans = true, true }) }

// Restore takes the data source out of the trash.
func (d *DataSource) Restore() { d.change(func() { d.trashed, d.orphans = false, false }) }

// MoveTo moves the data source with its pages to another database: its old database
// no longer lists it, and its pages have another parent. They keep their edit times.
func (d *DataSource) MoveTo(db *Database) {
	d.change(func() {
		from := d.database
		from.sources = slices.DeleteFunc(from.sources, func(other *DataSource) bool { return other == d })
		db.sources = append(db.sources, d)
		d.database = db
	})
}

func (d *DataSource) change(what func()) {
	w := d.database.w
	w.mu.Lock()
	defer w.mu.Unlock()
	what()
	d.edited, d.editedBy = w.now(), w.someone()
}

// property finds a property by name; nil where there is none.
func (d *DataSource) property(name string) *property {
	for _, p := range d.properties {
		if p.name == name && !p.removed {
			return p
		}
	}
	return nil
}

// mustProperty finds a property for a verb, and panics where there is none.
func (d *DataSource) mustProperty(name string) *property {
	if p := d.property(name); p != nil {
		return p
	}
	panic(fmt.Sprintf("notiontest: data source %q has no property %q", d.name, name))
}

// title returns the title property.
func (d *DataSource) title() *property {
	at := slices.IndexFunc(d.properties, func(p *property) bool { return p.kind == KindTitle })
	return d.properties[at]
}
