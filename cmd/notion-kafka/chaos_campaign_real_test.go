//go:build real

package main_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"
)

// A campaign is daemons and a broker with a plan of faults.
type campaign struct {
	*sourceStage
	broker  *broker
	daemons []*child // by number; while faults are injected, each belongs to its own goroutine
	began   time.Time

	mu    sync.Mutex
	harms []harm
}

// A harm is a fault and when it was injected.
type harm struct {
	fault
	pid         string // of the daemon
	done, ended time.Time
}

// endPatience is how long a daemon may take to end after SIGTERM: a transaction has two
// thirds of its timeout of 30 s, and the broker may be down.
const endPatience = 45 * time.Second

func newCampaign(w *sourceStage, b *broker, daemons int) *campaign {
	c := &campaign{sourceStage: w, broker: b, daemons: make([]*child, daemons), began: time.Now()}
	for n := range c.daemons {
		c.daemons[n] = c.startDaemon()
	}
	return c
}

// startDaemon starts a daemon that reads every source each second, and sweeps.
func (c *campaign) startDaemon() *child {
	c.t.Helper()
	return c.start("run", "--set", "defaults.trigger.every=1s", "--set", "defaults.sweep.every=5s", "--log-format", "json")
}

// carryOut injects the planned faults, those of each target one after another, and
// returns when everything is repaired.
func (c *campaign) carryOut(plan []fault) {
	const theBroker = -1
	byTarget := map[int][]fault{}
	for _, f := range plan {
		target := f.daemon
		if f.ofBroker() {
			target = theBroker
		}
		byTarget[target] = append(byTarget[target], f)
	}
	var targets sync.WaitGroup
	for target, faults := range byTarget {
		targets.Go(func() {
			for _, f := range faults {
				c.pause(time.Until(c.began.Add(f.at)))
				if target == theBroker {
					c.breakBroker(f)
				} else {
					c.breakDaemon(f)
				}
			}
		})
	}
	targets.Wait()
}

// pause waits: a plan sets how long things run and how long they stay broken.
func (c *campaign) pause(d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-c.ctx.Done():
	}
}

func (c *campaign) breakDaemon(f fault) {
	daemon := c.daemons[f.daemon]
	done := c.tell(f, daemon.pid())
	switch f.kind {
	case stopDaemon:
		daemon.signal(syscall.SIGSTOP)
		c.pause(f.rest)
		daemon.signal(syscall.SIGCONT)
	case killDaemon:
		c.checkAlive(f.daemon)
		daemon.kill()
		c.replace(f)
	default:
		c.end(f.daemon)
		c.replace(f)
	}
	done()
}

// replace starts another daemon instead of one that ended, and waits for its first
// output: an earlier SIGTERM would be lost.
func (c *campaign) replace(f fault) {
	c.keepLog(f.daemon)
	c.pause(f.rest)
	daemon := c.startDaemon()
	c.daemons[f.daemon] = daemon
	said, grown := daemon.talk.line(0)
	if said != "" {
		return
	}
	select {
	case <-grown:
	case <-daemon.isEnded:
	case <-c.ctx.Done():
	}
}

// checkAlive fails the test if a daemon ended by itself.
func (c *campaign) checkAlive(n int) {
	daemon := c.daemons[n]
	select {
	case <-daemon.isEnded:
		c.t.Errorf("daemon %d (pid %s) ended by itself with exit code %d", n, daemon.pid(), daemon.end.code)
	default:
	}
}

// end stops a daemon and checks that it ends well.
func (c *campaign) end(n int) {
	c.checkAlive(n)
	daemon := c.daemons[n]
	asked := time.Now()
	daemon.signal(syscall.SIGTERM)
	ctx, cancel := context.WithTimeout(c.ctx, endPatience)
	defer cancel()
	select {
	case <-daemon.isEnded:
		if daemon.end.code != 0 {
			c.t.Errorf("SIGTERM ended daemon %d (pid %s) with exit code %d", n, daemon.pid(), daemon.end.code)
		}
	case <-ctx.Done():
		c.t.Errorf("daemon %d (pid %s) has not ended %v after SIGTERM", n, daemon.pid(), time.Since(asked).Round(time.Second))
		_ = daemon.cmd.Process.Signal(syscall.SIGQUIT) // its log then shows where it hangs
		<-daemon.isEnded
	}
}

// endAll stops every daemon.
func (c *campaign) endAll() {
	for n := range c.daemons {
		c.end(n)
		c.keepLog(n)
	}
}

// keepLog writes the log of a daemon that ended beside the broker's.
func (c *campaign) keepLog(n int) {
	daemon := c.daemons[n]
	name := filepath.Join(c.broker.run, fmt.Sprintf("daemon-%d.%s.log", n, daemon.pid()))
	if err := os.WriteFile(name, []byte(daemon.talk.String()), 0o600); err != nil {
		c.t.Error(err)
	}
}

func (c *campaign) breakBroker(f fault) {
	const theNode = 1
	done := c.tell(f, "")
	err := func() error {
		switch f.kind {
		case pauseBroker:
			if err := c.broker.signal(theNode, syscall.SIGSTOP); err != nil {
				return err
			}
			c.pause(f.rest)
			return c.broker.signal(theNode, syscall.SIGCONT)
		case killBroker:
			if err := c.broker.kill(c.ctx, theNode); err != nil {
				return err
			}
		default:
			if err := c.broker.end(c.ctx, theNode); err != nil {
				return err
			}
		}
		c.pause(f.rest)
		return c.broker.up(c.ctx)
	}()
	if err != nil {
		c.t.Errorf("%s: %v", f.kind, err)
	}
	done()
}

// tell writes a fault into the timeline, and its repair once that is done.
func (c *campaign) tell(f fault, pid string) (done func()) {
	h := harm{fault: f, pid: pid, done: time.Now()}
	what := string(f.kind)
	if pid != "" {
		what = fmt.Sprintf("%s daemon %d (pid %s)", f.kind, f.daemon, pid)
	}
	c.say(what)
	return func() {
		h.ended = time.Now()
		c.say(fmt.Sprintf("%s: over after %.1f s", what, h.ended.Sub(h.done).Seconds()))
		c.mu.Lock()
		defer c.mu.Unlock()
		c.harms = append(c.harms, h)
	}
}

// say writes a line into the timeline.
func (c *campaign) say(what string) {
	c.t.Logf("%7.1f s  %s", time.Since(c.began).Seconds(), what)
}
