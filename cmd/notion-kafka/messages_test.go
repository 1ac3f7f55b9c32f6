package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"notion-kafka/config"
	"notion-kafka/notion"
	"notion-kafka/producer"
)

// This version accepts every setting of the deployed example.
func TestTheDeployedExampleIsOfThisVersion(t *testing.T) {
	cfg, err := config.Load(config.Options{
		File:    filepath.Join("..", "..", "deploy", "notion-kafka.example.yaml"),
		Environ: []string{"KAFKA_PASSWORD=a", "REGISTRY_PASSWORD=b", "ACME_NOTION_TOKEN=c"},
	})
	if err != nil {
		t.Fatal(err)
	}
	if cfg.Secrets.Key != "" || cfg.Console.Username != "" {
		t.Error("it configures the console or a key, which this version does not use")
	}
}

// A meaningless command line ends with exit code 2 and says what to write.
func TestMeaninglessCommandLines(t *testing.T) {
	tests := []struct {
		line string
		says string
	}{
		{"schema", "name a stream, as in: notion-kafka schema database_"},
		{"schema database_xyz", `"xyz" is not a database id`},
		{"schema database_248104cd", `"248104cd" is not a database id`},
		{"schema a b", "takes one argument"},
		{"tail", "name a topic, as in: notion-kafka tail notion.acme.tasks"},
		{"tail a b", "takes one argument"},
		{"tail a --max -3", "--max -3"},
		{"version extra", `version takes no arguments, got ["extra"]`},
		{"discover extra", "discover takes no arguments"},
		{"check extra", "check takes no arguments"},
	}
	for _, test := range tests {
		t.Run(test.line, func(t *testing.T) {
			tt := newTerminal(t)
			code, out, talk := tt.run(strings.Fields(test.line)...)
			if code != 2 || !strings.Contains(talk, test.says) {
				t.Errorf("exit %d, want 2 and %q\n%s%s", code, test.says, out, talk)
			}
		})
	}
}

func TestSchemaTakesAnIDAsNotionsURLsHaveIt(t *testing.T) {
	tt := newTerminal(t)
	for _, id := range []string{"248104cd477e80fdb757e945d38000bd", "248104CD-477E-80FD-B757-E945D38000BD"} {
		if code, out, talk := tt.run("schema", "database_"+id); code != 0 || !json.Valid([]byte(out)) {
			t.Errorf("schema database_%s: exit %d\n%s%s", id, code, out, talk)
		}
	}
}

func TestVersionFlagSaysWhatVersionSays(t *testing.T) {
	tt := newTerminal(t)
	_, want, _ := tt.run("version")
	var out bytes.Buffer
	root := newRoot(&process{Out: &out, Err: &out})
	versionFlag(root)
	root.SetArgs([]string{"--version"})
	if err := root.Execute(); err != nil || out.String() != want {
		t.Errorf("--version says %q, %v; version says %q", out.String(), err, want)
	}
}

func TestTailOfAMissingTopic(t *testing.T) {
	tt := newTerminal(t)
	var said []string
	for _, flags := range [][]string{{}, {"--no-follow"}} {
		code, out, talk := tt.run(append([]string{"tail", "nope"}, flags...)...)
		_, message, _ := strings.Cut(talk, "notion-kafka: ")
		if code != 1 || out != "" || !strings.Contains(message, "topic nope") || !strings.Contains(message, "`notion-kafka state show` lists the topics") ||
			!strings.Contains(message, "not created yet") || !strings.Contains(message, "the first run of its stream creates it") {
			t.Errorf("tail nope %v: exit %d\n%s%s", flags, code, out, talk)
		}
		said = append(said, message)
	}
	if said[0] != said[1] {
		t.Errorf("two texts for one thing:\n%s%s", said[0], said[1])
	}
}

// Before the first run there is no state topic: the command says what creates it, and an
// empty one is another matter.
func TestStateShowBeforeTheFirstRun(t *testing.T) {
	tt := serving(t)
	for create, says := range map[string]string{
		"true":  "`notion-kafka run` or `notion-kafka once` creates it",
		"false": "kafka.topics.create is false, so create it yourself",
	} {
		args := []string{"state", "show", "--set", "kafka.topics.create=" + create}
		if _, talk := tt.must(0, args...); !strings.Contains(talk, "topic notion-kafka.state of 127.0.0.1:") || !strings.Contains(talk, "is not created yet; "+says) {
			t.Errorf("%v:\n%s", args, talk)
		}
	}
	tt.must(1, "once") // nothing is shared
	if _, talk := tt.must(0, "state", "show"); !strings.Contains(talk, "nothing is remembered in topic notion-kafka.state") {
		t.Error(talk)
	}
}

