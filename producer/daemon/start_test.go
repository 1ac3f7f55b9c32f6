package daemon

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"notion-kafka/notion/notiontest"
	"notion-kafka/producer/control"
	"notion-kafka/producer/kafka"
	"notion-kafka/producer/state"
)

// Instances that are started together on a new cluster all try to initialise the state
// topic. None of them gives up.
func TestInstancesStartTogether(t *testing.T) {
	for seed := range uint64(5) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			inWorld(t, notiontest.Options{Seed: seed}, func(t *testing.T, w *world) {
				db := w.addTasks(10)
				var stops []func()
				for n := range 6 {
					instance := w.start()
					instance.opts.Instance = fmt.Sprint("instance-", n)
					_, stop := w.daemon(instance) // fails the test where it ends by itself
					stops = append(stops, stop)
				}
				w.pass(2 * time.Minute)
				for _, stop := range stops {
					stop()
				}
				w.checkTopic(db, tasksTopic)
			})
		})
	}
}

// A daemon starts even if Kafka goes away for ten seconds between any two of its
// requests.
func TestKafkaGoesAwayWhileTheDaemonStarts(t *testing.T) {
	for n := int64(1); n <= 40 && !t.Failed(); n++ {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
				db := w.addTasks(10)
				p := w.start()
				p.cable.cutWrite.Store(n)
				p.cable.onCut = func() { time.AfterFunc(10*time.Second, p.cable.repair) }
				_, stop := w.daemon(p) // fails the test where it ends by itself
				w.pass(10 * time.Minute)
				stop()
				w.checkTopic(db, tasksTopic)
			})
		})
	}
}

// ensure makes a topic as it is not to be.
func (p *process) ensure(t *testing.T, spec kafka.TopicSpec) {
	t.Helper()
	if _, err := p.cluster.EnsureTopic(t.Context(), spec); err != nil {
		t.Fatal(err)
	}
}

// beginWith makes the state topic, the first partitions of which begin with a
// record.
func (p *process) beginWith(t *testing.T, partitions int32, key, value string) {
	t.Helper()
	p.ensure(t, p.opts.StateTopic)
	if err := p.cluster.Initialise(t.Context(), partitions, kafka.KeyValue{Key: []byte(key), Value: []byte(value)}); err != nil {
		t.Fatal(err)
	}
}

// A process stops at its start, with the reason, when Kafka holds something that it
// cannot work with.
func TestStartRefusesWhatItCannotWorkWith(t *testing.T) {
	const meta = `{"format":%d,"shards":%d,"cluster":"somewhere"}`
	alsoDeleted := map[string]string{"cleanup.policy": "compact,delete"}
	tests := map[string]struct {
		before func(t *testing.T, w *world, p *process)
		says   []string
	}{
		"a newer format": {
			func(t *testing.T, _ *world, p *process) {
				p.beginWith(t, 2, state.MetaKey(), fmt.Sprintf(meta, state.Format+1, 2))
			},
			[]string{fmt.Sprintf("state topic state has format %d, this version knows %d", state.Format+1, state.Format), "run a newer notion-kafka"},
		},
		"another number of shards": {
			func(t *testing.T, _ *world, p *process) {
				p.beginWith(t, 2, state.MetaKey(), fmt.Sprintf(meta, state.Format, 4))
			},
			[]string{"state topic state was made for 4 shards", "set kafka.shards: 4"},
		},
		"another number of shards, and fewer partitions than it wants": {
			func(t *testing.T, _ *world, p *process) {
				spec := p.opts.StateTopic
				spec.Partitions = 1
				p.ensure(t, spec)
				p.beginWith(t, 1, state.MetaKey(), fmt.Sprintf(meta, state.Format, 1))
			},
			[]string{"state topic state was made for 1 shards", "set kafka.shards: 1"},
		},
		"fewer partitions than shards": {
			func(t *testing.T, _ *world, p *process) {
				spec := p.opts.StateTopic
				spec.Partitions = 1
				p.ensure(t, spec)
			},
			[]string{"state topic state has 1 partitions", "set kafka.shards: 1"},
		},
		"a control topic with several partitions": {
			func(t *testing.T, _ *world, p *process) {
				spec := p.opts.ControlTopic
				spec.Partitions = 2
				p.ensure(t, spec)
			},
			[]string{"control topic control has 2 partitions", "must have 1", "another kafka.control_topic"},
		},
		"a partition without a record": {
			func(t *testing.T, _ *world, p *process) {
				p.beginWith(t, 1, state.MetaKey(), fmt.Sprintf(meta, state.Format, 2))
			},
			[]string{"partition 1 of state topic state", "lost data", "Restore the topic"},
		},
		"partitions that begin with something else": {
			func(t *testing.T, _ *world, p *process) { p.beginWith(t, 2, state.OwnerKey(), "{}") },
			[]string{"partition 0 of state topic state", "lost data", "Restore the topic"},
		},
		"a state topic that forgets by time": {
			func(t *testing.T, _ *world, p *process) {
				spec := p.opts.StateTopic
				spec.Config = alsoDeleted
				p.ensure(t, spec)
			},
			[]string{"topic state has cleanup.policy", "exactly compact"},
		},
		"a control topic that forgets by time": {
			func(t *testing.T, _ *world, p *process) {
				spec := p.opts.ControlTopic
				spec.Config = alsoDeleted
				p.ensure(t, spec)
			},
			[]string{"topic control has cleanup.policy", "exactly compact"},
		},
		"brokers that allow no such timeout": {
			func(_ *testing.T, w *world, _ *process) {
				w.broker.ControlKey(kmsg.InitProducerID.Int16(), func(req kmsg.Request) (kmsg.Response, error, bool) {
					resp := req.ResponseKind().(*kmsg.InitProducerIDResponse)
					resp.ErrorCode = kerr.InvalidTransactionTimeout.Code
					return resp, nil, true
				})
			},
			[]string{"transaction_timeout 30s", "transaction.max.timeout.ms"},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
				p := w.start()
				defer p.cluster.Close()
				test.before(t, w, p)
				err := p.Prepare(t.Context())
				if err == nil {
					t.Fatal("it started")
				}
				for _, text := range test.says {
					if !strings.Contains(err.Error(), text) {
						t.Errorf("error %q does not say %q", err, text)
					}
				}
			})
		})
	}
}

