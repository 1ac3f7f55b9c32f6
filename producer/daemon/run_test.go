package daemon

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"notion-kafka/notion"
	"notion-kafka/notion/notiontest"
	"notion-kafka/producer"
	"notion-kafka/producer/control"
	"notion-kafka/producer/kafka"
	"notion-kafka/producer/state"
)

const tasksTopic = "notion.acme.tasks"

var (
	byHand     = producer.Order{Trigger: "manual"}
	bySchedule = producer.Order{Trigger: "schedule"}
)

func (w *world) addTasks(n int) *notiontest.Database {
	db := w.notion.AddDatabase("Tasks", notiontest.Prop{Name: "Name", Kind: notiontest.KindTitle}, notiontest.Prop{Name: "Points", Kind: notiontest.KindNumber})
	for i := range n {
		db.AddPage(fmt.Sprintf("Task %d", i), notiontest.Values{"Points": i})
	}
	w.pass(5 * time.Minute)
	return db
}

// streamOf is what a run did for a stream, in all its jobs.
func streamOf(report producer.Report, name string) (all control.StreamRun) {
	for _, s := range report.Streams {
		switch {
		case s.Stream != name:
			continue
		case all.Stream == "":
			all = s
			continue
		case all.Status == control.Succeeded || s.Status == control.Failed:
			all.Status, all.Error = s.Status, s.Error
		}
		all.Read, all.Published, all.Unchanged, all.Deleted = all.Read+s.Read, all.Published+s.Published, all.Unchanged+s.Unchanged, all.Deleted+s.Deleted
		all.Snapshot, all.Created, all.Updated = all.Snapshot+s.Snapshot, all.Created+s.Created, all.Updated+s.Updated
	}
	return all
}

func ops(records []kafka.Stored) map[string]int {
	counts := map[string]int{}
	for _, r := range records {
		for _, h := range r.Headers {
			if h.Key == "notion-kafka.op" {
				counts[h.Value]++
			}
		}
	}
	return counts
}

func TestFirstRunPublishesLiveAndArchivedRows(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		db := w.addTasks(250)
		w.notion.Archive(db.Pages(notiontest.Live)[7])
		report := w.mustRun(byHand)
		w.checkTopic(db, tasksTopic)
		if s := streamOf(report, producer.DatabaseStream(db.ID())); s.Read != 250 || s.Published != 250 || s.Kind != control.FullScan {
			t.Errorf("report of the first run: %+v", s)
		}
		if got := ops(w.records(tasksTopic)); got[producer.OpSnapshot] != 250 {
			t.Errorf("ops of the first run: %v, want 250 snapshots", got)
		}
	})
}

func TestSecondRunPublishesNothingUnchanged(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		db := w.addTasks(120)
		w.mustRun(byHand)
		for _, order := range []producer.Order{byHand, {Trigger: "manual", Full: true}} {
			report := w.mustRun(order)
			for _, s := range report.Streams {
				if s.Published != 0 {
					t.Errorf("%+v: stream %s published %d records again", order, s.Stream, s.Published)
				}
			}
		}
		w.checkTopic(db, tasksTopic)
	})
}

func TestRepublishPublishesUnchangedPagesAsSnapshots(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		db := w.addTasks(30)
		w.mustRun(byHand)
		report := w.mustRun(producer.Order{Trigger: "manual", Full: true, Republish: true})
		if s := streamOf(report, producer.DatabaseStream(db.ID())); s.Published != 30 {
			t.Errorf("published %d of 30 pages again", s.Published)
		}
		if got := ops(w.records(tasksTopic)); got[producer.OpSnapshot] != 60 {
			t.Errorf("ops: %v, want 60 snapshots", got)
		}
	})
}

// Notion floors edit times to the minute: the second edit in a minute has the same time,
// and only the content differs.
func TestBothEditsOfOneMinuteArrive(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		db := w.addTasks(20)
		w.mustRun(byHand)
		page := db.Pages(notiontest.Live)[3]
		for points := range 3 {
			w.notion.Edit(page, notiontest.Values{"Points": 1000 + points})
			w.pass(10 * time.Second)
			if report := w.mustRun(bySchedule); streamOf(report, producer.DatabaseStream(db.ID())).Published != 1 {
				t.Errorf("edit %d: %+v", points, report.Streams)
			}
		}
		w.checkTopic(db, tasksTopic)
		if got := ops(w.records(tasksTopic)); got[producer.OpUpdate] != 3 {
			t.Errorf("ops: %v, want 3 updates", got)
		}
	})
}

