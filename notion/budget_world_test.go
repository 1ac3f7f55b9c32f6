package notion

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/oauth2"

	"notion-kafka/notion/notiontest"
)

// A load is a workspace to which readers send requests as fast as the budget lets
// them, for some minutes of virtual time.
type load struct {
	t      *testing.T
	w      *notiontest.Workspace
	c      *Client
	source string

	mu       sync.Mutex
	rng      *rand.Rand
	accepted []time.Time
	refused  []time.Time
}

// newLoad makes a workspace on a plan whose windows begin at any time, with answers
// that take 0.5 to 1.1 seconds.
func newLoad(t *testing.T, seed uint64, plan int, budget *Budget) *load {
	r := &load{t: t, rng: rand.New(rand.NewPCG(seed, 1))}
	r.w = notiontest.New(notiontest.Options{
		Seed: seed, RequestsPerMinute: plan,
		Latency: func(*http.Request) time.Duration {
			r.mu.Lock()
			defer r.mu.Unlock()
			return 500*time.Millisecond + time.Duration(r.rng.Int64N(int64(600*time.Millisecond)))
		},
		Violation: func(what string) { t.Error(what) },
	})
	db := r.w.AddDatabase("Tasks")
	db.AddPage("One", nil)
	r.source = db.DataSource().ID()
	var err error
	r.c, err = NewClient(Options{
		Tokens: oauth2.StaticTokenSource(&oauth2.Token{AccessToken: r.w.Token()}),
		Budget: budget, Transport: r.w.RoundTripper(),
		Observe: func(_ string, code int) {
			r.mu.Lock()
			defer r.mu.Unlock()
			if code == http.StatusTooManyRequests {
				r.refused = append(r.refused, time.Now())
			} else {
				r.accepted = append(r.accepted, time.Now())
			}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// query sends one query and returns how long it took.
func (r *load) query(bulk bool) time.Duration {
	began := time.Now()
	ctx := r.t.Context()
	if bulk {
		ctx = Bulk(ctx)
	}
	if _, err := r.c.Query(ctx, Query{DataSourceID: r.source}); err != nil {
		r.t.Error(err)
	}
	return time.Since(began)
}

// saturate lets 32 readers of a large read send requests for that long.
func (r *load) saturate(d time.Duration) {
	end := time.Now().Add(d)
	var readers sync.WaitGroup
	for range 32 {
		readers.Go(func() {
			for time.Now().Before(end) {
				r.query(true)
			}
		})
	}
	readers.Wait()
}

// between counts the times within d after from.
func between(at []time.Time, from time.Time, d time.Duration) (n int) {
	for _, t := range at {
		if !t.Before(from) && t.Before(from.Add(d)) {
			n++
		}
	}
	return n
}

func (r *load) refusals() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.refused)
}

// eachPlan runs a test on both plans and on windows of several phases; in the last
// phase Notion's second window begins in the middle of our first burst.
func eachPlan(t *testing.T, test func(t *testing.T, plan int, seed uint64)) {
	for _, plan := range []int{smallPlan, largePlan} {
		for _, seed := range []uint64{0, 4, 40} {
			t.Run(fmt.Sprintf("%d a minute, phase %d", plan, seed), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) { test(t, plan, seed) })
			})
		}
	}
}

// A large read spends nearly the whole limit of either plan, wherever the windows
// begin, with few refusals.
func TestBudgetIsUsedUp(t *testing.T) {
	eachPlan(t, func(t *testing.T, plan int, seed uint64) {
		const minutes = 4
		r := newLoad(t, seed, plan, NewBudget(0, 0))
		began := time.Now()
		r.saturate(minutes * time.Minute)
		share := float64(between(r.accepted, began, minutes*time.Minute)) / float64(minutes*plan)
		t.Logf("share of the budget %.3f, refused %d", share, r.refusals())
		if share < 0.99 {
			t.Errorf("spent %.3f of the budget, want at least 0.99", share)
		}
		if got := r.c.Budget().RequestsPerMinute(); got != plan {
			t.Errorf("the estimate is %d a minute, want %d", got, plan)
		}
		// Where Notion's second window begins in the middle of our first burst, the
		// small plan looks large until that window is used up too. Twice, as many
		// requests are refused as are in flight.
		if r.refusals() > 2*15 {
			t.Errorf("%d requests were refused", r.refusals())
		}
	})
}

