//go:build real

package main_test

import (
	"context"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"

	"notion-kafka/notion/notiontest"
)

// soonMissed makes a cluster notice after three seconds instead of nine that a node is
// gone. Until then a killed node cannot come back either.
const soonMissed = "broker.session.timeout.ms=3000\nbroker.heartbeat.interval.ms=500\n"

// The broker is away when daemons start, and is later stopped or killed with -9 while
// commits are held at every step. The daemons wait and continue by themselves. Once
// reports whether it failed, and the next one completes what it left. Nothing is lost,
// nothing published twice.
func testRestartsInMidCommit(t *testing.T) {
	t.Parallel()
	relay := newRelay(t)
	b := ownBroker(t, 1, soonMissed+relay.properties())
	relay.leadTo(b.brokers)
	parts := b.realParts
	parts.brokers = relay.address
	small := layout{sources: 1, databases: 1, pages: 20}
	scene := func(step string, at trap) *midCommit {
		return &midCommit{
			step: step, at: at,
			forDaemon: newSourceStage(t, parts, 2*longestTest, small), forOnce: newSourceStage(t, parts, 2*longestTest, small),
		}
	}
	scenes := []*midCommit{
		// One request has the page and the next one the state; a commit of state alone
		// has only the latter.
		scene("before its last records arrive", trap{key: kmsg.Produce, written: 1}),
		scene("before its end arrives", trap{key: kmsg.EndTxn, written: 2}),
		scene("before the answer to its end goes back", trap{key: kmsg.EndTxn, written: 2, after: true}),
	}
	startWithoutBroker(b, scenes)

	version := firstVersion
	for _, broken := range []struct {
		name string
		off  func(ctx context.Context, node int) error
	}{
		{"ended", b.end},
		{"killed", b.kill},
	} {
		version++
		for _, m := range scenes {
			m.hold(relay, version)
		}
		for _, m := range scenes {
			m.awaitHeld()
		}
		if err := broken.off(t.Context(), 1); err != nil {
			t.Fatal(err)
		}
		away := time.Now()
		if err := b.up(t.Context()); err != nil {
			t.Fatal(err)
		}
		back := time.Now()
		t.Logf("the broker was %s and is back after %v", broken.name, back.Sub(away).Round(time.Millisecond))
		for _, m := range scenes {
			m.forDaemon.edit(1, version)
		}
		for _, m := range scenes {
			m.goesOn(back)
		}
	}
	for _, m := range scenes {
		m.daemon.signal(syscall.SIGTERM)
		if end := m.daemon.wait(); end.code != 0 {
			t.Errorf("SIGTERM ended the daemon with exit code %d\n%s", end.code, end.talk)
		}
		m.forDaemon.mustRun("once")
		t.Logf("the daemon whose commits were held %s: %v", m.step, m.forDaemon.checkPolled())
	}
}

// A midCommit is a daemon and a once, each with sources of its own, whose commits are
// held at one step.
type midCommit struct {
	step               string
	at                 trap
	forDaemon, forOnce *sourceStage

	daemon, once *child
	held         []*heldCommit
}

// startWithoutBroker starts the daemons while no broker is there: they log that they
// wait, and later continue by themselves. Once fails.
func startWithoutBroker(b *broker, scenes []*midCommit) {
	b.t.Helper()
	if err := b.end(b.t.Context(), 1); err != nil {
		b.t.Fatal(err)
	}
	w := scenes[0].forOnce
	end := w.run("once")
	if end.code != 1 || end.out != "" || !strings.Contains(end.talk, "reaching Kafka at "+w.brokers) {
		b.t.Errorf("once without a broker: exit code %d\n%s%s", end.code, end.out, end.talk)
	}
	for _, m := range scenes {
		m.daemon = m.forDaemon.startAs("run", "--set", "defaults.trigger.every=1s", "--log-format", "json")
		m.daemon.await(m.daemon.talk, "it said that it waits", logged("waiting for Kafka"))
	}
	if err := b.up(b.t.Context()); err != nil {
		b.t.Fatal(err)
	}
	back := time.Now()
	for _, m := range scenes {
		m.forDaemon.shows(back)
	}
	b.t.Logf("without a broker once failed after %v; the daemons that waited had published %v after it was there",
		end.took.Round(time.Millisecond), time.Since(back).Round(time.Millisecond))
	for _, m := range scenes {
		m.forOnce.mustRun("once")
	}
}

// hold edits a page for both and holds the commits of the edits.
func (m *midCommit) hold(r *relay, version int) {
	m.held = []*heldCommit{
		m.forDaemon.holdCommit(r, m.at, version, func() *child { return m.daemon }),
		m.forOnce.holdCommit(r, m.at, version, func() *child { m.once = m.forOnce.startAs("once"); return m.once }),
	}
}

func (m *midCommit) awaitHeld() {
	for _, c := range m.held {
		c.await(!m.at.after)
	}
}

// goesOn checks the state after the broker came back at a given moment.
func (m *midCommit) goesOn(back time.Time) {
	t := m.daemon.t
	t.Helper()
	m.forDaemon.shows(back)
	published := time.Since(back)
	end := m.once.wait()
	if honest := end.code == 0 || end.code == 1 && strings.Contains(end.talk, "outcome of the transaction unknown"); !honest {
		t.Errorf("once, with its commit held %s: exit code %d\n%s%s", m.step, end.code, end.out, end.talk)
	}
	m.forOnce.mustRun("once")
	t.Logf("held %s: the daemon published the next edit %v later; once ended with exit code %d, and the next one left %v",
		m.step, published.Round(time.Millisecond), end.code, m.forOnce.checkPolled())
}

// startAs starts a child whose requests a relay recognises by the stage's name.
func (w *sourceStage) startAs(args ...string) *child {
	w.t.Helper()
	return w.start(append(args, "--set", "kafka.client_id="+w.name)...)
}

// edit gives a page of every source its next version.
func (w *sourceStage) edit(page, version int) {
	for _, src := range w.sources {
		src.setVersion(src.databases[0].notion.Pages(notiontest.Live)[page], version)
	}
}

// A heldCommit is the commit of an edit that a relay holds at one step.
type heldCommit struct {
	sourceStage *sourceStage
	by          *child
	caught      <-chan struct{}
}

// holdCommit edits a page of the only source and has its commit held at the step of a
// trap. The child is started only when its next query is held back already, so that the
// trap catches nothing else.
func (w *sourceStage) holdCommit(r *relay, at trap, version int, by func() *child) *heldCommit {
	w.t.Helper()
	gate := w.holdQuery()
	c := &heldCommit{sourceStage: w, by: by()}
	gate.await(c.by)
	w.edit(0, version)
	at.client, at.topic = w.name, w.topicRef(w.sources[0].databases[0].topic)
	c.caught = r.set(at)
	gate.open()
	return c
}

// await waits until the commit is held. If the transaction is still open, its records
// are in the topic and no consumer sees them.
func (c *heldCommit) await(open bool) {
	c.by.t.Helper()
	select {
	case <-c.caught:
	case <-c.by.isEnded:
		c.by.t.Fatalf("%s ended with exit code %d before it came to the step\n%s%s", c.by.what, c.by.end.code, c.by.end.out, c.by.end.talk)
	case <-c.by.ctx.Done():
		c.by.t.Fatalf("%s does not come to the step; so far it wrote\n%s", c.by.what, c.by.talk)
	}
	if topic := c.sourceStage.sources[0].databases[0].topic; open && !c.sourceStage.openTransactions(topic) {
		c.by.t.Errorf("what was caught is no commit of an edit: no transaction is open in topic %s", topic)
	}
}
