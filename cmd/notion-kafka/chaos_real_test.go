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

// Four instances share eight sources of two databases each. People keep editing,
// deleting, restoring and moving the pages, while instances are killed, paused for
// longer than their session and stopped, and the broker is killed, restarted and
// paused. In the end every page is in its topic as it is at Notion, deleted pages are
// deleted with the right reason, every record was true when it was written, in that
// order, and the state agrees.
//
// CHAOS_TIME is how long faults are injected and CHAOS_SEED decides them; without them
// the test is short, and different each time.
func TestChaos(t *testing.T) {
	const daemons, sources, pages = 4, 8, 100
	length, seed := chaosTime(t), chaosSeed(t)
	t.Logf("CHAOS_TIME=%v CHAOS_SEED=%d", length, seed)

	b := ownBroker(t, 1, "")
	w := newSourceStage(t, b.realParts, length+5*time.Minute, layout{
		sources: sources, databases: 2, pages: pages, links: true,
		// One source has no sweeps, which would hide what reads from the cursor miss.
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

	w.mustRun("once") // may finish a first scan, which leaves later edits to the next run
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
