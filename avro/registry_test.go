package avro

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/sr"
	"github.com/twmb/franz-go/pkg/sr/srfake"
)

// A recorder records the requests that pass through it.
type recorder struct {
	next          http.Handler
	requests      []string
	authorization string
}

func (r *recorder) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	r.requests = append(r.requests, q.Method+" "+q.URL.Path)
	r.authorization = q.Header.Get("Authorization")
	r.next.ServeHTTP(w, q)
}

// fakeRegistry is a registry that, like Apicurio's, enforces no compatibility.
func fakeRegistry(t *testing.T) (*srfake.Registry, *recorder, string) {
	t.Helper()
	fake := srfake.New()
	t.Cleanup(fake.Close)
	address, err := url.Parse(fake.URL())
	if err != nil {
		t.Fatal(err)
	}
	seen := &recorder{next: httputil.NewSingleHostReverseProxy(address)}
	server := httptest.NewServer(http.StripPrefix("/apis/ccompat/v7", seen))
	t.Cleanup(server.Close)
	return fake, seen, server.URL + "/apis/ccompat/v7"
}

func newRegistry(t *testing.T, o RegistryOptions) *Registry {
	t.Helper()
	r, err := NewRegistry(o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestEnsureRegistersOnceAndVerbatim(t *testing.T) {
	_, _, url := fakeRegistry(t)
	registry := newRegistry(t, RegistryOptions{URL: url, AutoRegister: true})
	first, err := registry.Ensure(t.Context(), "pages-value", PageSchema)
	if err != nil {
		t.Fatal(err)
	}
	again, err := registry.Ensure(t.Context(), "pages-value", PageSchema)
	if err != nil || again != first {
		t.Errorf("second time: id %d, %v; first %d", again, err, first)
	}
	text, err := registry.SchemaByID(t.Context(), first)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(PageSchema, text); diff != "" {
		t.Errorf("schema text (-sent +kept):\n%s", diff)
	}
}

func TestEnsureRefusesWhatCannotReadTheNewest(t *testing.T) {
	_, seen, url := fakeRegistry(t)
	registry := newRegistry(t, RegistryOptions{URL: url, AutoRegister: true})
	if _, err := registry.Ensure(t.Context(), "s", record(`{"name":"id","type":"string"}`)); err != nil {
		t.Fatal(err)
	}
	seen.requests = nil
	_, err := registry.Ensure(t.Context(), "s", record(`{"name":"id","type":"int"}`))
	if !errors.Is(err, ErrIncompatible) || !strings.Contains(err.Error(), "field id") || !strings.Contains(err.Error(), `"s"`) {
		t.Errorf("error = %v, want ErrIncompatible with the subject and the field", err)
	}
	if slices.ContainsFunc(seen.requests, func(r string) bool { return !strings.HasPrefix(r, "GET ") }) {
		t.Errorf("Ensure changed the registry: %v", seen.requests)
	}
}

func TestEnsureSetsTheConfiguredLevel(t *testing.T) {
	_, seen, url := fakeRegistry(t)
	registry := newRegistry(t, RegistryOptions{URL: url, AutoRegister: true, Compatibility: "FULL_TRANSITIVE"})
	if _, err := registry.Ensure(t.Context(), "s", PageSchema); err != nil {
		t.Fatal(err)
	}
	client, err := sr.NewClient(sr.URLs(url))
	if err != nil {
		t.Fatal(err)
	}
	if got := client.Compatibility(t.Context(), "s")[0]; got.Err != nil || got.Level != sr.CompatFullTransitive {
		t.Errorf("level = %v, %v", got.Level, got.Err)
	}
	want := []string{"GET /subjects/s/versions/latest", "PUT /config/s", "POST /subjects/s/versions"}
	if diff := cmp.Diff(want, seen.requests[:3]); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
}

// Some registries accept a compatibility level only for a subject that exists.
func TestEnsureSetsTheLevelAfterwardsWhereItMust(t *testing.T) {
	var requests []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		exists := slices.Contains(requests, "POST /subjects/s/versions")
		requests = append(requests, q.Method+" "+q.URL.Path)
		switch {
		case q.Method == http.MethodPost:
			fmt.Fprint(w, `{"id":5}`)
		case q.Method == http.MethodPut && exists:
			fmt.Fprint(w, `{"compatibility":"FULL"}`)
		default:
			answer(w, 404, 40401, "Subject 's' not found")
		}
	}))
	t.Cleanup(server.Close)
	registry := newRegistry(t, RegistryOptions{URL: server.URL, AutoRegister: true, Compatibility: "FULL"})
	if id, err := registry.Ensure(t.Context(), "s", PageSchema); err != nil || id != 5 {
		t.Errorf("id %d, %v", id, err)
	}
	want := []string{"GET /subjects/s/versions/latest", "PUT /config/s", "POST /subjects/s/versions", "PUT /config/s"}
	if diff := cmp.Diff(want, requests); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
}

