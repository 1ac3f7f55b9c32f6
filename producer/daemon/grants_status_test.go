package daemon

import (
	"strings"
	"testing"
	"time"

	"notion-kafka/notion/notiontest"
	"notion-kafka/producer"
	"notion-kafka/producer/control"
	"notion-kafka/producer/schedule"
)

// needsReconnect checks that the source needs reconnecting, says what to do, and is heard of.
func (w *oauthWorld) needsReconnect(i *oauthMember, heard *reconnects, says string) {
	w.t.Helper()
	now := i.Sources()[0]
	if now.Status != control.SourceNeedsReconnect || !strings.Contains(now.Reason, says) || !strings.Contains(now.Reason, "notion-kafka login --source acme") {
		w.t.Errorf("the source is %s: %s", now.Status, now.Reason)
	}
	if all := heard.of(); len(all) == 0 || !all[len(all)-1] {
		w.t.Errorf("the observer heard %v", all)
	}
}

// hearing is member with an observer, and a trigger that does not come soon.
func (w *oauthWorld) hearing(name string, trigger schedule.Trigger) (*oauthMember, *reconnects) {
	heard := &reconnects{}
	i := w.memberAnd(name, func(i *member) {
		i.opts.Observer = heard
		i.source.Trigger = trigger
	})
	return i, heard
}

// A source that nobody has connected needs reconnecting before any run of it, and not any
// more once it is connected.
func TestSourceThatWasNeverConnectedSaysSo(t *testing.T) {
	inOAuthWorld(t, notiontest.Options{}, notiontest.AppOptions{}, func(t *testing.T, w *oauthWorld) {
		i, heard := w.hearing("one", schedule.Manual{})
		i.awaits(func(m *control.Memory) bool { s, _ := m.SourceState("acme"); return s.Owner == "one" })
		w.needsReconnect(i, heard, "not connected to a workspace yet")
		if _, err := w.allow(i, ada, "acme"); err != nil {
			t.Fatal(err)
		}
		w.pass(time.Minute)
		if now := i.Sources()[0]; now.Status != control.SourceReady {
			t.Errorf("connected, it is %s: %s", now.Status, now.Reason)
		}
		if all := heard.of(); all[len(all)-1] {
			t.Errorf("the observer heard %v", all)
		}
		i.stop()
	})
}

// A connection that Notion refused for good is refused for the next owner too, which does
// not ask Notion to learn that.
func TestNextOwnerKnowsARefusedConnection(t *testing.T) {
	inOAuthWorld(t, notiontest.Options{}, notiontest.AppOptions{}, func(t *testing.T, w *oauthWorld) {
		i := w.member("one")
		if _, err := w.allow(i, ada, "acme"); err != nil {
			t.Fatal(err)
		}
		w.pass(10 * time.Minute)
		w.app.RevokeByPerson(w.app.Bots()[0])
		i.finished(i.mustStart(producer.Order{}).ID)
		w.pass(10 * time.Minute)
		if now := i.Sources()[0]; now.Status != control.SourceNeedsReconnect {
			t.Fatalf("revoked, the source is %s: %s", now.Status, now.Reason)
		}
		i.stop()
		sent := w.requestsSent()
		next, heard := w.hearing("two", schedule.Every{Interval: 100 * time.Hour})
		next.awaits(func(m *control.Memory) bool { s, _ := m.SourceState("acme"); return s.Owner == "two" })
		w.needsReconnect(next, heard, "Notion refuses the connection of source acme")
		w.pass(time.Hour)
		w.needsReconnect(next, heard, "Notion refuses the connection of source acme")
		if n := w.requestsSent() - sent; n != 0 {
			t.Errorf("it sent %d requests", n)
		}
		next.stop()
	})
}
