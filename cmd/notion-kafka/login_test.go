package main

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"notion-kafka/config"
)

const (
	unconnected = `200 {"name": "acme", "oauth": true, "status": "needs_reconnect"}`
	connected1  = `200 {"name": "acme", "oauth": true, "connection": {"workspace": "Acme Inc.", "person": "Ada", "granted_at": "2026-11-20T12:00:00Z"}}`
	connected2  = `200 {"name": "acme", "oauth": true, "connection": {"workspace": "Acme Inc.", "person": "Bob", "granted_at": "2026-11-20T13:00:00Z"}}`
	asksAcme    = "GET /api/v1/sources/acme"
)

// A loginTest is a login of source acme at a terminal that nobody types into.
type loginTest struct {
	*login
	out, talk bytes.Buffer
	typed     chan string
	opened    []string // addresses
}

func newLogin(t *testing.T, noBrowser bool) *loginTest {
	t.Helper()
	lt := &loginTest{typed: make(chan string, 10)}
	lt.login = &login{process: &process{Out: &lt.out, Err: &lt.talk, understood: true, Browse: func(address string) error {
		lt.opened = append(lt.opened, address)
		return nil
	}}, cfg: new(config.Config), source: "acme", noBrowser: noBrowser}
	return lt
}

// with runs it with a daemon.
func (lt *loginTest) with(ctx context.Context, d *fakeDaemon, public string) error {
	client, err := newAPIClient(lt.cfg, d.url, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	client.pause = time.Microsecond
	return lt.withDaemon(ctx, client, public, lt.typed)
}

// The page of the daemon is opened, and the command ends when the source is connected,
// also if it was before and the daemon is away for a moment.
func TestLoginWaitsForTheDaemonsConnection(t *testing.T) {
	away := "503 " + problemText(503, "starting")
	for name, test := range map[string]struct {
		answers []string
		who     string
	}{
		"first": {[]string{unconnected, unconnected, away, unconnected, connected1}, "Ada"},
		"again": {[]string{connected1, connected1, connected1, connected2}, "Bob"},
	} {
		t.Run(name, func(t *testing.T) {
			d, lt := newFakeDaemon(t, map[string][]string{asksAcme: test.answers}), newLogin(t, false)
			if err := lt.with(t.Context(), d, "https://notion.example/nk/"); err != nil {
				t.Fatal(err)
			}
			const page = "https://notion.example/nk/oauth/start?source=acme"
			if lt.out.String() != page+"\n" || len(lt.opened) != 1 || lt.opened[0] != page {
				t.Errorf("printed %q, opened %q", &lt.out, lt.opened)
			}
			if want := "source acme: connected with the workspace Acme Inc. as " + test.who + "; it is read at once\n"; !strings.HasSuffix(lt.talk.String(), want) {
				t.Errorf("it says %s", &lt.talk)
			}
			if n := len(d.requests()); n != len(test.answers) {
				t.Errorf("%d requests", n)
			}
		})
	}
}

// A browser that cannot be opened is no failure, and with --no-browser none is.
func TestLoginWithoutABrowser(t *testing.T) {
	script := map[string][]string{asksAcme: {unconnected, connected1}}
	lt := newLogin(t, false)
	lt.Browse = func(string) error { return errors.New("xdg-open: not found") }
	if err := lt.with(t.Context(), newFakeDaemon(t, script), "https://notion.example"); err != nil || !strings.Contains(lt.talk.String(), "open it yourself (xdg-open: not found)") {
		t.Errorf("%v\n%s", err, &lt.talk)
	}
	lt = newLogin(t, true)
	err := lt.with(t.Context(), newFakeDaemon(t, map[string][]string{asksAcme: {unconnected, connected1}}), "https://notion.example")
	if err != nil || len(lt.opened) > 0 || lt.out.String() != "https://notion.example/oauth/start?source=acme\n" {
		t.Errorf("%v, opened %q, printed %s", err, lt.opened, &lt.out)
	}
}

// Over SSH the browser cannot reach a console on this machine's loopback: the person
// pastes the address that it ends at, and the command takes it to the daemon.
func TestLoginTakesAPastedAddressToTheDaemon(t *testing.T) {
	const (
		consent  = "https://api.notion.com/v1/oauth/authorize?client_id=abc&state=s%2B1"
		begins   = "GET /oauth/start?source=acme&ticket="
		finishes = "GET /oauth/callback?code=c0de&state=s%2B1"
	)
	for name, test := range map[string]struct {
		answer string // to the callback
		after  string // of the source
		fails  string
	}{
		"connected": {`200 {"source": "acme"}`, connected1, ""},
		"denied":    {"409 " + problemText(409, "nothing was granted: run login again"), unconnected, "connecting source acme: nothing was granted: run login again"},
	} {
		t.Run(name, func(t *testing.T) {
			d := newFakeDaemon(t, map[string][]string{
				asksAcme: {unconnected, unconnected}, begins: {"303 " + consent}, finishes: {test.answer},
			})
			d.after = map[string]map[string][]string{finishes: {asksAcme: {test.after}}}
			lt := newLogin(t, true)
			lt.typed <- "what now?"
			lt.typed <- " 'http://localhost:8080/oauth/callback?code=c0de&state=s%2B1' "
			err := lt.with(t.Context(), d, "http://localhost:8080")
			if got := messageOr(err); got != test.fails {
				t.Errorf("it ends with %q, want %q", got, test.fails)
			}
			if want := "http://localhost:8080/oauth/start?source=acme\n" + consent + "\n"; lt.out.String() != want {
				t.Errorf("printed %s", &lt.out)
			}
			if text := lt.talk.String(); strings.Count(text, "this is not the address that the browser ended at") != 1 || strings.Contains(text, "c0de") {
				t.Errorf("it says %s", text)
			}
			if diff := cmp.Diff([]string{"notion_kafka_browser=ABC"}, d.cookies[finishes]); diff != "" {
				t.Errorf("cookies of the callback (-want +got):\n%s", diff)
			}
		})
	}
}

func messageOr(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func TestLoginFails(t *testing.T) {
	away := "503 " + problemText(503, "the group is rebalancing")
	for name, test := range map[string]struct {
		answers []string
		public  string
		code    int
		says    string
	}{
		"unknown":    {nil, "", 2, "connecting source acme: there is nothing at this path"},
		"a token":    {[]string{`200 {"name": "acme"}`}, "", 2, "source acme has a token of its own"},
		"removed":    {[]string{unconnected, "404 " + problemText(404, "there is no source acme")}, "", 2, "there is no source acme"},
		"away":       {[]string{unconnected, away}, "", 1, "the group is rebalancing"},
		"no sign-in": {[]string{unconnected}, "http://127.0.0.1:8080", 1, "connecting source acme: oauth.client_id is not set"},
	} {
		t.Run(name, func(t *testing.T) {
			d := newFakeDaemon(t, map[string][]string{
				asksAcme: test.answers, "GET /oauth/start?source=acme&ticket=": {"409 " + problemText(409, "oauth.client_id is not set")},
			})
			lt := newLogin(t, true)
			err := lt.with(t.Context(), d, test.public)
			if err == nil || !strings.Contains(err.Error(), test.says) || lt.exitCode(err) != test.code {
				t.Errorf("exit %d: %v\nwant %d: %s", lt.exitCode(err), err, test.code, test.says)
			}
		})
	}
}

// Ctrl-C ends the command while it waits.
func TestLoginIsEndedByASignal(t *testing.T) {
	ctx, stop := context.WithCancelCause(t.Context())
	d := newFakeDaemon(t, map[string][]string{asksAcme: {unconnected}})
	lt := newLogin(t, false)
	lt.Browse = func(string) error { stop(errors.New("interrupted")); return nil }
	if err := lt.with(ctx, d, "http://localhost:8080"); messageOr(err) != "connecting source acme: interrupted" || lt.exitCode(err) != 1 {
		t.Error(err)
	}
}

func TestLoginCommandLine(t *testing.T) {
	t.Chdir(t.TempDir())
	file := filepath.Join(t.TempDir(), "k.yaml")
	if err := os.WriteFile(file, []byte("sources: [{name: acme, token: t}]\nconsole: {listen: \"\"}\nembedded: {kafka_listen: \"127.0.0.1:0\", registry_listen: \"127.0.0.1:0\"}\ndata_dir: "+t.TempDir()+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		args []string
		code int
		says string
	}{
		"no source":       {[]string{"login"}, 2, `required flag(s) "source" not set`},
		"an argument":     {[]string{"login", "acme", "--source", "acme"}, 2, "login takes no arguments"},
		"no URL":          {[]string{"login", "--source", "acme", "--api", "localhost"}, 2, "--api is not the address of a console"},
		"no daemon there": {[]string{"login", "--source", "acme", "--api", "http://127.0.0.1:1"}, 1, "no daemon answers at http://127.0.0.1:1"},
		"unknown":         {[]string{"login", "--source", "nobody"}, 2, "nobody"},
		"a token":         {[]string{"login", "--source", "acme"}, 2, "source acme has a token of its own"},
	} {
		var talk bytes.Buffer
		code := execute(t.Context(), append(test.args, "--config", file), process{
			Out: &talk, Err: &talk, In: strings.NewReader(""), Environ: []string{"HOME=" + t.TempDir()},
			Browse: func(address string) error { t.Errorf("%s: opened %s", name, address); return nil },
		})
		if code != test.code || !strings.Contains(talk.String(), test.says) {
			t.Errorf("%s: exit %d, want %d and %q\n%s", name, code, test.code, test.says, &talk)
		}
	}
}

func TestPastedAddresses(t *testing.T) {
	for text, want := range map[string]url.Values{
		"http://localhost:8080/oauth/callback?code=c&state=s":     {"code": {"c"}, "state": {"s"}},
		"  \"https://x.example/cb?error=denied&state=s#top\"\r":   {"error": {"denied"}, "state": {"s"}},
		"localhost:8080/oauth/callback?state=a%2Bb&code=c":        {"code": {"c"}, "state": {"a+b"}},
		"http://localhost:8080/oauth/callback?code=s3cr3t":        nil,
		"http://localhost:8080/oauth/callback?state=s3cr3t":       nil,
		"http://localhost:8080/oauth/callback?code=s3cr3t%zz":     nil,
		"http://[::1/oauth/callback?code=s3cr3t&state=s":          nil,
		"https://api.notion.com/v1/oauth/authorize?state=s3cr3t&": nil,
		"": nil,
	} {
		got, err := pastedQuery(text)
		if diff := cmp.Diff(want, got); diff != "" || (err == nil) != (want != nil) || strings.Contains(messageOr(err), "s3cr3t") {
			t.Errorf("%q: %v\n%s", text, err, diff)
		}
	}
}
