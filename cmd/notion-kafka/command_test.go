package main

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"notion-kafka/notion/notiontest"
)

func TestOnceThenTail(t *testing.T) {
	tt := newTerminal(t)
	db := tt.addTasks(3)
	if code, out, talk := tt.run("once"); code != 0 || !strings.Contains(out, "notion.notion.engineering_tasks") {
		t.Fatalf("once: exit %d\n%s%s", code, out, talk)
	}
	code, out, talk := tt.run("tail", "notion.notion.engineering_tasks", "--no-follow")
	lines := strings.Split(strings.TrimSpace(out), "\n")
	if code != 0 || len(lines) != 3 {
		t.Fatalf("tail: exit %d, %d lines\n%s%s", code, len(lines), out, talk)
	}
	var record struct {
		Topic, Timestamp, Key string
		Partition             int32
		Offset                int64
		Headers               map[string]string
		Value                 map[string]any
	}
	if err := json.Unmarshal([]byte(lines[0]), &record); err != nil {
		t.Fatal(err)
	}
	if record.Value["id"] != record.Key || record.Value["title"] != "A task & more" || record.Headers["notion-kafka.op"] != "snapshot" ||
		record.Headers["notion-kafka.stream"] != "database_"+db.ID() || len(record.Headers) != 4 {
		t.Errorf("record %+v", record)
	}
	if strings.Contains(out, `\u0026`) {
		t.Error("tail escapes what a terminal can show")
	}

	code, out, _ = tt.run("once")
	if code != 0 || !strings.Contains(out, "succeeded") {
		t.Errorf("second once: exit %d\n%s", code, out)
	}
	if _, out, _ = tt.run("tail", "notion.notion.engineering_tasks", "--no-follow"); strings.Count(out, "\n") != 3 {
		t.Errorf("the second once published something:\n%s", out)
	}
}

func TestOnceTakesAnIDAsNotionsURLsHaveIt(t *testing.T) {
	tt := newTerminal(t)
	db := tt.addTasks(2)
	code, out, talk := tt.run("once", "--stream", "database_"+strings.ReplaceAll(strings.ToUpper(db.ID()), "-", ""))
	if code != 0 || strings.Contains(out, "notion.notion.databases") || !strings.Contains(out, "engineering_tasks") {
		t.Errorf("exit %d\n%s%s", code, out, talk)
	}
}

func TestTailStopsAtMax(t *testing.T) {
	tt := newTerminal(t)
	tt.addTasks(5)
	tt.run("once")
	code, out, _ := tt.run("tail", "notion.notion.engineering_tasks", "--from-beginning", "--max", "2")
	if code != 0 || strings.Count(out, "\n") != 2 {
		t.Errorf("exit %d\n%s", code, out)
	}
}

func TestDiscoverAndStateShow(t *testing.T) {
	tt := newTerminal(t)
	db := tt.addTasks(4)
	type offer struct {
		Source, Stream, Title, Topic, Sync string
		DatabaseID                         *string  `json:"database_id"`
		DataSourceIDs                      []string `json:"data_source_ids"`
		Enabled                            bool
		Rows                               *int
	}
	discover := func() []offer {
		code, out, talk := tt.run("discover", "--output", "json")
		var offers []offer
		if err := json.Unmarshal([]byte(out), &offers); code != 0 || err != nil || len(offers) != 2 {
			t.Fatalf("discover: exit %d, %v\n%s%s", code, err, out, talk)
		}
		return offers
	}
	before := discover()[1]
	if before.Rows != nil || before.Title != "Engineering Tasks" || before.Topic != "notion.notion.engineering_tasks" || *before.DatabaseID != db.ID() || !before.Enabled {
		t.Errorf("before the first run: %+v", before)
	}
	if code, _, talk := tt.run("once"); code != 0 {
		t.Fatal(talk)
	}
	if after := discover()[1]; after.Rows == nil || *after.Rows != 4 {
		t.Errorf("after the first run: %+v", after)
	}
	var streams []streamState
	code, out, talk := tt.run("state", "show", "--output", "json")
	if err := json.Unmarshal([]byte(out), &streams); code != 0 || err != nil || len(streams) != 2 {
		t.Fatalf("state show: exit %d, %v\n%s%s", code, err, out, talk)
	}
	if s := streams[0]; s.Pages != 4 || !s.Scanned || s.Scan != nil || len(s.Cursors) != 1 || s.Offsets[0] == 0 {
		t.Errorf("state of the stream: %+v", s)
	}
	if s := streams[0]; s.LastScan.IsZero() || !s.LastRun.Equal(s.LastScan) {
		t.Errorf("last run %v, last scan %v: the one run was a scan", s.LastRun, s.LastScan)
	}
}

