package daemon

import (
	"errors"
	"fmt"
	"reflect"
	"testing"
	"time"

	"notion-kafka/notion"
	"notion-kafka/producer"
	"notion-kafka/producer/control"
)

// When every stream of a run fails, the wait doubles each time, up to an hour or to the
// trigger's own pace, whichever is longer.
func TestRest(t *testing.T) {
	began := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		gap      time.Duration // from the failed run to the next one that the trigger wants
		failures int
		want     time.Duration
	}{
		{5 * time.Minute, 0, 5 * time.Minute},
		{5 * time.Minute, 1, 5 * time.Minute},
		{5 * time.Minute, 2, 10 * time.Minute},
		{5 * time.Minute, 3, 20 * time.Minute},
		{5 * time.Minute, 4, 40 * time.Minute},
		{5 * time.Minute, 5, time.Hour},
		{5 * time.Minute, 5000, time.Hour},
		{time.Second, 4, 8 * time.Second},
		{24 * time.Hour, 3, 24 * time.Hour},
		{40 * time.Minute, 2, time.Hour},
		{-time.Minute, 3, -time.Minute}, // missed while nobody was there
	} {
		b := backoff{failures: c.failures, failed: began}
		if got := b.rest(began.Add(c.gap)).Sub(began); got != c.want {
			t.Errorf("%d failures, due after %v: runs after %v, want %v", c.failures, c.gap, got, c.want)
		}
	}
}

func TestLearn(t *testing.T) {
	failed := control.StreamRun{Status: control.Failed}
	well := control.StreamRun{Status: control.Succeeded}
	noon := time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		before backoff
		run    producer.Report
		want   backoff
	}{
		"all failed":        {backoff{failures: 1}, producer.Report{Run: control.Run{Status: control.Failed, Streams: []control.StreamRun{failed}}}, backoff{failures: 2}},
		"could not begin":   {backoff{}, producer.Report{Run: control.Run{Status: control.Failed}}.Failing(errors.New("no way")), backoff{failures: 1}},
		"one of two failed": {backoff{failures: 3}, producer.Report{Run: control.Run{Status: control.Failed, Streams: []control.StreamRun{failed, well}}}, backoff{}},
		"only the list of databases succeeded": {
			backoff{failures: 1},
			producer.Report{Run: control.Run{Status: control.Failed, Streams: []control.StreamRun{{Stream: producer.DatabasesStream, Status: control.Succeeded}, failed}}},
			backoff{failures: 2},
		},
		"the list of databases is all there is": {
			backoff{failures: 1}, producer.Report{Run: control.Run{Status: control.Succeeded, Streams: []control.StreamRun{{Stream: producer.DatabasesStream, Status: control.Succeeded}}}}, backoff{},
		},
		"an order for a stream that is none": {
			backoff{failures: 3}, producer.Report{Run: control.Run{Status: control.Failed}}.Failing(fmt.Errorf("%w: it has others", producer.ErrUnknownStream)), backoff{failures: 3},
		},
		"cancelled": {backoff{failures: 3}, producer.Report{Run: control.Run{Status: control.Cancelled}}, backoff{failures: 3}},
		"succeeded": {backoff{failures: 3, refused: "no"}, producer.Report{Run: control.Run{Status: control.Succeeded, Streams: []control.StreamRun{well}}}, backoff{}},
		"refused": {
			backoff{failures: 3}, producer.Report{Run: control.Run{Status: control.Failed, Error: "401", FinishedAt: noon}}.Failing(&notion.Error{Kind: notion.ErrUnauthorized}),
			backoff{doubt: noon, again: noon.Add(time.Minute), order: producer.Order{Trigger: control.BySchedule}, failures: 3},
		},
		"refused again at once": {
			backoff{doubt: noon.Add(-30 * time.Second)}, producer.Report{Run: control.Run{Status: control.Failed, Error: "401", FinishedAt: noon}}.Failing(&notion.Error{Kind: notion.ErrUnauthorized}),
			backoff{doubt: noon.Add(-30 * time.Second), again: noon.Add(30 * time.Second), order: producer.Order{Trigger: control.BySchedule}},
		},
		"refused again after a minute": {
			backoff{doubt: noon.Add(-time.Minute)}, producer.Report{Run: control.Run{Status: control.Failed, Error: "401", FinishedAt: noon}}.Failing(&notion.Error{Kind: notion.ErrUnauthorized}),
			backoff{refused: "401"},
		},
	} {
		if got := c.before.after(producer.Order{}, c.run, time.Minute); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}
