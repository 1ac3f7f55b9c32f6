package daemon

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"notion-kafka/notion"
	"notion-kafka/notion/notiontest"
	"notion-kafka/producer"
	"notion-kafka/producer/control"
	"notion-kafka/producer/kafka"
	"notion-kafka/producer/schedule"
)

// A panicking transport panics while it is on.
type panicking struct {
	http.RoundTripper
	on   atomic.Bool
	path string // what a request's path has in it that meets the fault
}

func (p *panicking) RoundTrip(r *http.Request) (*http.Response, error) {
	if p.on.Load() && strings.Contains(r.URL.Path, p.path) {
		panic("the transport lost its head")
	}
	return p.RoundTripper.RoundTrip(r)
}

// A panic in a run, wherever it happens, is that run's failure, logged with its stack.
// The process and every other source go on, and so does this source after the fault.
func TestPanicInARunIsItsFailure(t *testing.T) {
	for name, path := range map[string]string{
		"searching": "/search", "retrieving": "/databases/", "reading": "/query", "looking at a page": "/pages/",
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
				db := w.addTasks(5)
				faulty := &panicking{RoundTripper: w.notion.RoundTripper(), path: path}
				client, err := notion.NewClient(notion.Options{
					BaseURL: "https://notion.invalid", Transport: faulty,
					Tokens: oauth2.StaticTokenSource(&oauth2.Token{AccessToken: w.notion.Token()}),
				})
				if err != nil {
					t.Fatal(err)
				}
				i := w.member("one", func(src *producer.Source) { src.Notion = client }, byHandOnly)
				defer i.stop()
				i.started()
				if run := i.finished(i.mustStart(producer.Order{}).ID); run.Status != control.Succeeded {
					t.Fatalf("%+v", run)
				}
				page := db.Pages(notiontest.Live)[0]
				w.pass(3 * time.Minute)
				w.notion.Trash(page)
				faulty.on.Store(true)
				for range 20 { // no more than requests may be in flight
					run := i.finished(i.mustStart(producer.Order{Full: true}).ID)
					if run.Status != control.Failed || !strings.Contains(run.Error+reason(run), "the transport lost its head") {
						t.Fatalf("%+v", run)
					}
				}
				if log := w.logs.String(); !strings.Contains(log, "panicking).RoundTrip") {
					t.Errorf("the log has no stack:\n%s", log)
				}
				faulty.on.Store(false)
				if run := i.finished(i.mustStart(producer.Order{Full: true}).ID); run.Status != control.Succeeded {
					t.Errorf("when the fault is over: %+v", run)
				}
			})
		})
	}
}

// A panic between a commit and the change of memory may leave the memory behind: the
// shard is claimed again and restored.
func TestPanicInACommitLosesTheShard(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		w.addTasks(3)
		p := w.start()
		defer p.cluster.Close()
		fault := errors.New("a fault")
		p.opts.Observer = faultyObserver{fault: fault}
		_, err := p.run(t.Context(), producer.Order{})
		if !errors.Is(err, kafka.ErrUnknown) || !errors.Is(err, fault) {
			t.Errorf("it ended with %v", err)
		}
	})
}

// A faulty observer panics when a transaction is reported to it, which is between the
// commit and the change of memory.
type faultyObserver struct {
	producer.Nobody
	fault error
}

func (o faultyObserver) Transaction(string) { panic(o.fault) }

// The other sources go on beside a run that panics.
func TestPanicOfOneSourceCostsNoOther(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		db := w.addTasks(5)
		w.shards = 1
		faulty := &panicking{RoundTripper: w.notion.RoundTripper(), path: "/"}
		faulty.on.Store(true)
		i := w.memberWith("one", func(i *member) {
			open := i.opts.Open
			i.opts.Open = func(name string, definition control.Definition) (*producer.Source, error) {
				src, err := open(name, definition)
				if err != nil {
					return nil, err
				}
				src.Notion, err = notion.NewClient(notion.Options{
					BaseURL: "https://notion.invalid", Transport: faulty, Tokens: oauth2.StaticTokenSource(&oauth2.Token{AccessToken: "x"}),
				})
				return src, err
			}
		})
		defer i.stop()
		i.started()
		if _, err := i.PutSource(context.WithoutCancel(t.Context()), "faulty", control.Definition{Spec: json.RawMessage(`{}`)}, true); err != nil {
			t.Fatal(err)
		}
		i.awaits(func(m *control.Memory) bool {
			last, _ := m.LastRun("faulty")
			return last.Run.Status == control.Failed
		})
		db.AddPage("new", nil)
		w.pass(10 * time.Minute)
		w.checkTopic(db, "notion.acme.tasks")
		if strings.Contains(w.logs.String(), "shard lost") {
			t.Errorf("the shard was lost\n%s", w.logs)
		}
	})
}

// A moody trigger panics at its first use.
type moody struct {
	schedule.Trigger
	asked *atomic.Bool
}

func (m moody) Next(last time.Time) (time.Time, bool) {
	if !m.asked.Swap(true) {
		panic("the trigger lost its head")
	}
	return m.Trigger.Next(last)
}

// A panic outside of any run loses the shard, and the process goes on: it claims the
// shard again.
func TestPanicAtADeskLosesTheShard(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		db := w.addTasks(3)
		var asked atomic.Bool
		i := w.member("one", func(src *producer.Source) { src.Trigger = moody{src.Trigger, &asked} })
		defer i.stop()
		i.awaits(func(m *control.Memory) bool {
			last, _ := m.LastRun("acme")
			return last.Run.Status == control.Succeeded
		})
		w.checkTopic(db, "notion.acme.tasks")
		if log := w.logs.String(); !strings.Contains(log, "shard lost") || !strings.Contains(log, "moody.Next") {
			t.Errorf("the log does not tell of it:\n%s", log)
		}
	})
}