// A database in the trash is marked as such, and no printed rule excludes it once it is
// restored.
func TestDiscoverOfADatabaseInTheTrash(t *testing.T) {
	tt := newTerminal(t)
	tt.addTasks(1)
	other := tt.workspace.AddDatabase("Archive")
	tt.run("once")
	other.Trash()
	tt.run("once")
	if code, out, talk := tt.run("discover"); code != 0 || !regexp.MustCompile(`Archive .*no: in the trash`).MatchString(out) {
		t.Errorf("discover: exit %d\n%s%s", code, out, talk)
	}
	if code, out, talk := tt.run("discover", "--output", "yaml"); code != 0 || strings.Contains(out, other.ID()) || !strings.Contains(out, "databases") {
		t.Errorf("discover --output yaml: exit %d\n%s%s", code, out, talk)
	}
}

// The output of `discover --output yaml` can be pasted under streams:.
func TestDiscoverYAMLIsConfiguration(t *testing.T) {
	tt := newTerminal(t)
	tt.addTasks(1)
	_, rules, _ := tt.run("discover", "--output", "yaml")
	file := "sources:\n  - name: acme\n    token: ${NOTION_TOKEN}\n    streams:\n"
	for line := range strings.Lines(rules) {
		file += "      " + line
	}
	if err := os.WriteFile("notion-kafka.yaml", []byte(file), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, out, talk := tt.run("once"); code != 0 || !strings.Contains(out, "notion.acme.engineering_tasks") {
		t.Errorf("once with the pasted rules: exit %d\n%s\n%s\n%s", code, file, out, talk)
	}
}

func TestCheckReportsWhatIsInOrder(t *testing.T) {
	tt := newTerminal(t)
	tt.addTasks(1)
	code, out, talk := tt.run("check")
	if code != 0 || strings.Contains(out, "✗") {
		t.Errorf("exit %d\n%s%s", code, out, talk)
	}
	for _, want := range []string{"✓ configuration", notiontest.WorkspaceName, "✓ Kafka: broker", "notion-kafka.state: will be created", "✓ registry", "✓ clock"} {
		if !strings.Contains(out, want) {
			t.Errorf("check does not say %q:\n%s", want, out)
		}
	}
}

func TestSchemaIsWhatIsRegistered(t *testing.T) {
	tt := newTerminal(t)
	for stream, want := range map[string]string{"databases": `"name":"Database"`, "database_248104cd-477e-80fd-b757-e945d38000bd": `"name":"Page"`} {
		if code, out, _ := tt.run("schema", stream); code != 0 || !json.Valid([]byte(out)) || !strings.Contains(out, want) {
			t.Errorf("schema %s: exit %d\n%s", stream, code, out)
		}
	}
}

// Every mistake has one clear message and the exit code of the contract, and changes
// nothing.
func TestMistakes(t *testing.T) {
	tests := map[string]struct {
		prepare func(*terminal)
		args    []string
		code    int
		says    []string
	}{
		"unknown command": {args: []string{"onec"}, code: 2, says: []string{"onec", "once"}},
		"unknown flag":    {args: []string{"once", "--ful"}, code: 2, says: []string{"--ful"}},
		"bad log level":   {args: []string{"once", "--log-level", "loud"}, code: 2, says: []string{"loud", "debug"}},
		"missing configuration file": {
			args: []string{"once", "--config", "nowhere.yaml"}, code: 2, says: []string{"nowhere.yaml", "config example"},
		},
		"configuration is a directory": {args: []string{"once", "--config", "."}, code: 2, says: []string{"cannot be read"}},
		"unknown key":                  {args: []string{"once", "--set", "kafka.brokres=a:9092"}, code: 2, says: []string{"kafka.brokres", "brokers"}},
		"no source": {
			prepare: func(tt *terminal) { tt.environ = nil }, args: []string{"once"}, code: 2, says: []string{"NOTION_TOKEN", "made through the API", "notion-kafka run"},
		},
		"no source to discover": {
			prepare: func(tt *terminal) { tt.environ = nil }, args: []string{"discover"}, code: 2, says: []string{"NOTION_TOKEN", "made through the API", "notion-kafka run"},
		},
		"no source to check, and none can be made": {
			prepare: func(tt *terminal) { tt.environ = nil }, args: []string{"check", "--set", "console.listen="}, code: 2, says: []string{"NOTION_TOKEN"},
		},
		"negative wait": {
			prepare: func(tt *terminal) { tt.addTasks(1) },
			args:    []string{"once", "--wait", "-5s"}, code: 2, says: []string{"--wait -5s", "30s"},
		},
		"wrong token": {
			prepare: func(tt *terminal) { tt.environ = []string{"NOTION_TOKEN=ntn_wrong"} },
			args:    []string{"once"}, code: 1, says: []string{"source notion", "token"},
		},
		"nothing shared": {args: []string{"once"}, code: 1, says: []string{"no database is shared", "Connections"}},
		"unknown source": {
			prepare: func(tt *terminal) { tt.addTasks(1) },
			args:    []string{"once", "--source", "acne"}, code: 2, says: []string{`"acne"`, "notion"},
		},
		"unknown stream": {
			prepare: func(tt *terminal) { tt.addTasks(1) },
			args:    []string{"once", "--stream", "database_x"}, code: 2, says: []string{`"database_x"`, "databases"},
		},
		"unknown stream's schema": {args: []string{"schema", "pages"}, code: 2, says: []string{`"pages"`, "databases"}},
		"republish alone":         {args: []string{"once", "--republish"}, code: 2, says: []string{"--full"}},
		"Kafka down": {
			prepare: func(tt *terminal) { tt.addTasks(1) },
			args:    []string{"once", "--set", "kafka.brokers=127.0.0.1:1", "--set", "schema_registry.url=http://127.0.0.1:1"},
			code:    1, says: []string{"127.0.0.1:1", "kafka.brokers"},
		},
		"registry down": {
			prepare: func(tt *terminal) { tt.addTasks(1) },
			args:    []string{"once", "--set", "schema_registry.url=http://127.0.0.1:1"}, code: 1, says: []string{"127.0.0.1:1", "registry"},
		},
		"topics missing": {
			prepare: func(tt *terminal) { tt.addTasks(1) },
			args:    []string{"once", "--set", "kafka.topics.create=false"}, code: 1,
			says: []string{"notion-kafka.state", "partitions 16", "cleanup.policy=compact", "kafka.topics.create: true"},
		},
		"another shard count": {
			prepare: func(tt *terminal) { tt.addTasks(1); tt.run("once") },
			args:    []string{"once", "--set", "kafka.shards=4"}, code: 1, says: []string{"16 shards", "kafka.shards: 16"},
		},
		"topic to tail is missing": {args: []string{"tail", "nothing.here", "--no-follow"}, code: 1, says: []string{"nothing.here"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			tt := newTerminal(t)
			if test.prepare != nil {
				test.prepare(tt)
			}
			code, out, talk := tt.run(test.args...)
			if code != test.code {
				t.Errorf("exit %d, want %d\n%s%s", code, test.code, out, talk)
			}
			last := talk[strings.LastIndex(strings.TrimSpace("\n"+talk), "\nnotion-kafka: ")+1:]
			for _, want := range test.says {
				if !strings.Contains(last, want) {
					t.Errorf("the message does not say %q:\n%s", want, last)
				}
			}
			if strings.Contains(talk+out, tt.workspace.Token()) {
				t.Error("the token was printed")
			}
		})
	}
}

// A registry that is down fails the stream with its position unmoved: the next run
// publishes everything.
func TestRegistryDownLosesNothing(t *testing.T) {
	tt := newTerminal(t)
	tt.addTasks(3)
	if code, _, _ := tt.run("once", "--set", "schema_registry.url=http://127.0.0.1:1"); code != 1 {
		t.Fatalf("exit %d", code)
	}
	if code, _, talk := tt.run("once"); code != 0 {
		t.Fatal(talk)
	}
	if _, out, _ := tt.run("tail", "notion.notion.engineering_tasks", "--no-follow"); strings.Count(out, "\n") != 3 {
		t.Errorf("after the registry came back the topic has:\n%s", out)
	}
}

func TestDemoCanBeStartedAgainOnKeptData(t *testing.T) {
	tt := newTerminal(t)
	dir := filepath.Join(t.TempDir(), "kept")
	for range 2 {
		ctx, stop := context.WithCancel(t.Context())
		out, talk := newWatched("Ctrl-C ends it"), newWatched("status=failed")
		ended := make(chan int)
		go func() {
			ended <- execute(ctx, append([]string{"demo", "--data-dir", dir}, tt.flags[4:]...), process{Out: out, Err: talk, Environ: tt.environ, logFormat: "text"})
		}()
		select {
		case <-out.seen:
		case <-talk.seen:
			t.Errorf("the demo failed:\n%s", talk)
		}
		stop()
		if code := <-ended; code != 0 {
			t.Errorf("the demo ended with exit %d\n%s", code, talk)
		}
	}
}

// The demo shows records, and the command that it prints works.
func TestDemoShowsRecords(t *testing.T) {
	tt := newTerminal(t)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	out := newWatched("Ctrl-C ends it")
	ended := make(chan int)
	go func() {
		ended <- execute(ctx, append([]string{"demo"}, tt.flags[4:]...), process{Out: out, Err: &written{}, Environ: tt.environ})
	}()
	<-out.seen
	_, line, _ := strings.Cut(out.String(), " tail ")
	line, _, _ = strings.Cut(line, "\n")
	var stdout, stderr written
	code := execute(ctx, append([]string{"tail"}, append(strings.Fields(line), "--max", "1")...), process{Out: &stdout, Err: &stderr})
	if code != 0 || !json.Valid([]byte(stdout.String())) {
		t.Errorf("the printed line `tail %s`: exit %d\n%s%s", line, code, stdout.String(), stderr.String())
	}
	stop()
	if code := <-ended; code != 0 {
		t.Errorf("the demo ended with exit %d", code)
	}
}

// An error while the embedded broker closes is reported, by discover too.
func TestDiscoverTellsThatTheBrokerDidNotEndWell(t *testing.T) {
	tt := newTerminal(t)
	tt.addTasks(1)
	tt.must(0, "once")
	data := strings.TrimPrefix(tt.flags[1], "data_dir=")
	spoil := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		address := filepath.Join(data, "embedded.json") // a folder that is not empty cannot be removed
		if err := errors.Join(os.RemoveAll(address), os.MkdirAll(filepath.Join(address, "below"), 0o700)); err != nil {
			t.Error(err)
		}
		tt.workspace.ServeHTTP(w, r)
	})
	api := httptest.NewServer(spoil)
	defer api.Close()
	tt.flags[3] = "notion.api_url=" + api.URL
	if out, talk := tt.must(1, "discover"); !strings.Contains(out, "Engineering Tasks") || !strings.Contains(talk, "embedded.json") {
		t.Errorf("discover:\n%s%s", out, talk)
	}
}
