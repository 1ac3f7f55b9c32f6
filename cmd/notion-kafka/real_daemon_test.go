//go:build real

package main_test

import (
	"encoding/json"
	"strings"
	"syscall"
	"testing"
	"time"

	"notion-kafka/notion/notiontest"
)

// The daemon publishes pages and their changes until SIGTERM, and ends well: exit code
// 0, the group left, nothing lost or published twice.
func TestDaemonFollowsEdits(t *testing.T) {
	t.Parallel()
	s := newStage(t, notiontest.Options{})
	db := s.workspace.AddDatabase("Tasks", notiontest.Prop{Name: "Name", Kind: notiontest.KindTitle})
	page := db.AddPage("Write it down", nil)
	db.AddPage("Read it", nil)
	topic := s.topic("tasks")

	daemon := s.start("run", "--set", "defaults.trigger.every=1s", "--log-format", "json")
	daemon.await(daemon.talk, "its first run was done", logged("run done"))
	reader := s.start("tail", topic, "--from-beginning")
	reader.await(reader.out, "the page came", about(page, "Write it down", "snapshot"))

	s.workspace.Edit(page, notiontest.Values{"Name": "Write it down twice"})
	edited := time.Now()
	reader.await(reader.out, "the edit came", about(page, "Write it down twice", "update"))
	arrived := time.Since(edited)
	added := db.AddPage("Forget it", nil)
	reader.await(reader.out, "the new page came", about(added, "Forget it", "create"))
	reader.kill()

	if end := s.run("once", "--wait", "0s"); end.code != 1 || !strings.Contains(end.talk, "living members") || end.out != "" {
		t.Errorf("once beside a daemon of its group: exit code %d\n%s%s", end.code, end.out, end.talk)
	}
	terminated := time.Now()
	if err := daemon.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if end := daemon.wait(); end.code != 0 {
		t.Errorf("SIGTERM ended the daemon with exit code %d\n%s", end.code, end.talk)
	}
	took := time.Since(terminated)
	if left := s.members(); len(left) > 0 {
		t.Errorf("the daemon ended and is still in its group: %v", left)
	}
	if published := s.consume(topic); len(published) != 4 {
		t.Errorf("topic %s holds %d records, want 4: three pages and one edit: %+v", topic, len(published), published)
	}
	t.Logf("the edit arrived after %v, SIGTERM took %v", arrived.Round(time.Millisecond), took.Round(time.Millisecond))
}

// SIGTERM in the middle of a scan, during a request to Notion, also ends the daemon
// well; committed pages stay, and the next daemon publishes the rest.
func TestDaemonEndsInMidScan(t *testing.T) {
	t.Parallel()
	const pages, before = 500, 3 // the third query is under way, the rows of two are committed
	gate := newGate(before)
	s := newStage(t, notiontest.Options{Hook: gate.hook})
	db := s.workspace.AddDatabase("Tasks")
	db.DataSource().AddPages(pages, time.Now().Add(-72*time.Hour), time.Minute, func(int) notiontest.Values { return nil })

	daemon := s.start("run")
	gate.await(daemon)
	if err := daemon.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if end := daemon.wait(); end.code != 0 {
		t.Errorf("SIGTERM ended the daemon with exit code %d\n%s", end.code, end.talk)
	}
	gate.open()
	if left := s.members(); len(left) > 0 {
		t.Errorf("the daemon ended and is still in its group: %v", left)
	}
	published := len(s.consume(s.topic("tasks")))
	if published == 0 || published > 200 {
		t.Errorf("%d pages were published before query %d, want what two hold", published, before)
	}
	if got, want := s.mustRun("once").streams(t)["database_"+db.ID()].Published, pages-published; got != want {
		t.Errorf("the next process published %d pages, want %d", got, want)
	}
	if published := byKey(t, s.consume(s.topic("tasks"))); len(published) != pages {
		t.Errorf("the topic holds %d pages, the database %d", len(published), pages)
	}
}

// logged matches a line of the log by its message.
func logged(message string) func(line string) bool {
	return func(line string) bool { return strings.Contains(line, `"msg":"`+message+`"`) }
}

// about matches a line of tail about a page by its title and operation.
func about(page, title, op string) func(line string) bool {
	return func(line string) bool {
		var r record
		var value struct {
			Title string `json:"title"`
		}
		return json.Unmarshal([]byte(line), &r) == nil && json.Unmarshal(r.Value, &value) == nil &&
			r.Key == page && value.Title == title && r.Headers["notion-kafka.op"] == op
	}
}
