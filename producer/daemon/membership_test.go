package daemon

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"notion-kafka/notion/notiontest"
	"notion-kafka/producer"
	"notion-kafka/producer/control"
	"notion-kafka/producer/schedule"
)

// crashLoop starts and kills processes faster than the group notices.
func (w *world) crashLoop(times int) {
	for range times {
		p := w.start(everySecond)
		_, stop := w.daemon(p)
		w.pass(600 * time.Millisecond)
		_ = p.cable.cut()
		go stop()
	}
}

func everySecond(src *producer.Source) { src.Trigger = schedule.Every{Interval: time.Second} }

// A process that was killed several times at its start leaves dead members behind. The
// group removes them within a few session timeouts.
func TestCrashLoopDelaysTheNextStartLittle(t *testing.T) {
	inWorld(t, notiontest.Options{RequestsPerMinute: -1}, func(t *testing.T, w *world) {
		db := w.addTasks(10)
		w.crashLoop(8)
		began := time.Now()
		ran, stop := w.daemon(w.start(everySecond))
		<-ran
		if took := time.Since(began); took > 45*time.Second {
			t.Errorf("the first run was %v after the start", took)
		}
		stop()
		w.checkTopic(db, tasksTopic)
	})
}

// An instance to which the group does not answer can still be stopped.
func TestStopWhileTheGroupDoesNotAnswer(t *testing.T) {
	inWorld(t, notiontest.Options{RequestsPerMinute: -1}, func(t *testing.T, w *world) {
		w.addTasks(10)
		w.crashLoop(8)
		_, stop := w.daemon(w.start(everySecond))
		w.pass(time.Second)
		began := time.Now()
		stop()
		if took := time.Since(began); took > 10*time.Second {
			t.Errorf("stopping took %v", took)
		}
	})
}

// The group revokes a shard while once works on it, because Kafka received nothing for a
// while. When the group assigns the shard again, once finishes.
func TestOnceGoesOnWhenTheGroupTookItsShardBack(t *testing.T) {
	var interrupt func()
	var queries atomic.Int64
	options := notiontest.Options{Latency: func(*http.Request) time.Duration { return time.Second }, Hook: func(r *http.Request) *notiontest.Fault {
		if strings.HasSuffix(r.URL.Path, "/query") && queries.Add(1) == 3 {
			interrupt()
		}
		return nil
	}}
	inWorld(t, options, func(t *testing.T, w *world) {
		db := w.addTasks(0)
		db.DataSource().AddPages(900, time.Now().Add(-100*time.Hour), time.Minute, func(int) notiontest.Values { return nil })
		p := w.start()
		defer p.cluster.Close()
		interrupt = func() {
			_ = p.cable.cut()
			time.AfterFunc(30*time.Second, p.cable.repair)
		}
		reports, err := p.Once(t.Context(), byHand, time.Minute)
		if err != nil || len(reports) != 1 || reports[0].Status != control.Succeeded {
			t.Fatalf("%v, %+v\n%s", err, reports, w.logs)
		}
		w.checkTopic(db, tasksTopic)
	})
}
