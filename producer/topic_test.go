package producer

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"

	"notion-kafka/notion/notiontest"
	"notion-kafka/producer/state"
)

// A topic that is deleted in the middle of a run costs its own stream the run,
// and no other stream anything: the shard stays ours.
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
		topic := "notion.acme." + DatabaseStream(first.ID())
		mischief = func() { w.deleteTopic(topic) }
		report, err := p.run(t.Context(), byHand)
		if err != nil {
			t.Fatalf("the run ended with %v\n%s", err, w.logs)
		}
		if s := report.stream(DatabaseStream(first.ID())); s.Status != Failed || !strings.Contains(s.Error, topic) {
			t.Errorf("stream of the deleted topic: %+v", s)
		}
		if s := report.stream(DatabaseStream(second.ID())); s.Status != Succeeded || s.Published != 500 {
			t.Errorf("the other stream: %+v", s)
		}
		w.checkTopic(second, "notion.acme."+DatabaseStream(second.ID()))
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
		if s := w.runOnce(bySchedule, db); s.Status != NeedsAttention || !strings.Contains(s.Error, "cut short") || !strings.Contains(s.Error, "--forget") {
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
	s, err := p.claim(w.t.Context(), state.ShardOf("acme", w.shards), newID(time.Now()))
	if err != nil {
		w.t.Fatal(err)
	}
	defer s.close()
	name := DatabaseStream(db.ID())
	topic := *s.memory.Source("acme").Stream(name).Topic
	topic.Offsets = map[int32]int64{0: offset}
	if err := s.remember(w.t.Context(), state.Entry{Key: state.TopicKey("acme", name), Value: topic}); err != nil {
		w.t.Fatal(err)
	}
}
