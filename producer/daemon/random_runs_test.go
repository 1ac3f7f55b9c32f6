package daemon

import (
	"bytes"
	"slices"
	"strings"
	"time"

	"github.com/google/go-cmp/cmp"

	"notion-kafka/avro"
	"notion-kafka/producer"
	"notion-kafka/producer/kafka"
	"notion-kafka/producer/state"
)

// checkRun proves that a run that says that all went well is right: everything
// that did not change since before it began is in the topics as it is.
func (tl *tale) checkRun(one result, o observation) {
	tl.checkGreen(one, o)
	for _, s := range one.Streams {
		if s.Status != producer.Succeeded && one.Status == producer.Succeeded {
			tl.wrong("green", "the run succeeded, and stream %s is %s", s.Stream, s.Status)
		}
		for _, r := range tl.rooms {
			if r.stream == s.Stream {
				tl.checkStream(r, one, s, o.memory.Stream(r.stream))
			}
		}
	}
}

func (tl *tale) checkStream(r *room, one result, s producer.StreamReport, memory *state.StreamMemory) {
	b, began := tl.ledger.book(r.stream), one.StartedAt
	if s.Kind != producer.Incremental && !one.order.Confirm {
		b.underWay(began)
	}
	if s.Status != producer.Succeeded && s.Status != producer.NeedsAttention || one.order.Confirm {
		return
	}
	sweepsAlone := streamOf(one.Report, producer.DatabasesStream).Stream == "" // then a scan is for new data sources
	whole := s.Kind == producer.Sweep || s.Kind == producer.FullScan && (one.order.Full || r.wanted.FullTable && !sweepsAlone)
	if s.Kind != producer.Incremental {
		if !whole || s.Kind == producer.Sweep {
			began = b.scanning // it may have gone on with what an earlier run began
		}
		b.scanning = time.Time{}
	}
	if whole {
		b.scanned = began
		b.republish = false
	}
	for _, p := range tl.pages {
		if !p.changed.Add(tl.place.queryLag).Before(began) || p.table.known.After(began) {
			continue
		}
		id, err := state.ParsePageID(p.id)
		if err != nil {
			tl.t.Fatal(err)
		}
		noted, e := memory.Pages[id], b.keys[p.id]
		switch {
		case noted.Marks.Has(state.Stuck), memory.Notes[id].Stuck != "", p.odd():
			tl.checkOdd(p, r, one, s, e, whole)
		case p.inPlace(r) && (whole || s.Kind == producer.Incremental && b.shows(p, tl.place.queryLag) && polled(memory, p, began, r)):
			tl.checkPresent(p, r, s, e, noted.Marks)
		case whole && !p.inPlace(r) && r.open():
			tl.checkAbsent(p, r, s, e, noted.Marks)
		}
	}
}

// shows says that whoever reads edits comes by everything that happened to a
// page: nothing did without an edit time since the last scan.
func (b *book) shows(p *page, lag time.Duration) bool {
	return !p.archived && (p.silent.IsZero() || p.silent.Add(lag).Before(b.scanned))
}

// polled says that a page's data source was read from its cursor by a run that
// began then.
func polled(memory *state.StreamMemory, p *page, began time.Time, r *room) bool {
	cursor, some := memory.Cursors[p.table.ds.ID()]
	return some && !cursor.Watermark.Before(began.Truncate(time.Minute).Add(-r.wanted.Overlap))
}

// open says that nothing of the database is in the trash or not shared.
func (r *room) open() bool {
	for _, t := range r.tables {
		if t.trashed {
			return false
		}
	}
	return !r.trashed && !r.unshared
}

func (tl *tale) checkPresent(p *page, r *room, s producer.StreamReport, e *lastRecord, marks state.Marks) {
	switch truth := tl.ledger.truth(tl, p); {
	case e == nil, e.gone:
		tl.wrong("green", "after a %s of %s that is %s, %s is not in the topic", s.Kind, r.db.Title(), s.Status, tl.of(p))
	case e.meaning.text != truth.text:
		tl.wrong("green", "after a %s of %s that is %s, %s is not as it is, from Notion (-) to the topic (+):\n%s",
			s.Kind, r.db.Title(), s.Status, tl.of(p), cmp.Diff(truth.fields, e.meaning.fields))
	case marks&(state.Missing|state.Held) != 0 && s.Kind != producer.Incremental:
		tl.wrong("green", "after a %s of %s that is %s, %s counts as missing", s.Kind, r.db.Title(), s.Status, tl.of(p))
	}
}

func (tl *tale) checkAbsent(p *page, r *room, s producer.StreamReport, e *lastRecord, marks state.Marks) {
	if e == nil || e.gone || marks.Has(state.Held) && s.Status == producer.NeedsAttention {
		return
	}
	tl.wrong("green", "after a %s of %s that is %s, %s is in the topic, and it is gone", s.Kind, r.db.Title(), s.Status, tl.of(p))
}

