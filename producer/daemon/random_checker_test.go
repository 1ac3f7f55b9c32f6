package daemon

import (
	"slices"
	"time"

	"github.com/google/go-cmp/cmp"

	"notion-kafka/producer"
	"notion-kafka/producer/kafka"
	"notion-kafka/producer/state"
)

// timeToPublish is how long the way of a page may take from Notion's answer to
// its record, at most: other requests of the batch were tried again.
const timeToPublish = 15 * time.Minute

// check proves what must hold at any time: of the records that are new, of the
// state beside the topics, and of the runs that say that all went well.
func (tl *tale) check() {
	for _, one := range tl.instances {
		if one != nil {
			tl.collect(one)
		}
	}
	o, torn := tl.observe()
	if torn != "" {
		tl.wrong("offsets", "%s", torn)
	}
	tl.mu.Lock() // from here on nothing waits
	defer tl.mu.Unlock()
	for _, r := range tl.rooms {
		b := tl.ledger.book(r.stream)
		tl.checkRecords(r, b, o)
		tl.checkState(r, b, o.memory.Stream(r.stream))
	}
	tl.checkDatabases(o.topics[producer.DatabasesStream])
	slices.SortStableFunc(tl.results, func(a, b result) int { return a.FinishedAt.Compare(b.FinishedAt) })
	for _, one := range tl.results {
		tl.checkRun(one, o)
	}
	tl.results = nil
	for _, r := range tl.rooms {
		if scan := o.memory.Stream(r.stream).Scan; scan != nil {
			tl.ledger.book(r.stream).underWay(startOf(scan.Run))
		}
	}
}

// startOf is when a run began, to the second: its id tells.
func startOf(run string) time.Time {
	at, err := time.Parse("20060102T150405Z", run[:16])
	if err != nil {
		panic(err)
	}
	return at
}

// underWay notes a scan that is not over, unless it is an older one's rest.
func (b *book) underWay(began time.Time) {
	if b.scanning.IsZero() || began.Before(b.scanning) {
		b.scanning = began
	}
}

// checkRecords judges the records that are new in a stream's topic.
func (tl *tale) checkRecords(r *room, b *book, o observation) {
	fresh := b.fresh(o.topics[r.stream])
	known, deletes := b.current(), map[string]int{}
	for _, record := range fresh {
		if r.wanted == nil {
			tl.wrong("not selected", "page %s of database %s is published, which is not selected", record.Key, r.db.Title())
			return
		}
		if record.Header("notion-kafka.op") == producer.OpDelete {
			tl.checkDelete(r, b, record)
			deletes[record.Header("notion-kafka.run")]++
			continue
		}
		known++
		tl.checkValue(r, b, record, o.memory.Stream(r.stream).Topic)
	}
	for run, n := range deletes {
		if r.wanted.Deletes == producer.DeleteBoth {
			n = (n + 1) / 2
		}
		if n > 20 && float64(n) > r.wanted.MaxDeleteRatio*float64(known) && !tl.confirmed[run] {
			tl.wrong("guard", "run %s deleted %d of %d pages of %s, unasked", run, n, known, r.db.Title())
		}
	}
}

// checkDelete judges a delete: the topic has the page, it was gone for the
// reason that is given, and the record has the form that is wanted.
func (tl *tale) checkDelete(r *room, b *book, record kafka.Stored) {
	id, reason := string(record.Key), record.Header("notion-kafka.reason")
	p, e := tl.page(id), b.keys[id]
	switch {
	case e == nil:
		tl.wrong("delete of nothing", "%s, unknown to topic %s, is deleted as %s", id, record.Topic, reason)
		return
	case e.gone && e.record.Value != nil && record.Value == nil && r.wanted.Deletes == producer.DeleteBoth:
		e.record = record // the tombstone after the soft record
		return
	case e.gone:
		tl.wrong("delete of nothing", "%s is deleted twice", tl.of(p))
		return
	}
	if from := e.record.Time.Add(-timeToPublish); !p.reasonBetween(r, reason, from, record.Time.Add(time.Millisecond)) {
		tl.wrong("false delete", "%s is deleted from the topic of %s as %s at %s, which it was not", tl.of(p), r.db.Title(), reason, clock(record.Time))
	}
	soft := r.wanted.Deletes == producer.DeleteSoft || r.wanted.Deletes == producer.DeleteBoth
	switch m, err := tl.ledger.meaning(record.Value); {
	case r.wanted.Deletes == producer.DeleteNone:
		tl.wrong("form of delete", "%s is deleted with a record, and deletes are none", tl.of(p))
	case record.Value == nil && soft && reason == producer.ReasonTrashed:
		tl.wrong("form of delete", "%s is trashed without a soft record, and deletes are %s", tl.of(p), r.wanted.Deletes)
	case record.Value != nil && (!soft || reason != producer.ReasonTrashed):
		tl.wrong("form of delete", "%s is %s with a soft record, and deletes are %q", tl.of(p), reason, r.wanted.Deletes)
	case record.Value != nil && (err != nil || !m.trashed):
		tl.wrong("form of delete", "the soft record of %s does not say that it is in the trash", tl.of(p))
	case record.Value != nil:
		tl.checkExcluded(p, m)
	}
	b.keys[id] = &lastRecord{record: record, op: producer.OpDelete, read: e.read, gone: true}
}

