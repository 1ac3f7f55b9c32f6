//go:build real

package main_test

import (
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"notion-kafka/avro"
)

// history returns everything that a topic has for a read_committed consumer, each
// partition in the order of its offsets. Nobody may be writing any more: it waits until
// no transaction is open. Kafka confirms a commit before its markers are written, so
// that the last marker may come a moment late.
func (s *stage) history(topic string) []*kgo.Record {
	s.t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for s.openTransactions(topic) {
		select {
		case <-tick.C:
		case <-s.ctx.Done():
			s.t.Fatalf("a transaction stays open in topic %s", topic)
		}
	}
	return s.committed(topic)
}

// committed is history while a transaction may be open: it returns what is before that.
func (s *stage) committed(topic string) []*kgo.Record {
	s.t.Helper()
	ends, err := s.admin().ListCommittedOffsets(s.ctx, topic)
	return s.recordsBefore(ends, err, topic, kgo.ReadCommitted())
}

// written returns all records of a topic, including those of aborted and open
// transactions.
func (s *stage) written(topic string) []*kgo.Record {
	s.t.Helper()
	ends, err := s.admin().ListEndOffsets(s.ctx, topic)
	return s.recordsBefore(ends, err, topic, kgo.ReadUncommitted())
}

// recordsBefore reads a topic up to the given ends.
func (s *stage) recordsBefore(ends kadm.ListedOffsets, err error, topic string, isolation kgo.IsolationLevel) []*kgo.Record {
	s.t.Helper()
	if err == nil {
		err = ends.Error()
	}
	if err != nil {
		s.t.Fatalf("asking where topic %s ends: %v", topic, err)
	}
	left, from := map[int32]int64{}, map[int32]kgo.Offset{}
	ends.Each(func(end kadm.ListedOffset) {
		if end.Offset > 0 {
			left[end.Partition], from[end.Partition] = end.Offset, kgo.NewOffset().AtStart()
		}
	})
	if len(left) == 0 {
		return nil
	}
	client, err := kgo.NewClient(kgo.SeedBrokers(strings.Split(s.brokers, ",")...), kgo.FetchIsolationLevel(isolation),
		// The last offset is a transaction's marker: only it shows that the end is
		// reached.
		kgo.KeepControlRecords(), kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{topic: from}))
	if err != nil {
		s.t.Fatal(err)
	}
	defer client.Close()
	byPartition := map[int32][]*kgo.Record{}
	for len(left) > 0 {
		fetches := client.PollFetches(s.ctx)
		if err := fetches.Err(); err != nil {
			s.t.Fatalf("reading topic %s: %v", topic, err)
		}
		for r := range fetches.RecordsAll() {
			end, reading := left[r.Partition]
			if !reading {
				continue
			}
			if !r.Attrs.IsControl() && r.Offset < end {
				byPartition[r.Partition] = append(byPartition[r.Partition], r)
			}
			if r.Offset >= end-1 {
				delete(left, r.Partition)
			}
		}
	}
	var all []*kgo.Record
	for _, partition := range sortedKeys(byPartition) {
		all = append(all, byPartition[partition]...)
	}
	return all
}

// shows waits until read_committed consumers have a record of every source written
// after a moment.
func (w *sourceStage) shows(since time.Time) {
	w.t.Helper()
	left := map[string]bool{}
	for _, src := range w.sources {
		left[src.databases[0].topic] = true
	}
	client, err := kgo.NewClient(kgo.SeedBrokers(strings.Split(w.brokers, ",")...), kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		kgo.ConsumeTopics(sortedKeys(left)...), kgo.ConsumeResetOffset(kgo.NewOffset().AfterMilli(since.UnixMilli())))
	if err != nil {
		w.t.Fatal(err)
	}
	defer client.Close()
	for len(left) > 0 {
		fetches := client.PollFetches(w.ctx)
		if w.ctx.Err() != nil {
			w.t.Fatalf("nothing new comes into the topics %v", sortedKeys(left))
		}
		for r := range fetches.RecordsAll() {
			if r.Timestamp.After(since) {
				delete(left, r.Topic)
			}
		}
	}
}

// A decoder turns values of any topic into JSON with the registry's schemas.
type decoder struct {
	s        *stage
	registry *avro.Registry
	known    map[int]*avro.Decoder // by schema id
}

func (s *stage) newDecoder() *decoder {
	s.t.Helper()
	registry, err := avro.NewRegistry(avro.RegistryOptions{URL: s.registry})
	if err != nil {
		s.t.Fatal(err)
	}
	return &decoder{s, registry, map[int]*avro.Decoder{}}
}

// page decodes a notion.Page.
func (d *decoder) page(r *kgo.Record) pageValue {
	d.s.t.Helper()
	id, body, err := avro.SplitFrame(r.Value)
	if err == nil && d.known[id] == nil {
		var schema string
		if schema, err = d.registry.SchemaByID(d.s.ctx, id); err == nil {
			d.known[id], err = avro.NewDecoder(schema)
		}
	}
	var text []byte
	if err == nil {
		text, err = d.known[id].JSON(body)
	}
	if err != nil {
		d.s.t.Fatalf("decoding topic %s, partition %d, offset %d: %v", r.Topic, r.Partition, r.Offset, err)
	}
	return strictly[pageValue](d.s.t, text)
}

// header returns a record's header; "" if it has none of that name.
func header(r *kgo.Record, name string) string {
	for _, h := range r.Headers {
		if h.Key == name {
			return string(h.Value)
		}
	}
	return ""
}
