package control

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"

	"notion-kafka/producer/kafka"
)

// A bubble is a broker in virtual time, with a state topic of two partitions and
// a control topic.
type bubble struct {
	t      *testing.T
	broker *kfake.Cluster
	net    *kfake.VirtualNetwork
	logs   *logbook
}

func inBubble(t *testing.T, test func(t *testing.T, b *bubble)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		b := &bubble{t: t, net: &kfake.VirtualNetwork{}, logs: &logbook{}}
		var err error
		b.broker, err = kfake.NewCluster(kfake.NumBrokers(1), kfake.Ports(9092), kfake.ListenFn(b.net.Listen),
			// kfake compacts without regard to open transactions, and cuts compacted
			// topics by time.
			kfake.BrokerConfigs(map[string]string{"log.cleaner.backoff.ms": "315360000000", "log.retention.ms": "-1"}))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(b.broker.Close)
		b.createTopic("state", 2)
		b.createTopic("control", 1)
		test(t, b)
	})
}

func (b *bubble) createTopic(name string, partitions int32) {
	b.t.Helper()
	if err := b.broker.CreateTopic(name, partitions, map[string]string{"cleanup.policy": "compact"}); err != nil {
		b.t.Fatal(err)
	}
}

// cluster opens a connection over a line that can be cut. The test closes it at its
// end.
func (b *bubble) cluster(line *line) *kafka.Cluster {
	b.t.Helper()
	c, err := kafka.Open(kafka.Options{
		Brokers: []string{"127.0.0.1:9092"}, ClientID: "test", Compression: "none", TransactionTimeout: 30 * time.Second,
		StateTopic: "state", Dial: line.dial,
	})
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(c.Close)
	return c
}

// A seat is a client with its network line.
type seat struct {
	*Client
	line *line
	t    *testing.T
	stop func() // ends its Run and waits for the end
}

// idle is a client that does not run.
func (b *bubble) idle(instance string) *seat {
	b.t.Helper()
	line := &line{net: b.net}
	client := NewClient(Options{Cluster: b.cluster(line), Topic: "control", Instance: instance, Logger: slog.New(slog.NewTextHandler(b.logs, nil))})
	return &seat{Client: client, line: line, t: b.t}
}

// client is a client that runs until stop or the end of the test.
func (b *bubble) client(instance string) *seat {
	b.t.Helper()
	s := b.idle(instance)
	ctx, cancel := context.WithCancel(b.t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if err := s.Run(ctx); err != nil {
			b.t.Errorf("client %s ended with %v", instance, err)
		}
	}()
	s.stop = func() {
		cancel()
		<-ended
	}
	b.t.Cleanup(s.stop)
	return s
}

func (s *seat) append(records ...Record) {
	s.t.Helper()
	if err := s.Append(s.t.Context(), records...); err != nil {
		s.t.Fatal(err)
	}
}

func (s *seat) caughtUp() {
	s.t.Helper()
	if err := s.CaughtUp(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
}

func (s *seat) says(self Instance) {
	s.t.Helper()
	if err := s.Announce(s.t.Context(), self); err != nil {
		s.t.Fatal(err)
	}
}

// workspace is the name of a source's workspace in the client's memory.
func (s *seat) workspace(source string) (name string) {
	s.View(func(m *Memory) {
		state, _ := m.SourceState(source)
		name = state.Workspace
	})
	return name
}

func sourceState(source, workspace string) Record {
	return Record{SourceStateKey(source), SourceState{Workspace: workspace}}
}

func (b *bubble) claim() *kafka.Writer {
	b.t.Helper()
	w, err := b.cluster(&line{net: b.net}).Claim(b.t.Context(), 0, kafka.KeyValue{Key: []byte("owner"), Value: []byte("me")})
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(w.Close)
	return w
}

// commit writes a control record as the owner of a shard does.
func (b *bubble) commit(w *kafka.Writer, record Record) {
	b.t.Helper()
	key, value, err := record.Encode()
	if err != nil {
		b.t.Fatal(err)
	}
	err = w.Commit(b.t.Context(), []kafka.Record{{Topic: "control", Partitions: 1, Key: key, Value: value}},
		func([]kafka.Position) ([]kafka.KeyValue, error) { return nil, nil })
	if err != nil {
		b.t.Fatal(err)
	}
}

// left is what a new reader of the topic finds, by key.
func (b *bubble) left() map[string]string {
	b.t.Helper()
	left := map[string]string{}
	for r, err := range b.cluster(&line{net: b.net}).ReadAll(b.t.Context(), "control") {
		if err != nil {
			b.t.Fatal(err)
		}
		if left[string(r.Key)] = string(r.Value); r.Value == nil {
			delete(left, string(r.Key))
		}
	}
	return left
}

// A line is a network connection that can be cut for a while.
type line struct {
	net  *kfake.VirtualNetwork
	dead atomic.Bool
}

func (l *line) dial(ctx context.Context, network, address string) (net.Conn, error) {
	if l.dead.Load() {
		return nil, io.ErrClosedPipe
	}
	conn, err := l.net.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return &wire{conn, l}, nil
}

type wire struct {
	net.Conn
	line *line
}

func (w *wire) Write(p []byte) (int, error) {
	if w.line.dead.Load() {
		return 0, io.ErrClosedPipe
	}
	return w.Conn.Write(p)
}

func (w *wire) Read(p []byte) (int, error) {
	n, err := w.Conn.Read(p)
	if w.line.dead.Load() {
		return 0, io.ErrClosedPipe
	}
	return n, err
}

// A logbook keeps the log lines of all clients.
type logbook struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logbook) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *logbook) count(what string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Count(l.text.String(), what)
}