func TestEnsureWithoutAutoRegister(t *testing.T) {
	_, seen, url := fakeRegistry(t)
	locked := newRegistry(t, RegistryOptions{URL: url})
	_, err := locked.Ensure(t.Context(), "pages-value", PageSchema)
	if !errors.Is(err, ErrNotRegistered) {
		t.Fatalf("error = %v, want ErrNotRegistered", err)
	}
	for _, part := range []string{"pages-value", url + "/subjects/pages-value/versions", PageSchema, "auto_register"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("error lacks %q: %v", part, err)
		}
	}
	long := RowSchema("t", manyColumns(100))
	if _, err := locked.Ensure(t.Context(), "pages-value", long); !errors.Is(err, ErrNotRegistered) || len(err.Error()) > 1000 || !strings.Contains(err.Error(), "the log has") {
		t.Errorf("a long schema: error of %d bytes: %.300s", len(err.Error()), err)
	}
	if slices.Contains(seen.requests, "POST /subjects/pages-value/versions") {
		t.Error("Ensure registered the schema")
	}
	want, err := newRegistry(t, RegistryOptions{URL: url, AutoRegister: true}).Ensure(t.Context(), "pages-value", PageSchema)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := locked.Ensure(t.Context(), "pages-value", PageSchema); err != nil || got != want {
		t.Errorf("once registered: id %d, %v; want %d", got, err, want)
	}
}

func answer(w http.ResponseWriter, status, code int, message string) {
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{"error_code": code, "message": message})
}

