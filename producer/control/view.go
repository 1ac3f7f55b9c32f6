package control

import (
	"encoding/json"
	"time"
)

// SourceStatus is the status of a source in one word.
type SourceStatus string

// The statuses of a source. A source has the first of these that applies. A stream has
// one of them too, as its health.
const (
	SourcePaused         SourceStatus = "paused"
	SourceRunning        SourceStatus = "running"
	SourceNeedsReconnect SourceStatus = "needs_reconnect" // Notion refuses the token: no requests until a person starts a run
	SourceFailing        SourceStatus = "failing"         // the last run failed
	SourceNeedsAttention SourceStatus = "needs_attention" // the last run needs attention
	SourceLate           SourceStatus = "late"            // a stream's trigger was due three times since its last run that succeeded
	SourceWaiting        SourceStatus = "waiting"         // no run has succeeded yet
	SourceReady          SourceStatus = "ready"
)

// Words is the status for people: in pages, commands and alerts alike.
func (s SourceStatus) Words() string {
	switch s {
	case SourceWaiting:
		return "Waiting for its first run"
	case SourceRunning:
		return "Running"
	case SourceReady:
		return "On time"
	case SourceLate:
		return "Late"
	case SourcePaused:
		return "Paused"
	case SourceFailing:
		return "Failing"
	case SourceNeedsReconnect:
		return "Needs reconnecting"
	case SourceNeedsAttention:
		return "Needs attention"
	}
	return string(s)
}

// Origin is where a source is defined.
type Origin string

// The origins of a source.
const (
	FromFile    Origin = "file"
	FromConsole Origin = "console" // made through the API
)

// A Source is a source as the API shows it.
type Source struct {
	Name string
	// Definition is the source's element of sources:, as a JSON object, without
	// defaults and secrets.
	Definition json.RawMessage
	Status     SourceStatus
	Origin     Origin
	Shadowed   bool // a source of the file has the same name: this one is not run
	Workspace  string
	LastRun    *Run      // the last run that began; nil before the first
	NextRun    time.Time // zero: no trigger starts a run
	// NextRunSweeps says that only sweeps are due at NextRun.
	NextRunSweeps bool
	// Connection is who connected the source by OAuth; nil where nobody did.
	Connection *Connection
	Schedule   string // its trigger in words; "" where its definition cannot be read
	Owner      string // the instance that last owned it; "" where none did
	Reason     string // why Status is not good; "" where it is
	Totals     Totals // as its owner last counted
	Days       []Day  // what its runs changed, the oldest day first; days without a run are left out
	// Topics are what was published to each topic on the last of Days.
	Topics map[string]Day
}

// Totals are the counts of a source over its selected streams.
type Totals struct {
	Streams int `json:"streams"`
	Rows    int `json:"rows"` // in the topics, deleted ones not counted
	Held    int `json:"held"`
	Stuck   int `json:"stuck"`
}

// A Day is what the runs of a source published on one day.
type Day struct {
	Day      string `json:"day"`      // in UTC, such as 2026-11-29
	Snapshot int    `json:"snapshot"` // rows of first reads
	Created  int    `json:"created"`
	Updated  int    `json:"updated"`
	Deleted  int    `json:"deleted"`
	Failed   int    `json:"failed_runs"`
}

// Spending is what a connection sent to Notion in the last hour. Sources with one token
// share a connection.
type Spending struct {
	Limit   int      `json:"requests_per_minute"` // that Notion allows, as far as is known
	Minutes []Minute `json:"minutes"`             // the last 60, the oldest first, those without a request too
}

// A Minute is what a connection sent in one minute.
type Minute struct {
	At       time.Time `json:"at"` // its beginning
	Requests int       `json:"requests"`
	Refused  int       `json:"refused"`        // with 429 or 529
	Waited   float64   `json:"waited_seconds"` // that Notion demanded
}

// HeldDeletes are the pages of a stream that a scan did not find and that were not
// deleted, because they are too many.
type HeldDeletes struct {
	Source string     `json:"source"`
	Stream string     `json:"stream"`
	Title  string     `json:"title"`
	Topic  string     `json:"topic"`
	Rows   int        `json:"rows"` // in the topic, held ones among them
	Held   int        `json:"held"`
	Pages  []HeldPage `json:"pages"` // the first of them
}

