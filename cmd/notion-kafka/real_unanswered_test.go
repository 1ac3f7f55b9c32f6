//go:build real

package main_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"notion-kafka/notion/notiontest"
	"notion-kafka/producer/control"
)

// endBound is how long a process may take to end after SIGTERM (DESIGN, section 9): 40
// s with the defaults, and as much again for a busy machine.
const endBound = 80 * time.Second

// Notion accepts the requests of some sources and never responds, or never ends its
// responses. The other source goes on, the status of these reports what they waited
// for, and SIGTERM ends the process.
func TestNotionNeverAnswers(t *testing.T) {
	t.Parallel()
	ills := []struct {
		path string
		half bool
	}{{"/v1/search", false}, {"/v1/search", true}, {"/query", false}, {"/query", true}}
	w := newSourceStage(t, sharedParts(t), longestTest, layout{sources: 1 + len(ills), databases: 1, pages: 3})
	well, others := w.sources[0], w.sources[1:]
	of := func(wanted func(half bool) bool) func(*http.Request) bool {
		return func(r *http.Request) bool {
			for n, ill := range ills {
				if strings.HasSuffix(r.Header.Get("Authorization"), others[n].workspace.Token()) {
					return strings.HasSuffix(r.URL.Path, ill.path) && wanted(ill.half)
				}
			}
			return false
		}
	}
	silence := newSilence(of(func(bool) bool { return true }), of(func(half bool) bool { return half }))
	w.silence.Store(silence)
	i := w.startWatched("notion.request_timeout=1s")
	i.publishes(time.Time{}, w.sources...)
	silence.begin()
	silence.await(i.child)
	i.goesOn(well)
	for n, ill := range ills {
		t.Logf("%s, half an answer %v: %s", ill.path, ill.half, i.tellsOfFailure(others[n].source, "no whole answer within 1s"))
	}
	i.goesOn(well)
	i.isReady()
	t.Logf("ended %v after SIGTERM", i.endsInBound())
}

// The registry accepts requests that list its subjects or are about one of them, and
// never responds, or never ends its responses. The stream of that subject reports it,
// and so does /readyz; everything else goes on, SIGTERM ends the process, and once
// fails.
func TestRegistryNeverAnswers(t *testing.T) {
	t.Parallel()
	type scene struct {
		*sourceStage
		*silence
		instance *instance
		once     *child
	}
	of := func(r *http.Request) bool {
		return strings.Contains(r.URL.Path, "needs_a_schema") || strings.HasSuffix(r.URL.Path, "/subjects")
	}
	var scenes []*scene
	for _, half := range []func(*http.Request) bool{none, every} {
		parts, silence := sharedParts(t), newSilence(of, half)
		parts.registry = silencedRegistry(t, silence, parts.registry)
		w := newSourceStage(t, parts, longestTest, layout{sources: 2, databases: 1, pages: 3})
		scenes = append(scenes, &scene{sourceStage: w, silence: silence, instance: w.startWatched()})
	}
	for _, s := range scenes {
		s.instance.publishes(time.Time{}, s.sources...)
		s.begin()
		s.sources[0].workspace.AddDatabase("Needs a schema").AddPage("One", nil)
	}
	for _, s := range scenes {
		ill, well := s.sources[0], s.sources[1]
		s.await(s.instance.child)
		s.instance.goesOn(well)
		reason := s.instance.tellsOfFailure(ill.source, "registry", "needs_a_schema", "no answer within 10s")
		said := s.instance.isNotReady("registry", "no answer within 3s")
		t.Logf("%s; /readyz: %s; ended %v after SIGTERM", reason, said, s.instance.endsInBound())
		s.once = s.start("once")
	}
	for _, s := range scenes {
		end := s.once.wait()
		if end.code != 1 || !strings.Contains(end.talk, s.registry) || !strings.Contains(end.talk, "registry") {
			t.Errorf("once: exit code %d\n%s%s", end.code, end.out, end.talk)
		}
		t.Logf("once failed after %v: %s", end.took.Round(time.Millisecond), end.talk)
	}
}

