package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"notion-kafka/avro"
	"notion-kafka/producer/seal"
)

// withoutToken removes the token, and with it the only source.
func (tt *terminal) withoutToken() {
	tt.environ = slices.DeleteFunc(tt.environ, func(variable string) bool { return strings.HasPrefix(variable, "NOTION_TOKEN=") })
}

// mustCheck runs check and returns its lines; each of says must begin one of them.
func (tt *terminal) mustCheck(code int, flags []string, says ...string) (lines []string) {
	tt.t.Helper()
	out, _ := tt.must(code, append([]string{"check"}, flags...)...)
	lines = strings.Split(strings.TrimSpace(out), "\n")
	for _, want := range says {
		if !slices.ContainsFunc(lines, func(line string) bool { return strings.HasPrefix(line, want) }) {
			tt.t.Errorf("no line begins with %q:\n%s", want, out)
		}
	}
	return lines
}

// If all sources are made through the API, check looks at everything else.
func TestCheckWithoutSourcesInTheFile(t *testing.T) {
	tt := serving(t)
	tt.addTasks(1)
	token := tt.workspace.Token()
	tt.withoutToken()
	consoleOn := []string{"--set", "console.listen=127.0.0.1:0"}
	tt.mustCheck(0, consoleOn, "! configuration: it has no source", "✓ Kafka: broker", "✓ topic notion-kafka.state", "✓ topic notion-kafka.control", "✓ registry")
	d := tt.daemon("--set", "defaults.trigger.manual=true")
	defer d.stop()
	d.must(201, "POST", "/api/v1/sources", `{"name": "crm", "token": "`+token+`"}`)
	tt.mustCheck(0, consoleOn, "! configuration: it has no source", "! 1 source(s) made through the API", "✓ instance")
}

// After a change of secrets.key, check names the sources whose secrets still need the
// old key, and those whose secrets no key opens, until a daemon has sealed them again.
func TestCheckOfSecretsAfterANewKey(t *testing.T) {
	tt := serving(t)
	tt.addTasks(1)
	token := tt.workspace.Token()
	tt.withoutToken()
	key := func(name string) string {
		key, err := seal.GenerateKey()
		if err != nil {
			t.Fatal(err)
		}
		return "secrets." + name + "=" + key
	}
	before := key("key")
	after, previous := key("key"), "secrets.previous_keys="+strings.TrimPrefix(before, "secrets.key=")
	manual, console := "defaults.trigger.manual=true", "console.listen=127.0.0.1:0"
	d := tt.daemon("--set", manual, "--set", before)
	d.must(201, "POST", "/api/v1/sources", `{"name": "crm", "token": "`+token+`"}`)
	d.stop()
	tt.mustCheck(1, []string{"--set", console, "--set", after}, "✗ source crm: opening its token: a secret was sealed with a key that is neither")
	tt.mustCheck(0, []string{"--set", console, "--set", after, "--set", previous}, "! secrets of crm still need one of secrets.previous_keys")
	d = tt.daemon("--set", manual, "--set", after, "--set", previous)
	d.must(202, "POST", "/api/v1/sources/crm/runs", "")
	d.stop()
	for _, line := range tt.mustCheck(0, []string{"--set", console, "--set", after}) {
		if strings.Contains(line, "secrets") {
			t.Errorf("after a daemon with the new key has run it: %s", line)
		}
	}
}

// A state topic may have more partitions than shards, which its meta records count.
// check reports the same as a daemon.
func TestCheckOfTopicsWithOtherPartitions(t *testing.T) {
	tt := serving(t)
	tt.addTasks(1)
	state := tt.app.stateTopic()
	state.Partitions = 6
	if _, err := tt.app.Cluster.EnsureTopic(t.Context(), state); err != nil {
		t.Fatal(err)
	}
	shards := func(n string) []string { return []string{"--set", "kafka.shards=" + n} }
	tt.mustCheck(0, shards("4"), "! state topic notion-kafka.state has 6 partitions", "✓ registry")
	tt.mustCheck(1, shards("8"), "✗ state topic notion-kafka.state has 6 partitions, but kafka.shards is 8: set kafka.shards: 6")
	tt.must(0, append([]string{"once"}, shards("4")...)...)
	for _, n := range []string{"6", "8"} {
		says := "state topic notion-kafka.state was made for 4 shards, but kafka.shards is " + n + ": set kafka.shards: 4"
		tt.mustCheck(1, shards(n), "✗ "+says)
		if _, talk := tt.must(1, append([]string{"once"}, shards(n)...)...); !strings.Contains(talk, says) {
			t.Errorf("once does not say %q:\n%s", says, talk)
		}
	}
	tt.mustCheck(0, shards("4"), "! state topic notion-kafka.state has 6 partitions")
	tt.must(0, append([]string{"once"}, shards("4")...)...)
}

