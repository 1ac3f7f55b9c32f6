package kafka

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
)

func pages(change ...func(*TopicSpec)) TopicSpec {
	spec := TopicSpec{
		Name: "notion.acme.tasks", Partitions: 3, ReplicationFactor: 1, Create: true,
		Config: map[string]string{"cleanup.policy": "compact", "max.message.bytes": "8388608"},
	}
	for _, c := range change {
		c(&spec)
	}
	return spec
}

func TestEnsureTopicCreatesItOnce(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		c := b.cluster()
		made, err := c.EnsureTopic(t.Context(), pages())
		if err != nil {
			t.Fatal(err)
		}
		id := fmt.Sprintf("%x", b.broker.TopicInfo("notion.acme.tasks").TopicID)
		want := TopicInfo{Name: "notion.acme.tasks", ID: id, Partitions: 3, MaxBytes: 8 << 20, Cleanup: []string{"compact"}}
		if diff := cmp.Diff(want, made); diff != "" {
			t.Error(diff)
		}
		again, err := c.EnsureTopic(t.Context(), pages(func(s *TopicSpec) { s.Partitions, s.Config, s.Create = 7, nil, false }))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, again); diff != "" {
			t.Errorf("an existing topic was changed:\n%s", diff)
		}
	})
}

func TestEnsureTopicAtOnce(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		var all sync.WaitGroup
		infos, errs := make([]TopicInfo, 8), make([]error, 8)
		for i := range infos {
			c := b.cluster()
			all.Go(func() { infos[i], errs[i] = c.EnsureTopic(t.Context(), pages()) })
		}
		all.Wait()
		for i := range infos {
			if errs[i] != nil || infos[i].ID == "" || infos[i].ID != infos[0].ID {
				t.Errorf("instance %d has %+v, %v; the first has %+v", i, infos[i], errs[i], infos[0])
			}
		}
	})
}

// Another instance creates the topic between our lookup and our creation.
func TestEnsureTopicThatAppearsMeanwhile(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		b.createTopic("notion.acme.tasks", 5, nil)
		b.broker.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Metadata}, Topic: "notion.acme.tasks", Err: kerr.UnknownTopicOrPartition, Count: 3})
		info, err := b.cluster().EnsureTopic(t.Context(), pages())
		if err != nil || info.Partitions != 5 {
			t.Errorf("got %+v, %v; want the topic of the other instance", info, err)
		}
	})
}

func TestEnsureTopicThatNeverAppears(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		b.broker.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Metadata}, Topic: "notion.acme.tasks", Err: kerr.UnknownTopicOrPartition, Count: -1})
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		_, err := b.cluster().EnsureTopic(ctx, pages())
		wantError(t, err, nil, "notion.acme.tasks")
	})
}

func TestMissingTopicThatMayNotBeCreated(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		_, err := b.cluster().EnsureTopic(t.Context(), pages(func(s *TopicSpec) { s.Create, s.ReplicationFactor = false, 3 }))
		wantError(t, err, ErrTopicMissing,
			"create notion.acme.tasks (partitions 3, replication factor 3, cleanup.policy=compact, max.message.bytes=8388608)",
			"kafka.topics.create: true")
		if b.broker.TopicInfo("notion.acme.tasks") != nil {
			t.Error("it was created all the same")
		}
	})
}

func TestTopicSaysWhatTheClusterHas(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		b.createTopic("mixed", 2, map[string]string{"cleanup.policy": "delete,compact", "max.message.bytes": "1234"})
		b.createTopic("plain", 1, map[string]string{"cleanup.policy": "delete"})
		c := b.cluster()
		for name, want := range map[string]TopicInfo{
			"mixed": {Name: "mixed", Partitions: 2, MaxBytes: 1234, Cleanup: []string{"compact", "delete"}},
			"plain": {Name: "plain", Partitions: 1, MaxBytes: 1048588, Cleanup: []string{"delete"}},
		} {
			got, err := c.Topic(t.Context(), name)
			if err != nil {
				t.Fatal(err)
			}
			got.ID = ""
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		}
		_, err := c.Topic(t.Context(), "nowhere")
		wantError(t, err, ErrTopicMissing, "nowhere")
	})
}

// A topic that was deleted and made again has another id, and is seen at once.
func TestTopicMadeAgainHasAnotherID(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		c := b.cluster()
		before, err := c.Topic(t.Context(), dataTopic)
		if err != nil {
			t.Fatal(err)
		}
		if err := b.broker.DeleteTopic(dataTopic); err != nil {
			t.Fatal(err)
		}
		_, err = c.Topic(t.Context(), dataTopic)
		wantError(t, err, ErrTopicMissing)
		b.createTopic(dataTopic, 3, nil)
		after, err := c.Topic(t.Context(), dataTopic)
		if err != nil || after.ID == before.ID {
			t.Errorf("got %+v, %v; before it was %+v", after, err, before)
		}
	})
}

func TestTopicErrorsSayWhatToDo(t *testing.T) {
	for _, c := range []struct {
		key  kmsg.Key
		err  *kerr.Error
		says string
	}{
		{kmsg.CreateTopics, kerr.TopicAuthorizationFailed, "grant CREATE"},
		{kmsg.CreateTopics, kerr.InvalidReplicationFactor, "kafka.topics.replication_factor"},
		{kmsg.CreateTopics, kerr.InvalidConfig, "kafka.topics.config"},
		{kmsg.Metadata, kerr.TopicAuthorizationFailed, "grant WRITE"},
	} {
		t.Run(c.key.Name()+" "+c.err.Message, func(t *testing.T) {
			inBubble(t, func(t *testing.T, b *bubble) {
				b.broker.Fault(kfake.Fault{Keys: []kmsg.Key{c.key}, Topic: "notion.acme.tasks", Err: c.err, Count: -1})
				_, err := b.cluster().EnsureTopic(t.Context(), pages())
				wantError(t, err, c.err, "notion.acme.tasks", c.says)
			})
		})
	}
}

func TestClusterSaysWhoItIs(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		c := b.cluster()
		if id, err := c.ID(t.Context()); err != nil || id == "" {
			t.Errorf("id %q, %v", id, err)
		}
		brokers, err := c.Brokers(t.Context())
		if diff := cmp.Diff([]string{"localhost:9092"}, brokers); diff != "" || err != nil {
			t.Error(diff, err)
		}
	})
}
