//go:build figures

package daemon

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"

	"notion-kafka/notion/notiontest"
	"notion-kafka/producer"
	"notion-kafka/producer/schedule"
)

// TestFigureQuietDatabases measures what a source of a hundred unchanged databases
// costs, polled every 15 seconds.
func TestFigureQuietDatabases(t *testing.T) {
	watchQuiet(t, "QuietDatabases", 1, 100, 15*time.Second)
}

// TestFigureQuietSources measures what three hundred sources of one database cost,
// polled every ten seconds.
func TestFigureQuietSources(t *testing.T) {
	watchQuiet(t, "QuietSources", 300, 1, 10*time.Second)
}

// watchQuiet prints what sources cost in some minutes without edits, after the first
// reads.
func watchQuiet(t *testing.T, name string, sources, databases int, every time.Duration) {
	const watched = 5 * time.Minute
	inWorld(t, notiontest.Options{}, func(_ *testing.T, w *world) {
		f := w.fleet(sources, sources, func(o *notiontest.Options) { o.RequestsPerMinute = 600 })
		for _, workspace := range f.workspaces {
			for n := 2; n < databases; n++ {
				workspace.AddDatabase(fmt.Sprintf("Database %d", n), notiontest.Prop{Name: "Name", Kind: notiontest.KindTitle})
			}
		}
		w.pass(time.Hour)
		for _, source := range f.opts.Sources {
			source.Trigger = schedule.Every{Interval: every, Name: source.Name}
			all := source.Select
			source.Select = func(stream, id, title string) (producer.Settings, bool) {
				settings, ok := all(stream, id, title)
				return settings, ok && (databases > 1 || title != "Projects")
			}
		}
		var requests atomic.Int64
		w.broker.Control(func(kmsg.Request) (kmsg.Response, error, bool) {
			w.broker.KeepControl()
			requests.Add(1)
			return nil, nil, false
		})
		stop := f.start()
		<-f.everyoneRan
		w.pass(3 * time.Minute)
		began := time.Now()
		commits, asked, kafka, cpu := f.commits.n.Load(), f.asked(), requests.Load(), cpuTime()
		state, control := w.offsets(f, "state"), w.offsets(f, "control")
		w.pass(watched)
		commits, asked, kafka, cpu = f.commits.n.Load()-commits, f.asked()-asked, requests.Load()-kafka, cpuTime()-cpu
		state, control = w.offsets(f, "state")-state, w.offsets(f, "control")-control
		polls := 0
		for _, of := range f.runs(time.Now()) {
			for _, report := range of {
				if report.StartedAt.After(began) {
					polls++
				}
			}
		}
		stop()
		perMinute := func(n int64) float64 { return float64(n) / watched.Minutes() / float64(sources) }
		fmt.Printf("%s\t%d polls\t%.2f transactions/minute/source\t%.1f state-offsets/minute/source\t%.1f control-offsets/minute/source\t%.1f kafka-requests/poll\t%.2f notion-requests/poll\t%.2f cpu-ms/poll\n",
			name, polls, perMinute(commits), perMinute(state), perMinute(control), float64(kafka)/float64(polls), float64(asked)/float64(polls), cpu.Seconds()*1e3/float64(polls))
	})
}

// asked is how many requests the workspaces of a fleet received.
func (f *fleet) asked() (requests int64) {
	for _, workspace := range f.workspaces {
		for _, n := range workspace.Counts() {
			requests += int64(n)
		}
	}
	return requests
}

// offsets are all offsets of a topic that were assigned.
func (w *world) offsets(f *fleet, topic string) (sum int64) {
	ends, err := f.cluster.EndOffsets(w.t.Context(), topic)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, end := range ends {
		sum += end
	}
	return sum
}