// The token endpoint of Kafka accepts requests and never responds: the daemon reports
// what it waits for, and SIGTERM ends it.
func TestTokenEndpointNeverAnswers(t *testing.T) {
	t.Parallel()
	broker, err := kfake.NewCluster(kfake.NumBrokers(1))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(broker.Close)
	broker.ControlKey(kmsg.SASLHandshake.Int16(), func(request kmsg.Request) (kmsg.Response, error, bool) {
		broker.KeepControl()
		response := request.ResponseKind().(*kmsg.SASLHandshakeResponse)
		response.SupportedMechanisms = []string{"OAUTHBEARER"}
		return response, nil, true
	})
	silence := newSilence(every, none)
	silence.begin()
	tokens := httptest.NewServer(silence.before(http.NotFoundHandler()))
	t.Cleanup(tokens.Close)
	parts := sharedParts(t)
	parts.brokers = strings.Join(broker.ListenAddrs(), ",")
	w := newSourceStage(t, parts, longestTest, layout{sources: 1, databases: 1, pages: 1})
	i := w.startWatched("kafka.sasl.mechanism=oauthbearer", "kafka.sasl.username=ada", "kafka.sasl.password=secret", "kafka.sasl.token_url="+tokens.URL)
	silence.await(i.child)
	i.await(i.talk, "it said what it waits for", func(line string) bool {
		return logged("waiting for Kafka")(line) && strings.Contains(line, "kafka.sasl.token_url")
	})
	said := i.isNotReady("kafka", "")
	t.Logf("/readyz: %s; ended %v after SIGTERM", said, i.endsInBound())
}

// startWatched starts an instance that runs every source each second, and waits
// until its console serves.
func (s *stage) startWatched(settings ...string) *instance {
	s.t.Helper()
	i := s.startInstance(append([]string{"console.listen=127.0.0.1:0", "defaults.trigger.every=1s"}, settings...)...)
	i.awaitConsole()
	return i
}

// goesOn checks that an edit of a source made now is published.
func (i *instance) goesOn(src *testSource) {
	i.t.Helper()
	edited := time.Now()
	page := src.databases[0].notion.Pages(notiontest.Live)[0]
	src.setVersion(page, int(edited.UnixNano()))
	i.publishes(edited, src)
}

// tellsOfFailure waits until a source fails for a reason with these words, and returns
// the reason.
func (i *instance) tellsOfFailure(source string, words ...string) string {
	i.t.Helper()
	var told sourceView
	i.stage.until("source "+source+" fails", func() bool {
		told = i.source(source)
		return told.Status == control.SourceFailing
	})
	for _, word := range words {
		if !strings.Contains(told.Reason, word) {
			i.t.Errorf("the reason of source %s does not say %q: %s", source, word, told.Reason)
		}
	}
	return told.Reason
}

// isReady checks that /readyz reports no problem.
func (i *instance) isReady() {
	i.t.Helper()
	if checks := i.readyz(); len(checks) > 0 {
		i.t.Errorf("/readyz says %v", checks)
	}
}

// isNotReady waits until /readyz names a failed check, and returns its details, which
// have to contain a word.
func (i *instance) isNotReady(need, word string) string {
	i.t.Helper()
	said, is := "", false
	i.stage.until("/readyz names "+need, func() bool { said, is = i.readyz()[need]; return is })
	if !strings.Contains(said, word) || strings.Contains(said, "context") {
		i.t.Errorf("/readyz does not say %q of %s: %s", word, need, said)
	}
	return said
}

// readyz returns the problems in /readyz, by check.
func (i *instance) readyz() (checks map[string]string) {
	i.t.Helper()
	response, err := http.Get("http://" + i.console + "/readyz")
	if err != nil {
		i.t.Fatal(err)
	}
	defer response.Body.Close()
	var said struct {
		Ready  bool              `json:"ready"`
		Checks map[string]string `json:"checks"`
	}
	if err := json.NewDecoder(response.Body).Decode(&said); err != nil || said.Ready != (response.StatusCode == http.StatusOK) {
		i.t.Fatalf("/readyz: %s, %+v, %v", response.Status, said, err)
	}
	return said.Checks
}

// endsInBound ends the child with SIGTERM and returns how long that took.
func (c *child) endsInBound() time.Duration {
	c.t.Helper()
	return c.toEnd()()
}

// toEnd sends the child SIGTERM. The function that it returns waits for the end, which
// has to come within the bound, and returns how long it took.
func (c *child) toEnd() (wait func() time.Duration) {
	c.t.Helper()
	asked := time.Now()
	c.signal(syscall.SIGTERM)
	return func() time.Duration {
		c.t.Helper()
		late, stop := context.WithDeadline(context.Background(), asked.Add(endBound))
		defer stop()
		select {
		case <-c.isEnded:
		case <-late.Done():
		}
		select {
		case <-c.isEnded: // perhaps long before anybody waited
		default:
			c.t.Errorf("SIGTERM does not end %s in %v; so far it wrote\n%s", c.what, endBound, c.talk)
			return endBound
		}
		if c.end.code != 0 {
			c.t.Errorf("SIGTERM ended %s with exit code %d\n%s", c.what, c.end.code, c.end.talk)
		}
		return (c.end.took - asked.Sub(c.began)).Round(time.Millisecond)
	}
}
