package daemon

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"notion-kafka/notion/notiontest"
	"notion-kafka/producer"
	"notion-kafka/producer/schedule"
)

// A scenario is a list of steps that happen in a world. It depends on its seed alone,
// and its run also on the order of goroutines, so one that fails nearly always fails
// again.
type scenario struct {
	seed       uint64
	conditions conditions
	steps      []step
}

// The conditions of a scenario are how Notion behaves, the settings of the source, and
// the sizes of the databases at the beginning.
type conditions struct {
	queryLag, indexLag                time.Duration
	latency                           time.Duration // at most
	livePages, trashedEmpty, exactCut bool          // see notiontest.Options; exactCut is FilterMilliseconds
	shortPages                        float64
	exclude                           []string
	settings                          []producer.Settings // of the selected databases
	pages                             []int               // of all databases; the last one is not selected
	crowd                             int                 // pages that were made in one minute, in the first database
	shuffles                          float64             // how often rows of one minute come in another order than before
	hidden                            bool                // search leaves the second database out, and the configuration names it
}

// A step is one event of a scenario. Its dice are taken modulo the number of choices, so
// a step also works after the steps before it were left out.
type step struct {
	verb string
	dice [3]uint64
	late int // n: not now, but during the n-th request to Notion from now on

	again bool // an earlier step caused it
}

// A verb is a kind of step.
type verb struct {
	name   string
	weight int
	late   bool // it can happen in the middle of a request
	do     func(*scenarioRun, step) string
}

// verbs are the kinds of step. Each carries its step out and describes it in a few words;
// "" where there was nothing to do it to.
func verbs() []verb {
	return append(peoplesVerbs(), machinesVerbs()...)
}

// drawScenario draws a scenario.
func drawScenario(seed uint64, steps int) scenario {
	dice := rand.New(rand.NewPCG(seed, 0x73746f7279))
	s := scenario{seed: seed, conditions: drawConditions(dice)}
	all := verbs()
	total := 0
	for _, v := range all {
		total += v.weight
	}
	if dice.IntN(4) == 0 {
		s.steps = killedFirstRead(dice)
	}
	for len(s.steps) < steps {
		at, n := 0, dice.IntN(total)
		for ; n >= all[at].weight; at++ {
			n -= all[at].weight
		}
		one := step{verb: all[at].name, dice: [3]uint64{dice.Uint64(), dice.Uint64(), dice.Uint64()}}
		if all[at].late && dice.IntN(4) == 0 {
			one.late = 1 + dice.IntN(12)
		}
		s.steps = append(s.steps, one)
	}
	return s
}

// killedFirstRead is a possible beginning of a scenario: a first read is killed, pages
// that it had read change, and a run follows that reads everything.
func killedFirstRead(dice *rand.Rand) []step {
	draw := func(verb string, order uint64) step {
		return step{verb: verb, dice: [3]uint64{order, dice.Uint64(), dice.Uint64()}}
	}
	steps := []step{draw("run that is killed", 0)}
	for range 1 + dice.IntN(3) {
		steps = append(steps, draw(oneOf(dice, "edit", "trash", "move"), dice.Uint64()))
	}
	return append(steps, draw("run", oneOf(dice, uint64(7), 9)))
}

func drawConditions(dice *rand.Rand) conditions {
	c := conditions{
		queryLag:     oneOf(dice, 0, 0, 0, 20*time.Second, 90*time.Second),
		indexLag:     oneOf(dice, 0, 0, 4*time.Minute),
		latency:      oneOf(dice, 0, time.Second, 20*time.Second),
		shortPages:   oneOf(dice, 0, 0.3, 0.9),
		livePages:    dice.IntN(2) == 0,
		trashedEmpty: dice.IntN(4) == 0,
		exactCut:     dice.IntN(4) == 0,
		pages:        []int{25 + dice.IntN(oneOf(dice, 40, 40, 40, 220)), 5 + dice.IntN(15), 4},
	}
	if dice.IntN(5) == 0 {
		c.crowd, c.livePages = 110+dice.IntN(300), false // with live pages, rows shift as others leave, and some may be missed
		c.shuffles = oneOf(dice, 0, 0.1, 0.3)
	}
	if dice.IntN(3) == 0 {
		c.exclude = []string{"Secret"}
	}
	c.hidden = dice.IntN(5) == 0
	for range 2 {
		s := producer.Settings{
			Overlap: 2 * time.Minute, Exclude: c.exclude, MaxDeleteRatio: 0.5,
			Deletes:   oneOf(dice, "", producer.DeleteTombstone, producer.DeleteTombstone, producer.DeleteSoft, producer.DeleteBoth, producer.DeleteNone),
			FullTable: dice.IntN(5) == 0,
		}
		s.PublishAll = s.FullTable && dice.IntN(3) == 0
		s.Typed = dice.IntN(3) == 0
		if every := oneOf(dice, 0, time.Hour, 3*time.Hour, 24*time.Hour); every > 0 {
			s.Sweep = schedule.Every{Interval: every}
		}
		c.settings = append(c.settings, s)
	}
	return c
}

