package producer

// traffic is what goes on in a source right now.
type traffic struct {
	planning bool            // a run is finding out what there is to read
	busy     map[string]bool // streams that a run is reading
	wanted   map[string]bool // busy streams that a later run came for: they are due again
}

func (s *shard) traffic(src *Source) *traffic {
	t, ok := s.runs[src.Name]
	if !ok {
		t = &traffic{busy: map[string]bool{}, wanted: map[string]bool{}}
		s.runs[src.Name] = t
	}
	return t
}

// enter lets a run begin. It does not where that would be for nothing: another
// run is about to read everything, or every known stream is being read, which
// is then due again.
func (s *shard) enter(src *Source) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.traffic(src)
	if t.planning {
		return false
	}
	free := len(t.busy) == 0
	memory := s.memory.Source(src.Name)
	for _, stream := range memory.Streams() {
		free = free || !t.busy[stream]
	}
	if !free {
		for stream := range t.busy {
			t.wanted[stream] = true
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

// take gives a stream to a run, unless another one is at it.
func (s *shard) take(src *Source, stream string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.traffic(src)
	if t.busy[stream] {
		t.wanted[stream] = true
		return false
	}
	t.busy[stream] = true
	return true
}

func (s *shard) release(src *Source, stream string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.traffic(src).busy, stream)
}

// missed are the streams that a run came for in vain and that are free now.
func (s *shard) missed(src *Source) (streams []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.traffic(src)
	for stream := range t.wanted {
		if !t.busy[stream] {
			delete(t.wanted, stream)
			streams = append(streams, stream)
		}
	}
	return streams
}
