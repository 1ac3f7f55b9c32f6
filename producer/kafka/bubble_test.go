package kafka

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kversion"
)

const (
	stateTopic = "state"
	dataTopic  = "data"
	txnTimeout = 30 * time.Second
)

// A bubble is a broker in virtual time, with a state topic of two partitions
// and a data topic of three.
type bubble struct {
	t      *testing.T
	broker *kfake.Cluster
	net    *kfake.VirtualNetwork
}

func inBubble(t *testing.T, test func(t *testing.T, b *bubble), broker ...kfake.Opt) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		b := &bubble{t: t, net: &kfake.VirtualNetwork{}}
		var err error
		b.broker, err = kfake.NewCluster(append([]kfake.Opt{kfake.NumBrokers(1), kfake.Ports(9092), kfake.ListenFn(b.net.Listen),
			kfake.BrokerConfigs(map[string]string{"group.initial.rebalance.delay.ms": "0"})}, broker...)...)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(b.broker.Close)
		b.createTopic(stateTopic, 2, nil)
		b.createTopic(dataTopic, 3, nil)
		test(t, b)
	})
}

// protocols are the oldest Kafka we work with, and the newest: Kafka 4 ends
// transactions in another way (KIP-890, transaction.version 2).
func protocols() map[string]*kversion.Versions {
	return map[string]*kversion.Versions{"Kafka 3.7": kversion.V3_7_0(), "newest Kafka": kversion.Stable()}
}

func (b *bubble) createTopic(name string, partitions int32, config map[string]string) {
	b.t.Helper()
	full := map[string]string{"cleanup.policy": "compact"}
	for key, value := range config {
		full[key] = value
	}
	if err := b.broker.CreateTopic(name, partitions, full); err != nil {
		b.t.Fatal(err)
	}
}

// cluster opens a connection that the test closes at its end.
func (b *bubble) cluster(change ...func(*Options)) *Cluster {
	b.t.Helper()
	opts := Options{
		Brokers: []string{"127.0.0.1:9092"}, ClientID: "test", Compression: "none", TransactionTimeout: txnTimeout,
		StateTopic: stateTopic, Dial: b.net.DialContext,
	}
	for _, c := range change {
		c(&opts)
	}
	cluster, err := Open(opts)
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(cluster.Close)
	return cluster
}

func (b *bubble) claim(cluster *Cluster, owner string) *Writer {
	b.t.Helper()
	w, err := cluster.Claim(b.t.Context(), 0, kv("owner", owner))
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(w.Close)
	return w
}

// read returns a topic as read_committed consumers see it, "key=value" in order.
func (b *bubble) read(topic string) []string {
	b.t.Helper()
	var out []string
	for r, err := range b.cluster().ReadAll(b.t.Context(), topic) {
		if err != nil {
			b.t.Fatal(err)
		}
		out = append(out, text(KeyValue{r.Key, r.Value}))
	}
	return out
}

func (b *bubble) restore(w *Writer) []string {
	b.t.Helper()
	var out []string
	for r, err := range w.Restore(b.t.Context()) {
		if err != nil {
			b.t.Fatal(err)
		}
		out = append(out, text(KeyValue{r.Key, r.Value}))
	}
	return out
}

// leaveOpen writes state records in a transaction that it does not end.
func (b *bubble) leaveOpen(w *Writer, entries ...KeyValue) {
	b.t.Helper()
	if err := w.client.BeginTransaction(); err != nil {
		b.t.Fatal(err)
	}
	if _, err := w.produceAll(b.t.Context(), w.stateRecords(entries)); err != nil {
		b.t.Fatal(err)
	}
}

// abandon writes state records and aborts them.
func (b *bubble) abandon(w *Writer, entries ...KeyValue) {
	b.t.Helper()
	b.leaveOpen(w, entries...)
	if err := w.client.EndTransaction(b.t.Context(), kgo.TryAbort); err != nil {
		b.t.Fatal(err)
	}
}

func kv(key, value string) KeyValue { return KeyValue{[]byte(key), []byte(value)} }

func forget(key string) KeyValue { return KeyValue{Key: []byte(key)} }

func text(r KeyValue) string {
	if r.Value == nil {
		return string(r.Key) + " forgotten"
	}
	return fmt.Sprintf("%s=%s", r.Key, r.Value)
}

func record(key, value string) Record {
	return Record{Topic: dataTopic, Partitions: 3, Key: []byte(key), Value: []byte(value)}
}

// stateOf is the state function of a commit that writes these entries.
func stateOf(entries ...KeyValue) func([]Position) ([]KeyValue, error) {
	return func([]Position) ([]KeyValue, error) { return entries, nil }
}

func mustCommit(t *testing.T, w *Writer, data []Record, entries ...KeyValue) {
	t.Helper()
	if err := w.Commit(t.Context(), data, stateOf(entries...)); err != nil {
		t.Fatal(err)
	}
}

// wantError fails the test unless err is of the kind and says all of words.
func wantError(t *testing.T, err, kind error, words ...string) {
	t.Helper()
	if err == nil || kind != nil && !errors.Is(err, kind) {
		t.Fatalf("error %v, want one of kind %v", err, kind)
	}
	for _, word := range words {
		if !strings.Contains(err.Error(), word) {
			t.Errorf("error %q does not say %q", err, word)
		}
	}
}

// A line is a network connection that can be cut for good, or lose the next
// answer to a request of some kind after the broker has acted on it.
type line struct {
	net  *kfake.VirtualNetwork
	dead atomic.Bool
	// deaf is the request whose answer is lost (kmsg.Key); -1: none. Losing
	// it cuts the line for good, unless it mends.
	deaf  atomic.Int32
	mends bool
}

func newLine(b *bubble) *line {
	l := &line{net: b.net}
	l.deaf.Store(-1)
	return l
}

func (l *line) dial(ctx context.Context, network, address string) (net.Conn, error) {
	if l.dead.Load() {
		return nil, io.ErrClosedPipe
	}
	conn, err := l.net.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return &wire{Conn: conn, line: l}, nil
}

type wire struct {
	net.Conn
	line *line
	deaf atomic.Bool
}

// Write passes a request on. Every request is one write: its length in four
// bytes, then its key in two.
func (w *wire) Write(p []byte) (int, error) {
	if w.line.dead.Load() {
		return 0, io.ErrClosedPipe
	}
	if len(p) > 6 && int32(p[4])<<8|int32(p[5]) == w.line.deaf.Load() {
		w.deaf.Store(true)
	}
	return w.Conn.Write(p)
}

func (w *wire) Read(p []byte) (int, error) {
	n, err := w.Conn.Read(p)
	if w.deaf.Load() {
		w.line.dead.Store(!w.line.mends)
		w.line.deaf.Store(-1)
		w.Close()
		return 0, io.EOF
	}
	if w.line.dead.Load() {
		return 0, io.ErrClosedPipe
	}
	return n, err
}
