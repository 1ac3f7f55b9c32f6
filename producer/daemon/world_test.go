package daemon

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"golang.org/x/oauth2"

	"notion-kafka/avro"
	"notion-kafka/notion"
	"notion-kafka/notion/columns"
	"notion-kafka/notion/notiontest"
	"notion-kafka/producer"
	"notion-kafka/producer/control"
	"notion-kafka/producer/kafka"
	"notion-kafka/producer/schedule"
	"notion-kafka/producer/shard"
	"notion-kafka/producer/state"
)

// A world is a simulated Notion and a Kafka in one bubble of virtual time.
// Processes come and go in it; a checker proves what they leave behind.
type world struct {
	t       *testing.T
	notion  *notiontest.Workspace
	broker  *kfake.Cluster
	net     *kfake.VirtualNetwork
	shards  int32
	schemas producer.Schemas // nil: fixedSchemas
	logs    *logbook
}

// inWorld runs a test in a world of its own.
func inWorld(t *testing.T, options notiontest.Options, test func(t *testing.T, w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		options.Violation = func(what string) { t.Error("Notion's contract broken:", what) }
		w := &world{t: t, notion: notiontest.New(options), net: &kfake.VirtualNetwork{}, shards: 2, logs: &logbook{}}
		broker, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.Ports(9092), kfake.ListenFn(w.net.Listen),
			kfake.BrokerConfigs(map[string]string{
				"group.initial.rebalance.delay.ms": "0",
				// kfake compacts without regard to open transactions, and cuts compacted
				// topics by time.
				"log.cleaner.backoff.ms": "315360000000", "log.retention.ms": "-1",
			}))
		if err != nil {
			t.Fatal(err)
		}
		w.broker = broker
		defer broker.Close()
		test(t, w)
		w.pass(time.Minute) // calls that were left behind end (kafka.within)
	})
}

// A logbook keeps the log lines of a world's processes.
type logbook struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logbook) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *logbook) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// pass lets virtual time go by.
func (w *world) pass(d time.Duration) { <-time.After(d) }

// A process is one notion-kafka with a network of its own, which can be cut.
type process struct {
	*Daemon
	source  *producer.Source
	cluster *kafka.Cluster
	cable   *cable
	runner  *runner // see on
}

// daemon runs a process as `run` does. Its reports come through the channel;
// stop ends it and waits.
func (w *world) daemon(p *process) (reports chan producer.Report, stop func()) {
	reports = make(chan producer.Report, 10_000)
	p.opts.Report = func(report producer.Report) { reports <- report }
	ctx, cancel := context.WithCancel(w.t.Context())
	ended := make(chan error, 1)
	go func() { ended <- p.Run(ctx) }()
	return reports, func() {
		w.t.Helper()
		cancel()
		if err := <-ended; err != nil {
			w.t.Errorf("the daemon ended with %v", err)
		}
		p.cluster.Close()
	}
}

// start begins a process with one source, "acme".
func (w *world) start(change ...func(*producer.Source)) *process {
	w.t.Helper()
	cable := &cable{net: w.net}
	cluster, err := kafka.Open(kafka.Options{
		Brokers: []string{"127.0.0.1:9092"}, ClientID: "test", Compression: "none", TransactionTimeout: 30 * time.Second,
		StateTopic: "state", Dial: cable.dial,
	})
	if err != nil {
		w.t.Fatal(err)
	}
	client, err := notion.NewClient(notion.Options{
		BaseURL: "https://notion.invalid", Transport: w.notion.RoundTripper(),
		Tokens: oauth2.StaticTokenSource(&oauth2.Token{AccessToken: w.notion.Token()}),
	})
	if err != nil {
		w.t.Fatal(err)
	}
	source := &producer.Source{
		Name: "acme", TopicPrefix: "notion.acme.", Notion: client, Trigger: schedule.Every{Interval: 5 * time.Minute},
		Select: func(string, string, string) (producer.Settings, bool) {
			return producer.Settings{Overlap: 2 * time.Minute}, true
		},
	}
	for _, c := range change {
		c(source)
	}
	compact := map[string]string{"cleanup.policy": "compact"}
	daemon := New(Options{
		Cluster: cluster, Group: "group", Instance: "instance", Sources: []*producer.Source{source}, Schemas: w.registry(),
		StateTopic:     kafka.TopicSpec{Name: "state", Partitions: w.shards, ReplicationFactor: 1, Config: compact, Create: true},
		ControlTopic:   kafka.TopicSpec{Name: "control", Partitions: 1, ReplicationFactor: 1, Config: compact, Create: true},
		DataTopic:      kafka.TopicSpec{Partitions: 3, ReplicationFactor: 1, Config: compact, Create: true},
		DiscoveryEvery: time.Hour, Logger: slog.New(slog.NewTextHandler(w.logs, nil)),
	})
	return &process{Daemon: daemon, source: source, cluster: cluster, cable: cable}
}