// sourcesFile configures two sources, with these tokens and rules.
func sourcesFile(t *testing.T, first, second, streams string) {
	t.Helper()
	text := "sources:\n  - {name: first, token: \"" + first + "\", streams: [" + streams + "]}\n  - {name: second, token: \"" + second + "\"}\n"
	if err := os.WriteFile("notion-kafka.yaml", []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestDiscoverShowsTheGoodSourcesBesideABadOne(t *testing.T) {
	tt := newTerminal(t)
	tt.addTasks(1)
	sourcesFile(t, "ntn_wrong", "${NOTION_TOKEN}", "{match: databases}")
	for _, output := range []string{"table", "json", "yaml"} {
		code, out, talk := tt.run("discover", "--output", output)
		if code != 1 || !strings.Contains(out, "notion.second.engineering_tasks") && output != "yaml" || !strings.Contains(out, "database_") ||
			!strings.Contains(talk, "source first") {
			t.Errorf("discover --output %s: exit %d\n%s%s", output, code, out, talk)
		}
	}
}

func TestCheckTellsOfRulesThatMatchNothing(t *testing.T) {
	tt := newTerminal(t)
	db := tt.addTasks(1)
	sourcesFile(t, "${NOTION_TOKEN}", "${NOTION_TOKEN}", "{match: databases}, {match: 'title:Enginering*'}, {match: 'title:🚀 Engineering tasks'}, "+
		"{match: database_248104cd477e80fdb757e945d38000bd}, {match: 'title:eng*', enabled: false}, "+
		"{match: database_"+db.ID()+"}, {match: 'database_*'}")
	_, out, _ := tt.run("check")
	var warned []string
	for line := range strings.Lines(out) {
		if strings.HasPrefix(line, "! source first: no stream matches ") {
			warned = append(warned, line)
		}
	}
	if len(warned) != 2 || !strings.Contains(warned[0], "title:Enginering*") || !strings.Contains(warned[1], `write "title:Engineering Tasks"`) {
		t.Errorf("warned of %q, want of the misspelt title, and of the one with an emoji\n%s", warned, out)
	}
	if !strings.Contains(out, "✗ source first, stream database_248104cd-477e-80fd-b757-e945d38000bd") {
		t.Errorf("the named database that cannot be retrieved is not reported\n%s", out)
	}
}

func TestCheckSaysWhatToFix(t *testing.T) {
	tests := map[string]struct {
		once string // a --set for a first run
		set  []string
		sign string
		says []string
	}{
		"another shard count": {
			once: "kafka.shards=16", set: []string{"--set", "kafka.shards=4"}, sign: "✗ state topic", says: []string{"kafka.shards is 4", "set kafka.shards: 16"},
		},
		"registry unreachable": {
			once: "kafka.shards=16", set: []string{"--set", "schema_registry.url=http://127.0.0.1:1"}, sign: "✗ registry",
			says: []string{"127.0.0.1:1", "schema_registry.url", "proxy"},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			tt := newTerminal(t)
			tt.addTasks(1)
			tt.run("once", "--set", test.once)
			code, out, talk := tt.run(append([]string{"check"}, test.set...)...)
			lines := wrongLines(out)
			if code != 1 || len(lines) != 1 || !strings.HasPrefix(lines[0], test.sign) {
				t.Fatalf("exit %d, want one line with %q\n%s%s", code, test.sign, out, talk)
			}
			for _, want := range test.says {
				if !strings.Contains(lines[0], want) {
					t.Errorf("it does not say %q: %s", want, lines[0])
				}
			}
		})
	}
}

// unreachable is a connection to a Notion that does not respond.
type unreachable struct {
	producer.Notion
	asked *int
}

func (u unreachable) Me(context.Context) (notion.Bot, error) {
	*u.asked++
	return notion.Bot{}, &notion.Error{Op: "retrieving the token's own user", Kind: notion.ErrUnavailable, Err: errors.New("connection refused")}
}

// An unreachable Notion is reported once, however many sources there are.
func TestCheckWithoutNotion(t *testing.T) {
	var out bytes.Buffer
	c, asked := checklist{out: &out}, 0
	cfg := &config.Config{Notion: config.Notion{APIURL: "https://notion.example.com"}}
	c.notion(t.Context(), cfg, []*producer.Source{
		{Name: "first", Notion: unreachable{asked: &asked}}, {Name: "second", Notion: unreachable{asked: &asked}},
	}, noState)
	lines := wrongLines(out.String())
	if len(lines) != 1 || asked != 1 || !c.failed {
		t.Fatalf("asked %d times, want one failure:\n%s", asked, out.String())
	}
	for _, want := range []string{"Notion cannot be reached", "connection refused", "notion.api_url", cfg.Notion.APIURL, "HTTPS_PROXY"} {
		if !strings.Contains(lines[0], want) {
			t.Errorf("it does not say %q: %s", want, lines[0])
		}
	}
}

func wrongLines(checked string) []string {
	var wrong []string
	for line := range strings.Lines(checked) {
		if strings.HasPrefix(line, "✗") {
			wrong = append(wrong, line)
		}
	}
	return wrong
}
