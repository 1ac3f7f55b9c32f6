package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"notion-kafka/config"
	"notion-kafka/notion/notiontest"
	"notion-kafka/producer/control"
	"notion-kafka/producer/seal"
)

// connect connects the source acme without a daemon.
func (tt *oauthTerminal) connect() {
	tt.t.Helper()
	code, talk := tt.login(func(address string) {
		newVisitor(tt.t).decide(address, "allow", tt.workspace.People()[0], tt.db)
	})
	if code != 0 {
		tt.t.Fatalf("login: exit %d\n%s", code, talk)
	}
}

// check looks at the public connection and at the source that reads with it, and says
// what a connection is allowed beyond reading.
func TestCheckOfAConnectedSource(t *testing.T) {
	tt := newOAuthTerminal(t)
	const known = "✓ oauth: Notion knows the public connection; its settings must have the redirect URI http://"
	lines := tt.mustCheck(1, nil, known, "✗ Notion, source acme: ")
	if !slices.ContainsFunc(lines, func(line string) bool {
		return strings.Contains(line, "not connected to a workspace yet") && strings.Contains(line, "notion-kafka login --source acme")
	}) {
		t.Errorf("before it is connected:\n%s", strings.Join(lines, "\n"))
	}
	tt.connect()
	tt.mustCheck(0, nil, known, "✓ Notion, source acme: workspace Simulated Company, connection notion-kafka",
		"✓ Notion, source acme: it may read content, user information; it may not read comments",
		`! Notion, source acme: it seems to be allowed to write ("Update content", "Insert content"), and notion-kafka only reads: untick that in the connection's settings in Notion, under Capabilities, and then connect the source again`,
		"✓ Notion, source acme: 1 database shared with it: Engineering Tasks")
	tt.app.SetCapabilities(notiontest.ReadContent)
	tt.connect()
	tt.mustCheck(0, nil, `! Notion, source acme: it lacks the capability "Read user information"`, "✓ Notion, source acme: it may not write")
}

// Whether Notion knows the public connection is found out without a person.
func TestCheckOfThePublicConnection(t *testing.T) {
	tt := newOAuthTerminal(t)
	secret := tt.environ[len(tt.environ)-1]
	tt.environ[len(tt.environ)-1] = secret + "x"
	lines := tt.mustCheck(1, nil, "✗ oauth: asking whether the token is active: HTTP 401")
	tt.environ[len(tt.environ)-1] = secret
	lines = append(lines, tt.mustCheck(1, []string{"--set", "oauth.token_url=http://127.0.0.1:1/v1/oauth/token"}, "! oauth: whether Notion knows the public connection is not known")...)
	if strings.Contains(strings.Join(lines, "\n"), tt.app.ClientSecret()) {
		t.Error("the client secret is shown")
	}
}

// What is missing to connect a source is said before anybody tries.
func TestCheckOfWhatConnectingNeeds(t *testing.T) {
	sources := config.Config{Sources: []config.SourceSpec{{Name: "acme", OAuth: true}, {Name: "other", Token: "x"}}, OAuth: config.OAuth{RedirectURL: "http://localhost:8080/oauth/callback"}}
	brokers := sources
	brokers.Kafka.Brokers = []string{"kafka:9092"}
	for name, test := range map[string]struct {
		cfg  config.Config
		says []string // the beginning of each line
	}{
		"no source with oauth: true":    {config.Config{Kafka: brokers.Kafka}, nil},
		"no public connection":          {sources, []string{"✗ oauth: oauth.client_id and oauth.client_secret are not set, so acme cannot be connected, nor their tokens renewed: make a public connection in Notion with the redirect URI http://localhost:8080/oauth/callback"}},
		"no key, and brokers of others": {brokers, []string{"✗ secrets: secrets.key is not set, so acme cannot be connected: `notion-kafka keygen` makes one", "✗ oauth: "}},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			c := checklist{out: &out}
			c.oauth(t.Context(), &test.cfg, nil)
			if lines := slices.Collect(strings.Lines(out.String())); !slices.EqualFunc(lines, test.says, strings.HasPrefix) || c.failed != (len(test.says) > 0) {
				t.Errorf("it says\n%s\nwant %q", out.String(), test.says)
			}
		})
	}
}

