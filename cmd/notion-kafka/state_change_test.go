package main

import (
	"bytes"
	"context"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const streamPath = "/api/v1/sources/acme/streams/database_248104cd-477e-80fd-b757-e945d38000bd"

// The requests of the commands that change state, their output and their exit code.
func TestStateIsChangedThroughADaemon(t *testing.T) {
	held := strings.Replace(streams, `"rows":0,"held":0`, `"rows":40,"held":30`, 1)
	tests := map[string]struct {
		line    string
		answers map[string][]string
		asks    []string
		code    int
		out     []string
		talk    []string
	}{
		"reset": {
			line: "reset", answers: map[string][]string{"DELETE " + streamPath + "/cursor": {"204 "}},
			asks: []string{"DELETE " + streamPath + "/cursor"}, talk: []string{"^stream 248104CD477E80FDB757E945D38000BD of source acme: its next run reads everything again, and publishes only what has changed$"},
		},
		"reset --forget": {
			line: "reset --forget", answers: map[string][]string{"DELETE " + streamPath + "/cursor?forget=true": {"204 "}},
			asks: []string{"DELETE " + streamPath + "/cursor?forget=true"}, talk: []string{"publishes all of it$"},
		},
		"reset of none": {
			line: "reset", answers: map[string][]string{"DELETE " + streamPath + "/cursor": {"404 " + problemText(404, "source acme has no such stream")}},
			asks: []string{"DELETE " + streamPath + "/cursor"}, code: 2, talk: []string{"^notion-kafka: resetting the cursor of stream 248104CD477E80FDB757E945D38000BD of source acme: source acme has no such stream$"},
		},
		"confirm-deletes": {
			line: "confirm-deletes",
			answers: map[string][]string{
				"GET /api/v1/sources/acme/streams": {"200 " + held}, "POST " + streamPath + "/confirm-deletes": {"202 " + runningRun}, "GET /api/v1/runs/R1/events": {eventsOf(succeededRun)},
			},
			asks: []string{"GET /api/v1/sources/acme/streams", "POST " + streamPath + "/confirm-deletes", "GET /api/v1/runs/R1/events"}, out: []string{"succeeded$"},
		},
		"confirm-deletes, and more is missing": {
			line: "confirm-deletes",
			answers: map[string][]string{
				"GET /api/v1/sources/acme/streams": {"200 " + held}, "POST " + streamPath + "/confirm-deletes": {"202 " + runningRun}, "GET /api/v1/runs/R1/events": {eventsOf(heldRun)},
			},
			asks: []string{"GET /api/v1/sources/acme/streams", "POST " + streamPath + "/confirm-deletes", "GET /api/v1/runs/R1/events"}, code: 1, talk: []string{"30 of 40 pages are missing$"},
		},
		"confirm-deletes where none are held": {
			line: "confirm-deletes", answers: map[string][]string{"GET /api/v1/sources/acme/streams": {"200 " + streams}},
			asks: []string{"GET /api/v1/sources/acme/streams"}, talk: []string{"no deletes are held back, nothing to do$"},
		},
		"dismiss-deletes": {
			line:    "dismiss-deletes",
			answers: map[string][]string{"GET /api/v1/sources/acme/streams": {"200 " + held}, "POST " + streamPath + "/dismiss-deletes": {`200 {"dismissed": 30}`}},
			asks:    []string{"GET /api/v1/sources/acme/streams", "POST " + streamPath + "/dismiss-deletes"}, talk: []string{"30 held deletes dismissed; the next scan looks again$"},
		},
		"dismiss-deletes where none are held": {
			line: "dismiss-deletes", answers: map[string][]string{"GET /api/v1/sources/acme/streams": {"200 " + streams}},
			asks: []string{"GET /api/v1/sources/acme/streams"}, talk: []string{"no deletes are held back, nothing to do$"},
		},
		"dismiss-deletes of an unknown stream": {
			line:    "dismiss-deletes",
			answers: map[string][]string{"GET /api/v1/sources/acme/streams": {"200 []"}, "POST " + streamPath + "/dismiss-deletes": {"404 " + problemText(404, "source acme has no such stream")}},
			asks:    []string{"GET /api/v1/sources/acme/streams", "POST " + streamPath + "/dismiss-deletes"}, code: 2, talk: []string{"source acme has no such stream$"},
		},
		"dismiss-deletes of an unknown source": {
			line: "dismiss-deletes", answers: map[string][]string{"GET /api/v1/sources/acme/streams": {"404 " + problemText(404, `there is no source "acme"`)}},
			asks: []string{"GET /api/v1/sources/acme/streams"}, code: 2, talk: []string{`there is no source "acme"$`},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			d := newFakeDaemon(t, test.answers)
			args := append([]string{"state"}, strings.Fields(test.line)...)
			code, out, talk := d.run("", append(args, "--source", "acme", "--stream", "248104CD477E80FDB757E945D38000BD")...)
			if code != test.code {
				t.Errorf("exit %d, want %d", code, test.code)
			}
			if diff := cmp.Diff(test.asks, d.requests()); diff != "" {
				t.Errorf("requests (-want +got):\n%s", diff)
			}
			mustHaveLines(t, "stdout", out, test.out)
			mustHaveLines(t, "stderr", talk, test.talk)
		})
	}
}

