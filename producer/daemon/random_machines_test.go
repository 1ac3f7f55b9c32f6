package daemon

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	"notion-kafka/notion/notiontest"
	"notion-kafka/producer"
	"notion-kafka/producer/control"
	"notion-kafka/producer/schedule"
)

// The machines of a scenario are its processes and the faults around them.
type machines struct {
	instances [2]*instance // nil where none runs
	dying     sync.WaitGroup
	results   []result // of runs that were not checked yet

	form     producer.Form // of fingerprints, for processes that start from now on
	pace     *rand.Rand    // how fast Notion answers; guarded by the truth's mutex
	requests int           // that Notion got
	due      []event       // that happen during a future request
	locks    int           // databases that become inaccessible at the next look at one of their pages
}

// A result is the report of a run and its order.
type result struct {
	producer.Report
	order producer.Order
	alone bool // no instance ran beside it
}

// An event happens while a request is under way.
type event struct {
	request int
	happen  func()
}

// machinesVerbs are the events of the processes.
func machinesVerbs() []verb {
	return []verb{
		{name: "time passes", weight: 22, do: (*scenarioRun).timePasses},
		{name: "run", weight: 26, do: (*scenarioRun).runs},
		{name: "run that is killed", weight: 10, do: (*scenarioRun).killedRun},
		{name: "run with a bad line", weight: 6, do: (*scenarioRun).runOnBadLine},
		{name: "run while Notion fails", weight: 8, do: (*scenarioRun).runWhileNotionFails},
		{name: "confirm deletes", weight: 3, do: (*scenarioRun).confirms},
		{name: "reset", weight: 1, do: (*scenarioRun).resets},
		{name: "instance starts", weight: 6, do: (*scenarioRun).instanceStarts},
		{name: "instance is killed", weight: 4, do: (*scenarioRun).instanceIsKilled},
		{name: "instance stops", weight: 3, do: (*scenarioRun).instanceStops},
		{name: "instance freezes", weight: 2, do: (*scenarioRun).instanceFreezes},
		{name: "instance wakes", weight: 3, do: (*scenarioRun).instanceWakes},
		{name: "instance is left alone", weight: 2, do: (*scenarioRun).isLeftAlone},
		{name: "Notion fails", weight: 4, do: (*scenarioRun).notionFails},
		{name: "Kafka fails", weight: 4, do: (*scenarioRun).kafkaFails},
		{name: "upgrade", weight: 1, do: (*scenarioRun).upgrades},
		{name: "settle", weight: 3, do: (*scenarioRun).settles},
	}
}

// latency is how long the next request takes.
func (sr *scenarioRun) latency() time.Duration {
	sr.mu.Lock()
	defer sr.mu.Unlock()
	return time.Duration(sr.pace.Int64N(int64(sr.conditions.latency) + 1))
}

// requested carries out the events that are due during this request.
func (sr *scenarioRun) requested() {
	sr.mu.Lock()
	sr.requests++
	var now []event
	sr.due = slices.DeleteFunc(sr.due, func(e event) bool {
		if e.request <= sr.requests {
			now = append(now, e)
			return true
		}
		return false
	})
	sr.mu.Unlock()
	for _, e := range now {
		e.happen()
	}
}

// later makes something happen during the n-th request from now on.
func (sr *scenarioRun) later(n int, happen func()) {
	sr.mu.Lock()
	defer sr.mu.Unlock()
	sr.due = append(sr.due, event{sr.requests + n, happen})
}

// looked removes the access to a database during a look at one of its pages, where that
// is due.
func (sr *scenarioRun) looked(path string) {
	id, isPage := strings.CutPrefix(path, "/v1/pages/")
	if !isPage {
		return
	}
	sr.mu.Lock()
	defer sr.mu.Unlock()
	at := slices.IndexFunc(sr.pages, func(p *page) bool { return p.id == id && !p.elsewhere && !p.dataSource.database.unshared })
	if sr.locks == 0 || at < 0 {
		return
	}
	sr.locks--
	sr.lines = append(sr.lines, time.Now().Format(stamp)+"  meanwhile "+sr.lock(sr.pages[at].dataSource.database))
}

