package console

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"notion-kafka/producer/control"
)

// aDraft is the id of the draft of a fake backend that newDrafting returns.
const aDraft = "DRAFTAAAAAAAAAAAAAAAAAAAAA"

func newDrafting() *fakeBackend {
	backend := newFake()
	backend.drafts = []control.Draft{{ID: aDraft, Version: 3}}
	return backend
}

// A draft is connected by a link of its page, and the browser comes back to that page: with a
// relative address, so under any prefix, and to the version that has the grant.
func TestADraftIsConnected(t *testing.T) {
	backend := newDrafting()
	s := newServer(t, backend, Options{})
	answer := ask(t, s.handler(), request("GET", "/oauth/start?draft="+aDraft, ""))
	cookie := cookieOf(t, answer)
	if got := answer.header.Get("Location"); answer.status != 303 || cookie == nil || got != consentPage+"?client_id=abc&state="+aDraft+"+"+cookie.Value {
		t.Fatalf("status %d to %s, cookie %v", answer.status, got, cookie)
	}
	backend.connected = control.Connected{Draft: aDraft, Version: 4, Workspace: "Acme Inc."}
	answer = ask(t, s.handler(), from(cookie.Value, request("GET", "/oauth/callback?code=c&state=s", "")))
	if got := answer.header.Get("Location"); answer.status != 303 || got != "../add/"+aDraft+"/connect?said=connected&v=4" {
		t.Errorf("status %d to %s", answer.status, got)
	}
	if strings.Contains(answer.header.Get("Location"), "code") {
		t.Error("the code goes on to the page")
	}
}

// A browser that came by another name is sent to the callback's host first, once.
func TestADraftIsConnectedAtTheHostOfTheCallback(t *testing.T) {
	backend := newDrafting()
	s := newServer(t, backend, Options{})
	r := request("GET", "/oauth/start?draft="+aDraft, "")
	r.Host = "127.0.0.1:8080"
	answer := ask(t, s.handler(), r)
	moved, err := url.Parse(answer.header.Get("Location"))
	if err != nil || answer.status != 303 || moved.Hostname() != "localhost" || moved.Query().Get("draft") != aDraft || moved.Query().Has("source") {
		t.Fatalf("status %d to %v, %v", answer.status, moved, err)
	}
	r = request("GET", moved.RequestURI(), "")
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	if answer := ask(t, s.handler(), r); answer.status != 303 || !strings.HasPrefix(answer.header.Get("Location"), consentPage) {
		t.Errorf("status %d: %s", answer.status, answer.body)
	}
}

func TestStartRefusesWhatIsNoDraft(t *testing.T) {
	const unnamed = "the address does not name the source to connect: open /oauth/start?source=NAME"
	for query, want := range map[string]struct {
		status int
		words  []string
	}{
		"?draft=":                                 {400, []string{unnamed}},
		"?draft=" + strings.ToLower(aDraft):       {400, []string{unnamed}},
		"?draft=..%2F..%2Fsources":                {400, []string{unnamed}},
		"?draft=" + aDraft + "&source=acme":       {400, []string{unnamed}},
		"?draft=" + aDraft + "&source=":           {400, []string{unnamed}},
		"?source=" + aDraft:                       {400, []string{unnamed}},
		"?draft=" + aDraft + "&draft=" + aBrowser: {400, []string{`query parameter "draft" is given 2 times`}},
		"?draft=" + aBrowser:                      {404, []string{"this source is not being added any more", "Go to Sources"}}, // a guess
	} {
		backend := newDrafting()
		answer := expectPage(t, newServer(t, backend, Options{}), request("GET", "/oauth/start"+query, ""), want.status, append([]string{"Connecting did not work"}, want.words...)...)
		if cookieOf(t, answer) != nil || answer.header.Get("Location") != "" {
			t.Errorf("%s: to %q", query, answer.header.Get("Location"))
		}
		if strings.Contains(answer.body, "Go to Sources") != strings.Contains(answer.body, `href="../sources"`) {
			t.Errorf("%s: %s", query, answer.body)
		}
	}
}

// A link of another site begins no way to Notion for a draft: the person is asked first.
func TestALinkOfAnotherSiteToADraftIsAskedAbout(t *testing.T) {
	s := newServer(t, newDrafting(), Options{})
	r := request("GET", "/oauth/start?draft="+aDraft+"&ticket="+aBrowser, "")
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	answer := expectPage(t, s, r, 403, "Connecting did not work",
		"a link of another page leads here, to connect the new source: connect it only if you want that", "Connect the new source", "Back to the source that is being added")
	if cookieOf(t, answer) != nil || !strings.Contains(answer.body, `<a class="button" href="start?draft=`+aDraft+`"`) {
		t.Error(answer.body)
	}
}

// What went wrong on the way is said with a way to begin again, if the draft is still there.
func TestTheCallbackOfADraftSaysWhatWentWrong(t *testing.T) {
	for name, test := range map[string]struct {
		err    error
		status int
		words  []string
		link   string
	}{
		"denied":       {&control.Error{Kind: control.Conflict, Message: "the new source is not connected: denied"}, 409, []string{"the new source is not connected: denied", "Connect the new source", "Back to the source that is being added"}, "start?draft=" + aDraft},
		"Notion waits": {&control.Error{Kind: control.Unavailable, Message: "Notion does not answer"}, 503, []string{"Notion does not answer", "Connect the new source", "Back to the source that is being added"}, "start?draft=" + aDraft},
		"expired":      {&control.Error{Kind: control.NotFound, Message: "this source is not being added any more"}, 404, []string{"this source is not being added any more", "Go to Sources"}, "../sources"},
	} {
		backend := newDrafting()
		backend.connected, backend.refused = control.Connected{Draft: aDraft}, test.err
		answer := expectPage(t, newServer(t, backend, Options{}), request("GET", "/oauth/callback?code=c&state=s", ""), test.status, append([]string{"Connecting did not work"}, test.words...)...)
		if !strings.Contains(answer.body, `<a class="button" href="`+test.link+`"`) {
			t.Errorf("%s: %s", name, answer.body)
		}
	}
}

// A console that is read only connects no draft, and a program gets JSON.
func TestADraftForAReaderAndForAProgram(t *testing.T) {
	expectPage(t, newServer(t, newDrafting(), Options{ReadOnly: true}), request("GET", "/oauth/start?draft="+aDraft, ""), http.StatusForbidden, "Connecting did not work",
		"this console is read only (console.read_only): use another instance, or the file")
	backend := newDrafting()
	backend.connected = control.Connected{Draft: aDraft, Version: 4, Workspace: "Acme Inc."}
	r := request("GET", "/oauth/callback?code=c&state=s", "")
	r.Header.Set("Accept", "application/json")
	answer := ask(t, newServer(t, backend, Options{}).handler(), r)
	if diff := cmp.Diff(`{"source":"","draft":"`+aDraft+`","version":4,"workspace":"Acme Inc."}`+"\n", answer.body); diff != "" {
		t.Error(diff)
	}
}