// run runs the source once, without the group around it.
func (p *process) run(ctx context.Context, order producer.Order) (producer.Report, error) {
	if err := p.Prepare(ctx); err != nil {
		return producer.Report{}, err
	}
	s, err := p.shards().Claim(ctx, state.ShardOf(p.source.Name, p.opts.StateTopic.Partitions), producer.NewID(time.Now()))
	if err != nil {
		return producer.Report{}, err
	}
	defer s.Close()
	report := p.on(s).run(ctx, order)
	if report.Err() == nil {
		err = s.Flush(ctx, p.source.Name)
	}
	return report, errors.Join(report.Err(), err)
}

// on returns the runner of the source on a shard that the process has claimed.
func (p *process) on(s *shard.Shard) *runner {
	if p.runner == nil || p.runner.task.Shard != s {
		p.runner = newRunner(p.Daemon, s, p.source, newSourceMemory(), nil, false)
	}
	return p.runner
}

// mustRun runs a new process once and fails the test unless all went well.
func (w *world) mustRun(order producer.Order, change ...func(*producer.Source)) producer.Report {
	w.t.Helper()
	p := w.start(change...)
	defer p.cluster.Close()
	report, err := p.run(w.t.Context(), order)
	if err != nil || report.Status != control.Succeeded {
		w.t.Fatalf("run: %v, report %+v\n%s", err, report, w.logs)
	}
	return report
}

// records reads a topic as a read_committed consumer sees it.
func (w *world) records(topic string) []kafka.Stored {
	w.t.Helper()
	p := w.start()
	defer p.cluster.Close()
	var out []kafka.Stored
	for r, err := range p.cluster.ReadAll(w.t.Context(), topic) {
		if errors.Is(err, kafka.ErrTopicMissing) {
			return nil
		}
		if err != nil {
			w.t.Fatal(err)
		}
		out = append(out, r)
	}
	return out
}

// checkTopic proves that a topic holds every live or archived page of a
// database with the content it has now, and each version once.
func (w *world) checkTopic(db *notiontest.Database, topic string) {
	w.t.Helper()
	versions := map[string]bool{}
	last := map[string][]byte{}
	for _, r := range w.records(topic) {
		if version := string(r.Key) + string(r.Value); versions[version] {
			w.t.Errorf("page %s was published twice with the same content", r.Key)
		} else {
			versions[version] = true
		}
		last[string(r.Key)] = r.Value
	}
	truth := append(db.Pages(notiontest.Live), db.Pages(notiontest.Archived)...)
	if len(last) != len(truth) {
		w.t.Errorf("topic %s holds %d pages, the database has %d", topic, len(last), len(truth))
	}
	encoder := avro.NewPageEncoder(1)
	for _, id := range truth {
		object, _ := w.notion.Page(id)
		page, err := notion.DecodePage(object)
		if err != nil {
			w.t.Fatal(err)
		}
		want, err := encoder.Append(nil, &page)
		if err != nil {
			w.t.Fatal(err)
		}
		if !bytes.Equal(last[id], want) {
			w.t.Errorf("page %s\n in the topic %s\n in Notion    %s", id, readable(w.t, last[id]), readable(w.t, want))
		}
	}
}

