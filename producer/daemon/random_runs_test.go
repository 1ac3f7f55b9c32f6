package daemon

import (
	"bytes"
	"slices"
	"strings"
	"time"

	"github.com/google/go-cmp/cmp"

	"notion-kafka/avro"
	"notion-kafka/producer"
	"notion-kafka/producer/control"
	"notion-kafka/producer/kafka"
	"notion-kafka/producer/state"
)

// checkRun proves that a run that succeeded left the topics right: every page that has not
// changed since before the run is in its topic as it is.
func (sr *scenarioRun) checkRun(one result, o observation) {
	sr.checkGreen(one, o)
	for _, s := range one.Streams {
		if s.Status != control.Succeeded && one.Status == control.Succeeded {
			sr.wrong("green", "the run succeeded, and stream %s is %s", s.Stream, s.Status)
		}
		for _, r := range sr.databases {
			if r.stream == s.Stream {
				sr.checkStream(r, one, s, o.memory.Stream(r.stream))
			}
		}
	}
}

func (sr *scenarioRun) checkStream(r *database, one result, s control.StreamRun, memory *state.StreamMemory) {
	b, began := sr.consumer.model(r.stream), one.StartedAt
	if s.Kind != control.Incremental && !one.order.Confirm {
		b.underWay(began)
	}
	if s.Status != control.Succeeded && s.Status != control.NeedsAttention || one.order.Confirm {
		return
	}
	sweepsAlone := streamOf(one.Report, producer.DatabasesStream).Stream == "" // then a scan is for new data sources
	whole := s.Kind == control.Sweep || s.Kind == control.FullScan && (one.order.Full || r.settings.FullTable && !sweepsAlone)
	if s.Kind != control.Incremental {
		if !whole || s.Kind == control.Sweep {
			began = b.scanning // it may have continued the scan of an earlier run
		}
		b.scanning = time.Time{}
	}
	if whole {
		b.scanned = began
		b.republish = false
	}
	for _, p := range sr.pages {
		if !p.changed.Add(sr.conditions.queryLag).Before(began) || p.dataSource.known.After(began) {
			continue
		}
		id, err := state.ParsePageID(p.id)
		if err != nil {
			sr.t.Fatal(err)
		}
		noted, e := memory.Pages[id], b.keys[p.id]
		switch {
		case noted.Marks.Has(state.Stuck), memory.Notes[id].Stuck != "", p.odd():
			sr.checkOdd(p, r, one, s, e, whole)
		case p.inPlace(r) && (whole || s.Kind == control.Incremental && b.shows(p, sr.conditions.queryLag) && polled(memory, p, began, r)):
			sr.checkPresent(p, r, s, e, noted.Marks)
		case whole && !p.inPlace(r) && r.open():
			sr.checkAbsent(p, r, s, e, noted.Marks)
		}
	}
}

// shows says that a poll finds every change of a page: since the last scan the page has
// not changed without a new edit time.
func (b *topicModel) shows(p *page, lag time.Duration) bool {
	return !p.archived && (p.silent.IsZero() || p.silent.Add(lag).Before(b.scanned))
}

// polled says that a run that began at a time has read a page's data source from its
// cursor.
func polled(memory *state.StreamMemory, p *page, began time.Time, r *database) bool {
	cursor, some := memory.Cursors[p.dataSource.ds.ID()]
	return some && !cursor.Watermark.Before(began.Truncate(time.Minute).Add(-r.settings.Overlap))
}

// open says that the database and its data sources are shared and not in the trash.
func (r *database) open() bool {
	for _, t := range r.dataSources {
		if t.trashed {
			return false
		}
	}
	return !r.trashed && !r.unshared
}

func (sr *scenarioRun) checkPresent(p *page, r *database, s control.StreamRun, e *lastRecord, marks state.Marks) {
	switch truth := sr.consumer.truth(sr, p); {
	case e == nil, e.gone:
		sr.wrong("green", "after a %s of %s that is %s, %s is not in the topic", s.Kind, r.db.Title(), s.Status, sr.of(p))
	case e.meaning.text != truth.text:
		sr.wrong("green", "after a %s of %s that is %s, %s is not as it is, from Notion (-) to the topic (+):\n%s",
			s.Kind, r.db.Title(), s.Status, sr.of(p), cmp.Diff(truth.fields, e.meaning.fields))
	case marks&(state.Missing|state.Held) != 0 && s.Kind != control.Incremental:
		sr.wrong("green", "after a %s of %s that is %s, %s counts as missing", s.Kind, r.db.Title(), s.Status, sr.of(p))
	}
}

func (sr *scenarioRun) checkAbsent(p *page, r *database, s control.StreamRun, e *lastRecord, marks state.Marks) {
	if e == nil || e.gone || marks.Has(state.Held) && s.Status == control.NeedsAttention {
		return
	}
	sr.wrong("green", "after a %s of %s that is %s, %s is in the topic, and it is gone", s.Kind, r.db.Title(), s.Status, sr.of(p))
}

