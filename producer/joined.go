package producer

import "notion-kafka/producer/control"

// alreadyOn is the run that a person gets who orders one, where it need not be
// made: the same one waits already, or the source's first run is under way and
// does as much.
func (k *desk) alreadyOn(order Order) (control.Run, bool) {
	for _, queued := range k.queue {
		if queued.Trigger == control.ByHand && len(queued.Continues) == 0 && sameOrder(queued, order) {
			return k.queuedRun(queued), true
		}
	}
	for id, run := range k.running {
		if order.isPlain() && k.shard.isFirst(k.src, id) {
			k.shard.wantAgain(k.src)
			return k.runningRun(id, run), true
		}
	}
	return control.Run{}, false
}

func (k *desk) runningRun(id string, run underWay) control.Run {
	return control.Run{
		ID: id, Source: k.src.Name, Trigger: run.order.Trigger, Status: control.Running, StartedAt: run.began, Streams: []StreamReport{},
	}
}

// isPlain says that an order is of every stream, and that the first run of a source,
// which reads every database whole, does as much.
func (o Order) isPlain() bool { return len(o.Streams) == 0 && !o.Republish && !o.onlySweeps() }

// beginsWith notes that a run begins. One that a trigger started while nothing is
// known of the source is its first. A later run is not enough for a person: it may
// have read by then what they edited since.
func (s *shard) beginsWith(src *Source, order Order) {
	if order.Trigger == control.ByHand || !order.isPlain() || !s.isNew(src) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.traffic(src).first = order.ID
}

// isFirst says whether a run is the source's first, and under way.
func (s *shard) isFirst(src *Source, id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.traffic(src).first == id
}

// isOver notes that a run has ended, before anybody can hear of it.
func (s *shard) isOver(src *Source, id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if t := s.traffic(src); t.first == id {
		t.first = ""
	}
}

// wantAgain has the streams that the run under way has begun to read read once
// more after it: something may have been edited since.
func (s *shard) wantAgain(src *Source) {
	known := s.knownStreams(src)
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.traffic(src)
	if t.planning {
		return // nothing is read yet
	}
	for name, settings := range known {
		t.wanted[job{stream: name, scan: name != DatabasesStream && settings.FullTable}] = true
	}
}
