package daemon

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"notion-kafka/notion/notiontest"
	"notion-kafka/producer"
	"notion-kafka/producer/control"
	"notion-kafka/producer/state"
)

// shrink leaves one of three replicas to the partitions of a topic with
// min.insync.replicas=2. grow undoes that.
func (w *world) shrink(topic string) (grow func()) {
	w.t.Helper()
	two := "2"
	w.administer(func(admin *kadm.Client) error {
		_, err := admin.AlterTopicConfigs(w.t.Context(), []kadm.AlterConfig{{Op: kadm.SetConfig, Name: "min.insync.replicas", Value: &two}}, topic)
		return err
	})
	over := make(chan struct{})
	w.broker.ControlKey(int16(kmsg.Metadata), func(request kmsg.Request) (kmsg.Response, error, bool) {
		select {
		case <-over:
			return nil, nil, false
		default:
			w.broker.KeepControl()
		}
		req := request.(*kmsg.MetadataRequest)
		if !slices.ContainsFunc(req.Topics, func(one kmsg.MetadataRequestTopic) bool { return one.Topic != nil && *one.Topic == topic }) {
			return nil, nil, false
		}
		resp := req.ResponseKind().(*kmsg.MetadataResponse)
		broker := kmsg.NewMetadataResponseBroker()
		broker.NodeID, broker.Host, broker.Port = 0, "127.0.0.1", 9092
		resp.Brokers = append(resp.Brokers, broker)
		for _, one := range req.Topics {
			resp.Topics = append(resp.Topics, w.threeReplicas(*one.Topic, *one.Topic == topic))
		}
		return resp, nil, true
	})
	return func() { close(over) }
}

func (w *world) threeReplicas(name string, shrunk bool) kmsg.MetadataResponseTopic {
	topic := kmsg.NewMetadataResponseTopic()
	topic.Topic = kmsg.StringPtr(name)
	info := w.broker.TopicInfo(name)
	if info == nil {
		topic.ErrorCode = kerr.UnknownTopicOrPartition.Code
		return topic
	}
	topic.TopicID = info.TopicID
	for p := int32(0); w.broker.PartitionInfo(name, p) != nil; p++ {
		partition := kmsg.NewMetadataResponseTopicPartition()
		partition.Partition, partition.LeaderEpoch = p, 1
		partition.Replicas, partition.ISR = []int32{0, 1, 2}, []int32{0, 1, 2}
		if shrunk {
			partition.ISR = []int32{0}
		}
		topic.Partitions = append(topic.Partitions, partition)
	}
	return topic
}

// One topic's fault is that stream's alone.
func TestTopicBelowItsReplicasFailsItsStreamAlone(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		tasks := w.addTasks(3)
		other := w.notion.AddDatabase("Other", notiontest.Prop{Name: "Name", Kind: notiontest.KindTitle})
		other.AddPage("a page", nil)
		w.pass(5 * time.Minute)
		w.mustRun(byHand)
		grow := w.shrink(tasksTopic)
		tasks.AddPage("new", nil)
		other.AddPage("new", nil)
		p := w.start()
		defer p.cluster.Close()
		report, err := p.run(t.Context(), bySchedule)
		if err != nil {
			t.Fatalf("the whole run failed: %v", err)
		}
		if s := streamOf(report, producer.DatabaseStream(tasks.ID())); s.Status != control.Failed || !strings.Contains(s.Error, "topic "+tasksTopic) || !strings.Contains(s.Error, "1 of the 2 in-sync replicas") {
			t.Errorf("the stream of the topic: %+v", s)
		}
		if s := streamOf(report, producer.DatabaseStream(other.ID())); s.Status != control.Succeeded || s.Published != 1 {
			t.Errorf("the stream beside it: %+v", s)
		}
		grow()
		w.mustRun(bySchedule)
		w.checkTopic(tasks, tasksTopic)
	})
}

// Without its state topic an instance does not work, and reports that everywhere.
func TestStateTopicBelowItsReplicas(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		db := w.addTasks(3)
		w.mustRun(byHand)
		grow := w.shrink("state")
		p := w.start()
		_, stop := w.daemon(p)
		w.pass(5 * time.Minute)
		for what, err := range map[string]error{"Reachable": p.Reachable(t.Context()), "Working": p.Working(t.Context())} {
			if err == nil || !strings.Contains(err.Error(), "topic state") || !strings.Contains(err.Error(), "1 of the 2 in-sync replicas") {
				t.Errorf("%s answers %v", what, err)
			}
		}
		if n := w.logged("could not be claimed"); n > 10*int(w.shards) {
			t.Errorf("five minutes of trouble were worth %d lines", n)
		}
		grow()
		db.AddPage("new", nil)
		w.pass(10 * time.Minute)
		if err := p.Working(t.Context()); err != nil {
			t.Errorf("after it grew: %v", err)
		}
		stop()
		w.checkTopic(db, tasksTopic)
	})
}

// A transaction that cannot end holds up the sources of its shard. Their reasons name
// the topic that it waits for, and the instance can still be stopped.
func TestShardBehindATransactionThatCannotEnd(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		db := w.addTasks(3)
		w.mustRun(byHand)
		id := fmt.Sprintf("state-%d", state.ShardOf("acme", w.shards))
		w.leaveOpen(id, tasksTopic)
		unended := w.broker.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.InitProducerID}, TxnID: id, Err: kerr.ConcurrentTransactions, Count: -1})
		p := w.start()
		_, stop := w.daemon(p)
		w.pass(time.Minute)
		if err := p.Working(t.Context()); err == nil || !strings.Contains(err.Error(), id) || !strings.Contains(err.Error(), tasksTopic) {
			t.Errorf("Working answers %v", err)
		}
		began := time.Now()
		stop()
		if took := time.Since(began); took > 10*time.Second {
			t.Errorf("the instance was stopped after %v", took)
		}
		unended.Remove()
		db.AddPage("new", nil)
		w.pass(5 * time.Minute)
		w.mustRun(bySchedule)
		w.checkTopic(db, tasksTopic)
	})
}

// leaveOpen writes to a topic in a transaction that it does not end.
func (w *world) leaveOpen(transactionalID, topic string) {
	w.t.Helper()
	client, err := kgo.NewClient(kgo.SeedBrokers("127.0.0.1:9092"), kgo.Dialer(w.net.DialContext), kgo.TransactionalID(transactionalID))
	if err == nil {
		err = client.BeginTransaction()
	}
	if err == nil {
		err = client.ProduceSync(w.t.Context(), &kgo.Record{Topic: topic, Value: []byte("of a transaction that stays open")}).FirstErr()
	}
	if err != nil {
		w.t.Fatal(err)
	}
	client.Close()
}
