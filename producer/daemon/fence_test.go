package daemon

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"notion-kafka/notion/notiontest"
	"notion-kafka/producer"
	"notion-kafka/producer/control"
	"notion-kafka/producer/shard"
	"notion-kafka/producer/state"
)

// logged counts the lines of the log that hold all of the texts.
func (w *world) logged(texts ...string) int {
	lines := 0
	for line := range strings.Lines(w.logs.String()) {
		all := true
		for _, text := range texts {
			all = all && strings.Contains(line, text)
		}
		if all {
			lines++
		}
	}
	return lines
}

// Two installations use one state topic: the later one keeps the shard, and the earlier
// one stops for good and names the later one in its log.
func TestTwoGroupsOnOneStateTopicDoNotFenceEachOtherInACircle(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		db := w.addTasks(10)
		first := w.start()
		first.opts.Instance = "first-instance"
		firstRan, stopFirst := w.daemon(first)
		<-firstRan

		second := w.start()
		second.opts.Group, second.opts.Instance = "other-group", "second-instance"
		secondRan, stopSecond := w.daemon(second)
		<-secondRan
		for range 20 {
			db.AddPage("more", nil)
			w.pass(5 * time.Minute)
		}
		stopSecond()
		stopFirst()
		if n := w.logged("written by another group", "group=other-group", "instance=second-instance"); n != 1 {
			t.Errorf("the fenced instance said by whom %d times, want once\n%s", n, w.logs)
		}
		if n := len(secondRan); n < 15 {
			t.Errorf("the later group ran %d times in 100 minutes, want some 20", n)
		}
		w.mustRun(bySchedule)
		w.checkTopic(db, tasksTopic)
	})
}

// An instance that was suspended for longer than the session wakes up as a zombie:
// another instance has its shard, and nothing that it writes is seen.
func TestZombieOfTheSameGroupGivesWay(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		db := w.addTasks(10)
		zombie := w.start()
		zombie.opts.Instance = "zombie"
		zombieRan, stopZombie := w.daemon(zombie)
		<-zombieRan
		wake := zombie.cable.hold()

		heir := w.start()
		heir.opts.Instance = "heir"
		heirRan, stopHeir := w.daemon(heir)
		if first := <-heirRan; first.Status != control.Succeeded {
			t.Fatalf("%+v", first)
		}
		db.AddPage("while the zombie slept", nil)
		w.pass(7 * time.Minute)
		wake()
		for range 6 {
			db.AddPage("after it woke", nil)
			w.pass(5 * time.Minute)
		}
		stopHeir()
		stopZombie()
		if n := w.logged("written by another group"); n != 0 {
			t.Errorf("an instance of the same group was taken for another group's\n%s", w.logs)
		}
		if w.logged("took the shard over", "instance=zombie") != 0 {
			t.Errorf("the zombie took the shard back from its heir\n%s", w.logs)
		}
		w.mustRun(bySchedule)
		w.checkTopic(db, tasksTopic)
	})
}

// Kafka forgets a transactional id that was idle for a week. The shard is
// claimed again and the run starts over at once, not at the next trigger.
func TestForgottenProducerIDIsClaimedAgain(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		db := w.addTasks(10)
		ran, stop := w.daemon(w.start())
		<-ran
		w.broker.ControlKey(kmsg.Produce.Int16(), func(req kmsg.Request) (kmsg.Response, error, bool) {
			return refuseProduce(req.(*kmsg.ProduceRequest), kerr.InvalidProducerIDMapping), nil, true
		})
		db.AddPage("after a week", nil)
		began := time.Now()
		lost, again := <-ran, <-ran
		if lost.Status != control.Failed || again.Status != control.Succeeded {
			t.Errorf("runs: %s, then %s", lost.Status, again.Status)
		}
		if took := again.FinishedAt.Sub(began); took > 6*time.Minute {
			t.Errorf("the page arrived after %v", took)
		}
		stop()
		w.checkTopic(db, tasksTopic)
	})
}

// refuseProduce answers a produce request with one error for every partition.
func refuseProduce(req *kmsg.ProduceRequest, refusal *kerr.Error) kmsg.Response {
	resp := req.ResponseKind().(*kmsg.ProduceResponse)
	for _, t := range req.Topics {
		topic := kmsg.NewProduceResponseTopic()
		topic.Topic, topic.TopicID = t.Topic, t.TopicID
		for _, p := range t.Partitions {
			partition := kmsg.NewProduceResponseTopicPartition()
			partition.Partition, partition.ErrorCode = p.Partition, refusal.Code
			topic.Partitions = append(topic.Partitions, partition)
		}
		resp.Topics = append(resp.Topics, topic)
	}
	return resp
}

// A topic that refuses writes fails the run of its own stream and of no other, and the
// shard is not claimed again.
func TestTopicWithoutWriteRightFailsAlone(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		db := w.addTasks(10)
		w.broker.ControlKey(kmsg.Produce.Int16(), func(req kmsg.Request) (kmsg.Response, error, bool) {
			w.broker.KeepControl()
			produce := req.(*kmsg.ProduceRequest)
			for _, topic := range produce.Topics {
				if info := w.broker.TopicInfo("notion.acme.databases"); info != nil && topic.TopicID == info.TopicID {
					return refuseProduce(produce, kerr.TopicAuthorizationFailed), nil, true
				}
			}
			return nil, nil, false
		})
		p := w.start()
		defer p.cluster.Close()
		report, err := p.run(t.Context(), byHand)
		if err != nil {
			t.Fatalf("%v\n%s", err, w.logs)
		}
		if s := streamOf(report, producer.DatabasesStream); s.Status != control.Failed || !strings.Contains(s.Error, "WRITE") {
			t.Errorf("the refused stream: %+v", s)
		}
		if s := streamOf(report, producer.DatabaseStream(db.ID())); s.Status != control.Succeeded || s.Published != 10 {
			t.Errorf("the other stream: %+v", s)
		}
	})
}

