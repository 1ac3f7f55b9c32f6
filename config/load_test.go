package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// load loads text as the configuration file, and fails the test if it can't.
func load(t *testing.T, text string, opts Options) *Config {
	t.Helper()
	cfg, err := loadText(t, text, opts)
	if err != nil {
		t.Fatalf("Load:\n%v", err)
	}
	return cfg
}

func loadText(t *testing.T, text string, opts Options) (*Config, error) {
	t.Helper()
	opts.File = filepath.Join(t.TempDir(), FileName)
	if err := os.WriteFile(opts.File, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return Load(opts)
}

// away changes to a directory without a configuration file.
func away(t *testing.T) {
	t.Chdir(t.TempDir())
	t.Setenv("XDG_CONFIG_HOME", t.TempDir())
	t.Setenv("HOME", t.TempDir())
}

func TestLaterLayersWin(t *testing.T) {
	const file = `
kafka: {group: file, client_id: file, compression: lz4}
defaults: {trigger: {cron: "0 6 * * *", timezone: Europe/Berlin}}
`
	cfg := load(t, file, Options{
		Environ: []string{
			"NOTION_KAFKA_KAFKA__CLIENT_ID=old",
			"NOTION_KAFKA_KAFKA__CLIENT_ID=env",
			"NOTION_KAFKA_KAFKA__COMPRESSION=snappy",
			"NOTION_KAFKA_DEFAULTS__TRIGGER__WEEKLY_ON=Monday",
			"NOTION_KAFKA_DEFAULTS__TRIGGER__AT=06:30",
			"KAFKA__GROUP=not ours",
		},
		Set: []string{"kafka.compression=gzip", "kafka.compression=none"},
	})
	got := []string{cfg.Kafka.Group, cfg.Kafka.ClientID, string(cfg.Kafka.Compression), cfg.Kafka.StateTopic}
	if diff := cmp.Diff([]string{"file", "env", "none", "notion-kafka.state"}, got); diff != "" {
		t.Errorf("group, client_id, compression, state_topic (-want +got):\n%s", diff)
	}
	// A trigger is one value: it keeps nothing of the file's cron line.
	if diff := cmp.Diff(Trigger{WeeklyOn: "monday", At: "06:30"}, cfg.Defaults.Trigger); diff != "" {
		t.Errorf("trigger (-want +got):\n%s", diff)
	}
}

func TestTextOfVariablesAndFlagsTakesTheTypeOfItsKey(t *testing.T) {
	away(t)
	cfg, err := Load(Options{
		Environ: []string{
			"NOTION_KAFKA_KAFKA__BROKERS=a:9092, b:9092",
			"NOTION_KAFKA_KAFKA__SHARDS=4",
			"NOTION_KAFKA_KAFKA__TLS__ENABLED=true",
			"NOTION_KAFKA_KAFKA__SASL__SCOPES=",
			"NOTION_KAFKA_KAFKA__TOPICS__CONFIG__MIN_INSYNC_REPLICAS=2",
			"NOTION_KAFKA_NOTION__REQUEST_TIMEOUT=90s",
			"NOTION_KAFKA_DEFAULTS__SWEEP=off",
			"NOTION_KAFKA_SCHEMA_REGISTRY__URL=http://registry:8081/apis/ccompat/v7",
		},
		Set: []string{
			"defaults.max_delete_ratio=0.1",
			"kafka.topics.config.cleanup.policy=compact,delete",
			"secrets.previous_keys=one,two",
			"kafka.client_id=12",
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	want, err := Load(Options{})
	if err != nil {
		t.Fatal(err)
	}
	want.Kafka.Brokers = []string{"a:9092", "b:9092"}
	want.Kafka.Shards = 4
	want.Kafka.TLS.Enabled = true
	want.Kafka.ClientID = "12"
	want.Kafka.Topics.Config["min.insync.replicas"] = "2"
	want.Kafka.Topics.Config["cleanup.policy"] = "compact,delete"
	want.Notion.RequestTimeout = 90 * time.Second
	want.Defaults.Sweep = Trigger{Off: true}
	want.Defaults.MaxDeleteRatio = 0.1
	want.SchemaRegistry.URL = "http://registry:8081/apis/ccompat/v7"
	want.Secrets.PreviousKeys = []Secret{"one", "two"}
	want.Remarks = []string{"--set secrets.previous_keys: every user of this machine can read a command line: give secrets.previous_keys_file, " +
		"or the variable NOTION_KAFKA_SECRETS__PREVIOUS_KEYS"}
	if diff := cmp.Diff(want, cfg, cmpopts.EquateEmpty(), revealed); diff != "" {
		t.Errorf("config (-want +got):\n%s", diff)
	}
}

func TestUnknownVariablesAndFlagsAreRefused(t *testing.T) {
	away(t)
	tests := []struct {
		environ, set string
		want         string
	}{
		{environ: "NOTION_KAFKA_LOG=debug", want: "NOTION_KAFKA_LOG: log: unknown key"},
		{environ: "NOTION_KAFKA_KAFKA_BROKERS=a:9092", want: `NOTION_KAFKA_KAFKA_BROKERS: kafka_brokers: unknown key, did you mean "NOTION_KAFKA_KAFKA__BROKERS"?`},
		{environ: "NOTION_KAFKA_KAFKA=a:9092", want: "NOTION_KAFKA_KAFKA: kafka: unknown key, it is a section, name a key of it such as NOTION_KAFKA_KAFKA__BROKERS"},
		{environ: "NOTION_KAFKA_SOURCES=acme", want: "NOTION_KAFKA_SOURCES: sources: sources can be given in the configuration file only, its values may read variables as ${NAME}"},
		{environ: "NOTION_KAFKA_SOURCES__0__TOKEN=x", want: "NOTION_KAFKA_SOURCES__0__TOKEN: sources: sources can be given in the configuration file only, its values may read variables as ${NAME}"},
		{environ: "NOTION_KAFKA_PORT_8080_TCP_ADDR=10.0.0.1", want: "NOTION_KAFKA_PORT_8080_TCP_ADDR: port_8080_tcp_addr: unknown key, Kubernetes sets it for a service named notion-kafka: give the pod enableServiceLinks: false, or the service another name"},
		{environ: "NOTION_KAFKA_KAFKA__SHARDS=many", want: `NOTION_KAFKA_KAFKA__SHARDS: kafka.shards: expected a whole number, got "many"`},
		{environ: "NOTION_KAFKA_KAFKA__SHARDS=0", want: "NOTION_KAFKA_KAFKA__SHARDS: kafka.shards: must be between 1 and 1000, got 0"},
		{environ: "NOTION_KAFKA_CONSOLE__PASSWORD=${UNSET}", want: "NOTION_KAFKA_CONSOLE__PASSWORD: console.password: the environment variable UNSET is not set"},
		{set: "kafka.brokres=a:9092", want: `--set: kafka.brokres: unknown key, did you mean "kafka.brokers"?`},
		{set: "schema_registry.pasword=hunter2", want: `--set: schema_registry.pasword: unknown key, did you mean "schema_registry.password"?`},
		{set: "schema_registry.password hunter2", want: "--set: expected key.path=value, for example --set kafka.group=staging"},
		{set: "sources=acme", want: "--set: sources: sources can be given in the configuration file only, its values may read variables as ${NAME}"},
		{set: "notion.request_timeout=5", want: `--set: notion.request_timeout: the duration "5" has no unit, write one such as 30s, 5m or 1h`},
	}
	for _, test := range tests {
		t.Run(test.environ+test.set, func(t *testing.T) {
			opts := Options{Environ: []string{test.environ}}
			if test.set != "" {
				opts.Set = []string{test.set}
			}
			_, err := Load(opts)
			if err == nil {
				t.Fatal("loaded without an error")
			}
			if diff := cmp.Diff(test.want, err.Error()); diff != "" {
				t.Errorf("error (-want +got):\n%s", diff)
			}
		})
	}
}

func TestOneTriggerInTwoWaysIsRefused(t *testing.T) {
	away(t)
	_, err := Load(Options{Set: []string{"defaults.sweep=off", "defaults.sweep.every=1h"}})
	if want := "--set: defaults.sweep.every: is given both as a whole and by its keys, keep one of them"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestAllLayersReportTogether(t *testing.T) {
	_, err := loadText(t, "kafak: {}", Options{Environ: []string{"NOTION_KAFKA_KAFAK=x"}, Set: []string{"kafak=x"}})
	var problems *Error
	if !asError(err, &problems) {
		t.Fatalf("got %v, want an *Error", err)
	}
	var files []string
	for _, p := range problems.Problems {
		files = append(files, filepath.Base(p.File))
	}
	if diff := cmp.Diff([]string{FileName, "NOTION_KAFKA_KAFAK", "--set"}, files); diff != "" {
		t.Errorf("where the problems are (-want +got):\n%s", diff)
	}
}

func TestVariablesInValues(t *testing.T) {
	cfg := load(t, `
kafka:
  group: "${TEAM}-${TEAM}"
  client_id: $${TEAM} $TEAM $$ }
  shards: ${SHARDS}
  topics: {create: "${FLAG}", config: {x: "${SHARDS}"}}
notion: {request_timeout: "${TIME}"}
`, Options{Environ: []string{"TEAM=data", "SHARDS=4", "FLAG=false", "TIME=5s"}})
	got := []any{cfg.Kafka.Group, cfg.Kafka.ClientID, cfg.Kafka.Shards, cfg.Kafka.Topics.Create, cfg.Kafka.Topics.Config["x"], cfg.Notion.RequestTimeout}
	want := []any{"data-data", "${TEAM} $TEAM $$ }", 4, false, "4", 5 * time.Second}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("values (-want +got):\n%s", diff)
	}
}

func TestSecretsFromFiles(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		name = filepath.Join(dir, name)
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	file := "oauth: {client_id: me, client_secret_file: " + write("a", "from file\n\n") + "}\n" +
		"secrets: {key_file: no/such/file, previous_keys_file: " + write("keys", "one\ntwo\n") + "}\n" +
		"sources: [{name: acme, token_file: " + write("t", "ntn_x\r\n") + "}]\n"
	cfg := load(t, file, Options{
		Environ: []string{
			// A later layer wins; the secret's file of an earlier one is not even read.
			"NOTION_KAFKA_SECRETS__KEY=from env",
			"NOTION_KAFKA_CONSOLE__USERNAME=me",
			"NOTION_KAFKA_CONSOLE__PASSWORD=from env",
		},
		Set: []string{"console.password_file=" + write("b", "from flag")},
	})
	got := []string{cfg.OAuth.ClientSecret.Reveal(), cfg.Secrets.Key.Reveal(), cfg.Console.Password.Reveal(), cfg.Sources[0].Token.Reveal()}
	if diff := cmp.Diff([]string{"from file\n", "from env", "from flag", "ntn_x"}, got); diff != "" {
		t.Errorf("secrets (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]Secret{"one", "two"}, cfg.Secrets.PreviousKeys, revealed); diff != "" {
		t.Errorf("previous keys (-want +got):\n%s", diff)
	}
}

func TestTheTokenAloneMakesASource(t *testing.T) {
	away(t)
	token := Options{Environ: []string{"NOTION_TOKEN=ntn_x"}}
	cfg, err := Load(token)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]SourceSpec{{Name: "notion", Token: "ntn_x"}}, cfg.Sources, revealed); diff != "" {
		t.Errorf("sources (-want +got):\n%s", diff)
	}
	cfg = load(t, "sources: [{name: acme, oauth: true}]", token)
	if len(cfg.Sources) != 1 || cfg.Sources[0].Name != "acme" {
		t.Errorf("sources of the file give way to the token: %+v", cfg.Sources)
	}
	if _, err := Load(Options{Environ: []string{"NOTION_TOKEN=ntn_x\n"}}); err == nil || strings.Contains(err.Error(), "ntn_x") ||
		!strings.HasPrefix(err.Error(), "NOTION_TOKEN: sources[0].token: begins or ends with a blank") {
		t.Errorf("token with a line break: %v", err)
	}
}

func TestRequireSources(t *testing.T) {
	away(t)
	cfg, err := Load(Options{Environ: []string{"NOTION_TOKEN="}})
	if err != nil {
		t.Fatal(err)
	}
	err = cfg.RequireSources()
	for _, way := range []string{"NOTION_TOKEN", `sources: [{name: acme, token: "${ACME_NOTION_TOKEN}"}]`} {
		if err == nil || !strings.Contains(err.Error(), way) {
			t.Errorf("RequireSources returns %v, which does not name %s", err, way)
		}
	}
	proposed := `sources: [{name: acme, token: "${ACME_NOTION_TOKEN}"}]` // this works
	if err := load(t, proposed, Options{Environ: []string{"ACME_NOTION_TOKEN=t"}}).RequireSources(); err != nil {
		t.Errorf("with a source: %v", err)
	}
}

func TestWhereTheFileIsLookedFor(t *testing.T) {
	away(t)
	group := func() string {
		t.Helper()
		cfg, err := Load(Options{})
		if err != nil {
			t.Fatal(err)
		}
		return cfg.Kafka.Group
	}
	if got := group(); got != "notion-kafka" {
		t.Errorf("without a file: group %q", got)
	}
	dir, err := os.UserConfigDir()
	if err != nil {
		t.Skip(err)
	}
	dir = filepath.Join(dir, "notion-kafka")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, FileName), []byte("kafka: {group: user}"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := group(); got != "user" {
		t.Errorf("with the user's file: group %q", got)
	}
	if err := os.WriteFile(FileName, []byte("kafka: {group: here}"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := group(); got != "here" {
		t.Errorf("with a file in the working directory: group %q", got)
	}
}

func TestAFileThatCannotBeRead(t *testing.T) {
	away(t)
	if err := os.Mkdir("folder.yaml", 0o755); err != nil {
		t.Fatal(err)
	}
	tests := []struct{ file, want string }{
		{"missing.yaml", "missing.yaml: the configuration file cannot be read: no such file or directory, `notion-kafka config example` prints one to begin with"},
		{"folder.yaml", "folder.yaml: the configuration file cannot be read: is a directory"},
	}
	for _, test := range tests {
		_, err := Load(Options{File: test.file})
		if err == nil || err.Error() != test.want {
			t.Errorf("got %v, want %s", err, test.want)
		}
	}
}

func TestAnEmptyFileIsTheDefaults(t *testing.T) {
	away(t)
	want, err := Load(Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"", "# nothing yet\n", "---\n"} {
		if diff := cmp.Diff(want, load(t, text, Options{})); diff != "" {
			t.Errorf("%q (-want +got):\n%s", text, diff)
		}
	}
}

func TestAnchorsMayBeUsed(t *testing.T) {
	cfg := load(t, `
sources:
  - {name: a, token: t, trigger: &nightly {daily_at: 02:30}, description: &d Ours}
  - {name: b, token: t, trigger: *nightly, description: *d}
`, Options{})
	if diff := cmp.Diff(cfg.Sources[0].Trigger, cfg.Sources[1].Trigger); diff != "" || cfg.Sources[1].Description != "Ours" {
		t.Errorf("second source %+v, trigger (-first +second):\n%s", cfg.Sources[1], diff)
	}
}

func TestNumbersBecomeKafkasText(t *testing.T) {
	cfg := load(t, "kafka: {topics: {config: {max.message.bytes: 1000000, unclean.leader.election.enable: false, delete.retention.ms: '5'}}}", Options{})
	want := map[string]string{
		"cleanup.policy": "compact", "max.message.bytes": "1000000",
		"unclean.leader.election.enable": "false", "delete.retention.ms": "5",
	}
	if diff := cmp.Diff(want, cfg.Kafka.Topics.Config); diff != "" {
		t.Errorf("topics.config (-want +got):\n%s", diff)
	}
}

func TestURLsEndWithoutASlash(t *testing.T) {
	cfg := load(t, `
notion: {api_url: "http://127.0.0.1:9999/"}
schema_registry: {url: "http://registry:8081/apis/"}
console: {public_url: "https://example.com/"}
`, Options{})
	got := []string{cfg.Notion.APIURL, cfg.OAuth.TokenURL, cfg.SchemaRegistry.URL, cfg.Console.PublicURL}
	want := []string{"http://127.0.0.1:9999", "http://127.0.0.1:9999/v1/oauth/token", "http://registry:8081/apis", "https://example.com"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("URLs (-want +got):\n%s", diff)
	}
}

// Whatever the file holds, loading ends with a Config or an Error.
func FuzzLoad(f *testing.F) {
	f.Add("a: &x [*x]")
	f.Add("sources: &x [*x]")
	f.Add("sources: [&x {name: *x, streams: [*x]}]")
	f.Add("defaults: &x {trigger: *x, <<: *x}")
	f.Add("kafka: {topics: {config: {? [a] : b}}, 1: 2, ? {} : {}}")
	f.Add("!!binary a")
	f.Add("&0,")
	f.Add(Example())
	f.Fuzz(func(t *testing.T, text string) {
		cfg, err := loadText(t, text, Options{})
		var problems *Error
		if (cfg == nil) == (err == nil) || (err != nil && !asError(err, &problems)) {
			t.Errorf("got %v and the error %v", cfg, err)
		}
	})
}

// Browsers on this machine find the console where it listens, unless public_url says
// another place.
func TestPublicURLFollowsListen(t *testing.T) {
	for _, test := range []struct {
		set  []string
		want string
	}{
		{nil, "http://localhost:8080"},
		{[]string{"console.listen=127.0.0.1:9090"}, "http://localhost:9090"},
		{[]string{"console.listen=[::1]:9090"}, "http://localhost:9090"},
		{[]string{"console.listen=127.0.0.1:0"}, "http://localhost:8080"},
		{[]string{"console.listen="}, "http://localhost:8080"},
		{[]string{"console.listen=127.0.0.1:9090", "console.public_url=https://nk.example"}, "https://nk.example"},
	} {
		cfg, err := Load(Options{Set: test.set})
		if err != nil {
			t.Fatal(err)
		}
		if got := cfg.Console.PublicURL; got != test.want || cfg.OAuth.RedirectURL != test.want+"/oauth/callback" {
			t.Errorf("%v: %s, and the way back to %s; want %s", test.set, got, cfg.OAuth.RedirectURL, test.want)
		}
	}
}

// A command that only asks a daemon does without the secrets of its sources, and with
// nothing else that is wrong.
func TestLoadForClient(t *testing.T) {
	environ := []string{"NOTION_KAFKA_CONSOLE__LISTEN=127.0.0.1:9090"}
	file := filepath.Join(t.TempDir(), FileName)
	for text, want := range map[string]string{
		"sources: [{name: acme, token: '${UNSET}'}]":                         "",
		"sources: [{name: acme, token_file: /nowhere}]":                      "",
		"sources: [{name: acme, token: t}]":                                  "",
		"console: {password: '${UNSET}'}\nsources: [{name: acme, token: t}]": "UNSET",
		"kafka: {brokers: 7}\nsources: [{name: acme, token: '${UNSET}'}]":    "kafka.brokers",
	} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		cfg, err := LoadForClient(Options{File: file, Environ: environ})
		switch {
		case want == "" && (err != nil || cfg.Console.Listen != "127.0.0.1:9090"):
			t.Errorf("%s: %v", text, err)
		case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
			t.Errorf("%s: %v, want an error with %s", text, err, want)
		}
	}
}
