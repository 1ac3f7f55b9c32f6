package notion

import (
	"bytes"
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
	object string
	page   Page
}

// read takes one object and checks that it is a whole page, if it is a page.
func (r *row) read(w *walk) error {
	p := &r.page
	var created, edited *time.Time
	var url *string
	var inTrash, archived, isArchived, isLocked *bool
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
			p.Properties, p.Title, err = w.properties()
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
	if r.object != "page" || url == nil {
		// Only whole pages have a url (Notion: page object).
		r.page = Page{ID: p.ID, Partial: true}
		return nil
	}
	if inTrash == nil {
		inTrash = archived // the only name of it before 2024; equal since
	}
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
	return r.named(r.readIDs(w))
}

// readIDs takes the ids out of parent, created_by and last_edited_by.
func (r *row) readIDs(w *walk) (err error) {
	p := &r.page
	if p.DatabaseID, p.DataSourceID, err = parentIDs(p.Parent); err != nil {
		return w.refuse("parent: %w", err)
	}
	if p.CreatedByID, err = userID(p.CreatedBy); err != nil {
		return w.refuse("created_by: %w", err)
	}
	if p.LastEditedByID, err = userID(p.LastEditedBy); err != nil {
		return w.refuse("last_edited_by: %w", err)
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

// properties takes a page's properties: all their bytes, and the plain text of
// the one whose type is title. Null is nil.
func (w *walk) properties() (raw []byte, title *string, err error) {
	if w.dec.PeekKind() == 'n' {
		return nil, nil, w.skip()
	}
	before := w.dec.InputOffset()
	err = w.object(func([]byte) error {
		if w.dec.PeekKind() != '{' {
			return w.skip()
		}
		text, err := w.titleOf()
		if text != nil {
			title = text
		}
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	raw = w.text[before:w.dec.InputOffset()]
	raw = raw[bytes.IndexByte(raw, '{'):] // past the colon and white space
	return raw[:len(raw):len(raw)], title, nil
}

// titleOf takes one property value and returns its plain text if it is a title.
func (w *walk) titleOf() (*string, error) {
	var kind string
	var title []byte
	err := w.object(func(name []byte) (err error) {
		switch string(name) {
		case "type":
			var literal []byte
			if literal, err = w.raw(); err == nil && len(literal) > 0 && literal[0] == '"' {
				kind = textOf(literal)
			}
		case "title":
			title, err = w.raw()
		default:
			err = w.skip()
		}
		return err
	})
	if err != nil || kind != "title" || title == nil {
		return nil, err
	}
	text, err := plainText(title)
	if err != nil {
		return nil, w.refuse("title: %w", err)
	}
	return &text, nil
}

// plainText joins the plain texts of a rich-text array (Notion: rich-text).
func plainText(richText []byte) (string, error) {
	var all string
	w := newWalk(richText)
	err := w.array(func() error {
		return w.object(func(name []byte) error {
			if string(name) != "plain_text" {
				return w.skip()
			}
			text, err := w.str()
			if text != nil {
				all += *text
			}
			return err
		})
	})
	return all, err
}

// parentIDs reads the ids in a parent object; "" for those it has not.
func parentIDs(parent []byte) (database, dataSource string, err error) {
	w := newWalk(parent)
	err = w.object(func(name []byte) (err error) {
		switch string(name) {
		case "database_id":
			database, err = w.id()
		case "data_source_id":
			dataSource, err = w.id()
		default:
			err = w.skip()
		}
		return err
	})
	return database, dataSource, err
}

// userID reads the id of a user object; "" for nil, and for one that is not a
// UUID, which is no reason to lose the page.
func userID(user []byte) (id string, err error) {
	if user == nil {
		return "", nil
	}
	w := newWalk(user)
	err = w.object(func(name []byte) (err error) {
		if string(name) == "id" {
			return setString(&id)(w.str())
		}
		return w.skip()
	})
	id, _ = NormalizeID(id)
	return id, err
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
