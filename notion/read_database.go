package notion

import (
	"fmt"
	"time"
)

// An envelope is what databases and data sources have in common.
type envelope struct {
	object      string
	id          string
	created     *time.Time
	edited      *time.Time
	title       []byte
	description []byte
	parent      []byte
	inTrash     *bool
	archived    *bool
}

// member takes the value of one of the common fields; ok says whether it did.
func (e *envelope) member(w *walk, name []byte) (ok bool, err error) {
	switch string(name) {
	case "object":
		err = setString(&e.object)(w.str())
	case "id":
		e.id, err = w.id()
	case "created_time":
		e.created, err = w.time()
	case "last_edited_time":
		e.edited, err = w.time()
	case "title":
		e.title, err = w.raw()
	case "description":
		e.description, err = w.raw()
	case "parent":
		e.parent, err = w.raw()
	case "in_trash":
		e.inTrash, err = w.flag()
	case "archived":
		e.archived, err = w.flag()
	default:
		return false, nil
	}
	return true, err
}

// check says whether the object is partial, and refuses one that is neither
// partial nor whole. Only whole ones have a title (Notion: data source object).
func (e *envelope) check(object string) (partial bool, err error) {
	switch {
	case e.object != object:
		return false, fmt.Errorf("the object is a %q, not a %s", e.object, object)
	case e.id == "":
		return false, fmt.Errorf("the %s has no id", object)
	case e.title == nil:
		return true, nil
	}
	if e.parent == nil {
		return false, fmt.Errorf("%s: the %s has no parent", e.id, object)
	}
	return false, nil
}

// times are when the object was created and edited; zero where it does not say.
func (e *envelope) times() (created, edited time.Time) {
	if e.created != nil {
		created = *e.created
	}
	if e.edited != nil {
		edited = *e.edited
	}
	return created, edited
}

// trashed is in_trash, or what it was called before.
func (e *envelope) trashed() bool {
	if e.inTrash == nil {
		return e.archived != nil && *e.archived
	}
	return *e.inTrash
}

// decodeDataSource reads the answer to GET /v1/data_sources/{id}.
func decodeDataSource(text []byte) (DataSource, error) {
	var raw []byte
	if err := walkText(text, func(w *walk) (err error) { raw, err = w.raw(); return err }); err != nil {
		return DataSource{}, err
	}
	return readDataSource(raw)
}

// readDataSource reads one data source object, known to be JSON.
func readDataSource(raw []byte) (DataSource, error) {
	var e envelope
	var d DataSource
	w := newWalk(raw)
	err := w.object(func(name []byte) (err error) {
		if ok, err := e.member(w, name); ok {
			return err
		}
		switch string(name) {
		case "created_by":
			d.CreatedBy, err = w.raw()
		case "last_edited_by":
			d.LastEditedBy, err = w.raw()
		case "properties":
			d.Properties, err = w.raw()
		default:
			err = w.skip()
		}
		return err
	})
	if err != nil {
		return DataSource{}, err
	}
	partial, err := e.check("data_source")
	if err != nil {
		return DataSource{}, err
	}
	if d.Raw, err = withoutRequestID(raw); err != nil {
		return DataSource{}, err
	}
	if partial {
		return DataSource{ID: e.id, Properties: d.Properties, Partial: true, Raw: d.Raw}, nil
	}
	if len(d.Properties) == 0 || d.Properties[0] != '{' {
		return DataSource{}, fmt.Errorf("%s: the data_source has no properties", e.id)
	}
	if d.Name, err = plainText(e.title); err != nil {
		return DataSource{}, fmt.Errorf("%s: title: %w", e.id, err)
	}
	if d.DatabaseID, _, err = parentIDs(e.parent); err != nil {
		return DataSource{}, fmt.Errorf("%s: parent: %w", e.id, err)
	}
	d.ID, d.InTrash = e.id, e.trashed()
	d.CreatedTime, d.LastEditedTime = e.times()
	return d, nil
}

