//go:build real

package main_test

import (
	"bytes"

	"github.com/twmb/franz-go/pkg/kgo"
)

// A strictConsumer checks the records of a stream's topic one by one. Each has to describe a
// moment in its page's history that is later than that of the record before, so that
// nothing is published that was not true, or twice, or out of order. And each has to be
// the operation that its header says.
type strictConsumer struct {
	w       *sourceStage
	src     *testSource
	db      *testDatabase
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

func (w *sourceStage) newStrictConsumer(src *testSource, db *testDatabase, decode *decoder) *strictConsumer {
	return &strictConsumer{w: w, src: src, db: db, decode: decode, pages: map[string]*entry{}, deletes: map[string]int{}}
}

// enter checks the next record.
func (c *strictConsumer) enter(r *kgo.Record) {
	c.w.t.Helper()
	page := string(r.Key)
	e := c.pages[page]
	if e == nil {
		e = &entry{told: -1}
		c.pages[page] = e
	}
	if header(r, "notion-kafka.op") == "delete" {
		c.enterDelete(r, e)
	} else {
		c.enterValue(r, e)
	}
}

func (c *strictConsumer) enterValue(r *kgo.Record, e *entry) {
	c.w.t.Helper()
	if r.Value == nil {
		c.complain(r, "is a tombstone and no delete")
		return
	}
	want := "create"
	if e.there {
		want = "update"
	}
	switch op := header(r, "notion-kafka.op"); {
	case op == "snapshot" && !c.changed:
	case op == want:
		c.changed = true
	default:
		c.complain(r, "should be a "+want)
	}
	if reason := header(r, "notion-kafka.reason"); reason != "" {
		c.complain(r, "is no delete and has a reason")
	}
	if e.there && bytes.Equal(e.bytes, r.Value) {
		c.doubled++
		c.complain(r, "says what the record before it said")
	}
	e.there, e.followed, e.bytes, e.value = true, false, r.Value, c.decode.page(r)
	hash := e.value.fingerprint(c.w)
	c.tells(r, e, "", &hash)
}

func (c *strictConsumer) enterDelete(r *kgo.Record, e *entry) {
	c.w.t.Helper()
	c.changed = true
	reason := header(r, "notion-kafka.reason")
	shown := reason == "trashed" && (c.src.habits.deletes == "soft" || c.src.habits.deletes == "both")
	switch {
	case e.followed && r.Value == nil: // the second half of both
		e.followed = false
		return
	case !e.there:
		c.complain(r, "deletes what is not there")
	case shown != (r.Value != nil):
		c.complain(r, "shows the page, or does not, against deletes: "+c.src.habits.deletes)
	}
	c.deletes[reason]++
	var hash *uint64
	if r.Value != nil {
		value := c.decode.page(r)
		if !value.InTrash || !value.Archived {
			c.complain(r, "shows the page as if it were not in the trash")
		}
		seen := value.fingerprint(c.w)
		hash = &seen
	}
	e.there, e.followed = false, shown && c.src.habits.deletes == "both"
	c.tells(r, e, reason, hash)
}

// tells finds the moment that a record describes.
func (c *strictConsumer) tells(r *kgo.Record, e *entry, reason string, hash *uint64) {
	c.w.t.Helper()
	page := string(r.Key)
	if at := c.src.next(page, e.told, c.db.notion.ID(), reason, hash); at >= 0 {
		e.told = at
	} else {
		c.complain(r, "tells of nothing in the page's life after what was told before")
	}
}

// close returns the last values of the pages that are not deleted.
func (c *strictConsumer) close() map[string]pageValue {
	c.w.t.Helper()
	last := map[string]pageValue{}
	for page, e := range c.pages {
		if e.followed {
			c.w.t.Errorf("%s: page %s got a soft delete and no tombstone", c.db.topic, page)
		}
		if e.there {
			last[page] = e.value
		}
	}
	return last
}

func (c *strictConsumer) complain(r *kgo.Record, what string) {
	c.w.t.Helper()
	page := string(r.Key)
	c.w.t.Errorf("%s: offset %d, written %s by run %s: the %s (%s) of page %s %s. Told so far: %d. Its life: %s",
		c.db.topic, r.Offset, r.Timestamp.UTC().Format("15:04:05.000"), header(r, "notion-kafka.run"),
		header(r, "notion-kafka.op"), header(r, "notion-kafka.reason"), page, what, c.pages[page].told, c.src.tell(page, c.db.notion.ID()))
}
