package daemon

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"
	"time"

	"notion-kafka/producer"
	"notion-kafka/producer/control"
	"notion-kafka/producer/kafka"
)

// The methods below read the control topic, and so return the same on every instance.

// Definition is the definition of a source that was made through the API; false where
// there is none.
func (d *Daemon) Definition(name string) (definition control.Definition, ok bool) {
	if d.opts.Control != nil && d.opts.Open != nil {
		d.opts.Control.View(func(m *control.Memory) { definition, ok = m.Definition(name) })
	}
	return definition, ok
}

// Sources are all sources, sorted by name. A source of the file comes before one of the
// same name that it shadows. Definition is set for sources that were made through the
// API.
func (d *Daemon) Sources() (sources []control.Source) {
	for _, src := range d.opts.Sources {
		one := d.source(src.Name, control.FromFile)
		one.Schedule = src.Schedule
		sources = append(sources, one)
	}
	for name, definition := range d.definitions() {
		one := d.source(name, control.FromConsole)
		one.Definition = definition.Spec
		one.Shadowed = d.fromFile(name)
		if opened := d.open(name, definition); opened.problem != nil {
			one.Status, one.Reason = control.SourceFailing, opened.problem.Error()
		} else {
			one.Schedule = opened.source.Schedule
		}
		sources = append(sources, one)
	}
	slices.SortStableFunc(sources, func(a, b control.Source) int { return cmp.Compare(a.Name, b.Name) })
	return sources
}

// source describes a source from the control topic.
func (d *Daemon) source(name string, origin control.Origin) control.Source {
	one := control.Source{Name: name, Origin: origin}
	stalled := d.stalledShards()
	d.opts.Control.View(func(m *control.Memory) {
		state, _ := m.SourceState(name)
		one.Workspace, one.NextRun, one.NextRunSweeps, one.Owner = state.Workspace, state.NextRun, state.NextSweeps, state.Owner
		one.Connection = connectionOf(m, name)
		if last, some := m.LastRun(name); some {
			one.LastRun = &last.Run
		}
		days := m.Days(name)
		one.Totals, one.Days, one.Topics = state.Totals, slices.Clone(days.Days), maps.Clone(days.Topics)
		now := time.Now()
		one.Status, one.Reason = status(m, name, one.LastRun, now)
		if why := d.unserved(m, name, stalled, now); why != "" && one.Status != control.SourcePaused {
			one.Status, one.Reason = control.SourceFailing, why
		}
	})
	return one
}

// status is the status of a source, and the reason where it is not good. last is its last
// run; nil before the first.
func status(m *control.Memory, source string, last *control.Run, now time.Time) (control.SourceStatus, string) {
	state, _ := m.SourceState(source)
	running := m.HasRun(source, func(s control.Status) bool { return s == control.Running })
	counts := last != nil && last.ID != state.Forgiven
	switch {
	case state.Paused:
		return control.SourcePaused, ""
	case running:
		return control.SourceRunning, ""
	case state.Refused != "":
		return control.SourceNeedsReconnect, state.Refused
	case counts && last.Status == control.Failed:
		return control.SourceFailing, reason(*last)
	case counts && last.Status == control.NeedsAttention:
		return control.SourceNeedsAttention, reason(*last)
	case control.IsLate(state.Overdue, now):
		return control.SourceLate, whyLate(state, now)
	case !everSucceeded(m, source, state):
		return control.SourceWaiting, ""
	}
	return control.SourceReady, ""
}

// everSucceeded says that a run of a source has ever succeeded. Rows without any run show
// that the history was lost.
func everSucceeded(m *control.Memory, source string, state control.SourceState) bool {
	if !state.Succeeded.IsZero() || m.HasRun(source, func(s control.Status) bool { return s == control.Succeeded }) {
		return true
	}
	return state.Totals.Rows > 0 && !m.HasRun(source, control.Status.Ended)
}

// whyLate says since when a source is late, and when it runs next.
func whyLate(state control.SourceState, now time.Time) string {
	why := fmt.Sprintf("no run has succeeded for %s since %s", state.OverdueStream, control.Stamp(state.OverdueSince))
	switch {
	case state.NextRun.IsZero():
		return why
	case state.NextRun.Before(now):
		return why + "; the next was due at " + control.Stamp(state.NextRun)
	}
	return why + "; the next is due at " + control.Stamp(state.NextRun)
}

// reason is the first error of a run.
func reason(run control.Run) string {
	if run.Error != "" {
		return run.Error
	}
	for _, s := range run.Streams {
		if s.Error != "" {
			return producer.TitledStream(s.Stream, s.Title) + ": " + s.Error
		}
	}
	return ""
}

// HasSource says whether there is a source of a name, including one that cannot be run.
func (d *Daemon) HasSource(name string) bool {
	_, made := d.Definition(name)
	return made || d.fromFile(name)
}

// Runs are a source's runs, the newest first.
func (d *Daemon) Runs(source string) (runs []control.Run, err error) {
	runs = []control.Run{}
	if !d.HasSource(source) {
		return nil, unknownSource(source)
	}
	d.opts.Control.View(func(m *control.Memory) {
		for _, entry := range m.Runs(source) {
			runs = append(runs, entry.Run)
		}
	})
	return runs, nil
}

// AllRuns are the runs of all sources that pass a filter, the newest first.
func (d *Daemon) AllRuns(filter control.RunFilter) []control.Run {
	var found []control.PackedRun
	d.opts.Control.View(func(m *control.Memory) { found = m.AllRuns(filter) })
	runs := make([]control.Run, len(found))
	for i, one := range found {
		runs[i] = one.Run()
	}
	return runs
}

// FindRun is one run as it is now.
func (d *Daemon) FindRun(id string) (run control.Run, err error) {
	err = &control.Error{Kind: control.NotFound, Message: fmt.Sprintf("there is no run %q: %d runs of a source are kept, and of runs in a row without changes only the last", id, control.HistorySize)}
	d.opts.Control.View(func(m *control.Memory) {
		if _, entry, found := m.RunByID(id); found {
			run, err = entry.Run, nil
		}
	})
	return run, err
}

// Log is the log of a run; nil where it is not kept.
func (d *Daemon) Log(id string) (log *control.Log) {
	d.opts.Control.View(func(m *control.Memory) {
		source, _, _ := m.RunByID(id)
		last, failed := m.Logs(source)
		for _, one := range []*control.Log{last, failed} {
			if one != nil && one.Run == id {
				log = one
			}
		}
	})
	return log
}

// Follow yields a run as it is now and at every change, until the run or ctx has ended.
func (d *Daemon) Follow(ctx context.Context, id string) iter.Seq2[control.Run, error] {
	return func(yield func(control.Run, error) bool) {
		var before control.Run
		for {
			changed := d.opts.Control.Changed()
			run, err := d.FindRun(id)
			if err != nil {
				yield(run, err)
				return
			}
			if run.Status != before.Status || !same(before, run) {
				if !yield(run, nil) {
					return
				}
				before = run
			}
			if run.Status.Ended() {
				return
			}
			select {
			case <-changed:
			case <-ctx.Done():
				return
			}
		}
	}
}

// Joined is nil while this instance is a member of its group.
func (d *Daemon) Joined(context.Context) error {
	silent := d.pulse.silent(time.Now())
	switch {
	case silent == forever:
		return fmt.Errorf("this instance has not joined group %s yet", d.opts.Group)
	case silent > kafka.SessionTimeout:
		return fmt.Errorf("group %s has not answered a heartbeat of this instance for %v", d.opts.Group, silent.Round(time.Second))
	}
	return nil
}
