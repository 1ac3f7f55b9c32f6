package producer

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"notion-kafka/producer/state"
)

// Status is how a run, or a stream in it, ended or stands.
type Status string

// The statuses of a run.
const (
	Running        Status = "running"
	Succeeded      Status = "succeeded"
	Failed         Status = "failed"
	NeedsAttention Status = "needs_attention"
	Cancelled      Status = "cancelled"
)

// Kind is how a stream was read in a run.
type Kind string

// The kinds of read.
const (
	Incremental Kind = "incremental"
	FullScan    Kind = "scan"
	Sweep       Kind = "sweep" // a scan beside incremental reads
)

// A Report is one run of a source, as the API and the history show it.
type Report struct {
	ID         string         `json:"id"`
	Source     string         `json:"source"`
	Trigger    string         `json:"trigger"` // schedule, manual or startup
	Status     Status         `json:"status"`
	StartedAt  time.Time      `json:"started_at"`
	FinishedAt time.Time      `json:"finished_at,omitzero"`
	Error      string         `json:"error,omitzero"` // of the run as a whole, such as a refused token
	Streams    []StreamReport `json:"streams"`

	err error // behind Error
}

// Err is the error behind Error, for errors.Is; nil where the run as a whole
// went well.
func (r Report) Err() error { return r.err }

// A StreamReport is what a run did for one stream. Counts are rows.
type StreamReport struct {
	Stream    string    `json:"stream"`
	Title     string    `json:"title,omitzero"`
	Topic     string    `json:"topic"`
	Sync      string    `json:"sync"`
	Kind      Kind      `json:"kind"`
	Status    Status    `json:"status"`
	Read      int       `json:"read"`
	Published int       `json:"published"`
	Unchanged int       `json:"unchanged"`
	Deleted   int       `json:"deleted"`
	Held      int       `json:"held"`
	Stuck     int       `json:"stuck"`            // pages that cannot be published, of this run and before
	Partial   int       `json:"partial,omitzero"` // pages of which Notion shows only the id
	Error     string    `json:"error,omitzero"`
	Cursor    time.Time `json:"cursor,omitzero"` // oldest watermark of its data sources, Notion's time
}

// A tally counts what became of a stream's rows, batch by committed batch.
type tally struct{ read, published, deleted, unchanged, partial int }

func (t *tally) add(b batch, changes []change) {
	unchanged := len(b.rows)
	for _, c := range changes {
		switch {
		case c.op == opDelete:
			t.deleted++
			continue
		case c.op != "":
			t.published++
			unchanged--
		case c.setAside:
			unchanged--
		}
	}
	t.read += len(b.rows) + len(b.deletions)
	t.unchanged += max(unchanged, 0)
	t.partial += b.partial
}

// A reporter writes a run's report while the run goes on.
type reporter struct {
	Report

	mu    sync.Mutex // guards Streams while they are followed
	shard *shard
	ctx   context.Context //nolint:containedctx // lives as long as the run it reports
	log   *slog.Logger
}

func (s *shard) begin(ctx context.Context, src *Source, order Order) *reporter {
	now := time.Now().UTC()
	r := &reporter{shard: s, ctx: ctx, Report: Report{ID: newID(now), Source: src.Name, Trigger: order.Trigger, Status: Running, StartedAt: now, Streams: []StreamReport{}}}
	r.log = s.log.With("source", src.Name, "run", r.ID)
	return r
}

