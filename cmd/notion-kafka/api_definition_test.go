package main

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"notion-kafka/cmd/notion-kafka/console"
	"notion-kafka/config"
)

// console serves the instance's console until the test ends, and returns its address.
func (i *instance) console() string { return serveConsole(i.t, i.backend) }

func serveConsole(t *testing.T, backend console.Backend) string {
	t.Helper()
	server, err := console.New(console.Options{Listen: "127.0.0.1:0", PublicURL: "http://localhost:8080", Backend: backend, Level: new(slog.LevelVar), Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- server.Run(ctx) }()
	<-server.Serving()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return "http://" + server.Address()
}

// A source is added, shown as YAML that a file can have, and changed in an editor, which
// keeps its token.
func TestADefinitionThroughTheCommands(t *testing.T) {
	i := newInstance(t)
	i.addTasks(0)
	api := i.console()
	command := func(want int, stdin string, args ...string) (out, talk string) {
		t.Helper()
		var stdout, stderr bytes.Buffer
		p := process{Out: &stdout, Err: &stderr, In: strings.NewReader(stdin), Environ: []string{"EDITOR=sed -i s/5m/6m/"}}
		if code := execute(t.Context(), append(args, "--api", api), p); code != want {
			t.Fatalf("%v: exit %d, want %d\n%s", args, code, want, &stderr)
		}
		return stdout.String(), stderr.String()
	}
	spec := fmt.Sprintf("- name: acme\n  token: %s\n  trigger: {every: 5m}\n  streams: [{match: databases}]\n", i.workspace.Token())
	_, talk := command(1, strings.Replace(spec, i.workspace.Token(), "ntn_mistyped", 1), "sources", "add", "-f", "-")
	if sources := i.backend.Sources(); !strings.HasPrefix(talk, "✗ ") || len(sources) > 0 {
		t.Errorf("with a wrong token there is %v, and it says\n%s", sources, talk)
	}
	for _, add := range [][]string{{"add"}, {"add", "--replace"}} {
		_, talk := command(0, spec, append(append([]string{"sources"}, add...), "-f", "-")...)
		if !strings.HasPrefix(talk, "✓ Notion accepts the token\n✓ ") || strings.Contains(talk, "✗") || !strings.Contains(talk, "\nsource acme: ") {
			t.Errorf("%v says\n%s", add, talk)
		}
	}
	if _, talk := command(0, "", "sources", "edit", "acme"); talk != "source acme: stored\n" {
		t.Errorf("editing says\n%s", talk)
	}
	shown, _ := command(0, "", "sources", "show", "acme", "--output", "yaml")
	want := "- name: acme\n  token: ${ACME_NOTION_TOKEN} # set this variable to the token of the connection\n  trigger: {every: 6m}\n  streams:\n    - match: databases\n"
	if diff := cmp.Diff(want, shown); diff != "" {
		t.Errorf("shown as YAML (-want +got):\n%s", diff)
	}
	if err := os.WriteFile("pasted.yaml", []byte("sources:\n"+shown), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg, err := config.Load(config.Options{File: "pasted.yaml", Environ: []string{"ACME_NOTION_TOKEN=" + i.workspace.Token()}})
	if err != nil {
		t.Fatal(err)
	}
	kept, made := i.backend.before("acme")
	if pasted := cfg.ResolvedSources()[0]; !made || config.Digest(kept) != config.Digest(pasted) || kept.Token.Reveal() != pasted.Token.Reveal() {
		t.Errorf("the daemon has %+v, the file %+v", kept, pasted)
	}
}
