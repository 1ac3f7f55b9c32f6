package main

import (
	"bytes"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"notion-kafka/producer/control"
)

// A run is followed although its stream of events breaks off and the daemon is away for
// a while.
func TestARunIsFollowedAcrossStreamsThatBreakOff(t *testing.T) {
	d := newFakeDaemon(t, map[string][]string{"GET /api/v1/runs/R1/events": {
		eventsOf(runningRun), "503 " + problemText(503, "starting"), "200 event: run\ndata: " + succeededRun + "\n", eventsOf(runningRun, succeededRun),
	}})
	client := &apiClient{base: d.url, http: http.DefaultClient}
	var told []string
	run, err := followed(t, client, &told)
	if err != nil || run != control.Succeeded {
		t.Fatalf("the run ended as %q, %v", run, err)
	}
	if diff := cmp.Diff([]string{"running", "running", "succeeded"}, told); diff != "" {
		t.Errorf("told (-want +got):\n%s", diff)
	}
}

// Attempts are counted for each time that the daemon is away, not for all together.
func TestARunIsFollowedAcrossManyRestarts(t *testing.T) {
	away := slices.Repeat([]string{"503 " + problemText(503, "starting")}, followAttempts-2)
	d := newFakeDaemon(t, map[string][]string{"GET /api/v1/runs/R1/events": slices.Concat(away, []string{eventsOf(runningRun)}, away, []string{eventsOf(succeededRun)})})
	var told []string
	if run, err := followed(t, &apiClient{base: d.url, http: http.DefaultClient}, &told); err != nil || run != control.Succeeded {
		t.Errorf("the run ended as %q, %v", run, err)
	}
}

func TestFollowingARunGivesUp(t *testing.T) {
	d := newFakeDaemon(t, map[string][]string{"GET /api/v1/runs/R1/events": {eventsOf(runningRun), "503 " + problemText(503, "the group is rebalancing")}})
	client := &apiClient{base: d.url, http: http.DefaultClient}
	var told []string
	_, err := followed(t, client, &told)
	if err == nil || !strings.Contains(err.Error(), "following run R1: the group is rebalancing") {
		t.Errorf("got %v", err)
	}
	if n := len(d.requests()); n != followAttempts {
		t.Errorf("asked %d times, want %d", n, followAttempts)
	}
}

// The daemon is found at the address of the configuration, with its password.
func TestTheDaemonIsFoundByTheConfiguration(t *testing.T) {
	d := newFakeDaemon(t, map[string][]string{"GET /api/v1/sources": {"200 []"}})
	port := d.url[strings.LastIndex(d.url, ":")+1:]
	for _, listen := range []string{"127.0.0.1:" + port, "0.0.0.0:" + port, ":" + port, "[::]:" + port} {
		var talk bytes.Buffer
		code := execute(t.Context(), []string{"sources", "--set", "console.listen=" + listen, "--set", "console.username=me", "--set", "console.password=hunter2-and-3"},
			process{Out: &talk, Err: &talk})
		asked := d.requests()
		if code != 0 || asked[len(asked)-1] != "me:hunter2-and-3 GET /api/v1/sources" {
			t.Errorf("%s: exit %d, asked %q\n%s", listen, code, asked, &talk)
		}
	}
}

func TestNoDaemonAnswers(t *testing.T) {
	t.Chdir(t.TempDir())
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := closed.Addr().String()
	closed.Close()
	broken := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }))
	t.Cleanup(broken.Close)
	for name, test := range map[string]struct {
		args []string
		code int
		says string
	}{
		"nothing listens":      {[]string{"sources", "--set", "console.listen=" + address}, 1, "listing the sources: no daemon answers at http://" + address + ": is it running, and is its console.listen set? Use --api URL for another address"},
		"nothing at --api":     {[]string{"pause", "acme", "--api", "http://" + address + "/"}, 1, "pausing source acme: no daemon answers at http://" + address + ":"},
		"it hangs up":          {[]string{"pause", "acme", "--api", broken.URL}, 1, "did not answer, so it is not known whether this was done: look before you try again"},
		"it hangs up on a GET": {[]string{"sources", "--api", broken.URL}, 1, "did not answer (EOF)"},
		"no console":           {[]string{"sources", "--set", "console.listen="}, 2, `console.listen is "", where no daemon can be found`},
		"any port":             {[]string{"sources", "--set", "console.listen=127.0.0.1:0"}, 2, "--api URL"},
		"no URL":               {[]string{"sources", "--api", "localhost:8080"}, 2, "--api is not the address of a console: write it as http://host:port"},
		"a URL with password":  {[]string{"sources", "--api", "http://me:hunter2@localhost:8080"}, 2, "give the credentials as console.username and console.password"},
	} {
		t.Run(name, func(t *testing.T) {
			var talk bytes.Buffer
			code := execute(t.Context(), test.args, process{Out: &talk, Err: &talk, Environ: []string{"HOME=" + os.TempDir()}})
			if code != test.code || !strings.Contains(talk.String(), test.says) || strings.Contains(talk.String(), "hunter2") {
				t.Errorf("exit %d, want %d and %q\n%s", code, test.code, test.says, &talk)
			}
		})
	}
}

// followed follows run R1 and records the statuses that it was told.
func followed(t *testing.T, client *apiClient, told *[]string) (control.Status, error) {
	t.Helper()
	run, err := client.follow(t.Context(), "R1", func(run control.Run) { *told = append(*told, string(run.Status)) })
	return run.Status, err
}
