package daemon

import (
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"notion-kafka/notion/notiontest"
	"notion-kafka/producer/control"
)

// shuffling changes the order of a minute's rows in every nth query after it was set; 0:
// never.
type shuffling struct{ every, asked atomic.Int64 }

func (s *shuffling) hook(r *http.Request) *notiontest.Fault {
	every := s.every.Load()
	if every == 0 || !strings.HasSuffix(r.URL.Path, "/query") || s.asked.Add(1)%every != 0 {
		return nil
	}
	fault := notiontest.Shuffled()
	return &fault
}

// set begins the shuffling at the next query.
func (s *shuffling) set(every int64) {
	s.asked.Store(0)
	s.every.Store(every)
}

// The order of 1,200 rows of one minute changes while they are read. A green run has all
// of them; a run that does not is not green, and the next one brings the rest.
func TestADenseMinuteWhoseOrderShiftsIsWholeWhereItIsGreen(t *testing.T) {
	for _, kind := range []string{"first read", "poll", "scan"} {
		for _, every := range []int64{1, 3, 7, 29} {
			t.Run(fmt.Sprintf("%s, every %d", kind, every), func(t *testing.T) {
				var order shuffling
				inWorld(t, notiontest.Options{Hook: order.hook}, func(t *testing.T, w *world) {
					db := w.addTasks(3)
					if kind != "first read" {
						w.mustRun(byHand)
					}
					db.DataSource().AddPages(1200, time.Now().Truncate(time.Minute), time.Millisecond, func(int) notiontest.Values { return nil })
					w.pass(5 * time.Minute)
					order.set(every)
					asked := byHand
					asked.Full = kind == "scan"
					s := w.runOnce(asked, db)
					has := len(w.latest(tasksTopic))
					switch {
					case s.Status == control.Succeeded && has != 1203:
						t.Errorf("green with %d of 1,203 rows", has)
					case s.Status != control.Succeeded && s.Error == "":
						t.Errorf("%s without a reason", s.Status)
					}
					order.set(0)
					w.pass(5 * time.Minute)
					if s := w.runOnce(bySchedule, db); s.Status != control.Succeeded {
						t.Errorf("once the order is stable: %+v", s)
					}
					w.checkTopic(db, tasksTopic)
				})
			})
		}
	}
}

// latest is the last value of every key of a topic.
func (w *world) latest(topic string) map[string]string {
	values := map[string]string{}
	for _, r := range w.records(topic) {
		values[string(r.Key)] = string(r.Value)
	}
	return values
}
