package daemon

import (
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"notion-kafka/notion/notiontest"
	"notion-kafka/producer"
	"notion-kafka/producer/control"
	"notion-kafka/producer/kafka"
)

// writes writes a record to a topic as another program would.
func (w *world) writes(topic string, headers ...kafka.Header) {
	w.t.Helper()
	client, err := kgo.NewClient(kgo.SeedBrokers("127.0.0.1:9092"), kgo.Dialer(w.net.DialContext))
	if err != nil {
		w.t.Fatal(err)
	}
	defer client.Close()
	if _, err := kadm.NewClient(client).CreateTopic(w.t.Context(), 1, 1, nil, topic); err != nil {
		w.t.Fatal(err)
	}
	record := &kgo.Record{Topic: topic, Key: []byte("someone"), Value: []byte("payslip")}
	for _, h := range headers {
		record.Headers = append(record.Headers, kgo.RecordHeader{Key: h.Key, Value: []byte(h.Value)})
	}
	if err := client.ProduceSync(w.t.Context(), record).FirstErr(); err != nil {
		w.t.Fatal(err)
	}
}

// A stream that uses a topic for the first time needs attention if another writer wrote
// its last record, and publishes nothing before, unless the file names the topic.
func TestATopicOfOthersIsNotWrittenTo(t *testing.T) {
	headers := func(source, stream string) []kafka.Header {
		return []kafka.Header{{Key: "notion-kafka.source", Value: source}, {Key: "notion-kafka.stream", Value: stream}}
	}
	for name, test := range map[string]struct {
		written func(db *notiontest.Database) []kafka.Header
		named   bool
		ours    bool
		says    string
	}{
		"another program":                   {func(*notiontest.Database) []kafka.Header { return nil }, false, false, "by another program than notion-kafka"},
		"another source":                    {func(db *notiontest.Database) []kafka.Header { return headers("beta", producer.DatabaseStream(db.ID())) }, false, false, "by source beta"},
		"another stream":                    {func(*notiontest.Database) []kafka.Header { return headers("acme", producer.DatabasesStream) }, false, false, "source acme, stream databases"},
		"the stream, in a life before":      {func(db *notiontest.Database) []kafka.Header { return headers("acme", producer.DatabaseStream(db.ID())) }, false, true, ""},
		"another program, named by file":    {func(*notiontest.Database) []kafka.Header { return nil }, true, true, ""},
		"another source, named by the file": {func(*notiontest.Database) []kafka.Header { return headers("beta", "x") }, true, true, ""},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
				db := w.addTasks(3)
				w.writes(tasksTopic, test.written(db)...)
				s := w.runWith(byHand, db, func(src *producer.Source) {
					src.Select = func(stream, _, _ string) (producer.Settings, bool) {
						settings := producer.Settings{Overlap: 2 * time.Minute}
						if test.named && stream != producer.DatabasesStream {
							settings.Topic = tasksTopic
						}
						return settings, true
					}
				})
				if test.ours {
					if s.Status != control.Succeeded || s.Published != 3 {
						t.Errorf("%+v", s)
					}
					return
				}
				if s.Status != control.NeedsAttention || !strings.Contains(s.Error, "topic "+tasksTopic+" is not ours") || !strings.Contains(s.Error, test.says) {
					t.Errorf("%+v", s)
				}
				if n := len(w.records(tasksTopic)); n != 1 {
					t.Errorf("the topic has %d records, and one was foreign", n)
				}
			})
		})
	}
}

// A source that was made through the API may name a topic; that does not make the topic
// its own.
func TestATopicThatOnlyTheAPINames(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		w.addTasks(3)
		w.writes("payroll")
		i := w.member("one", byHandOnly)
		defer i.stop()
		open := i.opts.Open
		i.opts.Open = func(name string, d control.Definition) (*producer.Source, error) {
			src, err := open(name, d)
			if err == nil {
				src.Select = func(stream, _, _ string) (producer.Settings, bool) {
					return producer.Settings{Topic: "payroll"}, stream == producer.DatabasesStream
				}
			}
			return src, err
		}
		i.started()
		i.mustPut(`{"name":"beta"}`)
		run, err := i.Start(t.Context(), "beta", producer.Order{})
		if err != nil {
			t.Fatal(err)
		}
		if done := i.finished(run.ID); done.Status != control.NeedsAttention || !strings.Contains(done.Streams[0].Error, "is not ours") {
			t.Errorf("%+v", done)
		}
		if n := len(w.records("payroll")); n != 1 {
			t.Errorf("payroll has %d records", n)
		}
	})
}
