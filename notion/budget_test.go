package notion

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// pass lets n requests through one after the other and returns when, in seconds
// after start, each was let through.
func pass(t *testing.T, b *Budget, start time.Time, n int) []float64 {
	t.Helper()
	var at []float64
	for range n {
		if err := b.acquire(t.Context()); err != nil {
			t.Fatal(err)
		}
		at = append(at, time.Since(start).Seconds())
		b.release()
	}
	return at
}

func TestBudgetIsSpentFreelyInFixedWindows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := NewBudget(3, 1)
		start := time.Now()
		// Windows follow each other from the first request on: 0, 60, 120, ...
		if diff := cmp.Diff([]float64{0, 0, 0, 60, 60, 60, 120}, pass(t, b, start, 7)); diff != "" {
			t.Errorf("let through at (-want +got)\n%s", diff)
		}
		// A window is not moved by silence, and what was not spent is lost.
		<-time.After(170 * time.Second) // now 290, in the window that began at 240
		if diff := cmp.Diff([]float64{290, 290, 290, 300, 300, 300, 360}, pass(t, b, start, 7)); diff != "" {
			t.Errorf("after silence, let through at (-want +got)\n%s", diff)
		}
	})
}

func TestBudgetDefaults(t *testing.T) {
	b := NewBudget(0, 0)
	if b.RequestsPerMinute() != 180 || cap(b.slots) != 16 {
		t.Errorf("%d a minute and %d at a time, want 180 and 16", b.RequestsPerMinute(), cap(b.slots))
	}
}

// When Notion asks to wait, everyone does, and the window begins anew at its end.
func TestBudgetPauseIsSharedAndSetsThePhase(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := NewBudget(3, 16)
		start := time.Now()
		pass(t, b, start, 1)
		b.pause(10*time.Second, true)

		var mu sync.Mutex
		var at []float64
		var all sync.WaitGroup
		for range 7 {
			all.Go(func() {
				if err := b.acquire(t.Context()); err != nil {
					t.Error(err)
					return
				}
				defer b.release()
				mu.Lock()
				defer mu.Unlock()
				at = append(at, time.Since(start).Seconds())
			})
		}
		all.Wait()
		if diff := cmp.Diff([]float64{10, 10, 10, 70, 70, 70, 130}, at); diff != "" {
			t.Errorf("let through at (-want +got)\n%s", diff)
		}
	})
}

// A pause that is not about the connection's own window leaves the window alone.
func TestBudgetPauseForAnotherReasonKeepsTheWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := NewBudget(3, 16)
		start := time.Now()
		pass(t, b, start, 2)
		b.pause(10*time.Second, false)
		if diff := cmp.Diff([]float64{10, 60}, pass(t, b, start, 2)); diff != "" {
			t.Errorf("let through at (-want +got)\n%s", diff)
		}
	})
}

// Those who wait for the window hear of a pause that ends before it.
func TestBudgetWaitersSeeANewPhase(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := NewBudget(1, 16)
		start := time.Now()
		pass(t, b, start, 1)
		let := make(chan float64)
		go func() { let <- pass(t, b, start, 1)[0] }()
		synctest.Wait() // it waits for second 60
		b.pause(5*time.Second, true)
		if at := <-let; at != 5 {
			t.Errorf("let through at %v s, want 5", at)
		}
	})
}

// Overlapping pauses count once; a shorter one does not shorten a longer.
func TestBudgetCountsThrottledTimeOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := NewBudget(100, 16)
		start := time.Now()
		b.pause(30*time.Second, true)
		<-time.After(10 * time.Second)
		b.pause(25*time.Second, true) // until 35
		b.pause(2*time.Second, true)
		if got := b.Throttled(); got != 35*time.Second {
			t.Errorf("throttled for %v, want 35s", got)
		}
		if diff := cmp.Diff([]float64{35}, pass(t, b, start, 1)); diff != "" {
			t.Errorf("let through at (-want +got)\n%s", diff)
		}
		<-time.After(time.Minute)
		b.pause(time.Second, true)
		if got := b.Throttled(); got != 36*time.Second {
			t.Errorf("throttled for %v, want 36s", got)
		}
	})
}

func TestBudgetBoundsRequestsInFlight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := NewBudget(100, 2)
		for range 2 {
			if err := b.acquire(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		third := make(chan error, 1)
		go func() { third <- b.acquire(t.Context()) }()
		synctest.Wait()
		select {
		case err := <-third:
			t.Fatalf("a third request was let through (%v)", err)
		default:
		}
		b.release()
		if err := <-third; err != nil {
			t.Error(err)
		}
	})
}

// Whoever gives up waiting takes nothing from the others.
func TestBudgetGivesBackOnCancellation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := NewBudget(1, 1)
		start := time.Now()
		pass(t, b, start, 1)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- b.acquire(ctx) }()
		synctest.Wait()
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("error %v, want context.Canceled", err)
		}
		if err := b.acquire(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("error %v with an ended context, want context.Canceled", err)
		}
		if diff := cmp.Diff([]float64{60, 120}, pass(t, b, start, 2)); diff != "" {
			t.Errorf("let through at (-want +got)\n%s", diff)
		}
	})
}