// If a daemon is alive, its API at console.listen is used; if nothing listens there,
// the change is refused and the daemon named.
func TestStateBesideALivingDaemon(t *testing.T) {
	tt := serving(t)
	tt.addTasks(1)
	tt.must(0, "once")
	ctx, stop := context.WithCancel(t.Context())
	talk := newWatched(`"msg":"serving a shard"`)
	ended := make(chan int, 1)
	go func() {
		ended <- execute(ctx, append([]string{"run", "--set", "console.listen="}, tt.flags...), process{Out: &bytes.Buffer{}, Err: talk, Environ: tt.environ})
	}()
	<-talk.seen
	reset := []string{"state", "reset", "--source", "notion", "--stream", "databases", "--set"}
	d := newFakeDaemon(t, map[string][]string{"DELETE /api/v1/sources/notion/streams/databases/cursor": {"409 " + problemText(409, "not now"), "204 "}})
	listen := "console.listen=" + strings.TrimPrefix(d.url, "http://")
	if _, talk := tt.must(1, append(reset, listen)...); !strings.HasSuffix(talk, "notion-kafka: resetting the cursor of stream databases of source notion: not now\n") {
		t.Errorf("refused by the daemon, it says\n%s", talk)
	}
	tt.must(0, append(reset, listen)...)
	if n := len(d.requests()); n != 2 {
		t.Errorf("the daemon was asked %d times, want 2", n)
	}
	if tt.states()["databases"].LastRun.IsZero() {
		t.Error("nothing is remembered of the stream: the test shows nothing")
	}
	host, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	for listen, says := range map[string]string{
		"console.listen=127.0.0.1:1": "or use their API: resetting the cursor of stream databases of source notion: no daemon answers at http://127.0.0.1:1",
		"console.listen=":            `or use their API: console.listen is ""`,
	} {
		if _, talk := tt.must(1, append(reset, listen)...); !strings.Contains(talk, "living members") || !strings.Contains(talk, host) || !strings.Contains(talk, says) || !strings.Contains(talk, "--api URL") {
			t.Errorf("%s: it says\n%s", listen, talk)
		}
	}
	unknown := []string{"state", "reset", "--source", "nope", "--stream", "databases", "--set", "console.listen=127.0.0.1:1"}
	if _, talk := tt.must(2, unknown...); !strings.Contains(talk, "nothing is remembered of source nope") || strings.Contains(talk, "API") {
		t.Errorf("of an unknown source it says\n%s", talk)
	}
	stop()
	if code := <-ended; code != 0 {
		t.Errorf("the daemon ended with exit %d\n%s", code, talk)
	}
	tt.must(0, append(reset, listen)...) // no instance is alive: no request is sent
	if n := len(d.requests()); n != 2 {
		t.Errorf("after the daemon's end it was asked %d times, want 2", n)
	}
}