// decodeDatabase reads the answer to GET /v1/databases/{id}. Its data sources
// are still partial: the answer only names them.
func decodeDatabase(text []byte) (*Database, error) {
	var e envelope
	var d Database
	var url *string
	var inline *bool
	err := walkText(text, func(w *walk) error {
		return w.object(func(name []byte) (err error) {
			if ok, err := e.member(w, name); ok {
				return err
			}
			switch string(name) {
			case "cover":
				d.Cover, err = w.raw()
			case "icon":
				d.Icon, err = w.raw()
			case "url":
				url, err = w.str()
			case "public_url":
				d.PublicURL, err = w.str()
			case "is_inline":
				inline, err = w.flag()
			case "data_sources":
				d.DataSources, err = w.namedDataSources()
			default:
				err = w.skip()
			}
			return err
		})
	})
	if err != nil {
		return nil, err
	}
	partial, err := e.check("database")
	if err != nil {
		return nil, err
	}
	if partial {
		return &Database{ID: e.id, Partial: true}, nil
	}
	if d.TitleText, err = plainText(e.title); err != nil {
		return nil, fmt.Errorf("%s: title: %w", e.id, err)
	}
	if e.description != nil {
		if d.Description, err = plainText(e.description); err != nil {
			return nil, fmt.Errorf("%s: description: %w", e.id, err)
		}
	}
	if missing := firstMissing(field{"created_time", e.created != nil}, field{"last_edited_time", e.edited != nil}); missing != "" {
		return nil, fmt.Errorf("%s: the database has no %s", e.id, missing) // its record tells both
	}
	d.ID, d.InTrash = e.id, e.trashed()
	d.CreatedTime, d.LastEditedTime = e.times()
	d.Title, d.Parent = e.title, e.parent
	d.IsInline = inline != nil && *inline
	if url != nil {
		d.URL = *url
	}
	return &d, nil
}

// namedDataSources takes a database's data_sources: ids and names.
func (w *walk) namedDataSources() ([]DataSource, error) {
	var named []DataSource
	err := w.array(func() error {
		raw, err := w.raw()
		if err != nil {
			return err
		}
		d := DataSource{Partial: true, Raw: raw}
		inner := newWalk(raw)
		if err := inner.object(func(name []byte) (err error) {
			switch string(name) {
			case "id":
				d.ID, err = inner.id()
			case "name":
				err = setString(&d.Name)(inner.str())
			default:
				err = inner.skip()
			}
			return err
		}); err != nil {
			return w.refuse("%w", err)
		}
		if d.ID == "" {
			return w.refuse("the data source has no id")
		}
		named = append(named, d)
		return nil
	})
	return named, err
}

// decodeBot reads the answer to GET /v1/users/me.
func decodeBot(text []byte) (Bot, error) {
	var b Bot
	var object string
	err := walkText(text, func(w *walk) error {
		return w.object(func(name []byte) (err error) {
			switch string(name) {
			case "object":
				err = setString(&object)(w.str())
			case "id":
				b.ID, err = w.id()
			case "name":
				err = setString(&b.Name)(w.str())
			case "bot":
				err = w.bot(&b)
			default:
				err = w.skip()
			}
			return err
		})
	})
	switch {
	case err != nil:
		return Bot{}, err
	case object != "user":
		return Bot{}, fmt.Errorf("the object is a %q, not a user", object)
	case b.ID == "":
		return Bot{}, fmt.Errorf("the user has no id")
	}
	b.Name, b.WorkspaceName = shortened(b.Name), shortened(b.WorkspaceName)
	return b, nil
}

// bot takes what only a bot user has; a personal token's user has null.
func (w *walk) bot(b *Bot) error {
	if w.dec.PeekKind() == 'n' {
		return w.skip()
	}
	return w.object(func(name []byte) error {
		switch string(name) {
		case "workspace_id":
			return setString(&b.WorkspaceID)(w.str())
		case "workspace_name":
			return setString(&b.WorkspaceName)(w.str())
		default:
			return w.skip()
		}
	})
}

// objectOf reads which object raw is; "" where it does not say.
func objectOf(raw []byte) (object string, err error) {
	w := newWalk(raw)
	err = w.object(func(name []byte) error {
		if string(name) == "object" {
			return setString(&object)(w.str())
		}
		return w.skip()
	})
	return object, err
}
