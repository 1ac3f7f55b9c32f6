package notion

import "time"

const (
	// budgetWindow is the fixed window in which Notion counts a connection's
	// requests (Notion: request-limits).
	budgetWindow = time.Minute
	// smallPlan and largePlan are the requests in a window on Free and Plus plans,
	// and on Business and Enterprise (Notion: request-limits).
	smallPlan = 180
	largePlan = 600
	// nearlyLarge is the number of our requests in a window from which on a 429 does
	// not rule out the large plan: requests that were sent at the end of our previous
	// window may have arrived in this one.
	nearlyLarge = largePlan * 9 / 10
	// probeAfter is how long the small plan is assumed before the next probe.
	probeAfter = time.Hour
	// phaseSlack is how far our windows may differ from Notion's after a Retry-After,
	// which has whole seconds and takes time to arrive.
	phaseSlack = 3 * time.Second
	// forLarge is the length of a window's end in which large work may spend what
	// small work did not need.
	forLarge = 6 * time.Second
)

// An allowance is the number of requests that may be sent in the current window. It
// learns from the responses; see Budget. It is not safe for concurrent use.
//
// The probe is one request beyond the limit, which finds the plan. There is one at
// a time, because a refused request has to be sent again.
type allowance struct {
	limit     int  // requests in a window
	pinned    bool // the limit does not change
	start     time.Time
	known     bool // start is known from Notion's Retry-After
	spent     int  // since start
	probing   bool // the probe is in flight
	probeFrom time.Time
}

func newAllowance(requestsPerMinute int) allowance {
	if requestsPerMinute < 1 {
		return allowance{limit: smallPlan}
	}
	return allowance{limit: requestsPerMinute, pinned: true}
}

// take takes one request out of the window, or returns how long to wait.
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

// unknown reports whether nothing has shown yet which plan the connection has.
func (a *allowance) unknown() bool {
	return !a.pinned && a.limit < largePlan && a.probeFrom.IsZero()
}

// keptForSmall is how many requests large work leaves to small work.
func (a *allowance) keptForSmall(left time.Duration) int {
	if a.unknown() || left <= forLarge {
		return 0
	}
	return max(a.limit/20, 1)
}

// mayProbe reports whether a probe may be sent. At the end of a window the probe
// may arrive in Notion's next one, and would prove nothing.
func (a *allowance) mayProbe(now time.Time, left time.Duration) bool {
	return !a.pinned && a.limit < largePlan && !a.probing && !now.Before(a.probeFrom) && left > phaseSlack
}

// probed ends a probe that got no 429; accepted says that Notion answered it. The
// probe proves nothing where Notion refused another request in the meantime.
func (a *allowance) probed(accepted bool) {
	if a.probing && accepted {
		a.limit = largePlan
	}
	a.probing = false
}

// refused handles a 429 for the connection's own limit: Notion's window is used up,
// and the next one begins after wait.
func (a *allowance) refused(now time.Time, wait time.Duration) {
	next := now.Add(wait)
	if a.start.After(now) { // an earlier 429 said so
		if next.After(a.start) {
			a.start = next
		}
		return
	}
	expected := a.known && next.Sub(a.start.Add(budgetWindow)).Abs() <= phaseSlack
	if !a.pinned && (a.probing || expected && a.spent < nearlyLarge) {
		a.limit, a.probeFrom = smallPlan, now.Add(probeAfter)
	}
	a.probing = false
	a.start, a.spent, a.known = next, 0, true
}
