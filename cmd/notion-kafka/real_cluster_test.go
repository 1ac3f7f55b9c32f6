//go:build real

package main_test

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

// admin returns a client for requests to the cluster.
func (s *stage) admin() *kadm.Client {
	s.t.Helper()
	client, err := kgo.NewClient(kgo.SeedBrokers(strings.Split(s.brokers, ",")...))
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(client.Close)
	return kadm.NewClient(client)
}

// openTransactions reports whether a transaction holds up the topic's read_committed
// consumers.
func (s *stage) openTransactions(topic string) bool {
	s.t.Helper()
	admin := s.admin()
	ends, err := admin.ListEndOffsets(s.ctx, topic)
	if err != nil {
		s.t.Fatal(err)
	}
	stable, err := admin.ListCommittedOffsets(s.ctx, topic)
	if err != nil {
		s.t.Fatal(err)
	}
	open := false
	ends.Each(func(end kadm.ListedOffset) {
		last, _ := stable.Lookup(topic, end.Partition)
		open = open || last.Offset < end.Offset
	})
	return open
}

// topicRef returns an existing topic as requests name it.
func (s *stage) topicRef(topic string) topicRef {
	s.t.Helper()
	topics, err := s.admin().ListTopics(s.ctx, topic)
	if err == nil {
		err = topics.Error()
	}
	if err != nil {
		s.t.Fatal(err)
	}
	id := topics[topic].ID
	return topicRef{topic, string(id[:])}
}

// members returns the client ids of the group's live members.
func (s *stage) members() []string {
	s.t.Helper()
	groups, err := s.admin().DescribeGroups(s.ctx, s.name)
	if err == nil {
		err = groups.Error()
	}
	if err != nil {
		s.t.Fatal(err)
	}
	var out []string
	for _, m := range groups[s.name].Members {
		out = append(out, m.ClientID)
	}
	return out
}

// A topicShape has the settings of a topic that these tests check.
type topicShape struct {
	Partitions int
	Config     map[string]string
}

// shape reads a topic's number of partitions and some of its settings.
func (s *stage) shape(topic string, keys ...string) topicShape {
	s.t.Helper()
	admin := s.admin()
	topics, err := admin.ListTopics(s.ctx, topic)
	if err == nil {
		err = topics.Error()
	}
	if err != nil {
		s.t.Fatal(err)
	}
	described, err := admin.DescribeTopicConfigs(s.ctx, topic)
	if err != nil {
		s.t.Fatal(err)
	}
	resource, err := described.On(topic, func(r *kadm.ResourceConfig) error { return r.Err })
	if err != nil {
		s.t.Fatal(err)
	}
	out := topicShape{Partitions: len(topics[topic].Partitions), Config: map[string]string{}}
	for _, config := range resource.Configs {
		if slices.Contains(keys, config.Key) {
			out.Config[config.Key] = config.MaybeValue()
		}
	}
	return out
}

// A streamState is one stream of state show --output json.
type streamState struct {
	Source   string               `json:"source"`
	Stream   string               `json:"stream"`
	Title    string               `json:"title"`
	Topic    string               `json:"topic"`
	Form     string               `json:"properties"`
	Shard    int32                `json:"shard"`
	Pages    int                  `json:"pages"`
	Scanned  bool                 `json:"scanned"`
	Scan     any                  `json:"scan"`
	Cursors  map[string]time.Time `json:"cursors"`
	Offsets  map[int32]int64      `json:"offsets"`
	Stuck    map[string]string    `json:"stuck"`
	Held     []string             `json:"held"`
	LastRun  time.Time            `json:"last_run"`
	LastScan time.Time            `json:"last_scan"`
}

// state returns the output of state show, by stream.
func (s *stage) state() map[string]streamState {
	s.t.Helper()
	out := map[string]streamState{}
	for _, stream := range strictly[[]streamState](s.t, []byte(s.mustRun("state", "show", "--output", "json").out)) {
		out[stream.Stream] = stream
	}
	return out
}

func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }
