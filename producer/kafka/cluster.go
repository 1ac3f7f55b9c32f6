package kafka

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/plugin/kslog"
)

// Options say how to reach a cluster and how to write to it.
type Options struct {
	Brokers            []string // host:port, at least one
	ClientID           string   // what brokers log and quotas go by
	Security           Security
	Compression        string        // none, snappy, lz4 or zstd
	TransactionTimeout time.Duration // the broker aborts a transaction that is open longer
	StateTopic         string        // compacted; its partitions are the shards
	Logger             *slog.Logger
	Metrics            prometheus.Registerer                                                // of one open cluster at a time, see measure; nil: nobody counts
	Dial               func(ctx context.Context, network, address string) (net.Conn, error) // nil: the machine's network
}

// A Cluster is a connection to Kafka for everything that is not a shard's own
// producer: topics, group, reading.
type Cluster struct {
	opts   Options
	common []kgo.Opt // what every client of the cluster has
	client *kgo.Client
	admin  *kadm.Client
}

// Open prepares a cluster's client. It does not connect: the first call does,
// and [Cluster.Ping] asks for just that.
func Open(opts Options) (*Cluster, error) {
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.DiscardHandler)
	}
	security, err := opts.Security.options(opts.Logger, opts.Brokers, opts.Dial)
	if err != nil {
		return nil, err
	}
	ofAll, ofOwn := measure(opts.Metrics)
	said := newTroubles()
	c := &Cluster{opts: opts, common: append(security,
		kgo.SeedBrokers(opts.Brokers...),
		kgo.ClientID(opts.ClientID),
		kgo.WithLogger(kslog.New(slog.New(quiet{opts.Logger.Handler(), slog.LevelWarn, said, opts.Security.advice}))),
		kgo.WithHooks(ofAll...),
	)}
	// Its errors go to who asked, who says them.
	const never = slog.LevelError + 1
	client, err := kgo.NewClient(c.clientOptions(
		kgo.WithLogger(kslog.New(slog.New(quiet{opts.Logger.Handler(), never, said, opts.Security.advice}))),
		kgo.WithHooks(ofOwn...),
		// For Append.
		kgo.RecordPartitioner(kgo.ManualPartitioner()),
		kgo.ProducerBatchCompression(compression(opts.Compression)),
		kgo.ProducerLinger(0),
		kgo.UnknownTopicRetries(1),               // or a topic that is missing would look like brokers that do not answer
		kgo.AllowIdempotentProduceCancellation(), // or a broker that is away would keep who appends
	)...)
	if err != nil {
		return nil, fmt.Errorf("preparing the Kafka client for %s: %w", c.brokers(), err)
	}
	c.client, c.admin = client, kadm.NewClient(client)
	c.common = append(c.common, kgo.WithHooks(reach{opts.Logger, newTroubles(), opts.Security.advice}))
	return c, nil
}

// Close ends the connections of the cluster's own client. Writers and groups
// have their own and are closed by who made them.
func (c *Cluster) Close() { closeClient(c.client) }

// Ping answers nil when a broker does. The error names the addresses and what
// to look at.
func (c *Cluster) Ping(ctx context.Context) error {
	ctx, cancel := bounded(ctx)
	defer cancel()
	if err := ended(ctx, func() error { return c.client.Ping(ctx) }); err != nil {
		return fmt.Errorf("reaching Kafka at %s: %w (%s)", c.brokers(), readable(err), c.opts.Security.advice(err))
	}
	return nil
}

// ID is the cluster's id.
func (c *Cluster) ID(ctx context.Context) (string, error) {
	ctx, cancel := bounded(ctx)
	defer cancel()
	meta, err := within(ctx, func() (kadm.Metadata, error) { return c.admin.BrokerMetadata(ctx) })
	if err != nil {
		return "", fmt.Errorf("asking Kafka at %s for its cluster id: %w", c.brokers(), readable(err))
	}
	return meta.Cluster, nil
}

// Brokers lists the addresses the cluster advertises.
func (c *Cluster) Brokers(ctx context.Context) ([]string, error) {
	ctx, cancel := bounded(ctx)
	defer cancel()
	meta, err := within(ctx, func() (kadm.Metadata, error) { return c.admin.BrokerMetadata(ctx) })
	if err != nil {
		return nil, fmt.Errorf("asking Kafka at %s for its brokers: %w", c.brokers(), readable(err))
	}
	var out []string
	for _, b := range meta.Brokers {
		out = append(out, fmt.Sprintf("%s:%d", b.Host, b.Port))
	}
	return out, nil
}

func (c *Cluster) brokers() string { return strings.Join(c.opts.Brokers, ", ") }

func (c *Cluster) clientOptions(more ...kgo.Opt) []kgo.Opt {
	return append(slices.Clip(c.common), more...)
}

// readable takes the last word of a chain that franz-go phrases for programmers
// and keeps what a person can use.
func readable(err error) error {
	if errors.Is(err, context.DeadlineExceeded) {
		return errNoAnswer
	}
	if _, is := errors.AsType[*kgo.ErrFirstReadEOF](err); is {
		return &endedError{err}
	}
	return err
}

// An endedError is a connection that a broker closed at once. The library's text
// guesses why; see [Security.advice].
type endedError struct{ err error }

// Error implements error.
func (e *endedError) Error() string { return "the broker closed the connection at once" }

// Unwrap gives the library's error.
func (e *endedError) Unwrap() error { return e.err }

var errNoAnswer = errors.New("no answer in time")
