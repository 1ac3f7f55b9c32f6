//go:build real

package main_test

import (
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// Kafka accepts requests of an instance and does not respond to them any more, to all
// kinds of requests or to one, from a moment within a commit or between two. The
// instance reports what it waits for, and SIGTERM ends it within its bound. Nothing is
// lost, nothing published twice.
//
// It runs before the tests of other brokers and not beside them: under their load an
// instance once committed before its commit could be caught.
func testKafkaNeverAnswers(t *testing.T) {
	relay := newRelay(t)
	b := ownBroker(t, 1, relay.properties())
	relay.leadTo(b.brokers)
	parts := b.realParts
	parts.brokers = relay.address
	finish := neverAnswersInMidCommit(t, relay, parts)
	neverAnswersAnyMore(t, relay, parts)
	finish()
}

func everyKind(kmsg.Key) bool { return true }

func onlyKind(kind kmsg.Key) func(kmsg.Key) bool {
	return func(key kmsg.Key) bool { return key == kind }
}

// neverAnswersInMidCommit stops instances whose commit has just met the silence; finish
// waits for their ends.
func neverAnswersInMidCommit(t *testing.T, relay *relay, parts realParts) (finish func()) {
	t.Helper()
	type scene struct {
		*sourceStage
		*instance
		what string
		at   trap
		held *heldCommit
	}
	scenes := []*scene{
		{what: "nothing, from the data's records on", at: trap{key: kmsg.Produce, written: 0, then: everyKind}},
		{what: "nothing, from the state's records on", at: trap{key: kmsg.Produce, written: 1, then: everyKind}},
		{what: "nothing, from the end on", at: trap{key: kmsg.EndTxn, written: 2, then: everyKind}},
		{what: "nothing, from the answer to the end on", at: trap{key: kmsg.EndTxn, written: 2, after: true, then: everyKind}},
		{what: "no records, from the state's on", at: trap{key: kmsg.Produce, written: 1, then: onlyKind(kmsg.Produce)}},
		{what: "no ends of transactions", at: trap{key: kmsg.EndTxn, written: 2, then: onlyKind(kmsg.EndTxn)}},
	}
	for _, s := range scenes {
		s.sourceStage, s.instance = startBehind(t, parts)
	}
	for _, s := range scenes {
		s.publishes(time.Time{}, s.sources...)
	}
	var ends []func() time.Duration
	for _, s := range scenes {
		s.held = s.holdCommit(relay, s.at, firstVersion+1, func() *child { return s.child })
		s.held.await(!s.at.after && s.at.written > 0)
		ends = append(ends, s.toEnd())
	}
	return func() {
		for n, s := range scenes {
			took := ends[n]()
			s.mustRun("once")
			t.Logf("Kafka answers %s: ended %v after SIGTERM; %v", s.what, took, s.checkPolled())
		}
	}
}

// neverAnswersAnyMore checks that instances report what they wait for.
func neverAnswersAnyMore(t *testing.T, relay *relay, parts realParts) {
	t.Helper()
	type scene struct {
		*sourceStage
		*instance
		what  string
		kinds func(kmsg.Key) bool
		need  string // the name in /readyz
	}
	scenes := []*scene{
		{what: "nothing", kinds: everyKind, need: "kafka"},
		{what: "no records", kinds: onlyKind(kmsg.Produce), need: "shards"},
		{what: "no ends of transactions", kinds: onlyKind(kmsg.EndTxn), need: "shards"},
	}
	for _, s := range scenes {
		s.sourceStage, s.instance = startBehind(t, parts)
	}
	for _, s := range scenes {
		s.publishes(time.Time{}, s.sources...)
		relay.leaveUnanswered(s.name, s.kinds)
		s.edit(0, firstVersion+1)
	}
	silence := time.Now()
	var ends []func() time.Duration
	for _, s := range scenes {
		said := s.isNotReady(s.need, "")
		reason := s.tellsOfFailure(s.sources[0].source)
		t.Logf("Kafka answers %s: after %v /readyz says %s, and the status %s", s.what, time.Since(silence).Round(time.Millisecond), said, reason)
		ends = append(ends, s.toEnd())
	}
	for n, s := range scenes {
		took := ends[n]()
		s.mustRun("once")
		t.Logf("Kafka answers %s: ended %v after SIGTERM; %v", s.what, took, s.checkPolled())
	}
}

// startBehind starts an instance whose requests a relay recognises by the stage's name.
func startBehind(t *testing.T, parts realParts) (*sourceStage, *instance) {
	t.Helper()
	w := newSourceStage(t, parts, 2*longestTest, layout{sources: 1, databases: 1, pages: 5})
	return w, w.startWatched("kafka.client_id=" + w.name)
}

// isOf reports whether a client.id belongs to a process.
func isOf(client, process string) bool {
	return client == process || strings.HasPrefix(client, process+"@")
}
