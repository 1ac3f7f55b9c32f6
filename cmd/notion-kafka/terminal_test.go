package main

import (
	"encoding/json"
	"io"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"notion-kafka/config"
	"notion-kafka/notion/notiontest"
)

const tasksTopic = "notion.notion.engineering_tasks"

// A terminal runs command lines of the program in this process, against a simulated
// workspace and an embedded broker of its own.
type terminal struct {
	t         *testing.T
	workspace *notiontest.Workspace
	environ   []string
	flags     []string
	app       *App // serves the broker; set by serving
}

func newTerminal(t *testing.T) *terminal {
	t.Helper()
	t.Chdir(t.TempDir()) // a directory without a configuration file
	workspace := notiontest.New(notiontest.Options{RequestsPerMinute: -1, Violation: func(what string) { t.Error("Notion's contract broken:", what) }})
	api := httptest.NewServer(workspace)
	t.Cleanup(api.Close)
	return &terminal{
		t: t, workspace: workspace,
		environ: []string{"NOTION_TOKEN=" + workspace.Token(), "HOME=" + t.TempDir(), "NOTION_KAFKA_CONSOLE__LISTEN="},
		flags: []string{
			"--set", "data_dir=" + filepath.Join(t.TempDir(), "data"), "--set", "notion.api_url=" + api.URL,
			"--set", "embedded.kafka_listen=127.0.0.1:0", "--set", "embedded.registry_listen=127.0.0.1:0",
		},
	}
}

// run runs one command line and returns its exit code and output.
func (tt *terminal) run(args ...string) (code int, out, talk string) {
	tt.t.Helper()
	var stdout, stderr written
	code = execute(tt.t.Context(), append(args, tt.flags...), process{Out: &stdout, Err: &stderr, Environ: tt.environ})
	return code, stdout.String(), stderr.String()
}

func (tt *terminal) addTasks(n int) *notiontest.Database {
	db := tt.workspace.AddDatabase("Engineering Tasks", notiontest.Prop{Name: "Name", Kind: notiontest.KindTitle})
	for range n {
		db.AddPage("A task & more", nil)
	}
	return db
}

// A tailed record has the fields of a line of tail that these tests check.
type tailed struct {
	Key     string
	Headers map[string]string
	Value   *struct {
		InTrash    bool   `json:"in_trash"`
		Properties string `json:"properties"`
	}
}

// serving returns a terminal whose broker runs from one command line to the next: a
// broker that starts again compacts its topics.
func serving(t *testing.T) *terminal {
	t.Helper()
	tt := newTerminal(t)
	p := process{Err: io.Discard, Environ: tt.environ, logLevel: "info"}
	for i := 1; i < len(tt.flags); i += 2 {
		p.set = append(p.set, tt.flags[i])
	}
	cfg, err := p.config()
	if err != nil {
		t.Fatal(err)
	}
	app, err := Open(t.Context(), cfg, p.logger())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := app.Close(); err != nil {
			t.Error(err)
		}
	})
	tt.app = app
	return tt
}

func (tt *terminal) tail(topic string) (records []tailed) {
	tt.t.Helper()
	code, out, talk := tt.run("tail", topic, "--no-follow")
	if code != 0 {
		tt.t.Fatalf("tail: exit %d\n%s", code, talk)
	}
	for line := range strings.Lines(out) {
		var record tailed
		if err := json.Unmarshal([]byte(line), &record); err != nil {
			tt.t.Fatal(err)
		}
		records = append(records, record)
	}
	return records
}

// deletes returns the records of deletes, each as a word or two.
func (tt *terminal) deletes(topic string) (told []string) {
	for _, r := range tt.tail(topic) {
		switch {
		case r.Headers["notion-kafka.op"] != "delete":
		case r.Value == nil:
			told = append(told, "tombstone "+r.Headers["notion-kafka.reason"])
		case r.Value.InTrash:
			told = append(told, "soft "+r.Headers["notion-kafka.reason"])
		default:
			told = append(told, "a page that is not in the trash")
		}
	}
	return told
}

// must runs a command line that has to end with this exit code.
func (tt *terminal) must(code int, args ...string) (out, talk string) {
	tt.t.Helper()
	got, out, talk := tt.run(args...)
	if got != code {
		tt.t.Fatalf("%s: exit %d, want %d\n%s%s", strings.Join(args, " "), got, code, out, talk)
	}
	return out, talk
}

// states returns the output of state show, by stream.
func (tt *terminal) states() map[string]streamState {
	tt.t.Helper()
	out, _ := tt.must(0, "state", "show", "--output", "json")
	var streams []streamState
	if err := json.Unmarshal([]byte(out), &streams); err != nil {
		tt.t.Fatal(err)
	}
	states := map[string]streamState{}
	for _, s := range streams {
		states[s.Stream] = s
	}
	return states
}

// tasksRow returns the row of tasksTopic in a table, by the names of the columns.
func tasksRow(t *testing.T, table string) map[string]string {
	t.Helper()
	columns := regexp.MustCompile(` {2,}`)
	lines := strings.Split(table, "\n")
	at := slices.IndexFunc(lines, func(line string) bool { return strings.Contains(line, tasksTopic) })
	if at < 1 {
		t.Fatalf("no line about topic %s:\n%s", tasksTopic, table)
	}
	row := map[string]string{}
	cells := columns.Split(lines[at], -1)
	for i, name := range columns.Split(lines[0], -1) {
		row[name] = cells[i]
	}
	return row
}

// write writes a configuration file that the command lines find.
func (tt *terminal) write(text string) {
	tt.t.Helper()
	if err := os.WriteFile(config.FileName, []byte(text), 0o600); err != nil {
		tt.t.Fatal(err)
	}
}
