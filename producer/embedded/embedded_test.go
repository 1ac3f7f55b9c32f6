package embedded

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gofrs/flock"
	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

// open opens an embedded broker at ports of the system's choice.
func open(t *testing.T, dir string) *Embedded {
	t.Helper()
	return openAt(t, Options{DataDir: dir, KafkaListen: "127.0.0.1:0", RegistryListen: "127.0.0.1:0"})
}

func openAt(t *testing.T, o Options) *Embedded {
	t.Helper()
	e, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { shut(t, e) })
	return e
}

// shut closes e; a second time does nothing.
func shut(t *testing.T, e *Embedded) {
	t.Helper()
	if err := e.Close(context.Background()); err != nil {
		t.Error(err)
	}
}

// client returns a Kafka client of e.
func client(t *testing.T, e *Embedded, opts ...kgo.Opt) *kgo.Client {
	t.Helper()
	c, err := kgo.NewClient(append(opts, kgo.SeedBrokers(e.Brokers()...))...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// topic is the topic that the tests write to.
const topic = "pages"

// createTopic makes the topic, compacted and of one partition.
func createTopic(t *testing.T, e *Embedded) {
	t.Helper()
	policy := "compact"
	_, err := kadm.NewClient(client(t, e)).CreateTopic(t.Context(), 1, -1, map[string]*string{"cleanup.policy": &policy}, topic)
	if err != nil {
		t.Fatal(err)
	}
}

// begin produces key=value records in a transaction of this id and leaves it open.
func begin(t *testing.T, e *Embedded, id string, records ...string) *kgo.Client {
	t.Helper()
	producer := client(t, e, kgo.TransactionalID(id))
	if err := producer.BeginTransaction(); err != nil {
		t.Fatal(err)
	}
	for _, record := range records {
		key, value, _ := strings.Cut(record, "=")
		r := &kgo.Record{Topic: topic, Key: []byte(key), Value: []byte(value)}
		if err := producer.ProduceSync(t.Context(), r).FirstErr(); err != nil {
			t.Fatal(err)
		}
	}
	return producer
}

// end commits or aborts what begin has begun.
func end(t *testing.T, producer *kgo.Client, how kgo.TransactionEndTry) {
	t.Helper()
	if err := producer.EndTransaction(t.Context(), how); err != nil {
		t.Fatal(err)
	}
	producer.Close()
}

func commit(t *testing.T, e *Embedded, id string, records ...string) {
	t.Helper()
	end(t, begin(t, e, id, records...), kgo.TryCommit)
}

// committed reads the topic as a read_committed consumer sees it, as key=value.
func committed(t *testing.T, e *Embedded) []string {
	t.Helper()
	const last = "the last record" // where the reader stops
	commit(t, e, "reader", last+"=")
	consumer := client(t, e, kgo.ConsumeTopics(topic), kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	var got []string
	for {
		fetches := consumer.PollFetches(t.Context())
		if err := fetches.Err(); err != nil {
			t.Fatal(err)
		}
		for r := range fetches.RecordsAll() {
			if string(r.Key) == last {
				return got
			}
			got = append(got, string(r.Key)+"="+string(r.Value))
		}
	}
}

// killed returns a copy of a directory as kill -9 would leave it now: every answered
// write is on disk, and nothing is cleaned up.
func killed(t *testing.T, dir string) string {
	t.Helper()
	image := filepath.Join(t.TempDir(), "data")
	if err := os.CopyFS(image, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	return image
}

func TestRestartKeepsRecordsAndGroupOffsets(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "made", "by", "open")
	first := open(t, dir)
	createTopic(t, first)
	commit(t, first, "shard-0", "a=1", "b=2")
	offsets := kadm.Offsets{}
	offsets.AddOffset(topic, 0, 2, -1)
	if _, err := kadm.NewClient(client(t, first)).CommitOffsets(t.Context(), "group", offsets); err != nil {
		t.Fatal(err)
	}
	shut(t, first)

	second := open(t, dir)
	if diff := cmp.Diff([]string{"a=1", "b=2"}, committed(t, second)); diff != "" {
		t.Errorf("records (-want +got):\n%s", diff)
	}
	got, err := kadm.NewClient(client(t, second)).FetchOffsets(t.Context(), "group")
	if err != nil {
		t.Fatal(err)
	}
	if offset, _ := got.Lookup(topic, 0); offset.At != 2 {
		t.Errorf("group offset = %d, want 2", offset.At)
	}
	if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("data dir: %v, %v; want it readable by its owner only", info.Mode(), err)
	}
}

func TestSecondProcessConnectsAndTakesOver(t *testing.T) {
	dir := t.TempDir()
	holder := open(t, dir)
	if !holder.Serving() {
		t.Fatal("the first does not serve")
	}
	createTopic(t, holder)
	commit(t, holder, "shard-0", "a=1")

	next := open(t, dir)
	if next.Serving() {
		t.Fatal("both serve")
	}
	if diff := cmp.Diff(holder.Brokers(), next.Brokers()); diff != "" {
		t.Errorf("brokers (-holder +next):\n%s", diff)
	}
	if holder.RegistryURL() != next.RegistryURL() {
		t.Errorf("registry at %s, the holder's is at %s", next.RegistryURL(), holder.RegistryURL())
	}

	shut(t, holder)
	<-next.Served()
	if !next.Serving() {
		t.Error("after the takeover it reports that it does not serve")
	}
	if diff := cmp.Diff([]string{"a=1"}, committed(t, next)); diff != "" {
		t.Errorf("records (-want +got):\n%s", diff)
	}
}

func TestCloseWithoutServingLeavesTheHolderAlone(t *testing.T) {
	dir := t.TempDir()
	holder := open(t, dir)
	next := open(t, dir)
	shut(t, next)
	if err := client(t, holder).Ping(t.Context()); err != nil {
		t.Errorf("the holder's broker: %v", err)
	}
	if next.Serving() {
		t.Error("a closed one serves")
	}
}

func TestOpenRefuses(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = taken.Close() })
	tests := []struct{ name, kafka, registry, want string }{
		{"a Kafka port in use", taken.Addr().String(), "127.0.0.1:0", "embedded.kafka_listen"},
		{"a registry port in use", "127.0.0.1:0", taken.Addr().String(), "embedded.registry_listen"},
		{"an address for others", "0.0.0.0:0", "127.0.0.1:0", "not a loopback address"},
		{"an address without a port", "127.0.0.1:0", "127.0.0.1", "embedded.registry_listen"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			_, err := Open(t.Context(), Options{DataDir: dir, KafkaListen: test.kafka, RegistryListen: test.registry})
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error = %v, want one with %q", err, test.want)
			}
			open(t, dir) // nothing stays locked
		})
	}
}