// checkDatabases checks the topic of the databases stream.
func (sr *scenarioRun) checkDatabases(records []kafka.Stored) {
	b := sr.consumer.model(producer.DatabasesStream)
	for _, record := range b.fresh(records) {
		id, reason := string(record.Key), record.Header("notion-kafka.reason")
		var r *database
		for _, one := range sr.databases {
			if one.db.ID() == id {
				r = one
			}
		}
		e := b.keys[id]
		switch {
		case r == nil:
			sr.wrong("databases", "nobody knows database %s", id)
		case record.Value == nil && (e == nil || e.gone):
			sr.wrong("databases", "%s is deleted, and the topic does not have it", r.db.Title())
		case record.Value == nil && !r.reasonBetween(reason, e.record.Time.Add(-timeToPublish), record.Time.Add(time.Millisecond)):
			sr.wrong("databases", "%s is deleted as %s, which it was not", r.db.Title(), reason)
		case record.Value == nil && reason == producer.ReasonGone && !r.goneSince(record.Time.Add(-time.Hour)):
			sr.wrong("databases", "%s is deleted as gone, and was there less than discovery_every ago", r.db.Title())
		case record.Value != nil && e != nil && bytes.Equal(e.record.Value, record.Value) && !b.republish:
			sr.wrong("databases", "%s is published twice with the same content", r.db.Title())
		}
		b.keys[id] = &lastRecord{record: record, gone: record.Value == nil}
	}
}

// settles lets the world come to rest and scans it.
func (sr *scenarioRun) settles(s step) string {
	sr.settle(s.dice[0]%2 == 0)
	return "the world came to rest"
}

// settle stops all changes and faults, and proves after a poll and after a scan that the
// topics match the workspace. With confirm it then confirms the held deletes.
func (sr *scenarioRun) settle(confirm bool) {
	sr.hurry()
	sr.endMachines()
	sr.repairAll()
	sr.pass(5*time.Minute + sr.conditions.indexLag)
	sr.log("", "everything comes to rest")
	if !sr.healed(producer.Order{Trigger: "manual"}) || !sr.healed(producer.Order{Trigger: "manual", Full: true}) {
		return
	}
	sr.checkRest()
	if !confirm || len(sr.problems) > 0 {
		return
	}
	for _, r := range sr.databases {
		if r.settings != nil && r.open() {
			sr.log("", "deletes of "+r.db.Title()+" are confirmed: "+sr.confirm(r))
			sr.check()
		}
	}
}

// healed runs until every stream that can be read succeeds. The faults that are still
// pending come to an end by that.
func (sr *scenarioRun) healed(order producer.Order) bool {
	var last producer.Report
	for range 15 {
		sr.log("", orderText(order)+": "+sr.once(order, func(*cable, func()) {}))
		if n := len(sr.results); n > 0 {
			last = sr.results[n-1].Report
		}
		sr.check()
		if len(sr.problems) > 0 {
			return false
		}
		if sr.reached(last, order) {
			return true
		}
	}
	sr.wrong("does not heal", "in 15 runs: %s", summary(last, last.Err()))
	return false
}

// reached says that a run has read every stream that can be read, and that no page is
// stuck but held ones and those that only a scan can look for.
func (sr *scenarioRun) reached(report producer.Report, order producer.Order) bool {
	if report.Status == "" || report.Error != "" {
		return false
	}
	for _, r := range sr.databases {
		s := streamOf(report, r.stream)
		if r.settings == nil || r.unshared || !slices.ContainsFunc(r.dataSources, (*dataSource).alive) {
			continue
		}
		if s.Status != control.Succeeded && s.Status != control.NeedsAttention || s.Stuck > s.Held+sr.unfindable(r, order) {
			return false
		}
	}
	return true
}

// unfindable is how many pages of a database only a scan can find.
func (sr *scenarioRun) unfindable(r *database, order producer.Order) (n int) {
	for _, p := range sr.pages {
		if !order.Full && p.undated && p.dataSource.database == r && (p.hidden || p.purged) {
			n++
		}
	}
	return n
}

// checkRest proves, in a world at rest, that another scan finds nothing new, and that the
// topic of the databases is right.
func (sr *scenarioRun) checkRest() {
	before := len(sr.lines)
	sr.log("", "and once more: "+sr.once(producer.Order{Trigger: "manual", Full: true}, func(*cable, func()) {}))
	for _, one := range sr.results {
		for _, s := range one.Streams {
			for _, r := range sr.databases {
				if s.Stream == r.stream && !r.settings.PublishAll && s.Published+s.Deleted > 0 {
					sr.wrong("restless", "%s", strings.Join(sr.lines[before:], "\n"))
				}
			}
		}
	}
	sr.check()
	b := sr.consumer.model(producer.DatabasesStream)
	for _, r := range sr.databases {
		e := b.keys[r.db.ID()]
		switch {
		case r.unshared:
		case r.trashed && e != nil && !e.gone:
			sr.wrong("databases", "%s is in the trash, and not deleted", r.db.Title())
		case !r.trashed && (e == nil || e.gone):
			sr.wrong("databases", "%s is not in the topic", r.db.Title())
		case !r.trashed && !sr.titled(e.record, r.db.Title()):
			sr.wrong("databases", "%s has another title in the topic", r.db.Title())
		}
	}
}

func (sr *scenarioRun) titled(record kafka.Stored, title string) bool {
	_, body, err := avro.SplitFrame(record.Value)
	if err != nil {
		return false
	}
	text, err := avro.Decode(avro.DatabaseSchema, body)
	return err == nil && strings.Contains(string(text), `"title_text":"`+title+`"`)
}
