package daemon

import (
	"slices"
	"time"

	"github.com/google/go-cmp/cmp"

	"notion-kafka/producer"
	"notion-kafka/producer/kafka"
	"notion-kafka/producer/state"
)

// timeToPublish is the longest time from Notion's answer with a page to the page's record:
// other requests of the batch may have been tried again.
const timeToPublish = 15 * time.Minute

// check proves what must hold at any time: about new records, about the state beside the
// topics, and about runs that succeeded.
func (sr *scenarioRun) check() {
	for _, one := range sr.instances {
		if one != nil {
			sr.collect(one)
		}
	}
	o, torn := sr.observe()
	if torn != "" {
		sr.wrong("offsets", "%s", torn)
	}
	sr.mu.Lock() // from here on nothing waits
	defer sr.mu.Unlock()
	for _, r := range sr.databases {
		b := sr.consumer.model(r.stream)
		sr.checkRecords(r, b, o)
		sr.checkState(r, b, o.memory.Stream(r.stream))
	}
	sr.checkDatabases(o.topics[producer.DatabasesStream])
	slices.SortStableFunc(sr.results, func(a, b result) int { return a.FinishedAt.Compare(b.FinishedAt) })
	for _, one := range sr.results {
		sr.checkRun(one, o)
	}
	sr.results = nil
	for _, r := range sr.databases {
		if scan := o.memory.Stream(r.stream).Scan; scan != nil {
			sr.consumer.model(r.stream).underWay(startOf(scan.Run))
		}
	}
}

// startOf is when a run began, to the second, from its id.
func startOf(run string) time.Time {
	at, err := time.Parse("20060102T150405Z", run[:16])
	if err != nil {
		panic(err)
	}
	return at
}

// underWay notes an unfinished scan, unless it is the rest of an older one.
func (b *topicModel) underWay(began time.Time) {
	if b.scanning.IsZero() || began.Before(b.scanning) {
		b.scanning = began
	}
}

// checkRecords checks the new records of a stream's topic.
func (sr *scenarioRun) checkRecords(r *database, b *topicModel, o observation) {
	fresh := b.fresh(o.topics[r.stream])
	known, deletes := b.current(), map[string]int{}
	for _, record := range fresh {
		if r.settings == nil {
			sr.wrong("not selected", "page %s of database %s is published, which is not selected", record.Key, r.db.Title())
			return
		}
		if record.Header("notion-kafka.op") == producer.OpDelete {
			sr.checkDelete(r, b, record)
			deletes[record.Header("notion-kafka.run")]++
			continue
		}
		known++
		sr.checkValue(r, b, record, o.memory.Stream(r.stream).Topic)
	}
	for run, n := range deletes {
		if r.settings.Deletes == producer.DeleteBoth {
			n = (n + 1) / 2
		}
		if n > 20 && float64(n) > r.settings.MaxDeleteRatio*float64(known) && !sr.confirmed[run] {
			sr.wrong("guard", "run %s deleted %d of %d pages of %s, unasked", run, n, known, r.db.Title())
		}
	}
}

// checkDelete checks a delete: the topic has the page, the page was gone for the given
// reason, and the record has the configured form.
func (sr *scenarioRun) checkDelete(r *database, b *topicModel, record kafka.Stored) {
	id, reason := string(record.Key), record.Header("notion-kafka.reason")
	p, e := sr.page(id), b.keys[id]
	switch {
	case e == nil:
		sr.wrong("delete of nothing", "%s, unknown to topic %s, is deleted as %s", id, record.Topic, reason)
		return
	case e.gone && e.record.Value != nil && record.Value == nil && r.settings.Deletes == producer.DeleteBoth:
		e.record = record // the tombstone after the soft record
		return
	case e.gone:
		sr.wrong("delete of nothing", "%s is deleted twice", sr.of(p))
		return
	}
	if from := e.record.Time.Add(-timeToPublish); !p.reasonBetween(r, reason, from, record.Time.Add(time.Millisecond)) {
		sr.wrong("false delete", "%s is deleted from the topic of %s as %s at %s, which it was not", sr.of(p), r.db.Title(), reason, clock(record.Time))
	}
	soft := r.settings.Deletes == producer.DeleteSoft || r.settings.Deletes == producer.DeleteBoth
	switch m, err := sr.consumer.meaning(record.Value); {
	case r.settings.Deletes == producer.DeleteNone:
		sr.wrong("form of delete", "%s is deleted with a record, and deletes are none", sr.of(p))
	case record.Value == nil && soft && reason == producer.ReasonTrashed:
		sr.wrong("form of delete", "%s is trashed without a soft record, and deletes are %s", sr.of(p), r.settings.Deletes)
	case record.Value != nil && (!soft || reason != producer.ReasonTrashed):
		sr.wrong("form of delete", "%s is %s with a soft record, and deletes are %q", sr.of(p), reason, r.settings.Deletes)
	case record.Value != nil && (err != nil || !m.trashed):
		sr.wrong("form of delete", "the soft record of %s does not say that it is in the trash", sr.of(p))
	case record.Value != nil:
		sr.checkExcluded(p, m)
	}
	b.keys[id] = &lastRecord{record: record, op: producer.OpDelete, read: e.read, gone: true}
}

