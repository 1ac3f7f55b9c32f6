package notion

import (
	"testing"
	"time"
)

// A spender takes requests from an allowance at given times, in seconds after an
// arbitrary beginning.
type spender struct {
	t *testing.T
	allowance
}

var spendingBegan = time.Date(2026, 10, 1, 9, 0, 0, 0, time.UTC)

func second(at float64) time.Time {
	return spendingBegan.Add(time.Duration(at * float64(time.Second)))
}

// spend takes n requests, which must all be let through, none of them a probe.
func (s *spender) spend(at float64, n int) {
	s.t.Helper()
	for i := range n {
		if probe, wait := s.take(second(at), false); probe || wait != 0 {
			s.t.Fatalf("request %d at %v s: probe %v, wait %v", i+1, at, probe, wait)
		}
	}
}

// probe takes a request, which must be the probe.
func (s *spender) probe(at float64) {
	s.t.Helper()
	if probe, wait := s.take(second(at), false); !probe || wait != 0 {
		s.t.Fatalf("at %v s: probe %v, wait %v; want a probe", at, probe, wait)
	}
}

// mustWait takes a request, which must wait until the given time.
func (s *spender) mustWait(at, until float64, bulk bool) {
	s.t.Helper()
	if probe, wait := s.take(second(at), bulk); probe || second(at).Add(wait) != second(until) {
		s.t.Fatalf("at %v s (large %v): probe %v, until %v; want until %v s", at, bulk, probe, second(at).Add(wait).Sub(spendingBegan), until)
	}
}

func (s *spender) refuse(at float64, retryAfter int) {
	s.refused(second(at), time.Duration(retryAfter)*time.Second)
}

func (s *spender) want(limit int) {
	s.t.Helper()
	if s.limit != limit {
		s.t.Errorf("the limit is %d, want %d", s.limit, limit)
	}
}

// The allowance learns the plan from the responses.
func TestAllowanceLearnsThePlan(t *testing.T) {
	tests := map[string]func(s *spender){
		"600: the probe passes": func(s *spender) {
			s.spend(0, 180)
			s.probe(10)
			s.mustWait(10, 60, false) // one at a time
			s.want(180)
			s.probed(true)
			s.want(600)
			s.spend(11, 419)
			s.mustWait(11, 60, false)
			s.spend(60, 600)
		},
		"a probe that fails proves nothing": func(s *spender) {
			s.spend(0, 180)
			s.probe(10)
			s.probed(false)
			s.want(180)
			s.probe(12)
		},
		"180: the probe is refused, for an hour": func(s *spender) {
			s.spend(0, 180)
			s.probe(10)
			s.refuse(11, 20)
			s.probed(false)
			s.spend(31, 180)
			s.mustWait(31, 91, false)
			s.want(180)
			s.spend(3600, 180)
			s.mustWait(3600, 3631, false)
			s.spend(3631, 180)
			s.probe(3631)
			s.probed(true)
			s.want(600)
		},
		"a refusal while the probe is in flight counts as the probe's": func(s *spender) {
			s.spend(0, 180)
			s.probe(10)
			s.refuse(11, 20)
			s.probed(true) // it passed instead of the refused one
			s.want(180)
			s.spend(31, 180)
			s.mustWait(31, 91, false)
		},
		"no probe so late that it may count in Notion's next window": func(s *spender) {
			s.spend(0, 180)
			s.mustWait(57.5, 60, false)
		},
		"a refusal in an unknown window proves nothing about the plan": func(s *spender) {
			s.raise()
			s.refuse(5, 55)
			s.want(600)
		},
		"a known window used by others": func(s *spender) {
			s.raise()
			s.refuse(5, 20) // the next window is from 25 to 85
			s.spend(25, 300)
			s.refuse(40, 45)
			s.want(180)
			s.spend(85, 180)
			s.mustWait(85, 145, false)
		},
		"the late refusals of one window count once": func(s *spender) {
			s.raise()
			s.refuse(5, 20)
			s.refuse(5.8, 20) // sent before the first refusal came; now from 25.8
			s.want(600)
			s.spend(25.8, 600)
			s.mustWait(30, 85.8, false)
		},
		"a wrong window": func(s *spender) {
			s.raise()
			s.refuse(5, 20)
			s.spend(25, 300)
			s.refuse(40, 10) // Notion's window ends at 50, ours would at 85
			s.want(600)
			s.spend(50, 600)
			s.mustWait(51, 110, false)
		},
		"a window with late requests of the previous window": func(s *spender) {
			s.raise()
			s.refuse(5, 20)
			s.spend(25, 590)
			s.refuse(80, 5)
			s.want(600)
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) { test(&spender{t, newAllowance(0)}) })
	}
}

// raise lets the allowance learn of 600, with 181 of them spent.
func (s *spender) raise() {
	s.t.Helper()
	s.spend(0, 180)
	s.probe(0)
	s.probed(true)
	s.want(600)
}

// A pinned limit is neither probed nor changed; the windows still follow Notion's.
func TestAllowancePinned(t *testing.T) {
	s := &spender{t, newAllowance(200)}
	s.spend(0, 200)
	s.mustWait(10, 60, false)
	s.refuse(11, 20)
	s.spend(31, 50)
	s.refuse(40, 51)
	s.want(200)
	s.spend(91, 200)
	s.mustWait(92, 151, false)
}

// Large work leaves a twentieth to small work until the window's last seconds.
func TestAllowanceKeepsSomeForSmallWork(t *testing.T) {
	tests := map[string]struct{ limit, large int }{
		"600": {600, 570},
		"180": {180, 171},
		"20":  {20, 19},
		"7":   {7, 6},
		"1":   {1, 0},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := &spender{t, newAllowance(test.limit)}
			s.start = second(0)
			s.spend(0, test.large) // by any work
			s.mustWait(10, 54, true)
			s.spend(20, 1)
			s.mustWait(20, 54, true)
			for i := range test.limit - test.large - 1 {
				if _, wait := s.take(second(54), true); wait != 0 {
					t.Fatalf("large request %d of the last seconds has to wait %v", i+1, wait)
				}
			}
			s.mustWait(54, 60, true)
			s.mustWait(54, 60, false)
		})
	}
}

// While the plan is unknown nothing is kept for small work, because the probe needs a
// used-up window. Once the plan is known, some is kept; the next probe, an hour
// later, comes in the last seconds of a window.
func TestAllowanceKeepsNothingToLearn(t *testing.T) {
	s := &spender{t, newAllowance(0)}
	for range 180 {
		if _, wait := s.take(second(0), true); wait != 0 {
			t.Fatalf("large work has to wait %v", wait)
		}
	}
	if probe, _ := s.take(second(0), true); !probe {
		t.Fatal("large work sends no probe")
	}
	s.refuse(1, 4)
	s.spend(3605, 171)
	s.mustWait(3606, 3659, true)
	for range 9 {
		if _, wait := s.take(second(3659), true); wait != 0 {
			t.Fatalf("large work has to wait %v", wait)
		}
	}
	if probe, _ := s.take(second(3659), true); !probe {
		t.Error("large work sends no second probe")
	}
}
