package daemon

import (
	"context"
	"encoding/binary"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"

	"notion-kafka/notion/notiontest/canned"
	"notion-kafka/producer"
	"notion-kafka/producer/control"
	"notion-kafka/producer/garbage"
	"notion-kafka/producer/kafka"
	"notion-kafka/producer/schedule"
	"notion-kafka/producer/shard"
	"notion-kafka/producer/state"
)

// lineRows is how many pages go the whole way.
const lineRows = 200_000

// BenchmarkLine is a first read of lineRows pages, all the way from the bytes of
// Notion's answers, without network and limits, into Kafka: one that simulates
// itself in this process, and the real one at KAFKA_BROKERS. The pages have their
// properties as JSON text, or typed columns beside it.
func BenchmarkLine(b *testing.B) {
	garbage.CollectSparingly() // as in the program
	b.Run("kfake", func(b *testing.B) {
		broker, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.BrokerConfigs(map[string]string{"group.initial.rebalance.delay.ms": "0"}))
		if err != nil {
			b.Fatal(err)
		}
		defer broker.Close()
		benchForms(b, broker.ListenAddrs())
	})
	b.Run("Kafka", func(b *testing.B) { benchForms(b, realBrokers(b)) })
}

// BenchmarkQuietPoll is a poll in which nothing was edited, of a stream with so many
// pages: one op is one run.
func BenchmarkQuietPoll(b *testing.B) {
	for _, pages := range []int{1_000, 1_000_000} {
		b.Run(fmt.Sprintf("pages=%d", pages), func(b *testing.B) {
			broker, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.BrokerConfigs(map[string]string{"group.initial.rebalance.delay.ms": "0"}))
			if err != nil {
				b.Fatal(err)
			}
			defer broker.Close()
			line := newLine(b, canned.New(b, 1_000), broker.ListenAddrs())
			defer line.close()
			line.run(b, 1_000)
			line.know(b, pages-1_000)
			poll := newRunner(line.Daemon, line.shard, line.source, newSourceMemory(), nil, false)
			cpu, polls := cpuTime(), 0
			for b.Loop() {
				if report := poll.run(context.WithoutCancel(b.Context()), producer.Order{Trigger: control.BySchedule}); report.Status != control.Succeeded {
					b.Fatalf("%+v", report)
				}
				polls++
			}
			b.ReportMetric(float64((cpuTime()-cpu).Microseconds())/float64(polls)/1000, "CPU-ms/op")
		})
	}
}

// know adds pages to the memory of the stream that are in no topic.
func (l *line) know(b *testing.B, pages int) {
	b.Helper()
	l.shard.View(func(m *state.Memory) {
		source := m.Source(l.source.Name)
		for _, stream := range source.Streams() {
			if stream == producer.DatabasesStream {
				continue
			}
			for n := range pages {
				var id state.PageID
				binary.BigEndian.PutUint64(id[:], uint64(n)+1)
				key, value, err := state.Entry{
					Key: state.PageKey(l.source.Name, stream, id.String()), Value: state.NotedPage{Page: state.Page{Hash: uint64(n), Form: 1, Source: 0}},
				}.Encode()
				if err == nil {
					err = m.Apply(key, value)
				}
				if err != nil {
					b.Fatal(err)
				}
			}
		}
	})
}

func realBrokers(b *testing.B) []string {
	b.Helper()
	brokers := os.Getenv("KAFKA_BROKERS")
	if brokers == "" {
		b.Skip("KAFKA_BROKERS is not set: deploy/real/with sets it")
	}
	return strings.Split(brokers, ",")
}

func benchForms(b *testing.B, brokers []string) {
	b.Run("json", func(b *testing.B) { benchLine(b, brokers, producer.Settings{}) })
	b.Run("typed", func(b *testing.B) { benchLine(b, brokers, producer.Settings{Typed: true}) })
}

func benchLine(b *testing.B, brokers []string, settings producer.Settings) {
	for b.Loop() {
		b.StopTimer()
		line := newLine(b, canned.New(b, lineRows), brokers)
		with(settings)(line.source)
		began, cpu := time.Now(), cpuTime()
		b.StartTimer()
		line.run(b, lineRows)
		b.ReportMetric(lineRows/time.Since(began).Seconds(), "pages/s")
		b.ReportMetric(lineRows/(cpuTime()-cpu).Seconds(), "pages/CPU-s")
		b.StopTimer()
		line.close()
		b.StartTimer()
	}
}

// A line is a process with one source, whose Notion is canned.
type line struct {
	*Daemon
	source *producer.Source
	shard  *shard.Shard
}

func newLine(b *testing.B, notion *canned.Notion, brokers []string) *line {
	b.Helper()
	name := fmt.Sprintf("line-%d", time.Now().UnixNano())
	compact := map[string]string{"cleanup.policy": "compact"}
	source := &producer.Source{
		Name: "acme", TopicPrefix: name + ".", Notion: notion.Client(b), Trigger: schedule.Every{Interval: 5 * time.Minute},
		Select: func(string, string, string) (producer.Settings, bool) {
			return producer.Settings{Overlap: 2 * time.Minute}, true
		},
	}
	l := &line{source: source, Daemon: New(Options{
		Cluster: openBench(b, brokers, name+".state"), Group: name, Instance: "bench", Sources: []*producer.Source{source}, Schemas: fixedSchemas{},
		StateTopic:     kafka.TopicSpec{Name: name + ".state", Partitions: 1, ReplicationFactor: 1, Config: compact, Create: true},
		ControlTopic:   kafka.TopicSpec{Name: name + ".control", Partitions: 1, ReplicationFactor: 1, Config: compact, Create: true},
		DataTopic:      benchTopic,
		DiscoveryEvery: time.Hour, Logger: slog.New(slog.DiscardHandler),
	})}
	if err := l.Prepare(b.Context()); err != nil {
		b.Fatal(err)
	}
	l.claim(b)
	return l
}

// benchTopic is the configuration's default for data topics.
var benchTopic = kafka.TopicSpec{
	Partitions: 1, ReplicationFactor: 1, Create: true,
	Config: map[string]string{"cleanup.policy": "compact", "max.message.bytes": "8388608"},
}

func openBench(b *testing.B, brokers []string, stateTopic string) *kafka.Cluster {
	b.Helper()
	cluster, err := kafka.Open(kafka.Options{
		Brokers: brokers, ClientID: "bench", Compression: "zstd", TransactionTimeout: 30 * time.Second, StateTopic: stateTopic,
	})
	if err != nil {
		b.Fatal(err)
	}
	return cluster
}

// claim starts the process, or starts it again.
func (l *line) claim(b *testing.B) {
	b.Helper()
	if l.shard != nil {
		l.shard.Close()
		l.shard = nil
	}
	s, err := l.Daemon.shards().Claim(b.Context(), 0, producer.NewID(time.Now()))
	if err != nil {
		b.Fatal(err)
	}
	l.shard = s
}

func (l *line) run(b *testing.B, rows int) {
	b.Helper()
	report := newRunner(l.Daemon, l.shard, l.source, newSourceMemory(), nil, false).run(context.WithoutCancel(b.Context()), byHand)
	published := 0
	for _, s := range report.Streams {
		published += s.Published
	}
	if report.Status != control.Succeeded || published != rows+1 {
		b.Fatalf("%d rows published: %+v", published, report)
	}
}

func (l *line) close() {
	l.shard.Close()
	l.opts.Cluster.Close()
}
