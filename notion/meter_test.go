package notion

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

var meJSON = ok(`{"object":"user","id":"` + userA + `"}`)

// Every attempt counts, at the meter of its context and at no other.
func TestMeterCountsAttempts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := newScripted(t, reply{status: 500}, reply{status: 429, header: map[string]string{"Retry-After": "3"}}, meJSON)
		var outer, inner Meter
		ctx := WithMeter(t.Context(), &outer)
		for _, ctx := range []context.Context{WithMeter(Bulk(ctx), &inner), Bulk(ctx), t.Context()} {
			if _, err := c.Me(ctx); err != nil {
				t.Fatal(err)
			}
		}
		if inner.Requests() != 3 || outer.Requests() != 1 {
			t.Errorf("%d requests inside and %d outside, want 3 and 1", inner.Requests(), outer.Requests())
		}
		if inner.Throttled() != 3*time.Second || outer.Throttled() != 0 {
			t.Errorf("throttled for %v inside and %v outside, want 3s and 0", inner.Throttled(), outer.Throttled())
		}
	})
}

// A wait that requests share counts once, and grows while it lasts.
func TestMeterCountsThrottledTimeOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := newScripted(t, meJSON)
		var m Meter
		throttled := func(want time.Duration) {
			t.Helper()
			if got := m.Throttled(); got != want {
				t.Errorf("throttled for %v, want %v", got, want)
			}
		}
		request := func(all *sync.WaitGroup, ctx context.Context) {
			all.Go(func() { _, _ = c.Me(ctx) })
		}
		var all sync.WaitGroup
		ctx, cancel := context.WithCancel(WithMeter(t.Context(), &m))

		c.budget.pause(10*time.Second, false)
		<-time.After(2 * time.Second) // no request waits
		throttled(0)
		for range 16 {
			request(&all, ctx)
		}
		<-time.After(3 * time.Second)
		throttled(3 * time.Second)
		request(&all, ctx)
		all.Wait()
		throttled(8 * time.Second)

		c.budget.pause(10*time.Second, false)
		request(&all, ctx)
		<-time.After(4 * time.Second)
		cancel()
		all.Wait()
		<-time.After(time.Hour)
		throttled(12 * time.Second)
	})
}

// A wait for the budget's next window, or for a place in flight, is not throttling.
func TestMeterLeavesOrdinaryWaitsOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var m Meter
		c, s := newScriptedWith(t, Options{Budget: NewBudget(1, 1)}, meJSON)
		ctx := WithMeter(t.Context(), &m)
		for range 2 {
			if _, err := c.Me(ctx); err != nil {
				t.Fatal(err)
			}
		}
		c.budget.pause(10*time.Second, false)
		if _, err := c.Me(ctx); err != nil { // waits 10 s for Notion, and 50 more for its window
			t.Fatal(err)
		}
		if waited := s.requests[2].at.Sub(s.requests[0].at); waited != 2*time.Minute {
			t.Fatalf("the third request went after %v, want two minutes", waited)
		}
		if m.Throttled() != 10*time.Second || m.Requests() != 3 {
			t.Errorf("throttled for %v of %d requests, want 10s of 3", m.Throttled(), m.Requests())
		}
	})
}
