package console

import (
	"context"
	"encoding/json"
	"iter"

	"notion-kafka/producer/control"
)

// A Backend is the running system behind the API. Its errors are
// [*control.Error] where the person who asked can do something about them.
type Backend interface {
	// Awake waits until the instance knows what there is, at most until ctx ends:
	// before that it would deny what it has only not read yet.
	Awake(ctx context.Context) error
	// CatchUp waits until the instance has heard of everything that any instance
	// had answered before the call, at most until ctx ends.
	CatchUp(ctx context.Context) error

	// Sources are all sources, by name; a shadowed one comes after the one that
	// shadows it.
	Sources() []control.Source
	// Streams are the streams of a source, of databases that it does not select
	// too.
	Streams(ctx context.Context, source string) ([]control.Stream, error)
	// PutSource makes or replaces a source: spec is one element of sources:, as
	// JSON, secrets included. With create it must not be there already.
	PutSource(ctx context.Context, name string, spec json.RawMessage, create bool) (created bool, err error)
	DeleteSource(ctx context.Context, name string) error
	Pause(ctx context.Context, source string) error
	Resume(ctx context.Context, source string) error

	// Runs are a source's runs, the newest first.
	Runs(source string) ([]control.Run, error)
	// Run is one run, and what it said where that is kept.
	Run(id string) (control.Run, *control.Log, error)
	// Follow yields a run as it is and at every change, until it has ended or ctx
	// has.
	Follow(ctx context.Context, id string) iter.Seq2[control.Run, error]
	// Start orders a run. Where the same is queued already it is that one.
	Start(ctx context.Context, source string, order control.Order) (control.Run, error)
	Cancel(ctx context.Context, id string) (control.Run, error)

	Position(ctx context.Context, source, stream string) (control.Position, error)
	Reset(ctx context.Context, source, stream string, forget bool) error
	// ConfirmDeletes starts the run that looks again and deletes.
	ConfirmDeletes(ctx context.Context, source, stream string) (control.Run, error)
	// DismissDeletes answers with how many were held.
	DismissDeletes(ctx context.Context, source, stream string) (int, error)

	Catalog(ctx context.Context) ([]control.Table, error)
	// Records are the last records of a topic of the catalog, the newest first,
	// as tail prints them.
	Records(ctx context.Context, topic string, limit int) ([]json.RawMessage, error)

	// Ready says what is wrong of what the daemon needs, by its name, such as
	// kafka; nothing where it is ready.
	Ready(ctx context.Context) map[string]error
}
