package control

import (
	"encoding/json"
	"time"
)

// SourceStatus is the status of a source in one word.
type SourceStatus string

// The statuses of a source. A source has the first of these that applies.
const (
	SourcePaused         SourceStatus = "paused"
	SourceRunning        SourceStatus = "running"
	SourceNeedsReconnect SourceStatus = "needs_reconnect" // Notion refuses the token: no requests until a person starts a run
	SourceFailing        SourceStatus = "failing"         // the last run failed
	SourceNeedsAttention SourceStatus = "needs_attention" // the last run needs attention
	SourceReady          SourceStatus = "ready"
)

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
	Owner      string // the instance that last owned it; "" where none did
	Reason     string // why Status is not good; "" where it is
}

// A Connection is the OAuth connection of a source as the API shows it.
type Connection struct {
	Bot       string    `json:"bot_id"`
	Workspace string    `json:"workspace"`       // its name, or its id where it has no name
	Person    string    `json:"person,omitzero"` // who allowed it; "" where Notion shows no name
	GrantedAt time.Time `json:"granted_at"`
}

// A Stream is a stream of a source as the API shows it.
type Stream struct {
	Stream     string    `json:"stream"`
	Title      string    `json:"title"`
	Topic      string    `json:"topic"` // "" before its name is pinned
	Sync       string    `json:"sync"`
	Enabled    bool      `json:"enabled"`
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

// A Table is a topic of the catalog.
type Table struct {
	Topic   string          `json:"topic"`
	Source  string          `json:"source"`
	Stream  string          `json:"stream"`
	Title   string          `json:"title"`
	Rows    int             `json:"rows"` // -1: the source's owner did not answer
	Subject string          `json:"subject"`
	Schema  json.RawMessage `json:"schema"`
}
