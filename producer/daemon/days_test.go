package daemon

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"notion-kafka/notion/notiontest"
	"notion-kafka/producer"
	"notion-kafka/producer/control"
)

// sumOf adds days up.
func sumOf(days []control.Day) (sum control.Day) {
	for _, d := range days {
		sum.Snapshot, sum.Created, sum.Updated, sum.Deleted, sum.Failed = sum.Snapshot+d.Snapshot, sum.Created+d.Created, sum.Updated+d.Updated, sum.Deleted+d.Deleted, sum.Failed+d.Failed
	}
	return sum
}

// published are the records of the source's topics by op, as days count them.
func (w *world) published(topics ...string) (sum control.Day) {
	for _, topic := range append(topics, "notion.acme.databases") {
		is := ops(w.records(topic))
		sum.Snapshot, sum.Created, sum.Updated, sum.Deleted = sum.Snapshot+is["snapshot"], sum.Created+is["create"], sum.Updated+is["update"], sum.Deleted+is["delete"]
	}
	return sum
}

// days are the days of source acme.
func (i *member) days() []control.Day { return i.Sources()[0].Days }

// inHistory is what the ended runs of the history say together. It is the truth about
// days while no run has left the history.
func (i *member) inHistory() (sum control.Day) {
	for _, run := range i.runs() {
		if run.Status.Ended() {
			sum = sumOf(append(control.Days{}.With(run).Days, sum))
		}
	}
	sum.Day = ""
	return sum
}

// Days count every record of the topics once, over days, restarts and a definition that
// changes; quiet runs write no days.
func TestDaysCountEveryRecordOnce(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		began := time.Now()
		db := w.addTasks(10)
		i := w.member("instance 0")
		i.started()
		w.pass(10 * time.Minute)
		for day := range 4 {
			pages := db.Pages(notiontest.Live)
			w.notion.Edit(pages[0], notiontest.Values{"Points": 100 + day})
			db.AddPage("new", nil)
			w.notion.Trash(pages[1])
			w.pass(10 * time.Minute)
			w.notion.Edit(pages[0], notiontest.Values{"Points": 200 + day})
			w.pass(30 * time.Minute)
			i.stop()
			w.pass(time.Duration(day+1)*24*time.Hour - time.Since(began)) // while nobody runs
			i = w.member(fmt.Sprint("instance ", day+1))
			i.started()
			w.pass(10 * time.Minute)
		}
		before := w.dayRecords()
		w.pass(time.Hour)
		if after := w.dayRecords(); after != before || before == 0 {
			t.Errorf("%d records of days, and after a quiet hour %d", before, after)
		}
		if diff := cmp.Diff(w.published(tasksTopic), sumOf(i.days())); diff != "" {
			t.Errorf("the topics (-) and the days (+)\n%s", diff)
		}
		var names []string
		for _, d := range i.days() {
			names = append(names, d.Day)
		}
		if got := strings.Join(names, " "); got != "2000-01-01 2000-01-02 2000-01-03 2000-01-04" {
			t.Errorf("days %s: %+v", got, i.days())
		}
		i.stop()
	})
}

// dayRecords is how often the days of a source were written.
func (w *world) dayRecords() (n int) {
	for _, r := range w.records("control") {
		if strings.HasPrefix(string(r.Key), "days/") {
			n++
		}
	}
	return n
}

// A run that spans midnight counts on the day it ended.
func TestDaysOfARunOverMidnight(t *testing.T) {
	inWorld(t, notiontest.Options{Latency: slowly}, func(t *testing.T, w *world) {
		w.addTasks(2000)
		w.pass(time.Until(time.Date(2000, 1, 1, 23, 50, 0, 0, time.UTC)))
		i := w.member("one", byHandOnly)
		i.started()
		w.pass(time.Until(time.Date(2000, 1, 1, 23, 59, 59, 0, time.UTC)))
		run := i.finished(i.mustStart(producer.Order{}).ID)
		if run.StartedAt.Day() != 1 || run.FinishedAt.Day() != 2 {
			t.Fatalf("the run was from %s to %s", run.StartedAt, run.FinishedAt)
		}
		if diff := cmp.Diff([]control.Day{{Day: "2000-01-02", Snapshot: 2001}}, i.days()); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
		i.stop()
	})
}

// Who reads that a run has ended has read its log and its day, since the control topic is
// read one record at a time.
func TestEndOfARunIsReadAfterItsDay(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		w.addTasks(10)
		i := w.member("one", byHandOnly)
		i.started()
		i.finished(i.mustStart(producer.Order{}).ID)
		i.stop()
		memory := control.NewMemory()
		for _, r := range w.records("control") {
			if err := memory.Apply(r.Key, r.Value, r.Time); err != nil {
				t.Fatal(err)
			}
			last, _ := memory.Logs("acme")
			if runs := memory.Runs("acme"); len(runs) > 0 && runs[0].Run.Status.Ended() && (last == nil || len(memory.Days("acme").Days) == 0) {
				t.Fatalf("the run has ended at offset %d, with the log %v and the days %v", r.Offset, last, memory.Days("acme"))
			}
		}
		if runs := memory.Runs("acme"); len(runs) != 1 || !runs[0].Run.Status.Ended() {
			t.Errorf("%+v", runs)
		}
	})
}

