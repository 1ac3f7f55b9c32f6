package console

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// On virtual time, because the responses to wrong passwords are delayed.
func TestWithoutThePasswordOnlyHealthAndMetricsAnswer(t *testing.T) {
	synctest.Test(t, onlyHealthAndMetricsAnswer)
}

func onlyHealthAndMetricsAnswer(t *testing.T) {
	s := newServer(t, newFake(), Options{
		Listen: "0.0.0.0:0", Username: "ops", Password: "right",
		Metrics: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/plain")
			_, _ = w.Write([]byte("# nothing"))
		}),
	})
	logins := map[string]func(*http.Request){
		"none":           func(*http.Request) {},
		"wrong password": func(r *http.Request) { r.SetBasicAuth("ops", "wrong") },
		"wrong username": func(r *http.Request) { r.SetBasicAuth("opa", "right") },
		"no password":    func(r *http.Request) { r.SetBasicAuth("ops", "") },
		"another scheme": func(r *http.Request) { r.Header.Set("Authorization", "Bearer right") },
	}
	requests := []*http.Request{request("GET", "/", ""), request("GET", "/nowhere", ""), request("GET", "//healthz", ""), request("GET", documentPath, ""), request("GET", "/api/v1/runs/run-1/events", "")}
	for _, r := range s.api() {
		requests = append(requests, exampleOf(r))
	}
	for name, login := range logins {
		for _, given := range requests {
			r := given.Clone(t.Context())
			login(r)
			answer := expect(t, s, r, 401, "send console.username and console.password by basic authentication")
			if got := answer.header.Get("WWW-Authenticate"); got != `Basic realm="notion-kafka", charset="UTF-8"` {
				t.Errorf("%s: WWW-Authenticate is %q", name, got)
			}
		}
	}
	for path, want := range map[string]int{"/healthz": 200, "/readyz": 200, "/metrics": 200, "/oauth/callback": 200, "/oauth/style.css": 200, "/oauth/start": 401} {
		if got := ask(t, s.handler(), request("GET", path, "")).status; got != want {
			t.Errorf("GET %s: %d without a password, want %d", path, got, want)
		}
	}
	<-time.After(2 * time.Minute) // wrong passwords are forgotten
	r := request("GET", "/api/v1/sources", "")
	r.Host = "anything.example" // the password is proof enough
	r.SetBasicAuth("ops", "right")
	if got := ask(t, s.handler(), r).status; got != 200 {
		t.Errorf("GET /api/v1/sources: %d with the password", got)
	}
}

func TestPagesOfOtherSitesCannotChangeAnything(t *testing.T) {
	backend := newFake()
	s := newServer(t, backend, Options{PublicURL: "https://notion.example"})
	from := func(r *http.Request, header, value string) *http.Request {
		r.Header.Set(header, value)
		return r
	}
	for _, route := range s.api() {
		for _, r := range []*http.Request{
			from(exampleOf(route), "Origin", "https://evil.example"),
			from(exampleOf(route), "Origin", "null"),
			from(exampleOf(route), "Sec-Fetch-Site", "cross-site"),
			from(exampleOf(route), "Sec-Fetch-Site", "same-site"),
		} {
			if r.Method == http.MethodGet {
				continue
			}
			expect(t, s, r, 403, "a page of another site requested a change, which only pages of console.public_url may: open the console there, or use a program that sends no Origin")
		}
	}
	if len(backend.done) > 0 {
		t.Errorf("the backend was called: %q", backend.done)
	}
	for _, r := range []*http.Request{
		from(request("PUT", "/api/v1/sources/acme/pause", ""), "Origin", "http://localhost:8080"),
		from(request("PUT", "/api/v1/sources/acme/pause", ""), "Origin", "https://notion.example"),
		from(request("PUT", "/api/v1/sources/acme/pause", ""), "Sec-Fetch-Site", "same-origin"),
	} {
		if got := ask(t, s.handler(), r).status; got != 200 {
			t.Errorf("a page of our own was refused with %d", got)
		}
	}
}

// A page of another site cannot read the response of a GET, but each of its requests
// makes work, and a request for something unknown writes to Kafka.
func TestPagesOfOtherSitesCannotAskTheAPI(t *testing.T) {
	s := newServer(t, newFake(), Options{PublicURL: "https://notion.example"})
	ours, others := request("GET", "/api/v1/runs/nothing", ""), request("GET", "/api/v1/runs/nothing", "")
	others.Header.Set("Sec-Fetch-Site", "cross-site")
	expect(t, s, others, 403, "a page of another site called the API, which only pages of console.public_url may: open the console there, or use a program that sends no Sec-Fetch-Site")
	for _, site := range []string{"same-origin", "same-site", "none"} {
		ours.Header.Set("Sec-Fetch-Site", site)
		if got := ask(t, s.handler(), ours).status; got != 404 {
			t.Errorf("Sec-Fetch-Site %s: refused with %d", site, got)
		}
	}
	health := request("GET", "/healthz", "")
	health.Header.Set("Sec-Fetch-Site", "cross-site")
	if got := ask(t, s.handler(), health).status; got != 200 {
		t.Errorf("GET /healthz, which costs nothing, was refused with %d", got)
	}
}

