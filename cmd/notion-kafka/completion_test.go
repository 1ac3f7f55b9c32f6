package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// completed returns what a shell gets for a command line whose last word is being typed,
// without the directive in the last line. Nothing may be printed on stderr, which is the
// shell's prompt, but the name of the directive.
func completed(t *testing.T, environ []string, args ...string) []string {
	t.Helper()
	var stdout, stderr written
	p := process{Out: &stdout, Err: &stderr, Environ: environ, patience: 50 * time.Millisecond}
	if code := execute(t.Context(), append([]string{"__complete"}, args...), p); code != 0 {
		t.Errorf("exit %d: %s", code, stderr.String())
	}
	if talk := stderr.String(); strings.Count(talk, "\n") != 1 || !strings.HasPrefix(talk, "Completion ended with directive: ") {
		t.Errorf("on stderr there is\n%s", talk)
	}
	lines := strings.Split(strings.TrimSuffix(stdout.String(), "\n"), "\n")
	return lines[:len(lines)-1]
}

// The token of a source may be in the daemon's environment only.
func TestCompletionNeedsNoToken(t *testing.T) {
	d := newFakeDaemon(t, map[string][]string{"GET /api/v1/sources": {"200 [" + source + "]"}})
	t.Chdir(t.TempDir())
	if err := os.WriteFile("notion-kafka.yaml", []byte("sources: [{name: acme, token: '${TOKEN_OF_THE_DAEMON}'}]"), 0o600); err != nil {
		t.Fatal(err)
	}
	got := completed(t, []string{"NOTION_KAFKA_CONSOLE__LISTEN=" + strings.TrimPrefix(d.url, "http://")}, "sources", "show", "")
	if diff := cmp.Diff([]string{"acme\tNeeds attention"}, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestCompletionAsksTheDaemon(t *testing.T) {
	const tables = `[{"topic":"notion.acme.databases","source":"acme","stream":"databases"},{"topic":"notion.beta.x","source":"beta","stream":"database_x","title":"X\ty"}]`
	d := newFakeDaemon(t, map[string][]string{
		"GET /api/v1/sources":              {"200 [" + source + "," + fresh + "]"},
		"GET /api/v1/sources/acme/streams": {"200 " + streams},
		"GET /api/v1/catalog":              {"200 " + tables},
		"GET /api/v1/runs?limit=50":        {"200 [" + succeededRun + "]"},
	})
	of := []string{"databases", "database_248104cd-477e-80fd-b757-e945d38000bd\tPrivate"}
	for line, want := range map[string][]string{
		"trigger ":                               {"acme\tNeeds attention", "beta\tWaiting for its first run"},
		"sources show ":                          {"acme\tNeeds attention", "beta\tWaiting for its first run"},
		"sources show acme ":                     {},
		"trigger acme --stream ":                 {of[1], of[0]},
		"deletes show acme ":                     {of[1], of[0]},
		"state reset --source acme --stream Pri": {"Private"},
		"once --source acme --stream da":         {of[1], of[0]},
		"schema ":                                {"database_x\tX y", "databases"},
		"tail ":                                  {"notion.acme.databases", "notion.beta.x\tX y"},
		"runs log ":                              {"R1\tacme succeeded 2026-03-01T06:00:00Z"},
		"runs --status ":                         {"queued", "running", "succeeded", "failed", "needs_attention", "cancelled"},
		"check --output ":                        {"text", "json"},
		"check ":                                 {},
		"tail x --max ":                          {},
	} {
		environ := []string{"NOTION_KAFKA_CONSOLE__LISTEN=" + strings.TrimPrefix(d.url, "http://")}
		if diff := cmp.Diff(want, append([]string{}, completed(t, environ, strings.Split(line, " ")...)...)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", line, diff)
		}
	}
}

// Where no daemon answers, or it answers too late, the names are those of the configuration.
func TestCompletionWithoutADaemon(t *testing.T) {
	silent := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	t.Cleanup(silent.Close)
	gone := httptest.NewServer(nil)
	gone.Close()
	t.Chdir(t.TempDir())
	(&terminal{t: t}).write("sources:\n- {name: crm, token: t, streams: [{match: database_248104cd477e80fdb757e945d38000bd, topic: notion.crm.plans}, {match: 'database_*'}]}\n- {name: wiki, token: t}\n")
	for _, at := range []string{silent.URL, gone.URL} {
		environ := []string{"NOTION_KAFKA_CONSOLE__LISTEN=" + strings.TrimPrefix(at, "http://")}
		if diff := cmp.Diff([]string{"crm", "wiki"}, completed(t, environ, "pause", "")); diff != "" {
			t.Errorf("sources (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff([]string{"notion.crm.plans"}, completed(t, environ, "tail", "")); diff != "" {
			t.Errorf("topics (-want +got):\n%s", diff)
		}
		if got := completed(t, environ, "runs", "show", ""); len(got) > 0 {
			t.Errorf("runs %q, which only a daemon knows", got)
		}
	}
	if got := completed(t, []string{"NOTION_KAFKA_KAFKA__SHARDS=many"}, "pause", ""); len(got) > 0 {
		t.Errorf("with a wrong configuration: %q", got)
	}
}

// Where no daemon answers, the state topic of real brokers has the names.
func TestCompletionFromTheState(t *testing.T) {
	tt := serving(t)
	tt.addTasks(1)
	tt.must(0, "once")
	flags := []string{
		"--set", "kafka.brokers=" + tt.app.brokers(), "--set", "schema_registry.url=" + tt.app.Registry.Address(),
	}
	var stdout written
	p := process{Out: &stdout, Err: &written{}, Environ: tt.environ, patience: time.Minute}
	if code := execute(t.Context(), append(append([]string{"__complete", "tail"}, flags...), ""), p); code != 0 || !strings.Contains(stdout.String(), tasksTopic+"\tEngineering Tasks\n") {
		t.Errorf("exit %d, topics\n%s", code, stdout.String())
	}
}

func TestCompletionOfKeys(t *testing.T) {
	t.Chdir(t.TempDir())
	if got := strings.Join(completed(t, nil, "check", "--set", ""), " "); !strings.Contains(got, "kafka.brokers= ") || !strings.Contains(got, "kafka.topics.config. ") {
		t.Errorf("keys %s", got)
	}
}
