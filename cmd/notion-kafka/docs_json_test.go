package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"notion-kafka/cmd/notion-kafka/console"
	"notion-kafka/deploy/docstest"
	"notion-kafka/producer"
	"notion-kafka/producer/control"
)

const jsonIntro = `# JSON for programs

*` + "`make docs`" + ` writes the examples on this page from the program.*

Each command that shows data has ` + "`--output json`" + `. What it prints is made to be relied on:

- **Fields are added, never renamed, changed or removed.** Ignore those that you do not know. Words such as a status may get new values.
- **A list is an array**: ` + "`[]`" + ` where it is empty, never ` + "`null`" + `. A field that has nothing to say may be missing.
- **Times** are RFC 3339 in UTC, such as ` + "`2026-11-30T06:00:00Z`" + `. Numbers are numbers. Durations are in seconds, and their names say so.
- **stdout has JSON alone**, in UTF-8. Messages and logs go to stderr; ` + "`--quiet`" + ` leaves out those that are no problem.
- **Exit codes are the same** as without it: see [cli.md](cli.md). A command that fails before it has data prints nothing on stdout.
- ` + "`tail` and `runs log`" + ` print one JSON object a line, all others one document.

What a daemon answers is printed as it came: ` + "`/api/v1/openapi.json`" + ` of a running daemon describes each field.

`

const jsonOthers = `## Commands without it

` + "`run` and `demo`" + ` serve until they are stopped; their logs are JSON with ` + "`--log-format json`" + `. ` + "`config example`" + ` prints YAML. ` + "`login`, `open`,\n`sources edit`, `sources remove`, `state reset` and `state dismiss-deletes`" + ` do something and show no data: the exit code says whether they did.
` + "`completion`" + ` prints scripts of a shell.
`

// withoutJSON are the commands that show no data.
var withoutJSON = []string{
	"run", "demo", "config example", "login", "open", "sources edit", "sources remove", "state reset", "state dismiss-deletes",
}

// A jsonExample shows what commands print.
type jsonExample struct {
	commands []string
	what     string
	value    any // a zero value: its type counts; nil: there is no example
}

var jsonExamples = []jsonExample{
	{[]string{"check"}, "Every finding; `ok` is false where the exit code is 1. `schemas`: those to register by hand, if `auto_register` is off", checkReport{}},
	{[]string{"discover"}, "The streams that the sources offer; `rows` is null where it is unknown", []producer.Offer{}},
	{[]string{"once"}, "The runs, one of each source", []control.Run{}},
	{[]string{"runs"}, "The runs, the newest first: as of `once`", nil},
	{[]string{"runs follow", "runs cancel", "trigger", "state confirm-deletes"}, "One run: as an element of `once`. `state confirm-deletes` prints nothing where no deletes are held", nil},
	{[]string{"runs show"}, "A run with its log", runWithLog{}},
	{[]string{"runs log"}, "The lines of a run's log, each with fields of its own too", logLine{}},
	{[]string{"sources"}, "The sources of a daemon, each with the keys of its definition too; `last_run` and `next_run` are null where there is none", control.Source{}},
	{[]string{"sources show"}, "A source, as an element of `sources`, and its streams", sourceWithStreams{}},
	{[]string{"sources add", "pause", "resume"}, "The source: as an element of `sources`", nil},
	{[]string{"find"}, "Where a page is", control.Finding{}},
	{[]string{"instances"}, "The instances of the group", control.Group{}},
	{[]string{"deletes show"}, "The deletes of a stream that are held back", control.HeldDeletes{}},
	{[]string{"state show"}, "What is remembered of every stream. `scan` is null where none is under way; what it has inside is for looking into trouble, and may change", []streamState{}},
	{[]string{"tail"}, "A record; `value` is null for a tombstone. A record that cannot be decoded has `error`, and its bytes in `raw`", control.TopicRecord{}},
	{[]string{"schema"}, "The schema or the statement, as text", printedSchema{}},
	{[]string{"keygen"}, "A key", printedKey{}},
	{[]string{"version"}, "The version", printedVersion{}},
}

// A logLine has the fields of every line of a log.
type logLine struct {
	Time  time.Time `json:"time"`
	Level string    `json:"level"`
	Msg   string    `json:"msg"`
}

