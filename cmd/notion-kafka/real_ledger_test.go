//go:build real

package main_test

import (
	"bytes"

	"github.com/twmb/franz-go/pkg/kgo"
)

// A ledger checks the records of a stream's topic one by one. Each has to describe a
// moment in its page's history that is later than that of the record before, so that
// nothing is published that was not true, or twice, or out of order. And each has to be
// the operation that its header says.
type ledger struct {
	w       *town
	h       *house
	rm      *room
	decode  *decoder
	pages   map[string]*entry
	changed bool // the first scan is over: a record was not a snapshot
	doubled int
	deletes map[string]int // by reason
}

// An entry is the present record of a page in the topic.
type entry struct {
	told     int  // the moment of the page's history in its last record
	there    bool // its last record is not a delete
	value    pageValue
	bytes    []byte
	followed bool // its last record is a soft delete that a tombstone has to follow
}

func (w *town) newLedger(h *house, rm *room, decode *decoder) *ledger {
	return &ledger{w: w, h: h, rm: rm, decode: decode, pages: map[string]*entry{}, deletes: map[string]int{}}
}

// enter checks the next record.
func (l *ledger) enter(r *kgo.Record) {
	l.w.t.Helper()
	page := string(r.Key)
	e := l.pages[page]
	if e == nil {
		e = &entry{told: -1}
		l.pages[page] = e
	}
	if header(r, "notion-kafka.op") == "delete" {
		l.enterDelete(r, e)
	} else {
		l.enterValue(r, e)
	}
}

func (l *ledger) enterValue(r *kgo.Record, e *entry) {
	l.w.t.Helper()
	if r.Value == nil {
		l.complain(r, "is a tombstone and no delete")
		return
	}
	want := "create"
	if e.there {
		want = "update"
	}
	switch op := header(r, "notion-kafka.op"); {
	case op == "snapshot" && !l.changed:
	case op == want:
		l.changed = true
	default:
		l.complain(r, "should be a "+want)
	}
	if reason := header(r, "notion-kafka.reason"); reason != "" {
		l.complain(r, "is no delete and has a reason")
	}
	if e.there && bytes.Equal(e.bytes, r.Value) {
		l.doubled++
		l.complain(r, "says what the record before it said")
	}
	e.there, e.followed, e.bytes, e.value = true, false, r.Value, l.decode.page(r)
	hash := e.value.fingerprint(l.w)
	l.tells(r, e, "", &hash)
}

func (l *ledger) enterDelete(r *kgo.Record, e *entry) {
	l.w.t.Helper()
	l.changed = true
	reason := header(r, "notion-kafka.reason")
	shown := reason == "trashed" && (l.h.habits.deletes == "soft" || l.h.habits.deletes == "both")
	switch {
	case e.followed && r.Value == nil: // the second half of both
		e.followed = false
		return
	case !e.there:
		l.complain(r, "deletes what is not there")
	case shown != (r.Value != nil):
		l.complain(r, "shows the page, or does not, against deletes: "+l.h.habits.deletes)
	}
	l.deletes[reason]++
	var hash *uint64
	if r.Value != nil {
		value := l.decode.page(r)
		if !value.InTrash || !value.Archived {
			l.complain(r, "shows the page as if it were not in the trash")
		}
		seen := value.fingerprint(l.w)
		hash = &seen
	}
	e.there, e.followed = false, shown && l.h.habits.deletes == "both"
	l.tells(r, e, reason, hash)
}

// tells finds the moment that a record describes.
func (l *ledger) tells(r *kgo.Record, e *entry, reason string, hash *uint64) {
	l.w.t.Helper()
	page := string(r.Key)
	if at := l.h.next(page, e.told, l.rm.db.ID(), reason, hash); at >= 0 {
		e.told = at
	} else {
		l.complain(r, "tells of nothing in the page's life after what was told before")
	}
}

// close returns the last values of the pages that are not deleted.
func (l *ledger) close() map[string]pageValue {
	l.w.t.Helper()
	last := map[string]pageValue{}
	for page, e := range l.pages {
		if e.followed {
			l.w.t.Errorf("%s: page %s got a soft delete and no tombstone", l.rm.topic, page)
		}
		if e.there {
			last[page] = e.value
		}
	}
	return last
}

func (l *ledger) complain(r *kgo.Record, what string) {
	l.w.t.Helper()
	page := string(r.Key)
	l.w.t.Errorf("%s: offset %d, written %s by run %s: the %s (%s) of page %s %s. Told so far: %d. Its life: %s",
		l.rm.topic, r.Offset, r.Timestamp.UTC().Format("15:04:05.000"), header(r, "notion-kafka.run"),
		header(r, "notion-kafka.op"), header(r, "notion-kafka.reason"), page, what, l.pages[page].told, l.h.tell(page, l.rm.db.ID()))
}
