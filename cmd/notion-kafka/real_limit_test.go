//go:build real

package main_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"

	"notion-kafka/notion/notiontest"
	"notion-kafka/producer/control"
)

// A page that is too large for its topic is published as soon as somebody raises the
// topic's limit and starts a run, without a restart of the daemon; and a lowered limit
// makes only pages too large that are.
func TestLimitChangesUnderADaemon(t *testing.T) {
	t.Parallel()
	const pages = 150
	s := newStage(t, notiontest.Options{})
	db := s.workspace.AddDatabase("Many Pages", notiontest.Prop{Name: "Name", Kind: notiontest.KindTitle})
	db.DataSource().AddPages(pages, time.Now().Add(-72*time.Hour), time.Minute, func(int) notiontest.Values { return nil })
	daemon := s.startInstances(1)[0]
	s.ownerOf("acme", daemon)
	topic := s.topic("many_pages")
	limit := func(bytes string) {
		alter := []kadm.AlterConfig{{Op: kadm.SetConfig, Name: "max.message.bytes", Value: &bytes}}
		if _, err := s.admin().AlterTopicConfigs(s.ctx, alter, topic); err != nil {
			t.Fatal(err)
		}
		s.until("the topic takes "+bytes+" bytes", func() bool { return s.shape(topic, "max.message.bytes").Config["max.message.bytes"] == bytes })
	}
	run := func(order string) control.Run {
		t.Helper()
		id := answer[control.Run](daemon, http.StatusAccepted, http.MethodPost, "/sources/acme/runs", order).ID
		for {
			last := daemon.awaitEvent(daemon.follow(id), "the run ended", hasEnded)
			next, continued := strings.CutPrefix(last.Error, "interrupted, continued by run ")
			if !continued {
				return last
			}
			id = next
		}
	}

	if first := run(""); first.Status != control.Succeeded {
		t.Fatalf("the first run ended with %+v", first)
	}
	limit("3000")
	if again := run(`{"full": true, "republish": true}`); again.Status != control.Succeeded || published(again) < pages {
		t.Errorf("with a lower limit the run ended with %+v", again)
	}
	large := db.Pages(notiontest.Live)[0]
	s.workspace.Edit(large, notiontest.Values{"Name": strings.Repeat("large ", 300)})
	if run := run(""); run.Status != control.NeedsAttention {
		t.Errorf("with a page too large the run ended with %+v", run)
	}
	limit("8388608")
	if run := run(""); run.Status != control.Succeeded || published(run) != 1 {
		t.Errorf("with a higher limit the run ended with %+v", run)
	}
	terminate(daemon)
	keys := map[string]bool{}
	for _, r := range s.consume(topic) {
		keys[r.Key] = true
	}
	if len(keys) != pages {
		t.Errorf("the topic holds %d pages, want %d", len(keys), pages)
	}
}
