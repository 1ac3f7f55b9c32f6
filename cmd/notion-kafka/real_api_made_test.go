//go:build real

package main_test

import (
	"bytes"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"notion-kafka/notion/notiontest"
	"notion-kafka/producer/control"
)

// A source that no file knows is made, run, paused, reset and removed through
// instances that do not own it, and its token is nowhere in clear.
func TestSourceMadeThroughTheAPI(t *testing.T) {
	t.Parallel()
	const pages, trashed = 40, 30
	s := emptyStage(t, sharedParts(t), longestTest)
	workspace := notiontest.New(notiontest.Options{
		Token: "ntn_thetokenthatnobodysees", RequestsPerMinute: -1,
		Violation: func(what string) { t.Error("Notion's contract broken:", what) },
	})
	api := httptest.NewServer(workspace)
	t.Cleanup(api.Close)
	s.configure(api.URL, "  []\n")
	db := workspace.AddDatabase("Tasks")
	ids := db.DataSource().AddPages(pages, time.Now().Add(-72*time.Hour), time.Minute, func(int) notiontest.Values { return nil })
	stream, topic := "database_"+db.ID(), s.topic("made.tasks")
	key, keyFile := s.newKey()
	all := s.startInstances(3, "secrets.key_file="+keyFile)

	spec := fmt.Sprintf(`"description": "ours", "topic_prefix": %q`, s.topic("made."))
	whole := fmt.Sprintf(`{"name": "made", "token": %q, %s}`, workspace.Token(), spec)
	made, err := all[0].ask(http.MethodPost, "/sources", whole)
	if err != nil || made.status != http.StatusCreated || made.header.Get("Location") != "/api/v1/sources/made" || strings.Contains(made.body, "ntn_") {
		t.Fatalf("POST /sources: %v, status %d, Location %q: %s", err, made.status, made.header.Get("Location"), made.body)
	}
	_, others := s.ownerOf("made", all...)
	here, there := others[0], others[1]
	here.expect(t, http.StatusConflict, http.MethodPost, "/sources", whole)

	here.command(0, "made  +ready +console", "sources")
	s.publishedBy(here, topic, pages, 0, "trigger", "made", "--wait")
	here.command(0, "manual .* succeeded", "runs", "made")

	here.command(0, "source made: paused", "pause", "made")
	if now := there.source("made"); now.Status != control.SourcePaused {
		t.Errorf("after `pause` another instance says: %+v", now)
	}
	there.command(1, "source made is paused", "trigger", "made")
	there.command(0, "source made: ready", "resume", "made")

	// The token that was given first is kept.
	there.expect(t, http.StatusOK, http.MethodPut, "/sources/made", "{"+strings.Replace(spec, "ours", "theirs", 1)+"}")
	s.publishedBy(here, topic, 0, 0, "trigger", "made", "--wait", "--full")
	there.expect(t, http.StatusNoContent, http.MethodDelete, "/sources/made/streams/"+stream+"/cursor", "")
	s.publishedBy(here, topic, 0, 0, "trigger", "made", "--wait")
	here.command(0, "reads everything afresh", "state", "reset", "--source", "made", "--stream", stream, "--forget")
	s.publishedBy(there, topic, pages, 0, "trigger", "made", "--wait")

	for _, verb := range []string{"confirm-deletes", "dismiss-deletes"} {
		here.expect(t, http.StatusConflict, http.MethodPost, "/sources/made/streams/"+stream+"/"+verb, "")
	}
	for _, id := range ids[:trashed] {
		workspace.Trash(id)
	}
	here.command(1, "needs_attention", "trigger", "made", "--wait", "--full")
	dismissed := answer[map[string]int](there, http.StatusOK, http.MethodPost, "/sources/made/streams/"+stream+"/dismiss-deletes", "")
	if dismissed["dismissed"] != trashed {
		t.Errorf("dismiss-deletes says %v, want %d pages", dismissed, trashed)
	}
	here.command(1, "needs_attention", "trigger", "made", "--wait", "--full")
	run := answer[control.Run](here, http.StatusAccepted, http.MethodPost, "/sources/made/streams/"+stream+"/confirm-deletes", "")
	confirmed := there.awaitEvent(there.follow(run.ID), "the run that deletes ended", hasEnded)
	if confirmed.Status != control.Succeeded || confirmed.Streams[0].Deleted != trashed {
		t.Errorf("confirm-deletes ran as %+v", confirmed)
	}

	there.command(0, "source made: removed", "sources", "remove", "made")
	for _, i := range all {
		s.until(i.what+" knows the source no longer", func() bool {
			got, err := i.ask(http.MethodGet, "/sources/made", "")
			return err == nil && got.status == http.StatusNotFound
		})
	}
	here.expect(t, http.StatusNotFound, http.MethodGet, "/runs/"+run.ID, "")
	// Its state stayed, so a source of this name goes on where it was.
	there.expect(t, http.StatusCreated, http.MethodPost, "/sources", whole)
	s.ownerOf("made", all...)
	s.publishedBy(there, topic, 0, 0, "trigger", "made", "--wait", "--full")

	terminate(all...)
	for _, secret := range []string{workspace.Token(), key} {
		s.isNowhere(secret, all...)
	}
}