// add reports one stream; err is what ended it early.
func (r *reporter) add(st *stream, err error) {
	t := st.tally
	result := StreamReport{
		Stream: st.name, Title: st.title, Topic: st.topic.Topic, Sync: st.settings.sync(st.name), Kind: st.kind, Status: Succeeded,
		Read: t.read, Published: t.published, Unchanged: t.unchanged, Deleted: t.deleted, Partial: t.partial,
		Cursor: r.shard.oldestCursor(st),
	}
	var reasons []string
	if t.partial > 0 {
		reasons = append(reasons, fmt.Sprintf("Notion shows only the ids of %d pages: the connection may not read them", t.partial))
	}
	if stuck := r.shard.stuckPages(st); len(stuck) > 0 {
		result.Stuck = len(stuck)
		reasons = append(reasons, fmt.Sprintf("%d pages are stuck, such as %s", len(stuck), stuck[0]))
	}
	if held, known := r.shard.held(st); held > 0 {
		result.Held = held
		reasons = append(reasons, fmt.Sprintf("%d of %d pages are missing, which is too much to delete them unasked; when they are gone for good: "+
			"notion-kafka state confirm-deletes --source %s --stream %s, else the same with dismiss-deletes", held, known, st.src.Name, st.name))
	}
	if len(reasons) > 0 {
		result.Status, result.Error = NeedsAttention, strings.Join(reasons, "; ")
	}
	if err != nil {
		result.Status, result.Error = r.status(err), err.Error()
	}
	r.mu.Lock()
	r.Streams = append(r.Streams, result)
	slices.SortFunc(r.Streams, func(a, b StreamReport) int {
		return cmp.Or(databasesFirst(a.Stream, b.Stream), cmp.Compare(a.Kind, b.Kind))
	})
	r.mu.Unlock()
	attrs := []any{"stream", st.name, "kind", result.Kind, "topic", result.Topic, "status", result.Status, "read", result.Read, "published", result.Published}
	if t.deleted > 0 {
		attrs = append(attrs, "deleted", t.deleted)
	}
	r.say(result.Status, t.published+t.deleted > 0, "stream done", result.Error, attrs)
}

// say logs what a person has to know louder than what they may: an ending that
// changed nothing is for debugging only, so that a quiet poll is quiet.
func (r *reporter) say(status Status, changed bool, message, problem string, attrs []any) {
	level := slog.LevelDebug
	switch {
	case status == Failed:
		level = slog.LevelError
	case status == NeedsAttention:
		level = slog.LevelWarn
	case changed || status == Cancelled:
		level = slog.LevelInfo
	}
	if problem != "" {
		attrs = append(attrs, "error", problem)
	}
	r.log.Log(r.ctx, level, message, attrs...)
}

// stuckPages tells which pages of a stream could not be published, and why.
func (s *shard) stuckPages(st *stream) (told []string) {
	s.see(func(m *state.Memory) {
		for id, note := range m.Source(st.src.Name).Stream(st.name).Notes {
			if note.Stuck != "" {
				told = append(told, id.String()+": "+note.Stuck)
			}
		}
	})
	slices.Sort(told)
	return told
}

// held counts a stream's pages that wait for a person, and all that it knows.
func (s *shard) held(st *stream) (held, known int) {
	s.see(func(m *state.Memory) {
		for _, page := range m.Source(st.src.Name).Stream(st.name).Pages {
			if expectable(page) {
				known++
			}
			if page.Marks.Has(state.Held) {
				held++
			}
		}
	})
	return held, known
}

// oldestCursor is how far the data sources of a stream have been read at least;
// zero where one of them was not.
func (s *shard) oldestCursor(st *stream) (oldest time.Time) {
	s.see(func(m *state.Memory) {
		cursors := m.Source(st.src.Name).Stream(st.name).Cursors
		for i, id := range st.sources {
			if at := cursors[id].Watermark; i == 0 || at.Before(oldest) {
				oldest = at
			}
		}
	})
	return oldest
}

// end gives the run its own error or the worst status of its streams.
func (r *reporter) end(err error) Report {
	r.FinishedAt = time.Now().UTC()
	r.Status = Succeeded
	for _, s := range r.Streams {
		if severity[s.Status] > severity[r.Status] {
			r.Status = s.Status
		}
	}
	if err != nil {
		r.Status, r.Error, r.err = r.status(err), err.Error(), err
	}
	published := 0
	for _, s := range r.Streams {
		published += s.Published
	}
	took := r.FinishedAt.Sub(r.StartedAt).Round(time.Millisecond).String()
	r.say(r.Status, published > 0, "run done", r.Error, []any{"status", r.Status, "published", published, "took", took})
	return r.Report
}

var severity = map[Status]int{Succeeded: 0, NeedsAttention: 1, Failed: 2, Cancelled: 3}

func (r *reporter) status(err error) Status {
	switch {
	case r.ctx.Err() != nil:
		return Cancelled
	case errors.As(err, new(attentionError)):
		return NeedsAttention
	}
	return Failed
}

// newID names a run or a claim: the time to the second, so that ids sort and
// can be read, and 48 random bits.
func newID(now time.Time) string {
	var b [6]byte
	rand.Read(b[:])
	return now.UTC().Format("20060102T150405Z") + "-" + hex.EncodeToString(b[:])
}
