package avro

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"
)

// A request to a registry, with its credentials, follows no redirect to another host
// and none to plain http. It follows redirects within the registry.
func TestRedirectsStayWithinTheRegistry(t *testing.T) {
	elsewhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		t.Errorf("%s %s reached another host, Authorization %q", q.Method, q.URL, q.Header.Get("Authorization"))
	}))
	t.Cleanup(elsewhere.Close)
	for _, status := range []int{http.StatusFound, http.StatusTemporaryRedirect, http.StatusPermanentRedirect} {
		registry := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
			http.Redirect(w, q, elsewhere.URL+q.URL.Path, status)
		}))
		t.Cleanup(registry.Close)
		_, err := newRegistry(t, RegistryOptions{URL: registry.URL, Username: "me", Password: "pass-w0rd", AutoRegister: true}).Ensure(t.Context(), "s", PageSchema)
		if !errors.Is(err, ErrInvalid) || !strings.Contains(err.Error(), "redirects to "+elsewhere.URL+": ") || !strings.Contains(err.Error(), "schema_registry.url") {
			t.Errorf("%d: %v", status, err)
		}
	}
	_, _, address := fakeRegistry(t)
	at, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(at)
	within := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		if path, moved := strings.CutPrefix(q.URL.Path, "/old"); moved {
			http.Redirect(w, q, path, http.StatusPermanentRedirect)
			return
		}
		proxy.ServeHTTP(w, q)
	}))
	t.Cleanup(within.Close)
	if _, err := newRegistry(t, RegistryOptions{URL: within.URL + "/old", AutoRegister: true}).Ensure(t.Context(), "s", PageSchema); err != nil {
		t.Errorf("redirected within the registry: %v", err)
	}
}
