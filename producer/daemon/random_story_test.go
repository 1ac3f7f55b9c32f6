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

// A story is what happens in a world, step by step. It follows from its seed
// but for how goroutines take turns, so that one that fails nearly always fails
// again.
type story struct {
	seed  uint64
	place place
	steps []step
}

// A place is where a story happens: how Notion behaves, what is wanted of the
// source, how large the databases are in the beginning.
type place struct {
	queryLag, indexLag                time.Duration
	latency                           time.Duration // at most
	livePages, trashedEmpty, exactCut bool          // see notiontest.Options; exactCut is FilterMilliseconds
	shortPages                        float64
	exclude                           []string
	wanted                            []producer.Settings // of the selected databases
	pages                             []int               // of all databases; the last one is not selected
	crowd                             int                 // pages that were made in one minute, in the first database
	shuffles                          float64             // how often rows of one minute come in another order than before
	hidden                            bool                // search leaves the second database out, and the configuration names it
}

// A step is one thing that happens. Its dice are read modulo what there is to
// choose from, so that a step has a meaning in every story, also where those
// before it were left out.
type step struct {
	verb string
	dice [3]uint64
	late int // n: not now, but while the n-th request to Notion from now on is under way

	again bool // it follows from an earlier step
}

// A verb is a kind of step.
type verb struct {
	name   string
	weight int
	late   bool // it can happen in the middle of a request
	do     func(*tale, step) string
}

// verbs are all that can happen. Each does its thing and tells it in a few
// words; "" where there was nothing to do it to.
func verbs() []verb {
	return append(peoplesVerbs(), machinesVerbs()...)
}

// imagine draws a story.
func imagine(seed uint64, steps int) story {
	dice := rand.New(rand.NewPCG(seed, 0x73746f7279))
	s := story{seed: seed, place: drawPlace(dice)}
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

// killedFirstRead is how a story may begin: a first read is killed, pages that it
// had read change, and a run follows that reads everything.
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

func drawPlace(dice *rand.Rand) place {
	p := place{
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
		p.crowd, p.livePages = 110+dice.IntN(300), false // where rows shift as others leave, some may be missed
		p.shuffles = oneOf(dice, 0, 0.1, 0.3)
	}
	if dice.IntN(3) == 0 {
		p.exclude = []string{"Secret"}
	}
	p.hidden = dice.IntN(5) == 0
	for range 2 {
		s := producer.Settings{
			Overlap: 2 * time.Minute, Exclude: p.exclude, MaxDeleteRatio: 0.5,
			Deletes:   oneOf(dice, "", producer.DeleteTombstone, producer.DeleteTombstone, producer.DeleteSoft, producer.DeleteBoth, producer.DeleteNone),
			FullTable: dice.IntN(5) == 0,
		}
		s.PublishAll = s.FullTable && dice.IntN(3) == 0
		if every := oneOf(dice, 0, time.Hour, 3*time.Hour, 24*time.Hour); every > 0 {
			s.Sweep = schedule.Every{Interval: every}
		}
		p.wanted = append(p.wanted, s)
	}
	return p
}

func oneOf[T any](dice *rand.Rand, choices ...T) T { return choices[dice.IntN(len(choices))] }

func (p place) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "query lag %v, index lag %v, latency %v, short pages %v, live pages %v, trashed databases answer empty %v, filters by millisecond %v, excluded %q, pages made in one minute %d, shuffled %v, second database hidden %v",
		p.queryLag, p.indexLag, p.latency, p.shortPages, p.livePages, p.trashedEmpty, p.exactCut, p.exclude, p.crowd, p.shuffles, p.hidden)
	for i, s := range p.wanted {
		fmt.Fprintf(&b, "\n  database %d: deletes %q, sweep %v, full_table %v, publish all %v", i, s.Deletes, s.Sweep, s.FullTable, s.PublishAll)
	}
	return b.String()
}

// A tale is a story being told in a world.
type tale struct {
	*world
	story
	*truth
	*machines

	ledger    *ledger
	confirmed map[string]bool // runs that a person let delete
	lines     []string        // what happened, for people
	problems  []problem
}

// A problem is something that must not be. Its kind stays the same when the
// story gets shorter.
type problem struct{ kind, what string }

// tell lets a story happen, from its first step to the end or to the first
// problem.
func (s story) tell(t *testing.T) *tale {
	t.Helper()
	var tl *tale
	options := notiontest.Options{
		Seed: s.seed, RequestsPerMinute: -1,
		QueryLag: s.place.queryLag, IndexLag: s.place.indexLag, LivePages: s.place.livePages, ShortPages: s.place.shortPages,
		TrashedQueryEmpty: s.place.trashedEmpty, FilterMilliseconds: s.place.exactCut,
		Latency: func(*http.Request) time.Duration { return tl.latency() },
		Hook: func(r *http.Request) *notiontest.Fault {
			tl.requested()
			tl.looked(r.URL.Path)
			return tl.shuffled(r.URL.Path)
		},
	}
	inWorld(t, options, func(t *testing.T, w *world) {
		tl = &tale{world: w, story: s, truth: &truth{}, machines: &machines{form: producer.CurrentForm, pace: rand.New(rand.NewPCG(s.seed, 0x70616365))}, ledger: openLedger(w), confirmed: map[string]bool{}}
		defer tl.ledger.close()
		tl.furnish()
		defer tl.endMachines()
		known := verbs()
		for _, one := range s.steps {
			v := known[slices.IndexFunc(known, func(v verb) bool { return v.name == one.verb })]
			if one.late > 0 {
				tl.later(one.late, func() { tl.say("  meanwhile ", v.do(tl, one)) })
				continue
			}
			tl.pass(time.Millisecond) // so that it is clear what was before what
			tl.say("", v.do(tl, one))
			tl.check()
			if len(tl.problems) > 0 {
				return
			}
		}
		tl.settle(true)
		if t.Failed() {
			tl.wrong("test", "the world complained, see above")
		}
	})
	return tl
}

// stamp is how a line begins.
const stamp = "02 15:04:05.000 "

// say adds a line to what is told.
func (tl *tale) say(prefix, what string) {
	if what == "" {
		return
	}
	tl.mu.Lock()
	defer tl.mu.Unlock()
	tl.lines = append(tl.lines, time.Now().Format(stamp)+prefix+what)
}

func (tl *tale) wrong(kind, format string, args ...any) {
	tl.problems = append(tl.problems, problem{kind, fmt.Sprintf(format, args...)})
}
