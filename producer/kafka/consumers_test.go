package kafka

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// commit commits offsets of a group that has no members, by partition of a topic.
func (b *bubble) commit(cluster *Cluster, group, topic string, offsets map[int32]int64) {
	b.t.Helper()
	var all kadm.Offsets
	for partition, at := range offsets {
		all.AddOffset(topic, partition, at, -1)
	}
	if err := cluster.admin.CommitAllOffsets(b.t.Context(), group, all); err != nil {
		b.t.Fatal(err)
	}
}

// member joins a group that reads a topic, and returns when it is one.
func (b *bubble) member(group, topic string, more ...kgo.Opt) {
	b.t.Helper()
	joined := make(chan struct{}, 1)
	client, err := kgo.NewClient(append([]kgo.Opt{
		kgo.SeedBrokers("127.0.0.1:9092"), kgo.Dialer(b.net.DialContext), kgo.ConsumerGroup(group), kgo.ConsumeTopics(topic), kgo.DisableAutoCommit(),
		kgo.OnPartitionsAssigned(func(context.Context, *kgo.Client, map[string][]int32) { joined <- struct{}{} }),
	}, more...)...)
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(client.Close)
	<-joined
}

// fill commits n records to partition 0 of a topic, and a marker for each.
func (b *bubble) fill(w *Writer, topic string, n int) {
	b.t.Helper()
	for i := range n {
		mustCommit(b.t, w, []Record{{Topic: topic, Partitions: 1, Key: fmt.Appendf(nil, "k%d", i), Value: []byte("v")}})
	}
}

func sortByName(consumers []Consumer) {
	slices.SortFunc(consumers, func(a, b Consumer) int { return strings.Compare(a.Group, b.Group) })
}

// The groups of a topic are those that committed offsets of it, with how far they lag
// behind the last stable offset. Our own group commits none.
func TestConsumersOfTopics(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		cluster := b.cluster()
		w := b.claim(cluster, "me")
		b.createTopic("tasks", 1, nil)
		b.createTopic("people", 1, nil)
		b.createTopic("unread", 1, nil)
		b.createTopic("elsewhere", 1, nil)
		b.fill(w, "tasks", 5)
		b.fill(w, "people", 1)
		b.commit(cluster, "flink", "tasks", map[int32]int64{0: 4})
		b.commit(cluster, "flink", "people", map[int32]int64{0: 2})
		b.member("flink", "tasks")
		b.member(ourGroup, stateTopic)
		b.commit(cluster, "bi", "tasks", map[int32]int64{0: 10})
		b.commit(cluster, "bi", "elsewhere", map[int32]int64{0: 0})
		b.commit(cluster, "not ours", "elsewhere", map[int32]int64{0: 0})
		b.leaveDataOpen(w, Record{Topic: "tasks", Partitions: 1, Key: []byte("open")})

		found, err := cluster.Consumers(t.Context(), []string{"people", "tasks", "unread", "missing"})
		if err != nil {
			t.Fatal(err)
		}
		want := Consumers{ByTopic: map[string][]Consumer{
			"tasks":  {{Group: "bi", State: "Empty", Lag: 0}, {Group: "flink", State: "Stable", Members: 1, Lag: 6}},
			"people": {{Group: "flink", State: "Stable", Members: 1, Lag: 0}},
		}}
		sortByName(found.ByTopic["tasks"])
		if diff := cmp.Diff(want, found); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

const ourGroup = "notion-kafka"

// A group of the newer protocol (KIP-848) is described by its own request.
func TestConsumersOfTheNewerProtocol(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		cluster := b.cluster()
		b.createTopic("tasks", 1, nil)
		b.commit(cluster, "newer", "tasks", map[int32]int64{0: 0})
		b.member("newer", "tasks", kgo.ServerSideBalancer(), kgo.Balancers(kgo.RangeBalancer()))
		groups, _, err := cluster.groups(t.Context())
		if err != nil || len(groups) != 1 || groups[0].kind != consumerGroup {
			t.Fatalf("the test has no group of the newer protocol: %+v, %v", groups, err)
		}
		found, err := cluster.Consumers(t.Context(), []string{"tasks"})
		want := Consumers{ByTopic: map[string][]Consumer{"tasks": {{Group: "newer", State: "Stable", Members: 1}}}}
		if diff := cmp.Diff(want, found); diff != "" || err != nil {
			t.Errorf("%v, (-want +got):\n%s", err, diff)
		}
	})
}

