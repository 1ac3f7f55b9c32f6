package catalog

import (
	"context"
	"encoding/json"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"notion-kafka/producer/control"
)

// The tables are those of all sources, with what the owner, the history and Kafka know. Of
// a source whose owner does not answer they are those of its runs.
func TestTablesOfAllSources(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		<-time.After(time.Minute)
		written := now()
		w.topic("notion.acme.tasks", kgo.Record{Key: []byte("a")}, kgo.Record{Key: []byte("b")})
		w.topic("notion.acme.empty")
		w.commit("bi", "notion.acme.tasks", 2)
		w.commit("flink", "notion.acme.tasks", 0)
		w.source(control.Source{Name: "acme", Definition: json.RawMessage(`{"name":"acme","description":"Ours"}`)},
			control.Stream{Stream: "database_tasks", Topic: "notion.acme.tasks", Title: "Tasks", Icon: "🚀", URL: "https://www.notion.so/tasks", Rows: 7},
			control.Stream{Stream: "database_empty", Topic: "notion.acme.empty"},
			control.Stream{Stream: "database_new"})
		w.source(control.Source{Name: "away"})
		w.source(control.Source{Name: "acme", Shadowed: true})
		w.ran(control.Run{Source: "away", Streams: []control.StreamRun{{Stream: "databases", Topic: "notion.away.databases"}}},
			control.Run{Source: "away", Streams: []control.StreamRun{{Stream: "database_old", Topic: "notion.away.old", Title: "Old"}, {Stream: "databases", Topic: "notion.away.before"}}})
		<-time.After(time.Hour)

		tables, err := w.Tables(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		today := control.Day{Day: now().Format(time.DateOnly)}
		none := control.Consumers{Groups: []control.Consumer{}}
		want := []control.Table{
			{Topic: "notion.acme.empty", Source: "acme", Stream: "database_empty", Description: "Ours", Subject: "notion.acme.empty-value", Today: today, Consumers: none},
			{
				Topic: "notion.acme.tasks", Source: "acme", Stream: "database_tasks", Title: "Tasks", Icon: "🚀", URL: "https://www.notion.so/tasks", Rows: 7, Description: "Ours", Subject: "notion.acme.tasks-value", Today: today,
				LastRecord: written, Consumers: control.Consumers{Groups: []control.Consumer{{Group: "flink", State: "Empty", Lag: 2}, {Group: "bi", State: "Empty"}}},
			},
			{Topic: "notion.away.databases", Source: "away", Stream: "databases", Rows: -1, Subject: "notion.away.databases-value", Today: today, Consumers: none},
			{Topic: "notion.away.old", Source: "away", Stream: "database_old", Title: "Old", Rows: -1, Subject: "notion.away.old-value", Today: today, Consumers: none},
		}
		if diff := cmp.Diff(want, tables, cmpopts.IgnoreFields(control.Table{}, "Schema")); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		for _, table := range tables {
			if want := map[bool]string{true: `"name":"Database"`, false: `"name":"Page"`}[table.Stream == "databases"]; !strings.Contains(string(table.Schema), want) {
				t.Errorf("%s has the schema %s", table.Topic, table.Schema)
			}
		}
	})
}

// Kafka is asked once for all who look within a few seconds, and for a new topic at once.
func TestKafkaIsAskedOnceForAll(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.topic("one")
		w.topic("two")
		w.source(control.Source{Name: "acme"}, control.Stream{Stream: "database_one", Topic: "one"})
		asked := w.broker.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.ListGroups, kmsg.ListOffsets}, Observe: true, TopLevel: true, Count: -1})
		look := func(callers int) {
			var looking sync.WaitGroup
			for range callers {
				looking.Go(func() {
					if _, err := w.Tables(t.Context()); err != nil {
						t.Error(err)
					}
				})
			}
			looking.Wait()
		}
		look(10)
		<-time.After(activityAge - time.Second)
		look(10)
		first := asked.Hits()
		if first == 0 || first > 2 {
			t.Errorf("20 looks made %d requests", first)
		}
		<-time.After(time.Second)
		look(10)
		if asked.Hits() != 2*first {
			t.Errorf("a look after %v made %d requests", activityAge, asked.Hits()-first)
		}
		w.sources.streams["acme"] = append(w.sources.streams["acme"], control.Stream{Stream: "database_two", Topic: "two"})
		look(1)
		look(1)
		if asked.Hits() != 3*first {
			t.Errorf("a look at a new topic made %d requests", asked.Hits()-2*first)
		}
	})
}

// A Kafka that does not answer costs three seconds, and the tables come without what it
// knows. So does a caller that goes away sooner, which ends the look of no other.
func TestTablesWithoutKafka(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.source(control.Source{Name: "acme"}, control.Stream{Stream: "database_one", Topic: "one", Rows: 3})
		w.hangs.Store(true)
		hurried, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		for _, caller := range []struct {
			ctx  context.Context
			says string
			took time.Duration
		}{{hurried, "Kafka was not asked to the end", time.Second}, {t.Context(), "Kafka did not tell the consumer groups: listing the consumer groups: ", 2 * time.Second}} {
			began := time.Now()
			tables, err := w.Tables(caller.ctx)
			if err != nil || len(tables) != 1 || tables[0].Rows != 3 || !strings.Contains(tables[0].Consumers.Unknown, caller.says) {
				t.Errorf("got %d tables, consumers %+v, %v; want %q", len(tables), tables[0].Consumers, err, caller.says)
			}
			if took := time.Since(began); took != caller.took {
				t.Errorf("it took %v", took)
			}
		}
	})
}

// What was published today is what was published on this day in UTC, and nothing of the day
// before.
func TestWhatWasPublishedToday(t *testing.T) {
	noon := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	src := control.Source{Days: []control.Day{{Day: "2026-11-19"}, {Day: "2026-11-20"}}, Topics: map[string]control.Day{"tasks": {Day: "2026-11-20", Created: 7}}}
	for _, test := range []struct {
		topic string
		now   time.Time
		want  control.Day
	}{
		{"tasks", noon, control.Day{Day: "2026-11-20", Created: 7}},
		{"other", noon, control.Day{Day: "2026-11-20"}},
		{"tasks", noon.AddDate(0, 0, 1), control.Day{Day: "2026-11-21"}},
		{"tasks", time.Date(2026, 11, 21, 0, 30, 0, 0, time.FixedZone("", 3600)), control.Day{Day: "2026-11-20", Created: 7}},
	} {
		if got := today(src, test.topic, test.now); got != test.want {
			t.Errorf("%s at %v: %+v, want %+v", test.topic, test.now, got, test.want)
		}
	}
}
