package producer

import (
	"crypto/rand"
	"encoding/hex"
	"slices"
	"time"

	"notion-kafka/producer/control"
	"notion-kafka/producer/state"
)

type (
	// Status is how a run, or a stream in it, ended or stands.
	Status = control.Status
	// Kind is how a stream was read in a run.
	Kind = control.Kind
	// StreamReport is what a run did for one stream.
	StreamReport = control.StreamRun
)

// The statuses and kinds that are spoken of here.
const (
	Running        = control.Running
	Succeeded      = control.Succeeded
	Failed         = control.Failed
	NeedsAttention = control.NeedsAttention
	Cancelled      = control.Cancelled

	Incremental = control.Incremental
	FullScan    = control.FullScan
	Sweep       = control.Sweep
)

// A Report is one run of a source.
type Report struct {
	control.Run

	err   error  // behind Error
	token string // the mark of the token that the run began with
}

// Err is the error behind Error, for errors.Is; nil where the run as a whole
// went well.
func (r Report) Err() error { return r.err }

// Failing is the report with an error behind it.
func (r Report) Failing(err error) Report {
	r.err = err
	return r
}

// TokenMark is the mark of the token that the run began with; see [Source.TokenMark].
func (r Report) TokenMark() string { return r.token }

// stuckPages tells which pages of a stream could not be published, and why.
func (j *job) stuckPages() (told []string) {
	j.view(func(memory *state.StreamMemory) {
		for id, note := range memory.Notes {
			if note.Stuck != "" {
				told = append(told, id.String()+": "+note.Stuck)
			}
		}
	})
	slices.Sort(told)
	return told
}

// held counts a stream's pages that wait for a person, and those that should be in
// Notion.
func (j *job) held() (held, known int) {
	j.view(func(memory *state.StreamMemory) {
		counts := memory.Counts
		held, known = counts.Held, counts.Expected
	})
	return held, known
}

// oldestCursor is how far the data sources of a stream have been read at least;
// zero where one of them was not.
func (j *job) oldestCursor() (oldest time.Time) {
	j.view(func(memory *state.StreamMemory) {
		cursors := memory.Cursors
		for i, id := range j.sources {
			if at := cursors[id].Watermark; i == 0 || at.Before(oldest) {
				oldest = at
			}
		}
	})
	return oldest
}

// NewID names a run or a claim: the time to the second, so that ids sort and
// can be read, and 48 random bits.
func NewID(now time.Time) string {
	var b [6]byte
	rand.Read(b[:])
	return now.UTC().Format("20060102T150405Z") + "-" + hex.EncodeToString(b[:])
}
