package kafka

import (
	"context"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// A mute line takes requests and, once switched on, delivers no answer any more: to
// all requests, or to one kind.
type mute struct {
	*bubble
	all  atomic.Bool
	kind atomic.Int32 // -1: none
}

type muteConn struct {
	net.Conn
	mute *mute
}

func (m *mute) dial(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := m.net.DialContext(ctx, network, address)
	return &muteConn{conn, m}, err
}

// Write implements net.Conn.
func (c *muteConn) Write(p []byte) (int, error) {
	if c.mute.all.Load() || len(p) > 6 && int32(p[4])<<8|int32(p[5]) == c.mute.kind.Load() {
		return len(p), nil
	}
	return c.Conn.Write(p)
}

// Every call to Kafka ends within a minute if brokers take requests and never
// answer, whatever the caller's context. Calls that read records give up after their
// attempts.
func TestEveryCallEndsThoughKafkaNeverAnswers(t *testing.T) {
	call := map[string]func(ctx context.Context, c *Cluster, w *Writer) error{
		"Ping":              func(ctx context.Context, c *Cluster, _ *Writer) error { return c.Ping(ctx) },
		"ID":                func(ctx context.Context, c *Cluster, _ *Writer) error { _, err := c.ID(ctx); return err },
		"Brokers":           func(ctx context.Context, c *Cluster, _ *Writer) error { _, err := c.Brokers(ctx); return err },
		"CheckTransactions": func(ctx context.Context, c *Cluster, _ *Writer) error { return c.CheckTransactions(ctx) },
		"Denied": func(ctx context.Context, c *Cluster, _ *Writer) error {
			_, err := c.Denied(ctx, rightsWeNeed())
			return err
		},
		"Topic": func(ctx context.Context, c *Cluster, _ *Writer) error { _, err := c.Topic(ctx, dataTopic); return err },
		"EnsureTopic": func(ctx context.Context, c *Cluster, _ *Writer) error {
			_, err := c.EnsureTopic(ctx, pages())
			return err
		},
		"Writable": func(ctx context.Context, c *Cluster, _ *Writer) error { return c.Writable(ctx, dataTopic) },
		"EndOffsets": func(ctx context.Context, c *Cluster, _ *Writer) error {
			_, err := c.EndOffsets(ctx, dataTopic)
			return err
		},
		"StartOffsets": func(ctx context.Context, c *Cluster, _ *Writer) error {
			_, err := c.StartOffsets(ctx, dataTopic)
			return err
		},
		"LastRecords": func(ctx context.Context, c *Cluster, _ *Writer) error {
			_, err := c.LastRecords(ctx, stateTopic, 3)
			return err
		},
		"Backward": func(ctx context.Context, c *Cluster, _ *Writer) error {
			b, err := c.Backward(ctx, stateTopic, func(int32) int64 { return FromEnd })
			if err == nil {
				_, _, err = b.Next(ctx)
			}
			return err
		},
		"RecordAt": func(ctx context.Context, c *Cluster, _ *Writer) error {
			_, err := c.RecordAt(ctx, stateTopic, 0, 0)
			return err
		},
		"ReadAll": func(ctx context.Context, c *Cluster, _ *Writer) error {
			for _, err := range c.ReadAll(ctx, stateTopic) {
				if err != nil {
					return err
				}
			}
			return nil
		},
		"FirstRecords": func(ctx context.Context, c *Cluster, _ *Writer) error { _, err := c.FirstRecords(ctx); return err },
		"Initialise":   func(ctx context.Context, c *Cluster, _ *Writer) error { return c.Initialise(ctx, 2, kv("meta", "1")) },
		"Claim": func(ctx context.Context, c *Cluster, _ *Writer) error {
			w, err := c.Claim(ctx, 1, kv("owner", "me"))
			if err == nil {
				w.Close()
			}
			return err
		},
		"Members": func(ctx context.Context, c *Cluster, _ *Writer) error { _, err := c.Members(ctx, "group"); return err },
		"Append":  func(ctx context.Context, c *Cluster, _ *Writer) error { return c.Append(ctx, stateTopic, kv("k", "v")) },
		"Commit": func(ctx context.Context, _ *Cluster, w *Writer) error {
			return w.Commit(ctx, []Record{record("k", "v")}, stateOf(kv("cursor", "1")))
		},
		"Restore": func(ctx context.Context, _ *Cluster, w *Writer) error {
			for _, err := range w.Restore(ctx) {
				if err != nil {
					return err
				}
			}
			return nil
		},
	}
	kinds := []kmsg.Key{
		-1, // all
		kmsg.Metadata, kmsg.DescribeConfigs, kmsg.ListOffsets, kmsg.Fetch, kmsg.Produce, kmsg.InitProducerID, kmsg.AddPartitionsToTxn,
		kmsg.EndTxn, kmsg.FindCoordinator, kmsg.DescribeGroups, kmsg.CreateTopics, kmsg.Heartbeat,
	}
	for name, request := range call {
		longest := time.Minute
		if name == "Restore" || name == "LastRecords" || name == "Backward" || name == "RecordAt" || name == "ReadAll" || name == "FirstRecords" {
			longest = 3 * time.Minute // they make several requests
		}
		t.Run(name, func(t *testing.T) {
			for _, kind := range kinds {
				inBubble(t, func(t *testing.T, b *bubble) {
					m := &mute{bubble: b}
					m.kind.Store(-1)
					c := b.cluster(func(o *Options) { o.Dial = m.dial })
					w := b.claim(c, "me")
					m.kind.Store(int32(kind))
					m.all.Store(kind == -1)
					ended := make(chan error, 1)
					ctx, stop := context.WithCancel(t.Context())
					defer stop()
					began := time.Now()
					go func() { ended <- request(ctx, c, w) }()
					select {
					case err := <-ended:
						if kind == -1 && err == nil && name != "ID" && name != "Brokers" { // the client caches these two
							t.Error("it was answered by nobody")
						}
						t.Logf("%s with %s unanswered: after %v %v", name, kind.Name(), time.Since(began), err)
					case <-time.After(longest):
						t.Errorf("%s with %s unanswered: still waiting after %v", name, kind.Name(), longest)
					}
				})
			}
		})
	}
}
