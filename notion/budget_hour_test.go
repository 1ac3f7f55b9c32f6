package notion

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"notion-kafka/notion/notiontest"
)

// within waits until so many minutes and seconds after the beginning of a test's time,
// which is a full minute.
func within(t *testing.T, minute, second int) {
	t.Helper()
	begin := time.Date(2000, time.January, 1, 0, 0, 0, 0, time.UTC)
	<-time.After(time.Until(begin.Add(time.Duration(minute)*time.Minute + time.Duration(second)*time.Second)))
}

// busy are the minutes of the last hour in which something happened, by how many minutes
// after the beginning of a test's time they began.
func busy(t *testing.T, b *Budget) map[int]Minute {
	t.Helper()
	minutes := b.LastHour(time.Now())
	found := map[int]Minute{}
	for i, one := range minutes {
		if want := time.Now().UTC().Truncate(time.Minute).Add(time.Duration(i+1-len(minutes)) * time.Minute); !one.At.Equal(want) || one.At.Location() != time.UTC {
			t.Errorf("minute %d of %d is %v, want %v", i, len(minutes), one.At, want)
		}
		at := int(one.At.Sub(time.Date(2000, time.January, 1, 0, 0, 0, 0, time.UTC)).Minutes())
		if one.At = (time.Time{}); one != (Minute{}) {
			found[at] = one
		}
	}
	if len(minutes) != 60 {
		t.Errorf("%d minutes, want 60", len(minutes))
	}
	return found
}

func mustBeBusy(t *testing.T, b *Budget, want map[int]Minute) {
	t.Helper()
	if diff := cmp.Diff(want, busy(t, b)); diff != "" {
		t.Errorf("after %v (-want +got)\n%s", time.Now().UTC().Format("15:04:05"), diff)
	}
}

// Requests count in the minute in which they are sent, refusals in the one in which they
// come. Minutes of more than an hour ago are forgotten, one by one.
func TestBudgetRemembersTheLastHour(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := NewBudget(0, 0)
		mustBeBusy(t, b, map[int]Minute{})
		b.sent()
		b.sent()
		within(t, 0, 59)
		b.sent()
		within(t, 1, 0)
		b.sent()
		mustBeBusy(t, b, map[int]Minute{0: {Requests: 3}, 1: {Requests: 1}})
		within(t, 59, 59)
		mustBeBusy(t, b, map[int]Minute{0: {Requests: 3}, 1: {Requests: 1}})
		within(t, 60, 0)
		mustBeBusy(t, b, map[int]Minute{1: {Requests: 1}})
		b.sent()
		mustBeBusy(t, b, map[int]Minute{1: {Requests: 1}, 60: {Requests: 1}})
		within(t, 500, 0)
		mustBeBusy(t, b, map[int]Minute{})
	})
}

// The time that Notion throttles a connection counts once, in the minutes that it covers,
// as far as they have passed.
func TestBudgetRemembersWhenItWasThrottled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := NewBudget(0, 0)
		within(t, 0, 50)
		b.pause(90*time.Second, false) // until 2:20
		within(t, 0, 55)
		b.pause(30*time.Second, false) // ends before
		mustBeBusy(t, b, map[int]Minute{0: {Refused: 2, Waited: 5 * time.Second}})
		within(t, 1, 30)
		mustBeBusy(t, b, map[int]Minute{0: {Refused: 2, Waited: 10 * time.Second}, 1: {Waited: 30 * time.Second}})
		b.pause(time.Minute, false) // until 2:30
		within(t, 30, 0)
		want := map[int]Minute{0: {Refused: 2, Waited: 10 * time.Second}, 1: {Refused: 1, Waited: time.Minute}, 2: {Waited: 30 * time.Second}}
		mustBeBusy(t, b, want)
		if sum := b.Throttled(); sum != 100*time.Second {
			t.Errorf("throttled for %v, want what the minutes have together", sum)
		}
	})
}

// Whoever asks late loses nothing of the last hour, and gets nothing of before.
func TestBudgetThatNobodyAskedForHours(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := NewBudget(0, 0)
		b.pause(3*time.Hour, false)
		within(t, 150, 0)
		b.sent()
		within(t, 200, 0)
		minutes := busy(t, b)
		if len(minutes) != 39 || minutes[141].Waited != time.Minute || minutes[179].Waited != time.Minute || minutes[150].Requests != 1 {
			t.Errorf("minutes of a pause from 0 to 180, asked at 200: %v", minutes)
		}
		b.pause(time.Second, false) // long after: what is in the places of older minutes stays
		within(t, 200, 30)
		if minutes := busy(t, b); minutes[150].Requests != 1 || minutes[200] != (Minute{Refused: 1, Waited: time.Second}) {
			t.Errorf("after another pause: %v", minutes)
		}
	})
}

// The client counts what it sends: every attempt, and no request for which it has no
// token.
func TestClientCountsInTheBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newLoad(t, 1, 600, NewBudget(600, 4))
		r.w.FailNext(notiontest.EndpointQuery, notiontest.RateLimited(notiontest.ReasonRequest, 30*time.Second), notiontest.InternalError())
		r.query(false)
		var total Minute
		for _, one := range busy(t, r.c.Budget()) {
			total.Requests, total.Refused, total.Waited = total.Requests+one.Requests, total.Refused+one.Refused, total.Waited+one.Waited
		}
		if want := (Minute{Requests: 3, Refused: 1, Waited: 30 * time.Second}); total != want {
			t.Errorf("one request, throttled once and failed once: %+v, want %+v", total, want)
		}
		c, _ := newScriptedWith(t, Options{Tokens: noTokens{&TokenError{Why: "it is sealed"}}}, ok(`{}`))
		if _, err := c.Me(t.Context()); err == nil {
			t.Error("a request without a token")
		}
		mustBeBusy(t, c.Budget(), map[int]Minute{})
	})
}

// BenchmarkBudget is what a request pays for its place in the budget.
func BenchmarkBudget(b *testing.B) {
	budget := NewBudget(1<<30, 16)
	b.ReportAllocs()
	for b.Loop() {
		ticket, err := budget.acquire(b.Context(), false)
		if err != nil {
			b.Fatal(err)
		}
		budget.sent()
		budget.release(ticket, true)
	}
}
