package producer

import (
	"errors"
	"testing"
)

// Any single fault of a job makes it not green.
func TestVerdict(t *testing.T) {
	failure, needsPerson := errors.New("no answer"), attention(errors.New("a person is needed"))
	tests := map[string]struct {
		outcome outcome
		status  Status
		why     string
	}{
		"nothing is wrong":     {outcome{}, Succeeded, ""},
		"pages without a name": {outcome{partial: 2}, NeedsAttention, "Notion shows only the ids of 2 pages: the connection may not read them"},
		"pages": {outcome{partial: 9, shown: []string{"a", "b", "c", "d"}}, NeedsAttention,
			"Notion shows only the ids of 9 pages, such as a, b, c: the connection may not read them"},
		"data sources": {outcome{onlyIDs: []string{"a"}}, NeedsAttention,
			"Notion shows only the ids of 1 data sources, such as a: share their databases with the connection"},
		"stuck":              {outcome{stuck: []string{"a: refused", "b: refused"}}, NeedsAttention, "2 pages are stuck, such as a: refused"},
		"held":               {outcome{held: "too many are missing"}, NeedsAttention, "too many are missing"},
		"two things":         {outcome{held: "h", stuck: []string{"a: no"}}, NeedsAttention, "1 pages are stuck, such as a: no; h"},
		"an error":           {outcome{err: failure}, Failed, "no answer"},
		"an error, and":      {outcome{err: failure, held: "h"}, Failed, "no answer"},
		"a person's":         {outcome{err: needsPerson}, NeedsAttention, "a person is needed"},
		"cancelled":          {outcome{err: failure, cancelled: true}, Cancelled, "no answer"},
		"a person's, ended":  {outcome{err: needsPerson, cancelled: true}, Cancelled, "a person is needed"},
		"cancelled too late": {outcome{cancelled: true}, Succeeded, ""},
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
		streams   []Status
		err       error
		cancelled bool
		want      Status
	}{
		"no stream":          {nil, nil, false, Succeeded},
		"green":              {[]Status{Succeeded, Succeeded}, nil, false, Succeeded},
		"one needs a person": {[]Status{Succeeded, NeedsAttention, Succeeded}, nil, false, NeedsAttention},
		"one failed":         {[]Status{Failed, NeedsAttention}, nil, false, Failed},
		"one was cancelled":  {[]Status{Failed, Cancelled}, nil, false, Cancelled},
		"the run failed":     {[]Status{Succeeded}, failure, false, Failed},
		"it needs a person":  {nil, needsPerson, false, NeedsAttention},
		"it was cancelled":   {[]Status{Failed}, failure, true, Cancelled},
	}
	for name, test := range tests {
		var streams []StreamReport
		for _, status := range test.streams {
			streams = append(streams, StreamReport{Status: status})
		}
		if got := runVerdict(streams, test.err, test.cancelled); got != test.want {
			t.Errorf("%s: %s", name, got)
		}
	}
}