// shuffled makes Notion answer some queries in another order than before.
func (sr *scenarioRun) shuffled(path string) *notiontest.Fault {
	sr.mu.Lock()
	defer sr.mu.Unlock()
	if sr.conditions.shuffles == 0 || !strings.HasSuffix(path, "/query") || sr.pace.Float64() >= sr.conditions.shuffles {
		return nil
	}
	fault := notiontest.Shuffled()
	return &fault
}

// hurry carries out the events that wait for a request.
func (sr *scenarioRun) hurry() {
	sr.mu.Lock()
	due := sr.due
	sr.due, sr.locks = nil, 0
	sr.mu.Unlock()
	for _, e := range due {
		e.happen()
	}
}

// wants gives a source the settings of the scenario.
func (sr *scenarioRun) wants(src *producer.Source) {
	src.Select = func(stream, _, _ string) (producer.Settings, bool) {
		for _, r := range sr.databases {
			if r.stream == stream {
				if r.settings == nil {
					return producer.Settings{}, false
				}
				return *r.settings, true
			}
		}
		return producer.Settings{Overlap: 2 * time.Minute}, stream == producer.DatabasesStream
	}
	src.Trigger = schedule.Every{Interval: 5 * time.Minute}
	if sr.conditions.hidden {
		src.Named = []string{sr.databases[1].db.ID()}
	}
}

// begin starts a process of the installed version.
func (sr *scenarioRun) begin() *process {
	p := sr.start(sr.wants)
	p.form = sr.form
	return p
}

// upgrades ends everything and installs a version with another form of fingerprints.
func (sr *scenarioRun) upgrades(step) string {
	if sr.form.Before != nil {
		return ""
	}
	sr.endMachines()
	before := sr.form
	sr.form = producer.Form{Version: before.Version + 1, Of: func(one producer.Fingerprinted) uint64 { return ^before.Of(one) }, Before: &before}
	return "everything is stopped, and a version installed that takes other fingerprints"
}

// timePasses waits for seconds up to a day, but at most an hour while instances poll.
func (sr *scenarioRun) timePasses(s step) string {
	d := time.Duration(1+s.dice[1]%59) * time.Second
	switch {
	case s.dice[0]%10 < 4:
	case s.dice[0]%10 < 8:
		d *= 20
	default:
		d *= 1500
	}
	if sr.instances != [2]*instance{} {
		d = min(d, time.Hour)
	}
	sr.pass(d)
	return d.String() + " go by"
}

// order is the order of a run.
func (s step) order() producer.Order {
	switch s.dice[0] % 12 {
	case 0, 1, 2, 3, 4:
		return producer.Order{Trigger: "schedule"}
	case 5, 6:
		return producer.Order{Trigger: "manual"}
	case 7:
		return producer.Order{Trigger: "manual", Full: true, Republish: s.dice[1]%3 == 0}
	case 8:
		return producer.Order{Trigger: "schedule", Sweeps: true}
	default:
		return producer.Order{Trigger: "schedule", Full: true}
	}
}

func orderText(o producer.Order) string {
	var b strings.Builder
	b.WriteString("run by " + string(o.Trigger))
	for what, is := range map[string]bool{"full": o.Full, "republish": o.Republish, "sweeps": o.Sweeps, "confirm": o.Confirm} {
		if is {
			b.WriteString(", " + what)
		}
	}
	return b.String()
}

// once runs a process one time and returns the result in words. prepare may make its
// network line fail. Where prepare calls ended after a cut, the process ends there.
func (sr *scenarioRun) once(order producer.Order, prepare func(c *cable, ended func())) string {
	if order.Republish {
		sr.republishes()
	}
	p := sr.begin()
	ctx, cancel := context.WithCancel(sr.t.Context())
	dead := make(chan struct{})
	prepare(p.cable, func() {
		cancel()
		close(dead)
	})
	type outcome struct {
		report producer.Report
		err    error
	}
	done := make(chan outcome, 1)
	sr.dying.Go(func() {
		defer cancel()
		defer p.cluster.Close()
		report, err := p.run(ctx, order)
		done <- outcome{report, err}
	})
	select {
	case <-dead:
		return "killed"
	case o := <-done:
		if o.report.ID != "" {
			sr.results = append(sr.results, result{o.report, order, sr.instances == [2]*instance{}})
			sr.confirmed[o.report.ID] = order.Confirm
		}
		return summary(o.report, o.err)
	}
}

