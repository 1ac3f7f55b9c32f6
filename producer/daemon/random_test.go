package daemon

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// Random scenarios: people edit, trash, move and rename pages, processes are killed and
// started again, Notion and Kafka fail. After every step a checker compares the topics
// with what people did. A scenario that fails is shortened as far as possible and logged.
//
// WORLD_SEEDS is the number of scenarios, WORLD_SEED the seed of the first, WORLD_STEPS
// the number of steps of each. WORLD_ATTEMPTS is how often a failed one is run again at
// most, to shorten it.
func TestRandomScenarios(t *testing.T) {
	scenarios, first, steps := setting(t, "WORLD_SEEDS", 4), setting(t, "WORLD_SEED", 1), setting(t, "WORLD_STEPS", 40)
	for seed := first; seed < first+scenarios; seed++ {
		t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) {
			t.Parallel()
			sr := drawScenario(uint64(seed), steps).run(t)
			if len(sr.problems) == 0 {
				return
			}
			t.Errorf("WORLD_SEED=%d WORLD_SEEDS=1 WORLD_STEPS=%d: %s", seed, steps, sr.problems[0].what)
			t.Log(sr.shorter(t))
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

// shorter removes the steps without which a failed scenario still fails, and returns the
// log of the rest. Some failures depend on the order of goroutines, so each attempt is
// made twice.
func (sr *scenarioRun) shorter(t *testing.T) string {
	best, attempts, most := sr, 0, setting(t, "WORLD_ATTEMPTS", 200)
	fails := func(s scenario) bool {
		for range 2 {
			attempts++
			if again := s.run(t); len(again.problems) > 0 && again.problems[0].kind == sr.problems[0].kind {
				best = again
				return true
			}
		}
		return false
	}
	if most > 0 && fails(sr.scenario) {
		for size := len(sr.steps) / 2; size > 0; size /= 2 {
			for at := 0; at < len(best.steps) && attempts < most; {
				try := best.scenario
				try.steps = slices.Delete(slices.Clone(try.steps), at, min(at+size, len(try.steps)))
				if !fails(try) {
					at += size
				}
			}
		}
	}
	return fmt.Sprintf("a scenario that fails in the same way with %d of %d steps, in which %s\n  %s\n%s\n", len(best.steps), len(sr.steps),
		best.problems[0].what, best.conditions, strings.Join(best.lines, "\n"))
}
