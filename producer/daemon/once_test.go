package daemon

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"notion-kafka/notion/notiontest"
	"notion-kafka/producer"
	"notion-kafka/producer/control"
)

// Once claims a shard again whose transaction ended in an unknown way, and runs its source
// again. Of the last claim it reports that end.
func TestOnceClaimsALostShardAgain(t *testing.T) {
	for losses := range onceClaims + 1 {
		t.Run(fmt.Sprint(losses, " losses"), func(t *testing.T) {
			inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
				db := w.addTasks(10)
				p := w.start()
				defer p.cluster.Close()
				var claimed []producer.Report
				p.opts.Report = func(report producer.Report) { claimed = append(claimed, report) }
				w.broker.ControlKey(kmsg.Produce.Int16(), func(req kmsg.Request) (kmsg.Response, error, bool) {
					w.broker.KeepControl()
					info := w.broker.TopicInfo(tasksTopic)
					produce := req.(*kmsg.ProduceRequest)
					// One claim may send several requests.
					if w.logged("shard lost") >= losses || info == nil || produce.Topics[0].TopicID != info.TopicID {
						return nil, nil, false
					}
					return refuseProduce(produce, kerr.InvalidProducerIDMapping), nil, true
				})
				reports, err := New(p.opts).Once(t.Context(), byHand, time.Minute)
				if err != nil || len(reports) != 1 || len(claimed) != 1 {
					t.Fatalf("%v, %+v, told of %d", err, reports, len(claimed))
				}
				if lost := reports[0].Status == control.Failed; lost != (losses == onceClaims) {
					t.Errorf("the run %s: %s", reports[0].Status, reports[0].Error)
				}
				if n := w.logged("shard lost"); n != min(losses, onceClaims-1) {
					t.Errorf("%d claims were lost\n%s", n, w.logs)
				}
				if losses < onceClaims {
					w.checkTopic(db, tasksTopic)
				}
			})
		})
	}
}

// A shard that still cannot be claimed at the third try ends Once, with the reason.
func TestOnceGivesUpOnAShardThatItCannotClaim(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		w.addTasks(1)
		w.mustRun(byHand)
		p := w.start()
		defer p.cluster.Close()
		id := fmt.Sprint("state-", p.shardOf("acme"))
		w.broker.ControlKey(kmsg.InitProducerID.Int16(), func(req kmsg.Request) (kmsg.Response, error, bool) {
			w.broker.KeepControl()
			if claim := req.(*kmsg.InitProducerIDRequest); claim.TransactionalID == nil || *claim.TransactionalID != id {
				return nil, nil, false
			}
			resp := req.ResponseKind().(*kmsg.InitProducerIDResponse)
			resp.ErrorCode = kerr.TransactionalIDAuthorizationFailed.Code
			return resp, nil, true
		})
		reports, err := p.Once(t.Context(), byHand, time.Minute)
		if err == nil || len(reports) > 0 || !strings.Contains(err.Error(), "claiming shard ") {
			t.Errorf("%v, %+v", err, reports)
		}
		if n := w.logged("claiming the shard again"); n != onceClaims-1 {
			t.Errorf("it claimed the shard again %d times\n%s", n, w.logs)
		}
	})
}