// An edit behind a scan under way does not wait for the next scan, because the cursor
// begins at the time of the scan's first request.
func TestEditBehindARunningScanArrives(t *testing.T) {
	var edit func()
	var queries atomic.Int64
	options := notiontest.Options{
		Latency: func(*http.Request) time.Duration { return time.Minute },
		Hook: func(r *http.Request) *notiontest.Fault {
			if strings.HasSuffix(r.URL.Path, "/query") && queries.Add(1) == 3 {
				edit()
			}
			return nil
		},
	}
	inWorld(t, options, func(t *testing.T, w *world) {
		db := w.addTasks(0)
		pages := db.DataSource().AddPages(700, time.Now().Add(-100*time.Hour), time.Minute, func(int) notiontest.Values { return nil })
		edit = func() { w.notion.Edit(pages[0], notiontest.Values{"Points": 4711}) }
		w.mustRun(byHand) // eight minutes, well beyond the overlap
		w.mustRun(bySchedule)
		w.checkTopic(db, tasksTopic)
	})
}

func TestNewPageIsACreate(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		db := w.addTasks(5)
		w.mustRun(byHand)
		db.AddPage("one more", nil)
		w.mustRun(bySchedule)
		w.checkTopic(db, tasksTopic)
		if got := ops(w.records(tasksTopic)); got[producer.OpCreate] != 1 {
			t.Errorf("ops: %v, want one create", got)
		}
	})
}

func TestQuietPollIsOneQueryAndOneSearch(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		w.addTasks(20)
		p := w.start()
		defer p.cluster.Close()
		if err := p.Prepare(t.Context()); err != nil {
			t.Fatal(err)
		}
		s, err := p.shards().Claim(t.Context(), state.ShardOf("acme", w.shards), producer.NewID(time.Now()))
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		p.on(s).run(t.Context(), byHand)
		before := len(w.notion.Requests())
		if report := p.on(s).run(t.Context(), bySchedule); report.Status != control.Succeeded {
			t.Fatalf("%+v", report)
		}
		var got []string
		for _, r := range w.notion.Requests()[before:] {
			got = append(got, string(r.Endpoint))
		}
		if strings.Join(got, ", ") != "POST /v1/search, POST /v1/data_sources/{id}/query" {
			t.Errorf("a quiet poll asked: %v", got)
		}
	})
}

func TestNewDataSourceIsReadFromItsBeginning(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		db := w.addTasks(12)
		w.mustRun(byHand)
		second := db.AddDataSource("Archive of tasks", notiontest.Prop{Name: "Name", Kind: notiontest.KindTitle})
		for i := range 7 {
			second.AddPage(fmt.Sprintf("Old %d", i), nil)
		}
		w.pass(time.Hour)
		w.mustRun(bySchedule)
		w.checkTopic(db, tasksTopic)
		if got := ops(w.records(tasksTopic)); got[producer.OpCreate] != 7 {
			t.Errorf("ops: %v, want the 7 pages of the new data source as creates", got)
		}
	})
}

func TestOneBadStreamStopsNoOther(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		good := w.addTasks(10)
		bad := w.notion.AddDatabase("Bad", notiontest.Prop{Name: "Name", Kind: notiontest.KindTitle})
		bad.AddPage("unreadable", nil)
		w.mustRun(byHand)
		good.AddPage("new", nil)
		bad.Unshare()
		p := w.start()
		defer p.cluster.Close()
		report, err := p.run(t.Context(), bySchedule)
		if err != nil || report.Status != control.Failed {
			t.Fatalf("err %v, report %+v", err, report)
		}
		if s := streamOf(report, producer.DatabaseStream(bad.ID())); s.Status != control.Failed || !strings.Contains(s.Error, "hare") {
			t.Errorf("unshared database: %+v", s)
		}
		w.checkTopic(good, tasksTopic)
		if n := len(w.records("notion.acme.bad")); n != 1 {
			t.Errorf("the topic of the unreachable database has %d records, want the one it had", n)
		}
	})
}

func TestNothingSharedSaysWhatToDo(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		p := w.start()
		defer p.cluster.Close()
		report, err := p.run(t.Context(), byHand)
		if !errors.Is(err, producer.ErrNothingShared) || report.Status != control.Failed || !strings.Contains(err.Error(), `the connection "notion-kafka"`) {
			t.Errorf("err %v, report %+v", err, report)
		}
	})
}

