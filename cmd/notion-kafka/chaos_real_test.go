//go:build real

package main_test

import (
	"context"
	"os"
	"strconv"
	"sync"
	"testing"
	"time"

	"notion-kafka/notion/notiontest"
)

// Four instances share eight sources whose pages people keep editing, while
// instances are killed, stopped for longer than their session and asked to end,
// and the broker is killed, restarted and stopped. In the end every page is in
// its topic as it is at Notion, no version of a page is there twice, and the
// state agrees.
//
// CHAOS_TIME is how long the faults go on and CHAOS_SEED what they follow from;
// without them the test is short, and another one each time.
func TestChaos(t *testing.T) {
	const daemons, sources, pages = 4, 8, 150
	length, seed := chaosTime(t), chaosSeed(t)
	t.Logf("CHAOS_TIME=%v CHAOS_SEED=%d", length, seed)

	b := ownBroker(t, 1, "")
	w := newTown(t, b.realParts, length+5*time.Minute, sources, pages)
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

	w.mustRun("once") // may have had to end a first scan, which leaves later edits to the next run
	w.mustRun("once")
	after := w.checkExactlyOnce(notiontest.Live)
	w.mustRun("once", "--full")
	whole := w.checkExactlyOnce(notiontest.Live, notiontest.Archived)
	if seen := whole.records - after.records; seen > residents.archived {
		t.Errorf("a scan published %d records, though no more than %d pages were archived: the incremental reads missed something", seen, residents.archived)
	}
	faults := map[faultKind]int{}
	for _, h := range c.harms {
		faults[h.kind]++
	}
	t.Logf("%v of CHAOS_SEED=%d; %d edits, %d new pages, %d archived; faults: %v\n%s\n%v",
		length, seed, residents.edits, residents.added, residents.archived, faults, report(c.takeovers()), whole)
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
