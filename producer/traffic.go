package producer

import (
	"time"

	"notion-kafka/producer/state"
)

// A job is one of the two things that can go on in a stream at a time: a read
// of what was edited, or a scan.
type job struct {
	stream string
	scan   bool
}

// traffic is what goes on in a source right now.
type traffic struct {
	planning bool         // a run is finding out what there is to do
	busy     map[job]bool // what the runs under way do
	wanted   map[job]bool // what a run came for while it was being done: it is due again
	// latest is, of streams that are being scanned, the pages that were published
	// meanwhile and when Notion was asked for that version, in Unix nanoseconds; of
	// a first scan, beside which there is no read, nothing. A read and a scan of
	// one stream do not wait for each other, and an answer to the one may be older
	// than what the other has published.
	latest map[string]map[state.PageID]int64
	turns  map[string]chan struct{} // by stream: holds an element while a batch of it is compared and committed
}

func (s *shard) traffic(src *Source) *traffic {
	t, ok := s.runs[src.Name]
	if !ok {
		t = &traffic{busy: map[job]bool{}, wanted: map[job]bool{}, latest: map[string]map[state.PageID]int64{}, turns: map[string]chan struct{}{}}
		s.runs[src.Name] = t
	}
	return t
}

// enter lets a run begin. It does not where that would be for nothing: another
// run is about to do everything, or every known stream is being read, which is
// then due again.
func (s *shard) enter(src *Source, order Order) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.traffic(src)
	if t.planning {
		return false
	}
	free := len(t.busy) == 0
	memory := s.memory.Source(src.Name)
	for _, stream := range memory.Streams() {
		free = free || !t.busy[job{stream: stream}]
	}
	if !free && !order.Sweeps {
		for one := range t.busy {
			t.wanted[one] = true
		}
		return false
	}
	t.planning = true
	return true
}

// planned ends what enter began.
func (s *shard) planned(src *Source) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.traffic(src).planning = false
}

// take gives a job to a run, unless another one is at it.
func (s *shard) take(src *Source, one job) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.traffic(src)
	if t.busy[one] {
		t.wanted[one] = true
		return false
	}
	t.busy[one] = true
	if one.scan {
		t.latest[one.stream] = map[state.PageID]int64{}
	}
	return true
}

func (s *shard) release(src *Source, one job) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.traffic(src)
	delete(t.busy, one)
	if one.scan {
		delete(t.latest, one.stream)
	}
}

// missed are the streams of jobs that a run came for in vain and that are free
// now.
func (s *shard) missed(src *Source) (streams []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.traffic(src)
	for one := range t.wanted {
		if !t.busy[one] {
			delete(t.wanted, one)
			streams = append(streams, one.stream)
		}
	}
	return streams
}

func (s *shard) turn(st *stream) chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.traffic(st.src)
	if t.turns[st.name] == nil {
		t.turns[st.name] = make(chan struct{}, 1)
	}
	return t.turns[st.name]
}

// published notes when Notion was asked for what is now in the topic.
func (s *shard) published(st *stream, changes []change, asked time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	latest, scanned := s.traffic(st.src).latest[st.name]
	if !scanned || len(st.readable) == 0 {
		return
	}
	for _, c := range changes {
		latest[c.id] = asked.UnixNano()
	}
}
