package notion

import (
	"math"
	"time"
)

const (
	// spareReaders is how many readers large reads have for each that is waiting for an
	// answer on average: answers differ in time, and a reader also waits for its caller.
	spareReaders = 1.25
	// flightShare is the share of the latest request in the average time of requests.
	flightShare = 0.125
)

// took counts the time of an answered request. The lock is held.
func (b *Budget) took(flight time.Duration) {
	if b.flight == 0 {
		b.flight = flight
	}
	b.flight += time.Duration(flightShare * float64(flight-b.flight))
}

// wantsReaders is how many readers a large read that has some should add to use the
// budget up. By Little's law, as many requests are in flight on average as are sent in
// the time of one. Readers of other large reads count while they send requests.
func (b *Budget) wantsReaders(has int) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	limit := b.allowance.limit
	if b.allowance.unknown() {
		limit = largePlan
	}
	busy := float64(limit) * b.flight.Seconds() / budgetWindow.Seconds()
	enough := min(int(math.Ceil(spareReaders*busy)), b.maxInFlight)
	return enough - max(has, b.inFlight+len(b.bulk))
}
