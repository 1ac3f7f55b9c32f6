//go:build real

package main_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"notion-kafka/notion/notiontest"
)

// Faults that users reported of similar programs, if it takes the whole program and a
// real Kafka to see them.

// A first read is killed half-way, and then people edit and trash pages that it had
// read. The full run after it publishes these changes.
func TestFullRunAfterAKilledFirstRead(t *testing.T) {
	t.Parallel()
	const pages, killedAt = 500, 4 // the pages of the queries before it are committed
	gate := newGate(killedAt)
	s := newStage(t, notiontest.Options{Hook: gate.hook})
	db := s.workspace.AddDatabase("Tasks", notiontest.Prop{Name: "Name", Kind: notiontest.KindTitle})
	db.DataSource().AddPages(pages, time.Now().Add(-72*time.Hour), time.Minute, func(i int) notiontest.Values {
		return notiontest.Values{"Name": fmt.Sprintf("Page %d", i)}
	})
	victim := s.start("once")
	gate.await(victim)
	victim.kill()
	gate.open()
	topic := s.topic("tasks")
	published := sortedKeys(byKey(t, s.consume(topic)))
	if len(published) < 2 || len(published) == pages {
		t.Fatalf("killed with %d of %d pages published: this proves nothing", len(published), pages)
	}
	edited, trashed := published[0], published[1]
	s.workspace.Edit(edited, notiontest.Values{"Name": "Edited"})
	s.workspace.Trash(trashed)

	s.mustRun("once", "--full")
	last := map[string]record{}
	for _, r := range s.consume(topic) {
		last[r.Key] = r
	}
	if now := last[edited]; !strings.Contains(string(now.Value), "Edited") {
		t.Errorf("of the page that was edited the topic has %s", now.Value)
	}
	if now := last[trashed]; string(now.Value) != "null" || now.Headers["notion-kafka.reason"] != "trashed" {
		t.Errorf("of the page that was trashed the topic has %s, %v", now.Value, now.Headers)
	}
	if len(last) != pages {
		t.Errorf("the topic holds %d pages, want %d", len(last), pages)
	}
}

// A run by hand fails because the registry is away. A daemon that is started after it,
// with everything in order and a trigger that is months away, reads at once what was
// never read.
func TestDaemonAfterAFirstRunThatFailed(t *testing.T) {
	t.Parallel()
	s := newStage(t, notiontest.Options{})
	s.workspace.AddDatabase("Tasks").AddPage("One", nil)
	if end := s.run("once", "--set", "schema_registry.url=http://"+freeAddress(t)); end.code != 1 {
		t.Fatalf("once without a registry: exit code %d\n%s", end.code, end.talk)
	}
	daemon := s.start("run", "--set", "defaults.trigger.cron=0 0 1 1 *", "--log-format", "json")
	daemon.await(daemon.talk, "it published the page", func(line string) bool {
		return logged("stream done")(line) && strings.Contains(line, s.topic("tasks")) && strings.Contains(line, `"published":1`)
	})
	t.Logf("ended %v after SIGTERM", daemon.endsInBound())
}
