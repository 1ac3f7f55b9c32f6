package daemon

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"notion-kafka/notion/notiontest"
	"notion-kafka/producer"
	"notion-kafka/producer/control"
)

func (w *world) reset(stream string, forget bool) error {
	p := w.start()
	defer p.cluster.Close()
	return p.Reset(w.t.Context(), "acme", stream, forget)
}

func TestResetScansAfreshAndPublishesOnlyChanges(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		db := w.addTasks(40)
		w.mustRun(byHand)
		w.notion.EditSilently(db.Pages(notiontest.Live)[5], notiontest.Values{"Points": 77}) // no new edit time: only a scan sees it
		if err := w.reset(producer.DatabaseStream(db.ID()), false); err != nil {
			t.Fatal(err)
		}
		s := streamOf(w.mustRun(bySchedule), producer.DatabaseStream(db.ID()))
		if s.Kind != control.FullScan || s.Read != 40 || s.Published != 1 {
			t.Errorf("run after the reset: %+v", s)
		}
		w.checkTopic(db, tasksTopic)
		if got := ops(w.records(tasksTopic)); got[producer.OpUpdate] != 1 || got[producer.OpSnapshot] != 40 {
			t.Errorf("ops: %v", got)
		}
	})
}

func TestForgetPublishesEverythingAgain(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		db := w.addTasks(40)
		w.mustRun(byHand)
		for _, stream := range []string{producer.DatabasesStream, producer.DatabaseStream(db.ID())} {
			if err := w.reset(stream, true); err != nil {
				t.Fatal(err)
			}
		}
		report := w.mustRun(bySchedule)
		for _, s := range report.Streams {
			if s.Published != s.Read || s.Read == 0 {
				t.Errorf("run after --forget: %+v", s)
			}
		}
		if got := ops(w.records(tasksTopic)); got[producer.OpSnapshot] != 80 {
			t.Errorf("ops: %v, want 80 snapshots", got)
		}
	})
}

func TestResetOfAnUnknownStreamNamesTheKnown(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		w.addTasks(1)
		w.mustRun(byHand)
		if err := w.reset("database_x", false); !errors.Is(err, producer.ErrUnknownStream) || !strings.Contains(err.Error(), "databases") {
			t.Errorf("err %v", err)
		}
	})
}

func TestResetIsRefusedWhileADaemonLives(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		db := w.addTasks(1)
		daemon := w.start()
		defer daemon.cluster.Close()
		ran := make(chan producer.Report, 10)
		daemon.opts.Report = func(report producer.Report) { ran <- report }
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- daemon.Run(ctx) }()
		<-ran
		if err := w.reset(producer.DatabaseStream(db.ID()), false); err == nil || !strings.Contains(err.Error(), "instance") {
			t.Errorf("err %v, want one that names the living instance", err)
		}
		stop()
		if err := <-ended; err != nil {
			t.Errorf("the daemon ended with %v", err)
		}
	})
}

// administer does what an administrator of the cluster would.
func (w *world) administer(do func(*kadm.Client) error) {
	w.t.Helper()
	client, err := kgo.NewClient(kgo.SeedBrokers("127.0.0.1:9092"), kgo.Dialer(w.net.DialContext))
	if err != nil {
		w.t.Fatal(err)
	}
	defer client.Close()
	if err := do(kadm.NewClient(client)); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) deleteTopic(topic string) {
	w.t.Helper()
	w.administer(func(admin *kadm.Client) error {
		_, err := admin.DeleteTopic(w.t.Context(), topic)
		return err
	})
}

func (w *world) setMaxMessageBytes(topic, value string) {
	w.t.Helper()
	w.administer(func(admin *kadm.Client) error {
		_, err := admin.AlterTopicConfigs(w.t.Context(), []kadm.AlterConfig{{Op: kadm.SetConfig, Name: "max.message.bytes", Value: &value}}, topic)
		return err
	})
}

func TestRecreatedTopicStopsTheStreamUntilForgotten(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		db := w.addTasks(12)
		w.mustRun(byHand)
		w.deleteTopic(tasksTopic)
		p := w.start()
		defer p.cluster.Close()
		report, err := p.run(t.Context(), bySchedule)
		s := streamOf(report, producer.DatabaseStream(db.ID()))
		if err != nil || s.Status != control.NeedsAttention || !strings.Contains(s.Error, "state reset --source acme --stream database_"+db.ID()+" --forget") {
			t.Fatalf("err %v, stream %+v", err, s)
		}
		if n := len(w.records(tasksTopic)); n != 0 {
			t.Errorf("%d records were published into the new topic", n)
		}
		if err := w.reset(producer.DatabaseStream(db.ID()), true); err != nil {
			t.Fatal(err)
		}
		w.mustRun(bySchedule)
		w.checkTopic(db, tasksTopic)
	})
}

// In a rolling deploy two configurations are at work: a stream that has moved
// to a new topic does not move back by itself.
func TestStreamDoesNotReturnToATopicItLeft(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		db := w.addTasks(3)
		w.mustRun(byHand)
		w.mustRun(byHand, func(src *producer.Source) { src.TopicPrefix = "elsewhere." })
		p := w.start()
		defer p.cluster.Close()
		report, err := p.run(t.Context(), bySchedule)
		if s := streamOf(report, producer.DatabaseStream(db.ID())); err != nil || s.Status != control.NeedsAttention || !strings.Contains(s.Error, "elsewhere.tasks") {
			t.Fatalf("err %v, stream %+v", err, s)
		}
		for _, stream := range []string{producer.DatabasesStream, producer.DatabaseStream(db.ID())} {
			if err := w.reset(stream, false); err != nil {
				t.Fatal(err)
			}
		}
		if s := streamOf(w.mustRun(bySchedule), producer.DatabaseStream(db.ID())); s.Topic != tasksTopic || s.Published != 3 {
			t.Errorf("after the reset: %+v", s)
		}
	})
}
