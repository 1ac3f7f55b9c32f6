package main

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"notion-kafka/config"
	"notion-kafka/producer/control"
)

const aConsentPage = "https://api.notion.com/v1/oauth/authorize?state=s1"

// A fakeWay knows the state s1, once, and grants the code good.
type fakeWay struct {
	mu    sync.Mutex
	taken []string
	used  bool
	err   error // of begin
}

func (w *fakeWay) begin() (string, error) { return aConsentPage, w.err }

func (w *fakeWay) finish(_ context.Context, query url.Values) (control.Connected, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.taken = append(w.taken, query.Encode())
	switch {
	case query.Get("state") != "s1":
		return control.Connected{}, errors.New("another command began this: use the address of this one")
	case w.used:
		return control.Connected{}, errors.New("this was used already")
	case query.Get("code") != "good":
		w.used = true
		return control.Connected{Source: "acme"}, errors.New("Notion answered <b>denied</b>")
	}
	w.used = true
	return control.Connected{Source: "acme", Workspace: "Acme Inc.", Person: "Ada"}, nil
}

// An aloneTest is a login without a daemon.
type aloneTest struct {
	*loginTest
	way   *fakeWay
	url   string // of the callback; "": there is no listener
	ended chan outcome
}

// startAlone starts one, and waits until it shows Notion's page.
func startAlone(t *testing.T, listens bool) *aloneTest {
	t.Helper()
	at := &aloneTest{loginTest: newLogin(t, false), way: new(fakeWay), ended: make(chan outcome, 1)}
	var listener net.Listener
	callback := &url.URL{Scheme: "https", Host: "notion.example", Path: "/oauth/callback"}
	if listens {
		var err error
		if listener, err = new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0"); err != nil {
			t.Fatal(err)
		}
		callback.Scheme, callback.Host = "http", listener.Addr().String()
		at.url = callback.String()
	}
	opened := make(chan struct{})
	at.Browse = func(address string) error {
		if address != aConsentPage {
			t.Errorf("opened %s", address)
		}
		close(opened)
		return nil
	}
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	go func() {
		found, err := at.alone(ctx, at.way, callback, listener, at.typed)
		at.ended <- outcome{found, err}
	}()
	<-opened
	return at
}

// browse requests an address as a browser does, and returns the status and the page.
func browse(t *testing.T, client *http.Client, method, address, host string) (status int, page string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, address, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	r.Host = host
	answer, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(text)
}

// The browser gets its page, style sheet included, before the command ends.
func TestLoginAloneAnswersTheBrowser(t *testing.T) {
	for name, test := range map[string]struct {
		query  string
		status int
		page   string
		want   outcome
	}{
		"connected": {"code=good&state=s1", 200, "You can close this window: the command in the terminal goes on.",
			outcome{control.Connected{Source: "acme", Workspace: "Acme Inc.", Person: "Ada"}, nil}},
		"denied": {"error=access_denied&state=s1", 409, "Notion answered &lt;b&gt;denied&lt;/b&gt;",
			outcome{control.Connected{Source: "acme"}, errors.New("Notion answered <b>denied</b>")}},
	} {
		t.Run(name, func(t *testing.T) {
			login, client := startAlone(t, true), new(http.Client)
			defer client.CloseIdleConnections()
			status, page := browse(t, client, "GET", login.url+"?"+test.query, "")
			if status != test.status || !strings.Contains(page, test.page) {
				t.Errorf("status %d: %s", status, page)
			}
			if status, style := browse(t, client, "GET", strings.Replace(login.url, "callback", "style.css", 1), ""); status != 200 || !strings.Contains(style, "color-scheme") {
				t.Errorf("style sheet: status %d", status)
			}
			if got := <-login.ended; got.found != test.want.found || messageOr(got.err) != messageOr(test.want.err) {
				t.Errorf("it ends with %v, want %v", got, test.want)
			}
		})
	}
}

// A callback that is not of this command ends nothing, nor does anything else that comes
// to the address.
func TestLoginAloneWaitsForItsOwnCallback(t *testing.T) {
	login, client := startAlone(t, true), new(http.Client)
	defer client.CloseIdleConnections()
	own := login.url + "?code=good&state=s1"
	for name, test := range map[string]struct {
		method, address, host string
		status                int
		page                  string
	}{
		"another's state":  {"GET", login.url + "?code=good&state=s2", "", 409, "another command began this"},
		"no query":         {"GET", login.url, "", 409, "another command began this"},
		"two codes":        {"GET", own + "&code=good", "", 409, "is not as Notion makes it"},
		"a look":           {"HEAD", own, "", 405, ""},
		"a form":           {"POST", own, "", 405, ""},
		"another page":     {"GET", strings.Replace(own, "/oauth/callback", "/", 1), "", 404, ""},
		"another's origin": {"GET", own, "evil.example", 421, "this machine only"},
	} {
		if status, page := browse(t, client, test.method, test.address, test.host); status != test.status || !strings.Contains(page, test.page) {
			t.Errorf("%s: status %d: %s", name, status, page)
		}
	}
	login.typed <- login.url + "?code=good&state=s1"
	if got := <-login.ended; got.err != nil || got.found.Workspace != "Acme Inc." {
		t.Errorf("it ends with %v", got)
	}
	if diff := cmp.Diff([]string{"code=good&state=s1"}, login.way.taken[len(login.way.taken)-1:]); diff != "" {
		t.Error(diff)
	}
}

