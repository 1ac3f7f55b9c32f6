package notion

import (
	"fmt"
	"time"
)

// DecodePage reads one page object, as GET /v1/pages/{id} and queries show it.
// The page's byte slices are parts of text, which must not be changed after.
//
// It is strict about what the rest relies on: the whole text must be JSON in
// UTF-8 with no name twice in an object, and a page must have a UUID, both
// times, a parent and properties. Unknown fields, property types and values
// pass. The error tells the reason and where in the text.
func DecodePage(text []byte) (Page, error) {
	var row row
	if err := walkText(text, row.read); err != nil {
		return Page{}, err
	}
	if row.object != "page" {
		return Page{}, fmt.Errorf("the object is a %q, not a page", row.object)
	}
	return row.page, nil
}

// A row is one object of a query's results: a page, or in a wiki a data source,
// of which only page.ID is filled.
type row struct {
	object  string
	page    Page
	created time.Time // zero where the object does not say
}

// read takes one object and checks that it is a whole page, if it is a page.
func (r *row) read(w *walk) error {
	p := &r.page
	var created, edited *time.Time
	var url *string
	var inTrash, archived, isArchived, isLocked *bool
	var values properties
	err := w.object(func(name []byte) (err error) {
		switch string(name) {
		case "object":
			err = setString(&r.object)(w.str())
		case "id":
			p.ID, err = w.id()
		case "created_time":
			created, err = w.time()
		case "last_edited_time":
			edited, err = w.time()
		case "created_by":
			p.CreatedBy, err = w.raw()
		case "last_edited_by":
			p.LastEditedBy, err = w.raw()
		case "cover":
			p.Cover, err = w.raw()
		case "icon":
			p.Icon, err = w.raw()
		case "parent":
			p.Parent, err = w.raw()
		case "properties":
			values, err = w.properties()
		case "url":
			url, err = w.str()
		case "public_url":
			p.PublicURL, err = w.str()
		case "in_trash":
			inTrash, err = w.flag()
		case "archived":
			archived, err = w.flag()
		case "is_archived":
			isArchived, err = w.flag()
		case "is_locked":
			isLocked, err = w.flag()
		default:
			err = w.skip()
		}
		return err
	})
	if err != nil {
		return r.named(err)
	}
	if p.ID == "" {
		return w.refuse("the object has no id")
	}
	if created != nil {
		r.created = *created
	}
	if r.object != "page" || url == nil {
		// Only whole pages have a url (Notion: page object).
		r.page = Page{ID: p.ID, Partial: true}
		return nil
	}
	if inTrash == nil {
		inTrash = archived // the only name of it before 2024; equal since
	}
	if values.titleErr != nil {
		return r.named(values.titleErr)
	}
	p.Properties, p.Title, p.Cut = values.text, values.title, values.cutProperties()
	p.URL = *url
	p.InTrash = inTrash != nil && *inTrash
	p.IsArchived = isArchived != nil && *isArchived
	p.IsLocked = isLocked != nil && *isLocked
	if missing := firstMissing(
		field{"created_time", created != nil},
		field{"last_edited_time", edited != nil},
		field{"parent", p.Parent != nil},
		field{"properties", p.Properties != nil},
	); missing != "" {
		return r.named(w.refuse("the page has no %s", missing))
	}
	p.CreatedTime, p.LastEditedTime = *created, *edited
	p.CreatedByID, p.LastEditedByID = userID(p.CreatedBy), userID(p.LastEditedBy)
	if p.DatabaseID, p.DataSourceID, err = parentIDs(p.Parent); err != nil {
		return r.named(w.refuse("parent: %w", err))
	}
	return nil
}

// named adds the id of the object at fault, where it is known.
func (r *row) named(err error) error {
	if err == nil || r.page.ID == "" {
		return err
	}
	return fmt.Errorf("%s: %w", r.page.ID, err)
}

// parentIDs reads the ids in a parent object; "" for those it has not.
func parentIDs(parent []byte) (database, dataSource string, err error) {
	s := skim{text: parent}
	if kind := s.kind(); kind != '{' {
		return "", "", fmt.Errorf("%v is not an object", kind)
	}
	for s.enter(); s.next(); {
		name, value := s.name(), s.value()
		switch string(nameOf(name)) {
		case "database_id":
			database, err = idOf(value)
		case "data_source_id":
			dataSource, err = idOf(value)
		}
		if err != nil {
			return "", "", fmt.Errorf("at /%s: %w", nameOf(name), err)
		}
	}
	return database, dataSource, nil
}

// userID reads the id of a user object; "" for nil, and for what has no UUID,
// which is no reason to lose the page.
func userID(user []byte) (id string) {
	s := skim{text: user}
	if s.kind() != '{' {
		return ""
	}
	for s.enter(); s.next(); {
		name, value := s.name(), s.value()
		if string(nameOf(name)) == "id" {
			id, _ = NormalizeID(stringOf(value))
		}
	}
	return id
}

// setString stores what walk.str returns, with "" for null.
func setString(dst *string) func(*string, error) error {
	return func(text *string, err error) error {
		if text != nil {
			*dst = *text
		}
		return err
	}
}

// A field is a name and whether the object had it.
type field struct {
	name string
	here bool
}

func firstMissing(fields ...field) string {
	for _, f := range fields {
		if !f.here {
			return f.name
		}
	}
	return ""
}
