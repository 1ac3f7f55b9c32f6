package daemon

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"

	"notion-kafka/notion/notiontest"
	"notion-kafka/producer"
	"notion-kafka/producer/control"
	"notion-kafka/producer/state"
)

// A topic that is deleted during a run fails the run of its own stream only, and the
// shard stays ours.
func TestTopicDeletedInMidRun(t *testing.T) {
	var mischief func()
	var victim string // data source
	var queries atomic.Int64
	options := notiontest.Options{RequestsPerMinute: -1, Hook: func(r *http.Request) *notiontest.Fault {
		if strings.HasSuffix(r.URL.Path, victim+"/query") && queries.Add(1) == 3 {
			mischief()
		}
		return nil
	}}
	inWorld(t, options, func(t *testing.T, w *world) {
		dbs := []*notiontest.Database{w.addTasks(0), w.addTasks(0)}
		for _, db := range dbs {
			db.DataSource().AddPages(500, time.Now().Add(-100*time.Hour), time.Minute, func(int) notiontest.Values { return nil })
		}
		first, second := dbs[0], dbs[1]
		victim = first.DataSource().ID()
		p := w.start()
		defer p.cluster.Close()
		// Named by id: which of the twins has the bare title does not matter here.
		p.source.NameByID = true
		topic := "notion.acme." + producer.DatabaseStream(first.ID())
		mischief = func() { w.deleteTopic(topic) }
		report, err := p.run(t.Context(), byHand)
		if err != nil {
			t.Fatalf("the run ended with %v\n%s", err, w.logs)
		}
		if s := streamOf(report, producer.DatabaseStream(first.ID())); s.Status != control.Failed || !strings.Contains(s.Error, topic) {
			t.Errorf("stream of the deleted topic: %+v", s)
		}
		if s := streamOf(report, producer.DatabaseStream(second.ID())); s.Status != control.Succeeded || s.Published != 500 {
			t.Errorf("the other stream: %+v", s)
		}
		w.checkTopic(second, "notion.acme."+producer.DatabaseStream(second.ID()))
	})
}

func TestTopicThatGrewKeepsItsKeys(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		db := w.addTasks(30)
		w.mustRun(byHand)
		before := map[string]int32{}
		for _, r := range w.records(tasksTopic) {
			before[string(r.Key)] = r.Partition
		}
		w.growTopic(tasksTopic, 12)
		for _, page := range db.Pages(notiontest.Live) {
			w.notion.Edit(page, notiontest.Values{"Points": 5})
		}
		w.mustRun(bySchedule)
		for _, r := range w.records(tasksTopic) {
			if r.Partition != before[string(r.Key)] {
				t.Errorf("key %s moved from partition %d to %d", r.Key, before[string(r.Key)], r.Partition)
			}
		}
		w.checkTopic(db, tasksTopic)
		w.mustRun(fullScan)
		if w.logged("more partitions", tasksTopic) == 0 {
			t.Error("nothing was said about the new partitions")
		}
	})
}

func TestTopicCutShortStopsTheStream(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		db := w.addTasks(12)
		w.mustRun(byHand)
		// What a topic looks like that lost its end: it remembers less than we do.
		w.pretendWritten(db, 1_000_000)
		if s := w.runOnce(bySchedule, db); s.Status != control.NeedsAttention || !strings.Contains(s.Error, "cut short") || !strings.Contains(s.Error, "--forget") {
			t.Errorf("%+v", s)
		}
	})
}

func (w *world) growTopic(topic string, partitions int) {
	w.t.Helper()
	w.administer(func(admin *kadm.Client) error {
		_, err := admin.UpdatePartitions(w.t.Context(), partitions, topic)
		return err
	})
}

// pretendWritten puts an offset into the state that the topic does not reach.
func (w *world) pretendWritten(db *notiontest.Database, offset int64) {
	w.t.Helper()
	p := w.start()
	defer p.cluster.Close()
	s, err := p.shards().Claim(w.t.Context(), state.ShardOf("acme", w.shards), producer.NewID(time.Now()))
	if err != nil {
		w.t.Fatal(err)
	}
	defer s.Close()
	name := producer.DatabaseStream(db.ID())
	var topic state.Topic
	s.View(func(m *state.Memory) { topic = *m.Source("acme").Stream(name).Topic })
	topic.Offsets = map[int32]int64{0: offset}
	if err := s.Save(w.t.Context(), state.Entry{Key: state.TopicKey("acme", name), Value: topic}); err != nil {
		w.t.Fatal(err)
	}
}

