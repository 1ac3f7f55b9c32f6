package notion

import "time"

const (
	// budgetWindow is the fixed window in which Notion counts a connection's
	// requests (Notion: request-limits).
	budgetWindow = time.Minute
	// smallPlan and largePlan are the requests that a window holds on Free and
	// Plus plans, and on Business and Enterprise (Notion: request-limits).
	smallPlan = 180
	largePlan = 600
	// nearlyLarge is how many requests of ours, counted in Notion's window, leave
	// the large plan possible although Notion refuses another: some that were
	// sent at the end of our window before may have arrived in this one.
	nearlyLarge = largePlan * 9 / 10
	// askAgain is how long a plan that was found to be small stays so.
	askAgain = time.Hour
	// phaseSlack is how far our windows may be from Notion's although Notion told
	// us: Retry-After has whole seconds and takes time to arrive.
	phaseSlack = 3 * time.Second
	// forLarge is the end of a window, when large work may have what small work
	// did not need.
	forLarge = 6 * time.Second
)

// An allowance is what may be sent in the window that is open now. It learns
// from what becomes of the requests; see Budget. It is not safe for concurrent
// use.
//
// One request beyond the limit, the probe, asks for the plan: alone, because
// each that is refused has to be sent again.
type allowance struct {
	limit   int  // requests in a window
	pinned  bool // the limit does not change
	start   time.Time
	told    bool // start follows from what Notion told
	spent   int  // since start
	probing bool // the probe is on its way
	askFrom time.Time
}

func newAllowance(requestsPerMinute int) allowance {
	if requestsPerMinute < 1 {
		return allowance{limit: smallPlan}
	}
	return allowance{limit: requestsPerMinute, pinned: true}
}

// take takes one request out of the window, or says how long to wait.
func (a *allowance) take(now time.Time, bulk bool) (probe bool, wait time.Duration) {
	if a.start.IsZero() {
		a.start = now
	}
	if past := now.Sub(a.start); past >= budgetWindow {
		a.start, a.spent = a.start.Add(past.Truncate(budgetWindow)), 0
	}
	left := a.start.Add(budgetWindow).Sub(now)
	kept := a.keptForSmall(left)
	switch {
	case bulk && kept > 0 && a.spent >= a.limit-kept:
		return false, left - forLarge
	case a.spent < a.limit:
		a.spent++
		return false, 0
	case a.mayProbe(now, left):
		a.spent++
		a.probing = true
		return true, 0
	default:
		return false, left
	}
}

// keptForSmall is how many requests large work leaves to small work.
func (a *allowance) keptForSmall(left time.Duration) int {
	unknown := !a.pinned && a.limit < largePlan && a.askFrom.IsZero()
	if unknown || left <= forLarge {
		return 0
	}
	return max(a.limit/20, 1)
}

// mayProbe says whether to ask for the plan. So near to the end of a window that
// the probe may arrive in Notion's next one, it would tell nothing.
func (a *allowance) mayProbe(now time.Time, left time.Duration) bool {
	return !a.pinned && a.limit < largePlan && !a.probing && !now.Before(a.askFrom) && left > phaseSlack
}

// probed ends a probe that was not refused; accepted says that it was answered.
// It tells nothing where Notion refused another request in the meantime.
func (a *allowance) probed(accepted bool) {
	if a.probing && accepted {
		a.limit = largePlan
	}
	a.probing = false
}

// refused takes notice of a 429 for the connection's own limit: Notion's window
// is used up and the next one begins after wait.
func (a *allowance) refused(now time.Time, wait time.Duration) {
	next := now.Add(wait)
	if a.start.After(now) { // another one told so before
		if next.After(a.start) {
			a.start = next
		}
		return
	}
	asTold := a.told && next.Sub(a.start.Add(budgetWindow)).Abs() <= phaseSlack
	if !a.pinned && (a.probing || asTold && a.spent < nearlyLarge) {
		a.limit, a.askFrom = smallPlan, now.Add(askAgain)
	}
	a.probing = false
	a.start, a.spent, a.told = next, 0, true
}
