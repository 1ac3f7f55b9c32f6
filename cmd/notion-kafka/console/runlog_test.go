package console

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"notion-kafka/producer/control"
)

const logPath = "/api/v1/runs/run-1/log"

func TestLogOfARun(t *testing.T) {
	lines := []string{
		`{"level":"INFO","msg":"run started"}`, `{"level":"WARN","msg":"waiting"}`, "{\n  \"level\": \"ERROR\", \"msg\": \"failed\"}", "no JSON <&>", `{"msg":"without a level"}`,
	}
	told := []string{
		`{"level":"INFO","msg":"run started"}`, `{"level":"WARN","msg":"waiting"}`, `{"level":"ERROR","msg":"failed"}`, `{"msg":"no JSON <&>"}`, `{"msg":"without a level"}`,
	}
	for query, want := range map[string][]string{
		"": told, "?level=debug": told, "?level=info": told, "?level=warn": told[1:], "?level=ERROR": told[2:],
	} {
		backend := newFake()
		backend.log = &control.Log{Run: "run-1", Lines: lines}
		answer := ask(t, newServer(t, backend, Options{}).handler(), request("GET", logPath+query, ""))
		if diff := cmp.Diff(strings.Join(want, "\n")+"\n", answer.body); diff != "" || answer.status != http.StatusOK || answer.header.Get("Content-Type") != "application/x-ndjson" {
			t.Errorf("%q: status %d of type %s\n%s", query, answer.status, answer.header.Get("Content-Type"), diff)
		}
	}
}

// A log that was too long says so in its last line, whatever level is wanted.
func TestLogThatWasCut(t *testing.T) {
	answer := ask(t, newServer(t, newFake(), Options{}).handler(), request("GET", logPath+"?level=error", ""))
	want := `{"msg":"no JSON <&>"}` + "\n" + `{"log_cut":true,"msg":"the log was longer: lines in the middle are left out"}` + "\n"
	if answer.body != want {
		t.Errorf("%q, want %q", answer.body, want)
	}
}

func TestLogsThatThereAreNot(t *testing.T) {
	const notKept = "the log of run run-1 is not kept: of a source, the logs of its last run and of the last one that failed are"
	for status, detail := range map[control.Status]string{
		control.Succeeded: notKept, control.Failed: notKept,
		control.Running: "run run-1 has not ended, and its log is kept at its end; /api/v1/runs/run-1/events follows it",
		control.Queued:  "run run-1 has not ended, and its log is kept at its end; /api/v1/runs/run-1/events follows it",
	} {
		backend := newFake()
		backend.log, backend.run.Status = nil, status
		expect(t, newServer(t, backend, Options{}), request("GET", logPath, ""), http.StatusNotFound, detail)
	}
	s := newServer(t, newFake(), Options{})
	expect(t, s, request("GET", "/api/v1/runs/run-9/log", ""), http.StatusNotFound, `there is no run "run-9"`)
	expect(t, s, request("GET", logPath+"?level=loud", ""), http.StatusBadRequest, `query parameter level is "loud"; use debug, info, warn or error`)
	expect(t, s, request("GET", logPath+"?forget=warn", ""), http.StatusBadRequest, `unknown query parameter "forget": this path takes level`)
	expect(t, s, request("GET", logPath, "{}"), http.StatusBadRequest, "GET takes no body here, only the path and the query")
	image := request("GET", logPath, "")
	image.Header.Set("Accept", "image/png")
	expect(t, s, image, http.StatusNotAcceptable, "the response is application/x-ndjson, which the Accept header does not name")
}

// HEAD says whether there is a log.
func TestHeadOfALog(t *testing.T) {
	for status, log := range map[int]*control.Log{http.StatusOK: newFake().log, http.StatusNotFound: nil} {
		backend := newFake()
		backend.log = log
		if answer := ask(t, newServer(t, backend, Options{}).handler(), request("HEAD", logPath, "")); answer.status != status {
			t.Errorf("%d, want %d", answer.status, status)
		}
	}
}
