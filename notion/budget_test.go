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

// letThroughAt sends n small requests one after the other and returns when, in
// seconds after start, each was let through.
func letThroughAt(t *testing.T, b *Budget, start time.Time, n int) []float64 {
	t.Helper()
	var at []float64
	for range n {
		ticket, err := b.acquire(t.Context(), false)
		if err != nil {
			t.Fatal(err)
		}
		at = append(at, time.Since(start).Seconds())
		b.release(ticket, true)
	}
	return at
}

func TestBudgetIsSpentFreelyInFixedWindows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := NewBudget(3, 1)
		start := time.Now()
		// Windows follow each other from the first request on: 0, 60, 120, ...
		if diff := cmp.Diff([]float64{0, 0, 0, 60, 60, 60, 120}, letThroughAt(t, b, start, 7)); diff != "" {
			t.Errorf("let through at (-want +got)\n%s", diff)
		}
		// Without requests the windows stay, and unspent requests are lost.
		<-time.After(170 * time.Second) // now 290, in the window that began at 240
		if diff := cmp.Diff([]float64{290, 290, 290, 300, 300, 300, 360}, letThroughAt(t, b, start, 7)); diff != "" {
			t.Errorf("after silence, let through at (-want +got)\n%s", diff)
		}
	})
}

func TestBudgetDefaults(t *testing.T) {
	b := NewBudget(0, 0)
	if b.RequestsPerMinute() != 180 || b.maxInFlight != 16 {
		t.Errorf("%d a minute and %d at a time, want 180 and 16", b.RequestsPerMinute(), b.maxInFlight)
	}
}

// When Notion throttles, all requests wait, and a new window begins after the wait.
func TestBudgetPauseIsSharedAndSetsThePhase(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := NewBudget(3, 16)
		start := time.Now()
		letThroughAt(t, b, start, 1)
		b.pause(10*time.Second, true)

		var mu sync.Mutex
		var at []float64
		var all sync.WaitGroup
		for range 7 {
			all.Go(func() {
				ticket, err := b.acquire(t.Context(), false)
				if err != nil {
					t.Error(err)
					return
				}
				defer b.release(ticket, true)
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

// A pause for another reason than the connection's own limit does not move the window.
func TestBudgetPauseForAnotherReasonKeepsTheWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := NewBudget(3, 16)
		start := time.Now()
		letThroughAt(t, b, start, 2)
		b.pause(10*time.Second, false)
		if diff := cmp.Diff([]float64{10, 60}, letThroughAt(t, b, start, 2)); diff != "" {
			t.Errorf("let through at (-want +got)\n%s", diff)
		}
	})
}

// Requests that wait for the next window go on after a pause that ends before it.
func TestBudgetWaitersSeeANewPhase(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := NewBudget(1, 16)
		start := time.Now()
		letThroughAt(t, b, start, 1)
		let := make(chan float64)
		go func() { let <- letThroughAt(t, b, start, 1)[0] }()
		synctest.Wait() // the request waits for second 60
		b.pause(5*time.Second, true)
		if at := <-let; at != 5 {
			t.Errorf("let through at %v s, want 5", at)
		}
	})
}

// Overlapping pauses count once, and grow while they last; a shorter one does not
// shorten a longer one.
func TestBudgetCountsThrottledTimeOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := NewBudget(100, 16)
		start := time.Now()
		b.pause(30*time.Second, true)
		<-time.After(10 * time.Second)
		b.pause(25*time.Second, true) // until 35
		b.pause(2*time.Second, true)
		throttled := func(want time.Duration) {
			t.Helper()
			if got := b.Throttled(); got != want {
				t.Errorf("throttled for %v, want %v", got, want)
			}
		}
		throttled(10 * time.Second)
		if diff := cmp.Diff([]float64{35}, letThroughAt(t, b, start, 1)); diff != "" {
			t.Errorf("let through at (-want +got)\n%s", diff)
		}
		throttled(35 * time.Second)
		<-time.After(time.Minute)
		throttled(35 * time.Second)
		b.pause(2*time.Second, true)
		<-time.After(time.Second)
		throttled(36 * time.Second)
	})
}

// Requests in flight are bounded. Large work leaves one of two or more places to small
// work, which goes first whenever a place is free; each kind is served in order of
// arrival.
func TestBudgetBoundsRequestsInFlight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := NewBudget(100, 3)
		let := make(chan string, 10)
		tickets := make(map[string]*ticket)
		wait := func(name string, bulk bool) {
			go func() {
				ticket, err := b.acquire(t.Context(), bulk)
				if err != nil {
					t.Error(err)
				}
				tickets[name] = ticket
				let <- name
			}()
			synctest.Wait()
		}
		expect := func(want ...string) {
			t.Helper()
			synctest.Wait()
			var got []string
			for range len(let) {
				got = append(got, <-let)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("let through (-want +got)\n%s", diff)
			}
		}
		for _, name := range []string{"large 1", "large 2", "large 3", "large 4"} {
			wait(name, true)
		}
		expect("large 1", "large 2")
		for _, name := range []string{"small 1", "small 2", "small 3"} {
			wait(name, false)
		}
		expect("small 1")
		b.release(tickets["large 1"], true)
		expect("small 2")
		b.release(tickets["small 1"], true)
		expect("small 3")
		b.release(tickets["large 2"], true)
		expect() // large work may have two places, and small 2 and small 3 have one each
		b.release(tickets["small 2"], true)
		expect("large 3")
		b.release(tickets["small 3"], true)
		expect("large 4")
	})
}

// A single place is for large work too, after small work.
func TestBudgetOfOnePlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := NewBudget(100, 1)
		first, err := b.acquire(t.Context(), true)
		if err != nil {
			t.Fatal(err)
		}
		let := make(chan bool, 2)
		for _, bulk := range []bool{true, false} {
			go func() {
				ticket, err := b.acquire(t.Context(), bulk)
				if err != nil {
					t.Error(err)
				}
				let <- bulk
				b.release(ticket, true)
			}()
			synctest.Wait()
		}
		b.release(first, true)
		if <-let || !<-let {
			t.Error("the large request went before the small one")
		}
	})
}

// A request that is cancelled while it waits spends nothing.
func TestBudgetGivesBackOnCancellation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := NewBudget(1, 1)
		start := time.Now()
		letThroughAt(t, b, start, 1)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() {
			_, err := b.acquire(ctx, false)
			ended <- err
		}()
		synctest.Wait()
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("error %v, want context.Canceled", err)
		}
		if _, err := b.acquire(ctx, false); !errors.Is(err, context.Canceled) {
			t.Errorf("error %v with an ended context, want context.Canceled", err)
		}
		if diff := cmp.Diff([]float64{60, 120}, letThroughAt(t, b, start, 2)); diff != "" {
			t.Errorf("let through at (-want +got)\n%s", diff)
		}
	})
}

// A pause that is too long fails all waiting requests, and later ones.
func TestBudgetRefusesToWaitForHours(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := NewBudget(1, 16)
		letThroughAt(t, b, time.Now(), 1)
		ended := make(chan error, 2)
		for _, bulk := range []bool{true, false} {
			go func() {
				_, err := b.acquire(t.Context(), bulk)
				ended <- err
			}()
		}
		synctest.Wait()
		b.pause(2*time.Hour, false)
		_, late := b.acquire(t.Context(), false)
		for _, err := range []error{<-ended, <-ended, late} {
			var pause *pauseError
			if !errors.As(err, &pause) || pause.left != 2*time.Hour {
				t.Errorf("error %v, want a pause of two hours", err)
			}
		}
	})
}
