//go:build real

package main_test

import (
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"

	"notion-kafka/notion/notiontest"
	"notion-kafka/producer/control"
)

// A first start on three brokers, which learn of the new topics one after another,
// succeeds.
func testFirstStarts(t *testing.T, b *broker) {
	const starts, beside = 4, 2
	var starting sync.WaitGroup
	free := make(chan struct{}, beside)
	for range starts {
		w := newSourceStage(t, b.realParts, 2*longestTest, layout{sources: 1, databases: 1, pages: 2})
		starting.Go(func() {
			free <- struct{}{}
			defer func() { <-free }()
			// Few shards, because the nodes keep all of this until the end.
			end := w.start("once", "--set", "kafka.shards=2").wait()
			if end.code != 0 {
				t.Errorf("a first start: exit code %d\n%s%s", end.code, end.out, end.talk)
			}
		})
	}
	starting.Wait()
}

// One of three nodes is down, and one data topic requires three replicas. Its stream
// fails and names the topic; the other database of the source goes on, and so does the
// other source. SIGTERM ends the instance within its bound, and once fails for the same
// reason. When the node is back, nothing is lost or published twice.
func testTopicShortOfReplicas(t *testing.T, b *broker) {
	const ended = 3
	w := newSourceStage(t, b.realParts, 2*longestTest, layout{sources: 2, databases: 2, pages: 3})
	ill, well := w.sources[0], w.sources[1]
	short, other := ill.databases[0], ill.databases[1]
	i := w.startWatched()
	i.publishes(time.Time{}, w.sources...)
	cluster := newObserver(w.stage)
	insist(w.stage, short.topic, "3")
	cluster.until("every replica is in sync", func(all []led) bool {
		return !slices.ContainsFunc(all, func(p led) bool { return len(p.ISR) != b.nodes })
	})
	if err := b.end(w.ctx, ended); err != nil {
		t.Fatal(err)
	}
	cluster.until("the node counts as gone", func(all []led) bool {
		return !slices.ContainsFunc(all, func(p led) bool { return slices.Contains(p.ISR, ended) || p.Leader < 0 })
	})
	stopped := time.Now()
	for _, src := range w.sources {
		for _, db := range src.databases {
			src.setVersion(db.notion.Pages(notiontest.Live)[0], firstVersion+1)
		}
	}
	i.awaitStream(short, control.Failed, stopped, short.topic, "min.insync.replicas")
	failed := time.Since(stopped)
	i.awaitStream(other, control.Succeeded, stopped)
	i.publishes(stopped, well)
	goneOn := time.Since(stopped)
	i.tellsOfFailure(ill.source, short.topic)
	i.isReady()
	took := i.endsInBound()
	once := w.run("once")
	if once.code != 1 || !strings.Contains(once.talk, short.topic) || once.streams(t)[short.stream].Status != "failed" || once.streams(t)[other.stream].Status != "succeeded" {
		t.Errorf("once while the topic is short of replicas: exit code %d\n%s%s", once.code, once.out, once.talk)
	}
	if err := b.up(w.ctx); err != nil {
		t.Fatal(err)
	}
	cluster.until("every replica is in sync", func(all []led) bool {
		return !slices.ContainsFunc(all, func(p led) bool { return len(p.ISR) != b.nodes })
	})
	w.mustRun("once")
	t.Logf("the stream failed after %v, the others had published after %v; ended %v after SIGTERM; once failed after %v; %v",
		failed.Round(time.Millisecond), goneOn.Round(time.Millisecond), took, once.took.Round(time.Millisecond), w.checkPolled())
}

// insist makes a topic accept records only with so many replicas in sync.
func insist(s *stage, topic, replicas string) {
	s.t.Helper()
	alter := []kadm.AlterConfig{{Op: kadm.SetConfig, Name: "min.insync.replicas", Value: &replicas}}
	if _, err := s.admin().AlterTopicConfigs(s.ctx, alter, topic); err != nil {
		s.t.Fatal(err)
	}
	s.until("topic "+topic+" insists on "+replicas+" replicas", func() bool {
		return s.shape(topic, "min.insync.replicas").Config["min.insync.replicas"] == replicas
	})
}

// awaitStream waits until the instance has finished a stream after a moment, with a
// status and, if that is not success, a reason with these words.
func (i *instance) awaitStream(db *testDatabase, status control.Status, since time.Time, words ...string) {
	i.t.Helper()
	line := i.await(i.talk, "stream "+db.stream+" "+string(status), func(text string) bool {
		var line struct {
			Time       time.Time
			Msg, Topic string
			Status     control.Status
			Published  int
		}
		return logged("stream done")(text) && json.Unmarshal([]byte(text), &line) == nil && line.Topic == db.topic &&
			line.Time.After(since) && line.Status == status && (status != control.Succeeded || line.Published > 0)
	})
	for _, word := range words {
		if !strings.Contains(line, word) {
			i.t.Errorf("it does not say %q: %s", word, line)
		}
	}
}
