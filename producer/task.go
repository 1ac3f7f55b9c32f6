package producer

import (
	"cmp"
	"sync"
	"time"

	"notion-kafka/notion"
	"notion-kafka/producer/kafka"
	"notion-kafka/producer/shard"
)

// An Env is what all tasks of a process share.
type Env struct {
	Cluster        *kafka.Cluster
	DataTopic      kafka.TopicSpec // how topics of streams are created; Name is set for each
	Schemas        Schemas
	DiscoveryEvery time.Duration // how often known databases are retrieved again
	Reserved       []string      // topics that no stream is published to
	Observer       Observer
	// Nearest is a hint which of names may have been meant by name, such as
	// `did you mean "E-mail"?`, or "".
	Nearest func(name string, names []string) string
	// Sources are the names of all sources, also of those that do not run.
	Sources func() []string
	// Taken are the topics that a source may not use, with their owners, as far as the process knows.
	Taken func(source string) map[string]string
	// FromFile reports whether the configuration file defines a source.
	FromFile func(source string) bool
	Form     Form
}

// A Task is one source on the shard that holds its state: what its runs need, and what
// parallel runs share.
type Task struct {
	*Source
	*memo

	env   *Env
	Shard *shard.Shard

	mark    string // of the token that was checked last; guarded by memo's lock
	checked bool   // a token was checked; guarded by memo's lock
	bot     string // whose token that is; guarded by memo's lock
}

// A memo is what the process learned of a source since it claimed the shard, and the
// state topic does not have. A memo outlives changes of the source's definition.
type memo struct {
	Jobs *Jobs

	mu          sync.Mutex                  // guards everything below
	started     map[string]time.Time        // when jobs began last, by stream/job
	unretrieved map[string]bool             // ids of databases whose last retrieval found Notion unavailable
	unpublished map[string]*notion.Database // by id: retrieved last, and not in the databases stream yet
	topicsSeen  map[string]sighting         // by stream
	warned      map[string]bool             // warnings about exclude_properties that were logged, of those that still apply
}

// NewTask makes the task of a source on a shard. before is the task with the source's
// previous definition on the same shard; nil if there is none.
func NewTask(env *Env, s *shard.Shard, src *Source, before *Task) *Task {
	t := &Task{Source: src, env: env, Shard: s}
	if before != nil {
		t.memo = before.memo
		return t
	}
	t.memo = &memo{Jobs: newJobs(), started: map[string]time.Time{}, unretrieved: map[string]bool{}, unpublished: map[string]*notion.Database{}, topicsSeen: map[string]sighting{}}
	return t
}

// Paused reports whether a person paused the source.
func (t *Task) Paused() bool { return t.Shard.Source(t.Name).Paused }

// Workspace is the name of the source's workspace, or its id if it has no name; "" before
// the source's first run.
func (t *Task) Workspace() string {
	pinned := t.Shard.Source(t.Name)
	return cmp.Or(pinned.WorkspaceName, pinned.Workspace)
}

// hasChecked reports whether the token with this mark was checked last.
func (t *Task) hasChecked(mark string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.checked && t.mark == mark
}

func (t *Task) noteChecked(mark, bot string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.mark, t.checked, t.bot = mark, true, bot
}

// presentBot is the id of the connection that the source reads with; "" before its token
// was checked.
func (t *Task) presentBot() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.bot
}
