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
	ended   chan struct{} // closed when the process has ended
}

func (sr *scenarioRun) instanceStarts(s step) string {
	at := s.dice[0] % 2
	if sr.instances[at] != nil {
		return ""
	}
	p := sr.begin()
	p.opts.Instance = fmt.Sprint("instance ", at)
	one := &instance{process: p, reports: make(chan producer.Report, 10_000), ended: make(chan struct{})}
	p.opts.Report = func(report producer.Report) { one.reports <- report }
	ctx, cancel := context.WithCancel(sr.t.Context())
	go func() {
		defer close(one.ended)
		defer p.cluster.Close()
		if err := p.Run(ctx); err != nil { // allowed: a process manager would start it again
			sr.log("  ", fmt.Sprintf("%s ends by itself: %v", p.opts.Instance, err))
		}
	}()
	one.stop = func() {
		cancel()
		<-one.ended
	}
	sr.instances[at] = one
	return p.opts.Instance + " starts"
}

// up returns a running instance and its number.
func (sr *scenarioRun) up(s step, is func(*instance) bool) (at uint64, up *instance) {
	for i := range uint64(2) {
		at = (s.dice[0] + i) % 2
		if up = sr.instances[at]; up != nil && is(up) {
			return at, up
		}
	}
	return 0, nil
}

func (sr *scenarioRun) instanceIsKilled(s step) string {
	at, one := sr.up(s, func(*instance) bool { return true })
	if one == nil {
		return ""
	}
	_ = one.cable.cut()
	sr.rouse(one)
	sr.dying.Go(one.stop)
	sr.collect(one)
	sr.instances[at] = nil
	return fmt.Sprint("instance ", at, " is killed")
}

func (sr *scenarioRun) instanceStops(s step) string {
	at, one := sr.up(s, func(i *instance) bool { return i.wake == nil })
	if one == nil {
		return ""
	}
	one.stop()
	sr.collect(one)
	sr.instances[at] = nil
	return fmt.Sprint("instance ", at, " is stopped")
}

func (sr *scenarioRun) instanceFreezes(s step) string {
	at, one := sr.up(s, func(i *instance) bool { return i.wake == nil })
	if one == nil {
		return ""
	}
	one.wake = one.cable.hold()
	return fmt.Sprint("instance ", at, " freezes")
}

func (sr *scenarioRun) instanceWakes(s step) string {
	at, one := sr.up(s, func(i *instance) bool { return i.wake != nil })
	if one == nil {
		return ""
	}
	sr.rouse(one)
	return fmt.Sprint("instance ", at, " wakes")
}

func (sr *scenarioRun) rouse(one *instance) {
	if one.wake != nil {
		one.wake()
		one.wake = nil
	}
}

// collect takes an instance's reports.
func (sr *scenarioRun) collect(one *instance) {
	for len(one.reports) > 0 {
		report := <-one.reports
		sr.results = append(sr.results, result{Report: report, order: producer.Order{Trigger: report.Trigger}})
		sr.log("  instance reports ", summary(report, report.Err()))
	}
}

// endMachines ends all instances and runs.
func (sr *scenarioRun) endMachines() {
	for at, one := range sr.instances {
		if one != nil {
			sr.rouse(one)
			one.stop()
			sr.collect(one)
			sr.instances[at] = nil
		}
	}
	sr.dying.Wait()
}