// A state topic that has more partitions than shards is worked with, whether they
// were added later or it was made so: the first ones hold everything.
func TestStateTopicWithMorePartitionsThanShards(t *testing.T) {
	for name, added := range map[string]bool{"added later": true, "made so": false} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
				db := w.addTasks(3)
				if added {
					first := w.member("one")
					first.awaits(func(m *control.Memory) bool { r, _ := m.LastRun("acme"); return r.Run.Status == control.Succeeded })
					w.growTopic("state", 6)
					w.pass(10 * time.Minute) // the group hears of them
					first.stop()
				} else {
					p := w.start()
					spec := p.opts.StateTopic
					spec.Partitions = 6
					p.ensure(t, spec)
					p.cluster.Close()
				}
				later := w.member("two")
				for _, name := range []string{"beta", "gamma", "delta", "epsilon"} {
					if _, err := later.PutSource(t.Context(), name, definition(`{}`), true); err != nil {
						t.Fatal(err)
					}
					later.awaits(func(m *control.Memory) bool { r, _ := m.LastRun(name); return r.Run.Status == control.Succeeded })
				}
				page := db.AddPage("late", nil)
				w.pass(10 * time.Minute)
				later.stop()
				if w.lastValue(tasksTopic, page) == "" {
					t.Error("the page did not arrive")
				}
				w.checkTopic(db, tasksTopic)
				if n := w.logged("level=WARN", "state topic state has 6 partitions", "the first 2 are used"); n != 1 {
					t.Errorf("%d warnings\n%s", n, w.logs)
				}
				for _, r := range w.records("state") {
					if r.Partition >= 2 {
						t.Fatalf("partition %d was written to: %s", r.Partition, r.Key)
					}
				}
			})
		})
	}
}

// A state topic that was copied from another cluster is worth a warning, one of
// this cluster is not.
func TestStateTopicOfAnotherCluster(t *testing.T) {
	for name, copied := range map[string]bool{"copied": true, "its own": false} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
				p := w.start()
				defer p.cluster.Close()
				want := 0
				if copied {
					p.beginWith(t, 2, state.MetaKey(), fmt.Sprintf(`{"format":%d,"shards":2,"cluster":"elsewhere"}`, state.Format))
					want = 1
				}
				for n := range 2 {
					if err := p.Prepare(t.Context()); err != nil {
						t.Fatal(err)
					}
					if got := w.logged("level=WARN", "another Kafka cluster"); got != want*(n+1) {
						t.Errorf("start %d: %d warnings\n%s", n, got, w.logs)
					}
				}
			})
		})
	}
}
