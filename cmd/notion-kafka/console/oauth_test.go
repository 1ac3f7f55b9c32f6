package console

import (
	"context"
	"fmt"
	"html"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"notion-kafka/producer/control"
)

// aBrowser is the id of a browser that was here before.
const aBrowser = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

// from adds a browser's id to a request.
func from(browser string, r *http.Request) *http.Request {
	r.AddCookie(&http.Cookie{Name: browserCookie, Value: browser})
	return r
}

// cookieOf returns the cookie that a response sets; nil if it sets none.
func cookieOf(t *testing.T, answer reply) *http.Cookie {
	t.Helper()
	lines := answer.header.Values("Set-Cookie")
	if len(lines) == 0 {
		return nil
	}
	cookie, err := http.ParseSetCookie(lines[0])
	if err != nil || len(lines) > 1 {
		t.Fatalf("%q: %v", lines, err)
	}
	return cookie
}

// wordsOf returns the text of a page, one line for each element that has some.
func wordsOf(t *testing.T, answer reply) string {
	t.Helper()
	if got := answer.header.Get("Content-Type"); got != "text/html; charset=utf-8" {
		t.Fatalf("status %d of type %q is no page", answer.status, got)
	}
	_, main, _ := strings.Cut(answer.body, "<main")
	_, main, _ = strings.Cut(main, ">")
	main, _, _ = strings.Cut(main, "</main>")
	var words []string
	for line := range strings.Lines(strings.NewReplacer("</h1>", "\n", "</p>", "\n", "</dd>", "\n", "</label>", "\n", "</button>", "\n", "</a>", "\n", "<dl>", "", "\n", " ").Replace(main)) {
		line = regexp.MustCompile(`<[^>]*>`).ReplaceAllString(line, "")
		if line = strings.Join(strings.Fields(html.UnescapeString(line)), " "); line != "" {
			words = append(words, line)
		}
	}
	return strings.Join(words, "\n")
}

// expectPage sends a request and checks the page in the response.
func expectPage(t *testing.T, s *Server, r *http.Request, status int, words ...string) reply {
	t.Helper()
	answer := ask(t, s.handler(), r)
	if diff := cmp.Diff(strings.Join(words, "\n"), wordsOf(t, answer)); diff != "" || answer.status != status {
		t.Errorf("%s %s: status %d, want %d (-want +got)\n%s", r.Method, r.URL, answer.status, status, diff)
	}
	return answer
}

func TestStartSendsTheBrowserToNotionWithAnID(t *testing.T) {
	backend := newFake()
	answer := ask(t, newServer(t, backend, Options{}).handler(), request("GET", "/oauth/start?source=acme", ""))
	cookie := cookieOf(t, answer)
	if cookie == nil || !browserID.MatchString(cookie.Value) {
		t.Fatalf("status %d, cookie %v", answer.status, cookie)
	}
	want := "notion_kafka_browser=" + cookie.Value + "; Path=/; Max-Age=900; HttpOnly; SameSite=Lax"
	if got := answer.header.Get("Set-Cookie"); got != want {
		t.Errorf("cookie %q, want %q", got, want)
	}
	if got := answer.header.Get("Location"); answer.status != 303 || got != consentPage+"?client_id=abc&state=acme+"+cookie.Value {
		t.Errorf("status %d to %s", answer.status, got)
	}
	if diff := cmp.Diff([]string{"begin acme " + cookie.Value}, backend.done); diff != "" {
		t.Errorf("the backend was asked (-want +got):\n%s", diff)
	}
}