// Rules that fit no database are no success: the source would read nothing for ever. One
// whose only database is in the trash had something to read.
func TestSourceThatSelectsNothingNeedsAttention(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		db := w.addTasks(3)
		run := func(order producer.Order, change func(*producer.Source)) (producer.Report, error) {
			p := w.start(change)
			defer p.cluster.Close()
			return p.run(t.Context(), order)
		}
		report, err := run(byHand, only("database_of_another_workspace"))
		if report.Status != control.NeedsAttention || err == nil || !strings.Contains(err.Error(), producer.TitledStream(producer.DatabaseStream(db.ID()), "Tasks")) {
			t.Errorf("err %v, report %+v", err, report)
		}
		asked := w.notion.Counts()[notiontest.EndpointRetrieveDatabase]
		if _, err := run(bySchedule, only("database_of_another_workspace")); err == nil || w.notion.Counts()[notiontest.EndpointRetrieveDatabase] != asked {
			t.Errorf("err %v, and databases that it found before were retrieved again", err)
		}
		selected := only(producer.DatabaseStream(db.ID()))
		w.mustRun(byHand, selected)
		db.Trash()
		w.pass(2 * time.Hour)
		if report, err := run(bySchedule, selected); err != nil || report.Status != control.Succeeded {
			t.Errorf("in the trash: err %v, report %+v", err, report)
		}
	})
}

// An order may name a database by its title as people type it, unless two have that title.
func TestOrderByPlainTitle(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		db := w.notion.AddDatabase("Offers \U0001f680", notiontest.Prop{Name: "Name", Kind: notiontest.KindTitle})
		w.pass(time.Hour)
		order := byHand
		order.Streams = []string{"offers"}
		report := w.runReport(order)
		if report.Status != control.Succeeded || len(report.Streams) != 1 || report.Streams[0].Stream != producer.DatabaseStream(db.ID()) {
			t.Errorf("%+v", report)
		}
		w.notion.AddDatabase("OFFERS", notiontest.Prop{Name: "Name", Kind: notiontest.KindTitle})
		w.pass(time.Hour)
		p := w.start()
		defer p.cluster.Close()
		if _, err := p.run(t.Context(), order); !errors.Is(err, producer.ErrUnknownStream) {
			t.Errorf("of two: %v", err)
		}
	})
}

func TestRefusedTokenPublishesNothing(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		w.addTasks(3)
		w.notion.RevokeToken()
		p := w.start()
		defer p.cluster.Close()
		if _, err := p.run(t.Context(), byHand); !errors.Is(err, notion.ErrUnauthorized) {
			t.Errorf("err %v", err)
		}
	})
}

func TestUnknownStreamIsRefused(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		w.addTasks(3)
		p := w.start()
		defer p.cluster.Close()
		_, err := p.run(t.Context(), producer.Order{Trigger: "manual", Streams: []string{"database_of_dreams"}})
		if !errors.Is(err, producer.ErrUnknownStream) || !strings.Contains(err.Error(), "database_of_dreams") {
			t.Errorf("err %v", err)
		}
	})
}

// A renamed database keeps its topic. Of two databases with one title, the older has the
// topic without a suffix.
func TestTopicNamesArePinned(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		older := w.addTasks(2)
		younger := w.addTasks(3)
		w.mustRun(byHand)
		older.Rename("Chores")
		report := w.mustRun(byHand)
		hex := strings.ReplaceAll(younger.ID(), "-", "")
		for db, want := range map[*notiontest.Database]string{older: tasksTopic, younger: tasksTopic + "_" + hex[20:]} {
			if got := streamOf(report, producer.DatabaseStream(db.ID())).Topic; got != want {
				t.Errorf("database %s is published to %s, want %s", db.Title(), got, want)
			}
		}
	})
}

func TestStreamMovedToAnotherTopicStartsAgainThere(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		db := w.addTasks(9)
		w.mustRun(byHand)
		moved := func(src *producer.Source) { src.TopicPrefix = "elsewhere." }
		w.mustRun(bySchedule, moved)
		w.checkTopic(db, "elsewhere.tasks")
		if n := len(w.records("elsewhere.databases")); n != 1 {
			t.Errorf("the new topic of the databases has %d records, want 1", n)
		}
		if got := ops(w.records("elsewhere.tasks")); got[producer.OpSnapshot] != 9 {
			t.Errorf("ops in the new topic: %v, want 9 snapshots", got)
		}
		db.AddPage("one more", nil)
		w.mustRun(bySchedule, moved)
		w.checkTopic(db, "elsewhere.tasks")
		if n := len(w.records(tasksTopic)); n != 9 {
			t.Errorf("the old topic has %d records, want the 9 it had", n)
		}
	})
}

