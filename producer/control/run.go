package control

import "time"

// Status is the status of a run, or of a stream in it.
type Status string

// The statuses of a run. A stream in a run has any of these but Queued.
const (
	Queued         Status = "queued" // waits for another run of the source to end
	Running        Status = "running"
	Succeeded      Status = "succeeded"
	Failed         Status = "failed"
	NeedsAttention Status = "needs_attention"
	Cancelled      Status = "cancelled"
)

// Statuses are all statuses of a run.
var Statuses = []Status{Queued, Running, Succeeded, Failed, NeedsAttention, Cancelled}

// Ended says that a run with this status is over.
func (s Status) Ended() bool { return s != Queued && s != Running }

// Kind is how a stream was read in a run.
type Kind string

// The kinds of read.
const (
	Incremental Kind = "incremental"
	FullScan    Kind = "scan"
	Sweep       Kind = "sweep" // a scan beside incremental reads
)

// Trigger is what started a run.
type Trigger string

// The triggers of a run.
const (
	BySchedule Trigger = "schedule"
	ByHand     Trigger = "manual"
	AtStartup  Trigger = "startup" // missed, or cut off, while nobody owned the source
)

// Triggers are all triggers of a run.
var Triggers = []Trigger{BySchedule, ByHand, AtStartup}

// A Run is one execution of streams of a source, as the API, the history and the
// commands show it.
type Run struct {
	ID         string    `json:"id"`
	Source     string    `json:"source"`
	Trigger    Trigger   `json:"trigger"`
	Status     Status    `json:"status"`
	StartedAt  time.Time `json:"started_at"`
	FinishedAt time.Time `json:"finished_at,omitzero"`
	// Requests is how many requests were sent to Notion, retries among them.
	Requests int64 `json:"requests"`
	// ThrottledSeconds is how many seconds requests waited because Notion demanded
	// it.
	ThrottledSeconds float64     `json:"throttled_seconds"`
	Error            string      `json:"error,omitzero"` // of the run as a whole, such as a refused token
	Streams          []StreamRun `json:"streams"`
	// StreamsLeftOut is how many streams did not fit into the record of the history.
	// Those that succeeded and changed nothing are left out first.
	StreamsLeftOut int `json:"streams_left_out,omitzero"`
	// Folded is how many runs this entry of the history stands for, itself among
	// them; 0 for one run. All of them changed nothing. The first of them started at
	// FoldedSince.
	Folded      int       `json:"folded,omitzero"`
	FoldedSince time.Time `json:"folded_since,omitzero"`
}

// A StreamRun is what a run did for one stream. Counts are rows.
type StreamRun struct {
	Stream    string    `json:"stream"`
	Title     string    `json:"title,omitzero"`
	Topic     string    `json:"topic"`
	LeftTopic string    `json:"left_topic,omitzero"` // the topic before Topic, while the stream begins again in Topic
	Sync      string    `json:"sync"`
	Kind      Kind      `json:"kind"`
	Status    Status    `json:"status"`
	Read      int       `json:"read"`
	Expected  int       `json:"expected,omitzero"` // rows that will be read, estimated from the state; 0: unknown
	Published int       `json:"published"`         // snapshot, created and updated ones
	Snapshot  int       `json:"snapshot,omitzero"` // of a first read
	Created   int       `json:"created,omitzero"`
	Updated   int       `json:"updated,omitzero"`
	Unchanged int       `json:"unchanged"`
	Deleted   int       `json:"deleted"`
	Held      int       `json:"held"`
	Stuck     int       `json:"stuck"`            // pages that cannot be published, of this run and before
	Partial   int       `json:"partial,omitzero"` // pages of which Notion shows only the id
	Error     string    `json:"error,omitzero"`
	Columns   []string  `json:"columns,omitempty"` // what changed of its typed columns, in words
	Cursor    time.Time `json:"cursor,omitzero"`   // oldest watermark of its data sources, Notion's time
}

// An Order is what a caller of the API wants a run to do.
type Order struct {
	Streams   []string `json:"streams,omitempty"`  // empty: every selected stream
	Full      bool     `json:"full,omitzero"`      // a scan instead of the incremental reads
	Republish bool     `json:"republish,omitzero"` // with Full: unchanged pages too
	Failed    bool     `json:"failed,omitzero"`    // the streams whose last read failed; Streams is empty then
}
