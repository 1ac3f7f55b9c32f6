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
	ClientID           string   // our name in the brokers' logs and quotas
	Security           Security
	Compression        string        // none, snappy, lz4 or zstd
	TransactionTimeout time.Duration // the broker aborts a transaction that is open longer
	StateTopic         string        // compacted; its partitions are the shards
	Logger             *slog.Logger
	Metrics            prometheus.Registerer                                                // of one open cluster at a time, see measure; nil: no metrics
	Dial               func(ctx context.Context, network, address string) (net.Conn, error) // nil: the machine's network
}

// A Cluster is a connection to Kafka for everything that is not a shard's own
// producer: topics, group, reading.
type Cluster struct {
	opts   Options
	common []kgo.Opt // of every client of the cluster
	client *kgo.Client
	admin  *kadm.Client
}

// Open prepares a cluster's client. It does not connect; the first call does, such
// as [Cluster.Ping].
func Open(opts Options) (*Cluster, error) {
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.DiscardHandler)
	}
	opts.Security.noToken = &tokenFailure{}
	security, err := opts.Security.options(opts.Logger, opts.Brokers, opts.Dial)
	if err != nil {
		return nil, err
	}
	forAll, forOwn := measure(opts.Metrics)
	logged := newTroubles()
	c := &Cluster{opts: opts, common: append(security,
		kgo.SeedBrokers(opts.Brokers...),
		kgo.ClientID(opts.ClientID),
		kgo.MaxDecompressBatchBytes(mostDecompressed),
		kgo.WithLogger(kslog.New(slog.New(quietHandler{opts.Logger.Handler(), slog.LevelWarn, logged, opts.Security.advice}))),
		kgo.WithHooks(forAll...),
	)}
	// Callers get this client's errors and report them.
	const never = slog.LevelError + 1
	client, err := kgo.NewClient(c.clientOptions(
		kgo.WithLogger(kslog.New(slog.New(quietHandler{opts.Logger.Handler(), never, logged, opts.Security.advice}))),
		kgo.WithHooks(forOwn...),
		// For Append.
		kgo.RecordPartitioner(kgo.ManualPartitioner()),
		kgo.ProducerBatchCompression(compression(opts.Compression)),
		kgo.ProducerLinger(0),
		kgo.UnknownTopicRetries(1),               // otherwise a missing topic looks like brokers that do not answer
		kgo.AllowIdempotentProduceCancellation(), // otherwise a broker that is away blocks Append
	)...)
	if err != nil {
		return nil, fmt.Errorf("preparing the Kafka client for %s: %w", c.brokers(), err)
	}
	c.client, c.admin = client, kadm.NewClient(client)
	c.common = append(c.common, kgo.WithHooks(reachHook{opts.Logger, newTroubles(), opts.Security.advice}))
	return c, nil
}

// Close ends the connections of the cluster's own client. Writers and groups have
// connections of their own, which their owners close.
func (c *Cluster) Close() { closeClient(c.client) }

// Ping returns nil when a broker answers. The error names the addresses and what to
// check.
func (c *Cluster) Ping(ctx context.Context) error {
	ctx, cancel := bounded(ctx)
	defer cancel()
	if err := doWithin(ctx, func() error { return c.client.Ping(ctx) }); err != nil {
		if why := c.opts.Security.noToken.last(); why != nil && errors.Is(err, context.DeadlineExceeded) {
			err = why // the client library tries again until the time is over
		}
		return fmt.Errorf("reaching Kafka at %s: %w (%s)", c.brokers(), readable(err), c.opts.Security.advice(err))
	}
	return nil
}

// ID returns the cluster's id.
func (c *Cluster) ID(ctx context.Context) (string, error) {
	ctx, cancel := bounded(ctx)
	defer cancel()
	meta, err := within(ctx, func() (kadm.Metadata, error) { return c.admin.BrokerMetadata(ctx) })
	if err != nil {
		return "", fmt.Errorf("reading the cluster id of Kafka at %s: %w", c.brokers(), readable(err))
	}
	return meta.Cluster, nil
}

// Brokers lists the addresses the cluster advertises.
func (c *Cluster) Brokers(ctx context.Context) ([]string, error) {
	ctx, cancel := bounded(ctx)
	defer cancel()
	meta, err := within(ctx, func() (kadm.Metadata, error) { return c.admin.BrokerMetadata(ctx) })
	if err != nil {
		return nil, fmt.Errorf("listing the brokers of Kafka at %s: %w", c.brokers(), readable(err))
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

// readable replaces errors that franz-go phrases for programmers by errors that a
// person can use.
func readable(err error) error {
	if errors.Is(err, context.DeadlineExceeded) {
		return errNoAnswer
	}
	if _, is := errors.AsType[*kgo.ErrFirstReadEOF](err); is {
		return &endedError{err}
	}
	return err
}

// An endedError means that a broker closed a connection at once. The library's text
// guesses why; see [Security.advice].
type endedError struct{ err error }

// Error implements error.
func (e *endedError) Error() string { return "the broker closed the connection at once" }

// Unwrap returns the library's error.
func (e *endedError) Unwrap() error { return e.err }

var errNoAnswer = errors.New("no answer in time")
