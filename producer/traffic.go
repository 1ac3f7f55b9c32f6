package producer

import (
	"maps"
	"slices"
	"time"

	"notion-kafka/producer/control"
	"notion-kafka/producer/state"
)

// A job is one of the two things that can go on in a stream at a time: a read
// of what was edited, or a scan.
type job struct {
	stream string
	scan   bool
}

func (j job) other() job { return job{stream: j.stream, scan: !j.scan} }

// traffic is what goes on in a source right now.
type traffic struct {
	planning bool         // a run is finding out what there is to do
	first    string       // id of the run by itself that reads a new source for the first time; "" where none is under way
	busy     map[job]bool // what the runs under way do
	wanted   map[job]bool // what a run came for while it was being done: it is due again
	// latest is, of streams in which something goes on, the pages that one job
	// published while the other was at work, and when Notion was asked for that
	// version, in Unix nanoseconds. The two jobs do not wait for each other, and an
	// answer to the one may be older than what the other has published.
	latest map[string]map[state.PageID]int64
	// reserved is what the first run by hand that waits is going to do: a run of a
	// trigger leaves it alone, or that one would wait for ever.
	reserved map[job]bool
	turns    map[string]chan struct{} // by stream: holds an element while a batch of it is compared and committed
}

func (s *shard) traffic(src *Source) *traffic {
	t, ok := s.runs[src.Name]
	if !ok {
		t = &traffic{busy: map[job]bool{}, wanted: map[job]bool{}, latest: map[string]map[state.PageID]int64{}, turns: map[string]chan struct{}{}}
		s.runs[src.Name] = t
	}
	return t
}

// An admission is what becomes of a run that wants to begin.
type admission int

const (
	admitted admission = iota
	occupied           // every known stream is being read; they are due again after that
	planning           // another run is finding out what there is to do: ask again
)

// enter lets a run begin, unless that would be for nothing: every stream is being
// read. A run by hand waits until all that it asks for is free, because somebody
// wants to see just that done.
func (s *shard) enter(src *Source, order Order) admission {
	known := s.knownStreams(src)
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.traffic(src)
	if t.planning {
		return planning
	}
	streams := order.Streams
	if len(streams) == 0 {
		streams = slices.Collect(maps.Keys(known))
	}
	free, busy, asked := len(t.busy)+len(t.reserved) == 0, false, map[job]bool{}
	for _, name := range streams {
		one := job{stream: name, scan: name != DatabasesStream && (order.Full || order.Confirm || known[name].FullTable)}
		asked[one] = true
		if t.busy[one] || t.reserved[one] {
			busy = true
		} else {
			free = true
		}
	}
	switch {
	case order.Trigger == control.ByHand && busy:
		t.reserved = asked
		return occupied
	case !free && !order.Sweeps:
		for one := range t.busy {
			t.wanted[one] = true
		}
		return occupied
	}
	t.planning = true
	return admitted
}

// reserve sets what runs of triggers leave alone.
func (s *shard) reserve(src *Source, jobs map[job]bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.traffic(src).reserved = jobs
}

// isBusy says whether a stream is being read, or may be about to.
func (s *shard) isBusy(src *Source, stream string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.traffic(src)
	return t.planning || t.busy[job{stream: stream}] || t.busy[job{stream: stream, scan: true}]
}

// planned ends what enter began.
func (s *shard) planned(src *Source) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.traffic(src).planning = false
}

// take gives a job to a run, unless another one is at it. Then it is due again
// after that, where it was asked for and not only found unfinished.
func (s *shard) take(src *Source, one job, asked bool) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.traffic(src)
	if t.busy[one] || t.reserved[one] {
		t.wanted[one] = t.wanted[one] || asked
		return false
	}
	t.busy[one] = true
	if t.latest[one.stream] == nil {
		t.latest[one.stream] = map[state.PageID]int64{}
	}
	return true
}

func (s *shard) release(src *Source, one job) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.traffic(src)
	delete(t.busy, one)
	if !t.busy[one.other()] {
		delete(t.latest, one.stream)
	}
}

// missed are the streams of jobs that a run came for in vain and that are free
// now.
func (s *shard) missed(src *Source) (streams []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.traffic(src)
	for one, wanted := range t.wanted {
		if wanted && !t.busy[one] {
			streams = append(streams, one.stream)
		}
	}
	return streams
}

// comesFor takes note that a run makes up for what was missed.
func (s *shard) comesFor(src *Source, streams []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, stream := range streams {
		delete(s.traffic(src).wanted, job{stream: stream})
		delete(s.traffic(src).wanted, job{stream: stream, scan: true})
	}
	s.woken[src.Name] = time.Now().UTC() // the source's trigger counts from there
}

// turnOf is held by who compares and commits a batch of a stream, or changes
// otherwise what batches are compared with.
func (s *shard) turnOf(src *Source, stream string) chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.traffic(src)
	if t.turns[stream] == nil {
		t.turns[stream] = make(chan struct{}, 1)
	}
	return t.turns[stream]
}

// published notes when Notion was asked for what is now in the topic.
func (s *shard) published(st *stream, changes []change, asked time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.traffic(st.src)
	if !t.busy[st.other()] {
		return
	}
	for _, c := range changes {
		t.latest[st.name][c.id] = asked.UnixNano()
	}
}
