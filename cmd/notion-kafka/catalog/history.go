package catalog

import (
	"context"
	"errors"
	"fmt"

	"notion-kafka/producer/control"
	"notion-kafka/producer/kafka"
)

// What a history looks at and shows.
const (
	historySearched = 5_000 // records of a partition
	mostOfKey       = 100
)

// History returns the records of a key of a topic of the catalog, the newest first, and what
// each changed. A topic that Kafka does not have, and a key without records, have none.
func (c *Catalog) History(ctx context.Context, topic, key string) (control.History, error) {
	history := control.History{Key: key, Versions: []control.Version{}}
	end, err := c.beginReading(ctx, topic)
	if err != nil {
		return history, err
	}
	defer end()
	bound, cancel := context.WithTimeout(ctx, searchWithin)
	defer cancel()
	records, err := c.cluster.Backward(bound, topic, fromEnd)
	if errors.Is(err, kafka.ErrTopicMissing) {
		return history, nil
	}
	if err != nil {
		return history, unavailable(err)
	}
	h := &historian{search: newSearch(control.RecordQuery{Key: key, Limit: mostOfKey}, records, newRequestDecoder(c.registry)), looked: map[int32]int{}}
	if err := h.run(bound); err != nil {
		return history, unavailable(err)
	}
	history.Versions, history.Bound = h.versions(ctx), h.page.Bound
	return history, nil
}

// A historian looks for the records of a key.
type historian struct {
	*search
	looked map[int32]int // records, by partition
	more   bool          // there are more records of the key than are shown
}

// run looks at the last records of each partition: a key moves to another one when its
// topic gets more of them.
func (h *historian) run(ctx context.Context) error {
	for {
		if h.bytes >= mostSearchedBytes {
			h.bound(fmt.Sprintf("The last %s records (%d MiB)", grouped(h.page.Searched), h.bytes>>20))
			return nil
		}
		r, more, err := h.records.Next(ctx)
		if ctx.Err() != nil && h.page.Searched > 0 {
			h.bound(fmt.Sprintf("Within %s, only the last %s records", searchWithin, grouped(h.page.Searched)))
			return nil
		}
		if err != nil || !more {
			return err
		}
		if h.looked[r.Partition] == historySearched {
			h.records.Leave(r.Partition)
			h.bound(fmt.Sprintf("The last %s records of a partition", grouped(historySearched)))
			continue
		}
		h.looked[r.Partition]++
		h.page.Searched, h.bytes = h.page.Searched+1, h.bytes+r.Size()
		if string(r.Key) != h.query.Key {
			continue
		}
		if h.more = len(h.found) == h.query.Limit; h.more {
			h.page.Bound = fmt.Sprintf("The last %d records of the key are shown: it has more.", h.query.Limit)
			h.add(r, nil) // what the oldest one that is shown changed
			return nil
		}
		h.add(r, nil)
	}
}

func (h *historian) bound(looked string) {
	h.page.Bound = looked + " were looked at: older ones of the key, if there are any, are not shown."
}

// versions decodes what was found and compares each record with the one before it.
func (h *historian) versions(ctx context.Context) []control.Version {
	records := h.finish(ctx).Records
	versions := []control.Version{}
	for at, record := range records {
		if h.more && at == len(records)-1 {
			break
		}
		version := control.Version{TopicRecord: record}
		if at+1 < len(records) {
			version.Changes = changed(records[at+1], record)
			if record.Tombstone() && record.Was == "" {
				version.Was = titleOf(records[at+1].Value)
			}
		}
		versions = append(versions, version)
	}
	return versions
}

// changed returns what a record changed against the one before it; nil where one of them has
// no value.
func changed(before, after control.TopicRecord) []control.Change {
	for _, r := range []control.TopicRecord{before, after} {
		if r.Error != "" || r.Tombstone() {
			return nil
		}
	}
	return changesBetween(before.Value, after.Value)
}
