package console

import (
	"context"
	"encoding/json"
	"iter"
	"net/url"

	"notion-kafka/producer/control"
)

// A Backend is the running system behind the API. Its errors are
// [*control.Error] if the client can do something about them.
type Backend interface {
	// Awake waits until the instance has read the control topic, at most until ctx ends.
	// Before that it would report things as unknown that it has not read yet.
	Awake(ctx context.Context) error
	// CatchUp waits until the instance knows everything that any instance had confirmed
	// before the call, at most until ctx ends.
	CatchUp(ctx context.Context) error

	// Sources returns all sources, by name; a shadowed source comes after the one that
	// shadows it.
	Sources() []control.Source
	// Streams returns the streams of a source, including those of databases that it does
	// not select.
	Streams(ctx context.Context, source string) ([]control.Stream, error)
	// PutSource makes or replaces a source: spec is one element of sources:, as
	// JSON, secrets included. With create it must not exist yet.
	PutSource(ctx context.Context, name string, spec json.RawMessage, create bool) (created bool, err error)
	// Spending returns what the connection of a source sent to Notion in the last hour, as
	// far as its owner knows.
	Spending(ctx context.Context, source string) (control.Spending, error)
	DeleteSource(ctx context.Context, name string) error
	Pause(ctx context.Context, source string) error
	Resume(ctx context.Context, source string) error

	// Drafts returns the sources that are being added or changed and that this instance can
	// open, the last updated first.
	Drafts() []control.Draft
	// Draft returns one of them; its error is NotFound if it was finished or dropped, or if
	// nobody went on with it for a day. An instance that knows it only in an older version
	// than atLeast catches up first.
	Draft(ctx context.Context, id string, atLeast int) (control.Draft, error)
	// SaveDraft writes a draft, and returns it with its next version once this instance knows
	// that. A draft without an id is a new one. What two save at a time is kept of the later.
	SaveDraft(ctx context.Context, d control.Draft) (control.Draft, error)
	// ConnectWays returns how a new source can be connected.
	ConnectWays() control.ConnectWays
	// DropDraft removes a draft. What Notion granted to it is forgotten and not revoked: a
	// person does that in Notion.
	DropDraft(ctx context.Context, id string) error

	// DraftOf returns a new draft that changes a source of the console: its definition with
	// its secrets.
	DraftOf(ctx context.Context, source string) (control.Draft, error)
	// FinishDraft makes the source of a draft with its connection, or changes it, starts a
	// run and removes the draft. The run is the first of a new source, also if its trigger has
	// begun it; one without an id is none: paused makes a new source that is paused and runs
	// nothing, and a paused source stays so. If it fails after the source was made the draft
	// stays, as one that changes that source, and can be finished again.
	FinishDraft(ctx context.Context, d control.Draft, paused bool) (control.Run, error)

	// Discover looks at what the connection of a definition shows: its token, what was granted
	// to its draft, or that of the source that it changes or names. What is wrong with the
	// connection is a failed check; the error is Unavailable if Notion does not respond. The
	// definition may be unfinished and wrong.
	Discover(ctx context.Context, d control.Draft) (control.Discovery, error)
	// Sample returns the first rows of a database that the same connection sees.
	Sample(ctx context.Context, d control.Draft, stream string) (control.Sample, error)

	// Runs returns a source's runs, the newest first.
	Runs(source string) ([]control.Run, error)
	// AllRuns returns the runs of all sources that pass a filter, the newest first.
	AllRuns(filter control.RunFilter) []control.Run
	// Run returns one run, and its log if that was kept.
	Run(id string) (control.Run, *control.Log, error)
	// Follow yields a run as it is and at every change, until the run or ctx ends.
	Follow(ctx context.Context, id string) iter.Seq2[control.Run, error]
	// Start queues a run. If the same run is queued already, it returns that one.
	Start(ctx context.Context, source string, order control.Order) (control.Run, error)
	Cancel(ctx context.Context, id string) (control.Run, error)

	Position(ctx context.Context, source, stream string) (control.Position, error)
	Reset(ctx context.Context, source, stream string, forget bool) error
	// Held returns the held pages of a stream, and for the first look of them what Notion
	// says now. It changes nothing.
	Held(ctx context.Context, source, stream string, look int) (control.HeldDeletes, error)
	// ConfirmDeletes starts the run that looks up the held pages again and deletes.
	ConfirmDeletes(ctx context.Context, source, stream string) (control.Run, error)
	// DismissDeletes returns how many deletes were held.
	DismissDeletes(ctx context.Context, source, stream string) (int, error)

	// Catalog returns the topics of all sources, by name.
	Catalog(ctx context.Context) ([]control.Table, error)
	// Table returns a topic of the catalog with all that is known of it. What cannot be asked
	// is left out, and said to be.
	Table(ctx context.Context, topic string) (control.TableDetail, error)
	// AsyncAPI returns the topics of the catalog as an AsyncAPI document, without secrets.
	AsyncAPI(ctx context.Context) (json.RawMessage, error)
	// Usage returns how a topic of the catalog is read, a program or statement each, filled in
	// with the addresses of this installation and without its secrets.
	Usage(table control.TableDetail) ([]control.Snippet, error)
	// Records returns the records of a topic of the catalog that a query chooses.
	Records(ctx context.Context, topic string, query control.RecordQuery) (control.RecordPage, error)
	// Record returns one committed record; NotFound: compaction has removed it, it was
	// aborted, or it is not written yet.
	Record(ctx context.Context, topic string, partition int32, offset int64) (control.TopicRecord, error)
	// History returns the records of a key, and what each changed.
	History(ctx context.Context, topic, key string) (control.History, error)
	// Find says where a page of Notion is, or why it is not in Kafka: page is its id or a link
	// to it. It asks the owners of all sources, and they ask Notion.
	Find(ctx context.Context, page string) (control.Finding, error)

	// Instances returns the living instances of the group.
	Instances() control.Group

	// BeginOAuth returns the address of Notion's consent page on which a source or a draft of a
	// new one is connected. browser is the id of the person's browser, which the callback must come
	// from.
	BeginOAuth(ctx context.Context, what control.Connecting, browser string) (consent string, err error)
	// FinishOAuth takes the query of a callback. Its error says what happened and what to
	// do; Connected then has the source or draft alone, if the query names one. A callback of
	// another browser uses nothing up. What a draft is granted is kept in the draft.
	FinishOAuth(ctx context.Context, browser string, query url.Values) (control.Connected, error)

	// Definition returns the definition of a source without secrets: as JSON, and as YAML to
	// be pasted under sources: of a file. Of two sources with one name, it is that of the one
	// that runs.
	Definition(name string) (asJSON json.RawMessage, asYAML string, err error)
	// Review says what the definition of a draft would do. It asks Kafka which topics exist,
	// the owner of a source that the draft changes for its streams, and never Notion. The
	// draft may be unfinished, and its Found nil.
	Review(ctx context.Context, d control.Draft) (control.Review, error)

	// Ready returns what the daemon needs and does not have, by name, such as kafka; empty
	// when it is ready.
	Ready(ctx context.Context) map[string]error
}
