package daemon

import (
	"context"
	"iter"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"

	"notion-kafka/notion"
	"notion-kafka/notion/notiontest"
	"notion-kafka/producer"
	"notion-kafka/producer/control"
	"notion-kafka/producer/schedule"
)

// stopBound is how long an instance takes at most from SIGTERM to its end: a commit
// that has begun (20 s with the default kafka.transaction_timeout), the search for
// what it waited for (5 s), and goodbyes to the group (5 s) and the others (10 s).
const stopBound = 40 * time.Second

func everyFiveSeconds(src *producer.Source) { src.Trigger = schedule.Every{Interval: 5 * time.Second} }

// Kafka takes requests and never answers them any more, of all kinds or of one. The
// instance reports that, and can be stopped.
func TestInstanceWhoseKafkaNeverAnswers(t *testing.T) {
	for _, c := range []struct {
		kind  kmsg.Key
		tells bool // Reachable, Joined or Working
	}{
		{-1, true}, {kmsg.Metadata, true}, {kmsg.Heartbeat, true}, {kmsg.Produce, true}, {kmsg.EndTxn, true},
		{kmsg.ListOffsets, false}, {kmsg.DescribeConfigs, true}, // of which the stream tells
	} {
		name := c.kind.Name()
		if c.kind < 0 {
			name = "all"
		}
		t.Run(name, func(t *testing.T) {
			inWorld(t, notiontest.Options{RequestsPerMinute: -1}, func(t *testing.T, w *world) {
				db := w.addTasks(3)
				p := w.start(everyFiveSeconds)
				ran, stop := w.daemon(p)
				<-ran
				swallowed := int32(c.kind) + 1
				if c.kind < 0 {
					swallowed = -1
				}
				p.cable.swallow.Store(swallowed)
				db.AddPage("new", nil)
				w.pass(3 * time.Minute)
				var told []string
				for what, err := range map[string]error{"Reachable": p.Reachable(t.Context()), "Joined": p.Joined(t.Context()), "Working": p.Working(t.Context())} {
					if err != nil {
						told = append(told, what+": "+err.Error())
					}
				}
				for len(ran) > 0 {
					for _, s := range (<-ran).Streams {
						if s.Error != "" {
							told = append(told, "stream: "+s.Error)
						}
					}
				}
				if len(told) == 0 {
					t.Error("nobody is told")
				}
				began := time.Now()
				stop()
				took := time.Since(began)
				t.Logf("stopped after %v; told %.300q", took, told)
				if took > stopBound {
					t.Errorf("the instance was stopped after %v", took)
				}
			})
		})
	}
}

// Kafka stops answering in mid-commit, and the instance, which other instances know, is
// stopped at that moment.
func TestInstanceStoppedInMidCommit(t *testing.T) {
	for _, from := range []kmsg.Key{kmsg.Produce, kmsg.EndTxn} {
		t.Run(from.Name(), func(t *testing.T) {
			inWorld(t, notiontest.Options{RequestsPerMinute: -1}, func(t *testing.T, w *world) {
				db := w.addTasks(3)
				i := w.member("one", everyFiveSeconds)
				i.started()
				w.pass(90 * time.Second)
				i.cable.swallowFrom.Store(int32(from) + 1)
				db.AddPage("new", nil)
				for i.cable.swallow.Load() == 0 {
					w.pass(time.Millisecond)
				}
				began := time.Now()
				i.stop()
				took := time.Since(began)
				t.Logf("stopped after %v", took)
				if took > stopBound {
					t.Errorf("the instance was stopped after %v\n%s", took, w.logs)
				}
			})
		})
	}
}

// stuckSchemas never answers for one topic.
type stuckSchemas struct {
	fixedSchemas
	topic string
}

func (s stuckSchemas) Pages(ctx context.Context, topic string) (func([]byte, *notion.Page) ([]byte, error), error) {
	if topic == s.topic {
		<-ctx.Done()
		return nil, context.Cause(ctx)
	}
	return s.fixedSchemas.Pages(ctx, topic)
}

// stuckNotion never answers a search.
type stuckNotion struct{ producer.Notion }

func (stuckNotion) SearchDataSources(ctx context.Context) iter.Seq2[notion.DataSource, error] {
	return func(yield func(notion.DataSource, error) bool) {
		<-ctx.Done()
		yield(notion.DataSource{}, context.Cause(ctx))
	}
}

// One source's Notion never answers, or the registry does not for one topic: the
// source beside it goes on, and the instance can be stopped.
func TestOthersGoOnBesideWhatNeverAnswers(t *testing.T) {
	for name, registry := range map[string]bool{"Notion": false, "registry": true} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, notiontest.Options{RequestsPerMinute: -1}, func(t *testing.T, w *world) {
				w.addTasks(3)
				p := w.start(everyFiveSeconds)
				beside := w.start(everyFiveSeconds, func(src *producer.Source) { src.Name, src.TopicPrefix = "beside", "notion.beside." })
				defer beside.cluster.Close()
				p.opts.Sources = append(p.opts.Sources, beside.source)
				if registry {
					p.opts.Schemas = stuckSchemas{topic: tasksTopic}
				} else {
					p.source.Notion = stuckNotion{p.source.Notion}
				}
				_, stop := w.daemon(p)
				w.pass(time.Minute)
				if n := len(w.records("notion.beside.tasks")); n != 3 {
					t.Errorf("the other source published %d pages, want 3", n)
				}
				began := time.Now()
				stop()
				if took := time.Since(began); took > stopBound {
					t.Errorf("the instance was stopped after %v", took)
				}
			})
		})
	}
}

// A group that cannot be joined at all ends the daemon, with the reason.
func TestDaemonThatCannotJoinItsGroupEnds(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		i := w.start()
		defer i.cluster.Close()
		i.opts.Group = ""
		i.opts.Control = control.NewClient(control.Options{Cluster: i.cluster, Topic: "control", Instance: "one", Logger: i.opts.Logger})
		following, endClient := context.WithCancel(t.Context())
		read := make(chan error, 1)
		go func() { read <- i.opts.Control.Run(following) }()
		defer func() {
			endClient()
			if err := <-read; err != nil {
				t.Error(err)
			}
		}()
		ended := make(chan error, 1)
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		go func() { ended <- i.Run(ctx) }()
		select {
		case err := <-ended:
			if err == nil || !strings.Contains(err.Error(), "group") {
				t.Errorf("it ended with %v", err)
			}
		case <-time.After(10 * time.Minute):
			t.Error("it goes on without a group")
			stop()
			if err := <-ended; err != nil {
				t.Error(err)
			}
		}
	})
}