// A HeldPage is a page whose delete is held back.
type HeldPage struct {
	Page   string    `json:"page"`
	URL    string    `json:"url"`                   // at Notion
	Edited time.Time `json:"last_edited,omitzero"`  // Notion's time, when it was last read
	Missed time.Time `json:"missed_since,omitzero"` // when a scan first did not find it, as far as is known
	// Fate is set if Notion was asked.
	Fate  Fate   `json:"fate,omitzero"`
	Title string `json:"title,omitzero"` // as Notion has it now
	Error string `json:"error,omitzero"` // why the fate is unknown
}

// Fate is what Notion says of a held page.
type Fate string

// The fates of a held page. A confirmation deletes those that are trashed, moved or
// gone.
const (
	Trashed    Fate = "trashed"
	Moved      Fate = "moved" // Notion shows it elsewhere
	Gone       Fate = "gone"  // deleted for good, or no longer shared with the connection
	StillThere Fate = "still_there"
	Unknown    Fate = "unknown"
)

// A Connection is the OAuth connection of a source as the API shows it.
type Connection struct {
	Bot       string    `json:"bot_id"`
	Workspace string    `json:"workspace"`       // its name, or its id where it has no name
	Person    string    `json:"person,omitzero"` // who allowed it; "" where Notion shows no name
	GrantedAt time.Time `json:"granted_at"`
}

// A Stream is a stream of a source as the API shows it.
type Stream struct {
	Stream string `json:"stream"`
	Title  string `json:"title"`
	Icon   string `json:"icon,omitzero"` // the database's emoji; "" where it has none
	URL    string `json:"url,omitzero"`  // of the database at Notion
	Topic  string `json:"topic"`         // "" before its name is pinned
	// Name is what its topic is called behind topic_prefix unless a rule names the topic. It
	// stays whatever becomes of the title; "" before the first run, and for databases.
	Name string `json:"pinned_name,omitzero"`
	// Form is that of the properties in its topic, json or typed: the topic keeps it. "" before
	// its first record, and for databases.
	Form    string `json:"properties,omitzero"`
	Sync    string `json:"sync"`
	Enabled bool   `json:"enabled"`
	// Health is in the words of sources; "" where the stream is not selected.
	Health SourceStatus `json:"health,omitzero"`
	// Overdue is when its trigger is due for the third time since its last run that
	// succeeded; zero where it has no trigger, or never succeeded.
	Overdue    time.Time `json:"overdue,omitzero"`
	Status     Status    `json:"status"` // of the last time it was read; "" before the first
	Error      string    `json:"error,omitzero"`
	Cursor     time.Time `json:"cursor,omitzero"` // oldest watermark of its data sources, Notion's time
	Rows       int       `json:"rows"`            // in its topic, deleted ones not counted
	Held       int       `json:"held"`
	Stuck      int       `json:"stuck"`
	Scanned    bool      `json:"scanned"`              // the first scan is complete
	Scanning   string    `json:"scanning,omitzero"`    // a scan under way, in words
	LastRun    time.Time `json:"last_run,omitzero"`    // last start, without sweeps
	LastScan   time.Time `json:"last_scan,omitzero"`   // last start of a scan, sweeps among them
	LastChange time.Time `json:"last_change,omitzero"` // when something was last published, as far back as the history goes
	NextRun    time.Time `json:"next_run,omitzero"`
	Left       []string  `json:"left_topics,omitempty"` // topics that it was published to before
}

// A Position is how far a stream has been read, like Kafka Connect's offsets.
type Position struct {
	Source  string               `json:"source"`
	Stream  string               `json:"stream"`
	Topic   string               `json:"topic"`
	Cursors map[string]time.Time `json:"cursors"`       // by data source: everything edited before has been read; Notion's time
	Offsets map[int32]int64      `json:"offsets"`       // last written, by partition of the topic
	Scanned bool                 `json:"scanned"`       // the first scan is complete
	Scan    string               `json:"scan,omitzero"` // under way, in words
}