// checkValue judges a record with a value: it is news, its operation is the
// right one, and the page was like that once.
func (tl *tale) checkValue(r *room, b *book, record kafka.Stored, topic *state.Topic) {
	id, op := string(record.Key), record.Header("notion-kafka.op")
	p, e := tl.page(id), b.keys[id]
	m, err := tl.ledger.meaning(record.Value)
	if p == nil || err != nil {
		tl.wrong("value", "page %s: %v", id, err)
		return
	}
	current := e != nil && !e.gone
	if current && r.wanted.Deletes == producer.DeleteNone && p.reasonBetween(r, "", e.record.Time.Add(-timeToPublish), record.Time) {
		current = op == producer.OpUpdate // there may have been a delete that shows nowhere
	}
	switch {
	case op == producer.OpUpdate && !current, op == producer.OpCreate && current && !e.record.Time.Before(b.forgotten):
		tl.wrong("operation", "%s is published as %s, and the topic has it: %v", tl.of(p), op, current)
	case op != producer.OpSnapshot && !topic.Scanned:
		tl.wrong("operation", "%s is published as %s before the first scan is complete", tl.of(p), op)
	}
	again := op == producer.OpSnapshot && (b.republish || r.wanted.PublishAll) || e != nil && e.record.Time.Before(b.forgotten)
	if current && e.meaning.text == m.text && !again {
		tl.wrong("twice", "%s is published twice with the same content: at %s as %s and at %s as %s", tl.of(p), clock(e.record.Time), e.op, clock(record.Time), op)
	}
	news := &lastRecord{record: record, op: op, meaning: m}
	if tl.place.queryLag == 0 && len(tl.place.exclude) == 0 && !p.cut {
		var was bool
		if news.read, was = p.wasSince(time.Time{}, m.text); !was {
			tl.wrong("invented", "%s is published as it never was: %s", tl.of(p), m.text)
		} else if e != nil {
			if news.read, was = p.wasSince(e.read, m.text); !was {
				tl.wrong("older", "%s is published at %s as it was before what was published at %s:\n%s",
					tl.of(p), clock(record.Time), clock(e.record.Time), cmp.Diff(e.meaning.fields, m.fields))
			}
		}
	}
	tl.checkExcluded(p, m)
	b.keys[id] = news
}

func (tl *tale) checkExcluded(p *page, m meaning) {
	properties, _ := m.fields["properties"].(map[string]any)
	for _, name := range tl.place.exclude {
		if _, leaked := properties[name]; leaked {
			tl.wrong("excluded", "%s is published with property %q", tl.of(p), name)
		}
	}
}

func (tl *tale) page(id string) *page {
	at := slices.IndexFunc(tl.pages, func(p *page) bool { return p.id == id })
	if at < 0 {
		return nil
	}
	return tl.pages[at]
}

func clock(at time.Time) string { return at.Format("02 15:04:05") }

// checkState proves that the state tells of every page what the topic last said.
func (tl *tale) checkState(r *room, b *book, memory *state.StreamMemory) {
	for id, e := range b.keys {
		pageID, err := state.ParsePageID(id)
		if err != nil {
			tl.t.Fatal(err)
		}
		noted, known := memory.Pages[pageID]
		known = known && !noted.Marks.Has(state.Deleted)
		p := tl.page(id)
		switch {
		case e.gone && known:
			tl.wrong("state", "%s is deleted, and the state knows it", tl.of(p))
		case e.gone:
		case !known && r.wanted.Deletes == producer.DeleteNone:
			e.gone = true
			if !p.reasonBetween(r, "", e.record.Time.Add(-timeToPublish), time.Now()) {
				tl.wrong("false delete", "%s counts as deleted, and was never gone", tl.of(p))
			}
		case !known:
			tl.wrong("state", "the topic has %s, and the state does not know it", tl.of(p))
		case !tl.fingerprints(noted, e.meaning) && !noted.Marks.Has(state.Stuck):
			tl.wrong("state", "the fingerprint of %s is not that of its last record of %s", tl.of(p), clock(e.record.Time))
		}
	}
	for pageID, noted := range memory.Pages {
		if e := b.keys[pageID.String()]; e == nil && !noted.Marks.Has(state.Deleted) {
			tl.wrong("state", "the state knows %s, and the topic does not have it", tl.of(tl.page(pageID.String())))
		}
	}
}

// fingerprints says whether a page's record has the fingerprint of a value, in
// the form that it says.
func (tl *tale) fingerprints(noted state.Page, m meaning) bool {
	if noted.Form == producer.CurrentForm.Version {
		return noted.Hash == m.fingerprint
	}
	return noted.Hash == ^m.fingerprint && noted.Form == tl.form.Version
}