// A link of another site leads to a page. An image, a frame or a script of that site gets
// none: a page may ask Notion or write to Kafka, and one of another site asks often.
func TestPagesOfOtherSitesHaveNoPartsOfOurs(t *testing.T) {
	s := newServer(t, newFake(), Options{})
	held := "/sources/acme/streams/" + stream + "/held?look=20"
	for _, test := range []struct {
		mode, dest string
		status     int
	}{
		{"navigate", "document", 200}, {"navigate", "iframe", 403}, {"navigate", "object", 403}, {"no-cors", "image", 403}, {"no-cors", "empty", 403},
		{"cors", "empty", 403}, {"no-cors", "script", 403}, {"", "", 200},
	} {
		for _, path := range []string{"/sources", held, "/runs/run-1"} {
			for site, status := range map[string]int{"cross-site": test.status, "same-origin": 200, "none": 200} {
				r := visit(path)
				for name, value := range map[string]string{"Sec-Fetch-Site": site, "Sec-Fetch-Mode": test.mode, "Sec-Fetch-Dest": test.dest} {
					r.Header.Set(name, value)
				}
				if got := ask(t, s.handler(), r).status; got != status {
					t.Errorf("%s of %s, %s %s: %d, want %d", path, site, test.mode, test.dest, got, status)
				}
			}
		}
	}
}

// The values are those of docker-compose.yml: a console beyond loopback without a
// password refuses the host name of a page that resolves to this machine (DNS
// rebinding).
func TestInsecureDropsThePasswordAndNotTheHost(t *testing.T) {
	s := newServer(t, newFake(), Options{
		Listen: "0.0.0.0:0", PublicURL: "http://localhost:8080", Insecure: true,
		Metrics: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("# nothing")) }),
	})
	for _, route := range s.api() {
		r := exampleOf(route)
		r.Host = "attacker.example:8080"
		r.Header.Set("Origin", "http://attacker.example:8080")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		if got := ask(t, s.handler(), r).status; got != 421 {
			t.Errorf("%s %s is answered with %d", r.Method, r.URL, got)
		}
	}
	for path, want := range map[string]int{"/": 421, documentPath: 421, "/healthz": 200, "/readyz": 200, "/metrics": 200} {
		r := request("GET", path, "")
		r.Host = "10.0.0.7:8080" // as a probe of Kubernetes asks
		if got := ask(t, s.handler(), r).status; got != want {
			t.Errorf("GET %s by an address: %d, want %d", path, got, want)
		}
	}
}

// console.hosts are further names, also with a password.
func TestHosts(t *testing.T) {
	for name, test := range map[string]struct {
		options Options
		host    string
		status  int
	}{
		"one of them":                  {Options{Hosts: []string{"Kafka.internal", "10.0.0.7"}}, "kafka.internal:8080", 200},
		"an address":                   {Options{Hosts: []string{"kafka.internal", "10.0.0.7"}}, "10.0.0.7:8080", 200},
		"none of them":                 {Options{Hosts: []string{"kafka.internal"}}, "other.internal", 421},
		"loopback all the same":        {Options{Hosts: []string{"kafka.internal"}}, "127.0.0.1:8080", 200},
		"any":                          {Options{Hosts: []string{"*"}}, "other.internal", 200},
		"none of them with a password": {Options{Hosts: []string{"kafka.internal"}, Username: "ops", Password: "right"}, "other.internal", 421},
	} {
		test.options.PublicURL = "http://localhost:8080"
		s := newServer(t, newFake(), test.options)
		r := request("GET", "/api/v1/sources", "")
		r.Host = test.host
		r.SetBasicAuth("ops", "right")
		if got := ask(t, s.handler(), r).status; got != test.status {
			t.Errorf("%s: %d, want %d", name, got, test.status)
		}
	}
}

