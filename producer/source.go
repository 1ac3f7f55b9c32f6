package producer

import (
	"context"
	"iter"
	"strings"
	"time"

	"notion-kafka/notion"
	"notion-kafka/notion/columns"
	"notion-kafka/producer/schedule"
	"notion-kafka/producer/state"
)

// Notion is what a run needs of a connection. Implementations retry what can be
// retried, keep within the request budget, and return notion's kinds of error.
type Notion interface {
	Me(ctx context.Context) (notion.Bot, error)
	SearchDataSources(ctx context.Context) iter.Seq2[notion.DataSource, error]
	Database(ctx context.Context, id string) (*notion.Database, error)
	ReadAll(ctx context.Context, q notion.Query, left ...notion.Window) iter.Seq2[*notion.Chunk, error]
	Query(ctx context.Context, q notion.Query) (*notion.PageList, error)
	Page(ctx context.Context, id string) (*notion.Page, error)
	Complete(ctx context.Context, page *notion.Page) error
	Container(ctx context.Context, id string) (*notion.Database, error)
	Identify(ctx context.Context, id string) (notion.Object, error)
	// Budget is the connection's request budget.
	Budget() *notion.Budget
	// ClockSkew is how far Notion's clock is ahead of ours; false before the
	// first answer.
	ClockSkew() (time.Duration, bool)
}

// Schemas has encoders that turn pages and databases into values of records. All
// methods first make sure that the registry has the topic's schema. An encoder appends
// to dst, and may be used by one goroutine at a time.
type Schemas interface {
	Pages(ctx context.Context, topic string) (func(dst []byte, p *notion.Page) ([]byte, error), error)
	// Rows is Pages with typed columns. The values of a page are in the order of the
	// columns, and none of them may be missing.
	Rows(ctx context.Context, topic string, list []columns.Column) (func(dst []byte, p *notion.Page, values []columns.Value) ([]byte, error), error)
	Databases(ctx context.Context, topic string) (func(dst []byte, d *notion.Database) ([]byte, error), error)
}

// A Source is one authorised connection and its settings.
type Source struct {
	Name        string
	TopicPrefix string
	NameByID    bool // topics are named by database id instead of title
	Trigger     schedule.Trigger
	Schedule    string // Trigger in words, for people
	Notion      Notion
	// TokenMark makes the connection use its present token, which others may have
	// replaced, and returns the token's mark: different tokens have different marks.
	// Between two calls the connection keeps its token, so a run can check whose token
	// it is before it reads with it. nil: the token never changes.
	TokenMark func() string
	// NotConnected is why a person has to connect the source before Notion takes a token of
	// it, as far as this process knows; "" where nobody has to. It asks nobody. nil: a person
	// connects no such source.
	NotConnected func() string
	// MaxStreams is how many databases may have streams; 0: any number.
	MaxStreams int
	// Named are the ids of databases that the configuration names: they are retrieved
	// even if search does not show them.
	Named []string
	// Select returns the settings of a stream, or false if it is not selected.
	Select func(stream, databaseID, title string) (Settings, bool)
	// SwitchedOff reports whether the configuration switches a stream off by name: its
	// database is not retrieved. nil: no stream is switched off.
	SwitchedOff func(stream, databaseID, title string) bool
}

// Settings are how one stream is read and published.
type Settings struct {
	Trigger   schedule.Trigger // the stream's own; nil: the source's
	Topic     string           // whole name; "" takes the prefix and the pinned name
	FullTable bool             // every run is a scan
	Overlap   time.Duration    // how far before the last read the next one begins
	Exclude   []string         // names or ids of properties that are not read
	// ExcludeOwn are the names of Exclude that are in the stream's own settings, and not
	// in its source's: each must be the name of one of its properties.
	ExcludeOwn []string
	Sweep      schedule.Trigger // when an incremental stream is also scanned; nil: never
	Deletes    Deletes          // "": DeleteTombstone
	// MaxDeleteRatio is a share of a stream's known pages, 0 to 1: more pages than that
	// are deleted only if a person confirms it.
	MaxDeleteRatio float64
	Typed          bool // every property has a column of its own, beside the JSON text of all of them
	PublishAll     bool // scans of a full_table stream publish unchanged pages too
}

// Deletes is how a page that is gone is published.
type Deletes string

// The ways to publish a delete.
const (
	DeleteTombstone Deletes = "tombstone" // a null value
	DeleteSoft      Deletes = "soft"      // the page as Notion still shows it, in the trash
	DeleteBoth      Deletes = "both"      // soft, then a tombstone
	DeleteNone      Deletes = "none"      // not at all
)

// topicOf is the topic of a stream with these settings and this pinned name.
func (src *Source) topicOf(settings Settings, name string) string {
	if settings.Topic != "" {
		return settings.Topic
	}
	return src.TopicPrefix + name
}

// TriggerOf is the trigger that runs a stream with these settings: its own, or the
// source's.
func (src *Source) TriggerOf(settings Settings) schedule.Trigger {
	if settings.Trigger != nil {
		return settings.Trigger
	}
	return src.Trigger
}

// MaxClockSkew is how far our clock may be from Notion's without a warning: schedules
// follow our clock, cursors follow Notion's.
const MaxClockSkew = time.Minute

// DatabasesStream is the stream of the databases themselves.
const DatabasesStream = state.DatabasesStream

// DatabaseStream names the stream of the pages of one database.
func DatabaseStream(databaseID string) string { return "database_" + databaseID }

// DatabaseOf is the id of the database whose pages a stream holds.
func DatabaseOf(stream string) string { return strings.TrimPrefix(stream, "database_") }

// Token is the mark of the source's present token; "" if the token never changes.
func (src *Source) Token() string {
	if src.TokenMark == nil {
		return ""
	}
	return src.TokenMark()
}
