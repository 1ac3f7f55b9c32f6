//go:build real

package pages

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"notion-kafka/cmd/notion-kafka/console/browsertest"
)

// The gallery in real Chromium, and its HTML in the checker that the W3C uses:
// `deploy/real/with go test -tags real ./cmd/notion-kafka/console/pages`. SCREENS names
// a folder for a picture of each page in each width and colour.

// policy is what package console sends with pages.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// serveGallery serves the gallery as the console would, and returns its address.
func serveGallery(t *testing.T) string {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /assets/{hash}/{name}", ServeAsset)
	mux.HandleFunc("GET /api/", http.NotFound)
	for _, p := range gallery() {
		html := draw(t, p)
		mux.HandleFunc("GET /pages/"+p.name, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			w.Header().Set("Content-Security-Policy", policy)
			fmt.Fprint(w, html)
		})
	}
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server.URL
}

// A view is one way to look at a page.
type view struct {
	name    string
	width   int64
	colours browsertest.Setting
	checked bool // by axe: each width and each colour once, as they do not depend on each other
}

func views() []view {
	return []view{
		{"1280-light", 1280, browsertest.Light(), true},
		{"1280-dark", 1280, browsertest.Dark(), false},
		{"390-light", 390, browsertest.Light(), false},
		{"390-dark", 390, browsertest.Dark(), true},
	}
}

// Every page of the gallery keeps to axe's rules in light and dark, wide and narrow, and
// never scrolls sideways: not on a tablet, not at 320 px, which is 400 % of a window of 1280, and not with
// text of twice the size.
func TestGalleryInABrowser(t *testing.T) {
	root, screens := serveGallery(t), os.Getenv("SCREENS")
	browser := browsertest.Start(t.Context(), t)
	for _, p := range gallery() {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			tab := browser.Tab(t, browsertest.Width(1280))
			tab.Open(root + "/pages/" + p.name)
			for _, v := range views() {
				tab.Do("showing "+v.name, browsertest.Width(v.width), v.colours)
				tab.Fits()
				if isLong(p) {
					continue
				}
				if v.checked {
					tab.Axe()
				}
				if screens != "" {
					write(t, filepath.Join(screens, p.name+"-"+v.name+".png"), tab.Picture())
				}
			}
			for _, width := range []int64{1024, 768, 320} {
				tab.Do("another width", browsertest.Width(width))
				tab.Fits()
			}
			tab.Do("text of twice the size", browsertest.Width(1280), browsertest.TextSize(32))
			tab.Fits()
			tab.Quiet(strings.TrimPrefix(root, "http://"))
		})
	}
}

// isLong reports whether a page has hundreds of rows as other pages have them, which the
// checkers take minutes for.
func isLong(p piece) bool {
	return p.name == "source-500-streams" || p.name == "sources-hundred" || strings.HasSuffix(p.name, "-500") || strings.HasSuffix(p.name, "-500-properties") || strings.HasSuffix(p.name, "-500-columns") || p.name == "topic-100"
}

// A remark is what the Nu Html Checker says.
type remark struct{ Type, URL, Message, Extract string }

// meant are remarks of the checker about what is meant. A table whose rows become cards
// by CSS is none for readers any more, unless its roles say so.
var meant = []string{`which has a “table” ancestor with no “role” attribute`}

// Every page of the gallery is valid HTML.
func TestGalleryIsValid(t *testing.T) {
	folder := t.TempDir()
	for _, p := range gallery() {
		if !isLong(p) {
			write(t, filepath.Join(folder, p.name+".html"), []byte(draw(t, p)))
		}
	}
	for _, remark := range checkHTML(t, folder) {
		if !slices.ContainsFunc(meant, func(part string) bool { return strings.Contains(remark.Message, part) }) {
			t.Errorf("%s: %s: %s", filepath.Base(remark.URL), remark.Message, remark.Extract)
		}
	}
}

// The checker runs, and finds what is wrong.
func TestInvalidPagesAreFound(t *testing.T) {
	folder := t.TempDir()
	write(t, filepath.Join(folder, "wrong.html"), []byte("<!doctype html><title>x</title><p><div></p><table><tr role=row><td role=cell></table>"))
	if found := checkHTML(t, folder); len(found) < 2 {
		t.Errorf("the checker found %v", found)
	}
}

func checkHTML(t *testing.T, folder string) []remark {
	t.Helper()
	jar := browsertest.Installed(t, "vnu-jar/build/dist/vnu.jar")
	command := exec.CommandContext(t.Context(), "java", "-Xss4m", "-XX:TieredStopAtLevel=1", "-jar", jar, "--format", "json", "--stdout", "--exit-zero-always", "--errors-only", folder)
	out, err := command.Output()
	if err != nil {
		t.Fatalf("running the HTML checker: %v", err)
	}
	var found struct{ Messages []remark }
	if err := json.Unmarshal(out, &found); err != nil {
		t.Fatalf("reading what the HTML checker says: %v\n%.500s", err, out)
	}
	return found.Messages
}
