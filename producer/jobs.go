package producer

import (
	"maps"
	"slices"
	"sync"
	"time"

	"notion-kafka/producer/control"
	"notion-kafka/producer/state"
)

// A jobKind is what a job does with its stream. Jobs of different kinds may work on one
// stream at the same time.
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

// Jobs admits the runs of a source and gives out their jobs. Its lock is taken after the
// shard's when both are held.
type Jobs struct {
	mu       sync.Mutex      // guards everything below
	planning bool            // a run is finding out what there is to do
	first    string          // id of the automatic run that reads a new source for the first time; "" when none is under way
	busy     map[jobKey]bool // jobs under way
	missed   map[jobKey]bool // jobs that a run wanted while they were under way: their streams are due again
	// reserved are the jobs of the first waiting run by hand. Runs of triggers do not
	// take them, or that run would wait for ever.
	reserved map[jobKey]bool
	// latest has, by stream with a job under way, the pages that one job published while
	// another was at work, and when the published version was requested from Notion, in
	// Unix nanoseconds. Jobs of a stream do not wait for each other, so the answer to one
	// may be older than the version that another has published.
	latest map[string]map[state.PageID]int64
	// commits has, by stream, a channel that holds an element while a batch is compared
	// and committed. It is a channel and not a mutex because a blocked mutex stops the
	// virtual time of tests.
	commits map[string]chan struct{}
}

func newJobs() *Jobs {
	return &Jobs{busy: map[jobKey]bool{}, missed: map[jobKey]bool{}, latest: map[string]map[state.PageID]int64{}, commits: map[string]chan struct{}{}}
}

// An Admission is the answer to a run that wants to begin.
type Admission int

// The answers to a run that wants to begin.
const (
	Admitted Admission = iota // it may begin
	Occupied                  // every known stream is being read; they are due again after that
	Planning                  // another run is finding out what there is to do: try again
)

// Enter lets a run begin, unless every stream is being read already. A run by hand waits
// until all its streams are free, because its user waits for exactly those.
func (t *Task) Enter(order Order) Admission {
	return t.Jobs.enter(order, t.KnownStreams(), t.isUnread)
}

// isUnread reports whether a stream's first scan is not complete, so that there may be
// nothing of it to poll.
func (t *Task) isUnread(stream string) (unread bool) {
	t.Shard.View(func(m *state.Memory) {
		topic := m.Source(t.Name).Stream(stream).Topic
		unread = !kindOf(stream).whole() && (topic == nil || !topic.Scanned)
	})
	return unread
}

func (j *Jobs) enter(order Order, known map[string]Settings, isUnread func(stream string) bool) Admission {
	unread := map[string]bool{}
	for name := range known {
		unread[name] = order.ByHand() && isUnread(name) // before the lock: see Jobs
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.planning {
		return Planning
	}
	if order.ByHand() {
		j.reserved = nil // it waits no longer, or reserves anew
	}
	streams := order.Streams
	if len(streams) == 0 {
		streams = slices.Collect(maps.Keys(known))
	}
	free, busy, requested := len(j.busy)+len(j.reserved) == 0, false, map[jobKey]bool{}
	for _, name := range streams {
		key := jobKey{name, order.wants(name, known[name], due{run: true}).jobKind()}
		if unread[name] {
			key.kind = scanning // a person waits for the first scan
		}
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
		for key := range requested {
			if j.busy[key] {
				j.missed[key] = true
			}
		}
		return Occupied
	}
	j.planning = true
	return Admitted
}

// ClearReservation has the runs of triggers take every job: no run by hand waits.
func (j *Jobs) ClearReservation() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.reserved = nil
}

// IsBusy reports whether a stream is being read, or may soon be.
func (j *Jobs) IsBusy(stream string) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.planning || j.isRead(stream)
}

// IsRead reports whether a stream is being read.
func (j *Jobs) IsRead(stream string) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.isRead(stream)
}

// isRead reports whether any job of a stream is under way. The caller holds the lock.
func (j *Jobs) isRead(stream string) bool {
	for key := range j.busy {
		if key.stream == stream {
			return true
		}
	}
	return false
}

// hasOther reports whether another job of the same stream is under way. The caller holds
// the lock.
func (j *Jobs) hasOther(key jobKey) bool {
	for other := range j.busy {
		if other.stream == key.stream && other != key {
			return true
		}
	}
	return false
}

// planned ends the planning that enter began.
func (j *Jobs) planned() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.planning = false
}

// take gives a job to a run, unless another run has it or it is reserved. The stream of a
// refused job is due again later if the job was requested, not only found unfinished.
func (j *Jobs) take(key jobKey, requested bool) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.busy[key] || j.reserved[key] {
		if requested {
			j.missed[key] = true
		}
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

// Missed are the streams of missed jobs that are free now.
func (j *Jobs) Missed() (streams []string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for key := range j.missed {
		if !j.busy[key] {
			streams = append(streams, key.stream)
		}
	}
	return streams
}

// MakeUp notes that a run reads streams whose jobs were missed.
func (j *Jobs) MakeUp(streams []string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	maps.DeleteFunc(j.missed, func(key jobKey, _ bool) bool { return slices.Contains(streams, key.stream) && !j.busy[key] })
}

// CommitLock is the lock for comparing and committing a batch of a stream, and for every
// other change to the state that batches are compared with.
func (j *Jobs) CommitLock(stream string) chan struct{} {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.commits[stream] == nil {
		j.commits[stream] = make(chan struct{}, 1)
	}
	return j.commits[stream]
}

// published notes when the pages that the topic now has were requested from Notion.
func (j *Jobs) published(key jobKey, changes []change, requestedAt time.Time) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if !j.hasOther(key) {
		return
	}
	for _, c := range changes {
		j.latest[key.stream][c.id] = max(j.latest[key.stream][c.id], requestedAt.UnixNano())
	}
}

// newer reports that a page's published version was requested from Notion after a time.
func (j *Jobs) newer(stream string, id state.PageID, than time.Time) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	return than.UnixNano() < j.latest[stream][id]
}

// SetFirst notes the source's first automatic run.
func (j *Jobs) SetFirst(run string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.first = run
}

// IsFirst reports whether a run is the source's first automatic one, and under way.
func (j *Jobs) IsFirst(run string) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.first == run
}

// noteEnd notes that a run has ended, before its end is reported.
func (j *Jobs) noteEnd(run string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.first == run {
		j.first = ""
	}
}

// WantAgain makes the streams of the run under way due once more after it: pages may have
// been edited since it read them. While the run is planning it has read nothing, so there
// is nothing to read again.
func (j *Jobs) WantAgain(order Order, known map[string]Settings) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.planning {
		return
	}
	for name, settings := range known {
		j.missed[jobKey{name, order.wants(name, settings, due{run: true}).jobKind()}] = true
	}
}