// A registry or a proxy may repeat a request in its response. The password must not
// get into our error.
func TestRegistryErrorsHaveAKindAndNoSecrets(t *testing.T) {
	const password, token = "pass-w0rd", "t0ken"
	tests := []struct {
		name    string
		options RegistryOptions
		handler http.HandlerFunc
		want    error
		says    string
	}{
		{"wrong password", RegistryOptions{Username: "me", Password: password}, func(w http.ResponseWriter, q *http.Request) {
			answer(w, 401, 40101, "who is "+q.Header.Get("Authorization")+" "+password)
		}, ErrUnauthorized, "schema_registry.username"},
		{"wrong token", RegistryOptions{Token: token}, func(w http.ResponseWriter, q *http.Request) {
			answer(w, 403, 40301, "not you: "+q.Header.Get("Authorization"))
		}, ErrUnauthorized, "right"},
		{"incompatible", RegistryOptions{}, func(w http.ResponseWriter, q *http.Request) {
			if q.Method == http.MethodGet {
				answer(w, 404, 40401, "none")
				return
			}
			answer(w, 409, 409, "READER_FIELD_MISSING")
		}, ErrIncompatible, "READER_FIELD_MISSING"},
		{"invalid", RegistryOptions{}, func(w http.ResponseWriter, q *http.Request) {
			if q.Method == http.MethodGet {
				answer(w, 404, 40401, "none")
				return
			}
			answer(w, 422, 42201, "not Avro")
		}, ErrInvalid, "not Avro"},
		{"overloaded", RegistryOptions{}, func(w http.ResponseWriter, _ *http.Request) { answer(w, 503, 50003, "no leader") }, ErrUnreachable, "try again later"},
		{"no registry there", RegistryOptions{}, http.NotFound, ErrInvalid, "schema_registry.url"},
		{"a web page", RegistryOptions{}, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>"+strings.Repeat("x", 10_000)) }, ErrInvalid, "schema_registry.url"},
		{"cut", RegistryOptions{}, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, ErrUnreachable, "EOF"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			server := httptest.NewServer(test.handler)
			t.Cleanup(server.Close)
			test.options.URL, test.options.AutoRegister = server.URL, true
			_, err := newRegistry(t, test.options).Ensure(t.Context(), "s", PageSchema)
			if !errors.Is(err, test.want) {
				t.Fatalf("error = %v, want %v", err, test.want)
			}
			if !strings.Contains(err.Error(), test.says) {
				t.Errorf("error = %v, want one with %q", err, test.says)
			}
			for _, secret := range []string{password, token, "bWU6cGFzcy13MHJk"} {
				if strings.Contains(err.Error(), secret) {
					t.Errorf("error contains %q: %v", secret, err)
				}
			}
			if len(err.Error()) > 1000 {
				t.Errorf("error of %d bytes", len(err.Error()))
			}
		})
	}
}

func TestCredentialsInTheAddressAreUsedAndNotShown(t *testing.T) {
	_, seen, url := fakeRegistry(t)
	with := strings.Replace(url, "http://", "http://me:pass-w0rd@", 1)
	registry := newRegistry(t, RegistryOptions{URL: with})
	if err := registry.Ping(t.Context()); err != nil {
		t.Fatal(err)
	}
	if seen.authorization != "Basic bWU6cGFzcy13MHJk" {
		t.Errorf("authorization = %q", seen.authorization)
	}
	if registry.Address() != url {
		t.Errorf("address = %s, want %s", registry.Address(), url)
	}
	dead := httptest.NewServer(nil)
	dead.Close()
	registry = newRegistry(t, RegistryOptions{URL: strings.Replace(dead.URL, "http://", "http://me:pass-w0rd@", 1)})
	if err := registry.Ping(t.Context()); !errors.Is(err, ErrUnreachable) || strings.Contains(err.Error(), "pass-w0rd") {
		t.Errorf("error = %v", err)
	}
}

func TestBearerToken(t *testing.T) {
	_, seen, url := fakeRegistry(t)
	if err := newRegistry(t, RegistryOptions{URL: url, Token: "t0ken"}).Ping(t.Context()); err != nil {
		t.Fatal(err)
	}
	if seen.authorization != "Bearer t0ken" {
		t.Errorf("authorization = %q", seen.authorization)
	}
}

func TestCancelledRequestIsNoUnreachableRegistry(t *testing.T) {
	_, _, url := fakeRegistry(t)
	ctx, cancel := context.WithCancelCause(t.Context())
	why := errors.New("the source was paused")
	cancel(why)
	err := newRegistry(t, RegistryOptions{URL: url}).Ping(ctx)
	if !errors.Is(err, why) || errors.Is(err, ErrUnreachable) || !strings.HasPrefix(err.Error(), why.Error()) {
		t.Errorf("error = %v, want %q first", err, why)
	}
}