// checkDatabases judges the topic of the databases themselves.
func (tl *tale) checkDatabases(records []kafka.Stored) {
	b := tl.ledger.book(producer.DatabasesStream)
	for _, record := range b.fresh(records) {
		id, reason := string(record.Key), record.Header("notion-kafka.reason")
		var r *room
		for _, one := range tl.rooms {
			if one.db.ID() == id {
				r = one
			}
		}
		e := b.keys[id]
		switch {
		case r == nil:
			tl.wrong("databases", "nobody knows database %s", id)
		case record.Value == nil && (e == nil || e.gone):
			tl.wrong("databases", "%s is deleted, and the topic does not have it", r.db.Title())
		case record.Value == nil && !r.reasonBetween(reason, e.record.Time.Add(-timeToPublish), record.Time.Add(time.Millisecond)):
			tl.wrong("databases", "%s is deleted as %s, which it was not", r.db.Title(), reason)
		case record.Value == nil && reason == producer.ReasonGone && !r.goneSince(record.Time.Add(-time.Hour)):
			tl.wrong("databases", "%s is deleted as gone, and was there less than discovery_every ago", r.db.Title())
		case record.Value != nil && e != nil && bytes.Equal(e.record.Value, record.Value) && !b.republish:
			tl.wrong("databases", "%s is published twice with the same content", r.db.Title())
		}
		b.keys[id] = &lastRecord{record: record, gone: record.Value == nil}
	}
}

// settles lets the world come to rest and be scanned.
func (tl *tale) settles(s step) string {
	tl.settle(s.dice[0]%2 == 0)
	return "the world came to rest"
}

// settle has everything be quiet, and proves after a poll and after a scan that
// the topics are what the workspace is. What is held may be confirmed after.
func (tl *tale) settle(confirm bool) {
	tl.hurry()
	tl.endMachines()
	tl.mendAll()
	tl.pass(5*time.Minute + tl.place.indexLag)
	tl.say("", "everything comes to rest")
	if !tl.healed(producer.Order{Trigger: "manual"}) || !tl.healed(producer.Order{Trigger: "manual", Full: true}) {
		return
	}
	tl.checkRest()
	if !confirm || len(tl.problems) > 0 {
		return
	}
	for _, r := range tl.rooms {
		if r.wanted != nil && r.open() {
			tl.say("", "deletes of "+r.db.Title()+" are confirmed: "+tl.confirm(r))
			tl.check()
		}
	}
}

// healed runs until no stream fails that can be read. Faults that were ordered
// come to an end.
func (tl *tale) healed(order producer.Order) bool {
	var last producer.Report
	for range 15 {
		tl.say("", toldOrder(order)+": "+tl.once(order, func(*cable, func()) {}))
		if n := len(tl.results); n > 0 {
			last = tl.results[n-1].Report
		}
		tl.check()
		if len(tl.problems) > 0 {
			return false
		}
		if tl.reached(last, order) {
			return true
		}
	}
	tl.wrong("does not heal", "in 15 runs: %s", summary(last, last.Err()))
	return false
}

// reached says that a run came by every stream that can be read, and that no
// page is stuck but those that wait for a person to say that they are gone, and
// those that nobody but a scan can look for.
func (tl *tale) reached(report producer.Report, order producer.Order) bool {
	if report.Status == "" || report.Error != "" {
		return false
	}
	for _, r := range tl.rooms {
		s := streamOf(report, r.stream)
		if r.wanted == nil || r.unshared || !slices.ContainsFunc(r.tables, (*table).alive) {
			continue
		}
		if s.Status != producer.Succeeded && s.Status != producer.NeedsAttention || s.Stuck > s.Held+tl.unfindable(r, order) {
			return false
		}
	}
	return true
}

// unfindable is how many pages of a database cannot be found by any run but a scan.
func (tl *tale) unfindable(r *room, order producer.Order) (n int) {
	for _, p := range tl.pages {
		if !order.Full && p.undated && p.table.room == r && (p.hidden || p.purged) {
			n++
		}
	}
	return n
}

// checkRest proves of a world that rests that another scan finds nothing new,
// and that the databases are what they are.
func (tl *tale) checkRest() {
	before := len(tl.lines)
	tl.say("", "and once more: "+tl.once(producer.Order{Trigger: "manual", Full: true}, func(*cable, func()) {}))
	for _, one := range tl.results {
		for _, s := range one.Streams {
			for _, r := range tl.rooms {
				if s.Stream == r.stream && !r.wanted.PublishAll && s.Published+s.Deleted > 0 {
					tl.wrong("restless", "%s", strings.Join(tl.lines[before:], "\n"))
				}
			}
		}
	}
	tl.check()
	b := tl.ledger.book(producer.DatabasesStream)
	for _, r := range tl.rooms {
		e := b.keys[r.db.ID()]
		switch {
		case r.unshared:
		case r.trashed && e != nil && !e.gone:
			tl.wrong("databases", "%s is in the trash, and not deleted", r.db.Title())
		case !r.trashed && (e == nil || e.gone):
			tl.wrong("databases", "%s is not in the topic", r.db.Title())
		case !r.trashed && !tl.titled(e.record, r.db.Title()):
			tl.wrong("databases", "%s has another title in the topic", r.db.Title())
		}
	}
}

func (tl *tale) titled(record kafka.Stored, title string) bool {
	_, body, err := avro.SplitFrame(record.Value)
	if err != nil {
		return false
	}
	text, err := avro.Decode(avro.DatabaseSchema, body)
	return err == nil && strings.Contains(string(text), `"title_text":"`+title+`"`)
}
