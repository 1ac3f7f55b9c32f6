package daemon

import (
	"context"
	"net/http"
	"slices"
	"testing"
	"time"

	"notion-kafka/notion"
	"notion-kafka/notion/notiontest"
	"notion-kafka/producer"
	"notion-kafka/producer/schedule"
)

// startsOf is when runs of a stream began, in minutes after a time; "" is for all
// runs.
func startsOf(reports <-chan producer.Report, stream string, after time.Time) (starts []int) {
	for len(reports) > 0 {
		report := <-reports
		if stream == "" || streamOf(report, stream).Stream != "" {
			starts = append(starts, int(report.StartedAt.Sub(after)/time.Minute))
		}
	}
	slices.Sort(starts)
	return starts
}

// A stream with a trigger of its own runs on that trigger, the others on their source's.
func TestStreamsRunByTheirOwnTriggers(t *testing.T) {
	inWorld(t, notiontest.Options{RequestsPerMinute: -1}, func(t *testing.T, w *world) {
		often, seldom := w.addTasks(3), w.notion.AddDatabase("Seldom", notiontest.Prop{Name: "Name", Kind: notiontest.KindTitle})
		seldom.AddPage("one", nil)
		p := w.start()
		p.source.Trigger = schedule.Every{Interval: 10 * time.Minute}
		p.source.Select = func(stream, _, _ string) (producer.Settings, bool) {
			settings := producer.Settings{Overlap: 2 * time.Minute}
			if stream == producer.DatabaseStream(seldom.ID()) {
				settings.Trigger = schedule.Every{Interval: time.Hour}
			}
			return settings, true
		}
		reports, stop := w.daemon(p)
		w.pass(6*time.Hour + time.Minute)
		stop()
		runs := map[string]int{}
		for len(reports) > 0 {
			report := <-reports
			for _, s := range report.Streams {
				runs[s.Stream]++
			}
		}
		if n := runs[producer.DatabaseStream(often.ID())]; n != 37 {
			t.Errorf("the source's streams ran %d times in six hours, want 37", n)
		}
		if n := runs[producer.DatabaseStream(seldom.ID())]; n != 7 {
			t.Errorf("the other stream ran %d times in six hours, want 7", n)
		}
	})
}

// While a stream is read for hours, its triggers fire in vain: together they make one
// run after it, not one each.
func TestTriggersOfABusyStreamDoNotSpin(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		db := w.addTasks(0)
		db.DataSource().AddPages(10_000, time.Now().Add(-90*24*time.Hour), time.Minute, func(int) notiontest.Values { return nil })
		p := w.start(with(producer.Settings{Sweep: schedule.Every{Interval: time.Minute}, Trigger: schedule.Every{Interval: time.Minute}}))
		reports, stop := w.daemon(p)
		w.pass(5 * time.Minute)
		stop()
		runs := len(reports)
		if runs > 20 {
			t.Errorf("%d runs in five minutes with triggers of a minute", runs)
		}
		if requests := len(w.notion.Requests()); requests > 6*190 {
			t.Errorf("%d requests", requests)
		}
	})
}

// slowSchemas is a registry that delays its next answer.
type slowSchemas struct {
	fixedSchemas

	delay chan time.Duration // has an element before that
}

func (s slowSchemas) Pages(ctx context.Context, topic string) (func([]byte, *notion.Page) ([]byte, error), error) {
	select {
	case d := <-s.delay:
		<-time.After(d)
	default:
	}
	return s.fixedSchemas.Pages(ctx, topic)
}