func TestSchemaByIDSendsOneRequest(t *testing.T) {
	fake, seen, url := fakeRegistry(t)
	fake.SeedSchema("s", 1, 7, sr.Schema{Schema: PageSchema})
	registry := newRegistry(t, RegistryOptions{URL: url})
	for range 3 {
		if text, err := registry.SchemaByID(t.Context(), 7); err != nil || text != PageSchema {
			t.Fatal(text, err)
		}
	}
	if len(seen.requests) != 1 {
		t.Errorf("requests: %v, want one", seen.requests)
	}
	if _, err := registry.SchemaByID(t.Context(), 8); !errors.Is(err, ErrNotRegistered) {
		t.Errorf("unknown id: %v", err)
	}
}

func TestNewRegistryRefuses(t *testing.T) {
	noCertificate := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(noCertificate, []byte("nothing"), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name    string
		options RegistryOptions
		want    string
	}{
		{"no address", RegistryOptions{}, "schema_registry.url"},
		{"an address that does not parse", RegistryOptions{URL: "http://me:pass-w0rd@host:port"}, "schema_registry.url"},
		{"another scheme", RegistryOptions{URL: "ftp://host"}, "schema_registry.url"},
		{"a query", RegistryOptions{URL: "http://host/?token=pass-w0rd"}, "schema_registry.url"},
		{"two ways to log in", RegistryOptions{URL: "http://host", Username: "me", Token: "pass-w0rd"}, "one of them"},
		{"an unknown level", RegistryOptions{URL: "http://host", Compatibility: "SIDEWAYS"}, "SIDEWAYS"},
		{"a CA file that is missing", RegistryOptions{URL: "http://host", CAFile: "none.pem"}, "none.pem"},
		{"a CA file without a certificate", RegistryOptions{URL: "http://host", CAFile: noCertificate}, "no PEM certificate"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := NewRegistry(test.options)
			if err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "pass-w0rd") {
				t.Errorf("error = %v, want one with %q and no secret", err, test.want)
			}
		})
	}
}

// An error repeats only the beginning of a response, and no part of a secret, also
// where the secret crosses the place of the cut.
func TestResponseInErrorIsCut(t *testing.T) {
	const password = "pass-w0rd"
	long := strings.Repeat("x", 1<<20)
	handlers := map[string]http.HandlerFunc{
		"message":     func(w http.ResponseWriter, _ *http.Request) { answer(w, 422, 42201, long) },
		"web page":    func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>"+long) },
		"wrong shape": func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"schema":1,"`+long+`":2}`) },
		"redirect": func(w http.ResponseWriter, q *http.Request) {
			http.Redirect(w, q, "http://127.0.0.1:1/"+long, http.StatusFound)
		},
	}
	for pad := longestQuote - 40; pad <= longestQuote; pad++ {
		handlers[fmt.Sprintf("a password after %d letters", pad)] = func(w http.ResponseWriter, _ *http.Request) {
			answer(w, 422, 42201, strings.Repeat("x", pad)+password)
		}
	}
	for name, handler := range handlers {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(handler)
			t.Cleanup(server.Close)
			_, err := newRegistry(t, RegistryOptions{URL: server.URL, Username: "me", Password: password}).Ensure(t.Context(), "s", PageSchema)
			if err == nil || len(err.Error()) > 2*longestQuote || strings.Contains(err.Error(), "xpass") {
				t.Errorf("the error has %d bytes: %.900s", len(err.Error()), err)
			}
		})
	}
}

// Where a registry accepts a request and never responds, or never ends its response,
// the error reports this in words, with the timeout.
func TestRegistryThatNeverAnswers(t *testing.T) {
	for name, begin := range map[string]string{"at all": "", "more than half": `["a",`} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if begin != "" {
					_, _ = io.WriteString(w, begin)
					_ = http.NewResponseController(w).Flush()
				}
				<-r.Context().Done()
			}))
			defer server.Close()
			err := newRegistry(t, RegistryOptions{URL: server.URL, HTTPTimeout: 50 * time.Millisecond}).Ping(t.Context())
			if !errors.Is(err, ErrUnreachable) || !strings.HasSuffix(err.Error(), "no answer within 50ms") {
				t.Error(err)
			}
		})
	}
}
