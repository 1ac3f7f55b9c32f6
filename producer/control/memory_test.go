package control

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// told is the memory after these records.
func told(t *testing.T, records ...Record) *Memory {
	t.Helper()
	m := NewMemory()
	tell(t, m, records...)
	return m
}

func tell(t *testing.T, m *Memory, records ...Record) {
	t.Helper()
	for _, r := range records {
		key, value, err := r.Encode()
		if err != nil {
			t.Fatal(err)
		}
		if err := m.Apply(key, value, time.Now()); err != nil {
			t.Fatal(err)
		}
		clear(key) // the caller may reuse the slices
		clear(value)
	}
}

func entry(n int, status Status) Record {
	return Record{RunKey("acme", n), Entry{N: n, Run: Run{ID: fmt.Sprint("run ", n), Source: "acme", Status: status}}}
}

func TestMemoryIsWhatWasWritten(t *testing.T) {
	at := time.Date(2026, 3, 29, 1, 30, 0, 123_456_789, time.UTC)
	definition := Definition{Spec: json.RawMessage(`{"name":"acme"}`), Sealed: map[string]string{"token": "age…"}, Updated: at}
	stands := SourceState{Owner: "one", Workspace: "Acme", Paused: true, Refused: "401", NextRun: at}
	run := Run{
		ID: "id", Source: "acme", Trigger: ByHand, Status: NeedsAttention, StartedAt: at, FinishedAt: at.Add(time.Second), Requests: 7, ThrottledSeconds: 0.5,
		Error: "e", Streams: []StreamRun{changedStream(1), failedStream(2, 3)}, StreamsLeftOut: 1, Folded: 3, FoldedSince: at,
	}
	log := Log{Run: "id", Lines: []string{`{"msg":"hello"}`}, Cut: true}
	instance := Instance{Started: at, At: at, Version: "1", Console: "http://x", Shards: []int32{1}, Sources: map[string]string{"acme": "digest"}, Seen: 3}
	command := Command{Source: "acme", Verb: "run", Body: json.RawMessage(`{"full":true}`), Expires: at}
	answer := Answer{Error: &Error{Conflict, "no"}}
	m := told(t,
		Record{DefinitionKey("acme"), definition}, Record{SourceStateKey("acme"), stands}, Record{RunKey("acme", 205), Entry{N: 205, Run: run}},
		Record{LastLogKey("acme"), log}, Record{FailedLogKey("acme"), log}, Record{InstanceKey("one"), instance},
		Record{CommandKey("c"), command}, Record{CommandKey("answered"), command}, Record{AnswerKey("answered"), answer},
	)
	is := func(what string, want, got any) {
		t.Helper()
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
			t.Error(what, diff)
		}
	}
	gotState, _ := m.SourceState("acme")
	is("source state", stands, gotState)
	gotDefinition, _ := m.Definition("acme")
	is("definition", definition, gotDefinition)
	is("definitions", map[string]Definition{"acme": definition}, m.Definitions())
	is("runs", []Entry{{N: 205, Run: run}}, m.Runs("acme"))
	source, byID, _ := m.RunByID("id")
	is("run by id", Entry{N: 205, Run: run}, byID)
	is("its source", "acme", source)
	last, failed := m.Logs("acme")
	is("last log", &log, last)
	is("log of the last failure", &log, failed)
	is("instances", map[string]Instance{"one": instance}, m.Instances())
	is("commands", []PendingCommand{{"c", command}}, m.Commands())
	gotAnswer, _ := m.Answer("answered")
	is("answer", answer, gotAnswer)

	for _, key := range []string{
		DefinitionKey("acme"), SourceStateKey("acme"), RunKey("acme", 5), LastLogKey("acme"), FailedLogKey("acme"), InstanceKey("one"),
		CommandKey("c"), CommandKey("answered"), AnswerKey("answered"),
	} {
		tell(t, m, Record{Key: key})
		tell(t, m, Record{Key: key}) // again: forgetting an unknown key is no error
	}
	empty := NewMemory()
	empty.arrivals = m.arrivals
	if !reflect.DeepEqual(m, empty) {
		t.Errorf("after all is forgotten it is %+v", m)
	}
}

// Existing topics hold these keys, so they never change.
func TestKeys(t *testing.T) {
	for want, got := range map[string]string{
		"source/acme": DefinitionKey("acme"), "standing/acme": SourceStateKey("acme"), "run/acme/7": RunKey("acme", 307),
		"log/acme/last": LastLogKey("acme"), "log/acme/failed": FailedLogKey("acme"), "instance/a": InstanceKey("a"),
		"command/a": CommandKey("a"), "answer/a": AnswerKey("a"), "draft/a": DraftKey("a"),
	} {
		if got != want {
			t.Errorf("key %s, want %s", got, want)
		}
	}
}