// A share group (KIP-932) has no committed offsets, which is nobody's fault.
func TestConsumersWithAShareGroup(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		cluster := b.cluster()
		b.createTopic("tasks", 1, nil)
		mustCommit(t, b.claim(cluster, "me"), []Record{{Topic: "tasks", Partitions: 1, Key: []byte("k"), Value: []byte("v")}})
		client, err := kgo.NewClient(kgo.SeedBrokers("127.0.0.1:9092"), kgo.Dialer(b.net.DialContext), kgo.ShareGroup("sharing"), kgo.ConsumeTopics("tasks"))
		if err != nil {
			t.Fatal(err)
		}
		defer client.Close()
		listed := func() bool {
			all, err := cluster.admin.ListGroups(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			return len(all) > 0
		}
		for !listed() {
			<-time.After(time.Second)
		}
		found, err := cluster.Consumers(t.Context(), []string{"tasks"})
		if err != nil || len(found.ByTopic) != 0 || found.Unseen != "" {
			t.Errorf("got %+v, %v", found, err)
		}
	})
}

// A partition without a committed offset counts whole: from its first offset on.
func TestLagOfPartitionsWithoutACommittedOffset(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		cluster := b.cluster()
		w := b.claim(cluster, "me")
		for i := range 30 {
			mustCommit(t, w, []Record{record(fmt.Sprint(i), "v")})
		}
		ends, err := cluster.EndOffsets(t.Context(), dataTopic)
		if err != nil || ends[0] < 6 || ends[1] < 6 {
			t.Fatalf("the records are in %v, %v", ends, err)
		}
		var deleted kadm.Offsets
		deleted.AddOffset(dataTopic, 1, 4, -1)
		if _, err := cluster.admin.DeleteRecords(t.Context(), deleted); err != nil {
			t.Fatal(err)
		}
		b.commit(cluster, "bi", dataTopic, map[int32]int64{0: 2})
		found, err := cluster.Consumers(t.Context(), []string{dataTopic})
		if err != nil {
			t.Fatal(err)
		}
		want := ends[0] - 2 + ends[1] - 4 + ends[2]
		if got := found.ByTopic[dataTopic]; len(got) != 1 || got[0].Lag != want || found.Unseen != "" {
			t.Errorf("got %+v, want a lag of %d", found, want)
		}
	})
}

// as returns the consumers of tasks as a user with some rights sees them.
func consumersAs(t *testing.T, acls ...kfake.ACL) (found Consumers) {
	t.Helper()
	inBubble(t, func(t *testing.T, b *bubble) {
		root := b.cluster(func(o *Options) { o.Security = Security{Mechanism: "plain", Username: "root", Password: secret} })
		b.createTopic("tasks", 1, nil)
		for _, group := range []string{"bi", "flink"} {
			b.commit(root, group, "tasks", map[int32]int64{0: 0})
		}
		ada := b.cluster(func(o *Options) { o.Security = Security{Mechanism: "plain", Username: "ada", Password: secret} })
		var err error
		if found, err = ada.Consumers(t.Context(), []string{"tasks"}); err != nil {
			t.Fatal(err)
		}
	}, kfake.EnableSASL(), kfake.EnableACLs(), kfake.Superuser("PLAIN", "root", secret), kfake.User("PLAIN", "ada", secret, acls...))
	sortByName(found.ByTopic["tasks"])
	return found
}

// What the rights hide is said, with the right that is missing.
func TestConsumersThatTheRightsHide(t *testing.T) {
	allow := func(kind kmsg.ACLResourceType, name string, operation kmsg.ACLOperation) kfake.ACL {
		return kfake.ACL{Resource: kind, Name: name, Pattern: kmsg.ACLResourcePatternTypeLiteral, Operation: operation, Allow: true}
	}
	var (
		write   = allow(kmsg.ACLResourceTypeTopic, "tasks", kmsg.ACLOperationWrite)
		cluster = allow(kmsg.ACLResourceTypeCluster, "kafka-cluster", kmsg.ACLOperationDescribe)
		all     = allow(kmsg.ACLResourceTypeGroup, "*", kmsg.ACLOperationDescribe)
		flink   = allow(kmsg.ACLResourceTypeGroup, "flink", kmsg.ACLOperationDescribe)
	)
	for name, test := range map[string]struct {
		acls   []kfake.ACL
		groups []string
		says   string // "": nothing
	}{
		"all":            {[]kfake.ACL{write, cluster, all}, []string{"bi", "flink"}, ""},
		"only one group": {[]kfake.ACL{write, flink}, []string{"flink"}, "There may be other consumer groups: Kafka lists all of them only to whom it allows DESCRIBE on the cluster"},
		"none":           {[]kfake.ACL{write}, nil, "There may be other consumer groups"},
	} {
		t.Run(name, func(t *testing.T) {
			found := consumersAs(t, test.acls...)
			var groups []string
			for _, one := range found.ByTopic["tasks"] {
				groups = append(groups, one.Group)
			}
			if !slices.Equal(groups, test.groups) || (found.Unseen == "") != (test.says == "") || !strings.Contains(found.Unseen, test.says) {
				t.Errorf("got %+v, want %v and %q", found, test.groups, test.says)
			}
		})
	}
}

