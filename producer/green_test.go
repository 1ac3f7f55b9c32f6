package producer

import (
	"errors"
	"testing"

	"notion-kafka/producer/control"
)

// Any single fault of a job makes it not green.
func TestVerdict(t *testing.T) {
	failure, needsPerson := errors.New("no answer"), attention(errors.New("a person is needed"))
	tests := map[string]struct {
		outcome outcome
		status  control.Status
		why     string
	}{
		"nothing is wrong":     {outcome{}, control.Succeeded, ""},
		"pages without a name": {outcome{partial: 2}, control.NeedsAttention, "Notion shows only the ids of 2 pages: the connection may not read them"},
		"pages": {outcome{partial: 9, shown: []string{"a", "b", "c", "d"}}, control.NeedsAttention,
			"Notion shows only the ids of 9 pages, such as a, b, c: the connection may not read them"},
		"data sources": {outcome{onlyIDs: []string{"a"}}, control.NeedsAttention,
			"Notion shows only the ids of 1 data sources, such as a: share their databases with the connection"},
		"stuck":              {outcome{stuck: []string{"a: refused", "b: refused"}}, control.NeedsAttention, "2 pages are stuck, such as a: refused"},
		"held":               {outcome{held: "too many are missing"}, control.NeedsAttention, "too many are missing"},
		"two things":         {outcome{held: "h", stuck: []string{"a: no"}}, control.NeedsAttention, "1 pages are stuck, such as a: no; h"},
		"an error":           {outcome{err: failure}, control.Failed, "no answer"},
		"an error, and":      {outcome{err: failure, held: "h"}, control.Failed, "no answer"},
		"a person's":         {outcome{err: needsPerson}, control.NeedsAttention, "a person is needed"},
		"cancelled":          {outcome{err: failure, cancelled: true}, control.Cancelled, "no answer"},
		"a person's, ended":  {outcome{err: needsPerson, cancelled: true}, control.Cancelled, "a person is needed"},
		"cancelled too late": {outcome{cancelled: true}, control.Succeeded, ""},
	}
	for name, test := range tests {
		if status, why := test.outcome.verdict(); status != test.status || why != test.why {
			t.Errorf("%s: %s, %q", name, status, why)
		}
	}
}

// A run has the status of its worst stream, unless an error of its own ended it.
func TestRunVerdict(t *testing.T) {
	failure, needsPerson := errors.New("no answer"), attention(errors.New("a person is needed"))
	tests := map[string]struct {
		streams   []control.Status
		err       error
		cancelled bool
		want      control.Status
	}{
		"no stream":          {nil, nil, false, control.Succeeded},
		"green":              {[]control.Status{control.Succeeded, control.Succeeded}, nil, false, control.Succeeded},
		"one needs a person": {[]control.Status{control.Succeeded, control.NeedsAttention, control.Succeeded}, nil, false, control.NeedsAttention},
		"one failed":         {[]control.Status{control.Failed, control.NeedsAttention}, nil, false, control.Failed},
		"one was cancelled":  {[]control.Status{control.Failed, control.Cancelled}, nil, false, control.Cancelled},
		"the run failed":     {[]control.Status{control.Succeeded}, failure, false, control.Failed},
		"it needs a person":  {nil, needsPerson, false, control.NeedsAttention},
		"it was cancelled":   {[]control.Status{control.Failed}, failure, true, control.Cancelled},
	}
	for name, test := range tests {
		var streams []control.StreamRun
		for _, status := range test.streams {
			streams = append(streams, control.StreamRun{Status: status})
		}
		if got := runVerdict(streams, test.err, test.cancelled); got != test.want {
			t.Errorf("%s: %s", name, got)
		}
	}
}
