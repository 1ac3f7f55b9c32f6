package control

import (
	"encoding/json"
	"time"
)

// A Discovery is what a connection to Notion shows: whose it is, what it may do, and the
// databases that are shared with it. It is made of few requests: one for each check, and
// one search for each hundred databases.
type Discovery struct {
	// Checks come in this order: token, workspace, capabilities, writing, shared, source.
	// Checks that could not be made are left out.
	Checks []Check `json:"checks"`
	// Workspace and Connection are names; "" where Notion shows none.
	Workspace  string `json:"workspace"`
	Connection string `json:"connection"`
	// Databases are those that the search found, the last edited first.
	Databases []FoundDatabase `json:"databases"`
	At        time.Time       `json:"at"`
}

// A Check is one thing that was looked at, and what a person should know of it.
type Check struct {
	// Name is token, workspace, capabilities, writing, shared or source.
	Name   string      `json:"name"`
	Result CheckResult `json:"result"`
	Text   string      `json:"text"`
}

// A CheckResult says what became of a check.
type CheckResult string

// The results of a check.
const (
	CheckPassed CheckResult = "passed"
	CheckNoted  CheckResult = "noted"  // works, and a person should know something
	CheckFailed CheckResult = "failed" // a source cannot be made of it
)

// A FoundDatabase is a database as the search shows it: its title is that of its data
// source, unless it has several.
type FoundDatabase struct {
	Stream      string            `json:"stream"` // database_{id}
	DatabaseID  string            `json:"database_id"`
	Title       string            `json:"title"`
	Icon        string            `json:"icon,omitzero"` // an emoji; "" where it has none, or a picture
	URL         string            `json:"url,omitzero"`
	LastEdited  time.Time         `json:"last_edited,omitzero"`
	Created     time.Time         `json:"created,omitzero"`
	Properties  []string          `json:"properties"` // names, sorted
	DataSources []FoundDataSource `json:"data_sources"`
	// Topic, Sync and Enabled are what the definition makes of it: the topic that it has or
	// gets, incremental or full_table, and whether a rule selects it.
	Topic   string `json:"topic"`
	Sync    string `json:"sync"`
	Enabled bool   `json:"enabled"`
}

// A FoundDataSource is one table of a database.
type FoundDataSource struct {
	ID    string `json:"id"`
	Title string `json:"title"`
}

// A Sample is the first rows of a database, as text.
type Sample struct {
	Stream  string   `json:"stream"`
	Columns []string `json:"columns"` // names of properties, the title first
	// Rows have a text for each column, as a person reads it; at most five rows.
	Rows [][]string `json:"rows"`
	More bool       `json:"more"` // there are further rows
}

// A Review is what a definition would do, also of one that is unfinished or wrong. It is
// made without asking Notion: the databases are those of a [Discovery].
type Review struct {
	// Tables are the streams that the source offers: databases first, then those of the
	// discovery in its order.
	Tables []ReviewedTable `json:"tables"`
	// Typed says that tables get a column for each property unless a rule says otherwise.
	Typed bool `json:"typed,omitzero"`
	// Problems are what is wrong with the definition, by the paths of its keys.
	Problems []SpecProblem `json:"problems"`
	Trigger  TriggerReview `json:"trigger"`
	Sweep    TriggerReview `json:"sweep"`
	// Requests is how many requests the first read takes at least: those for the workspace,
	// the databases and empty tables. Each further 100 rows of a table take one more.
	Requests int `json:"requests"`
	// PerMinute is how many of them Notion takes in a minute.
	PerMinute int `json:"per_minute"`
	// YAML is the definition as an element of sources:, without secrets.
	YAML string `json:"yaml"`
	// Effects are what changing a source to this definition does, a sentence each; nil for a
	// new source.
	Effects []string `json:"effects,omitempty"`
}

