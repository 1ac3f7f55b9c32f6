package shard

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"notion-kafka/producer/kafka"
	"notion-kafka/producer/state"
)

// ErrUnreadableState says that records of the state topic cannot be read. Their shard
// is not used without them, because they may hold anything.
var ErrUnreadableState = errors.New("its state cannot be read")

// errNewerState says that a newer version has written the state topic.
var errNewerState = errors.New("run a newer notion-kafka")

// mostNamed is how many unreadable records an error names.
const mostNamed = 3

// unreadState holds the unreadable records of a partition, by key. A later readable
// record of the same key removes one.
type unreadState map[string]unreadRecord

type unreadRecord struct {
	offset int64
	why    error
}

// took notes whether memory could apply a record. A record without a value never
// counts as unreadable, whatever its key: it removes the key.
func (u unreadState) took(record kafka.Stored, err error) {
	delete(u, string(record.Key))
	if err != nil && record.Value != nil {
		u[string(record.Key)] = unreadRecord{record.Offset, err}
	}
}

// err is an error that names the first unreadable records; nil where there are none.
func (u unreadState) err(topic string, partition int32) error {
	if len(u) == 0 {
		return nil
	}
	var all []unreadRecord
	for _, one := range u {
		all = append(all, one)
	}
	slices.SortFunc(all, func(a, b unreadRecord) int { return cmp.Compare(a.offset, b.offset) })
	var named []string
	for _, one := range all[:min(len(all), mostNamed)] {
		named = append(named, fmt.Sprintf("offset %d: %v", one.offset, one.why))
	}
	if more := len(all) - len(named); more > 0 {
		named = append(named, fmt.Sprintf("and %d more", more))
	}
	return fmt.Errorf("state topic %s, partition %d: %w (%s): restore the topic, or have each key forgotten by a record of that key with no value",
		topic, partition, ErrUnreadableState, strings.Join(named, "; "))
}

// restore rebuilds the memory of a shard that was just claimed.
func (s *Shard) restore(ctx context.Context) error {
	topic, bad := s.topic.Name, unreadState{}
	for record, err := range s.writer.Restore(ctx) {
		if err != nil {
			return err
		}
		bad.took(record, s.memory.Apply(record.Key, record.Value))
	}
	switch meta := s.memory.Meta; {
	case meta == nil && len(bad) == 0:
		return withoutMeta(topic, s.Partition)
	case meta != nil && meta.Format > state.Format:
		return newerState(topic, meta.Format)
	}
	return bad.err(topic, s.Partition)
}

func newerState(topic string, format int) error {
	return fmt.Errorf("state topic %s has format %d, this version knows %d: %w", topic, format, state.Format, errNewerState)
}

// A BlockedError says that a shard cannot be used until something is written to its
// partition. To claim the shard before that would read the whole partition in vain.
type BlockedError struct {
	error
	Claimed int64 // offset of the owner record of the claim that found the fault
}

// Unwrap returns the fault.
func (e *BlockedError) Unwrap() error { return e.error }

// blocked turns a fault that only a write to the partition can repair into a
// [BlockedError].
func (s *Shard) blocked(err error) error {
	if errors.Is(err, ErrUnreadableState) || errors.Is(err, errNewerState) {
		return &BlockedError{err, s.writer.Claimed()}
	}
	return err
}