// A key that opens no connection's tokens is named with the source, and so is a previous
// one that is still needed.
func TestCheckOfTheTokensOfAConnection(t *testing.T) {
	tt := newOAuthTerminal(t)
	newKey := func() string {
		key, err := seal.GenerateKey()
		if err != nil {
			t.Fatal(err)
		}
		return key
	}
	before, after := newKey(), newKey()
	flags := tt.flags
	tt.flags = append(slices.Clone(flags), "--set", "secrets.key="+before)
	tt.connect()
	tt.flags = flags
	lines := tt.mustCheck(1, []string{"--set", "secrets.key=" + after}, "✗ source acme: opening the tokens of its connection with workspace Simulated Company: a secret was sealed with a key that is neither")
	said := strings.Join(lines, "\n")
	if !strings.Contains(said, "by connecting it: `notion-kafka login --source acme`") || !strings.Contains(said, "✓ Kafka") {
		t.Errorf("it does not say what to do:\n%s", said)
	}
	tt.mustCheck(0, []string{"--set", "secrets.key=" + after, "--set", "secrets.previous_keys=" + before}, "! secrets of acme still need one of secrets.previous_keys")
	for _, line := range tt.mustCheck(0, []string{"--set", "secrets.key=" + before}) {
		if strings.Contains(line, "secrets") {
			t.Errorf("with the right key: %s", line)
		}
	}
	_, talk := tt.must(1, "once", "--set", "secrets.key="+after)
	for _, misleading := range []string{"cannot be reached", "did not answer", "attempts"} {
		if strings.Contains(said+talk, misleading) { // Notion was not asked
			t.Errorf("it says %q:\n%s%s", misleading, said, talk)
		}
	}
}

// A source that was never connected needs reconnecting, wherever one looks.
func TestSourceThatNeedsReconnectingShowsEverywhere(t *testing.T) {
	tt := newOAuthTerminal(t)
	d := tt.daemon("--set", "console.listen="+tt.at)
	defer d.stop()
	d.must(201, "POST", "/api/v1/sources", `{"name": "crm", "oauth": true}`)
	if run := d.run("crm", ""); run.Status != control.Failed {
		t.Errorf("the run: %+v", run)
	}
	if run := d.run("acme", ""); run.Status != control.Failed {
		t.Errorf("the run: %+v", run)
	}
	var source struct{ Status, Reason string }
	if err := json.Unmarshal([]byte(d.must(200, "GET", "/api/v1/sources/crm", "")), &source); err != nil || source.Status != "needs_reconnect" || !strings.Contains(source.Reason, "login --source crm") {
		t.Errorf("the API says %+v, %v", source, err)
	}
	if metrics := d.must(200, "GET", "/metrics", ""); !strings.Contains(metrics, `notion_kafka_source_needs_reconnect{source="crm"} 1`) {
		t.Errorf("the metrics say\n%s", strings.Join(linesOf(metrics, "reconnect"), "\n"))
	}
	if said := linesOf(d.talk.String(), "the source needs reconnecting"); len(said) != 2 {
		t.Errorf("the log says\n%s", strings.Join(said, "\n"))
	}
	out, _ := tt.must(0, "sources", "--api", d.url)
	for _, name := range []string{"acme", "crm"} {
		if said := linesOf(out, "login --source "+name); len(said) != 1 || !strings.Contains(said[0], "Needs reconnecting") {
			t.Errorf("sources says\n%s", out)
		}
	}
	if out, _ := tt.must(0, "runs", "crm", "--api", d.url); !strings.Contains(out, "login --source crm") {
		t.Errorf("runs says\n%s", out)
	}
	tt.mustCheck(1, nil, "✗ source crm needs reconnecting: ", "! source acme needs reconnecting, says the daemon ")
}

// check makes no key where the one that sealed the tokens is gone: a new one would open
// nothing.
func TestCheckMakesNoKey(t *testing.T) {
	tt := newOAuthTerminal(t)
	tt.connect()
	path := filepath.Join(tt.terminal.app.Config.DataDir, keyFile)
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	tt.mustCheck(1, nil, "✗ source acme: opening the tokens of its connection with workspace Simulated Company: ")
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("check has made %s, %v", path, err)
	}
}