// A control topic must have one partition.
func TestControlTopicWithMorePartitions(t *testing.T) {
	tt := serving(t)
	tt.addTasks(1)
	spec := tt.app.controlTopic()
	spec.Partitions = 2
	if _, err := tt.app.Cluster.EnsureTopic(t.Context(), spec); err != nil {
		t.Fatal(err)
	}
	const says = "control topic notion-kafka.control has 2 partitions, but must have 1"
	tt.mustCheck(1, nil, "✗ "+says)
	if _, talk := tt.must(1, "once"); !strings.Contains(talk, says) {
		t.Errorf("once does not say %q:\n%s", says, talk)
	}
}

// If schemas are not registered automatically, check prints the missing ones, each
// once, ready to be registered.
func TestCheckPrintsSchemasToRegister(t *testing.T) {
	tt := serving(t)
	tt.addTasks(1)
	tt.addTasks(1)
	flags := []string{"--set", "schema_registry.auto_register=false"}
	lines := tt.mustCheck(1, flags)
	for _, schema := range []string{avro.PageSchema, avro.DatabaseSchema} {
		printed := 0
		for _, line := range lines {
			if strings.TrimSpace(line) == schema {
				printed++
			}
		}
		if printed != 1 {
			t.Errorf("a schema is printed %d times:\n%s", printed, strings.Join(lines, "\n"))
		}
	}
	registered := 0
	for _, line := range lines {
		subject, lacks := strings.CutPrefix(line, "✗ registry: subject ")
		if !lacks {
			continue
		}
		registered++
		subject, _, _ = strings.Cut(subject, " ")
		schema := avro.PageSchema
		if strings.HasSuffix(subject, ".databases-value") {
			schema = avro.DatabaseSchema
		}
		body, err := json.Marshal(map[string]string{"schema": schema})
		if err != nil {
			t.Fatal(err)
		}
		resp, err := http.Post(tt.app.embedded.RegistryURL()+"/subjects/"+subject+"/versions", "application/json", bytes.NewReader(body))
		if err != nil || resp.StatusCode != http.StatusOK {
			t.Fatalf("registering the schema of %s: %v, %+v", subject, err, resp)
		}
		resp.Body.Close()
	}
	if registered != 3 {
		t.Errorf("%d subjects lack a schema, want three:\n%s", registered, strings.Join(lines, "\n"))
	}
	for _, line := range tt.mustCheck(0, flags, "✓ registry: subject") {
		if strings.Contains(line, `"type"`) {
			t.Errorf("everything is registered, and it prints %s", line)
		}
	}
}

// A source whose token was sealed with another key can be changed only with its token,
// and the error says so.
func TestSourceOfAnotherKeyIsChangedWithItsToken(t *testing.T) {
	tt := serving(t)
	tt.addTasks(1)
	token := tt.workspace.Token()
	tt.withoutToken()
	withKey := func() *runningDaemon {
		key, err := seal.GenerateKey()
		if err != nil {
			t.Fatal(err)
		}
		return tt.daemon("--set", "defaults.trigger.manual=true", "--set", "secrets.key="+key)
	}
	d := withKey()
	d.must(201, "POST", "/api/v1/sources", `{"name": "crm", "token": "`+token+`"}`)
	d.stop()
	d = withKey()
	defer d.stop()
	answer := d.must(409, "PUT", "/api/v1/sources/crm", `{"description": "other"}`)
	for _, text := range []string{"token", "secrets.previous_keys", "enter the secret again"} {
		if !strings.Contains(answer, text) {
			t.Errorf("it does not say %q: %s", text, answer)
		}
	}
	d.must(200, "PUT", "/api/v1/sources/crm", `{"description": "other", "token": "`+token+`"}`)
}