// A ReviewedTable is a stream and the topic that it gets.
type ReviewedTable struct {
	Stream  string `json:"stream"`
	Title   string `json:"title"` // "" of the stream databases
	Icon    string `json:"icon,omitzero"`
	Enabled bool   `json:"enabled"`
	// Rule is the index under streams: of the rule that the stream matches; -1 if there is
	// none. The default rules count as none.
	Rule  int    `json:"rule"`
	Topic string `json:"topic"`          // whole; the one it has, gets by its rule, or would get
	Sync  string `json:"sync"`           // incremental or full_table
	Typed bool   `json:"typed,omitzero"` // every property gets a column of its own
	// Published is the form that the records of its topic have, json or typed: the topic keeps
	// it. "" before the first, and where it is not known.
	Published string `json:"published,omitzero"`
	// Existing is the topic as it is in Kafka; nil: it does not exist, or that is not known.
	Existing *ExistingTopic `json:"existing,omitempty"`
	// Problem is why it cannot get this topic; "" if it can.
	Problem string `json:"problem,omitzero"`
}

// An ExistingTopic is a topic that is in Kafka already.
type ExistingTopic struct {
	Partitions int    `json:"partitions"`
	Cleanup    string `json:"cleanup"` // its cleanup.policy
	// Stream is the source and stream that publish to it, such as acme/database_…; "" if
	// none of ours does.
	Stream string `json:"stream,omitzero"`
}

// A SpecProblem is one thing that is wrong with a definition.
type SpecProblem struct {
	Path    string `json:"path"` // of the key, such as trigger.cron or streams[2].topic
	Message string `json:"message"`
	Hint    string `json:"hint,omitzero"`
}

// A TriggerReview is a trigger in words, and when it is due.
type TriggerReview struct {
	// Sentence is such as "every day at 06:00 (Europe/Berlin)"; "" where the trigger cannot be
	// read.
	Sentence string      `json:"sentence"`
	Zone     string      `json:"zone"` // IANA name that the times of day are in
	Next     []time.Time `json:"next"` // the next five times, in Zone; none if it is never due
}

// A Draft is a source that a person has not finished describing. It is kept sealed; see
// [SealedDraft].
type Draft struct {
	ID string `json:"-"`
	// Version counts its writes, from 1.
	Version int `json:"-"`
	// Updated is when it was last written.
	Updated time.Time `json:"-"`
	// Source is the source that it changes; "" for a new one.
	Source string `json:"source,omitzero"`
	// Base tells the definition that Source had when the draft was made from others.
	Base string `json:"base,omitzero"`
	// Spec is one element of sources:, as JSON, its secrets included. It may be unfinished
	// and wrong.
	Spec json.RawMessage `json:"spec"`
	// Granted is what Notion granted to it on the consent page; nil: nothing.
	Granted *DraftGrant `json:"granted,omitempty"`
	// Found is what its connection showed when it was last asked; nil: not yet.
	Found *Discovery `json:"found,omitempty"`
	// Reached is how many of the steps were filled in, 0 to 4.
	Reached int `json:"reached"`
}

// A DraftGrant is what Notion granted for a source that does not exist yet.
type DraftGrant struct {
	Bot       string    `json:"bot"`
	Workspace string    `json:"workspace"` // its name, or its id where it has no name
	Person    string    `json:"person,omitzero"`
	At        time.Time `json:"at"`
	// Pair is the grant as the package notion decodes it, tokens included.
	Pair json.RawMessage `json:"pair"`
}

// A SealedDraft is the record of a [Draft] in the control topic. Only instances with
// secrets.key can read what it holds. Any instance writes it.
type SealedDraft struct {
	Version int       `json:"version"`
	Updated time.Time `json:"updated"`
	Sealed  string    `json:"sealed"`
}

// DraftLife is how long a draft is kept after it was last written.
const DraftLife = 24 * time.Hour

// ConnectWays are the ways in which a source that is being added can be connected.
type ConnectWays struct {
	// OAuth says that people can be sent to Notion's consent page.
	OAuth bool
	// RedirectURI is what a public connection at Notion has to name.
	RedirectURI string
	// NoKey is why no secret can be sealed here, and what to do; "" if it can.
	NoKey string
}
