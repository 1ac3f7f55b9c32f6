package console

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
)

// resolved returns the address that a browser follows from an address of the console
// under a prefix.
func resolved(t *testing.T, prefix, from, link string) string {
	t.Helper()
	at, err := url.Parse("https://host.example" + prefix + from)
	if err != nil {
		t.Fatal(err)
	}
	to, err := at.Parse(link)
	if err != nil {
		t.Fatal(err)
	}
	return to.String()
}

// A link of a page leads to the same place at the root and under a prefix that a proxy
// takes away.
func TestLinksNeedNoPrefix(t *testing.T) {
	for from, want := range map[string]string{
		"/":                                    "./",
		"/sources":                             "./",
		"/sources?q=a/b/c":                     "./",
		"/sources/":                            "../",
		"/sources/acme":                        "../",
		"/catalog/a%2Fb%2Fc":                   "../",
		"/catalog/notion.acme.tasks/records":   "../../",
		"/catalog/notion.acme.tasks/records/0": "../../../",
		"//sources":                            "../",
	} {
		r := httptest.NewRequest(http.MethodGet, "http://localhost:8080"+from, nil)
		if got := base(r); got != want {
			t.Errorf("%s: %q, want %q", from, got, want)
		}
		for _, prefix := range []string{"", "/nk", "/a/b"} {
			if got := resolved(t, prefix, from, base(r)+"runs?status=failed"); got != "https://host.example"+prefix+"/runs?status=failed" {
				t.Errorf("from %s under %q a browser goes to %s", from, prefix, got)
			}
		}
	}
}

// A path of the console stays one, whatever it is made of.
func TestARedirectStaysInTheConsole(t *testing.T) {
	for path, want := range map[string]string{
		"/sources/acme?said=started": "/sources/acme?said=started",
		"sources":                    "/sources",
		"/runs/run-1?level=warn#L40": "/runs/run-1?level=warn#L40",
		"//evil.example/x":           "/evil.example/x",
		"https:evil.example":         "/https:evil.example",
		"":                           "/",
	} {
		for _, from := range []string{"/add", "/sources/acme/runs", "/a/b/c/d"} {
			w := httptest.NewRecorder()
			seeOther(w, httptest.NewRequest(http.MethodPost, "http://localhost:8080"+from, nil), path)
			got := resolved(t, "/nk", from, w.Header().Get("Location"))
			if w.Code != 303 || got != "https://host.example/nk"+want {
				t.Errorf("%s from %s: status %d to %s", path, from, w.Code, got)
			}
		}
	}
}