// readable is a record's value as text.
func readable(t *testing.T, value []byte) string {
	if value == nil {
		return "nothing"
	}
	_, body, err := avro.SplitFrame(value)
	if err != nil {
		t.Fatal(err)
	}
	text, err := avro.Decode(avro.PageSchema, body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func (w *world) registry() producer.Schemas {
	if w.schemas != nil {
		return w.schemas
	}
	return fixedSchemas{}
}

// fixedSchemas stands for a registry that has everything under id 1.
type fixedSchemas struct{}

func (fixedSchemas) Pages(context.Context, string) (func([]byte, *notion.Page) ([]byte, error), error) {
	return avro.NewPageEncoder(1).Append, nil
}

func (fixedSchemas) Rows(_ context.Context, _ string, list []columns.Column) (func([]byte, *notion.Page, []columns.Value) ([]byte, error), error) {
	return avro.NewRowEncoder(1, list).Append, nil
}

func (fixedSchemas) Databases(context.Context, string) (func([]byte, *notion.Database) ([]byte, error), error) {
	return avro.NewDatabaseEncoder(1).Append, nil
}

// A cable is a process's network. After a number of reads or writes it is cut
// for good, as if the machine had died there.
type cable struct {
	net *kfake.VirtualNetwork

	writes, reads     atomic.Int64
	cutWrite, cutRead atomic.Int64 // 0: never
	dead              atomic.Bool
	onCut             func()
	swallow           atomic.Int32 // requests of this kind (kmsg.Key, and one more) are never answered; 0: none, -1: all
	swallowFrom       atomic.Int32 // from the first of this kind on none is

	mu    sync.Mutex
	conns []net.Conn
	held  chan struct{} // open while nothing goes through
}

// hold lets nothing through until release, as if the process were suspended.
func (c *cable) hold() (release func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	held := make(chan struct{})
	c.held = held
	return func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.held = nil
		close(held)
	}
}

func (c *cable) pass() {
	c.mu.Lock()
	held := c.held
	c.mu.Unlock()
	if held != nil {
		<-held
	}
}

func (c *cable) dial(ctx context.Context, network, address string) (net.Conn, error) {
	if c.dead.Load() {
		return nil, errUnplugged
	}
	conn, err := c.net.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.conns = append(c.conns, conn)
	return &plug{conn, c}, nil
}

func (c *cable) cut() error {
	if !c.dead.Swap(true) {
		c.mu.Lock()
		for _, conn := range c.conns {
			conn.Close()
		}
		c.mu.Unlock()
		if c.onCut != nil {
			c.onCut()
		}
	}
	return errUnplugged
}

// repair lets a cut cable work again.
func (c *cable) repair() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.conns = nil
	c.dead.Store(false)
}

// errUnplugged is the system's error for a machine that cannot be reached.
var errUnplugged = &net.OpError{Op: "dial", Net: "tcp", Err: io.ErrClosedPipe}

// A plug is one connection of a cable. A write that is cut never arrives; at a read that
// is cut, the broker has carried out the request.
type plug struct {
	net.Conn
	cable *cable
}

func (p *plug) Write(b []byte) (int, error) {
	p.cable.pass()
	if n := p.cable.writes.Add(1); n == p.cable.cutWrite.Load() {
		return 0, p.cable.cut()
	}
	if len(b) > 6 && p.cable.swallowFrom.CompareAndSwap(int32(b[4])<<8|int32(b[5])+1, 0) {
		p.cable.swallow.Store(-1)
	}
	if kind := p.cable.swallow.Load(); kind < 0 || kind > 0 && len(b) > 6 && int32(b[4])<<8|int32(b[5]) == kind-1 {
		return len(b), nil
	}
	return p.Conn.Write(b)
}

func (p *plug) Read(b []byte) (int, error) {
	n, err := p.Conn.Read(b)
	p.cable.pass()
	if p.cable.reads.Add(1) == p.cable.cutRead.Load() {
		return 0, p.cable.cut()
	}
	return n, err
}
