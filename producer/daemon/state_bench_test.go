package daemon

import (
	"fmt"
	"log/slog"
	"testing"
	"time"

	"notion-kafka/producer"
	"notion-kafka/producer/control"
	"notion-kafka/producer/schedule"
	"notion-kafka/producer/shard"
	"notion-kafka/producer/state"
)

// largeSource is the runner of a source of many streams that all succeeded.
func largeSource(tb testing.TB, streams int) *runner {
	tb.Helper()
	trigger, err := schedule.Cron("*/5 * * * *", time.UTC)
	if err != nil {
		tb.Fatal(err)
	}
	src := &producer.Source{
		Name: "acme", Trigger: trigger,
		Select: func(string, string, string) (producer.Settings, bool) { return producer.Settings{}, true },
	}
	memory := state.NewMemory()
	run := control.Run{ID: "run", StartedAt: time.Now(), FinishedAt: time.Now(), Status: control.Succeeded}
	for i := range streams {
		id := fmt.Sprintf("248104cd-477e-80fd-b757-%012x", i)
		memory.Source("acme").Databases[id] = state.Database{Title: "Tasks"}
		one := memory.Source("acme").Stream(producer.DatabaseStream(id))
		one.Topic, one.Counts = &state.Topic{Topic: "t", Scanned: true}, state.Counts{Published: 1000}
		one.Schedule[producer.RunJob] = state.Schedule{LastStart: run.StartedAt}
		run.Streams = append(run.Streams, control.StreamRun{Stream: producer.DatabaseStream(id), Status: control.Succeeded})
	}
	read := make(chan struct{})
	close(read)
	r := newRunner(New(Options{Sources: []*producer.Source{src}}), shard.ReadOnly(memory, slog.New(slog.DiscardHandler)), src, newSourceMemory(), read, false)
	r.mem.successes.note(run)
	return r
}

// What the state of a source costs that is written with every record of its history: it
// counts no pages, so it depends on the number of streams alone.
func BenchmarkStateOfASource(b *testing.B) {
	for _, streams := range []int{10, 500} {
		b.Run(fmt.Sprint(streams), func(b *testing.B) {
			r := largeSource(b, streams)
			if now := r.state(); now.Totals.Rows != 1000*streams || now.Overdue.IsZero() {
				b.Fatalf("%+v", now)
			}
			for b.Loop() {
				r.state()
			}
		})
	}
}
