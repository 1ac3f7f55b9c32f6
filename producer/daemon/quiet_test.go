package daemon

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kmsg"

	"notion-kafka/notion/notiontest"
	"notion-kafka/producer"
	"notion-kafka/producer/control"
	"notion-kafka/producer/schedule"
	"notion-kafka/producer/shard"
	"notion-kafka/producer/state"
)

// A stopwatch notes when transactions were committed.
type stopwatch struct {
	producer.Nobody

	mu sync.Mutex
	at []time.Time
}

// Transaction implements [Observer].
func (l *stopwatch) Transaction(outcome string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if outcome == "committed" {
		l.at = append(l.at, time.Now())
	}
}

// busiestMinute is the most transactions in any minute since a time.
func (l *stopwatch) busiestMinute(since time.Time) (most int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, at := range l.at {
		if at.Before(since) {
			continue
		}
		n := 0
		for n+i < len(l.at) && l.at[i+n].Sub(at) < time.Minute {
			n++
		}
		most = max(most, n)
	}
	return most
}

// A source in which nothing changes costs Kafka at most two transactions a minute,
// however often it is polled, however long a poll takes and however many databases it
// has. Sweeps and full reads among the polls do not change that.
func TestQuietSourceCostsKafkaTwoTransactionsAMinute(t *testing.T) {
	often := schedule.Every{Interval: 10 * time.Second}
	for name, settings := range map[string]producer.Settings{
		"polled":         {},
		"swept":          {Sweep: schedule.Every{Interval: 20 * time.Second}},
		"read whole":     {FullTable: true},
		"by own trigger": {Trigger: often},
	} {
		t.Run(name, func(t *testing.T) {
			options := notiontest.Options{RequestsPerMinute: -1, Latency: slowly}
			inWorld(t, options, func(t *testing.T, w *world) {
				for n := range 10 {
					db := w.notion.AddDatabase(fmt.Sprintf("Database %d", n), notiontest.Prop{Name: "Name", Kind: notiontest.KindTitle})
					db.AddPage("page", nil)
				}
				w.pass(time.Hour)
				kept := &stopwatch{}
				i := w.memberWith("one", func(i *member) { i.opts.Observer = kept }, with(settings), func(src *producer.Source) { src.Trigger = often })
				w.pass(5 * time.Minute)
				quiet := time.Now()
				before := w.requestsSent()
				w.pass(5 * time.Minute)
				if most := kept.busiestMinute(quiet); most > 2 || most < 1 {
					t.Errorf("%d transactions in one minute, want one or two", most)
				}
				if sent := w.requestsSent() - before; sent < 10*5*3 {
					t.Errorf("only %d requests in five minutes: the test no longer polls", sent)
				}
				i.stop()
			})
		})
	}
}

// The results of quiet polls are written within a minute after the last one, even where
// the source does not run again for long.
func TestQuietRunIsRememberedWithinAMinute(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		w.addTasks(3)
		w.pass(time.Hour)
		daily := schedule.Every{Interval: 24 * time.Hour}
		i := w.member("one", func(src *producer.Source) { src.Trigger = daily })
		i.started()
		i.finished(i.mustStart(producer.Order{}).ID)
		w.pass(24*time.Hour - 30*time.Second)
		i.finished(i.mustStart(producer.Order{Streams: []string{producer.DatabasesStream}}).ID)
		w.pass(2 * time.Minute)
		i.stop()
		before := w.requestsSent()
		heir := w.member("two", func(src *producer.Source) { src.Trigger = daily })
		heir.started()
		w.pass(time.Minute)
		if sent := w.requestsSent() - before; sent > 0 {
			t.Errorf("the next owner asked Notion %d times, as if the daily run had not been made", sent)
		}
		heir.stop()
	})
}

// A process that is killed between quiet polls leaves an older position behind. The next
// one reads again from there, publishes what was edited since, and nothing twice.
func TestKilledBetweenQuietPolls(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		db := w.addTasks(30)
		w.pass(time.Hour)
		often := func(src *producer.Source) { src.Trigger = schedule.Every{Interval: 10 * time.Second} }
		i := w.member("one", often)
		w.pass(5*time.Minute + 35*time.Second)
		_ = i.cable.cut()
		w.notion.Edit(db.Pages(notiontest.Live)[3], notiontest.Values{"Points": -1})
		heir := w.member("two", often)
		w.pass(5 * time.Minute)
		w.checkTopic(db, tasksTopic)
		heir.stop()
		i.cable.repair()
		i.stop()
	})
}

// deferredIn is a shard that has deferred a cursor of a stream of source acme.
func deferredIn(t *testing.T, w *world, cursor state.Entry) (*process, *shard.Shard) {
	t.Helper()
	p := w.start()
	if err := p.Prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	s, err := p.shards().Claim(t.Context(), p.shardOf("acme"), producer.NewID(time.Now()))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Postpone(t.Context(), "acme", cursor); err != nil {
		t.Fatal(err)
	}
	return p, s
}