func TestStateTopicOfAnotherShardCountIsRefused(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		w.addTasks(1)
		w.mustRun(byHand)
		w.shards = 5
		p := w.start()
		defer p.cluster.Close()
		if err := p.Prepare(t.Context()); err == nil || !strings.Contains(err.Error(), "kafka.shards: 2") {
			t.Errorf("err %v, want one that says to set kafka.shards: 2", err)
		}
	})
}

func TestTokenOfAnotherWorkspaceIsRefused(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		w.addTasks(2)
		w.mustRun(byHand)
		w.notion = notiontest.New(notiontest.Options{Seed: 99})
		w.addTasks(2)
		p := w.start()
		defer p.cluster.Close()
		if _, err := p.run(t.Context(), byHand); err == nil || !strings.Contains(err.Error(), "belongs to Notion workspace") {
			t.Errorf("err %v", err)
		}
	})
}

// The daemon runs what it missed at once, then every interval, and Notion's
// people see their edits arrive.
func TestDaemonFollowsItsTrigger(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		db := w.addTasks(10)
		reports := make(chan producer.Report, 100)
		p := w.start()
		defer p.cluster.Close()
		p.opts.Report = func(report producer.Report) { reports <- report }
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- p.Run(ctx) }()

		first := <-reports
		db.AddPage("while it runs", nil)
		second := <-reports
		stop()
		if err := <-ended; err != nil {
			t.Errorf("the daemon ended with %v", err)
		}
		if first.Trigger != "startup" || second.Trigger != "schedule" {
			t.Errorf("triggers %s, %s", first.Trigger, second.Trigger)
		}
		if gap := second.StartedAt.Sub(first.StartedAt); gap != 5*time.Minute {
			t.Errorf("the second run began %v after the first, want 5m", gap)
		}
		w.checkTopic(db, tasksTopic)
	})
}

func TestOnceRefusesBesideALivingMember(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		w.addTasks(1)
		daemon := w.start()
		defer daemon.cluster.Close()
		ran := make(chan producer.Report, 10)
		daemon.opts.Report = func(report producer.Report) { ran <- report }
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- daemon.Run(ctx) }()
		<-ran

		once := w.start()
		defer once.cluster.Close()
		_, err := once.Once(t.Context(), byHand, 30*time.Second)
		if err == nil || !strings.Contains(err.Error(), "living members") {
			t.Errorf("once beside a daemon: %v", err)
		}
		stop()
		if err := <-ended; err != nil {
			t.Errorf("the daemon ended with %v", err)
		}
		if reports, err := once.Once(t.Context(), byHand, 30*time.Second); err != nil || len(reports) != 1 {
			t.Errorf("once after the daemon left: %v, %v", reports, err)
		}
	})
}

func TestClockThatIsNotNotionsIsAWarning(t *testing.T) {
	ahead := notiontest.Options{Now: func() time.Time { return time.Now().Add(5 * time.Minute) }}
	for name, options := range map[string]notiontest.Options{"5m0s ahead": ahead, "the same": {}} {
		inWorld(t, options, func(t *testing.T, w *world) {
			w.addTasks(1)
			w.mustRun(byHand)
			if warned := w.logged("clock", "NTP") == 1; warned != (name != "the same") {
				t.Errorf("%s: warned %v\n%s", name, warned, w.logs)
			}
		})
	}
}

func TestDaemonWaitsForKafka(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		db := w.addTasks(3)
		p := w.start()
		defer p.cluster.Close()
		p.cable.dead.Store(true)
		ran := make(chan producer.Report, 1)
		p.opts.Report = func(report producer.Report) { ran <- report }
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- p.Run(ctx) }()
		w.pass(10 * time.Minute)
		if !strings.Contains(w.logs.String(), "waiting for Kafka") {
			t.Errorf("the daemon does not say that it waits:\n%s", w.logs)
		}
		p.cable.dead.Store(false)
		<-ran
		stop()
		if err := <-ended; err != nil {
			t.Errorf("the daemon ended with %v", err)
		}
		w.checkTopic(db, tasksTopic)
	})
}