// A first run may meet a demo that is still running.
func TestPortInUseNamesBothWaysOut(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = taken.Close() })
	_, err = Open(t.Context(), Options{DataDir: t.TempDir(), KafkaListen: taken.Addr().String(), RegistryListen: "127.0.0.1:18081"})
	if err == nil {
		t.Fatal("opened")
	}
	for _, want := range []string{
		"another notion-kafka (a demo?)", "the same data_dir", "--set embedded.registry_listen=127.0.0.1:28081",
		"--set embedded.kafka_listen=" + elsewhere(taken.Addr().String()),
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("error does not say %q: %v", want, err)
		}
	}
}

func TestElsewhere(t *testing.T) {
	for taken, want := range map[string]string{
		"127.0.0.1:19092": "127.0.0.1:29092", "[::1]:18081": "[::1]:28081", "127.0.0.1:60000": "127.0.0.1:50000", "127.0.0.1:0": "127.0.0.1:0",
	} {
		if got := elsewhere(taken); got != want {
			t.Errorf("elsewhere(%s) = %s, want %s", taken, got, want)
		}
	}
}

func TestOpenNamesTheDirectoryOfAHolderThatIsSilent(t *testing.T) {
	dir := t.TempDir()
	lock := flock.New(filepath.Join(dir, "embedded.lock"))
	if locked, err := lock.TryLock(); err != nil || !locked {
		t.Fatal(locked, err)
	}
	t.Cleanup(func() { _ = lock.Close() })
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := Open(ctx, Options{DataDir: dir, KafkaListen: "127.0.0.1:1", RegistryListen: "127.0.0.1:1"})
	if err == nil || !strings.Contains(err.Error(), dir) {
		t.Errorf("error = %v, want one that names %s", err, dir)
	}
}
