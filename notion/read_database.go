package notion

import (
	"fmt"
	"net/url"
	"time"
)

// An envelope holds the fields that databases and data sources share.
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

// member takes the value of a shared field; ok is false for other fields.
func (e *envelope) member(in *strictReader, name []byte) (ok bool, err error) {
	switch string(name) {
	case "object":
		err = in.stringInto(&e.object)
	case "id":
		e.id, err = in.id()
	case "created_time":
		e.created, err = in.time()
	case "last_edited_time":
		e.edited, err = in.time()
	case "title":
		e.title = in.raw()
	case "description":
		e.description = in.raw()
	case "parent":
		e.parent = in.raw()
	case "in_trash":
		e.inTrash, err = in.flag()
	case "archived":
		e.archived, err = in.flag()
	default:
		return false, nil
	}
	return true, err
}

// check reports whether the object is partial, and refuses an object that is neither
// partial nor whole. Only whole objects have a title (Notion: data source object).
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

// times are when the object was created and edited; zero where they are missing.
func (e *envelope) times() (created, edited time.Time) {
	if e.created != nil {
		created = *e.created
	}
	if e.edited != nil {
		edited = *e.edited
	}
	return created, edited
}

// trashed is in_trash, or archived, its old name.
func (e *envelope) trashed() bool {
	if e.inTrash == nil {
		return e.archived != nil && *e.archived
	}
	return *e.inTrash
}

// decodeDataSource reads the answer to GET /v1/data_sources/{id}.
func decodeDataSource(text []byte) (DataSource, error) {
	var raw []byte
	if err := readStrictly(text, noNodes, func(in *strictReader) error { raw = in.raw(); return nil }); err != nil {
		return DataSource{}, err
	}
	return readDataSource(raw)
}

// readDataSource reads one data source object, known to be JSON.
func readDataSource(raw []byte) (DataSource, error) {
	var e envelope
	var d DataSource
	in := newStrictReader(raw)
	err := in.object(func(name []byte) (err error) {
		if ok, err := e.member(in, name); ok {
			return err
		}
		switch string(name) {
		case "created_by":
			d.CreatedBy = in.raw()
		case "last_edited_by":
			d.LastEditedBy = in.raw()
		case "properties":
			d.Properties = in.raw()
		case "icon":
			d.Icon = in.raw()
		case "url":
			d.URL = in.address()
		default:
			err = in.skip()
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
	d.Raw = withoutRequestID(raw)
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

// longestAddress bounds an address, in bytes.
const longestAddress = 2000

// address takes an address for people. It is "" for a value that is none: nothing that is
// published depends on it.
func (in *strictReader) address() string {
	if text := stringOf(in.raw()); isAddress(text) {
		return text
	}
	return ""
}

// isAddress reports whether a browser may follow a text from Notion.
func isAddress(text string) bool {
	parsed, err := url.Parse(text)
	return err == nil && len(text) <= longestAddress && parsed.Host != "" && (parsed.Scheme == "https" || parsed.Scheme == "http")
}

// decodeDatabase reads the answer to GET /v1/databases/{id}. The data sources are
// partial, because the answer has only their ids and names.
func decodeDatabase(text []byte) (*Database, error) {
	var e envelope
	var d Database
	var url *string
	var inline *bool
	err := readStrictly(text, noNodes, func(in *strictReader) error {
		return in.object(func(name []byte) (err error) {
			if ok, err := e.member(in, name); ok {
				return err
			}
			switch string(name) {
			case "cover":
				d.Cover = in.raw()
			case "icon":
				d.Icon = in.raw()
			case "url":
				url, err = in.str()
			case "public_url":
				d.PublicURL, err = in.str()
			case "is_inline":
				inline, err = in.flag()
			case "data_sources":
				d.DataSources, err = in.namedDataSources()
			default:
				err = in.skip()
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
		return nil, fmt.Errorf("%s: the database has no %s", e.id, missing) // the database's record needs both
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
func (in *strictReader) namedDataSources() ([]DataSource, error) {
	var named []DataSource
	err := in.array(func() error {
		raw := in.raw()
		d := DataSource{Partial: true, Raw: raw}
		inner := newStrictReader(raw)
		if err := inner.object(func(name []byte) (err error) {
			switch string(name) {
			case "id":
				d.ID, err = inner.id()
			case "name":
				err = inner.stringInto(&d.Name)
			default:
				err = inner.skip()
			}
			return err
		}); err != nil {
			return in.refuse("%w", err)
		}
		if d.ID == "" {
			return in.refuse("the data source has no id")
		}
		named = append(named, d)
		return nil
	})
	return named, err
}

// decodeBot reads the answer to GET /v1/users/me.
func decodeBot(text []byte) (Bot, error) {
	var b Bot
	var object, kind string
	err := readStrictly(text, noNodes, func(in *strictReader) error {
		return in.object(func(name []byte) (err error) {
			switch string(name) {
			case "object":
				err = in.stringInto(&object)
			case "id":
				b.ID, err = in.id()
			case "name":
				err = in.stringInto(&b.Name)
			case "type":
				err = in.stringInto(&kind)
			case "bot":
				err = in.bot(&b)
			default:
				err = in.skip()
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
	b.Person = kind == "person"
	b.Name, b.WorkspaceName = shortened(b.Name), shortened(b.WorkspaceName)
	return b, nil
}

// bot takes the bot object of a user; a personal token's user has null.
func (in *strictReader) bot(b *Bot) error {
	if in.kind() == 'n' {
		return in.skip()
	}
	return in.object(func(name []byte) error {
		switch string(name) {
		case "workspace_id":
			return in.stringInto(&b.WorkspaceID)
		case "workspace_name":
			return in.stringInto(&b.WorkspaceName)
		case "owner":
			return in.botOwner(b)
		default:
			return in.skip()
		}
	})
}

// botOwner takes the owner of a bot: the workspace, or the person who authorised it.
func (in *strictReader) botOwner(b *Bot) error {
	if in.kind() != '{' {
		return in.skip()
	}
	return in.object(func(name []byte) error {
		if string(name) != "type" {
			return in.skip()
		}
		var kind string
		err := in.stringInto(&kind)
		b.Public = kind == "user"
		return err
	})
}

// objectOf reads the object field of raw; "" where it is missing.
func objectOf(raw []byte) (object string, err error) {
	in := newStrictReader(raw)
	err = in.object(func(name []byte) error {
		if string(name) == "object" {
			return in.stringInto(&object)
		}
		return in.skip()
	})
	return object, err
}
