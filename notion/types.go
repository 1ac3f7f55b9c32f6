package notion

import "time"

// A Page is one row of a data source, as a query or GET /v1/pages/{id} returns it.
// The byte slices are JSON text exactly as Notion sent it; they alias the response
// and must not be changed. The fields of a decoded page are changed by Complete and Without
// alone: with other properties it has another fingerprint, and otherwise it keeps its own. A nil slice is a JSON null or an absent field.
type Page struct {
	ID             string    // dashed, lower-case UUID
	CreatedTime    time.Time // UTC; Notion floors it to the minute
	LastEditedTime time.Time // UTC; Notion floors it to the minute
	CreatedBy      []byte    // user object
	LastEditedBy   []byte    // user object
	Cover          []byte    // file object
	Icon           []byte    // icon object
	Parent         []byte    // parent object
	Properties     []byte    // the whole object, keyed by display name
	URL            string
	PublicURL      *string       // nil unless the page is published
	Title          *string       // plain text of the title property; nil where the page has none
	Cut            []CutProperty // the properties that Notion cut; nil for a whole page
	InTrash        bool
	IsArchived     bool // the archived state of 2026, not the old alias of InTrash
	IsLocked       bool

	// Taken out of the objects above, dashed and lower-case; "" where absent.
	DatabaseID     string
	DataSourceID   string
	CreatedByID    string
	LastEditedByID string

	// Partial says that Notion sent only {object, id}: the connection may see that
	// the page exists, but not read it. All other fields are zero.
	Partial bool

	decoded asDecoded
}

// A CutProperty is a property for which a page shows only the first 25 entries: a
// relation with has_more, or a people property with 25 entries, which may have more
// (Notion: retrieve-a-page). Client.Complete reads the rest.
type CutProperty struct {
	ID   string // as Notion sends it, percent-encoded
	Name string // the display name
	Kind string // Notion's type: "relation" or "people"
}

// A DataSource is one table of a database: its schema and its envelope. The
// byte slices are as in a Page.
type DataSource struct {
	ID             string
	DatabaseID     string    // its database; "" in a partial object
	Name           string    // plain text of the title
	CreatedTime    time.Time // zero where Notion sends none
	LastEditedTime time.Time // zero where Notion sends none
	CreatedBy      []byte
	LastEditedBy   []byte
	Properties     []byte // the schema, keyed by display name
	Icon           []byte // icon object; of any JSON type, because Notion changes icons without a new version
	URL            string // its address in Notion; "" where it is no http or https address, or longer than 2,000 bytes
	InTrash        bool

	// Partial says that the connection may not read the data source. ID is set, Name
	// where the database lists it, Properties where Notion sent them.
	Partial bool
	// Raw is the whole object without the response's request_id. For a data source
	// that was not retrieved it is {"id", "name"} from the database.
	Raw []byte
}

// A Database is a container of data sources. Notion's answer to
// GET /v1/databases/{id} only names them; Client.Database retrieves each.
type Database struct {
	ID             string
	Title          []byte // rich-text array, JSON text
	TitleText      string // its plain text
	Description    string // plain text
	CreatedTime    time.Time
	LastEditedTime time.Time
	Cover          []byte
	Icon           []byte
	Parent         []byte
	URL            string
	PublicURL      *string
	IsInline       bool
	InTrash        bool
	DataSources    []DataSource // in Notion's order, each retrieved whole

	// Partial says that Notion sent only {object, id}: the connection may see that
	// the database exists, but not read it. All other fields are zero.
	Partial bool
}

// A Bot is the connection behind a token, as GET /v1/users/me returns it. Its names
// are for display and cut after 500 bytes.
type Bot struct {
	ID            string
	Name          string
	Person        bool   // it is a person, whose personal token this is
	Public        bool   // a person authorised it: it is a bot of a public connection (Notion: authorization)
	WorkspaceID   string // "" where Notion sends none
	WorkspaceName string
}

// A Query selects rows of one data source, in ascending created_time. Zero times set
// no bound. Bounds are floored to the minute before they are sent, because Notion
// stores whole minutes.
type Query struct {
	DataSourceID     string
	Archived         bool      // archived rows instead of live ones
	CreatedOnOrAfter time.Time // created_time >= this minute
	CreatedBefore    time.Time // created_time < this minute
	EditedOnOrAfter  time.Time // last_edited_time >= this minute
	Descending       bool      // the newest first
	PageSize         int       // 1 to 100; 0 means 100
	Cursor           string    // next_cursor of the previous response to this query
	Properties       []string  // ids of the properties that Notion shall send, see DataSource.PropertyIDs; nil: all
	UniqueID         string    // id of the data source's unique_id property, see DataSource.UniqueID; "": none is known

	conditions []propertyFilter // a row also meets all of these
	by         *sortBy          // the order; nil: by created_time
}

// A PageList is one response to a Query.
type PageList struct {
	Pages       []Page
	DataSources []string // ids of rows that are data sources (in wikis)
	// Unreadable are the rows that cannot be decoded; the other rows are not affected.
	Unreadable []*Unreadable
	// Created holds the created_time of every row, pages, data sources and
	// unreadable ones, in the order of the response; zero for a row without one, such
	// as a partial one.
	Created    []time.Time
	HasMore    bool
	NextCursor string
	// PageSize is the page size of the response: the query's own, or a smaller one
	// where Query reduced it. Use it for the next query.
	PageSize int
	// Incomplete says that Notion capped the result (10,000 rows for one query), so
	// that the cursors do not lead to the end.
	Incomplete bool
	// AsOf is Notion's clock at the earliest moment at which it can have begun to
	// answer: the Date header less the time of the request. A Date that disagrees with
	// earlier answers never makes it later. An edit before AsOf that is not in the
	// response was, at the latest, about to be indexed.
	AsOf time.Time
}