// A stream that is busy when its trigger fires, once or often, keeps one pending run.
// That begins when the run under way has ended. The trigger of a source without other
// streams counts from there; otherwise it keeps its pace, and its next run takes all.
func TestBusyStreamKeepsOnePendingRun(t *testing.T) {
	for name, wants := range map[string][]int{"alone": {0, 60, 210, 270}, "beside a stream that is free": {0, 60, 210, 240, 300}} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
				db := w.addTasks(3)
				p := w.start()
				p.source.Trigger = schedule.Every{Interval: time.Hour}
				p.source.Select = func(stream, _, _ string) (producer.Settings, bool) {
					return producer.Settings{Overlap: 2 * time.Minute}, name != "alone" || stream != producer.DatabasesStream
				}
				slow := slowSchemas{delay: make(chan time.Duration, 1)}
				p.opts.Schemas = slow
				began := time.Now()
				reports, stop := w.daemon(p)
				w.pass(30 * time.Minute)
				slow.delay <- 150 * time.Minute
				db.AddPage("read at 1:00, published at 3:30", nil)
				w.pass(time.Hour)
				page := db.AddPage("added at 1:30", nil)
				w.pass(2*time.Hour + time.Minute)
				if w.lastValue(tasksTopic, page) == "" {
					t.Error("at 3:31 the page of 1:30 is not in the topic")
				}
				w.pass(90 * time.Minute)
				stop()
				if got := startsOf(reports, producer.DatabaseStream(db.ID()), began); !slices.Equal(got, wants) {
					t.Errorf("runs began at minutes %v, want %v", got, wants)
				}
			})
		})
	}
}

// When every stream fails the wait doubles with every failure, up to an hour. After a
// run that succeeds the source has its trigger's pace again.
func TestSourceOfWhichNothingSucceedsRunsSeldom(t *testing.T) {
	var refused ending
	inWorld(t, refusing(&refused), func(t *testing.T, w *world) {
		w.addTasks(3)
		search := "/v1/search"
		refused.Store(&search)
		p := w.start()
		p.source.Trigger = schedule.Every{Interval: 5 * time.Minute}
		began := time.Now()
		reports, stop := w.daemon(p)
		w.pass(6 * time.Hour)
		if got, want := startsOf(reports, "", began), []int{0, 5, 15, 35, 75, 135, 195, 255, 315}; !slices.Equal(got, want) {
			t.Errorf("runs that failed began at minutes %v, want %v", got, want)
		}
		refused.Store(nil)
		w.pass(29 * time.Minute)
		stop()
		if got, want := startsOf(reports, "", began), []int{375, 380, 385}; !slices.Equal(got, want) {
			t.Errorf("after that runs began at minutes %v, want %v", got, want)
		}
	})
}

// A stream whose reads take longer than its source's interval is read without a break. Its
// neighbours keep the pace of the source's trigger.
func TestSlowStreamDoesNotSlowItsNeighbours(t *testing.T) {
	var slow string
	latency := func(r *http.Request) time.Duration {
		if r.URL.Path == slow {
			return 55 * time.Second
		}
		return 0
	}
	inWorld(t, notiontest.Options{Latency: latency, RequestsPerMinute: -1}, func(t *testing.T, w *world) {
		quick, other := w.addTasks(3), w.notion.AddDatabase("Slow", notiontest.Prop{Name: "Name", Kind: notiontest.KindTitle})
		other.AddPage("one", nil)
		w.mustRun(byHand)
		slow = "/v1/data_sources/" + other.DataSource().ID() + "/query"
		p := w.start()
		p.source.Trigger = schedule.Every{Interval: 30 * time.Second}
		reports, stop := w.daemon(p)
		w.pass(time.Hour + time.Second)
		stop()
		runs := map[string]int{}
		for len(reports) > 0 {
			report := <-reports
			for _, s := range report.Streams {
				runs[s.Stream]++
			}
		}
		if n := runs[producer.DatabaseStream(quick.ID())]; n < 115 || n > 121 {
			t.Errorf("a quick stream was read %d times in an hour, want 120", n)
		}
		if n := runs[producer.DatabaseStream(other.ID())]; n < 60 || n > 66 {
			t.Errorf("the slow stream was read %d times in an hour, want some 65", n)
		}
	})
}