func numbers(entries []Entry) (out []int) {
	for _, e := range entries {
		out = append(out, e.N)
	}
	return out
}

func TestHistoryIsARing(t *testing.T) {
	m := NewMemory()
	const written = 2*HistorySize + 30
	for n := range written {
		tell(t, m, entry(n, Succeeded))
	}
	var want []int
	for n := written - 1; n >= written-HistorySize; n-- {
		want = append(want, n)
	}
	if diff := cmp.Diff(want, numbers(m.Runs("acme"))); diff != "" {
		t.Error(diff)
	}
	if last, ok := m.LastRun("acme"); !ok || last.N != written-1 {
		t.Errorf("the last one is %d, %v", last.N, ok)
	}
	for n, want := range map[int]bool{written - 1: true, written - HistorySize: true, written - HistorySize - 1: false} {
		if _, _, found := m.RunByID(fmt.Sprint("run ", n)); found != want {
			t.Errorf("run %d is found: %v", n, found)
		}
	}
	if len(m.runs) != HistorySize {
		t.Errorf("it knows %d ids", len(m.runs))
	}
}

func TestHistoryOfAnEntryThatIsWrittenAgain(t *testing.T) {
	m := told(t, entry(0, Running), entry(1, Queued), entry(0, Failed), entry(2, Queued), entry(1, Running))
	if diff := cmp.Diff([]int{2, 1, 0}, numbers(m.Runs("acme"))); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]int{2, 1}, numbers(m.UnfinishedRuns("acme"))); diff != "" {
		t.Error("open: ", diff)
	}
	joined := Record{RunKey("acme", 0), Entry{Run: Run{ID: "another", Source: "acme", Status: Succeeded}}}
	tell(t, m, joined)
	if _, _, found := m.RunByID("run 0"); found {
		t.Error("a run is found that another took the place of")
	}
	if source, e, found := m.RunByID("another"); !found || source != "acme" || e.Run.ID != "another" {
		t.Errorf("the one in its place: %q, %v, %v", source, e, found)
	}
}

func TestHistoryOfASourceWithoutOne(t *testing.T) {
	m := told(t, entry(3, Succeeded))
	if _, ok := m.LastRun("bolt"); ok || m.Runs("bolt") != nil || m.UnfinishedRuns("bolt") != nil {
		t.Error("it has runs")
	}
	if _, _, found := m.RunByID("nobody's"); found {
		t.Error("a run is found that nobody wrote")
	}
}

func TestWhatCannotBeReadIsPassedOver(t *testing.T) {
	for _, test := range []struct{ key, value, says string }{
		{"standing/acme", `{"paused":"yes"}`, "paused"},
		{"source/acme", `{`, ""},
		{"source/", `{}`, "followed by 1 names"},
		{"source", `{}`, "followed by 1 names"},
		{"run/acme", `{}`, "followed by 2 names"},
		{"run/acme/one", `{}`, "not a number"},
		{"run/acme/1", `{"n":2}`, "does not belong there"},
		{"run/acme/1", `{"n":-99}`, "does not belong there"},
		{"run/acme/1", `{"n":1,"run":{"streams":{}}}`, "streams"},
		{"log/acme/last", `{"lines":"x"}`, "lines"},
		{"instance/one", `[]`, ""},
		{"command/c", `{"expires":1}`, "expires"},
		{"answer/c", ``, ""},
	} {
		m := told(t, entry(1, Running), sourceState("acme", "Acme"))
		err := m.Apply([]byte(test.key), []byte(test.value), time.Now())
		if err == nil || !strings.Contains(err.Error(), test.says) || !strings.Contains(err.Error(), test.key) {
			t.Errorf("%s=%s: error %v", test.key, test.value, err)
		}
		stands, _ := m.SourceState("acme")
		if last, _ := m.LastRun("acme"); stands.Workspace != "Acme" || last.Run.Status != Running {
			t.Errorf("%s=%s: what was known is lost", test.key, test.value)
		}
	}
	for _, key := range []string{"", "novelty/x", "newer/kind/of/key", "/"} {
		if err := NewMemory().Apply([]byte(key), []byte("{"), time.Now()); err != nil {
			t.Errorf("kind %q of a newer version: %v", key, err)
		}
	}
}
