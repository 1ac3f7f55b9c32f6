//go:build real

package main_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"notion-kafka/notion/notiontest"
	"notion-kafka/producer/control"
)

// longestConnecting bounds a test in which tokens are refused: each time that counts only a
// minute later.
const longestConnecting = 10 * time.Minute

// A source is connected in the browser, read, its token renewed, its connection removed and
// made again; and no token, no code and no client secret is anywhere: not in a file of the
// broker, in a log, in an answer of the API, in a metric, on a page or in the output of a
// command. That the search sees each of these places, the source's name shows, which is
// in all of them.
func TestOAuthSecretsAreNowhere(t *testing.T) {
	t.Parallel()
	c := newConnecting(t)
	c.runs(control.Failed)
	c.connects("cancel")
	c.becomes("nobody has connected it", control.SourceNeedsReconnect)
	c.connects("allow")
	c.becomes("it was read", control.SourceReady)
	bot := c.app.Bots()[0]

	c.app.ExpireAccess(bot)
	c.runs(control.Succeeded)
	if renewals := c.app.Renewals(bot); renewals != 1 {
		t.Errorf("the token was renewed %d times", renewals)
	}
	c.crawl()

	c.app.RevokeByPerson(bot)
	c.runs(control.Failed)
	c.becomes("Notion refused its tokens twice", control.SourceNeedsReconnect)
	c.crawl()
	c.connects("allow")
	c.becomes("it was read again", control.SourceReady)
	c.commands()
	c.crawl()

	secrets := c.secrets()
	if len(secrets) < 10 { // three pairs, two codes, the secret of the client, its Basic authentication and the key
		t.Errorf("only %d secrets came to be: %q", len(secrets), slices.Sorted(maps.Keys(secrets)))
	}
	c.finish()
	if found := c.places.with(c.source); !slices.Equal(found, c.places.all()) {
		t.Errorf("the source's name is only in %q\nof %q: the search cannot prove anything", found, c.places.all())
	}
	for name, secret := range secrets {
		if found := c.places.with(secret); len(found) > 0 {
			t.Errorf("the %s is in %q", name, found)
		}
	}
}

// A connecting is an OAuth source of two instances on a Kafka of their own.
type connecting struct {
	*stage
	broker    *broker
	source    string
	workspace *notiontest.Workspace
	app       *notiontest.App
	db        *notiontest.Database
	all       []*instance
	api       *instance // that serves the redirect URL
	key       string
	browser   *http.Client
	places    *places

	mu      sync.Mutex
	granted map[string]string // every secret that Notion has given away, by what it is
}

func newConnecting(t *testing.T) *connecting {
	t.Helper()
	b := ownBroker(t, 1, "")
	c := &connecting{stage: emptyStage(t, b.realParts, longestConnecting), broker: b, places: newPlaces(), granted: map[string]string{}}
	c.source = "findme-" + strings.TrimPrefix(c.name, "real-")
	c.workspace = notiontest.New(notiontest.Options{RequestsPerMinute: -1, Violation: func(what string) { t.Error("Notion's contract broken:", what) }})
	c.db = c.workspace.AddDatabase("Tasks", notiontest.Prop{Name: "Name", Kind: notiontest.KindTitle})
	c.db.AddPage("a page of "+c.source, nil)
	at := freeAddress(t)
	c.app = c.workspace.AddApp(notiontest.AppOptions{RedirectURIs: []string{"http://" + at + "/oauth/callback"}})
	api := httptest.NewServer(http.HandlerFunc(c.serve))
	t.Cleanup(api.Close)
	c.configure(api.URL, "  []\n")
	var keyFile string
	c.key, keyFile = c.newKey()
	secret := filepath.Join(c.dir, "client-secret")
	if err := os.WriteFile(secret, []byte(c.app.ClientSecret()), 0o600); err != nil {
		t.Fatal(err)
	}
	// Without compression the bytes of the records are in the broker's files as they are.
	settings := []string{
		"kafka.compression=none", "secrets.key_file=" + keyFile, "oauth.client_id=" + c.app.ClientID(), "oauth.client_secret_file=" + secret,
		"console.public_url=http://" + at, "defaults.trigger.manual=true",
	}
	c.api = c.startInstance(append(settings, "console.listen="+at)...)
	c.api.awaitConsole()
	c.all = append(c.startInstances(1, settings...), c.api)
	c.divided(len(c.all))
	for _, i := range c.all {
		i.expect(http.StatusOK, http.MethodPut, "/log-level", `{"level": "debug"}`)
	}
	c.newBrowser()
	spec := fmt.Sprintf(`{"name": %q, "oauth": true, "topic_prefix": %q, "trigger": {"manual": true}}`, c.source, c.topic(c.source+"."))
	c.api.expect(http.StatusCreated, http.MethodPost, "/sources", spec)
	return c
}

