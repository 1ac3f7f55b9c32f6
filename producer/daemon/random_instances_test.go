package daemon

import (
	"context"
	"fmt"

	"notion-kafka/producer"
)

// An instance is a process that runs as a daemon.
type instance struct {
	*process
	reports chan producer.Report
	stop    func()
	wake    func()        // nil unless it is frozen
	ended   chan struct{} // closed when it does not run any more
}

func (tl *tale) instanceStarts(s step) string {
	at := s.dice[0] % 2
	if tl.instances[at] != nil {
		return ""
	}
	p := tl.begin()
	p.opts.Instance = fmt.Sprint("instance ", at)
	one := &instance{process: p, reports: make(chan producer.Report, 10_000), ended: make(chan struct{})}
	p.opts.Report = func(report producer.Report) { one.reports <- report }
	ctx, cancel := context.WithCancel(tl.t.Context())
	go func() {
		defer close(one.ended)
		defer p.cluster.Close()
		if err := p.Run(ctx); err != nil { // it may: a supervisor starts it again
			tl.say("  ", fmt.Sprintf("%s ends by itself: %v", p.opts.Instance, err))
		}
	}()
	one.stop = func() {
		cancel()
		<-one.ended
	}
	tl.instances[at] = one
	return p.opts.Instance + " starts"
}

// up is an instance that is up, and its number.
func (tl *tale) up(s step, is func(*instance) bool) (at uint64, up *instance) {
	for i := range uint64(2) {
		at = (s.dice[0] + i) % 2
		if up = tl.instances[at]; up != nil && is(up) {
			return at, up
		}
	}
	return 0, nil
}

func (tl *tale) instanceIsKilled(s step) string {
	at, one := tl.up(s, func(*instance) bool { return true })
	if one == nil {
		return ""
	}
	_ = one.cable.cut()
	tl.rouse(one)
	tl.dying.Go(one.stop)
	tl.collect(one)
	tl.instances[at] = nil
	return fmt.Sprint("instance ", at, " is killed")
}

func (tl *tale) instanceStops(s step) string {
	at, one := tl.up(s, func(i *instance) bool { return i.wake == nil })
	if one == nil {
		return ""
	}
	one.stop()
	tl.collect(one)
	tl.instances[at] = nil
	return fmt.Sprint("instance ", at, " is stopped")
}

func (tl *tale) instanceFreezes(s step) string {
	at, one := tl.up(s, func(i *instance) bool { return i.wake == nil })
	if one == nil {
		return ""
	}
	one.wake = one.cable.hold()
	return fmt.Sprint("instance ", at, " freezes")
}

func (tl *tale) instanceWakes(s step) string {
	at, one := tl.up(s, func(i *instance) bool { return i.wake != nil })
	if one == nil {
		return ""
	}
	tl.rouse(one)
	return fmt.Sprint("instance ", at, " wakes")
}

func (tl *tale) rouse(one *instance) {
	if one.wake != nil {
		one.wake()
		one.wake = nil
	}
}

// collect takes an instance's reports.
func (tl *tale) collect(one *instance) {
	for len(one.reports) > 0 {
		report := <-one.reports
		tl.results = append(tl.results, result{Report: report, order: producer.Order{Trigger: report.Trigger}})
		tl.say("  instance reports ", summary(report, report.Err()))
	}
}

// endMachines ends everything that runs.
func (tl *tale) endMachines() {
	for at, one := range tl.instances {
		if one != nil {
			tl.rouse(one)
			one.stop()
			tl.collect(one)
			tl.instances[at] = nil
		}
	}
	tl.dying.Wait()
}
