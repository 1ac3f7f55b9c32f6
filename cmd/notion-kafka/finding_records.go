package main

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"notion-kafka/notion"
	"notion-kafka/producer/control"
)

const (
	// mostTopics is how many topics are searched for a page that no source has, and
	// mostSought how many records of each: the newest.
	mostTopics = 50
	mostSought = 5_000
	// mostSoughtPlaced is how many records of a topic are searched that has the page.
	mostSoughtPlaced = 50_000
)

// A sought topic is searched for the last record of a page.
type sought struct {
	source string
	control.SearchedTopic
}

// addRecords adds the last record of the page to its places, and a place for each topic
// that has another one. unsearched is how many topics were not looked at.
func (f *finder) addRecords(ctx context.Context, found *control.Finding, answers []sourced) (unsearched int) {
	var topics []sought
	published := slices.ContainsFunc(found.Places, func(one control.Place) bool { return !one.Published.IsZero() })
	for _, one := range answers {
		for _, topic := range one.Topics {
			if !published || placeIn(found, one.source, topic.Stream) != nil {
				topics = append(topics, sought{one.source, topic})
			}
		}
		if !published {
			unsearched += one.Unlisted
		}
	}
	slices.SortStableFunc(topics, func(a, b sought) int {
		return placed(found, b) - placed(found, a)
	})
	if more := len(topics) - mostTopics; more > 0 {
		topics, unsearched = topics[:mostTopics], unsearched+more
	}
	most := mostSought
	if published {
		most = mostSoughtPlaced
	}
	records, whole := f.seekAll(ctx, topics, found.ID, most)
	for i, record := range records {
		if !whole[i] {
			unsearched++
		}
		if record == nil {
			continue
		}
		place := placeIn(found, topics[i].source, topics[i].Stream)
		if place == nil {
			found.Places = append(found.Places, leftBehind(topics[i], record))
			continue
		}
		addRecord(place, record)
	}
	return unsearched
}

func placeIn(found *control.Finding, source, stream string) *control.Place {
	for i, place := range found.Places {
		if place.Source == source && place.Stream == stream {
			return &found.Places[i]
		}
	}
	return nil
}

// placed is 1 for a topic with a place, and 0 otherwise.
func placed(found *control.Finding, topic sought) int {
	if placeIn(found, topic.source, topic.Stream) != nil {
		return 1
	}
	return 0
}

// seekAll searches topics beside each other. whole says of each whether all of its records
// were looked at.
func (f *finder) seekAll(ctx context.Context, topics []sought, id string, most int) (records []*control.FoundRecord, whole []bool) {
	ctx, cancel := context.WithTimeout(ctx, recordsWithin)
	defer cancel()
	records, whole = make([]*control.FoundRecord, len(topics)), make([]bool, len(topics))
	var seeking sync.WaitGroup
	for i, topic := range topics {
		seeking.Go(func() {
			_ = notion.Guard(func() (err error) { // what was not read is not whole
				records[i], whole[i], err = f.seek(ctx, topic.SearchedTopic, id, most)
				return err
			})
		})
	}
	seeking.Wait()
	return records, whole
}

func deletes(record *control.FoundRecord) bool { return record.Op == "delete" }

// addRecord adds to a place what its topic has.
func addRecord(place *control.Place, record *control.FoundRecord) {
	place.Record = record
	switch {
	case !deletes(record) || !place.Published.IsZero():
		return
	case place.Answer == control.PageTrashed:
		place.Answer = control.PageDeleted
		place.Text = deletedText(place.Topic, record) + " Restore it in Notion, and the next scan publishes it again."
		return
	}
	place.Text += " " + deletedText(place.Topic, record)
}

// leftBehind is the place of a page that the source does not know, in a topic that has a
// record of it.
func leftBehind(topic sought, record *control.FoundRecord) control.Place {
	place := control.Place{Source: topic.source, Stream: topic.Stream, Title: topic.Title, Topic: topic.Topic, Answer: control.PageDeleted, Record: record}
	place.Text = deletedText(topic.Topic, record)
	if !deletes(record) {
		place.Text = fmt.Sprintf("Topic %s keeps a version of the page, published at %s, and source %s does not count it any more: deletes of the stream may not be published.",
			topic.Topic, control.Stamp(record.Timestamp), topic.source)
	}
	return place
}

// deletedText says when the page was deleted from a topic, and why.
func deletedText(topic string, record *control.FoundRecord) string {
	reason := map[string]string{
		"trashed": ": Notion had it in its trash",
		"moved":   ": it had moved elsewhere in Notion",
		"gone":    ": Notion did not show it any more, because it was deleted for good or no longer shared",
	}[record.Reason]
	return fmt.Sprintf("The page was deleted from topic %s at %s%s.", topic, control.Stamp(record.Timestamp), reason)
}