func TestStartRefuses(t *testing.T) {
	const unnamed = "the address does not name the source to connect: open /oauth/start?source=NAME"
	for query, want := range map[string]struct {
		status int
		says   string
	}{
		"":                                       {400, unnamed},
		"?source=":                               {400, unnamed},
		"?source=Acme":                           {400, unnamed},
		"?source=..%2F..%2Fx":                    {400, unnamed},
		"?source=%3Cscript%3Ealert(1)":           {400, unnamed},
		"?source=acme%0d%0aSet-Cookie:a":         {400, unnamed},
		"?source=" + url.QueryEscape("é"):        {400, unnamed},
		"?source=" + strings.Repeat("a", 60_000): {400, unnamed},
		"?source=acme&source=other":              {400, `query parameter "source" is given 2 times`},
		"?source=acme&next=//evil.example":       {400, `unknown query parameter "next": this path takes source, draft, ticket`},
		"?source=%zz":                            {400, `the query cannot be read: invalid URL escape "%zz"`},
		"?source=nobody":                         {404, `there is no source "nobody"`},
	} {
		backend := newFake()
		answer := expectPage(t, newServer(t, backend, Options{}), request("GET", "/oauth/start"+query, ""), want.status, "Connecting did not work", want.says)
		if cookie := cookieOf(t, answer); cookie != nil || len(backend.done) > 0 || answer.header.Get("Location") != "" {
			t.Errorf("%.80s: cookie %v, to %q, the backend did %q", query, cookie, answer.header.Get("Location"), backend.done)
		}
	}
}

// A link of another site's page, such as a chat, does not begin what the person would then
// agree to: a page of ours asks first. Its link comes from the same origin.
func TestALinkOfAnotherSiteIsAskedAbout(t *testing.T) {
	backend := newFake()
	s := newServer(t, backend, Options{})
	r := request("GET", "/oauth/start?source=acme&ticket="+aBrowser, "")
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	answer := expectPage(t, s, r, 403, "Connecting did not work",
		"a link of another page leads here, to connect source acme: connect it only if you want that", "Connect acme")
	if cookieOf(t, answer) != nil || len(backend.done) > 0 || !strings.Contains(answer.body, `<a class="button" href="start?source=acme"`) {
		t.Errorf("the backend did %q: %s", backend.done, answer.body)
	}
	r = request("GET", "/oauth/start?source=acme", "")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	if answer := ask(t, s.handler(), r); answer.status != 303 {
		t.Errorf("its link: status %d", answer.status)
	}
}

// An instance that has just started, or is behind another one, waits before it refuses.
func TestStartWaitsForWhatOtherInstancesKnow(t *testing.T) {
	backend := newFake()
	known := backend.sources
	backend.sources, backend.news = nil, func() { backend.sources = known }
	if answer := ask(t, newServer(t, backend, Options{}).handler(), request("GET", "/oauth/start?source=acme", "")); answer.status != 303 {
		t.Errorf("status %d", answer.status)
	}
	backend.asleep = &control.Error{Kind: control.Unavailable, Message: "the control topic is not read yet"}
	for _, path := range []string{"/oauth/start?source=acme", "/oauth/callback?code=c&state=s"} {
		answer := expectPage(t, newServer(t, backend, Options{}), request("GET", path, ""), 503, "Connecting did not work", "the control topic is not read yet")
		if got := answer.header.Get("Retry-After"); got != "5" {
			t.Errorf("%s: Retry-After %q", path, got)
		}
	}
}

func TestCallbackSaysWhatIsConnected(t *testing.T) {
	for name, test := range map[string]struct {
		connected control.Connected
		words     []string
	}{
		"first": {control.Connected{Source: "acme", Workspace: "Acme Inc.", Person: "Ada"}, []string{
			"Source acme is connected with Notion.", "Workspace Acme Inc.", "Connected by Ada"}},
		"again": {control.Connected{Source: "acme", Workspace: "Acme Inc.", Person: "Ada", Before: true}, []string{
			"Source acme is connected with Notion.", "Workspace Acme Inc.", "Connected by Ada",
			"It was connected before. From now on it uses the new connection; its topics and its position stay."}},
		"what Notion may leave out": {control.Connected{Source: "acme"}, []string{
			"Source acme is connected with Notion."}},
		"hostile names": {control.Connected{Source: "acme", Workspace: `</p><script>alert(1)</script>`, Person: `"><img src=x onerror=alert(1)>{{.}}`}, []string{
			"Source acme is connected with Notion.", `Workspace </p><script>alert(1)</script>`, `Connected by "><img src=x onerror=alert(1)>{{.}}`}},
	} {
		t.Run(name, func(t *testing.T) {
			backend := newFake()
			backend.connected = test.connected
			words := append([]string{"Connected"}, test.words...)
			answer := expectPage(t, newServer(t, backend, Options{}), from(aBrowser, request("GET", "/oauth/callback?code=c-1&state=s%2B1", "")), 200,
				append(words, "It reads at once: everything that was ticked on Notion's page, and what is shared with the connection later.",
					"You can close this window.")...)
			if diff := cmp.Diff([]string{"finish " + aBrowser + " code=c-1&state=s%2B1"}, backend.done); diff != "" {
				t.Errorf("the backend was asked (-want +got):\n%s", diff)
			}
			if strings.Contains(answer.body, "<script") || strings.Contains(answer.body, "<img") {
				t.Errorf("markup of Notion's names is in the page: %s", answer.body)
			}
		})
	}
}

