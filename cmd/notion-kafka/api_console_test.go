package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"strings"
	"testing"
	"time"

	"notion-kafka/cmd/notion-kafka/console"
	"notion-kafka/producer/control"
)

// A smallBackend has one source, and every run of it succeeds.
type smallBackend struct {
	console.Backend // no other method is called here

	spec   json.RawMessage
	forgot bool
}

func (b *smallBackend) Awake(context.Context) error { return nil }

func (b *smallBackend) CatchUp(context.Context) error { return nil }

func (b *smallBackend) Sources() []control.Source {
	return []control.Source{{Name: "acme", Definition: json.RawMessage(`{"name":"acme"}`), Status: control.SourceReady, Origin: control.FromConsole}}
}

func (b *smallBackend) PutSource(_ context.Context, _ string, spec json.RawMessage, _ bool) (bool, error) {
	b.spec = spec
	return true, nil
}

func (b *smallBackend) Discover(context.Context, control.Draft) (control.Discovery, error) {
	return control.Discovery{}, nil
}

func (b *smallBackend) Start(_ context.Context, source string, order control.Order) (control.Run, error) {
	if source != "acme" {
		return control.Run{}, &control.Error{Kind: control.NotFound, Message: fmt.Sprintf("there is no source %q", source)}
	}
	return b.run(control.Queued, order), nil
}

func (b *smallBackend) run(status control.Status, order control.Order) control.Run {
	run := control.Run{ID: "R/1", Source: "acme", Trigger: control.ByHand, Status: status, StartedAt: time.Date(2026, 3, 1, 6, 0, 0, 0, time.UTC)}
	for _, stream := range order.Streams {
		run.Streams = append(run.Streams, control.StreamRun{Stream: stream, Status: control.Succeeded, Read: 3})
	}
	return run
}

func (b *smallBackend) Follow(_ context.Context, id string) iter.Seq2[control.Run, error] {
	return func(yield func(control.Run, error) bool) {
		if id == "R/1" && yield(b.run(control.Running, control.Order{}), nil) {
			yield(b.run(control.Succeeded, control.Order{Streams: []string{"databases"}}), nil)
		}
	}
}

func (b *smallBackend) Run(id string) (control.Run, *control.Log, error) {
	if id != "R/1" {
		return control.Run{}, nil, &control.Error{Kind: control.NotFound, Message: "there is no run " + id}
	}
	return b.run(control.Succeeded, control.Order{Streams: []string{"databases"}}), &control.Log{Run: id, Lines: []string{`{"level":"INFO","msg":"run done"}`}}, nil
}

func (b *smallBackend) Reset(_ context.Context, _, _ string, forget bool) error {
	b.forgot = forget
	return nil
}

// The commands work against the real console.
func TestCommandsAgainstTheConsole(t *testing.T) {
	t.Chdir(t.TempDir())
	backend := &smallBackend{}
	server, err := console.New(console.Options{
		Listen: "127.0.0.1:0", PublicURL: "http://localhost:8080", Username: "me", Password: "hunter2",
		Backend: backend, Logger: slog.New(slog.NewTextHandler(io.Discard, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- server.Run(ctx) }()
	<-server.Serving()
	for _, test := range []struct {
		line, stdin string
		code        int
		says        string
	}{
		{line: "sources", says: "acme    On time  console"},
		{line: "sources add -f -", stdin: "name: acme\ntoken: t\nsweep: off\n", says: "source acme: made"},
		{line: "trigger acme --wait --full", says: "succeeded"},
		{line: "trigger acne", code: 2, says: `there is no source "acne"`},
		{line: "runs show R/1", says: "INFO run done"},
		{line: "runs show R2", code: 1, says: "there is no run R2"},
		{line: "state reset --forget --source acme --stream databases", says: "reads everything again"},
	} {
		var said bytes.Buffer
		args := append(strings.Fields(test.line), "--api", "http://"+server.Address(), "--set", "console.username=me", "--set", "console.password=hunter2")
		code := execute(t.Context(), args, process{Out: &said, Err: &said, In: strings.NewReader(test.stdin)})
		if code != test.code || !strings.Contains(said.String(), test.says) {
			t.Errorf("%s: exit %d, want %d and %q\n%s", test.line, code, test.code, test.says, &said)
		}
	}
	if got := string(backend.spec); got != `{"name":"acme","sweep":"off","token":"t"}` || !backend.forgot {
		t.Errorf("the backend was given %s, forget %v", got, backend.forgot)
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
