package producer

import (
	"cmp"
	"sync"
	"time"

	"notion-kafka/producer/kafka"
	"notion-kafka/producer/shard"
)

// An Env is what all tasks of a process work with.
type Env struct {
	Cluster        *kafka.Cluster
	DataTopic      kafka.TopicSpec // what a stream's topic is made like; Name is set for each
	Schemas        Schemas
	DiscoveryEvery time.Duration // how often known databases are retrieved again
	Reserved       []string      // topics that no stream is published to
	Observer       Observer
	// Nearest is a hint which of some names may have been meant by another one, such
	// as `did you mean "E-mail"?`, or "".
	Nearest func(name string, names []string) string
	// Sources are the names of all sources, run or not.
	Sources func() []string
	// Taken are the topics that are not for a source, and whose they are, as far as the process knows.
	Taken func(source string) map[string]string
	// FromFile says whether the configuration file defines a source.
	FromFile func(source string) bool
	Form     Form
}

// A Task is one source on the shard that holds its state: what its runs need, and
// what runs beside each other share.
type Task struct {
	*Source
	*memo

	env   *Env
	Shard *shard.Shard

	mark   string // of the token that was looked at last; guarded by memo's lock, as is
	looked bool   // whether any was
}

// A memo is what is known of a source since its shard was claimed, beside what the
// state topic says. It outlives changes of the source's definition.
type memo struct {
	Jobs *Jobs

	mu          sync.Mutex           // guards everything below
	started     map[string]time.Time // when jobs began last, by stream/job
	unretrieved map[string]bool      // ids of databases that Notion was unavailable for, when they were last retrieved
	topicsSeen  map[string]sighting  // by stream
	warned      string               // what was said of exclude_properties last
}

// NewTask is a source on a shard. before is the task of the same source and shard
// whose definition was another one; nil where there is none.
func NewTask(env *Env, s *shard.Shard, src *Source, before *Task) *Task {
	t := &Task{Source: src, env: env, Shard: s}
	if before != nil {
		t.memo = before.memo
		return t
	}
	t.memo = &memo{Jobs: newJobs(), started: map[string]time.Time{}, unretrieved: map[string]bool{}, topicsSeen: map[string]sighting{}}
	return t
}

// Paused says whether a person paused the source.
func (t *Task) Paused() bool { return t.Shard.Source(t.Name).Paused }

// Workspace is the name of the source's workspace, or its id where it has none;
// "" before its first run.
func (t *Task) Workspace() string {
	pinned := t.Shard.Source(t.Name)
	return cmp.Or(pinned.WorkspaceName, pinned.Workspace)
}

// hasLookedAt says that it is known whose the token with a mark is.
func (t *Task) hasLookedAt(mark string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.looked && t.mark == mark
}

func (t *Task) looksAt(mark string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.mark, t.looked = mark, true
}