// Groups whose offsets Kafka does not show, or whose members, are counted.
func TestConsumersThatKafkaDoesNotShow(t *testing.T) {
	for name, test := range map[string]struct {
		fault  kfake.Fault
		groups int
		says   string
	}{
		"no right to the offsets": {kfake.Fault{Keys: []kmsg.Key{kmsg.OffsetFetch}, Group: "bi", Err: kerr.GroupAuthorizationFailed, Count: -1}, 1, "Kafka did not show the offsets of 1 consumer groups; grant DESCRIBE on group *"},
		"no members":              {kfake.Fault{Keys: []kmsg.Key{kmsg.DescribeGroups}, Group: "bi", Err: kerr.GroupAuthorizationFailed, Count: -1}, 2, "Of 1 consumer groups it is not known how many members they have."},
		"no end of a partition":   {kfake.Fault{Keys: []kmsg.Key{kmsg.ListOffsets}, Topic: "tasks", Err: kerr.OffsetNotAvailable, Count: -1}, 2, "The lag leaves out partitions of which Kafka did not tell the end."},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, b *bubble) {
				cluster := b.cluster()
				b.createTopic("tasks", 1, nil)
				b.commit(cluster, "bi", "tasks", map[int32]int64{0: 0})
				b.commit(cluster, "flink", "tasks", map[int32]int64{0: 0})
				b.broker.Fault(test.fault)
				found, err := cluster.Consumers(t.Context(), []string{"tasks"})
				if err != nil || len(found.ByTopic["tasks"]) != test.groups || !strings.Contains(found.Unseen, test.says) {
					t.Errorf("got %+v, %v; want %d groups and %q", found, err, test.groups, test.says)
				}
			})
		})
	}
}

// At most so many groups are looked at, those with members first, and it is said.
func TestTooManyConsumers(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		cluster := b.cluster()
		b.createTopic("tasks", 1, nil)
		for i := range mostGroups + 2 {
			b.commit(cluster, fmt.Sprintf("console-%03d", i), "tasks", map[int32]int64{0: 0})
		}
		b.commit(cluster, "zoo", "tasks", map[int32]int64{0: 0})
		b.member("zoo", "tasks")
		found, err := cluster.Consumers(t.Context(), []string{"tasks"})
		groups := found.ByTopic["tasks"]
		if err != nil || len(groups) != mostGroups || !strings.Contains(found.Unseen, "3 of 503 consumer groups were not looked at.") {
			t.Errorf("%d groups, %q, %v", len(groups), found.Unseen, err)
		}
		if !slices.ContainsFunc(groups, func(c Consumer) bool { return c.Group == "zoo" }) {
			t.Error("the only group with members is not among them")
		}
	})
}

// A Kafka that does not answer is left when the context ends.
func TestConsumersOfAKafkaThatHangs(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		cluster := b.cluster()
		if err := cluster.Ping(t.Context()); err != nil {
			t.Fatal(err)
		}
		b.broker.ControlKey(kmsg.ListGroups.Int16(), func(kmsg.Request) (kmsg.Response, error, bool) {
			b.broker.SleepControl(func() { <-t.Context().Done() })
			return nil, nil, false
		})
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		began := time.Now()
		_, err := cluster.Consumers(ctx, []string{"tasks"})
		wantError(t, err, nil, "listing the consumer groups", "no answer in time")
		if took := time.Since(began); took != 3*time.Second {
			t.Errorf("it took %v", took)
		}
	})
}