// A sourceWithStreams is what `sources show` puts together.
type sourceWithStreams struct {
	Source  json.RawMessage  `json:"source"`
	Streams []control.Stream `json:"streams"`
}

// TestPageJSON holds the page of the JSON output against the types that are printed: a
// field that is renamed or removed shows in its diff.
func TestPageJSON(t *testing.T) {
	var page strings.Builder
	page.WriteString(jsonIntro)
	for _, example := range jsonExamples {
		fmt.Fprintf(&page, "## %s\n\n%s.\n\n", strings.Join(example.commands, ", "), example.what)
		if example.value == nil {
			continue
		}
		sample := reflect.New(reflect.TypeOf(example.value)).Elem()
		fill(t, sample, "")
		text := printed(t, sample.Interface())
		if strings.Contains(text, "null") {
			t.Errorf("the example of %q shows a null:\n%s", example.commands, text)
		}
		fmt.Fprintf(&page, "```json\n%s```\n\n", text)
	}
	docstest.Page(t, "json-output.md", page.String()+statusTables()+jsonOthers)
}

// statusTables are the values of status.
func statusTables() string {
	var text strings.Builder
	text.WriteString("## Values of status\n\nOf a source, and what the tables and the console call it:\n\n| JSON | in words |\n| --- | --- |\n")
	for _, status := range []control.SourceStatus{
		control.SourceReady, control.SourceRunning, control.SourceWaiting, control.SourceLate, control.SourcePaused,
		control.SourceFailing, control.SourceNeedsReconnect, control.SourceNeedsAttention,
	} {
		fmt.Fprintf(&text, "| `%s` | %s |\n", status, status.Words())
	}
	text.WriteString("\n[What a status means](troubleshooting.md#what-a-status-means) says who has to act.\n")
	var ofRuns []string
	for _, status := range []control.Status{
		control.Queued, control.Running, control.Succeeded, control.Failed, control.NeedsAttention, control.Cancelled,
	} {
		ofRuns = append(ofRuns, "`"+string(status)+"`")
	}
	fmt.Fprintf(&text, "\nOf a run, and of a stream in it: %s.\n\n", strings.Join(ofRuns, ", "))
	return text.String()
}

// printed is a value as a command prints it.
func printed(t *testing.T, value any) string {
	t.Helper()
	var text bytes.Buffer
	switch value := value.(type) {
	case control.Source:
		return served(t, value)
	case control.TopicRecord:
		value.Was = "" // only the console looks for it
		line, err := recordLine(value)
		if err != nil {
			t.Fatal(err)
		}
		return string(line)
	case logLine:
		if err := json.NewEncoder(&text).Encode(value); err != nil {
			t.Fatal(err)
		}
	default:
		if err := printJSON(&text, value); err != nil {
			t.Fatal(err)
		}
	}
	return text.String()
}

// An oneSource is a backend with one source.
type oneSource struct {
	console.Backend
	source control.Source
}

func (b oneSource) Sources() []control.Source { return []control.Source{b.source} }
func (oneSource) Awake(context.Context) error { return nil }

// served is what `sources` prints of a daemon that has one source.
func served(t *testing.T, source control.Source) string {
	t.Helper()
	address := serveConsole(t, oneSource{source: source})
	var out, talk bytes.Buffer
	if code := execute(t.Context(), []string{"sources", "--output", "json", "--api", address}, process{Out: &out, Err: &talk}); code != 0 {
		t.Fatalf("exit %d: %s", code, &talk)
	}
	return out.String()
}

// Every command has --output json, or is among those that the page says have none.
func TestEveryCommandHasJSON(t *testing.T) {
	shown := slices.Clone(withoutJSON)
	for _, example := range jsonExamples {
		shown = append(shown, example.commands...)
	}
	var all []string
	for _, cmd := range runnable(documented()) {
		_, name, _ := strings.Cut(cmd.CommandPath(), " ")
		all = append(all, name)
		flag := cmd.Flags().Lookup("output")
		has := flag != nil && strings.Contains(flag.Usage, asJSON)
		if has == slices.Contains(withoutJSON, name) || !slices.Contains(shown, name) {
			t.Errorf("%s has --output json: %v, and the page says something else", name, has)
		}
	}
	for _, name := range shown {
		if !slices.Contains(all, name) {
			t.Errorf("the page has %s, which is no command", name)
		}
	}
}
