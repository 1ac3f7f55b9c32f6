package kafka

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// shrink gives every partition of a topic three replicas, and leaves inSync of them
// in sync; with none it has no leader either. grow undoes it.
func (b *bubble) shrink(topic string, inSync int) (grow func()) {
	over := make(chan struct{})
	b.broker.ControlKey(int16(kmsg.Metadata), func(request kmsg.Request) (kmsg.Response, error, bool) {
		select {
		case <-over:
			return nil, nil, false
		default:
			b.broker.KeepControl()
		}
		req := request.(*kmsg.MetadataRequest)
		resp := req.ResponseKind().(*kmsg.MetadataResponse)
		about := false
		for _, one := range req.Topics {
			if one.Topic == nil {
				return nil, nil, false
			}
			about = about || *one.Topic == topic
			resp.Topics = append(resp.Topics, b.metadata(*one.Topic, topic, inSync))
		}
		if !about {
			return nil, nil, false
		}
		broker := kmsg.NewMetadataResponseBroker()
		broker.NodeID, broker.Host, broker.Port = 0, "127.0.0.1", 9092
		resp.Brokers = append(resp.Brokers, broker)
		return resp, nil, true
	})
	return func() { close(over) }
}

func (b *bubble) metadata(name, shrunk string, inSync int) kmsg.MetadataResponseTopic {
	topic := kmsg.NewMetadataResponseTopic()
	topic.Topic = kmsg.StringPtr(name)
	known := map[string]int{stateTopic: 2, dataTopic: 3, "low": 3}
	info := b.broker.TopicInfo(name)
	if info == nil {
		topic.ErrorCode = kerr.UnknownTopicOrPartition.Code
		return topic
	}
	topic.TopicID = info.TopicID
	for p := range known[name] {
		partition := kmsg.NewMetadataResponseTopicPartition()
		partition.Partition, partition.Leader, partition.LeaderEpoch = int32(p), 0, 1
		partition.Replicas, partition.ISR = []int32{0, 1, 2}, []int32{0, 1, 2}
		if name == shrunk {
			partition.ISR = partition.ISR[:inSync]
		}
		if len(partition.ISR) == 0 {
			partition.Leader, partition.ErrorCode = -1, kerr.LeaderNotAvailable.Code
		}
		topic.Partitions = append(topic.Partitions, partition)
	}
	return topic
}

// Kafka adds a partition to a transaction before it checks its replicas. The
// transaction can then neither be committed nor aborted, and its writer can begin
// no other one.
func TestCommitRefusesATopicBelowItsReplicasBeforeItBegins(t *testing.T) {
	for name, c := range map[string]struct {
		inSync int
		says   []string
	}{
		"too few replicas": {1, []string{"partition 1", "1 of the 2 in-sync replicas", "min.insync.replicas"}},
		"no leader":        {0, []string{"partition 1", "no leader"}},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, b *bubble) {
				b.createTopic("low", 3, map[string]string{"min.insync.replicas": "2"})
				w := b.claim(b.cluster(), "me")
				begun := b.broker.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Produce, kmsg.AddPartitionsToTxn}, Observe: true, Count: -1})
				grow := b.shrink("low", c.inSync)
				data := Record{Topic: "low", Partitions: 3, Key: keyIn(1), Value: []byte("v")}
				err := w.Commit(t.Context(), []Record{record("other", "1"), data}, stateOf(kv("cursor", "1")))
				wantError(t, err, ErrNotWritable, append(c.says, "topic low")...)
				aborted, certain := errors.AsType[*AbortedError](err)
				if !certain || aborted.Index != -1 || !Transient(err) || errors.Is(err, ErrUnknown) {
					t.Errorf("the refusal is %#v: it is certain, of no single record, and may pass", err)
				}
				if n := begun.Hits(); n != 0 {
					t.Errorf("the transaction was begun all the same: %d requests", n)
				}
				mustCommit(t, w, []Record{record("other", "2")}, kv("cursor", "2")) // topics beside it go on
				grow()
				mustCommit(t, w, []Record{data}, kv("cursor", "3"))
			})
		})
	}
}

// A topic takes records while min.insync.replicas of its replicas are in sync.
func TestCommitTakesATopicThatHasEnoughReplicas(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		b.createTopic("low", 3, map[string]string{"min.insync.replicas": "1"})
		w := b.claim(b.cluster(), "me")
		b.shrink("low", 1)
		mustCommit(t, w, []Record{{Topic: "low", Partitions: 3, Key: keyIn(1), Value: []byte("v")}}, kv("cursor", "1"))
	})
}

// A claim waits a short time for replicas to come back.
func TestClaimRefusesAStateTopicBelowItsReplicas(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		c := b.cluster(func(o *Options) { o.StateTopic = "low" })
		b.createTopic("low", 3, map[string]string{"min.insync.replicas": "2"})
		begun := b.broker.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Produce, kmsg.AddPartitionsToTxn}, Observe: true, Count: -1})
		b.shrink("low", 1)
		began := time.Now()
		w, err := c.Claim(t.Context(), 1, kv("owner", "me"))
		if err == nil {
			w.Close()
		}
		wantError(t, err, ErrNotWritable, "claiming shard 1", "topic low, partition 1 has 1 of the 2 in-sync replicas")
		if took := time.Since(began); took > time.Minute {
			t.Errorf("it took %v", took)
		}
		if n := begun.Hits(); n != 0 {
			t.Errorf("a transaction was begun all the same: %d requests", n)
		}
		if err := c.Writable(t.Context(), "low"); !errors.Is(err, ErrNotWritable) || !strings.Contains(err.Error(), "topic low") {
			t.Errorf("Writable answers %v", err)
		}
		if err := c.Writable(t.Context(), dataTopic); err != nil {
			t.Errorf("Writable of another topic answers %v", err)
		}
	})
}

// keyIn is a key of a partition among three.
func keyIn(partition int32) []byte {
	placed := newPlacement()
	for c := byte('a'); ; c++ {
		if placed.of([]byte{c}, 3) == partition {
			return []byte{c}
		}
	}
}
