package daemon

import (
	"notion-kafka/producer"
	"notion-kafka/producer/control"
)

// alreadyOn is the run that a person gets who orders one, where it need not be
// made: the same one waits already, or the source's first run is under way and
// does as much.
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
		ID: id, Source: r.task.Name, Trigger: run.order.Trigger, Status: control.Running, StartedAt: run.began, Streams: []producer.StreamReport{},
	}
}

// beginsWith notes that a run begins. One that a trigger started while nothing is
// known of the source is its first. A later run is not enough for a person: it may
// have read by then what they edited since.
func (r *runner) beginsWith(order producer.Order) {
	if !order.ByHand() && order.IsPlain() && r.task.IsNew() {
		r.task.Jobs.Begins(order.ID)
	}
}
