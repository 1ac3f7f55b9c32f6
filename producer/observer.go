package producer

import "notion-kafka/producer/control"

// An Observer counts what happens, for metrics. It may be called from several
// goroutines at once and must not block.
type Observer interface {
	Read(source, stream string, rows int)
	Published(source, stream, op string, rows int)
	Unchanged(source, stream string, rows int)
	RunEnded(run control.Run)
	Transaction(outcome string) // committed, aborted or fenced
	Shards(owned int)
	// Known says that this instance runs the source from now on, with this definition.
	// successes returns when each stream that runs report on last succeeded, for those
	// that did; it may be called at any time.
	Known(src *Source, successes func() []control.Success)
	// NeedsReconnect says whether a source waits for a person to connect it: as its state
	// in the control topic does, whenever that is written.
	NeedsReconnect(source string, needs bool)
	Forget(source string)   // this instance no longer runs the source
	Mismatches(sources int) // how many sources the files of living instances define differently
}

// Nobody is an Observer that ignores everything.
type Nobody struct{}

// Read implements Observer.
func (Nobody) Read(string, string, int) {}

// Published implements Observer.
func (Nobody) Published(string, string, string, int) {}

// Unchanged implements Observer.
func (Nobody) Unchanged(string, string, int) {}

// RunEnded implements Observer.
func (Nobody) RunEnded(control.Run) {}

// Transaction implements Observer.
func (Nobody) Transaction(string) {}

// Shards implements Observer.
func (Nobody) Shards(int) {}

// Known implements Observer.
func (Nobody) Known(*Source, func() []control.Success) {}

// NeedsReconnect implements Observer.
func (Nobody) NeedsReconnect(string, bool) {}

// Forget implements Observer.
func (Nobody) Forget(string) {}

// Mismatches implements Observer.
func (Nobody) Mismatches(int) {}