// An interrupted run counts what its last entry says, once, also where two owners die in
// it: the next owner counts it when it closes it, and then only its own work.
func TestDaysAfterATakeover(t *testing.T) {
	inWorld(t, notiontest.Options{Latency: slowly}, func(t *testing.T, w *world) {
		w.addTasks(9000)
		owner, dead := w.member("one"), ""
		for n, name := range []string{"two", "three"} {
			owner.awaits(func(m *control.Memory) bool {
				for _, open := range m.UnfinishedRuns("acme") {
					if open.Run.ID != dead && len(open.Run.Streams) > 1 && open.Run.Streams[1].Published > 0 {
						dead = open.Run.ID
						return true
					}
				}
				return false
			})
			_ = owner.cable.cut()
			defer owner.stop()
			defer owner.cable.repair()
			owner = w.member(name)
			if n == 1 {
				w.pass(time.Hour)
			}
		}
		sum, history := sumOf(owner.days()), owner.inHistory()
		if diff := cmp.Diff(history, sum); diff != "" {
			t.Errorf("the history (-) and the days (+)\n%s", diff)
		}
		if all := w.published(tasksTopic); sum.Failed != 2 || sum.Snapshot > all.Snapshot || sum.Snapshot < all.Snapshot/2 {
			t.Errorf("days %+v, and the topics have %+v", sum, all)
		}
		owner.stop()
	})
}

// While the control topic takes no records, the days wait for the next write that it
// takes, and count every run once: nothing is lost with the records of the history that
// there is no room to keep.
func TestDaysOfAWriteThatIsOwed(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		db := w.addTasks(5)
		i := w.member("one")
		i.started()
		w.pass(10 * time.Minute)
		allow := w.refuse("control")
		for n := range 3 {
			w.notion.Edit(db.Pages(notiontest.Live)[0], notiontest.Values{"Points": 100 + n})
			w.pass(20 * time.Minute)
		}
		for range mostOwed + 10 { // runs by hand that change nothing
			run := control.Run{ID: producer.NewID(time.Now()), Source: "acme", Trigger: control.ByHand, Status: control.Succeeded, StartedAt: time.Now(), FinishedAt: time.Now(), Streams: []control.StreamRun{}}
			if err := i.runner().history().write(t.Context(), i.runner(), run, producer.Order{}, nil); err != nil {
				t.Fatal(err)
			}
		}
		if sum := sumOf(i.days()); sum.Updated != 0 {
			t.Fatalf("the topic takes no records, and says %+v: the test proves nothing", sum)
		}
		allow()
		w.pass(20 * time.Minute)
		if diff := cmp.Diff(w.published(tasksTopic), sumOf(i.days())); diff != "" {
			t.Errorf("the topics (-) and the days (+)\n%s", diff)
		}
		i.stop()
		heir := w.member("two")
		heir.started()
		w.notion.Edit(db.Pages(notiontest.Live)[0], notiontest.Values{"Points": 7})
		w.pass(20 * time.Minute)
		if diff := cmp.Diff(w.published(tasksTopic), sumOf(heir.days())); diff != "" {
			t.Errorf("the topics (-) and the days of the next owner (+)\n%s", diff)
		}
		heir.stop()
	})
}

// Runs that fail are counted. A source that is removed takes its days with it.
func TestDaysCountFailuresAndGoWithTheirSource(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		w.addTasks(5)
		i := w.member("one")
		i.started()
		if _, err := i.PutSource(t.Context(), "beta", control.Definition{Spec: []byte(`{}`)}, true); err != nil {
			t.Fatal(err)
		}
		w.pass(10 * time.Minute)
		w.notion.FailAlways("search", notiontest.InternalError())
		w.pass(time.Hour)
		beta := i.Sources()[1]
		if sum := sumOf(beta.Days); beta.Name != "beta" || sum.Failed == 0 || sum.Snapshot != 6 {
			t.Errorf("source %s: %+v", beta.Name, beta.Days)
		}
		if err := i.DeleteSource(t.Context(), "beta"); err != nil {
			t.Fatal(err)
		}
		w.notion.StopFailing("search")
		i.opts.Control.View(func(m *control.Memory) {
			if days := m.Days("beta").Days; len(days) > 0 {
				t.Errorf("removed, and its days are %+v", days)
			}
		})
		i.stop()
	})
}

// A run that a previous owner did not end is counted once, even if the control topic does
// not take its end at first and it is found unfinished a second time.
func TestDaysCountAnInterruptedRunOnce(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		i := w.member("one", byHandOnly)
		i.started()
		w.pass(time.Minute) // it has looked for runs to continue
		old := control.Run{
			ID: "old", Source: "acme", Status: control.Running, Trigger: control.BySchedule, StartedAt: time.Now(),
			Streams: []control.StreamRun{{Stream: "databases", Status: control.Running, Published: 3, Updated: 3}},
		}
		if err := i.opts.Control.Append(t.Context(), control.Record{Key: control.RunKey("acme", 50), Value: control.Entry{N: 50, Run: old}}); err != nil {
			t.Fatal(err)
		}
		i.awaits(func(m *control.Memory) bool { return len(m.UnfinishedRuns("acme")) == 1 })
		allow := w.refuse("control")
		for range 2 {
			if err := i.runner().history().closeInterrupted(t.Context(), i.runner(), []string{"old"}, "continued"); err != nil {
				t.Fatal(err)
			}
		}
		allow()
		w.pass(2 * time.Minute)
		if diff := cmp.Diff([]control.Day{{Day: "2000-01-01", Updated: 3, Failed: 1}}, i.days()); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
		if run := i.runs()[0]; run.Status != control.Failed || run.Error != "interrupted, continued" {
			t.Errorf("the run: %+v", run)
		}
		i.stop()
	})
}
