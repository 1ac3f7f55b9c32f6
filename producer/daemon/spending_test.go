package daemon

import (
	"testing"
	"time"

	"notion-kafka/notion/notiontest"
	"notion-kafka/producer"
	"notion-kafka/producer/control"
)

// mustSpend returns the last hour of the connection, which must have 60 minutes up to now,
// and its sums.
func (i *member) mustSpend() (spent control.Spending, total control.Minute) {
	w := i.world
	w.t.Helper()
	spent, err := i.Spending(w.t.Context(), "acme")
	if err != nil {
		w.t.Fatal(err)
	}
	for n, one := range spent.Minutes {
		if want := time.Now().UTC().Truncate(time.Minute).Add(time.Duration(n-59) * time.Minute); !one.At.Equal(want) {
			w.t.Errorf("minute %d is %v, want %v", n, one.At, want)
		}
		total.Requests, total.Refused, total.Waited = total.Requests+one.Requests, total.Refused+one.Refused, total.Waited+one.Waited
	}
	if len(spent.Minutes) != 60 {
		w.t.Errorf("%d minutes, want 60", len(spent.Minutes))
	}
	return spent, total
}

// Any instance tells what the owner sent in the last hour. A new owner begins with nothing.
func TestSpendingOfTheLastHour(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		w.addTasks(3)
		owner, other := w.member("one", byHandOnly), w.member("two", byHandOnly)
		w.pass(time.Minute)
		if owner.supervisorOf("acme") == nil {
			owner, other = other, owner
		}
		defer other.stop()
		if _, total := owner.mustSpend(); total != (control.Minute{}) {
			t.Errorf("before the first run: %+v", total)
		}
		w.notion.FailNext(notiontest.EndpointQuery, notiontest.RateLimited(notiontest.ReasonRequest, 7*time.Second))
		run := owner.finished(owner.mustStart(producer.Order{}).ID)
		for name, i := range map[string]*member{"the owner": owner, "another instance": other} {
			spent, total := i.mustSpend()
			if int64(total.Requests) != run.Requests || total.Refused != 1 || total.Waited != 7 || spent.Limit != 180 {
				t.Errorf("%s says %+v at a limit of %d; the run made %d requests", name, total, spent.Limit, run.Requests)
			}
		}
		_, err := owner.Spending(t.Context(), "acne")
		mustBeKind(t, err, control.NotFound, "acne")
		owner.stop()
		other.awaits(func(m *control.Memory) bool { s, _ := m.SourceState("acme"); return s.Owner == other.opts.Instance })
		if _, total := other.mustSpend(); total != (control.Minute{}) {
			t.Errorf("a new owner: %+v", total)
		}
	})
}
