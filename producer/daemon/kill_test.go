package daemon

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"notion-kafka/notion/notiontest"
	"notion-kafka/producer"
)

// A process that dies at any read or write of its Kafka connection, before a request
// arrived or after it was carried out, leaves topic and state in agreement. The next one
// publishes what is missing, and nothing twice.
func TestKilledAtAnyPoint(t *testing.T) {
	cuts := map[string]func(c *cable, n int64){
		"before the request arrives":   func(c *cable, n int64) { c.cutWrite.Store(n) },
		"before the answer comes back": func(c *cable, n int64) { c.cutRead.Store(n) },
	}
	for name, set := range cuts {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			killed := 0
			for n := int64(1); !t.Failed() && killedAt(t, n, set); n += everyPoint {
				killed++
			}
			if killed < 40/everyPoint {
				t.Errorf("only %d points to die at: the test no longer reaches the commits", killed)
			}
			t.Logf("died at %d points", killed)
		})
	}
}

// killedAt kills a scanning process at point n and lets a second process do the rest,
// with an edit between the two. It returns false when the first process finished without
// reaching the point.
func killedAt(t *testing.T, n int64, cut func(*cable, int64)) (killed bool) {
	t.Helper()
	ok := t.Run(fmt.Sprint(n), func(t *testing.T) {
		inWorld(t, notiontest.Options{Seed: uint64(n)}, func(t *testing.T, w *world) {
			db := w.addTasks(0)
			db.DataSource().AddPages(230, time.Now().Add(-100*time.Hour), 20*time.Second, func(i int) notiontest.Values {
				return notiontest.Values{"Points": i}
			})
			victim := w.start()
			ctx, die := context.WithCancel(t.Context())
			dead := make(chan struct{})
			victim.cable.onCut = func() { killed = true; die(); close(dead) }
			cut(victim.cable, n)
			ended := make(chan struct{})
			go func() {
				defer close(ended)
				defer victim.cluster.Close()
				_, _ = victim.run(ctx, byHand)
			}()
			select { // the next process does not wait for the dead one's time-outs
			case <-dead:
			case <-ended:
			}
			w.notion.Edit(db.Pages(notiontest.Live)[100], notiontest.Values{"Points": -1})
			w.mustRun(bySchedule)
			w.mustRun(bySchedule) // the scan may have passed the edited page
			w.checkTopic(db, tasksTopic)
			<-ended
			w.checkTopic(db, tasksTopic)
			die()
		})
	})
	return killed && ok
}

// A killed scan continues at its last commit, and reads again no more than the minutes
// it was in.
func TestKilledScanGoesOnWhereItWas(t *testing.T) {
	var die func()
	var queries atomic.Int64
	options := notiontest.Options{
		RequestsPerMinute: -1,
		Latency:           func(*http.Request) time.Duration { return time.Second },
		Hook: func(r *http.Request) *notiontest.Fault {
			if strings.HasSuffix(r.URL.Path, "/query") && queries.Add(1) == 20 {
				die()
			}
			return nil
		},
	}
	inWorld(t, options, func(t *testing.T, w *world) {
		db := w.addTasks(0)
		db.DataSource().AddPages(4000, time.Now().Add(-100*time.Hour), 30*time.Second, func(int) notiontest.Values { return nil })
		victim := w.start()
		defer victim.cluster.Close()
		ctx, cancel := context.WithCancel(t.Context())
		die = func() { _ = victim.cable.cut(); cancel() }
		if _, err := victim.run(ctx, byHand); err == nil {
			t.Fatal("the first process was not killed")
		}
		before := len(w.records(tasksTopic))
		if before < 500 || before > 3000 {
			t.Fatalf("%d rows were committed before the kill, which proves little", before)
		}
		report := w.mustRun(bySchedule)
		w.checkTopic(db, tasksTopic)
		s := streamOf(report, producer.DatabaseStream(db.ID()))
		if again := s.Read - (4000 - before); s.Published != 4000-before || again > 16*2 {
			t.Errorf("after %d of 4000 rows were committed, the next process read %d and published %d", before, s.Read, s.Published)
		}
	})
}
