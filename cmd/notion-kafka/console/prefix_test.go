package console

import (
	"encoding/json"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"notion-kafka/producer/control"
)

// A visitor is a browser that comes to a console through a proxy, which serves it under
// /nk and takes that away.
type visitor struct {
	t      *testing.T
	at     string // the proxy's address
	client *http.Client
}

// behindProxy serves a console under /nk. With its own Host the console sees the proxy's
// name for it, as many proxies do by default.
func behindProxy(t *testing.T, backend Backend, o Options, ownHost bool) *visitor {
	t.Helper()
	var handler http.Handler
	origin := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { handler.ServeHTTP(w, r) }))
	t.Cleanup(origin.Close)
	target, err := url.Parse(origin.URL)
	if err != nil {
		t.Fatal(err)
	}
	reverse := &httputil.ReverseProxy{FlushInterval: -1, Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(target)
		if ownHost {
			r.Out.Host = r.In.Host
		}
	}}
	mux := http.NewServeMux()
	mux.Handle("/nk/", http.StripPrefix("/nk", reverse))
	front := httptest.NewServer(mux)
	t.Cleanup(front.Close)
	o.PublicURL = front.URL + "/nk"
	handler = newServer(t, backend, o).handler()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &visitor{t, front.URL, &http.Client{Jar: jar}}
}

// visit goes to an address, or posts a form there, and returns where the browser ended
// and what it got.
func (v *visitor) visit(method, path, body, accept string) (at string, answer reply) {
	v.t.Helper()
	r, err := http.NewRequestWithContext(v.t.Context(), method, v.at+path, strings.NewReader(body))
	if err != nil {
		v.t.Fatal(err)
	}
	r.Header.Set("Accept", accept)
	if method == http.MethodPost {
		r.Header.Set("Origin", v.at)
		r.Header.Set("Content-Type", formType)
	}
	got, err := v.client.Do(r)
	if err != nil {
		v.t.Fatal(err)
	}
	defer got.Body.Close()
	text, err := io.ReadAll(got.Body)
	if err != nil {
		v.t.Fatal(err)
	}
	return got.Request.URL.RequestURI(), reply{got.StatusCode, got.Header, string(text)}
}

// Under a prefix a person signs in, goes where the way was to, and signs out, whether or
// not the proxy keeps Host.
func TestSigningInUnderAPrefix(t *testing.T) {
	for name, ownHost := range map[string]bool{"with Host": true, "with a Host of its own": false} {
		t.Run(name, func(t *testing.T) {
			v := behindProxy(t, newFake(), guardedOptions(), ownHost)
			const page, want = "text/html,*/*;q=0.8", "/nk/runs/run-1"
			if at, _ := v.visit("GET", want, "", page); at != "/nk/login?next=%2Fruns%2Frun-1" {
				t.Errorf("sent to %s", at)
			}
			at, answer := v.visit("POST", "/nk/login", "username=ops&password=right&next=%2Fruns%2Frun-1", page)
			if at != want || answer.status != 200 {
				t.Errorf("signed in: at %s, status %d", at, answer.status)
			}
			if at, answer := v.visit("GET", "/nk//runs//run-1", "", page); at != want || answer.status != 200 {
				t.Errorf("an untidy address: at %s, status %d", at, answer.status)
			}
			if at, _ := v.visit("POST", "/nk/logout", "", page); at != "/nk/login?said=out" {
				t.Errorf("signed out: at %s", at)
			}
			if at, _ := v.visit("GET", want, "", page); at == want {
				t.Error("signed out, and still in")
			}
		})
	}
}

// links are the addresses in a page.
var links = regexp.MustCompile(`(?:href|src|action)="([^"]*)"`)

