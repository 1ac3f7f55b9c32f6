//go:build real

package main_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"notion-kafka/notion/notiontest"
)

// An oauthStage is a daemon with two sources to be connected, acme and other, and a
// simulated Notion with a consent page.
type oauthStage struct {
	*stage
	app        *notiontest.App
	tasks      *notiontest.Database
	ada, bruno string
	daemon     *child
	notion     string // host:port
	console    string // host:port, as Notion knows it: localhost
	byAddress  string // the console's URL by address
}

func newOAuthStage(t *testing.T, longest time.Duration) *oauthStage {
	t.Helper()
	s := &oauthStage{stage: emptyStage(t, sharedParts(t), longest)}
	s.workspace = notiontest.New(notiontest.Options{RequestsPerMinute: -1, Violation: func(what string) { t.Error("Notion's contract broken:", what) }})
	s.ada, s.bruno = s.workspace.People()[0], s.workspace.AddUser("Bruno")
	s.tasks = s.workspace.AddDatabase("Tasks", notiontest.Prop{Name: "Name", Kind: notiontest.KindTitle})
	for range 3 {
		s.tasks.AddPage("a task", nil)
	}
	api := httptest.NewServer(s.workspace)
	t.Cleanup(api.Close)
	at, err := url.Parse(api.URL)
	if err != nil {
		t.Fatal(err)
	}
	s.notion = at.Host
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.byAddress = "http://" + listener.Addr().String()
	s.console = strings.Replace(listener.Addr().String(), "127.0.0.1", "localhost", 1)
	listener.Close()
	s.app = s.workspace.AddApp(notiontest.AppOptions{RedirectURIs: []string{"http://" + s.console + "/oauth/callback"}})
	s.configure(api.URL, "  - {name: acme, oauth: true, topic_prefix: "+s.name+".acme., trigger: {every: 5s}}\n"+
		"  - {name: other, oauth: true, topic_prefix: "+s.name+".other., trigger: {manual: true}}\n")
	key := strings.TrimSpace(s.mustRun("keygen").out)
	for name, secret := range map[string]string{"key": key, "secret": s.app.ClientSecret()} {
		if err := os.WriteFile(filepath.Join(s.dir, name), []byte(secret), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s.daemon = s.start("run", "--log-format", "json", "--set", "console.listen="+listener.Addr().String(), "--set", "console.public_url=http://"+s.console,
		"--set", "secrets.key_file=key", "--set", "oauth.client_id="+s.app.ClientID(), "--set", "oauth.client_secret_file=secret")
	s.says("console is serving", 1)
	return s
}

// says waits until the daemon's log has a text so many times.
func (s *oauthStage) says(text string, times int) {
	s.t.Helper()
	s.daemon.await(s.daemon.talk, fmt.Sprintf("it said %q %d times", text, times), func(line string) bool {
		if strings.Contains(line, text) {
			times--
		}
		return times == 0
	})
}

// runs runs a source to its good end.
func (s *oauthStage) runs(source string) {
	s.t.Helper()
	s.mustRun("trigger", source, "--wait", "--api", s.byAddress)
}

// status returns the status of a source in the API.
func (s *oauthStage) status(source string) string {
	s.t.Helper()
	var shown struct{ Source struct{ Status string } }
	if err := json.Unmarshal([]byte(s.mustRun("sources", "show", source, "--api", s.byAddress, "--output", "json").out), &shown); err != nil {
		s.t.Fatal(err)
	}
	return shown.Source.Status
}

// refusedWords are in the log when a source has to be connected.
const refusedWords = "needs reconnecting"

// People connect sources in a real browser: what it does with the cookie, the redirects
// across sites and the policies of the pages no other client shows. A token counts as
// refused a minute after its first refusal, so this takes some minutes.
func TestConnectingInABrowser(t *testing.T) {
	t.Parallel()
	s := newOAuthStage(t, 8*time.Minute)
	ctx, cancel := context.WithCancel(s.ctx)
	defer cancel()
	ada := newBrowser(ctx, t)

	// The console's address is not the one that Notion sends the browser back to.
	ada.Open(s.byAddress + "/oauth/start?source=acme")
	ada.decide("cancel", s.ada)
	ada.sees("Connecting did not work", "access was not allowed on Notion's page")
	ada.follow("Connect acme")
	ada.decide("allow", s.ada, s.tasks)
	ada.sees("Connected", "Source acme is connected", "Ada", "It reads at once")
	s.runs("acme")

	ada.Open(ada.At())
	ada.sees("Connecting did not work", "was opened already, and works once")

	// What Ada began, Bruno's browser cannot end; hers still can.
	bruno := ada.another()
	ada.Open("http://" + s.console + "/oauth/start?source=other")
	bruno.Open(ada.At())
	bruno.decide("allow", s.bruno, s.tasks)
	bruno.sees("Connecting did not work", "another browser started this")
	ada.decide("allow", s.ada, s.tasks)
	ada.sees("Connecting did not work", "already connected as source acme")
	s.runs("acme") // with the new pair, because the older one is dead
	bruno.follow("Connect other")
	bruno.decide("allow", s.bruno, s.tasks)
	bruno.sees("Connected", "Source other is connected", "Bruno")
	s.runs("other")

	said := strings.Count(s.daemon.talk.String(), refusedWords) // before they were connected
	s.app.RevokeByPerson(s.app.Bots()[0])
	s.says(refusedWords, said+1)
	for s.status("acme") != "needs_reconnect" { // the run's end is stored after the log says so
		if s.ctx.Err() != nil {
			t.Fatalf("acme does not need reconnecting:\n%s", s.daemon.talk)
		}
	}
	if got := s.status("other"); got == "needs_reconnect" {
		t.Errorf("other is %s", got)
	}
	ada.Open("http://" + s.console + "/sources")
	ada.Says("#source-acme", "Needs reconnecting")
	ada.Says("#source-other", "On time")
	ada.Sound()
	ada.Press("Reconnect acme")
	if at := ada.At(); !strings.HasPrefix(at, "http://"+s.notion+"/") {
		t.Errorf("the button Reconnect leads to %s", at)
	}
	ada.Open("http://" + s.notion + "/")
	ada.leave("http://" + s.console + "/oauth/start?source=acme")
	ada.sees("Connecting did not work", "link of another page leads here")
	ada.follow("Connect acme")
	ada.decide("allow", s.ada, s.tasks)
	ada.sees("Connected", "It was connected before")
	s.runs("acme")
	ada.Quiet(s.console, strings.TrimPrefix(s.byAddress, "http://"), s.notion)
	bruno.Quiet(s.console, s.notion)
	for _, secret := range []string{s.app.ClientSecret(), "ntn_", "nrt_", "code="} {
		if strings.Contains(s.daemon.talk.String(), secret) {
			t.Errorf("the log has %s:\n%s", secret, s.daemon.talk)
		}
	}
}
