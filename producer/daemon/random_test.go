package daemon

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// Random stories: people edit, trash, move and rename, processes are killed and
// started again, Notion and Kafka ail. After every step a checker proves that
// the topics tell the truth. A story that fails is made as short as it gets, and
// told.
//
// WORLD_SEEDS is how many stories there are, WORLD_SEED the first one's seed,
// WORLD_STEPS how long each is, WORLD_ATTEMPTS how often one that failed is told
// again to make it shorter, at most.
func TestRandomStories(t *testing.T) {
	stories, first, steps := setting(t, "WORLD_SEEDS", 4), setting(t, "WORLD_SEED", 1), setting(t, "WORLD_STEPS", 40)
	for seed := first; seed < first+stories; seed++ {
		t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) {
			t.Parallel()
			s := imagine(uint64(seed), steps)
			tl := s.tell(t)
			if len(tl.problems) == 0 {
				return
			}
			t.Errorf("WORLD_SEED=%d WORLD_SEEDS=1 WORLD_STEPS=%d: %s", seed, steps, tl.problems[0].what)
			t.Log(tl.shorter(t))
		})
	}
}

func setting(t *testing.T, name string, otherwise int) int {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		t.Fatalf("%s=%q is not a number of %s", name, text, strings.ToLower(name))
	}
	return n
}

// shorter leaves out of a story that failed what it fails without, and tells
// what is left. Some need goroutines to take their turns as they did, so that
// every attempt is made twice.
func (tl *tale) shorter(t *testing.T) string {
	best, attempts, most := tl, 0, setting(t, "WORLD_ATTEMPTS", 200)
	fails := func(s story) bool {
		for range 2 {
			attempts++
			if told := s.tell(t); len(told.problems) > 0 && told.problems[0].kind == tl.problems[0].kind {
				best = told
				return true
			}
		}
		return false
	}
	if most > 0 && fails(tl.story) {
		for size := len(tl.steps) / 2; size > 0; size /= 2 {
			for at := 0; at < len(best.steps) && attempts < most; {
				try := best.story
				try.steps = slices.Delete(slices.Clone(try.steps), at, min(at+size, len(try.steps)))
				if !fails(try) {
					at += size
				}
			}
		}
	}
	return fmt.Sprintf("a story of the same kind with %d of %d steps, in which %s\n  %s\n%s\n", len(best.steps), len(tl.steps),
		best.problems[0].what, best.place, strings.Join(best.lines, "\n"))
}
