package catalog

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"notion-kafka/producer/control"
	"notion-kafka/producer/kafka"
)

const (
	searchWithin = 12 * time.Second // reading Kafka for one request
	decodeWithin = 12 * time.Second // what is shown, a registry that does not answer included
	mostSearches = 4                // requests that read records at a time
)

// Records returns the records of a topic of the catalog that a query chooses, the newest
// first. A topic that Kafka does not have is empty.
func (c *Catalog) Records(ctx context.Context, topic string, query control.RecordQuery) (control.RecordPage, error) {
	page := control.RecordPage{Records: []control.TopicRecord{}}
	end, err := c.beginReading(ctx, topic)
	if err != nil || query.Limit < 1 {
		return page, err
	}
	defer end()
	bound, cancel := context.WithTimeout(ctx, searchWithin)
	defer cancel()
	begin := offsetsBefore(query.Before)
	if query.Now { // newer records decide which of a key is the last
		begin = fromEnd
	}
	records, err := c.cluster.Backward(bound, topic, begin)
	if errors.Is(err, kafka.ErrTopicMissing) {
		return page, nil
	}
	if err != nil {
		return page, unavailable(err)
	}
	s := newSearch(query, records, newRequestDecoder(c.registry))
	if err := s.run(bound); err != nil {
		return page, unavailable(err)
	}
	s.lookBack(bound)
	return s.finish(ctx), nil
}

// Record returns one committed record of a topic of the catalog.
func (c *Catalog) Record(ctx context.Context, topic string, partition int32, offset int64) (control.TopicRecord, error) {
	end, err := c.beginReading(ctx, topic)
	if err != nil {
		return control.TopicRecord{}, err
	}
	defer end()
	bound, cancel := context.WithTimeout(ctx, searchWithin)
	defer cancel()
	stored, err := c.cluster.RecordAt(bound, topic, partition, offset)
	if errors.Is(err, kafka.ErrNoRecord) || errors.Is(err, kafka.ErrTopicMissing) {
		return control.TopicRecord{}, &control.Error{Kind: control.NotFound, Message: err.Error()}
	}
	if err != nil {
		return control.TopicRecord{}, unavailable(err)
	}
	only := func(p int32) int64 {
		if p == partition {
			return offset
		}
		return 0
	}
	s := newSearch(control.RecordQuery{Limit: 1}, nil, newRequestDecoder(c.registry))
	s.add(stored, nil)
	if stored.Value == nil {
		if s.records, err = c.cluster.Backward(bound, topic, only); err == nil {
			s.lookBack(bound)
		}
	}
	return s.finish(ctx).Records[0], nil
}

// beginReading waits for the turn of a request that reads the records of a topic of the
// catalog. Each may hold some dozens of MiB, so only a few read at a time.
func (c *Catalog) beginReading(ctx context.Context, topic string) (end func(), err error) {
	if err := c.knows(ctx, topic); err != nil {
		return nil, err
	}
	select {
	case c.reading <- struct{}{}:
		return func() { <-c.reading }, nil
	case <-ctx.Done():
		return nil, &control.Error{Kind: control.Unavailable, Message: fmt.Sprintf("this instance is reading records for %d other requests: try again in a moment", mostSearches)}
	}
}

// knows returns an error unless a topic is in the catalog. Only for a topic that no run of
// the history published to, the owners of the sources are asked.
func (c *Catalog) knows(ctx context.Context, topic string) error {
	named := func(run control.Run) bool {
		return slices.ContainsFunc(run.Streams, func(s control.StreamRun) bool { return s.Topic == topic })
	}
	for _, src := range c.known.Sources() {
		if src.Shadowed {
			continue
		}
		if src.LastRun != nil && named(*src.LastRun) {
			return nil
		}
		if runs, err := c.known.Runs(src.Name); err == nil && slices.ContainsFunc(runs, named) {
			return nil
		}
	}
	entries, err := c.owned(ctx)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(entries, func(e entry) bool { return e.Topic == topic }) {
		return notAmong(entries, topic)
	}
	return nil
}

// offsetsBefore returns where a query begins to look.
func offsetsBefore(before map[int32]int64) func(partition int32) int64 {
	return func(partition int32) int64 {
		if offset, named := before[partition]; named {
			return offset
		}
		if offset, named := before[control.EveryPartition]; named {
			return offset
		}
		return math.MaxInt64
	}
}

func fromEnd(int32) int64 { return kafka.FromEnd }

func unavailable(err error) error {
	return &control.Error{Kind: control.Unavailable, Message: err.Error()}
}