// summary describes a run in a line.
func summary(report producer.Report, err error) string {
	var b strings.Builder
	b.WriteString(string(report.Status))
	for _, s := range report.Streams {
		if s.Stream == producer.DatabasesStream && s.Status == control.Succeeded {
			continue
		}
		fmt.Fprintf(&b, "; %s of %s %s: %d read, %d published, %d deleted, %d held", s.Kind, s.Title, s.Status, s.Read, s.Published, s.Deleted, s.Held)
		if s.Error != "" {
			fmt.Fprintf(&b, " (%.150s)", s.Error)
		}
	}
	if err != nil {
		fmt.Fprintf(&b, "; %.300v", err)
	}
	return b.String()
}

func (sr *scenarioRun) runs(s step) string {
	order := s.order()
	return orderText(order) + ": " + sr.once(order, func(*cable, func()) {})
}

// killedRun is a run that is killed at a read or write of its Kafka connection, before a
// request arrives or after it was carried out, or during a request to Notion.
func (sr *scenarioRun) killedRun(s step) string {
	order, n := s.order(), 1+s.dice[1]%60
	where := fmt.Sprintf("write %d to Kafka", n)
	came := sr.once(order, func(c *cable, ended func()) {
		c.onCut = ended
		switch s.dice[2] % 3 {
		case 0:
			c.cutWrite.Store(int64(n))
		case 1:
			where = fmt.Sprintf("read %d from Kafka", n)
			c.cutRead.Store(int64(n))
		default:
			where = fmt.Sprintf("request %d to Notion", 1+n%20)
			sr.later(int(1+n%20), func() { _ = c.cut() })
		}
	})
	return fmt.Sprintf("%s, killed at %s: %s", orderText(order), where, came)
}

// runOnBadLine is a run whose connections to Kafka are cut once.
func (sr *scenarioRun) runOnBadLine(s step) string {
	order, n := s.order(), int64(1+s.dice[1]%60)
	came := sr.once(order, func(c *cable, _ func()) {
		c.onCut = c.repair
		if s.dice[2]%2 == 0 {
			c.cutWrite.Store(n)
		} else {
			c.cutRead.Store(n)
		}
	})
	return fmt.Sprintf("%s, its line cut at %s %d: %s", orderText(order), []string{"write", "read"}[s.dice[2]%2], n, came)
}

func (sr *scenarioRun) runWhileNotionFails(s step) string {
	faults := sr.notionFails(s)
	return faults + "; " + sr.runs(step{dice: [3]uint64{s.dice[2], s.dice[1], s.dice[0]}})
}

func (sr *scenarioRun) confirms(s step) string {
	r := sr.someDatabase(s, func(r *database) bool { return r.settings != nil })
	return "deletes of " + r.db.Title() + " are confirmed: " + sr.confirm(r)
}

func (sr *scenarioRun) confirm(r *database) string {
	return sr.once(producer.Order{Trigger: "manual", Confirm: true, Streams: []string{r.stream}}, func(*cable, func()) {})
}

// resets resets a stream, sometimes with --forget.
func (sr *scenarioRun) resets(s step) string {
	r := sr.someDatabase(s, func(r *database) bool { return r.settings != nil })
	forget := s.dice[1]%2 == 0
	p := sr.start(sr.wants)
	defer p.cluster.Close()
	err := p.Reset(sr.t.Context(), "acme", r.stream, forget)
	if err == nil && forget {
		sr.consumer.forgets(r)
	}
	return fmt.Sprintf("reset of %s, forget %v: %v", r.db.Title(), forget, err)
}
