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
	"notion-kafka/producer/schedule"
)

// The machines of a story are its processes, and what goes wrong around them.
type machines struct {
	instances [2]*instance // nil where none is up
	dying     sync.WaitGroup
	results   []result // of runs that were not looked at yet

	form     producer.Form // of the fingerprints of processes that start from now on
	pace     *rand.Rand    // how fast Notion answers; guarded by the truth's mutex
	requests int           // that Notion got
	due      []event       // in the middle of one of them
	locks    int           // databases whose access is lost when Notion is asked for one of their pages next
}

// A result is what a run reported, and what it was asked to do.
type result struct {
	producer.Report
	order producer.Order
	alone bool // no instance was up beside it
}

// An event happens while a request is under way.
type event struct {
	request int
	happen  func()
}

// machinesVerbs are what happens to the processes.
func machinesVerbs() []verb {
	return []verb{
		{name: "time passes", weight: 22, do: (*tale).timePasses},
		{name: "run", weight: 26, do: (*tale).runs},
		{name: "run that is killed", weight: 10, do: (*tale).killedRun},
		{name: "run with a bad line", weight: 6, do: (*tale).runOnBadLine},
		{name: "run while Notion ails", weight: 8, do: (*tale).runWhileNotionAils},
		{name: "confirm deletes", weight: 3, do: (*tale).confirms},
		{name: "reset", weight: 1, do: (*tale).resets},
		{name: "instance starts", weight: 6, do: (*tale).instanceStarts},
		{name: "instance is killed", weight: 4, do: (*tale).instanceIsKilled},
		{name: "instance stops", weight: 3, do: (*tale).instanceStops},
		{name: "instance freezes", weight: 2, do: (*tale).instanceFreezes},
		{name: "instance wakes", weight: 3, do: (*tale).instanceWakes},
		{name: "instance is left alone", weight: 2, do: (*tale).isLeftAlone},
		{name: "Notion ails", weight: 4, do: (*tale).notionAils},
		{name: "Kafka ails", weight: 4, do: (*tale).kafkaAils},
		{name: "upgrade", weight: 1, do: (*tale).upgrades},
		{name: "settle", weight: 3, do: (*tale).settles},
	}
}

// latency is how long the next request takes.
func (tl *tale) latency() time.Duration {
	tl.mu.Lock()
	defer tl.mu.Unlock()
	return time.Duration(tl.pace.Int64N(int64(tl.place.latency) + 1))
}

// requested lets happen what is due in the middle of this request.
func (tl *tale) requested() {
	tl.mu.Lock()
	tl.requests++
	var now []event
	tl.due = slices.DeleteFunc(tl.due, func(e event) bool {
		if e.request <= tl.requests {
			now = append(now, e)
			return true
		}
		return false
	})
	tl.mu.Unlock()
	for _, e := range now {
		e.happen()
	}
}

// later has something happen in the middle of the n-th request from now on.
func (tl *tale) later(n int, happen func()) {
	tl.mu.Lock()
	defer tl.mu.Unlock()
	tl.due = append(tl.due, event{tl.requests + n, happen})
}

// looked takes the access to a database away while one of its pages is looked at,
// where that is due.
func (tl *tale) looked(path string) {
	id, isPage := strings.CutPrefix(path, "/v1/pages/")
	if !isPage {
		return
	}
	tl.mu.Lock()
	defer tl.mu.Unlock()
	at := slices.IndexFunc(tl.pages, func(p *page) bool { return p.id == id && !p.elsewhere && !p.table.room.unshared })
	if tl.locks == 0 || at < 0 {
		return
	}
	tl.locks--
	tl.lines = append(tl.lines, time.Now().Format(stamp)+"  meanwhile "+tl.lock(tl.pages[at].table.room))
}

// shuffled has a query be answered in another order than before, now and then.
func (tl *tale) shuffled(path string) *notiontest.Fault {
	tl.mu.Lock()
	defer tl.mu.Unlock()
	if tl.place.shuffles == 0 || !strings.HasSuffix(path, "/query") || tl.pace.Float64() >= tl.place.shuffles {
		return nil
	}
	fault := notiontest.Shuffled()
	return &fault
}

// hurry lets happen now what waits for a request.
func (tl *tale) hurry() {
	tl.mu.Lock()
	due := tl.due
	tl.due, tl.locks = nil, 0
	tl.mu.Unlock()
	for _, e := range due {
		e.happen()
	}
}

// wants is a source with what the story wants of it.
func (tl *tale) wants(src *producer.Source) {
	src.Select = func(stream, _, _ string) (producer.Settings, bool) {
		for _, r := range tl.rooms {
			if r.stream == stream {
				if r.wanted == nil {
					return producer.Settings{}, false
				}
				return *r.wanted, true
			}
		}
		return producer.Settings{Overlap: 2 * time.Minute}, stream == producer.DatabasesStream
	}
	src.Trigger = schedule.Every{Interval: 5 * time.Minute}
	if tl.place.hidden {
		src.Named = []string{tl.rooms[1].db.ID()}
	}
}

