package daemon

import (
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"

	"notion-kafka/notion/notiontest"
	"notion-kafka/producer"
	"notion-kafka/producer/control"
)

// leaveInTopic writes a record of a stream to its topic in a transaction of its own and
// answers with its offset. Without a database the record is another program's.
func (w *world) leaveInTopic(db *notiontest.Database, end kgo.TransactionEndTry) int64 {
	w.t.Helper()
	client, err := kgo.NewClient(kgo.SeedBrokers("127.0.0.1:9092"), kgo.Dialer(w.net.DialContext), kgo.TransactionalID("half"),
		kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.ProducerBatchCompression(kgo.NoCompression()))
	if err != nil {
		w.t.Fatal(err)
	}
	defer client.Close()
	if err := client.BeginTransaction(); err != nil {
		w.t.Fatal(err)
	}
	half := &kgo.Record{Topic: tasksTopic, Partition: 0, Key: []byte("half"), Value: []byte("half")}
	if db != nil {
		half.Headers = []kgo.RecordHeader{{Key: "notion-kafka.source", Value: []byte("acme")}, {Key: "notion-kafka.stream", Value: []byte(producer.DatabaseStream(db.ID()))}}
	}
	record, err := client.ProduceSync(w.t.Context(), half).First()
	if err != nil {
		w.t.Fatal(err)
	}
	if err := client.EndTransaction(w.t.Context(), end); err != nil {
		w.t.Fatal(err)
	}
	return record.Offset
}

// runEmbedded runs a daemon with an embedded broker, and answers with what it did for a
// database.
func (w *world) runEmbedded(order producer.Order, db *notiontest.Database) control.StreamRun {
	w.t.Helper()
	p := w.start()
	defer p.cluster.Close()
	p.opts.Embedded = true
	report, err := p.run(w.t.Context(), order)
	if err != nil {
		w.t.Fatal(err)
	}
	return streamOf(report, producer.DatabaseStream(db.ID()))
}

// A record of another program in a topic of the embedded broker says nothing about our
// commits.
func TestARecordOfAnotherProgramIsNoCutCommit(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		db := w.addTasks(40)
		w.runEmbedded(byHand, db)
		w.leaveInTopic(nil, kgo.TryCommit)
		if s := w.runEmbedded(byHand, db); s.Published != 0 || s.Status != control.Succeeded {
			t.Errorf("after another program wrote to the topic: %+v", s)
		}
	})
}

// A kill between two commit markers of the embedded broker leaves a transaction
// committed in the topic and aborted in the state, or the reverse.
func TestCommitCutInTwoByTheEmbeddedBroker(t *testing.T) {
	cuts := map[string]func(w *world, db *notiontest.Database){
		"committed in the topic only": func(w *world, db *notiontest.Database) { w.leaveInTopic(db, kgo.TryCommit) },
		"committed in the state only": func(w *world, db *notiontest.Database) {
			w.pretendWritten(db, w.leaveInTopic(db, kgo.TryAbort))
		},
	}
	for name, cut := range cuts {
		t.Run(name, func(t *testing.T) {
			inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
				db := w.addTasks(40)
				embedded := func(order producer.Order) control.StreamRun { return w.runEmbedded(order, db) }
				embedded(byHand)
				if s := embedded(bySchedule); s.Published != 0 {
					t.Fatalf("a whole commit was taken for a cut one: %+v", s)
				}
				cut(w, db)
				if s := embedded(bySchedule); s.Published != 40 || s.Status != control.Succeeded {
					t.Errorf("after the kill: %+v, want everything published again", s)
				}
				if s := embedded(bySchedule); s.Published != 0 {
					t.Errorf("after it was mended: %+v", s)
				}
			})
		})
	}
}
