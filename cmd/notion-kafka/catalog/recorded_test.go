package catalog

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"notion-kafka/avro"
	"notion-kafka/notion"
	"notion-kafka/producer/control"
	"notion-kafka/producer/kafka"
)

const (
	pages     = "notion.acme.pages" // with two partitions
	foreign   = "foreign"
	pageID    = 7 // the schema's
	unknownID = 8
)

// A recorded is a broker and a registry, and a source whose last run published to the topic
// pages.
type recorded struct {
	*Catalog
	t        *testing.T
	client   *kgo.Client
	pages    *avro.PageEncoder
	requests atomic.Int32 // to the registry
	away     atomic.Bool  // the registry does not answer
	asked    atomic.Int32 // owners, for their streams
	now      time.Time
}

func newRecorded(t *testing.T) *recorded {
	t.Helper()
	broker, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(2, pages), kfake.SeedTopics(1, foreign))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(broker.Close)
	w := &recorded{t: t, pages: avro.NewPageEncoder(pageID), now: time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)}
	registry := httptest.NewServer(http.HandlerFunc(w.answer))
	registry.Config.SetKeepAlivesEnabled(false) // a client repeats a request whose kept connection ends
	t.Cleanup(registry.Close)
	cluster, err := kafka.Open(kafka.Options{Brokers: broker.ListenAddrs(), ClientID: "test", Compression: "none", TransactionTimeout: time.Minute, StateTopic: "state"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	schemas, err := avro.NewRegistry(avro.RegistryOptions{URL: registry.URL})
	if err != nil {
		t.Fatal(err)
	}
	w.Catalog = New(cluster, schemas, w, Access{})
	w.client, err = kgo.NewClient(kgo.SeedBrokers(broker.ListenAddrs()...), kgo.RecordPartitioner(kgo.ManualPartitioner()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.client.Close)
	return w
}

// answer is the registry.
func (w *recorded) answer(response http.ResponseWriter, r *http.Request) {
	w.requests.Add(1)
	switch {
	case w.away.Load():
		panic(http.ErrAbortHandler)
	case r.URL.Path == fmt.Sprintf("/schemas/ids/%d", pageID):
		_ = json.NewEncoder(response).Encode(map[string]string{"schema": avro.PageSchema})
	default:
		response.WriteHeader(http.StatusNotFound)
		_, _ = response.Write([]byte(`{"error_code":40403,"message":"Schema not found"}`))
	}
}

// Sources implements Known.
func (w *recorded) Sources() []control.Source { return []control.Source{{Name: "acme"}} }

// Streams implements Known.
func (w *recorded) Streams(context.Context, string) ([]control.Stream, error) {
	w.asked.Add(1)
	return []control.Stream{{Stream: "foreign", Topic: foreign}, {Stream: "missing", Topic: "missing"}}, nil
}

// Runs implements Known.
func (w *recorded) Runs(string) ([]control.Run, error) {
	return []control.Run{{Streams: []control.StreamRun{{Stream: "databases"}}}, {Streams: []control.StreamRun{{Stream: "s", Topic: pages}}}}, nil
}

// write writes a record a second after the one before.
func (w *recorded) write(r *kgo.Record) {
	w.t.Helper()
	w.now = w.now.Add(time.Second)
	r.Timestamp = w.now
	if err := w.client.ProduceSync(w.t.Context(), r).FirstErr(); err != nil {
		w.t.Fatal(err)
	}
}

// page writes a version of a page to a partition.
func (w *recorded) page(partition int32, key, title, properties string) {
	w.t.Helper()
	value, err := w.pages.Append(nil, &notion.Page{ID: key, CreatedTime: w.now, LastEditedTime: w.now, Parent: []byte("{}"), Title: &title, Properties: []byte(properties)})
	if err != nil {
		w.t.Fatal(err)
	}
	w.write(&kgo.Record{Topic: pages, Partition: partition, Key: []byte(key), Value: value, Headers: op("update")})
}

func (w *recorded) tombstone(partition int32, key string) {
	w.t.Helper()
	w.write(&kgo.Record{Topic: pages, Partition: partition, Key: []byte(key), Headers: op("delete")})
}

func op(is string) []kgo.RecordHeader {
	return []kgo.RecordHeader{{Key: "notion-kafka.op", Value: []byte(is)}}
}

// mustFind returns the records of all pages of a query.
func (w *recorded) mustFind(topic string, query control.RecordQuery) (found []control.TopicRecord) {
	w.t.Helper()
	for range 100 {
		page, err := w.Records(w.t.Context(), topic, query)
		if err != nil {
			w.t.Fatal(err)
		}
		found = append(found, page.Records...)
		if query.Before = page.Next; query.Before == nil {
			return found
		}
	}
	w.t.Fatal("its pages do not end")
	return nil
}

// brief is a record in short: where it is, its key, and its title or what it was.
func brief(records []control.TopicRecord) (all []string) {
	for _, r := range records {
		title := titleOf(r.Value)
		switch {
		case r.Error != "":
			title = "!"
		case r.Tombstone():
			title = "deleted " + r.Was
		case title == "":
			title = string(r.Value)
		}
		all = append(all, fmt.Sprintf("%d/%d %s %s", r.Partition, r.Offset, r.Key, title))
	}
	return all
}
