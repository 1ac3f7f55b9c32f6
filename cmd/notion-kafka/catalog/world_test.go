package catalog

import (
	"context"
	"errors"
	"net"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sr/srfake"

	"notion-kafka/avro"
	"notion-kafka/producer/control"
	"notion-kafka/producer/kafka"
)

// A world is a catalog over a simulated broker, in virtual time.
type world struct {
	*Catalog

	t        *testing.T
	broker   *kfake.Cluster
	client   *kgo.Client
	registry *avro.Registry
	sources  knownSources
	hangs    atomic.Bool // whether new connections of the catalog to the broker hang
}

// inWorld runs a test of a catalog in virtual time. No schema registry answers it.
func inWorld(t *testing.T, test func(t *testing.T, w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		network := &kfake.VirtualNetwork{}
		test(t, newWorld(t, "http://127.0.0.1:1", network.DialContext, kfake.Ports(9092), kfake.ListenFn(network.Listen)))
	})
}

// onMachine returns a catalog with a schema registry, in real time.
func onMachine(t *testing.T) *world {
	t.Helper()
	registry := srfake.New()
	t.Cleanup(registry.Close)
	return newWorld(t, registry.URL(), new(net.Dialer).DialContext)
}

func newWorld(t *testing.T, registry string, dial func(context.Context, string, string) (net.Conn, error), more ...kfake.Opt) *world {
	t.Helper()
	broker, err := kfake.NewCluster(append([]kfake.Opt{kfake.NumBrokers(1)}, more...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(broker.Close)
	w := &world{t: t, broker: broker}
	w.client, err = kgo.NewClient(kgo.SeedBrokers(broker.ListenAddrs()...), kgo.Dialer(dial), kgo.RecordPartitioner(kgo.ManualPartitioner()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.client.Close)
	cluster, err := kafka.Open(kafka.Options{Brokers: broker.ListenAddrs(), ClientID: "test", StateTopic: "state", Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
		if w.hangs.Load() {
			<-ctx.Done()
			return nil, ctx.Err()
		}
		return dial(ctx, network, address)
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	w.registry, err = avro.NewRegistry(avro.RegistryOptions{URL: registry, AutoRegister: true})
	if err != nil {
		t.Fatal(err)
	}
	w.Catalog = New(cluster, w.registry, &w.sources, Access{Brokers: []string{"kafka:9092"}, Registry: "http://registry:8081"})
	return w
}

// topic creates a topic of one partition with records, a key and a value each.
func (w *world) topic(name string, records ...kgo.Record) {
	w.t.Helper()
	if err := w.broker.CreateTopic(name, 1, map[string]string{"cleanup.policy": "compact"}); err != nil {
		w.t.Fatal(err)
	}
	all := make([]*kgo.Record, len(records))
	for i, record := range records {
		record.Topic = name
		all[i] = &record
	}
	if err := w.client.ProduceSync(w.t.Context(), all...).FirstErr(); err != nil {
		w.t.Fatal(err)
	}
}

// commit commits an offset of a group.
func (w *world) commit(group, topic string, at int64) {
	w.t.Helper()
	var offsets kadm.Offsets
	offsets.AddOffset(topic, 0, at, -1)
	if err := kadm.NewClient(w.client).CommitAllOffsets(w.t.Context(), group, offsets); err != nil {
		w.t.Fatal(err)
	}
}

// knownSources are the sources that a catalog knows.
type knownSources struct {
	sources []control.Source
	streams map[string][]control.Stream // of a source that is not here the owner does not answer
	runs    map[string][]control.Run
}

var errSilent = errors.New("the owner does not answer")

func (k *knownSources) Sources() []control.Source { return k.sources }

func (k *knownSources) Runs(source string) ([]control.Run, error) { return k.runs[source], nil }

func (k *knownSources) Streams(_ context.Context, source string) ([]control.Stream, error) {
	streams, answers := k.streams[source]
	if !answers {
		return nil, errSilent
	}
	return streams, nil
}

func (w *world) source(src control.Source, streams ...control.Stream) {
	w.sources.sources = append(w.sources.sources, src)
	if streams != nil {
		if w.sources.streams == nil {
			w.sources.streams = map[string][]control.Stream{}
		}
		w.sources.streams[src.Name] = streams
	}
}

func (w *world) ran(runs ...control.Run) {
	if w.sources.runs == nil {
		w.sources.runs = map[string][]control.Run{}
	}
	for _, run := range runs {
		w.sources.runs[run.Source] = append(w.sources.runs[run.Source], run)
	}
}

// now is the time of the bubble, as Kafka keeps it.
func now() time.Time { return time.Now().UTC().Truncate(time.Millisecond) }
