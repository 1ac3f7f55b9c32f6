//go:build real

package main_test

import (
	"context"
	"os"
	"strconv"
	"sync"
	"testing"
	"time"
)

// Four instances share eight sources of two databases each, whose pages people
// keep editing, throwing away, taking back and moving, while instances are
// killed, stopped for longer than their session and asked to end, and the broker
// is killed, restarted and stopped. In the end every page is in its topic as it is
// at Notion, pages that are gone are deleted with the right reason, every record
// on the way was true once, in that order, and the state agrees.
//
// CHAOS_TIME is how long the faults go on and CHAOS_SEED what they follow from;
// without them the test is short, and another one each time.
func TestChaos(t *testing.T) {
	const daemons, sources, pages = 4, 8, 100
	length, seed := chaosTime(t), chaosSeed(t)
	t.Logf("CHAOS_TIME=%v CHAOS_SEED=%d", length, seed)

	b := ownBroker(t, 1, "")
	w := newTown(t, b.realParts, length+5*time.Minute, layout{
		houses: sources, rooms: 2, pages: pages, links: true,
		// One without sweeps, which would mend what reads from the cursor miss.
		habits: []habits{{sync: "full_table"}, {deletes: "both"}, {deletes: "soft"}, {sweep: "off"}},
	})
	c := newCampaign(w, b, daemons)
	busy, goHome := context.WithCancel(w.ctx)
	defer goHome()
	residents := newPeople(seed, w)
	var working sync.WaitGroup
	working.Go(func() { residents.work(busy, 50*time.Millisecond) })
	c.carryOut(planned(seed, length, daemons))
	goHome()
	working.Wait()
	c.endAll()
	c.say("everybody has gone home, every daemon has ended")

	w.mustRun("once") // may have had to end a first scan, which leaves later edits to the next run
	w.mustRun("once")
	c.say("everything was read from the cursors")
	w.checkPolled()
	c.say("that was compared")
	w.mustRun("once", "--full")
	c.say("everything was scanned")
	whole := w.checkScanned()
	faults := map[faultKind]int{}
	for _, h := range c.harms {
		faults[h.kind]++
	}
	t.Logf("%v of CHAOS_SEED=%d; done to pages: %v; faults: %v\n%s\n%v",
		length, seed, residents.did, faults, report(c.takeovers()), whole)
}

func chaosTime(t *testing.T) time.Duration {
	t.Helper()
	text := os.Getenv("CHAOS_TIME")
	if text == "" {
		return 20 * time.Second
	}
	length, err := time.ParseDuration(text)
	if err != nil {
		t.Fatalf("CHAOS_TIME: %v", err)
	}
	return length
}

func chaosSeed(t *testing.T) uint64 {
	t.Helper()
	text := os.Getenv("CHAOS_SEED")
	if text == "" {
		return uint64(time.Now().UnixNano())
	}
	seed, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		t.Fatalf("CHAOS_SEED: %v", err)
	}
	return seed
}
