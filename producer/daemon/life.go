package daemon

import (
	"context"
	"maps"
	"sync"
	"time"

	"notion-kafka/producer/shard"
)

// signEvery is how long an instance says nothing at most while it serves sources
// and nothing goes wrong.
const signEvery = time.Hour

// life is what an instance knows of its own silence.
type life struct {
	mu    sync.Mutex
	since time.Time // when it spoke last of a run, or of its silence
	runs  int       // that changed nothing since
}

func newLife() *life { return &life{since: time.Now()} }

// ran takes note of a run that ended, and whether the log tells of it.
func (l *life) ran(told bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.runs++
	if told {
		l.since, l.runs = time.Now(), 0
	}
}

// silent says for how many runs, and since when, nothing was told, once an hour.
func (l *life) silent(now time.Time) (runs int, since time.Time, long bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if now.Sub(l.since) < signEvery {
		return 0, time.Time{}, false
	}
	runs, since = l.runs, l.since
	l.since, l.runs = now, 0
	return runs, since, true
}

// showLife logs once an hour, while no run is told of, that this instance lives
// and when its next run is; until ctx ends.
func (d *Daemon) showLife(ctx context.Context) {
	for shard.Wait(ctx, time.Minute) {
		runs, since, long := d.life.silent(time.Now())
		sources, next, sweeps := d.served()
		if !long || sources == 0 {
			continue
		}
		attrs := []any{"sources", sources, "runs", runs, "since", since.UTC().Format(time.RFC3339)}
		d.opts.Logger.Info("nothing new in Notion", append(attrs, nextRun(next, sweeps)...)...)
	}
}

// served is how many sources this instance serves, when the first of them is to run
// next, zero where none is, and whether that only sweeps.
func (d *Daemon) served() (sources int, next time.Time, sweeps bool) {
	d.mu.Lock()
	supervisors := maps.Clone(d.supervisors)
	d.mu.Unlock()
	for _, s := range supervisors {
		n, at, only := s.next()
		if sources += n; !at.IsZero() && (next.IsZero() || at.Before(next)) {
			next, sweeps = at, only
		}
	}
	return sources, next, sweeps
}

// nextRun is what the log says of when something runs, or sweeps, next; nothing
// where it does not by itself.
func nextRun(at time.Time, sweeps bool) []any {
	switch {
	case at.IsZero():
		return nil
	case sweeps:
		return []any{"next_sweep", at.UTC().Format(time.RFC3339)}
	}
	return []any{"next_run", at.UTC().Format(time.RFC3339)}
}
