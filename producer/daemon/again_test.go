package daemon

import (
	"slices"
	"testing"
	"time"

	"notion-kafka/notion/notiontest"
	"notion-kafka/producer"
	"notion-kafka/producer/control"
	"notion-kafka/producer/schedule"
)

// nightly is six o'clock every day, six hours after a world begins.
func nightly(t *testing.T) func(*producer.Source) {
	t.Helper()
	trigger, err := schedule.Daily(6, 0, time.UTC)
	if err != nil {
		t.Fatal(err)
	}
	return func(src *producer.Source) { src.Trigger = trigger }
}

// A stream that was never read is read at the start, whatever its trigger: an attempt
// that failed does not count as a read.
func TestFailedFirstReadIsMadeUpForAtStart(t *testing.T) {
	for name, path := range map[string]string{"no row could be read": "/query", "nothing could be listed": "/v1/search"} {
		t.Run(name, func(t *testing.T) {
			var refused ending
			inWorld(t, refusing(&refused), func(t *testing.T, w *world) {
				db := w.addTasks(3)
				refused.Store(&path)
				i := w.member("one", byHandOnly)
				i.started()
				if done := i.finished(i.mustStart(producer.Order{}).ID); done.Status != control.Failed {
					t.Fatalf("%+v", done)
				}
				i.stop()
				refused.Store(nil)
				heir := w.member("two", nightly(t))
				heir.started()
				w.pass(time.Minute)
				w.checkTopic(db, tasksTopic)
				heir.stop()
			})
		})
	}
}

// A run of a rare trigger that fails as a whole is tried again after a minute, two,
// four, and so on up to an hour between, until one succeeds.
func TestRareRunThatFailedIsTriedAgain(t *testing.T) {
	var refused ending
	inWorld(t, refusing(&refused), func(t *testing.T, w *world) {
		w.addTasks(3)
		search := "/v1/search"
		refused.Store(&search)
		p := w.start(nightly(t))
		began := time.Now()
		reports, stop := w.daemon(p)
		w.pass(3*time.Hour + 30*time.Minute)
		if got, want := startsOf(reports, "", began), []int{0, 1, 3, 7, 15, 31, 63, 123, 183}; !slices.Equal(got, want) {
			t.Errorf("runs that failed began at minutes %v, want %v", got, want)
		}
		refused.Store(nil)
		due, _ := p.source.Trigger.Next(began)
		w.pass(time.Until(due) + time.Minute)
		stop()
		if got, want := startsOf(reports, "", began), []int{243, int(due.Sub(began) / time.Minute)}; !slices.Equal(got, want) {
			t.Errorf("after that runs began at minutes %v, want %v", got, want)
		}
	})
}

// A token counts as refused when Notion refused it in two runs, a minute apart. After one
// refusal among good answers, the run is repeated a minute later.
func TestTokenIsRefusedTwiceBeforeItCounts(t *testing.T) {
	for name, again := range map[string]bool{"once": false, "twice": true} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
				w.addTasks(3)
				i := w.member("one", func(src *producer.Source) { src.Trigger = schedule.Every{Interval: 10 * time.Minute} })
				w.pass(time.Minute)
				w.notion.RevokeToken()
				i.awaits(func(m *control.Memory) bool { last, _ := m.LastRun("acme"); return last.Run.Status == control.Failed })
				if refused := i.Sources()[0]; refused.Status != control.SourceFailing || refused.Reason == "" {
					t.Errorf("a source whose token was refused once is %s: %s", refused.Status, refused.Reason)
				}
				if !again {
					w.notion.RestoreToken()
				}
				w.pass(2 * time.Minute)
				now := i.Sources()[0]
				if again && now.Status != control.SourceNeedsReconnect || !again && now.Status != control.SourceReady {
					t.Errorf("two minutes later the source is %s: %s", now.Status, now.Reason)
				}
				before := w.requestsSent()
				w.pass(time.Hour)
				if sent := w.requestsSent() - before; again != (sent == 0) {
					t.Errorf("%d requests in the hour after that", sent)
				}
				i.stop()
			})
		})
	}
}

// After a restart the last run's refused token does not make the source fail: the token
// may be another one.
func TestRefusalOfAnOldTokenIsForgotten(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		w.addTasks(3)
		i := w.member("one", byHandOnly)
		i.started()
		w.notion.RevokeToken()
		if done := i.finished(i.mustStart(producer.Order{}).ID); done.Status != control.Failed {
			t.Fatalf("%+v", done)
		}
		i.stop()
		heir := w.member("two", byHandOnly)
		heir.awaits(func(m *control.Memory) bool { s, _ := m.SourceState("acme"); return s.Owner == "two" })
		if now := heir.Sources()[0]; now.Status == control.SourceFailing || now.Reason != "" {
			t.Errorf("the source is %s: %s", now.Status, now.Reason)
		}
		heir.stop()
	})
}
