//go:build real

package main_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// These tests have brokers of their own to break. They run beside each other, because
// most of their time is waiting, and beside no other tests.
func TestBrokersInTrouble(t *testing.T) {
	t.Run("three nodes", func(t *testing.T) {
		t.Parallel()
		b := ownBroker(t, 3, soonMissed)
		t.Run("first starts", func(t *testing.T) { testFirstStarts(t, b) })
		t.Run("a topic short of replicas", func(t *testing.T) { testTopicShortOfReplicas(t, b) })
		t.Run("leaders move", func(t *testing.T) { testLeadersMove(t, b) })
	})
	t.Run("restarts in mid-commit", testRestartsInMidCommit)
	t.Run("never answers", testKafkaNeverAnswers)
}

// Of three nodes two are killed and one is stopped, one after another, while two
// instances publish edits: leaders and coordinators move, and every source continues
// before the node is back. Nothing is lost, nothing published twice.
func testLeadersMove(t *testing.T, b *broker) {
	const sources, pages = 4, 50
	nodes := b.nodes
	w := newSourceStage(t, b.realParts, 2*longestTest, layout{sources: sources, databases: 1, pages: pages})
	began := time.Now()
	cluster := newObserver(w.stage)
	daemons := []*child{w.startDaemon(), w.startDaemon()}
	for _, d := range daemons {
		d.await(d.talk, "it was given a shard", logged("serving a shard"))
	}
	w.shows(began)
	cluster.until("every topic has a replica on every node", func(all []led) bool {
		return !slices.ContainsFunc(all, func(p led) bool { return len(p.ISR) != nodes })
	})
	topic := w.sources[0].databases[0].topic
	if shape := w.shape(topic, "min.insync.replicas"); shape.Config["min.insync.replicas"] != "2" {
		t.Errorf("topic %s has %v, want min.insync.replicas=2", topic, shape.Config)
	}
	seed := chaosSeed(t)
	busy, goHome := context.WithCancel(w.ctx)
	defer goHome()
	residents := newPeople(seed, w)
	var working sync.WaitGroup
	working.Go(func() { residents.work(busy, 50*time.Millisecond) })

	turns := []struct {
		node int
		what string
		off  func(ctx context.Context, node int) error
	}{{1, "killed", b.kill}, {2, "killed", b.kill}, {3, "ended", b.end}}
	for _, turn := range turns {
		leads := cluster.leads(turn.node)
		if len(leads) == 0 {
			t.Errorf("node %d leads nothing: nothing moves when it is %s", turn.node, turn.what)
		}
		broken := time.Now()
		if err := turn.off(w.ctx, turn.node); err != nil {
			t.Fatal(err)
		}
		cluster.until("another node leads whatever this one led", func(all []led) bool {
			return !slices.ContainsFunc(all, func(p led) bool { return p.Leader == int32(turn.node) || p.Leader < 0 })
		})
		moved := time.Now()
		w.shows(moved)
		published := time.Now()
		if err := b.up(w.ctx); err != nil {
			t.Fatal(err)
		}
		cluster.until("every replica is in sync", func(all []led) bool {
			return !slices.ContainsFunc(all, func(p led) bool { return len(p.ISR) != nodes })
		})
		t.Logf("node %d was %s, which led %v: moved after %v, every source published after %v, all in sync after %v", turn.node, turn.what, leads,
			moved.Sub(broken).Round(time.Millisecond), published.Sub(broken).Round(time.Millisecond), time.Since(broken).Round(time.Millisecond))
	}
	goHome()
	working.Wait()
	for _, d := range daemons {
		d.signal(syscall.SIGTERM)
		if end := d.wait(); end.code != 0 {
			t.Errorf("SIGTERM ended a daemon with exit code %d\n%s", end.code, end.talk)
		}
	}
	w.mustRun("once")
	w.checkPolled()
	w.mustRun("once", "--full")
	t.Logf("CHAOS_SEED=%d; done to pages: %v; %v", seed, residents.did, w.checkScanned())
}

// An observer reads a cluster's own metadata of its partitions.
type observer struct {
	s      *stage
	client *kgo.Client
}

func newObserver(s *stage) *observer {
	s.t.Helper()
	client, err := kgo.NewClient(kgo.SeedBrokers(strings.Split(s.brokers, ",")...))
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(client.Close)
	return &observer{s, client}
}

// A led is a partition with its leader and its followers.
type led struct {
	topic string
	kmsg.MetadataResponseTopicPartition
}

// partitions returns the partitions of all topics, Kafka's own included.
func (o *observer) partitions() ([]led, error) {
	ctx, cancel := context.WithTimeout(o.s.ctx, time.Second) // a node may be paused
	defer cancel()
	req := kmsg.NewPtrMetadataRequest() // names no topics: all of them
	resp, err := req.RequestWith(ctx, o.client)
	if err != nil {
		return nil, err
	}
	var all []led
	for _, topic := range resp.Topics {
		if err := kerr.ErrorForCode(topic.ErrorCode); err != nil {
			return nil, fmt.Errorf("topic %s: %w", *topic.Topic, err)
		}
		for _, p := range topic.Partitions {
			all = append(all, led{*topic.Topic, p})
		}
	}
	return all, nil
}

// until repeats a request, also while no node responds.
func (o *observer) until(what string, holds func(all []led) bool) {
	o.s.t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		all, err := o.partitions()
		if err == nil && holds(all) {
			return
		}
		select {
		case <-tick.C:
		case <-o.s.ctx.Done():
			o.s.t.Fatalf("waited in vain until %s: %+v, %v", what, all, err)
		}
	}
}

// leads counts the partitions that a node leads, by topic: of data and state, and of
// Kafka's own topics, which make it a coordinator.
func (o *observer) leads(node int) map[string]int {
	o.s.t.Helper()
	all, err := o.partitions()
	if err != nil {
		o.s.t.Fatal(err)
	}
	counts := map[string]int{}
	for _, p := range all {
		if p.Leader == int32(node) {
			counts[strings.TrimPrefix(p.topic, o.s.name+".")]++
		}
	}
	return counts
}
