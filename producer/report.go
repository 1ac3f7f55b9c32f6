package producer

import (
	"crypto/rand"
	"encoding/hex"
	"slices"
	"time"

	"notion-kafka/producer/control"
	"notion-kafka/producer/state"
)

// A Report is one run of a source.
type Report struct {
	control.Run

	err   error  // behind Error
	token string // the mark of the token that the run began with
}

// Err is the error behind Error, for errors.Is; nil if nothing ended the run as a whole.
func (r Report) Err() error { return r.err }

// Failing is a copy of the report with err as its error.
func (r Report) Failing(err error) Report {
	r.err = err
	return r
}

// TokenMark is the mark of the token that the run began with; see [Source.TokenMark].
func (r Report) TokenMark() string { return r.token }

// stuckPages lists the pages of a stream that could not be published, each with the
// reason.
func (j *job) stuckPages() (pages []string) {
	j.view(func(memory *state.StreamMemory) {
		for id, reason := range StuckPages(memory) {
			pages = append(pages, id+": "+reason)
		}
	})
	slices.Sort(pages)
	return pages
}

// countHeld counts a stream's held pages, and its pages that should be in Notion.
func (j *job) countHeld() (held, known int) {
	j.view(func(memory *state.StreamMemory) {
		counts := memory.Counts
		held, known = counts.Held, counts.Expected
	})
	return held, known
}

// oldestCursor is the earliest cursor of a stream's data sources; zero if one of them has
// none.
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

// NewID is a new id for a run or a claim: the time to the second, so that ids sort and
// are readable, and 48 random bits.
func NewID(now time.Time) string {
	var b [6]byte
	rand.Read(b[:])
	return now.UTC().Format("20060102T150405Z") + "-" + hex.EncodeToString(b[:])
}
