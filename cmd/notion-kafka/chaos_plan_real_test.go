//go:build real

package main_test

import (
	"math/rand/v2"
	"slices"
	"time"
)

// A faultKind is one way to break something.
type faultKind string

const (
	killDaemon    faultKind = "kill -9"
	stopDaemon    faultKind = "SIGSTOP"
	endDaemon     faultKind = "SIGTERM"
	killBroker    faultKind = "broker kill -9"
	restartBroker faultKind = "broker restart"
	pauseBroker   faultKind = "broker SIGSTOP"
)

// A fault is one thing that is broken, and repaired after a while.
type fault struct {
	at     time.Duration // when, from the start
	kind   faultKind
	daemon int           // the number of the daemon, for faults of a daemon
	rest   time.Duration // how long it stays broken
}

func (f fault) ofBroker() bool {
	return f.kind == killBroker || f.kind == restartBroker || f.kind == pauseBroker
}

// planned returns the chaos of a given length; the seed decides everything in it. It
// begins with one fault of each kind, without the restart of a broker, which is much
// like its kill and as slow; then the kinds come as often as their weights.
func planned(seed uint64, length time.Duration, daemons int) []fault {
	rng := rand.New(rand.NewPCG(seed, 1))
	between := func(low, high time.Duration) time.Duration { return low + time.Duration(rng.Int64N(int64(high-low))) }
	deck := []faultKind{killDaemon, stopDaemon, killBroker, endDaemon, pauseBroker}
	often := slices.Concat([]faultKind{killBroker, restartBroker, pauseBroker},
		slices.Repeat([]faultKind{killDaemon}, 10), slices.Repeat([]faultKind{stopDaemon}, 4), slices.Repeat([]faultKind{endDaemon}, 3))

	var plan []fault
	free := make([]time.Duration, daemons) // each daemon has time to recover first
	for at := between(2*time.Second, 3*time.Second); at < length; at += between(3*time.Second, 6*time.Second) {
		if len(deck) == 0 {
			deck = slices.Clone(often)
			rng.Shuffle(len(deck), func(i, j int) { deck[i], deck[j] = deck[j], deck[i] })
		}
		f := fault{at: at, kind: deck[0]}
		deck = deck[1:]
		switch f.kind {
		case stopDaemon:
			f.rest = between(11*time.Second, 16*time.Second) // the session is 10 s
		case pauseBroker:
			f.rest = between(2*time.Second, 8*time.Second)
		default:
			f.rest = between(0, 3*time.Second)
		}
		if !f.ofBroker() {
			f.daemon = someOne(rng, free, at)
			free[f.daemon] = at + f.rest + recovery
		}
		plan = append(plan, f)
	}
	return plan
}

// recovery is how long a daemon has no faults after its repair.
const recovery = 5 * time.Second

// someOne picks a daemon that is free at a time, or else the one that is free soonest.
func someOne(rng *rand.Rand, free []time.Duration, at time.Duration) int {
	var ready []int
	for daemon, since := range free {
		if since <= at {
			ready = append(ready, daemon)
		}
	}
	if len(ready) == 0 {
		return slices.Index(free, slices.Min(free))
	}
	return ready[rng.IntN(len(ready))]
}