func oneOf[T any](dice *rand.Rand, choices ...T) T { return choices[dice.IntN(len(choices))] }

func (c conditions) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "query lag %v, index lag %v, latency %v, short pages %v, live pages %v, trashed databases answer empty %v, filters by millisecond %v, excluded %q, pages made in one minute %d, shuffled %v, second database hidden %v",
		c.queryLag, c.indexLag, c.latency, c.shortPages, c.livePages, c.trashedEmpty, c.exactCut, c.exclude, c.crowd, c.shuffles, c.hidden)
	for i, s := range c.settings {
		fmt.Fprintf(&b, "\n  database %d: deletes %q, sweep %v, full_table %v, publish all %v, typed columns %v", i, s.Deletes, s.Sweep, s.FullTable, s.PublishAll, s.Typed)
	}
	return b.String()
}

// A scenarioRun is a scenario that is carried out in a world.
type scenarioRun struct {
	*world
	scenario
	*truth
	*machines

	consumer  *consumer
	confirmed map[string]bool // runs that a person let delete
	lines     []string        // what happened, in words
	problems  []problem
}

// A problem is a fault that the checker found. Its kind stays the same when the scenario
// is shortened.
type problem struct{ kind, what string }

// run carries a scenario out, from its first step to the end or to the first problem.
func (s scenario) run(t *testing.T) *scenarioRun {
	t.Helper()
	var sr *scenarioRun
	options := notiontest.Options{
		Seed: s.seed, RequestsPerMinute: -1,
		QueryLag: s.conditions.queryLag, IndexLag: s.conditions.indexLag, LivePages: s.conditions.livePages, ShortPages: s.conditions.shortPages,
		TrashedQueryEmpty: s.conditions.trashedEmpty, FilterMilliseconds: s.conditions.exactCut,
		Latency: func(*http.Request) time.Duration { return sr.latency() },
		Hook: func(r *http.Request) *notiontest.Fault {
			sr.requested()
			sr.looked(r.URL.Path)
			return sr.shuffled(r.URL.Path)
		},
	}
	inWorld(t, options, func(t *testing.T, w *world) {
		schemas := &subjects{t: t}
		w.schemas = schemas
		sr = &scenarioRun{world: w, scenario: s, truth: &truth{}, machines: &machines{form: producer.CurrentForm, pace: rand.New(rand.NewPCG(s.seed, 0x70616365))}, consumer: openConsumer(w, schemas), confirmed: map[string]bool{}}
		defer sr.consumer.close()
		sr.setUp()
		defer sr.endMachines()
		known := verbs()
		for _, one := range s.steps {
			v := known[slices.IndexFunc(known, func(v verb) bool { return v.name == one.verb })]
			if one.late > 0 {
				sr.later(one.late, func() { sr.log("  meanwhile ", v.do(sr, one)) })
				continue
			}
			sr.pass(time.Millisecond) // so that no two steps have the same time
			sr.log("", v.do(sr, one))
			sr.check()
			if len(sr.problems) > 0 {
				return
			}
		}
		sr.settle(true)
		if t.Failed() {
			sr.wrong("test", "the world complained, see above")
		}
	})
	return sr
}

// stamp is the time at the beginning of a line.
const stamp = "02 15:04:05.000 "

// log adds a line about what happened.
func (sr *scenarioRun) log(prefix, what string) {
	if what == "" {
		return
	}
	sr.mu.Lock()
	defer sr.mu.Unlock()
	sr.lines = append(sr.lines, time.Now().Format(stamp)+prefix+what)
}

func (sr *scenarioRun) wrong(kind, format string, args ...any) {
	sr.problems = append(sr.problems, problem{kind, fmt.Sprintf(format, args...)})
}
