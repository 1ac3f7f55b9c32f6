package kafka

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
)

var threeBrokers = []kfake.Opt{kfake.NumBrokers(3), kfake.Ports(9092, 9093, 9094)}

// Brokers learn of a topic one after another. EnsureTopic returns when every broker
// knows the new topic, whichever broker gets the next request.
func TestEnsureTopicWaitsForEveryBroker(t *testing.T) {
	for _, key := range []kmsg.Key{kmsg.Metadata, kmsg.DescribeConfigs} {
		for node := range int32(3) {
			t.Run(key.Name(), func(t *testing.T) {
				inBubble(t, func(t *testing.T, b *bubble) {
					var learnt atomic.Bool
					late := b.broker.Fault(kfake.Fault{Keys: []kmsg.Key{key}, Nodes: []int32{node}, Topic: topicOf(key, "notion.acme.tasks"), Resource: resourceOf(key, "notion.acme.tasks"), Err: kerr.UnknownTopicOrPartition, Count: -1})
					time.AfterFunc(3*time.Second, func() { learnt.Store(true); late.Remove() })
					c := b.cluster()
					info, err := c.EnsureTopic(t.Context(), pages(func(s *TopicSpec) { s.Partitions = 6 }))
					if err != nil || info.Partitions != 6 || info.MaxBytes != 8<<20 {
						t.Errorf("got %+v, %v", info, err)
					}
					if !learnt.Load() {
						t.Errorf("it did not wait for broker %d", node)
					}
				}, threeBrokers...)
			})
		}
	}
}

// The simulated broker matches a request for a configuration by its resource, not by
// its topic.
func resourceOf(key kmsg.Key, name string) string {
	if key == kmsg.DescribeConfigs {
		return name
	}
	return ""
}

func topicOf(key kmsg.Key, name string) string {
	if key == kmsg.DescribeConfigs {
		return ""
	}
	return name
}

// The wait ends, and the error names a broker that never learns of the topic.
func TestEnsureTopicThatOneBrokerNeverLearnsOf(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		b.broker.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Metadata}, Nodes: []int32{1}, Topic: "notion.acme.tasks", Err: kerr.UnknownTopicOrPartition, Count: -1})
		ended := make(chan error, 1)
		c := b.cluster()
		go func() {
			_, err := c.EnsureTopic(context.WithoutCancel(t.Context()), pages())
			ended <- err
		}()
		select {
		case err := <-ended:
			wantError(t, err, nil, "notion.acme.tasks", "broker 1")
			if !Transient(err) {
				t.Errorf("%v does not pass by itself", err)
			}
		case <-time.After(5 * time.Minute):
			t.Fatal("it waits for ever")
		}
	}, threeBrokers...)
}

// A topic is missing when every broker says so. Another instance may just have
// created a topic that one broker does not know.
func TestTopicThatOneBrokerDoesNotKnow(t *testing.T) {
	for _, key := range []kmsg.Key{kmsg.Metadata, kmsg.DescribeConfigs, kmsg.ListOffsets} {
		for node := range int32(3) {
			t.Run(key.Name(), func(t *testing.T) {
				inBubble(t, func(t *testing.T, b *bubble) {
					b.createTopic("late", 3, nil)
					late := b.broker.Fault(kfake.Fault{Keys: []kmsg.Key{key}, Nodes: []int32{node}, Topic: topicOf(key, "late"), Resource: resourceOf(key, "late"), Err: kerr.UnknownTopicOrPartition, Count: -1})
					time.AfterFunc(2*time.Second, late.Remove)
					c := b.cluster()
					for range 6 { // so that each broker is asked
						if info, err := c.Topic(t.Context(), "late"); err != nil || info.Partitions != 3 {
							t.Fatalf("Topic: %+v, %v", info, err)
						}
					}
					if ends, err := c.EndOffsets(t.Context(), "late"); err != nil || len(ends) != 3 {
						t.Errorf("EndOffsets: %v, %v", ends, err)
					}
					if last, err := c.LastRecords(t.Context(), "late", 1); err != nil || len(last) != 0 {
						t.Errorf("LastRecords: %v, %v", last, err)
					}
				}, threeBrokers...)
			})
		}
	}
}

func TestTopicThatNoBrokerKnows(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		c := b.cluster()
		began := time.Now()
		if _, err := c.Topic(t.Context(), "nowhere"); !errors.Is(err, ErrTopicMissing) {
			t.Errorf("got %v", err)
		}
		if took := time.Since(began); took > 0 {
			t.Errorf("it waited %v", took)
		}
	}, threeBrokers...)
}