// Where the browser cannot come back to this machine, the person pastes.
func TestLoginAloneByPasting(t *testing.T) {
	login := startAlone(t, false)
	login.typed <- "hello?"
	login.typed <- "https://notion.example/oauth/callback?code=s3cr3t&state=s2"
	login.typed <- "https://notion.example/oauth/callback?code=good&state=s1"
	if got := <-login.ended; got.err != nil || got.found.Person != "Ada" {
		t.Errorf("it ends with %v", got)
	}
	talk := login.talk.String()
	for _, want := range []string{"it begins with https://notion.example/oauth/callback\n", "this is not the address that the browser ended at", "another command began this"} {
		if strings.Count(talk, want) != 1 {
			t.Errorf("it does not say once %q:\n%s", want, talk)
		}
	}
	if strings.Contains(talk, "s3cr3t") {
		t.Errorf("it shows a code:\n%s", talk)
	}
}

func TestLoginAloneWithNothingToWaitFor(t *testing.T) {
	login := startAlone(t, false)
	close(login.typed)
	if got := <-login.ended; messageOr(got.err) != "standard input ended before the address was pasted: run the command in a terminal" {
		t.Errorf("it ends with %v", got)
	}
}

// At the end of input, as in a service, the browser may still come.
func TestLoginAloneWithoutInput(t *testing.T) {
	login, client := startAlone(t, true), new(http.Client)
	defer client.CloseIdleConnections()
	close(login.typed)
	browse(t, client, "GET", login.url+"?code=good&state=s1", "")
	browse(t, client, "GET", strings.Replace(login.url, "callback", "style.css", 1), "")
	if got := <-login.ended; got.err != nil {
		t.Errorf("it ends with %v", got)
	}
}

func TestLoginAloneIsEndedByASignal(t *testing.T) {
	lt := newLogin(t, false)
	ctx, stop := context.WithCancelCause(t.Context())
	lt.Browse = func(string) error { stop(errors.New("interrupted")); return nil }
	if _, err := lt.alone(ctx, new(fakeWay), &url.URL{Path: "/oauth/callback"}, nil, lt.typed); messageOr(err) != "interrupted" {
		t.Error(err)
	}
	lt = newLogin(t, false)
	if _, err := lt.alone(t.Context(), &fakeWay{err: errors.New("oauth.client_id is not set")}, new(url.URL), nil, lt.typed); messageOr(err) != "oauth.client_id is not set" || len(lt.opened) > 0 {
		t.Errorf("%v, opened %q", err, lt.opened)
	}
}

// The command answers at the redirect URL if that is this machine's, and else says what
// can be done.
func TestWhereLoginListens(t *testing.T) {
	taken, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	for name, test := range map[string]struct {
		redirect  string
		noBrowser bool
		code      int // 0: it listens, or a person can paste
		says      string
	}{
		"this machine":                {"http://127.0.0.1:0/oauth/callback", false, 0, ""},
		"a name":                      {"https://notion.example/oauth/callback", false, 2, "oauth.redirect_url is https://notion.example/oauth/callback, where this command cannot answer the browser: start the daemon that answers there, or use --no-browser"},
		"this machine by https":       {"https://localhost:8443/oauth/callback", false, 2, "cannot answer the browser"},
		"a name, to paste":            {"https://notion.example/oauth/callback", true, 0, ""},
		"a taken address":             {"http://" + taken.Addr().String() + "/oauth/callback", false, 1, "end the program that has the address, or use --no-browser"},
		"a taken address, to paste":   {"http://" + taken.Addr().String() + "/oauth/callback", true, 0, ""},
		"the default":                 {"", true, 0, ""},
		"what is no URL":              {"localhost", false, 2, `oauth.redirect_url "localhost" is not a URL`},
		"a name like this machine's ": {"http://localhost.evil.example/oauth/callback", false, 2, "cannot answer the browser"},
	} {
		lt := newLogin(t, test.noBrowser)
		lt.cfg = &config.Config{OAuth: config.OAuth{RedirectURL: test.redirect}, Console: config.Console{PublicURL: "https://notion.example"}}
		at, err := redirectURL(lt.cfg)
		var listener net.Listener
		if err == nil {
			listener, err = lt.listen(t.Context(), at)
		}
		if listener != nil {
			listener.Close()
		}
		if err != nil {
			if code := lt.exitCode(err); code != test.code || !strings.Contains(err.Error(), test.says) {
				t.Errorf("%s: exit %d: %v", name, code, err)
			}
		} else if test.code != 0 || (listener == nil) != test.noBrowser {
			t.Errorf("%s: listener %v", name, listener)
		}
	}
}
