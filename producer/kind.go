package producer

import (
	"context"
	"time"

	"notion-kafka/producer/state"
)

// An item is what a row carries: a page, a database, or what a further kind of stream
// has. Its id is a UUID, as Notion writes it.
type item interface {
	Fingerprinted
	ItemID() string
	Times() (created, edited time.Time)
}

// A streamKind is what streams of one kind do in their own way. Each kind has a file of
// its own, kind_*.go; everything else in a run is the same for all.
type streamKind interface {
	// whole says that every run reads all there is: there are no cursors, scans and
	// sweeps.
	whole() bool
	// reads are the parts of a job, each to be tried whatever becomes of the others.
	reads(ctx context.Context, j *job, yield func(batch, error) bool) []func() (goOn bool, err error)
	// republishes says whether a job publishes unchanged rows too.
	republishes(j *job) bool
	// encoder makes sure that the registry has the schema of a topic. The function that
	// it gives may be used by one goroutine at a time.
	encoder(ctx context.Context, schemas Schemas, topic string) (func(item) ([]byte, error), error)
	// remember adds to what the state keeps of a row what only this kind has.
	remember(j *job, r row, p *state.Page)
}

// kindOf is the kind of a stream, by its name.
func kindOf(stream string) streamKind {
	if stream == DatabasesStream {
		return databases{}
	}
	return pages{}
}
