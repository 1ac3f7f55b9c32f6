package daemon

import (
	"testing"

	"notion-kafka/notion/notiontest"
	"notion-kafka/producer"
	"notion-kafka/producer/control"
)

// Ten different runs may wait. Another is refused until one of them is cancelled. An
// order like a waiting one returns that run.
func TestQueueIsBounded(t *testing.T) {
	inWorld(t, notiontest.Options{Latency: slowly}, func(t *testing.T, w *world) {
		stream := producer.DatabaseStream(w.addTasks(2000).ID())
		i := w.member("one", byHandOnly)
		defer i.stop()
		i.started()
		under := i.mustStart(producer.Order{Full: true})
		i.begun("acme")
		var different []producer.Order
		for _, streams := range [][]string{nil, {producer.DatabasesStream}, {stream}, {producer.DatabasesStream, stream}} {
			different = append(different, producer.Order{Full: true, Republish: true, Streams: streams}, producer.Order{Full: true, Streams: streams}, producer.Order{Streams: streams})
		}
		const room = 10
		var queued []control.Run
		for _, order := range different[:room] {
			run := i.mustStart(order)
			if run.Status != control.Queued {
				t.Fatalf("%+v was not queued: %+v", order, run)
			}
			queued = append(queued, run)
		}
		one := different[room]
		_, err := i.Start(t.Context(), "acme", one)
		mustBeKind(t, err, control.Conflict, "10 runs of source acme wait already: cancel one, or wait")
		if twin := i.mustStart(different[3]); twin.ID != queued[3].ID {
			t.Errorf("the same as run %s is another one: %+v", queued[3].ID, twin)
		}
		if _, err := i.Cancel(t.Context(), queued[4].ID); err != nil {
			t.Fatal(err)
		}
		if run := i.mustStart(one); run.Status != control.Queued {
			t.Errorf("after one was cancelled: %+v", run)
		}
		_, err = i.Start(t.Context(), "acme", different[room+1])
		mustBeKind(t, err, control.Conflict, "cancel one, or wait")
		if now, err := i.FindRun(under.ID); err != nil || now.Status != control.Running {
			t.Errorf("the run that they wait for: %+v, %v", now, err)
		}
	})
}