// serve is Notion, and remembers the secrets that it gives away.
func (c *connecting) serve(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(body))
	answer := httptest.NewRecorder()
	c.workspace.ServeHTTP(answer, r)
	if strings.HasSuffix(r.URL.Path, "/oauth/token") {
		c.remember("code", body, "code")
		c.remember("access token", answer.Body.Bytes(), "access_token")
		c.remember("refresh token", answer.Body.Bytes(), "refresh_token")
	}
	if basic, is := strings.CutPrefix(r.Header.Get("Authorization"), "Basic "); is {
		c.note("Basic authentication", basic)
	}
	maps.Copy(w.Header(), answer.Header())
	w.WriteHeader(answer.Code)
	_, _ = w.Write(answer.Body.Bytes())
}

func (c *connecting) remember(what string, object []byte, field string) {
	var fields map[string]any
	if json.Unmarshal(object, &fields) != nil {
		return
	}
	if text, is := fields[field].(string); is {
		c.note(what, text)
	}
}

func (c *connecting) note(what, secret string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, known := range c.granted {
		if known == secret {
			return
		}
	}
	c.granted[fmt.Sprintf("%s %d", what, len(c.granted)+1)] = secret
}

// secrets are all texts that must be nowhere, by what they are.
func (c *connecting) secrets() map[string]string {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := maps.Clone(c.granted)
	all["client secret"], all["key"] = c.app.ClientSecret(), c.key
	return all
}