// checkValue checks a record with a value: it is new, its operation is right, and the
// page was once like that.
func (sr *scenarioRun) checkValue(r *database, b *topicModel, record kafka.Stored, topic *state.Topic) {
	id, op := string(record.Key), record.Header("notion-kafka.op")
	p, e := sr.page(id), b.keys[id]
	m, err := sr.consumer.meaning(record.Value)
	if p == nil || err != nil {
		sr.wrong("value", "page %s: %v", id, err)
		return
	}
	current := e != nil && !e.gone
	if current && r.settings.Deletes == producer.DeleteNone && p.reasonBetween(r, "", e.record.Time.Add(-timeToPublish), record.Time) {
		current = op == producer.OpUpdate // there may have been a delete without a record
	}
	switch {
	case op == producer.OpUpdate && !current, op == producer.OpCreate && current && !e.record.Time.Before(b.forgotten):
		sr.wrong("operation", "%s is published as %s, and the topic has it: %v", sr.of(p), op, current)
	case op != producer.OpSnapshot && !topic.Scanned:
		sr.wrong("operation", "%s is published as %s before the first scan is complete", sr.of(p), op)
	}
	again := op == producer.OpSnapshot && (b.republish || r.settings.PublishAll) || e != nil && e.record.Time.Before(b.forgotten)
	if current && e.meaning.text == m.text && !again {
		sr.wrong("twice", "%s is published twice with the same content: at %s as %s and at %s as %s", sr.of(p), clock(e.record.Time), e.op, clock(record.Time), op)
	}
	news := &lastRecord{record: record, op: op, meaning: m}
	if sr.conditions.queryLag == 0 && len(sr.conditions.exclude) == 0 && !p.cut {
		var was bool
		if news.read, was = p.wasSince(time.Time{}, m.text); !was {
			sr.wrong("invented", "%s is published as it never was: %s", sr.of(p), m.text)
		} else if e != nil {
			if news.read, was = p.wasSince(e.read, m.text); !was {
				sr.wrong("older", "%s is published at %s as it was before what was published at %s:\n%s",
					sr.of(p), clock(record.Time), clock(e.record.Time), cmp.Diff(e.meaning.fields, m.fields))
			}
		}
	}
	sr.checkExcluded(p, m)
	b.keys[id] = news
}

func (sr *scenarioRun) checkExcluded(p *page, m meaning) {
	properties, _ := m.fields["properties"].(map[string]any)
	for _, name := range sr.conditions.exclude {
		if _, leaked := properties[name]; leaked {
			sr.wrong("excluded", "%s is published with property %q", sr.of(p), name)
		}
	}
}

func (sr *scenarioRun) page(id string) *page {
	at := slices.IndexFunc(sr.pages, func(p *page) bool { return p.id == id })
	if at < 0 {
		return nil
	}
	return sr.pages[at]
}

func clock(at time.Time) string { return at.Format("02 15:04:05") }

// checkState proves that the state of every page agrees with its last record in the
// topic.
func (sr *scenarioRun) checkState(r *database, b *topicModel, memory *state.StreamMemory) {
	for id, e := range b.keys {
		pageID, err := state.ParsePageID(id)
		if err != nil {
			sr.t.Fatal(err)
		}
		noted, known := memory.Pages[pageID]
		known = known && !noted.Marks.Has(state.Unpublished)
		p := sr.page(id)
		switch {
		case e.gone && known:
			sr.wrong("state", "%s is deleted, and the state knows it", sr.of(p))
		case e.gone:
		case !known && r.settings.Deletes == producer.DeleteNone:
			e.gone = true
			if !p.reasonBetween(r, "", e.record.Time.Add(-timeToPublish), time.Now()) {
				sr.wrong("false delete", "%s counts as deleted, and was never gone", sr.of(p))
			}
		case !known:
			sr.wrong("state", "the topic has %s, and the state does not know it", sr.of(p))
		case !sr.fingerprints(noted, e.meaning) && !noted.Marks.Has(state.Stuck):
			sr.wrong("state", "the fingerprint of %s is not that of its last record of %s", sr.of(p), clock(e.record.Time))
		}
	}
	for pageID, noted := range memory.Pages {
		if e := b.keys[pageID.String()]; e == nil && !noted.Marks.Has(state.Unpublished) {
			sr.wrong("state", "the state knows %s, and the topic does not have it", sr.of(sr.page(pageID.String())))
		}
	}
}

// fingerprints says whether a page's state has the fingerprint of a value, in the form
// that the state names.
func (sr *scenarioRun) fingerprints(noted state.Page, m meaning) bool {
	if noted.Form == producer.CurrentForm.Version {
		return noted.Hash == m.fingerprint
	}
	return noted.Hash == ^m.fingerprint && noted.Form == sr.form.Version
}
