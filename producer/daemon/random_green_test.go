package daemon

import (
	"slices"
	"time"

	"notion-kafka/notion/notiontest"
	"notion-kafka/producer"
	"notion-kafka/producer/state"
)

// checkGreen proves of a run that says that all went well what DESIGN lists under
// "Green", as far as the story can know it.
func (tl *tale) checkGreen(one result, o observation) {
	if one.Status != producer.Succeeded {
		return
	}
	for _, s := range one.Streams {
		if s.Stuck+s.Held+s.Partial > 0 {
			tl.wrong("green", "run %s succeeded, and of %s %d pages are stuck, %d held, %d only ids", one.ID, s.Title, s.Stuck, s.Held, s.Partial)
		}
	}
	if streamOf(one.Report, producer.DatabasesStream).Stream == "" {
		if one.alone && one.order.IsReading() && len(one.order.Streams) == 0 {
			tl.wrong("green", "run %s succeeded, and did not take %s", one.ID, producer.DatabasesStream)
		}
		return // a run that lists nothing: sweeps, or one stream alone
	}
	for _, r := range tl.rooms {
		tl.checkListed(r, one)
		if one.alone {
			tl.checkTaken(r, one, o.memory.Stream(r.stream))
		}
	}
}

// checkListed proves that a run came by a database whole.
func (tl *tale) checkListed(r *room, one result) {
	byHand := one.order.Trigger == byHand.Trigger // it retrieves everything
	if r.ails && r.changed.Before(one.StartedAt) && byHand && !r.unshared && !r.trashed && (!r.lost || streamOf(one.Report, r.stream).Status == producer.Succeeded) {
		tl.wrong("green", "run %s succeeded, and %s could not be retrieved", one.ID, r.db.Title())
	}
	for _, t := range r.tables {
		switch t.garbling {
		case notiontest.OrdinaryForm:
			continue
		case notiontest.OnlyAnID, notiontest.NullCreated:
			continue // its rows can be read, and nobody needs to know when it was made
		}
		if !t.alive() || r.unshared || r.ails {
			continue
		}
		if r.hidden && !byHand {
			continue
		}
		if t.ailing.Before(one.StartedAt) && t.known.Before(one.StartedAt) {
			tl.wrong("green", "run %s succeeded, and data source %s comes garbled", one.ID, t.name())
		}
	}
}

// checkTaken proves that a run that nothing else went on beside took a stream, and
// left nothing to be looked at.
func (tl *tale) checkTaken(r *room, one result, memory *state.StreamMemory) {
	if r.wanted == nil || !one.order.IsReading() || len(one.order.Streams) > 0 {
		return
	}
	s := streamOf(one.Report, r.stream)
	if s.Stream == "" && r.shownSince(tl).Before(one.StartedAt) {
		tl.wrong("green", "run %s succeeded, and did not take %s", one.ID, r.db.Title())
	}
	if s.Kind != producer.FullScan || s.Status != producer.Succeeded {
		return
	}
	for id, noted := range memory.Pages {
		if noted.Marks.Has(state.Missing) {
			tl.wrong("green", "run %s succeeded, and %s was missing and not looked at", one.ID, tl.of(tl.page(id.String())))
		}
	}
}

// shownSince is when every run knows that a database is there; the end of time
// where it is not.
func (r *room) shownSince(tl *tale) time.Time {
	if !r.open() || r.ails {
		return time.Now().Add(time.Hour)
	}
	var at time.Time
	if n := len(r.past); n > 0 {
		at = r.past[n-1].from
	}
	for _, t := range r.tables {
		at = producer.Later(at, t.known)
	}
	return at.Add(tl.indexed(r))
}

// isLeftAlone lets instances be for three hours: whatever ails, runs go on, an hour
// apart at most. The token may be refused once before, or everything for a while.
func (tl *tale) isLeftAlone(s step) string {
	up := 0
	for _, one := range tl.instances {
		if one != nil && (one.wake != nil || one.hasEnded()) {
			return ""
		}
		if one != nil {
			up++
			tl.collect(one)
		}
	}
	if up == 0 {
		return ""
	}
	fault, times := notiontest.Unauthorized(), int(1+s.dice[1]%3)
	if s.dice[0]%3 == 0 {
		fault, times = notiontest.Restricted(), 12
	}
	if s.dice[0]%3 != 1 && tl.notion.PendingFaults() == 0 {
		tl.notion.FailNext("", slices.Repeat([]notiontest.Fault{fault}, times)...)
	}
	began := time.Now()
	tl.pass(3 * time.Hour)
	for _, one := range tl.instances {
		if one != nil {
			tl.collect(one)
			if one.hasEnded() {
				return "an instance ends while it is left alone"
			}
		}
	}
	starts := []time.Time{began, time.Now()}
	for _, one := range tl.results {
		if one.StartedAt.After(began) {
			starts = append(starts, one.StartedAt)
		}
	}
	slices.SortFunc(starts, time.Time.Compare)
	for i, start := range starts[1:] {
		if gap := start.Sub(starts[i]); gap > 70*time.Minute {
			tl.wrong("no progress", "%d instances that were left alone began no run for %v", up, gap)
		}
	}
	return "instances are left alone for three hours"
}

// hasEnded says that a supervisor would have to start it again.
func (i *instance) hasEnded() bool {
	select {
	case <-i.ended:
		return true
	default:
		return false
	}
}
