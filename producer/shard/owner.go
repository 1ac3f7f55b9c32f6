package shard

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"notion-kafka/producer/kafka"
	"notion-kafka/producer/state"
)

// ReadAll reads the whole state topic without claiming a shard. It returns the memory
// of each shard; none where the state topic does not exist yet. With an
// [ErrUnreadableState] it also returns what could be read.
func (t *StateTopic) ReadAll(ctx context.Context) (map[int32]*state.Memory, error) {
	shards, bad := map[int32]*state.Memory{}, map[int32]unreadState{}
	for record, err := range t.Cluster.ReadAll(ctx, t.Name) {
		if errors.Is(err, kafka.ErrTopicMissing) {
			return shards, nil
		}
		if err != nil {
			return nil, fmt.Errorf("reading state topic %s: %w", t.Name, err)
		}
		memory, ok := shards[record.Partition]
		if !ok {
			memory = state.NewMemory()
			shards[record.Partition], bad[record.Partition] = memory, unreadState{}
		}
		bad[record.Partition].took(record, memory.Apply(record.Key, record.Value))
	}
	var err error
	for _, partition := range slices.Sorted(maps.Keys(bad)) {
		err = errors.Join(err, bad[partition].err(t.Name, partition))
	}
	return shards, err
}

// fencedByTimeout bounds the reading of one owner record; the group may be
// waiting for it.
const fencedByTimeout = 5 * time.Second

// FencedBy is [StateTopic.LastOwner], and also works after ctx has ended: the group
// ends ctx when it takes the shard from us.
func (t *StateTopic) FencedBy(ctx context.Context, partition int32) (state.Owner, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), fencedByTimeout)
	defer cancel()
	return t.LastOwner(ctx, partition)
}

var errNoOwner = errors.New("the partition holds no owner record")

// LastOwner reads the owner record of a shard's last claim.
func (t *StateTopic) LastOwner(ctx context.Context, partition int32) (state.Owner, error) {
	memory := state.NewMemory()
	for record, err := range t.Cluster.ReadPartition(ctx, t.Name, partition, 0) {
		if err != nil {
			return state.Owner{}, err
		}
		if string(record.Key) != state.OwnerKey() {
			continue
		}
		if err := memory.Apply(record.Key, record.Value); err != nil {
			return state.Owner{}, err
		}
	}
	if memory.Owner == nil {
		return state.Owner{}, fmt.Errorf("shard %d of %s: %w", partition, t.Name, errNoOwner)
	}
	return *memory.Owner, nil
}
