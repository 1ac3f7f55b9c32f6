package control

import (
	"encoding/json"
	"time"
)

// A Definition is a source that was made through the API.
type Definition struct {
	// Spec is one element of sources:, as JSON, without its secrets.
	Spec json.RawMessage `json:"spec"`
	// Sealed are its secrets by the name of their key, such as token, each sealed
	// so that only instances with secrets.key can read it.
	Sealed map[string]string `json:"sealed,omitempty"`
	// Updated is when it was written last, by the owner's clock.
	Updated time.Time `json:"updated"`
}

// A Standing is how a source stands between its runs.
type Standing struct {
	Owner     string    `json:"owner"`              // the instance that wrote this
	Workspace string    `json:"workspace,omitzero"` // its name, or its id where it has none; "" before the first run
	Paused    bool      `json:"paused,omitzero"`
	Refused   string    `json:"refused,omitzero"`  // why Notion refuses the token; "" while it takes it
	NextRun   time.Time `json:"next_run,omitzero"` // zero: not by itself
	// NextSweeps says that nothing but sweeps is due at NextRun.
	NextSweeps bool `json:"next_sweeps,omitzero"`
	// Doubted says that Notion refused the token once, and was not asked again yet.
	Doubted bool `json:"doubted,omitzero"`
	// Forgiven is the run, by id, whose token was refused before the source was
	// started again or changed: that says nothing of the token it has now.
	Forgiven string `json:"forgiven,omitzero"`
}

// A Log is what a run said: one line of JSON each, as in the program's own log.
type Log struct {
	Run   string   `json:"run"`
	Lines []string `json:"lines"`
	Cut   bool     `json:"cut,omitzero"` // there were more, in the middle
}

// An Instance is one living process of the group.
type Instance struct {
	Started time.Time `json:"started"`
	At      time.Time `json:"at"` // when it said so last, its own clock
	Version string    `json:"version"`
	Console string    `json:"console,omitzero"` // public URL of its console; "" where it has none
	Shards  []int32   `json:"shards"`           // it owns
	// Still is why the sources of shards stand still that the group has given to it.
	Still map[int32]string `json:"still,omitempty"`
	// Sources are the digests of the sources of its file, by name: instances of a
	// group are given the same ones.
	Sources map[string]string `json:"sources"`
	// Seen counts what it said, so that it knows its own record when it reads it.
	Seen int64 `json:"seen"`
}

// A Command asks the owner of a source for something that only the owner can do.
type Command struct {
	Source  string          `json:"source"`
	Verb    string          `json:"verb"` // see producer
	Body    json.RawMessage `json:"body,omitempty"`
	Expires time.Time       `json:"expires"` // after this nobody waits for it, and it is not carried out

	// Question says that it changes nothing, so that one without an answer leaves
	// no doubt. It is for who asks only.
	Question bool `json:"-"`
}

// An Answer is what became of a command. Exactly one of its fields is set; both
// are empty where there is nothing to say but that it is done.
type Answer struct {
	Body json.RawMessage `json:"body,omitempty"`
	// Packed is a Body that would be too large as it is, compressed (zstd). [Board.Ask]
	// unpacks it.
	Packed []byte `json:"packed,omitempty"`
	Error  *Error `json:"error,omitempty"`
}

// ErrorKind is what sort of refusal an [Error] is.
type ErrorKind string

// The kinds of refusal.
const (
	Invalid     ErrorKind = "invalid"     // what was asked makes no sense
	NotFound    ErrorKind = "not_found"   // there is no such source, stream, run or topic
	Conflict    ErrorKind = "conflict"    // it cannot be done as things stand
	Unavailable ErrorKind = "unavailable" // nobody could do it now; it may be tried again
	Internal    ErrorKind = "internal"    // it went wrong
)

// An Error says why something that was asked for was not done, in words for the
// person who asked.
type Error struct {
	Kind    ErrorKind `json:"kind"`
	Message string    `json:"message"`
}

func (e *Error) Error() string { return e.Message }
