package main

import (
	"bytes"
	"os"
	"strings"
	"testing"
)

// A command that a message advises reads the same configuration file as the command that
// printed the message.
func TestAdviceNamesTheConfigurationFile(t *testing.T) {
	const text = "source acme: `notion-kafka sources` lists them, or notion-kafka state reset --source acme, or `notion-kafka keygen`; is it notion-kafka of another version? topic notion-kafka.state"
	for file, flag := range map[string]string{
		"": "", "notion-kafka.yaml": "", "/etc/notion-kafka/crm.yaml": "--config /etc/notion-kafka/crm.yaml ", "it's $HOME.yaml": `--config 'it'\''s $HOME.yaml' `,
	} {
		want := strings.NewReplacer("notion-kafka sources", "notion-kafka "+flag+"sources", "notion-kafka state", "notion-kafka "+flag+"state").Replace(text)
		if got := (&process{configFile: file}).advice(text); got != want {
			t.Errorf("with %q the advice is\n%s, want\n%s", file, got, want)
		}
	}
}

// Every command that reads the configuration is one that advice knows.
func TestAdviceKnowsTheCommands(t *testing.T) {
	p := &process{configFile: "crm.yaml"}
	for _, cmd := range newRoot(&process{}).Commands() {
		switch cmd.Name() {
		case "demo", "config", "keygen", "version", "help", "completion":
			continue
		}
		if got := p.advice("notion-kafka " + cmd.Name()); got != "notion-kafka --config crm.yaml "+cmd.Name() {
			t.Errorf("advice of %s is %q", cmd.Name(), got)
		}
	}
}

// The tables of a daemon's sources and runs have its advice, which names the file too; JSON
// is as the daemon sent it.
func TestTablesNameTheConfigurationFile(t *testing.T) {
	const advised = "notion-kafka state confirm-deletes --source acme"
	d := newFakeDaemon(t, map[string][]string{
		"GET /api/v1/sources":           {`200 [{"name": "acme", "reason": "answer with ` + advised + `"}]`},
		"GET /api/v1/sources/acme/runs": {`200 [{"id": "R1", "streams": [{"stream": "databases", "error": "answer with ` + advised + `"}]}]`},
	})
	if err := os.WriteFile("crm.yaml", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, command := range []string{"sources", "runs acme"} {
		args := append(strings.Fields(command), "--api", d.url, "--config", "crm.yaml")
		var out, talk bytes.Buffer
		if code := execute(t.Context(), args, process{Out: &out, Err: &talk}); code != 0 || !strings.Contains(out.String(), "notion-kafka --config crm.yaml state confirm-deletes") {
			t.Errorf("%s: exit %d\n%s%s", command, code, &out, &talk)
		}
		out.Reset()
		if code := execute(t.Context(), append(args, "--output", "json"), process{Out: &out, Err: &talk}); code != 0 || !strings.Contains(out.String(), advised) {
			t.Errorf("%s --output json: exit %d\n%s%s", command, code, &out, &talk)
		}
	}
}

// Errors, check and state show print advice that works with --config.
func TestPrintedAdviceNamesTheConfigurationFile(t *testing.T) {
	tt := newTerminal(t)
	if err := os.WriteFile("crm.yaml", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for command, says := range map[string]string{
		"pause":                 "`notion-kafka --config crm.yaml sources` lists them",
		"tail nope --no-follow": "`notion-kafka --config crm.yaml state show` lists the topics",
		"state show":            "`notion-kafka --config crm.yaml once` creates it",
	} {
		if _, _, talk := tt.run(append(strings.Fields(command), "--config", "crm.yaml")...); !strings.Contains(talk, says) {
			t.Errorf("%s does not say %s:\n%s", command, says, talk)
		}
	}
	flags := []string{"--config", "crm.yaml", "--set", "schema_registry.auto_register=false"}
	tt.addTasks(1)
	if _, out, talk := tt.run(append([]string{"check"}, flags...)...); !strings.Contains(out, "`notion-kafka --config crm.yaml schema database") {
		t.Errorf("check:\n%s%s", out, talk)
	}
}