// The limit of a topic was raised while the daemon runs: the next run by hand publishes
// the page that was too large, and no other twice.
func TestLimitRaisedWhileTheDaemonRuns(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		db := w.addTasks(5)
		i := w.member("one", byHandOnly)
		defer i.stop()
		i.started()
		i.finished(i.mustStart(producer.Order{}).ID)
		w.setMaxMessageBytes(tasksTopic, "2000")
		page := db.Pages(notiontest.Live)[0]
		w.notion.Edit(page, notiontest.Values{"Name": strings.Repeat("large ", 1000)})
		w.pass(5 * time.Minute)
		if run := i.ends(producer.Order{}); run.Status != control.NeedsAttention || stuckIn(run) != 1 {
			t.Errorf("with a page too large the run ended %s: %+v", run.Status, run.Streams)
		}
		w.setMaxMessageBytes(tasksTopic, "8388608")
		if run := i.ends(producer.Order{}); run.Status != control.Succeeded || stuckIn(run) != 0 {
			t.Errorf("when the topic takes it the run ended %s: %+v", run.Status, run.Streams)
		}
		w.checkTopic(db, tasksTopic)
		w.noVersionTwice(tasksTopic)
	})
}

// A batch that is larger than a topic's present limit does not make its pages too large.
func TestLimitLoweredWhileTheDaemonRuns(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		db := w.addTasks(40)
		i := w.member("one", byHandOnly)
		defer i.stop()
		i.started()
		i.finished(i.mustStart(producer.Order{}).ID)
		w.setMaxMessageBytes(tasksTopic, "3000")
		if run := i.ends(producer.Order{Full: true, Republish: true}); run.Status != control.Succeeded || stuckIn(run) != 0 {
			t.Errorf("the run ended %s: %+v", run.Status, run.Streams)
		}
		if got := len(w.records(tasksTopic)); got != 2*len(db.Pages(notiontest.Live)) {
			t.Errorf("the topic holds %d records of %d pages that were published twice", got, len(db.Pages(notiontest.Live)))
		}
	})
}

// ends orders a run and returns the run that ends the order: the shard may be claimed
// again in between, and another run continue it.
func (i *member) ends(order producer.Order) control.Run {
	i.world.t.Helper()
	run := i.finished(i.mustStart(order).ID)
	for {
		next, continued := strings.CutPrefix(run.Error, "interrupted, continued by run ")
		if !continued {
			return run
		}
		run = i.finished(next)
	}
}

func stuckIn(run control.Run) (stuck int) {
	for _, s := range run.Streams {
		stuck += s.Stuck
	}
	return stuck
}

// A topic whose records were all deleted is not taken for one that holds what was
// written to it.
func TestEmptiedTopicStopsTheStream(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		db := w.addTasks(12)
		w.mustRun(byHand)
		w.administer(func(admin *kadm.Client) error {
			ends, err := admin.ListEndOffsets(t.Context(), tasksTopic)
			if err == nil {
				_, err = admin.DeleteRecords(t.Context(), ends.Offsets())
			}
			return err
		})
		for _, order := range []producer.Order{bySchedule, fullScan} {
			if s := w.runOnce(order, db); s.Status != control.NeedsAttention || !strings.Contains(s.Error, "cut short") || !strings.Contains(s.Error, "--forget") {
				t.Errorf("%+v: %+v", order, s)
			}
		}
	})
}

// A topic that is gone is not made again as if it had never been there.
func TestDeletedTopicIsNotMadeAgain(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		db := w.addTasks(12)
		w.mustRun(byHand)
		w.deleteTopic(tasksTopic)
		if s := w.runOnce(bySchedule, db); s.Status != control.NeedsAttention || !strings.Contains(s.Error, "it was deleted since") || !strings.Contains(s.Error, "--forget") {
			t.Errorf("%+v", s)
		}
		w.administer(func(admin *kadm.Client) error {
			if topics, err := admin.ListTopics(t.Context(), tasksTopic); err != nil || topics.Has(tasksTopic) {
				t.Errorf("the topic is there: %v, %v", topics, err)
			}
			return nil
		})
	})
}

// A run of a stream that begins again in another topic names the former topic until the
// stream has been read to the end.
func TestLeftTopicIsNamed(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		w.addTasks(3)
		w.mustRun(byHand)
		i := w.member("one", byHandOnly, func(src *producer.Source) { src.TopicPrefix = "elsewhere." })
		defer i.stop()
		i.started()
		for _, want := range []string{tasksTopic, ""} {
			run := i.finished(i.mustStart(producer.Order{}).ID)
			if got := run.Streams[1].LeftTopic; got != want {
				t.Errorf("the run says that it left topic %q, want %q", got, want)
			}
			said := ""
			if log := i.Log(run.ID); log != nil {
				said = strings.Join(log.Lines, "\n")
			}
			if named := strings.Contains(said, "begins again in another topic") && strings.Contains(said, tasksTopic); named != (want != "") {
				t.Errorf("the run's log says:\n%s", said)
			}
		}
	})
}