// A small request beside a large read is sent at once, or waits through the last
// seconds of a window. Only the one refusal that shows where Notion's windows begin
// can take longer.
func TestSmallRequestsGoFirst(t *testing.T) {
	eachPlan(t, func(t *testing.T, plan int, seed uint64) {
		const slowestAnswer = 1100 * time.Millisecond
		r := newLoad(t, seed, plan, NewBudget(0, 0))
		var large sync.WaitGroup
		large.Go(func() { r.saturate(6 * time.Minute) })
		<-time.After(2 * time.Minute)
		var longest, total time.Duration
		var late, sent int
		for ; sent < 20; sent++ {
			<-time.After(11 * time.Second)
			took := r.query(false)
			longest, total = max(longest, took), total+took
			if took > forLarge+slowestAnswer {
				late++
			}
		}
		large.Wait()
		t.Logf("%d small requests took %v on average, %v at most", sent, total/time.Duration(sent), longest)
		if late > 1 || late == 1 && plan == smallPlan {
			t.Errorf("%d small requests waited for longer than %v, one of them took %v", late, forLarge, longest)
		}
	})
}

// Another program that spends with the same token gets room for an hour; then the plan
// is found again.
func TestBudgetGivesRoomToOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newLoad(t, 4, largePlan, NewBudget(0, 0))
		estimate := func(when string, want int) {
			t.Helper()
			if got := r.c.Budget().RequestsPerMinute(); got != want {
				t.Errorf("%s the estimate is %d, want %d", when, got, want)
			}
		}
		r.saturate(2 * time.Minute)
		estimate("alone", largePlan)

		var others sync.WaitGroup
		others.Go(func() {
			for range 5 {
				<-time.After(time.Minute)
				r.w.SpendBudget(400)
			}
		})
		r.saturate(2 * time.Minute)
		estimate("beside another", smallPlan)
		refused := r.refusals()
		r.saturate(2 * time.Minute)
		if got := r.refusals(); got != refused {
			t.Errorf("%d requests were refused although there was room", got-refused)
		}
		others.Wait()

		<-time.After(time.Hour - 6*time.Minute)
		estimate("before the hour is over", smallPlan)
		<-time.After(5 * time.Minute)
		r.saturate(2 * time.Minute)
		estimate("after the hour", largePlan)
		// Requests sent at the end of the window with the probe may have arrived in
		// Notion's next one.
		if got := r.refusals(); got > refused+15 {
			t.Errorf("%d requests were refused, although nothing else spent the budget", got-refused)
		}
	})
}

// Requests wait for other limits, and learn nothing from them.
func TestOtherLimitsKeepWhatIsKnown(t *testing.T) {
	tests := map[string]struct {
		fault func(retryAfter time.Duration) notiontest.Fault
		wait  time.Duration
	}{
		"of the workspace": {func(d time.Duration) notiontest.Fault { return notiontest.RateLimited(notiontest.ReasonSpace, d) }, 90 * time.Second},
		"of an endpoint":   {func(d time.Duration) notiontest.Fault { return notiontest.RateLimited(notiontest.ReasonEndpoint, d) }, 20 * time.Second},
		"an overload":      {notiontest.Overloaded, 20 * time.Second},
		"its own, without a Retry-After, which would show the window": {func(time.Duration) notiontest.Fault { return notiontest.RateLimited(notiontest.ReasonRequest, 0) }, shortestBackoff / 2},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newLoad(t, 4, largePlan, NewBudget(0, 0))
				r.saturate(2 * time.Minute) // finds the plan and the phase
				before := r.c.Budget().allowance
				if !before.known || before.limit != largePlan {
					t.Fatalf("after two minutes: %+v", before)
				}
				r.w.FailNext("", test.fault(test.wait))
				waited := r.query(false)
				after := r.c.Budget().allowance
				if after.limit != before.limit || after.start.Sub(before.start)%budgetWindow != 0 {
					t.Errorf("before %+v, after %+v", before, after)
				}
				if waited < test.wait {
					t.Errorf("sent again after %v", waited)
				}
			})
		})
	}
}
