package daemon

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"notion-kafka/producer/shard"
)

// signEvery is the longest time without a log line while an instance serves sources
// and nothing fails.
const signEvery = time.Hour

// life knows how long an instance has logged no run.
type life struct {
	mu    sync.Mutex
	since time.Time // when a run, or a sign of life, was logged last
	runs  int       // since then, none of them logged
}

func newLife() *life { return &life{since: time.Now()} }

// ran notes that a run ended, and whether it was logged.
func (l *life) ran(logged bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.runs++
	if logged {
		l.since, l.runs = time.Now(), 0
	}
}

// silent returns, once an hour, how many runs were not logged and since when.
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

// showLife logs once an hour that this instance lives and when its next run is, while
// no run is logged; until ctx ends.
func (d *Daemon) showLife(ctx context.Context) {
	for shard.Wait(ctx, time.Minute) {
		runs, since, long := d.life.silent(time.Now())
		sources, next, sweeps := d.served()
		if !long || sources == 0 {
			continue
		}
		attrs := []any{"sources", sources, "runs", runs, "since", since.UTC().Format(time.RFC3339)}
		level, sign := slog.LevelInfo, "nothing new in Notion"
		if refused := d.refusedSources(); len(refused) > 0 {
			attrs = append(attrs, "need_reconnecting", strings.Join(refused, ","))
			if level = slog.LevelWarn; len(refused) == sources {
				sign = "nothing is read from Notion: the sources need reconnecting"
			}
		}
		d.opts.Logger.Log(ctx, level, sign, append(attrs, nextRun(next, sweeps)...)...)
	}
}

// refusedSources are the names of the sources of this instance whose token Notion refuses.
func (d *Daemon) refusedSources() (names []string) {
	for _, s := range d.allSupervisors() {
		s.mu.Lock()
		for name, r := range s.runners {
			if r.state().Refused != "" {
				names = append(names, name)
			}
		}
		s.mu.Unlock()
	}
	slices.Sort(names)
	return names
}

// allSupervisors are the supervisors of the shards that this instance owns.
func (d *Daemon) allSupervisors() map[int32]*supervisor {
	d.mu.Lock()
	defer d.mu.Unlock()
	return maps.Clone(d.supervisors)
}

// served is how many sources this instance serves, when the next run of any of them is,
// zero where there is none, and whether that run only sweeps.
func (d *Daemon) served() (sources int, next time.Time, sweeps bool) {
	for _, s := range d.allSupervisors() {
		n, at, only := s.next()
		if sources += n; !at.IsZero() && (next.IsZero() || at.Before(next)) {
			next, sweeps = at, only
		}
	}
	return sources, next, sweeps
}

// nextRun are the log attributes for the next run or sweep; none where no trigger starts
// one.
func nextRun(at time.Time, sweeps bool) []any {
	switch {
	case at.IsZero():
		return nil
	case sweeps:
		return []any{"next_sweep", at.UTC().Format(time.RFC3339)}
	}
	return []any{"next_run", at.UTC().Format(time.RFC3339)}
}
