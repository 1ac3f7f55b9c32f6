//go:build real

package main_test

import (
	"context"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"notion-kafka/notion/notiontest"
)

// A zombie is paused in the middle of a transaction until another instance has taken
// its shard over, and then resumed. Nothing of that transaction is seen, nothing is
// published twice, and the zombie logs which instance took over.
func TestZombieInMidTransaction(t *testing.T) {
	t.Parallel()
	const pages = 5000
	turnstile := newTurnstile()
	s := newStage(t, notiontest.Options{Hook: turnstile.hook})
	db := s.workspace.AddDatabase("Many Pages")
	db.DataSource().AddPages(pages, time.Now().Add(-72*time.Hour), time.Second, func(int) notiontest.Values { return nil })
	topic := s.topic("many_pages")

	zombie := s.startDaemon()
	t.Cleanup(turnstile.open)
	turnstile.await(zombie)
	turnstile.pass(zombie) // so that the topic exists
	stopped := 0
	for open := false; !open; stopped++ {
		if stopped > 30 {
			t.Fatal("the process was stopped thirty times and never in the middle of a transaction")
		}
		if stopped > 0 {
			zombie.signal(syscall.SIGCONT)
		}
		turnstile.await(zombie)
		written := s.nextWritten(topic)
		turnstile.pass(zombie)
		written()
		zombie.signal(syscall.SIGSTOP)
		open = s.openTransactions(topic)
	}
	turnstile.open()
	heir := s.startDaemon()
	heir.await(heir.talk, "the scan was done", func(line string) bool {
		return logged("stream done")(line) && strings.Contains(line, topic) && strings.Contains(line, `"status":"succeeded"`)
	})

	zombie.signal(syscall.SIGCONT)
	told := zombie.await(zombie.talk, "it said who has its shard", logged("another instance took the shard over"))
	if !strings.Contains(told, `-`+heir.pid()+`"`) {
		t.Errorf("the instance that took over has the pid %s, and the zombie says: %s", heir.pid(), told)
	}
	for _, c := range []*child{zombie, heir} {
		c.signal(syscall.SIGTERM)
		if end := c.wait(); end.code != 0 {
			t.Errorf("SIGTERM ended %s with exit code %d\n%s", c.what, end.code, end.talk)
		}
	}
	committed := len(byKey(t, s.consume(topic)))
	if committed != pages {
		t.Errorf("topic %s holds %d pages, the database %d", topic, committed, pages)
	}
	written := len(s.written(topic))
	if written <= committed {
		t.Errorf("%d records were written and %d are committed: no transaction was cut in two, so this proves nothing", written, committed)
	}
	t.Logf("stopped %d times until a transaction was open; %d records in the log, %d of them for read_committed consumers; the zombie: %s",
		stopped, written, committed, strings.TrimSpace(told))
}

// A turnstile lets one query of a database through at a time.
type turnstile struct {
	arrived chan struct{}
	through chan struct{}
	opened  context.Context
	open    context.CancelFunc // lets all queries through from now on
}

func newTurnstile() *turnstile {
	g := &turnstile{arrived: make(chan struct{}), through: make(chan struct{})}
	g.opened, g.open = context.WithCancel(context.Background())
	return g
}

// hook is the workspace's.
func (g *turnstile) hook(r *http.Request) *notiontest.Fault {
	if !strings.HasSuffix(r.URL.Path, "/query") {
		return nil
	}
	for _, step := range []chan struct{}{g.arrived, g.through} {
		select {
		case <-step:
		case <-g.opened.Done():
		case <-r.Context().Done():
			return nil
		}
	}
	return nil
}

// await waits until a query has arrived.
func (g *turnstile) await(c *child) { g.step(c, g.arrived) }

// pass lets the query that has arrived through.
func (g *turnstile) pass(c *child) { g.step(c, g.through) }

func (g *turnstile) step(c *child, step chan<- struct{}) {
	c.t.Helper()
	select {
	case step <- struct{}{}:
	case <-c.isEnded:
		c.t.Fatalf("%s ended with exit code %d\n%s", c.what, c.end.code, c.end.talk)
	case <-c.ctx.Done():
		c.t.Fatalf("%s asks for no more rows; so far it wrote\n%s", c.what, c.talk)
	}
}
