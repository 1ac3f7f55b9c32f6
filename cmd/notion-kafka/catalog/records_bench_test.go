package catalog

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime/debug"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"notion-kafka/avro"
	"notion-kafka/notion"
	"notion-kafka/producer/control"
	"notion-kafka/producer/garbage"
	"notion-kafka/producer/kafka"
)

// manyRecords is how many records the topic has that is looked at, of a quarter as many
// keys. One in twenty is a tombstone.
const manyRecords = 200_000

// BenchmarkRecords is what a look at the records of a large topic costs, each about 3.5 KB,
// on the Kafka at KAFKA_BROKERS. One op is one request, and the highest resident memory is
// that of this process, without the console.
func BenchmarkRecords(b *testing.B) {
	brokers := os.Getenv("KAFKA_BROKERS")
	if brokers == "" {
		b.Skip("set KAFKA_BROKERS, as deploy/real/with does")
	}
	garbage.CollectSparingly() // as in the program
	c, topic := manyIn(b, strings.Split(brokers, ","))
	records := func(query control.RecordQuery) func() error {
		query.Limit = 50
		return func() error {
			_, err := c.Records(b.Context(), topic, query)
			return err
		}
	}
	middle := map[int32]int64{0: manyRecords / 2}
	for _, look := range []struct {
		name string
		ask  func() error
	}{
		{"now", records(control.RecordQuery{Now: true})},
		{"now-9000-back", records(control.RecordQuery{Now: true, Before: map[int32]int64{0: manyRecords - 9000}})},
		{"log", records(control.RecordQuery{})},
		{"log-middle", records(control.RecordQuery{Before: middle})},
		{"log-middle-deletes", records(control.RecordQuery{Before: middle, Op: "delete"})},
		{"key-not-found", records(control.RecordQuery{Key: "none"})},
		{"text-not-found", records(control.RecordQuery{Text: "nowhere to be found"})},
		{"history-not-found", func() error { _, err := c.History(b.Context(), topic, "none"); return err }},
		{"record", func() error { _, err := c.Record(b.Context(), topic, 0, manyRecords/2); return err }},
		{"ten-texts-at-once", func() error { return together(10, records(control.RecordQuery{Text: "nowhere to be found"})) }},
	} {
		b.Run(look.name, func(b *testing.B) {
			debug.FreeOSMemory()
			_ = os.WriteFile("/proc/self/clear_refs", []byte("5"), 0) // the highest resident memory begins anew
			for b.Loop() {
				if err := look.ask(); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(highestMemory(), "MB-resident-at-most")
		})
	}
}

// manyIn fills a topic of one partition.
func manyIn(b *testing.B, brokers []string) (*Catalog, string) {
	b.Helper()
	topic := fmt.Sprintf("records-bench-%d", time.Now().UnixNano())
	client, err := kgo.NewClient(kgo.SeedBrokers(brokers...), kgo.MaxBufferedBytes(64<<20))
	if err != nil {
		b.Fatal(err)
	}
	defer client.Close()
	admin := kadm.NewClient(client)
	if _, err := admin.CreateTopic(b.Context(), 1, -1, nil, topic); err != nil {
		b.Fatal(err)
	}
	random := rand.New(rand.NewPCG(1, 1))
	encoder := avro.NewPageEncoder(pageID)
	var failed error
	for n := range manyRecords {
		key := fmt.Sprintf("59833787-2cf9-4fdf-8782-%012d", random.IntN(manyRecords/4))
		r := &kgo.Record{Topic: topic, Key: []byte(key), Headers: op("update")}
		if random.IntN(20) > 0 {
			r.Value = largePage(b, encoder, random, key, n)
		} else {
			r.Headers = op("delete")
		}
		client.Produce(b.Context(), r, func(_ *kgo.Record, err error) {
			if err != nil {
				failed = err
			}
		})
	}
	if err := client.Flush(b.Context()); err != nil || failed != nil {
		b.Fatal(err, failed)
	}
	cluster, err := kafka.Open(kafka.Options{Brokers: brokers, ClientID: "bench", Compression: "none", TransactionTimeout: time.Minute, StateTopic: "state"})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(cluster.Close)
	registry := httptest.NewServer(http.HandlerFunc((&recorded{}).answer))
	b.Cleanup(registry.Close)
	schemas, err := avro.NewRegistry(avro.RegistryOptions{URL: registry.URL})
	if err != nil {
		b.Fatal(err)
	}
	known := &knownSources{
		sources: []control.Source{{Name: "acme"}}, streams: map[string][]control.Stream{"acme": {{Stream: "s", Topic: topic}}},
		runs: map[string][]control.Run{"acme": {{Streams: []control.StreamRun{{Stream: "s", Topic: topic}}}}},
	}
	return New(cluster, schemas, known, Access{}), topic
}

// largePage is a page whose record has about 3.5 KB.
func largePage(b *testing.B, encoder *avro.PageEncoder, random *rand.Rand, key string, n int) []byte {
	b.Helper()
	var properties bytes.Buffer
	for i := range 18 {
		fmt.Fprintf(&properties, `,"Property %d":{"id":"p%d","type":"rich_text","rich_text":[{"type":"text","text":{"content":"Some words %x"},"plain_text":"Some words %x"}]}`, i, i, random.Uint64(), random.Uint64())
	}
	title := fmt.Sprintf("Page %d", n)
	value, err := encoder.Append(nil, &notion.Page{
		ID: key, CreatedTime: time.Unix(1e9, 0), LastEditedTime: time.Unix(1e9+int64(n), 0), Parent: []byte("{}"), Title: &title, Properties: fmt.Appendf(nil, "{%s}", properties.Bytes()[1:]),
	})
	if err != nil {
		b.Fatal(err)
	}
	return value
}

// together asks so many times at once.
func together(times int, ask func() error) (failed error) {
	var asking sync.WaitGroup
	var mu sync.Mutex
	for range times {
		asking.Go(func() {
			if err := ask(); err != nil {
				mu.Lock()
				failed = err
				mu.Unlock()
			}
		})
	}
	asking.Wait()
	return failed
}

// highestMemory is the highest resident memory in MB; 0 on systems without /proc.
func highestMemory() float64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for text := range strings.Lines(string(status)) {
		var kilobytes float64
		if n, _ := fmt.Sscanf(text, "VmHWM: %f kB", &kilobytes); n == 1 {
			return kilobytes * 1024 / 1e6
		}
	}
	return 0
}