// Every address on a page leads to the console's own under the prefix: pages, forms,
// scripts and styles.
func TestLinksUnderAPrefix(t *testing.T) {
	failing := newFake()
	failing.connected, failing.refused = control.Connected{Source: "acme"}, errSecret
	for _, path := range []string{
		"/nk/login", "/nk/nowhere", "/nk/sources/acme/streams/x/nowhere", "/nk/oauth/start", "/nk/oauth/callback?code=c",
		"/nk/sources", "/nk/sources/acme", "/nk/sources/acme/settings", "/nk/sources/acme/streams/" + stream + "/held", "/nk/runs/run-1", "/nk/system",
	} {
		v := behindProxy(t, failing, guardedOptions(), true)
		v.visit("POST", "/nk/login", "username=ops&password=right", "text/html")
		at, answer := v.visit("GET", path, "", "text/html")
		if at != path || answer.header.Get("Content-Type") != "text/html; charset=utf-8" {
			t.Fatalf("%s: at %s, status %d", path, at, answer.status)
		}
		page, err := url.Parse(v.at + at)
		if err != nil {
			t.Fatal(err)
		}
		found := links.FindAllStringSubmatch(answer.body, -1)
		if len(found) == 0 {
			t.Errorf("%s: no address in %s", path, answer.body)
		}
		for _, link := range found {
			to, err := page.Parse(html.UnescapeString(link[1]))
			if strings.HasPrefix(link[1], "https://www.notion.so/") {
				continue
			}
			if err != nil || !strings.HasPrefix(to.String(), v.at+"/nk/") || strings.HasPrefix(to.Path, "/nk/nk") {
				t.Errorf("%s: %s leads to %s, %v", path, link[1], to, err)
				continue
			}
			if !strings.Contains(to.Path, "/assets/") && !strings.HasSuffix(to.Path, ".css") {
				continue
			}
			if _, file := v.visit("GET", to.RequestURI(), "", "*/*"); file.status != 200 {
				t.Errorf("%s: %s: status %d", path, to, file.status)
			}
		}
	}
}

// The document of the API names the prefix, for programs that make their addresses of it.
func TestTheDocumentUnderAPrefix(t *testing.T) {
	for public, want := range map[string]string{
		"http://localhost:8080": "/", "http://localhost:8080/nk": "/nk", "http://localhost:8080/a b/\"c": "/a%20b/%22c",
		"http://ops.example/nk": "/", // and the request is to localhost, past the proxy
	} {
		s := newServer(t, newFake(), Options{PublicURL: public})
		var document struct{ Servers []struct{ URL string } }
		answer := ask(t, s.handler(), request("GET", documentPath, ""))
		if err := json.Unmarshal([]byte(answer.body), &document); err != nil || len(document.Servers) != 1 || document.Servers[0].URL != want {
			t.Errorf("%s: servers %v, want %s, %v", public, document.Servers, want, err)
		}
	}
}

// What an API made is found where Location says, under the prefix too.
func TestLocationsUnderAPrefix(t *testing.T) {
	v := behindProxy(t, newFake(), Options{}, true)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, v.at+"/nk/api/v1/sources", strings.NewReader(`{"name":"sales"}`))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	made, err := v.client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	made.Body.Close()
	to, err := made.Location()
	if err != nil {
		t.Fatal(err)
	}
	if at, found := v.visit("GET", to.RequestURI(), "", "application/json"); at != "/nk/api/v1/sources/sales" || found.status != 200 {
		t.Errorf("%s leads to %s: status %d", made.Header.Get("Location"), at, found.status)
	}
}

// A run is followed through a proxy; without a session it is not.
func TestFollowingUnderAPrefix(t *testing.T) {
	backend := newFake()
	v := behindProxy(t, backend, guardedOptions(), true)
	const events = "/nk/api/v1/runs/run-1/events"
	if at, answer := v.visit("GET", events, "", "text/event-stream"); at != events || answer.status != 401 || answer.header.Get("WWW-Authenticate") != `Cookie realm="notion-kafka"` {
		t.Errorf("without a session: %d, %v", answer.status, answer.header)
	}
	v.visit("POST", "/nk/login", "username=ops&password=right", "text/html")
	go func() {
		run, _ := standing(control.Running)
		backend.changes <- change{run: run}
		close(backend.changes)
	}()
	if _, answer := v.visit("GET", events, "", "text/event-stream"); answer.status != 200 || !strings.HasPrefix(answer.body, "event: run\n") {
		t.Errorf("status %d: %s", answer.status, answer.body)
	}
}
