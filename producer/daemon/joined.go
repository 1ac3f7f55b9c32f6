package daemon

import (
	"notion-kafka/producer"
	"notion-kafka/producer/control"
)

// alreadyOn finds a run that does what an order by hand wants: one with the same order
// in the queue, or the source's first run, which is under way and reads everything.
func (r *runner) alreadyOn(order producer.Order) (control.Run, bool) {
	for _, queued := range r.queue {
		if queued.Trigger == control.ByHand && len(queued.Continues) == 0 && sameOrder(queued, order) {
			return r.queuedRun(queued), true
		}
	}
	for id, run := range r.running {
		if order.IsPlain() && r.task.Jobs.IsFirst(id) {
			r.task.Jobs.WantAgain(run.order, r.task.KnownStreams())
			return r.runningRun(id, run), true
		}
	}
	return control.Run{}, false
}

func (r *runner) runningRun(id string, run underWay) control.Run {
	return control.Run{
		ID: id, Source: r.task.Name, Trigger: run.order.Trigger, Status: control.Running, StartedAt: run.began, Streams: []control.StreamRun{},
	}
}

// beginsWith notes that a run begins. A trigger's run is the source's first while the
// state holds nothing of the source. Only the first run is given to a person who orders
// one: a later run may already have read past what they have edited since.
func (r *runner) beginsWith(order producer.Order) {
	if !order.ByHand() && order.IsPlain() && r.task.IsNew() {
		r.task.Jobs.SetFirst(order.ID)
	}
}
