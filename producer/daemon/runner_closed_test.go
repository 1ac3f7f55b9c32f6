package daemon

import (
	"testing"

	"notion-kafka/producer"
	"notion-kafka/producer/control"
	"notion-kafka/producer/shard"
)

// Requests that a closing runner has not carried out are answered at once with an error
// that says to try again.
func TestRequestsLeftAtAClosedRunnerAreAnswered(t *testing.T) {
	r := newRunner(New(Options{}), &shard.Shard{}, &producer.Source{Name: "acme"}, newSourceMemory(), nil, false)
	var answers []control.Answer
	for range 3 {
		r.requests <- request{control.Command{Source: "acme", Verb: verbRun}, func(a control.Answer) { answers = append(answers, a) }}
	}
	r.close(errSourceChanged)
	close(r.done)
	s := &supervisor{runners: map[string]*runner{"acme": r}}
	s.close("acme", errSourceChanged)
	if len(answers) != 3 {
		t.Fatalf("%d of 3 were answered", len(answers))
	}
	for _, a := range answers {
		if a.Error == nil || a.Error.Kind != control.Unavailable {
			t.Errorf("answered %+v, want unavailable", a)
		}
	}
}