func TestCallbackSaysWhatWentWrong(t *testing.T) {
	denied := &control.Error{Kind: control.Conflict, Message: "Notion answered <b onclick=x>access_denied</b>"}
	for name, test := range map[string]struct {
		source string
		err    error
		status int
		words  []string
		again  string // the link
	}{
		"of a known source": {"acme", denied, 409, []string{
			"Notion answered <b onclick=x>access_denied</b>", "Connect acme"}, "start?source=acme"},
		"of an unknown one": {"", denied, 409, []string{"Notion answered <b onclick=x>access_denied</b>"}, ""},
		"Notion is away": {"acme", &control.Error{Kind: control.Unavailable, Message: "Notion does not answer"}, 503, []string{
			"Notion does not answer", "Connect acme"}, "start?source=acme"},
	} {
		t.Run(name, func(t *testing.T) {
			backend := newFake()
			backend.connected, backend.refused = control.Connected{Source: test.source}, test.err
			answer := expectPage(t, newServer(t, backend, Options{}), request("GET", "/oauth/callback?error=%3Cb%3E&state=s", ""), test.status,
				append([]string{"Connecting did not work"}, test.words...)...)
			if diff := cmp.Diff([]string{"finish  error=%3Cb%3E&state=s"}, backend.done); diff != "" {
				t.Errorf("the backend was asked (-want +got):\n%s", diff)
			}
			link := ""
			if found := regexp.MustCompile(`<a class="button" href="([^"]*)"`).FindStringSubmatch(answer.body); found != nil {
				link = found[1]
			}
			if link != test.again || strings.Contains(answer.body, "<b onclick") {
				t.Errorf("link %q, want %q, in %s", link, test.again, answer.body)
			}
		})
	}
}

// A program, such as login for a browser that cannot reach the console, gets JSON.
func TestConnectingForAProgram(t *testing.T) {
	backend := newFake()
	backend.connected = control.Connected{Source: "acme", Workspace: "Acme <Inc.>", Person: "Ada"}
	s := newServer(t, backend, Options{})
	program := func(path string) *http.Request {
		r := request("GET", path, "")
		r.Header.Set("Accept", "application/json")
		return r
	}
	expect(t, s, program("/oauth/start?source=nobody"), 404, `there is no source "nobody"`)
	if answer := ask(t, s.handler(), program("/oauth/start?source=acme&ticket=")); answer.status != 303 {
		t.Errorf("status %d", answer.status)
	}
	answer := ask(t, s.handler(), program("/oauth/callback?code=c"))
	if want := `{"source":"acme","workspace":"Acme <Inc.>","person":"Ada"}` + "\n"; answer.status != 200 || answer.body != want {
		t.Errorf("status %d: %s", answer.status, answer.body)
	}
	backend.refused = &control.Error{Kind: control.Conflict, Message: "denied"}
	expect(t, s, program("/oauth/callback?code=c"), 409, "denied")
}

