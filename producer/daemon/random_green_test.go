package daemon

import (
	"slices"
	"time"

	"notion-kafka/notion/notiontest"
	"notion-kafka/producer"
	"notion-kafka/producer/control"
	"notion-kafka/producer/state"
)

// checkGreen proves what DESIGN lists under "Green" for a run that succeeded, as far as
// the scenario can know it.
func (sr *scenarioRun) checkGreen(one result, o observation) {
	if one.Status != control.Succeeded {
		return
	}
	for _, s := range one.Streams {
		if s.Stuck+s.Held+s.Partial > 0 {
			sr.wrong("green", "run %s succeeded, and of %s %d pages are stuck, %d held, %d only ids", one.ID, s.Title, s.Stuck, s.Held, s.Partial)
		}
	}
	if streamOf(one.Report, producer.DatabasesStream).Stream == "" {
		if one.alone && one.order.IsReading() && len(one.order.Streams) == 0 {
			sr.wrong("green", "run %s succeeded, and did not take %s", one.ID, producer.DatabasesStream)
		}
		return // a run without a list of databases: sweeps, or one stream alone
	}
	for _, r := range sr.databases {
		sr.checkListed(r, one)
		if one.alone {
			sr.checkTaken(r, one, o.memory.Stream(r.stream))
		}
	}
}

// checkListed proves that a run found the whole database.
func (sr *scenarioRun) checkListed(r *database, one result) {
	byHand := one.order.Trigger == byHand.Trigger // it retrieves everything
	if r.failing && r.changed.Before(one.StartedAt) && byHand && !r.unshared && !r.trashed && (!r.lost || streamOf(one.Report, r.stream).Status == control.Succeeded) {
		sr.wrong("green", "run %s succeeded, and %s could not be retrieved", one.ID, r.db.Title())
	}
	for _, t := range r.dataSources {
		switch t.garbling {
		case notiontest.OrdinaryForm:
			continue
		case notiontest.OnlyAnID, notiontest.NullCreated:
			continue // its rows can be read, and its created time is not needed
		}
		if !t.alive() || r.unshared || r.failing {
			continue
		}
		if r.hidden && !byHand {
			continue
		}
		if t.garbledSince.Before(one.StartedAt) && t.known.Before(one.StartedAt) {
			sr.wrong("green", "run %s succeeded, and data source %s comes garbled", one.ID, t.name())
		}
	}
}

// checkTaken proves that a run without other runs beside it read a stream, and left no
// missing page without a look.
func (sr *scenarioRun) checkTaken(r *database, one result, memory *state.StreamMemory) {
	if r.settings == nil || !one.order.IsReading() || len(one.order.Streams) > 0 {
		return
	}
	s := streamOf(one.Report, r.stream)
	if s.Stream == "" && r.shownSince(sr).Before(one.StartedAt) {
		sr.wrong("green", "run %s succeeded, and did not take %s", one.ID, r.db.Title())
	}
	if s.Kind != control.FullScan || s.Status != control.Succeeded {
		return
	}
	for id, noted := range memory.Pages {
		if noted.Marks.Has(state.Missing) {
			sr.wrong("green", "run %s succeeded, and %s was missing and not looked at", one.ID, sr.of(sr.page(id.String())))
		}
	}
}

// shownSince is the time from which on every run must know a database; in the future where
// the database cannot be found.
func (r *database) shownSince(sr *scenarioRun) time.Time {
	if !r.open() || r.failing {
		return time.Now().Add(time.Hour)
	}
	var at time.Time
	if n := len(r.past); n > 0 {
		at = r.past[n-1].from
	}
	for _, t := range r.dataSources {
		at = producer.Later(at, t.known)
	}
	return at.Add(sr.indexed(r))
}

// isLeftAlone does nothing to the instances for three hours: whatever fails, runs go on,
// at most an hour apart. Before that, Notion may refuse the token, or everything for a
// while.
func (sr *scenarioRun) isLeftAlone(s step) string {
	up := 0
	for _, one := range sr.instances {
		if one != nil && (one.wake != nil || one.hasEnded()) {
			return ""
		}
		if one != nil {
			up++
			sr.collect(one)
		}
	}
	if up == 0 {
		return ""
	}
	fault, times := notiontest.Unauthorized(), int(1+s.dice[1]%3)
	if s.dice[0]%3 == 0 {
		fault, times = notiontest.Restricted(), 12
	}
	if s.dice[0]%3 != 1 && sr.notion.PendingFaults() == 0 {
		sr.notion.FailNext("", slices.Repeat([]notiontest.Fault{fault}, times)...)
	}
	began := time.Now()
	sr.pass(3 * time.Hour)
	for _, one := range sr.instances {
		if one != nil {
			sr.collect(one)
			if one.hasEnded() {
				return "an instance ends while it is left alone"
			}
		}
	}
	starts := []time.Time{began, time.Now()}
	for _, one := range sr.results {
		if one.StartedAt.After(began) {
			starts = append(starts, one.StartedAt)
		}
	}
	slices.SortFunc(starts, time.Time.Compare)
	for i, start := range starts[1:] {
		if gap := start.Sub(starts[i]); gap > 70*time.Minute {
			sr.wrong("no progress", "%d instances that were left alone began no run for %v", up, gap)
		}
	}
	return "instances are left alone for three hours"
}

// hasEnded says that the process has ended, so a process manager would start it again.
func (i *instance) hasEnded() bool {
	select {
	case <-i.ended:
		return true
	default:
		return false
	}
}
