package daemon

import (
	"bytes"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"notion-kafka/notion/notiontest"
	"notion-kafka/producer"
	"notion-kafka/producer/control"
	"notion-kafka/producer/kafka"
)

// refuse makes Kafka take no record of a topic until the returned function is called.
func (w *world) refuse(topic string) (allow func()) {
	var refused atomic.Bool // Kafka's goroutines read it
	refused.Store(true)
	w.broker.ControlKey(kmsg.Produce.Int16(), func(req kmsg.Request) (kmsg.Response, error, bool) {
		w.broker.KeepControl()
		produce := req.(*kmsg.ProduceRequest)
		for _, t := range produce.Topics {
			if info := w.broker.TopicInfo(topic); refused.Load() && info != nil && t.TopicID == info.TopicID {
				return refuseProduce(produce, kerr.TopicAuthorizationFailed), nil, true
			}
		}
		return nil, nil, false
	})
	return func() { refused.Store(false) }
}

// retrieved is how often a database was retrieved.
func (w *world) retrieved() int { return w.notion.Counts()[notiontest.EndpointRetrieveDatabase] }

// While the databases topic refuses records, what was found of the databases is remembered,
// so that they are not retrieved in every run; a restart retrieves them once. When the
// topic takes records again, it gets all databases as they are, and none is retrieved for
// that.
func TestDatabasesAreNotRetrievedInEveryRunWhileTheirTopicIsRefused(t *testing.T) {
	inWorld(t, notiontest.Options{RequestsPerMinute: -1}, func(t *testing.T, w *world) {
		const databases = 5
		var renamed *notiontest.Database
		for n := range databases {
			renamed = w.notion.AddDatabase(fmt.Sprint("Base ", n), notiontest.Prop{Name: "Name", Kind: notiontest.KindTitle})
		}
		w.pass(time.Hour)
		allow := w.refuse(databasesTopic)
		_, stop := w.daemon(w.start())
		w.pass(28 * time.Minute)
		if n := w.retrieved(); n != databases {
			t.Errorf("in six runs databases were retrieved %d times, want each once", n)
		}
		renamed.Rename("Another name")
		w.pass(10 * time.Minute)
		if n := w.retrieved(); n != databases+1 {
			t.Errorf("after one was renamed databases were retrieved %d times, want %d", n, databases+1)
		}
		stop()
		p := w.start()
		reports, stop := w.daemon(p)
		w.pass(time.Minute)
		if n := w.retrieved(); n != 2*databases+1 {
			t.Errorf("after a restart databases were retrieved %d times, want %d", n, 2*databases+1)
		}
		w.pass(10 * time.Minute)
		allow()
		w.pass(5 * time.Minute)
		stop()
		if n := w.retrieved(); n != 2*databases+1 {
			t.Errorf("at the end databases were retrieved %d times, want %d", n, 2*databases+1)
		}
		for n := range len(reports) {
			status := streamOf(<-reports, producer.DatabasesStream).Status
			if last := len(reports) == 0; last != (status == control.Succeeded) {
				t.Errorf("run %d: databases %s", n, status)
			}
		}
		if records := w.records(databasesTopic); len(records) != databases {
			t.Errorf("the topic has %d records, want one of each database", len(records))
		}
		renamedThere := slices.ContainsFunc(w.records(databasesTopic), func(r kafka.Stored) bool { return bytes.Contains(r.Value, []byte("Another name")) })
		if !renamedThere {
			t.Error("the topic does not have the other name")
		}
	})
}

// Databases are not retrieved in every run either while the configuration gives their
// stream a topic that it may not use.
func TestDatabasesAreNotRetrievedInEveryRunWithoutATopic(t *testing.T) {
	inWorld(t, notiontest.Options{RequestsPerMinute: -1}, func(t *testing.T, w *world) {
		db := w.addTasks(3)
		w.pass(time.Hour)
		reports, stop := w.daemon(w.start(func(src *producer.Source) {
			src.Select = func(stream, _, _ string) (producer.Settings, bool) {
				settings := producer.Settings{Overlap: 2 * time.Minute}
				if stream == producer.DatabasesStream {
					settings.Topic = "control"
				}
				return settings, true
			}
		}))
		w.pass(28 * time.Minute)
		stop()
		if n := w.retrieved(); n != 1 {
			t.Errorf("in %d runs the database was retrieved %d times, want once", len(reports), n)
		}
		if s := streamOf(<-reports, producer.DatabasesStream); s.Status != control.NeedsAttention {
			t.Errorf("databases: %s, %s", s.Status, s.Error)
		}
		w.checkTopic(db, tasksTopic)
	})
}