// restored are the cursors of stream s of source acme in the log of a shard.
func restored(t *testing.T, p *process) map[string]state.Cursor {
	t.Helper()
	shards, err := p.ReadState(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return shards[p.shardOf("acme")].Source("acme").Stream("s").Cursors
}

// Deferred entries count at once, and are in the log with the next transaction of the
// shard, whatever that writes. An entry of that transaction is newer than a deferred one
// of the same key.
func TestDeferredGoesAlong(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		key := state.CursorKey("acme", "s", "d")
		first, second := state.Cursor{Watermark: time.Unix(60, 0).UTC()}, state.Cursor{Watermark: time.Unix(120, 0).UTC()}
		p, s := deferredIn(t, w, state.Entry{Key: key, Value: first})
		defer p.cluster.Close()
		defer s.Close()
		s.View(func(m *state.Memory) {
			if got := m.Source("acme").Stream("s").Cursors["d"]; got != first {
				t.Errorf("memory has %+v", got)
			}
		})
		if got := restored(t, p); len(got) > 0 {
			t.Errorf("the log has %+v before any transaction", got)
		}
		if err := setPaused(t.Context(), s, "other", true); err != nil {
			t.Fatal(err)
		}
		if got := restored(t, p)["d"]; got != first {
			t.Errorf("after another transaction the log has %+v", got)
		}
		if err := s.Postpone(t.Context(), "acme", state.Entry{Key: key, Value: second}); err != nil {
			t.Fatal(err)
		}
		if err := s.Save(t.Context(), state.Entry{Key: key}); err != nil {
			t.Fatal(err)
		}
		if err := setPaused(t.Context(), s, "other", false); err != nil {
			t.Fatal(err)
		}
		if got, some := restored(t, p)["d"]; some {
			t.Errorf("a cursor that was reset came back as %+v", got)
		}
	})
}

// After an aborted transaction, the entries that it took along stay deferred.
func TestDeferredOutlivesAnAbortedTransaction(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		cursor := state.Cursor{Watermark: time.Unix(60, 0).UTC()}
		p, s := deferredIn(t, w, state.Entry{Key: state.CursorKey("acme", "s", "d"), Value: cursor})
		defer p.cluster.Close()
		defer s.Close()
		if err := p.write(t.Context(), s, control.Record{Key: control.LastLogKey("acme"), Value: make(chan int)}); err == nil {
			t.Error("what cannot be encoded was written")
		}
		if err := s.Save(t.Context(), state.Entry{Key: "source/acme", Value: make(chan int)}); err == nil {
			t.Error("what cannot be encoded was written")
		}
		if got := restored(t, p); len(got) > 0 {
			t.Errorf("the log has %+v after transactions that came to nothing", got)
		}
		if err := s.Flush(t.Context(), p.source.Name); err != nil {
			t.Fatal(err)
		}
		if got := restored(t, p)["d"]; got != cursor {
			t.Errorf("the log has %+v", got)
		}
	})
}

// A reset by hand beside quiet polls holds: the deferred entries of the stream do not
// bring its cursor back.
func TestResetBesideQuietPollsHolds(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		db := w.addTasks(3)
		w.pass(time.Hour)
		i := w.member("one", func(src *producer.Source) { src.Trigger = schedule.Every{Interval: 10 * time.Second} })
		w.pass(3*time.Minute + 35*time.Second)
		name := producer.DatabaseStream(db.ID())
		if err := i.ResetStream(t.Context(), "acme", name, false); err != nil {
			t.Fatal(err)
		}
		_ = i.cable.cut()
		heir := w.member("two", byHandOnly)
		w.pass(2 * time.Minute)
		heir.started()
		done := heir.finished(heir.mustStart(producer.Order{}).ID)
		kinds := []control.Kind{}
		for _, s := range done.Streams {
			if s.Stream == name {
				kinds = append(kinds, s.Kind)
			}
		}
		if !slices.Equal(kinds, []control.Kind{control.FullScan}) {
			t.Errorf("after the reset the stream was read as %v, want a scan", kinds)
		}
		heir.stop()
		i.cable.repair()
		i.stop()
	})
}

// asksAboutTopics counts the requests to the broker for topic configurations.
func (w *world) asksAboutTopics() *atomic.Int64 {
	var asked atomic.Int64
	w.broker.ControlKey(int16(kmsg.DescribeConfigs), func(kmsg.Request) (kmsg.Response, error, bool) {
		w.broker.KeepControl()
		asked.Add(1)
		return nil, nil, false
	})
	return &asked
}

// The topics of a quiet source are looked at once a minute. One that was deleted
// or emptied meanwhile stops its stream before anything is published.
func TestTopicsOfAQuietSourceAreLookedAtOnceAMinute(t *testing.T) {
	for name, edit := range map[string]bool{"quiet": false, "edited at once": true} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, notiontest.Options{RequestsPerMinute: -1}, func(t *testing.T, w *world) {
				db := w.addTasks(3)
				w.pass(time.Hour)
				i := w.member("one", func(src *producer.Source) { src.Trigger = schedule.Every{Interval: 10 * time.Second} })
				w.pass(5*time.Minute + 40*time.Second)
				asked := w.asksAboutTopics()
				w.pass(10 * time.Minute)
				if n := asked.Load(); n > 2*10 || n < 2*8 {
					t.Errorf("two topics were looked at %d times in ten minutes, want once a minute", n)
				}
				if edit {
					w.emptyTopic(tasksTopic)
					w.notion.Edit(db.Pages(notiontest.Live)[0], notiontest.Values{"Points": -1})
				} else {
					w.deleteTopic(tasksTopic)
				}
				w.pass(75 * time.Second)
				last := i.runs()[0]
				if s := streamOf((producer.Report{Run: last}), producer.DatabaseStream(db.ID())); s.Status != control.NeedsAttention || !strings.Contains(s.Error, "deleted") {
					t.Errorf("a minute after its topic was deleted the stream is %s: %s", s.Status, s.Error)
				}
				if got := w.records(tasksTopic); len(got) > 0 {
					t.Errorf("%d records were published into a topic that is not what it was", len(got))
				}
				i.stop()
			})
		})
	}
}

// emptyTopic deletes all records of a topic.
func (w *world) emptyTopic(topic string) {
	w.t.Helper()
	w.administer(func(admin *kadm.Client) error {
		ends, err := admin.ListEndOffsets(w.t.Context(), topic)
		if err == nil {
			_, err = admin.DeleteRecords(w.t.Context(), ends.Offsets())
		}
		return err
	})
}
