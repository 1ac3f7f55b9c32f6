//go:build real

package main_test

import (
	"bytes"
	"context"
	"fmt"
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

// A source that is in no file is made, run, paused, reset and removed through instances
// that do not own it, and its token appears nowhere in clear.
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
	stream := "database_" + db.ID()
	key, keyFile := s.newKey()
	all := s.startInstances(3, "secrets.key_file="+keyFile)
	s.divided(len(all))     // so that the topics exist
	for _, i := range all { // rare messages must hold no secret either
		i.expect(http.StatusOK, http.MethodPut, "/log-level", `{"level": "debug"}`)
	}
	publishes := func(i *instance, want int, more ...string) {
		t.Helper()
		end := i.command(0, "succeeded", append([]string{"trigger", "made", "--wait"}, more...)...)
		if got := end.streams(t)[stream].Published; got != want {
			t.Errorf("a run of stream %s published %d pages, want %d", stream, got, want)
		}
	}

	spec := fmt.Sprintf(`"description": "ours", "topic_prefix": %q`, s.topic("made."))
	whole := fmt.Sprintf(`{"name": "made", "token": %q, %s}`, workspace.Token(), spec)
	made, err := all[0].ask(http.MethodPost, "/sources", whole)
	if err != nil || made.status != http.StatusCreated || made.header.Get("Location") != "../../api/v1/sources/made" || strings.Contains(made.body, "ntn_") {
		t.Fatalf("POST /sources: %v, status %d, Location %q: %s", err, made.status, made.header.Get("Location"), made.body)
	}
	_, others := s.ownerOf("made", all...)
	here, there := others[0], others[1]
	here.expect(http.StatusConflict, http.MethodPost, "/sources", whole)

	here.command(0, "made  +(Waiting for its first run|Running|On time) +console", "sources")
	publishes(here, pages)
	here.command(0, "manual .* succeeded", "runs", "made")

	here.command(0, "source made: paused", "pause", "made")
	s.until("another instance has heard that it is paused", func() bool { return there.source("made").Status == control.SourcePaused })
	there.command(1, "source made is paused", "trigger", "made")
	there.command(0, "source made: on time", "resume", "made")

	// The first token is kept.
	there.expect(http.StatusOK, http.MethodPut, "/sources/made", "{"+strings.Replace(spec, "ours", "theirs", 1)+"}")
	publishes(here, 0, "--full")
	there.expect(http.StatusNoContent, http.MethodDelete, "/sources/made/streams/"+stream+"/cursor", "")
	publishes(here, 0)
	here.command(0, "reads everything again", "state", "reset", "--source", "made", "--stream", stream, "--forget")
	publishes(there, pages)

	for _, verb := range []string{"confirm-deletes", "dismiss-deletes"} {
		here.expect(http.StatusConflict, http.MethodPost, "/sources/made/streams/"+stream+"/"+verb, "")
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
	here.expect(http.StatusNotFound, http.MethodGet, "/runs/"+run.ID, "")
	// Its state stayed, so a new source of this name continues where it was.
	there.expect(http.StatusCreated, http.MethodPost, "/sources", whole)
	s.ownerOf("made", all...)
	publishes(there, 0, "--full")

	terminate(all...)
	for _, secret := range []string{workspace.Token(), key} {
		s.isNowhere(secret, []string{"state", "control", "made.databases", "made.tasks"}, all...)
	}
}

// Requests that only the owner of a source can serve are refused after a while if the
// owner does not respond, and take no effect later. Other requests are served all the
// same.
func TestOwnerThatDoesNotAnswer(t *testing.T) {
	t.Parallel()
	s := newStage(t, notiontest.Options{})
	stream := "database_" + s.addPages(3).ID()
	_, keyFile := s.newKey()
	s.mustRun("once", "--set", "kafka.shards=1")
	leave := s.joinMute()
	i := s.startInstances(1, "kafka.shards=1", "secrets.key_file="+keyFile)[0]
	before := answer[[]control.Run](i, http.StatusOK, http.MethodGet, "/sources/acme/runs", "")
	run := before[0].ID

	at := "/sources/acme/streams/" + stream
	other := fmt.Sprintf(`{"name": "other", "token": "ntn_other", "topic_prefix": %q}`, s.name+"-other.")
	wants := map[string]int{
		"GET /sources": http.StatusOK, "GET /sources/acme": http.StatusOK, "GET /sources/acme/runs": http.StatusOK, "GET /runs/" + run: http.StatusOK,
		"GET /runs/" + run + "/events": http.StatusOK,
		"GET /catalog":                 http.StatusOK, "GET /catalog/" + s.topic("many_pages"): http.StatusOK, "GET /asyncapi.json": http.StatusOK, "GET /catalog/" + s.topic("many_pages") + "/records?limit=1": http.StatusOK,
	}
	for _, request := range []string{
		"POST /sources " + other, "PUT /sources/other " + other,
		"PUT /sources/acme/pause", "PUT /sources/acme/resume", "POST /sources/acme/runs", "DELETE /runs/" + run,
		"GET /sources/acme/streams", "GET " + at + "/cursor", "DELETE " + at + "/cursor?forget=true", "POST " + at + "/confirm-deletes", "POST " + at + "/dismiss-deletes",
	} {
		wants[request] = http.StatusServiceUnavailable
	}
	var asking sync.WaitGroup
	for request, want := range wants {
		asking.Go(func() { i.expectAnswer(request, want) })
	}
	asking.Wait()

	leave()
	s.until("the instance owns the source", func() bool { return strings.HasSuffix(i.source("acme").Owner, "-"+i.pid()) })
	if now := i.source("acme"); now.Status != control.SourceReady {
		t.Errorf("nobody answered, and now the source is %+v", now)
	}
	after := answer[[]control.Run](i, http.StatusOK, http.MethodGet, "/sources/acme/runs", "")
	if len(after) != len(before) {
		t.Errorf("nobody answered, and now there are other runs: %+v", after)
	}
	if position := answer[control.Position](i, http.StatusOK, http.MethodGet, at+"/cursor", ""); !position.Scanned {
		t.Errorf("nobody answered, and now the stream is reset: %+v", position)
	}
	i.expect(http.StatusNotFound, http.MethodGet, "/sources/other", "")
	s.hasInCatalog(i, s.topic("many_pages"), 3)
	terminate(i)
}

// expectAnswer sends a request such as "GET /sources", with the text after the path as
// its body. A 503 has to be a problem with a Retry-After.
func (i *instance) expectAnswer(request string, want int) {
	method, rest, _ := strings.Cut(request, " ")
	path, body, _ := strings.Cut(rest, " ")
	got, err := i.ask(method, path, body)
	if err != nil || got.status != want {
		i.t.Errorf("%s: status %d, want %d (%v): %s", request, got.status, want, err, got.body)
		return
	}
	isProblem := got.header.Get("Content-Type") == "application/problem+json" && got.header.Get("Retry-After") != "" && strings.Contains(got.body, "answered within 20s")
	if want == http.StatusServiceUnavailable && !isProblem {
		i.t.Errorf("%s is refused in the wrong way: %v: %s", request, got.header, got.body)
	}
}

// joinMute adds a member to the group that gets every shard, and does nothing with it
// until it leaves.
func (s *stage) joinMute() (leave func()) {
	s.t.Helper()
	taken := make(chan struct{})
	client, err := kgo.NewClient(kgo.SeedBrokers(strings.Split(s.brokers, ",")...), kgo.ClientID("mute"), kgo.ConsumerGroup(s.name), kgo.ConsumeTopics(s.topic("state")),
		kgo.Balancers(kgo.CooperativeStickyBalancer()), kgo.DisableAutoCommit(),
		kgo.OnPartitionsAssigned(func(_ context.Context, _ *kgo.Client, got map[string][]int32) {
			if len(got) > 0 {
				close(taken)
			}
		}))
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(client.Close)
	select {
	case <-taken:
	case <-s.ctx.Done():
		s.t.Fatal("the group gives no shard to a new member")
	}
	return client.Close
}

// newKey returns the output of keygen, and a file with it.
func (s *stage) newKey() (key, file string) {
	s.t.Helper()
	key, file = s.mustRun("keygen").out, filepath.Join(s.dir, "key")
	if err := os.WriteFile(file, []byte(key), 0o600); err != nil {
		s.t.Fatal(err)
	}
	return strings.TrimSpace(key), file
}

// isNowhere checks that a secret is in no record of the topics with one of these
// suffixes, and in no output of an instance.
func (s *stage) isNowhere(secret string, topics []string, all ...*instance) {
	s.t.Helper()
	for _, name := range topics {
		written := s.written(s.topic(name))
		if len(written) == 0 {
			s.t.Errorf("topic %s is empty: nothing in it proves anything", name)
		}
		for _, r := range written {
			if bytes.Contains(r.Key, []byte(secret)) || bytes.Contains(r.Value, []byte(secret)) {
				s.t.Errorf("a secret is in topic %s, at offset %d: %s", r.Topic, r.Offset, r.Value)
			}
		}
	}
	for _, i := range all {
		if strings.Contains(i.end.out+i.end.talk, secret) {
			s.t.Errorf("%s wrote a secret", i.what)
		}
	}
}
