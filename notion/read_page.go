package notion

import (
	"fmt"
	"time"
)

// DecodePage reads one page object, as GET /v1/pages/{id} and queries return it.
// The page's byte slices are parts of text, which must not change afterwards.
//
// The whole text must be JSON in UTF-8 without duplicate names in an object, and a
// page must have a UUID, both times, a parent and properties. Unknown fields,
// property types and values pass. The error has the reason and the place in the
// text.
func DecodePage(text []byte) (Page, error) {
	var row row
	if err := readStrictly(text, mostNodes, row.read); err != nil {
		return Page{}, err
	}
	if row.object != "page" {
		return Page{}, fmt.Errorf("the object is a %q, not a page", row.object)
	}
	return row.page, nil
}

// A row is one object of a query's results: a page, or in a wiki a data source, for
// which only page.ID is set.
type row struct {
	object  string
	page    Page
	created time.Time // zero where the object has none
}

// read takes one object. It checks that a page is whole.
func (r *row) read(in *strictReader) error {
	p := &r.page
	place := in.place()
	var created, edited *time.Time
	var url *string
	var inTrash, archived, isArchived, isLocked *bool
	var values properties
	err := in.object(func(name []byte) (err error) {
		switch string(name) {
		case "object":
			err = in.stringInto(&r.object)
		case "id":
			p.ID, err = in.id()
		case "created_time":
			created, err = in.time()
		case "last_edited_time":
			edited, err = in.time()
		case "created_by":
			p.CreatedBy = in.raw()
		case "last_edited_by":
			p.LastEditedBy = in.raw()
		case "cover":
			p.Cover = in.raw()
		case "icon":
			p.Icon = in.raw()
		case "parent":
			p.Parent = in.raw()
		case "properties":
			values, err = in.properties()
		case "url":
			url, err = in.str()
		case "public_url":
			p.PublicURL, err = in.str()
		case "in_trash":
			inTrash, err = in.flag()
		case "archived":
			archived, err = in.flag()
		case "is_archived":
			isArchived, err = in.flag()
		case "is_locked":
			isLocked, err = in.flag()
		default:
			err = in.skip()
		}
		return err
	})
	if err != nil {
		return r.named(err)
	}
	if p.ID == "" {
		return in.refuse("the object has no id")
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
		inTrash = archived // its only name before 2024; equal since
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
		return r.named(in.refuse("the page has no %s", missing))
	}
	p.CreatedTime, p.LastEditedTime = *created, *edited
	p.CreatedByID, p.LastEditedByID = userID(p.CreatedBy), userID(p.LastEditedBy)
	if p.DatabaseID, p.DataSourceID, err = parentIDs(p.Parent); err != nil {
		return r.named(in.refuse("parent: %w", err))
	}
	if place != none {
		p.decoded = in.tree.fingerprint(p, place)
	}
	return nil
}

// named adds the row's id to an error, where it is known.
func (r *row) named(err error) error {
	if err == nil || r.page.ID == "" {
		return err
	}
	return fmt.Errorf("%s: %w", r.page.ID, err)
}

// parentIDs reads the ids in a parent object; "" for a missing one.
func parentIDs(parent []byte) (database, dataSource string, err error) {
	r := fastReader{text: parent}
	if kind := r.kind(); kind != '{' {
		return "", "", fmt.Errorf("%v is not an object", kind)
	}
	for r.enter(); r.next(); {
		name, value := r.name(), r.value()
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

// userID reads the id of a user object; "" for nil and for an object without a UUID,
// so that such a user does not make the page unreadable.
func userID(user []byte) (id string) {
	r := fastReader{text: user}
	if r.kind() != '{' {
		return ""
	}
	for r.enter(); r.next(); {
		name, value := r.name(), r.value()
		if string(nameOf(name)) == "id" {
			id, _ = NormalizeID(stringOf(value))
		}
	}
	return id
}

// A field is a name and whether the object has it.
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
