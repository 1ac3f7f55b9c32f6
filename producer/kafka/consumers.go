package kafka

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
)

// mostGroups bounds how many groups [Cluster.Consumers] looks at.
const mostGroups = 500

// A Consumer is a consumer group that has committed offsets of a topic.
type Consumer struct {
	Group   string
	State   string // in Kafka's words, such as Stable or Empty
	Members int    // of the group, whichever topics they read
	// Lag is how many offsets of the topic lie between the group's committed offsets and the
	// last stable offsets. A partition without a committed offset counts whole.
	Lag int64
}

// Consumers are who reads some topics.
type Consumers struct {
	ByTopic map[string][]Consumer // in no order
	// Unseen says in sentences what may be missing, and why; "": nothing.
	Unseen string
}

// Consumers returns the groups that commit offsets of topics, with a handful of requests
// however many topics there are. It sees those that the cluster lets us DESCRIBE. Share
// groups (KIP-932) and consumers that commit nothing, as our own group, are not among them.
func (c *Cluster) Consumers(ctx context.Context, topics []string) (Consumers, error) {
	found := Consumers{ByTopic: map[string][]Consumer{}}
	groups, unseen, err := c.groups(ctx)
	if err != nil {
		return found, err
	}
	if len(groups) > mostGroups {
		unseen.add("%d of %d consumer groups were not looked at.", len(groups)-mostGroups, len(groups))
		groups = groups[:mostGroups]
	}
	commits := c.commits(ctx, groups, topics, &unseen)
	groups = slices.DeleteFunc(groups, func(g group) bool { return commits[g.name] == nil })
	bounds, err := c.boundsOf(ctx, commits)
	if err != nil {
		return found, err
	}
	members := c.members(ctx, groups, &unseen)
	for _, g := range groups {
		for topic, committed := range commits[g.name] {
			one := Consumer{Group: g.name, State: g.state, Members: members[g.name], Lag: bounds.lag(topic, committed)}
			found.ByTopic[topic] = append(found.ByTopic[topic], one)
		}
	}
	if bounds.gaps {
		unseen.add("The lag leaves out partitions of which Kafka did not tell the end.")
	}
	found.Unseen = unseen.text()
	return found, nil
}

// commits returns the committed offsets of groups, by group, topic and partition. Groups
// without offsets of the topics are left out.
func (c *Cluster) commits(ctx context.Context, groups []group, topics []string, unseen *sentences) map[string]map[string]map[int32]int64 {
	if len(groups) == 0 {
		return nil
	}
	names := make([]string, len(groups))
	for i, g := range groups {
		names[i] = g.name
	}
	fetched, err := within(ctx, func() (kadm.FetchOffsetsResponses, error) { return c.admin.FetchManyOffsets(ctx, names...), nil })
	commits, silent := map[string]map[string]map[int32]int64{}, failures{}
	for _, name := range names {
		answer, answered := fetched[name]
		if failed := cmp.Or(err, answer.Err); failed != nil || !answered {
			silent.add(failed)
			continue
		}
		for _, topic := range topics {
			if offsets := committedOf(answer.Fetched[topic]); len(offsets) > 0 {
				if commits[name] == nil {
					commits[name] = map[string]map[int32]int64{}
				}
				commits[name][topic] = offsets
			}
		}
	}
	silent.tell(unseen, "did not show the offsets of", "; grant DESCRIBE on group * to see them")
	return commits
}

// committedOf returns the offsets that were committed, by partition.
func committedOf(offsets map[int32]kadm.OffsetResponse) map[int32]int64 {
	committed := map[int32]int64{}
	for partition, offset := range offsets {
		if offset.Err == nil && offset.At >= 0 {
			committed[partition] = offset.At
		}
	}
	return committed
}

// bounds are the first offsets and the last stable offsets of topics.
type bounds struct {
	starts, ends kadm.ListedOffsets
	gaps         bool // a partition's end is not known
}

func (c *Cluster) boundsOf(ctx context.Context, commits map[string]map[string]map[int32]int64) (b bounds, err error) {
	read := map[string]bool{}
	for _, topics := range commits {
		for topic := range topics {
			read[topic] = true
		}
	}
	if len(read) == 0 {
		return b, nil
	}
	names := slices.Sorted(maps.Keys(read))
	if b.ends, err = within(ctx, func() (kadm.ListedOffsets, error) { return c.admin.ListCommittedOffsets(ctx, names...) }); err != nil && len(b.ends) == 0 {
		return b, fmt.Errorf("listing the end offsets of %d topics: %w", len(names), readable(err))
	}
	if b.starts, err = within(ctx, func() (kadm.ListedOffsets, error) { return c.admin.ListStartOffsets(ctx, names...) }); err != nil && len(b.starts) == 0 {
		return b, fmt.Errorf("listing the start offsets of %d topics: %w", len(names), readable(err))
	}
	return b, nil
}

// lag is how far committed offsets of a topic lie behind its end.
func (b *bounds) lag(topic string, committed map[int32]int64) (lag int64) {
	for partition, end := range b.ends[topic] {
		start, known := b.starts.Lookup(topic, partition)
		if end.Err != nil || !known || start.Err != nil {
			b.gaps = true
			continue
		}
		from, read := committed[partition]
		if !read {
			from = start.Offset
		}
		lag += max(0, end.Offset-from)
	}
	return lag
}

// failures are groups that Kafka told nothing of.
type failures struct {
	denied, failed int
	first          error
}

func (f *failures) add(err error) {
	if errors.Is(err, kerr.GroupAuthorizationFailed) {
		f.denied++
		return
	}
	f.failed++
	f.first = cmp.Or(f.first, err)
}

// tell says how many groups are missing, and why.
func (f *failures) tell(to *sentences, what, right string) {
	if f.denied > 0 {
		to.add("Kafka %s %d consumer groups%s.", what, f.denied, right)
	}
	if f.failed > 0 {
		to.add("Kafka %s %d consumer groups: %v.", what, f.failed, cmp.Or(readable(f.first), errNoAnswer))
	}
}

// sentences are what a person should know, a sentence each.
type sentences []string

func (s *sentences) add(format string, args ...any) { *s = append(*s, fmt.Sprintf(format, args...)) }

func (s sentences) text() string { return strings.Join(s, " ") }
