package producer

import (
	"maps"
	"slices"
	"sync"
	"time"

	"notion-kafka/producer/control"
	"notion-kafka/producer/state"
)

// A jobKind is what a job does with its stream. Jobs of different kinds may work on
// one stream at the same time.
type jobKind int

const (
	polling  jobKind = iota // reads what was edited
	scanning                // reads every row
)

// A jobKey names a job: one kind of work on one stream. No two jobs of a source with
// the same key are under way at the same time.
type jobKey struct {
	stream string
	kind   jobKind
}

// Jobs admits the runs of a source and gives their jobs out. Its lock is taken after
// the shard's where both are held.
type Jobs struct {
	mu       sync.Mutex      // guards everything below
	planning bool            // a run is finding out what there is to do
	first    string          // id of the run by itself that reads a new source for the first time; "" where none is under way
	busy     map[jobKey]bool // jobs under way
	wanted   map[jobKey]bool // jobs that a run came for while they were under way: their streams are due again
	// reserved are the jobs of the first run by hand that waits. Runs of triggers
	// leave them alone, or that run would wait for ever.
	reserved map[jobKey]bool
	// latest is, by stream with a job under way, which pages one job published while
	// another was at work, and when Notion was asked for the published version, in
	// Unix nanoseconds. Jobs of a stream do not wait for each other, so an answer to
	// one may be older than what another has published.
	latest map[string]map[state.PageID]int64
	// commits has, by stream, a channel that holds an element while a batch is
	// compared and committed. It is a channel, and no mutex, because a blocked mutex
	// stops the virtual time of tests.
	commits map[string]chan struct{}
}

func newJobs() *Jobs {
	return &Jobs{busy: map[jobKey]bool{}, wanted: map[jobKey]bool{}, latest: map[string]map[state.PageID]int64{}, commits: map[string]chan struct{}{}}
}

// An Admission is what becomes of a run that wants to begin.
type Admission int

// What becomes of a run that wants to begin.
const (
	Admitted Admission = iota // it may begin
	Occupied                  // every known stream is being read; they are due again after that
	Planning                  // another run is finding out what there is to do: ask again
)

// Enter lets a run begin, unless that would be for nothing: every stream is being
// read. A run by hand waits until all that it asks for is free, because somebody
// wants to see just that done.
func (t *Task) Enter(order Order) Admission { return t.Jobs.enter(order, t.KnownStreams()) }

func (j *Jobs) enter(order Order, known map[string]Settings) Admission {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.planning {
		return Planning
	}
	streams := order.Streams
	if len(streams) == 0 {
		streams = slices.Collect(maps.Keys(known))
	}
	free, busy, requested := len(j.busy)+len(j.reserved) == 0, false, map[jobKey]bool{}
	for _, name := range streams {
		key := jobKey{name, order.wants(name, known[name], due{run: true}).jobKind()}
		requested[key] = true
		if j.busy[key] || j.reserved[key] {
			busy = true
		} else {
			free = true
		}
	}
	switch {
	case order.Trigger == control.ByHand && busy:
		j.reserved = requested
		return Occupied
	case !free && !order.Sweeps:
		for key := range j.busy {
			j.wanted[key] = true
		}
		return Occupied
	}
	j.planning = true
	return Admitted
}

// Reserve sets the jobs that runs of triggers leave alone.
func (j *Jobs) Reserve(keys map[jobKey]bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.reserved = keys
}

// IsBusy says whether a stream is being read, or may be about to.
func (j *Jobs) IsBusy(stream string) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.planning || j.isRead(stream)
}

// isRead says whether any job of a stream is under way. The lock is held.
func (j *Jobs) isRead(stream string) bool {
	for key := range j.busy {
		if key.stream == stream {
			return true
		}
	}
	return false
}

// besides says whether another job of the same stream is under way. The lock is held.
func (j *Jobs) besides(key jobKey) bool {
	for other := range j.busy {
		if other.stream == key.stream && other != key {
			return true
		}
	}
	return false
}

// planned ends what enter began.
func (j *Jobs) planned() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.planning = false
}

// take gives a job to a run, unless another run has it. Then its stream is due again
// after that, where the job was requested and not only found unfinished.
func (j *Jobs) take(key jobKey, requested bool) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.busy[key] || j.reserved[key] {
		j.wanted[key] = j.wanted[key] || requested
		return false
	}
	j.busy[key] = true
	if j.latest[key.stream] == nil {
		j.latest[key.stream] = map[state.PageID]int64{}
	}
	return true
}

func (j *Jobs) release(key jobKey) {
	j.mu.Lock()
	defer j.mu.Unlock()
	delete(j.busy, key)
	if !j.isRead(key.stream) {
		delete(j.latest, key.stream)
	}
}

// Missed are the streams of jobs that a run came for in vain and that are free now.
func (j *Jobs) Missed() (streams []string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for key, wanted := range j.wanted {
		if wanted && !j.busy[key] {
			streams = append(streams, key.stream)
		}
	}
	return streams
}

// MakeUp notes that a run reads streams that were missed.
func (j *Jobs) MakeUp(streams []string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	maps.DeleteFunc(j.wanted, func(key jobKey, _ bool) bool { return slices.Contains(streams, key.stream) })
}

// CommitLock is held by whoever compares and commits a batch of a stream, or changes
// in another way what batches are compared with.
func (j *Jobs) CommitLock(stream string) chan struct{} {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.commits[stream] == nil {
		j.commits[stream] = make(chan struct{}, 1)
	}
	return j.commits[stream]
}

// published notes when Notion was asked for the pages that the topic has now.
func (j *Jobs) published(key jobKey, changes []change, askedAt time.Time) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if !j.besides(key) {
		return
	}
	for _, c := range changes {
		j.latest[key.stream][c.id] = askedAt.UnixNano()
	}
}

// newer says that a page was published of a version that Notion was asked for after
// a time.
func (j *Jobs) newer(stream string, id state.PageID, than time.Time) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	return than.UnixNano() < j.latest[stream][id]
}

// Begins notes the source's first run by itself.
func (j *Jobs) Begins(run string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.first = run
}

// IsFirst says whether a run is the source's first, and under way.
func (j *Jobs) IsFirst(run string) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.first == run
}

// isOver notes that a run has ended, before anybody can hear of it.
func (j *Jobs) isOver(run string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.first == run {
		j.first = ""
	}
}

// WantAgain has the streams that the run under way has begun to read be read once
// more after it: something may have been edited since. Before it reads anything
// there is nothing to read again.
func (j *Jobs) WantAgain(order Order, known map[string]Settings) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.planning {
		return
	}
	for name, settings := range known {
		j.wanted[jobKey{name, order.wants(name, settings, due{run: true}).jobKind()}] = true
	}
}