// workInstead claims as a daemon does, and does something else with the shard.
type workInstead struct {
	*serving
	instead func(context.Context, *shard.Shard) error
}

func (w workInstead) do(ctx context.Context, s *shard.Shard) error { return w.instead(ctx, s) }

// The group and Kafka may both report at the same moment that a late process has lost
// its shard. The process still logs who has the shard, and does not come back.
func TestFencedAfterTheGroupTookTheShard(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		w.addTasks(10)
		late, heir := w.start(), w.start()
		defer late.cluster.Close()
		defer heir.cluster.Close()
		late.opts.Instance, heir.opts.Instance = "late-instance", "heir-instance"
		w.mustRun(bySchedule)
		partition := state.ShardOf(late.opts.Sources[0].Name, late.opts.StateTopic.Partitions)
		ctx, taken := context.WithCancel(t.Context())
		served := 0
		daemon := New(late.opts)
		daemon.own(ctx, partition, workInstead{daemon.serving(partition), func(ctx context.Context, s *shard.Shard) error {
			served++
			theirs, err := New(heir.opts).shards().Claim(t.Context(), partition, "theirs")
			if err != nil {
				t.Fatal(err)
			}
			theirs.Close()
			taken()
			return s.Save(ctx, state.Entry{Key: state.SourceKey("acme"), Value: state.Source{Bot: "late"}})
		}})
		if n := w.logged("another instance took the shard over", "instance=heir-instance"); n != 1 || served != 1 {
			t.Errorf("served %d times, said who has the shard %d times, want once each\n%s", served, n, w.logs)
		}
	})
}

// What follows depends on the owner of the claim that fenced us.
func TestMayClaimAgain(t *testing.T) {
	const partition = 0
	tests := map[string]struct {
		fencedBy  func(w *world, p *process) *process // claims after p did
		beats     int                                 // heartbeats answered before the decision
		ends      bool                                // the group takes the shard away meanwhile
		mayAgain  bool
		undecided bool // it still waits
	}{
		"our own claim timed out":                {fencedBy: func(_ *world, p *process) *process { return p }, mayAgain: true},
		"another group":                          {fencedBy: func(w *world, _ *process) *process { return w.inGroup("other") }},
		"our group, nothing heard":               {fencedBy: func(w *world, _ *process) *process { return w.inGroup("group") }, undecided: true},
		"our group, one heartbeat":               {fencedBy: func(w *world, _ *process) *process { return w.inGroup("group") }, beats: 1, undecided: true},
		"our group, the shard is still ours":     {fencedBy: func(w *world, _ *process) *process { return w.inGroup("group") }, beats: 2, mayAgain: true},
		"our group, the shard was taken from us": {fencedBy: func(w *world, _ *process) *process { return w.inGroup("group") }, beats: 1, ends: true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
				p := w.inGroup("group")
				if err := p.Prepare(t.Context()); err != nil {
					t.Fatal(err)
				}
				claimed := func(p *process, nonce string) {
					s, err := p.shards().Claim(t.Context(), partition, nonce)
					if err != nil {
						t.Fatal(err)
					}
					t.Cleanup(s.Close)
				}
				claimed(p, "ours")
				if by := test.fencedBy(w, p); by != p {
					claimed(by, "theirs")
				}
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				decided := make(chan bool, 1)
				go func() { decided <- p.mayClaimAgain(ctx, partition, "ours") }()
				w.pass(time.Minute)
				for range test.beats {
					p.pulse.beat()
					w.pass(time.Second)
				}
				if test.ends {
					cancel()
					w.pass(time.Second)
				}
				select {
				case may := <-decided:
					if test.undecided || may != test.mayAgain {
						t.Errorf("decided %v too early or wrongly\n%s", may, w.logs)
					}
				default:
					if !test.undecided {
						t.Error("still waiting")
					}
				}
			})
		})
	}
}

// inGroup begins a process in a group.
func (w *world) inGroup(group string) *process {
	p := w.start()
	p.opts.Group = group
	w.t.Cleanup(p.cluster.Close)
	return p
}

// When an instance leaves, other instances run its shards at once.
func TestShardsMoveWhenAnInstanceLeaves(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		db := w.addTasks(10)
		first := w.start()
		firstRan, stopFirst := w.daemon(first)
		<-firstRan
		second := w.start()
		secondRan, stopSecond := w.daemon(second)
		w.pass(time.Minute)
		stopFirst()
		db.AddPage("under the second", nil)
		w.pass(11 * time.Minute)
		stopSecond()
		if len(firstRan)+len(secondRan) < 2 {
			t.Errorf("runs after the first one left: %d and %d", len(firstRan), len(secondRan))
		}
		w.checkTopic(db, tasksTopic)
	})
}
