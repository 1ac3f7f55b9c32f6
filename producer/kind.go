package producer

import (
	"context"
	"time"

	"notion-kafka/producer/state"
)

// An item is the object of a row: a page, a database, or the object of a further kind of
// stream. Its id is a UUID, as Notion writes it.
type item interface {
	Fingerprinted
	ItemID() string
	Times() (created, edited time.Time)
}

// A streamKind is what streams of one kind do in their own way. Each kind has a file of
// its own, kind_*.go. What else knows of kinds is listed in DESIGN, section 2.
type streamKind interface {
	// whole reports that every run reads the whole stream: it has no cursors, scans or
	// sweeps.
	whole() bool
	// reads are the parts of a job. Each is tried even if others fail.
	reads(ctx context.Context, j *job, yield func(batch, error) bool) []func() (goOn bool, err error)
	// republishes reports whether a job publishes unchanged rows too.
	republishes(j *job) bool
	// encoder makes sure that the registry has the schema of the job's topic. One goroutine
	// at a time may use the function that it returns.
	encoder(ctx context.Context, j *job) (func(item) ([]byte, error), error)
	// remember adds what only this kind has to the page record of a row.
	remember(j *job, r row, p *state.Page)
}

// kindOf is the kind of a stream, by its name.
func kindOf(stream string) streamKind {
	if stream == DatabasesStream {
		return databases{}
	}
	return pages{}
}