// What is not as Notion makes it does not reach the backend; what is long does.
func TestCallbackReadsItsQuery(t *testing.T) {
	for query, status := range map[string]int{
		"code=%zz&state=s":                       400,
		"code=1&state=s&code=2":                  400,
		"code=1&state=s&state=s":                 400,
		"error=a&error=b":                        400,
		"":                                       200,
		"code=1&state=s&iss=notion":              200,
		"state=" + strings.Repeat("a", 60_000):   200,
		"error=" + strings.Repeat("%3C", 20_000): 200,
	} {
		backend := newFake()
		answer := ask(t, newServer(t, backend, Options{}).handler(), request("GET", "/oauth/callback?"+query, ""))
		if answer.status != status || len(backend.done) != status/200%2 {
			t.Errorf("%.80s: status %d, want %d; the backend did %.80q", query, answer.status, status, backend.done)
		}
	}
}

// A person who closes the window does not undo what Notion has granted: the code works
// once.
func TestCallbackIsFinishedWithoutTheBrowser(t *testing.T) {
	gone, leave := context.WithCancel(t.Context())
	leave()
	backend := newFake()
	answer := ask(t, newServer(t, backend, Options{}).handler(), request("GET", "/oauth/callback?code=c&state=s", "").WithContext(gone))
	if answer.status != 200 || len(backend.done) != 1 {
		t.Errorf("status %d, the backend did %q", answer.status, backend.done)
	}
}

// Whoever only looks, as link previews do with HEAD, begins and finishes nothing.
func TestConnectingTakesOnlyGET(t *testing.T) {
	backend := newFake()
	s := newServer(t, backend, Options{})
	for _, path := range []string{"/oauth/start?source=acme", "/oauth/callback?code=c&state=s"} {
		for _, method := range []string{"HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"} {
			answer := expect(t, s, request(method, path, ""), 405, method+" is not possible here, only GET")
			if allow := answer.header.Get("Allow"); allow != "GET" || cookieOf(t, answer) != nil {
				t.Errorf("%s %s: Allow %q, %v", method, path, allow, answer.header)
			}
		}
	}
	if len(backend.done) > 0 {
		t.Errorf("the backend did %q", backend.done)
	}
}

// The address of a callback has the code, and that of Notion's page the state.
func TestNoCodeAndNoStateIsLogged(t *testing.T) {
	for name, breaks := range map[string]func(*fakeBackend){
		"well":     func(*fakeBackend) {},
		"an error": func(b *fakeBackend) { b.refused = fmt.Errorf("sealing: %w", errSecret) },
		"a panic":  func(b *fakeBackend) { b.panics = true },
	} {
		var log strings.Builder
		backend := newFake()
		breaks(backend)
		s := newServer(t, backend, Options{Logger: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))})
		ask(t, s.handler(), from(aBrowser, request("GET", "/oauth/start?source=acme", "")))
		answer := ask(t, s.handler(), from(aBrowser, request("GET", "/oauth/callback?code=c0de&state=st4te", "")))
		if !strings.Contains(log.String(), "/oauth/callback") {
			t.Errorf("%s: the log has no line of the request: %s", name, &log)
		}
		for _, secret := range []string{"c0de", "st4te", aBrowser} {
			if strings.Contains(log.String(), secret) || strings.Contains(answer.body, secret) {
				t.Errorf("%s: %s is in the log or in the page: %s\n%s", name, secret, &log, answer.body)
			}
		}
	}
}

// The console's name is the redirect URL's too; a page that reaches it by another name
// (DNS rebinding) gets nothing.
func TestConnectingByWhichNames(t *testing.T) {
	for host, status := range map[string]int{"localhost:8080": 200, "tunnel.example": 200, "evil.example": 421} {
		backend := newFake()
		s := newServer(t, backend, Options{RedirectURL: "https://tunnel.example/oauth/callback"})
		r := request("GET", "/oauth/callback?code=c&state=s", "")
		r.Host = host
		if answer := ask(t, s.handler(), r); answer.status != status || answer.header.Get("Content-Type") != "text/html; charset=utf-8" {
			t.Errorf("%s: status %d, want %d\n%s", host, answer.status, status, answer.body)
		}
	}
	if _, err := New(Options{Listen: "127.0.0.1:0", PublicURL: "http://localhost:8080", RedirectURL: "localhost"}); messageOf(err) != `oauth.redirect_url "localhost" is not a URL such as http://localhost:8080` {
		t.Error(err)
	}
}