// newBrowser gives the person a browser without cookies.
func (c *connecting) newBrowser() {
	jar, err := cookiejar.New(nil)
	if err != nil {
		c.t.Fatal(err)
	}
	c.browser = &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// open opens an address in the browser, and follows no redirect. What the console answers
// is a page.
func (c *connecting) open(method, address string, form url.Values) (location, page string) {
	c.t.Helper()
	r, err := http.NewRequestWithContext(c.ctx, method, address, strings.NewReader(form.Encode()))
	if err != nil {
		c.t.Fatal(err)
	}
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	answer, err := c.browser.Do(r)
	if err != nil {
		c.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	if strings.HasPrefix(address, "http://"+c.api.console+"/") {
		c.places.add("pages", fmt.Sprintf("%s\n%v\n%s", answer.Status, answer.Header, text))
	}
	return answer.Header.Get("Location"), string(text)
}

// connects goes the way of a person who connects the source and decides on Notion's page.
// An address that was used is opened once more, and in another browser.
func (c *connecting) connects(decision string) {
	c.t.Helper()
	consent, page := c.open(http.MethodGet, "http://"+c.api.console+"/oauth/start?source="+c.source, nil)
	if consent == "" {
		c.t.Fatalf("/oauth/start leads nowhere: %s", page)
	}
	form := url.Values{"decision": {decision}, "person": {c.workspace.People()[0]}, "database": {c.db.ID()}}
	back, page := c.open(http.MethodPost, consent, form)
	if back == "" {
		c.t.Fatalf("Notion's page leads nowhere: %s", page)
	}
	ours := c.browser
	c.newBrowser()
	if _, page := c.open(http.MethodGet, back, nil); !strings.Contains(page, "another browser") {
		c.t.Errorf("in another browser: %s", page)
	}
	c.browser = ours
	says := map[string]string{"allow": "Connected", "cancel": "access was not allowed"}[decision]
	if _, page := c.open(http.MethodGet, back, nil); !strings.Contains(page, says) {
		c.t.Fatalf("the person decides %q and is told: %s", decision, page)
	}
	if _, page := c.open(http.MethodGet, back, nil); !strings.Contains(page, "was opened already") {
		c.t.Errorf("the address once more: %s", page)
	}
}

// becomes waits until the source has a status, and its last run has ended accordingly.
func (c *connecting) becomes(why string, status control.SourceStatus) {
	c.t.Helper()
	ended := control.Failed
	if status == control.SourceReady {
		ended = control.Succeeded
	}
	c.until(fmt.Sprintf("the source is %s: %s", status, why), func() bool {
		now := answer[struct {
			Status  control.SourceStatus `json:"status"`
			LastRun *control.Run         `json:"last_run"`
		}](c.api, http.StatusOK, http.MethodGet, "/sources/"+c.source, "")
		return now.Status == status && now.LastRun != nil && now.LastRun.Status == ended
	})
}

// runs starts a run, which has to end with a status.
func (c *connecting) runs(status control.Status) {
	c.t.Helper()
	run := answer[control.Run](c.all[0], http.StatusAccepted, http.MethodPost, "/sources/"+c.source+"/runs", "")
	if last := c.api.awaitEvent(c.api.follow(run.ID), "the run ended", hasEnded); last.Status != status {
		c.t.Errorf("the run ended as %+v", last)
	}
}

// crawl asks every instance for everything.
func (c *connecting) crawl() {
	c.t.Helper()
	name := "/api/v1/sources/" + c.source
	paths := []string{
		"/api/v1/sources", name, name + "/definition", name + "/streams", name + "/runs", "/api/v1/runs", "/api/v1/catalog", "/api/v1/instances",
		"/api/v1/log-level", "/api/v1/openapi.json", "/api/v1/asyncapi.json", "/healthz", "/readyz", "/metrics", "/api/v1/find?page=" + c.db.ID(),
		name + "/streams/database_" + c.db.ID() + "/cursor",
	}
	for _, run := range answer[[]control.Run](c.api, http.StatusOK, http.MethodGet, "/sources/"+c.source+"/runs", "") {
		paths = append(paths, "/api/v1/runs/"+run.ID, "/api/v1/runs/"+run.ID+"/log", "/api/v1/runs/"+run.ID+"/events")
	}
	for _, stream := range []string{"databases", "tasks"} {
		paths = append(paths, "/api/v1/catalog/"+c.topic(c.source+"."+stream)+"/records?limit=100")
	}
	for _, i := range c.all {
		for _, path := range paths {
			place := "answers of the API"
			if path == "/metrics" {
				place = "metrics"
			}
			r, err := http.NewRequestWithContext(c.ctx, http.MethodGet, "http://"+i.console+path, nil)
			if err != nil {
				c.t.Fatal(err)
			}
			response, err := http.DefaultClient.Do(r)
			if err != nil {
				c.t.Fatal(err)
			}
			text, err := io.ReadAll(response.Body)
			response.Body.Close()
			if err != nil {
				c.t.Fatalf("%s: %v", path, err)
			}
			c.places.add(place, fmt.Sprintf("%v\n%s", response.Header, text))
		}
	}
}

// commands runs the commands that show a source.
func (c *connecting) commands() {
	c.t.Helper()
	api := []string{"--api", "http://" + c.api.console}
	for _, line := range [][]string{
		append([]string{"sources", "--output", "json"}, api...), append([]string{"sources", "show", c.source, "--output", "json"}, api...),
		append([]string{"runs", c.source, "--output", "json"}, api...),
		{"check", "--log-level", "debug", "--set", "console.listen=127.0.0.1:0", "--set", "secrets.key_file=" + filepath.Join(c.dir, "key"),
			"--set", "oauth.client_id=" + c.app.ClientID(), "--set", "oauth.client_secret_file=" + filepath.Join(c.dir, "client-secret")},
		{"state", "show", "--output", "json"},
	} {
		end := c.run(line...)
		if end.code != 0 {
			c.t.Errorf("%q: exit code %d\n%s%s", line, end.code, end.out, end.talk)
		}
		c.places.add("output of commands", end.out+end.talk)
	}
}

// finish stops the instances and then the broker, whose files are whole after that.
func (c *connecting) finish() {
	c.t.Helper()
	for _, topic := range []string{c.topic("state"), c.topic("control"), c.topic(c.source + ".tasks")} {
		for _, r := range c.written(topic) {
			c.places.add("records of "+topic, string(r.Key)+" "+string(r.Value))
		}
	}
	terminate(c.all...)
	for _, i := range c.all {
		c.places.add("output of "+i.console, i.end.out+i.end.talk)
	}
	if err := c.broker.end(c.ctx, 1); err != nil {
		c.t.Fatal(err)
	}
	if files := c.places.addFiles(c.t, "files of the broker", c.broker.run); files < 100 {
		c.t.Errorf("only %d files of the broker were found", files)
	}
}
