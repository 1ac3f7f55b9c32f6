package notion

import (
	"testing"
	"testing/synctest"
	"time"
)

// As many readers are wanted as are busy on average, and a quarter more.
func TestBudgetWantsAsManyReadersAsUseItUp(t *testing.T) {
	tests := map[string]struct {
		requestsPerMinute int
		flight            time.Duration
		want              int
	}{
		"the small plan":           {180, 800 * time.Millisecond, 3},
		"the large plan":           {600, 800 * time.Millisecond, 10},
		"slow answers":             {180, 4 * time.Second, 15},
		"fast answers":             {180, 20 * time.Millisecond, 1},
		"more than may be sent":    {600, 10 * time.Second, 16},
		"an unknown plan is large": {0, 800 * time.Millisecond, 10},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := NewBudget(test.requestsPerMinute, 16)
				if n := b.wantsReaders(0); n != 0 {
					t.Errorf("before the first answer, %d readers are wanted", n)
				}
				answerAfter(t, b, test.flight, true)
				for has := range 2 {
					if n := b.wantsReaders(has); n != test.want-has {
						t.Errorf("beside %d readers, %d more are wanted, not %d", has, n, test.want-has)
					}
				}
			})
		})
	}
}

// The number follows answers that become slower. Requests that Notion did not answer say
// nothing about it.
func TestBudgetWantsMoreReadersWhereAnswersBecomeSlower(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := NewBudget(600, 0)
		answerAfter(t, b, 200*time.Millisecond, true)
		answerAfter(t, b, time.Minute, false)
		if n := b.wantsReaders(0); n != 3 {
			t.Errorf("with answers of 0.2 s, %d readers are wanted, not 3", n)
		}
		for range 40 {
			answerAfter(t, b, 800*time.Millisecond, true)
		}
		if n := b.wantsReaders(0); n != 10 {
			t.Errorf("with answers of 0.8 s, %d readers are wanted, not 10", n)
		}
	})
}

// Readers of another read count while their requests are in flight or wait.
func TestBudgetWantsNoReadersBesideThoseOfAnotherRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := NewBudget(600, 4)
		answerAfter(t, b, 10*time.Second, true)
		var tickets []*ticket
		for range 3 { // one of four places is kept for small work
			ticket, err := b.acquire(t.Context(), true)
			if err != nil {
				t.Fatal(err)
			}
			tickets = append(tickets, ticket)
		}
		waiting := make(chan error)
		go func() {
			_, err := b.acquire(t.Context(), true)
			waiting <- err
		}()
		synctest.Wait()
		if n := b.wantsReaders(1); n != 0 {
			t.Errorf("beside three requests in flight and one that waits, %d readers are wanted", n)
		}
		b.release(tickets[0], false)
		if err := <-waiting; err != nil {
			t.Fatal(err)
		}
		b.release(tickets[1], false)
		if n := b.wantsReaders(1); n != 2 {
			t.Errorf("beside two requests in flight, %d readers are wanted, not 2", n)
		}
	})
}

// answerAfter sends one request that takes so long.
func answerAfter(t *testing.T, b *Budget, flight time.Duration, accepted bool) {
	t.Helper()
	ticket, err := b.acquire(t.Context(), true)
	if err != nil {
		t.Fatal(err)
	}
	time.Sleep(flight) // virtual
	b.release(ticket, accepted)
}
