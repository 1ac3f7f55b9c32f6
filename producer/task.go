package producer

// A Task is one source on the shard that holds its state: what its runs need, and
// what runs beside each other share.
type Task struct {
	*Source

	shard *shard
	jobs  *jobs
}

// task is a source on this shard.
func (s *shard) task(src *Source) *Task {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.jobs[src.Name] == nil {
		s.jobs[src.Name] = newJobs()
	}
	return &Task{Source: src, shard: s, jobs: s.jobs[src.Name]}
}
