package producer

import (
	"log/slog"
	"testing"
	"time"

	"notion-kafka/producer/shard"
	"notion-kafka/producer/state"
)

// A first scan that ends while a run is planning is not made a second time: the run goes
// by what is remembered when it plans the reads of the stream.
func TestScanThatEndsWhileARunPlansIsNotRepeated(t *testing.T) {
	const stream, dataSource = "database_1", "ds"
	seen := state.Topic{Name: "tasks", Topic: "tasks", ID: "id", Sources: []string{dataSource}}
	ended := seen
	ended.Scanned = true
	memory := state.NewMemory()
	for _, e := range []state.Entry{
		{Key: state.TopicKey("acme", stream), Value: ended},
		{Key: state.CursorKey("acme", stream, dataSource), Value: state.Cursor{Watermark: time.Now()}},
	} {
		key, value, err := e.Encode()
		if err == nil {
			err = memory.Apply(key, value)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	task := NewTask(&Env{}, shard.ReadOnly(memory, slog.New(slog.DiscardHandler)), &Source{Name: "acme"}, nil)
	j := job{task: task, name: stream, topic: seen, demand: demand{taken: true, poll: true}}
	jobs := j.planReads(state.Database{DataSources: []state.DataSource{{ID: dataSource}}}, nil)
	if len(jobs) != 1 || jobs[0].scan != nil {
		t.Errorf("%d jobs, the first with scan %+v; want a poll", len(jobs), jobs[0].scan)
	}
}
