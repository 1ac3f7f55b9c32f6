package kafka

import (
	"fmt"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
)

func TestFlake(t *testing.T) {
	for i := range 600 {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			inBubble(t, func(t *testing.T, b *bubble) {
				var log []string
				b.broker.ControlKey(-1, func(q kmsg.Request) (kmsg.Response, error, bool) {
					b.broker.KeepControl()
					switch q := q.(type) {
					case *kmsg.ProduceRequest:
						for _, tp := range q.Topics {
							for _, p := range tp.Partitions {
								var rb kmsg.RecordBatch
								rb.ReadFrom(p.Records)
								log = append(log, fmt.Sprintf("v%d produce %s/%x/%d pid %d epoch %d seq %d n %d", q.Version, tp.Topic, tp.TopicID[:2], p.Partition, rb.ProducerID, rb.ProducerEpoch, rb.FirstSequence, rb.NumRecords))
							}
						}
					case *kmsg.EndTxnRequest:
						log = append(log, fmt.Sprintf("end txn %s pid %d epoch %d commit %t", q.TransactionalID, q.ProducerID, q.ProducerEpoch, q.Commit))
					case *kmsg.InitProducerIDRequest:
						log = append(log, fmt.Sprintf("init %s pid %d epoch %d", *q.TransactionalID, q.ProducerID, q.ProducerEpoch))
					case *kmsg.MetadataRequest, *kmsg.ApiVersionsRequest:
					default:
						log = append(log, kmsg.NameForKey(q.Key()))
					}
					return nil, nil, false
				})
				w := b.claim(b.cluster(), "me")
				n := 0
				for i := range 5 {
					if err := w.Commit(t.Context(), []Record{record("a", fmt.Sprint(i))}, saying(kv("a", "x"))); err != nil {
						t.Error(err)
						break
					}
					n++
				}
				if got := b.read(dataTopic); len(got) != n {
					t.Error("first", got)
					<-time.After(time.Minute)
					t.Error("later", b.read(dataTopic))
					c, _ := kgo.NewClient(kgo.SeedBrokers("127.0.0.1:9092"), kgo.Dialer(b.net.DialContext), kgo.ConsumeTopics(dataTopic), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.KeepControlRecords())
					defer c.Close()
					c.PollFetches(t.Context()).EachRecord(func(r *kgo.Record) { t.Log(r.Partition, r.Offset, r.Attrs.IsControl(), string(r.Value), r.ProducerID, r.ProducerEpoch) })
				}
				if t.Failed() {
					for _, l := range log {
						t.Log(l)
					}
				}
			}, kfake.NumBrokers(1))
		})
		if t.Failed() {
			return
		}
	}
}