func TestWithoutAPasswordOnlyOurOwnNamesAnswer(t *testing.T) {
	const listed = "localhost and notion.example"
	for _, test := range []struct {
		host     string
		insecure bool
		status   int
	}{
		{"localhost:8080", false, 200},
		{"LOCALHOST", false, 200},
		{"127.0.0.1:8080", false, 200},
		{"127.9.9.9", false, 200},
		{"[::1]:8080", false, 200},
		{"[::1]", false, 200},
		{"notion.example", false, 200},
		{"Notion.Example:443", false, 200},
		{"evil.example", false, 421},
		{"evil.example:8080", false, 421},
		{"localhost.evil.example", false, 421},
		{"10.0.0.1", false, 421},
		{"", false, 421},
		{"evil.example", true, 421},
	} {
		s := newServer(t, newFake(), Options{PublicURL: "https://notion.example/console", Insecure: test.insecure})
		r := request("GET", "/api/v1/sources", "")
		r.Host = test.host
		if test.status == 200 {
			if got := ask(t, s.handler(), r).status; got != 200 {
				t.Errorf("Host %q: %d", test.host, got)
			}
			continue
		}
		expect(t, s, r, 421, "this console serves the host names "+listed+" only, and the request is for "+test.host+
			": use one of those names, or set console.public_url or console.hosts, or console.username and console.password")
	}
}

func TestAnswersAreSafeInABrowser(t *testing.T) {
	s := newServer(t, newFake(), Options{})
	for _, path := range []string{"/", "/api/v1/sources", "/nowhere", "/healthz"} {
		got := ask(t, s.handler(), request("GET", path, "")).header
		want := map[string]string{
			"Cache-Control": "no-store", "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
			"Referrer-Policy": "no-referrer", "X-Content-Type-Options": "nosniff",
		}
		for name := range want {
			if diff := cmp.Diff(want[name], got.Get(name)); diff != "" {
				t.Errorf("GET %s: %s\n%s", path, name, diff)
			}
		}
	}
}

// The policy is what keeps a page harmless if some text of Notion ever became markup: no
// inline script or style, nothing from elsewhere, no frame, no form to elsewhere.
func TestHeadersOfAPage(t *testing.T) {
	h := http.Header{}
	pageHeaders(h)
	want := http.Header{
		"Content-Type": {"text/html; charset=utf-8"},
		"Content-Security-Policy": {"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
			"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"},
		"Referrer-Policy": {"same-origin"},
	}
	if diff := cmp.Diff(want, h); diff != "" {
		t.Error(diff)
	}
}

// A form of a page on plain http, at a name that is not this machine's, comes with the
// headers that Chromium sends: Origin, as the page's referrer policy lets it, and no
// Sec-Fetch-Site. With no-referrer it would be Origin: null, which any page can send.
func TestFormsOnPlainHTTP(t *testing.T) {
	for origin, status := range map[string]int{
		"http://nk.internal:8080": 200, // same-origin
		"null":                    403, // no-referrer
		"http://evil.example":     403,
		"http://nk.internal:8081": 403,
	} {
		s := newServer(t, newFake(), Options{Hosts: []string{"nk.internal"}, Listen: "0.0.0.0:8080", Username: "ops", Password: "right"})
		r := withLogin(request("PUT", "/api/v1/sources/acme/pause", ""), "right")
		r.Host = "nk.internal:8080"
		r.Header.Set("Origin", origin)
		if got := ask(t, s.handler(), r).status; got != status {
			t.Errorf("Origin %s: %d, want %d", origin, got, status)
		}
	}
}

func TestInvalidOptionsOfAConsole(t *testing.T) {
	for _, test := range []struct {
		options Options
		want    string
	}{
		{Options{Listen: "8080"}, `console.listen "8080" is not host:port: address 8080: missing port in address`},
		{Options{Listen: "127.0.0.1:0", PublicURL: "localhost"}, `console.public_url "localhost" is not a URL such as http://localhost:8080`},
		{Options{Listen: "127.0.0.1:0", Username: "ops"}, "console.username and console.password go together: give both or neither"},
		{Options{Listen: ":8080"}, "console.listen :8080 can be reached from other machines: " +
			"set console.username and console.password, or listen on 127.0.0.1, or set console.insecure: true"},
		{Options{Listen: "host-a:8080"}, "console.listen host-a:8080 can be reached from other machines: " +
			"set console.username and console.password, or listen on 127.0.0.1, or set console.insecure: true"},
		{Options{Listen: ":8080", Insecure: true}, ""},
		{Options{Listen: "localhost:8080"}, ""},
		{Options{Listen: "[::1]:8080"}, ""},
	} {
		if test.options.PublicURL == "" {
			test.options.PublicURL = "http://localhost:8080"
		}
		_, err := New(test.options)
		if got := messageOf(err); got != test.want {
			t.Errorf("listen %q: %q, want %q", test.options.Listen, got, test.want)
		}
	}
}

func messageOf(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