// begin begins a process of the version that is installed.
func (tl *tale) begin() *process {
	p := tl.start(tl.wants)
	p.form = tl.form
	return p
}

// upgrades ends what runs and installs a version that takes fingerprints in
// another way.
func (tl *tale) upgrades(step) string {
	if tl.form.Before != nil {
		return ""
	}
	tl.endMachines()
	before := tl.form
	tl.form = producer.Form{Version: before.Version + 1, Of: func(one producer.Fingerprinted) uint64 { return ^before.Of(one) }, Before: &before}
	return "everything is stopped, and a version installed that takes other fingerprints"
}

// timePasses is seconds to a day, but no more than an hour where instances poll
// all the time.
func (tl *tale) timePasses(s step) string {
	d := time.Duration(1+s.dice[1]%59) * time.Second
	switch {
	case s.dice[0]%10 < 4:
	case s.dice[0]%10 < 8:
		d *= 20
	default:
		d *= 1500
	}
	if tl.instances != [2]*instance{} {
		d = min(d, time.Hour)
	}
	tl.pass(d)
	return d.String() + " go by"
}

// order is what a run is asked to do.
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

func toldOrder(o producer.Order) string {
	var b strings.Builder
	b.WriteString("run by " + string(o.Trigger))
	for what, is := range map[string]bool{"full": o.Full, "republish": o.Republish, "sweeps": o.Sweeps, "confirm": o.Confirm} {
		if is {
			b.WriteString(", " + what)
		}
	}
	return b.String()
}

// once runs a process one time, and answers with what came of it. prepare may
// give it a bad line; with ended as what follows a cut, that is the end of the
// process.
func (tl *tale) once(order producer.Order, prepare func(c *cable, ended func())) string {
	if order.Republish {
		tl.republishes()
	}
	p := tl.begin()
	ctx, cancel := context.WithCancel(tl.t.Context())
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
	tl.dying.Go(func() {
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
			tl.results = append(tl.results, result{o.report, order, tl.instances == [2]*instance{}})
			tl.confirmed[o.report.ID] = order.Confirm
		}
		return summary(o.report, o.err)
	}
}

// summary tells of a run in a line.
func summary(report producer.Report, err error) string {
	var b strings.Builder
	b.WriteString(string(report.Status))
	for _, s := range report.Streams {
		if s.Stream == producer.DatabasesStream && s.Status == producer.Succeeded {
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

func (tl *tale) runs(s step) string {
	order := s.order()
	return toldOrder(order) + ": " + tl.once(order, func(*cable, func()) {})
}

// killedRun dies at a point of its talk with Kafka, before a request arrived or
// after it was carried out, or in the middle of a request to Notion.
func (tl *tale) killedRun(s step) string {
	order, n := s.order(), 1+s.dice[1]%60
	where := fmt.Sprintf("write %d to Kafka", n)
	came := tl.once(order, func(c *cable, ended func()) {
		c.onCut = ended
		switch s.dice[2] % 3 {
		case 0:
			c.cutWrite.Store(int64(n))
		case 1:
			where = fmt.Sprintf("read %d from Kafka", n)
			c.cutRead.Store(int64(n))
		default:
			where = fmt.Sprintf("request %d to Notion", 1+n%20)
			tl.later(int(1+n%20), func() { _ = c.cut() })
		}
	})
	return fmt.Sprintf("%s, killed at %s: %s", toldOrder(order), where, came)
}

// runOnBadLine is a run whose connections to Kafka are cut once.
func (tl *tale) runOnBadLine(s step) string {
	order, n := s.order(), int64(1+s.dice[1]%60)
	came := tl.once(order, func(c *cable, _ func()) {
		c.onCut = c.repair
		if s.dice[2]%2 == 0 {
			c.cutWrite.Store(n)
		} else {
			c.cutRead.Store(n)
		}
	})
	return fmt.Sprintf("%s, its line cut at %s %d: %s", toldOrder(order), []string{"write", "read"}[s.dice[2]%2], n, came)
}

func (tl *tale) runWhileNotionAils(s step) string {
	ills := tl.notionAils(s)
	return ills + "; " + tl.runs(step{dice: [3]uint64{s.dice[2], s.dice[1], s.dice[0]}})
}

func (tl *tale) confirms(s step) string {
	r := tl.someRoom(s, func(r *room) bool { return r.wanted != nil })
	return "deletes of " + r.db.Title() + " are confirmed: " + tl.confirm(r)
}

func (tl *tale) confirm(r *room) string {
	return tl.once(producer.Order{Trigger: "manual", Confirm: true, Streams: []string{r.stream}}, func(*cable, func()) {})
}

// resets makes a stream be scanned afresh, and sometimes be published again.
func (tl *tale) resets(s step) string {
	r := tl.someRoom(s, func(r *room) bool { return r.wanted != nil })
	forget := s.dice[1]%2 == 0
	p := tl.start(tl.wants)
	defer p.cluster.Close()
	err := p.Reset(tl.t.Context(), "acme", r.stream, forget)
	if err == nil && forget {
		tl.ledger.forgets(r)
	}
	return fmt.Sprintf("reset of %s, forget %v: %v", r.db.Title(), forget, err)
}
