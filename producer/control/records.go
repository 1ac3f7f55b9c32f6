package control

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"time"
)

// A Definition is a source that was made through the API.
type Definition struct {
	// Spec is one element of sources:, as JSON, without its secrets.
	Spec json.RawMessage `json:"spec"`
	// Sealed are the secrets by the name of their key, such as token. Only instances
	// with secrets.key can read them.
	Sealed map[string]string `json:"sealed,omitempty"`
	// Updated is when the definition was last written, by the owner's clock.
	Updated time.Time `json:"updated"`
	// Draft is the id of the draft that the source was made of; "" where it was made
	// otherwise, or changed since.
	Draft string `json:"draft,omitzero"`
}

// A SourceState is the status of a source between its runs.
type SourceState struct {
	Owner     string    `json:"owner"`              // the instance that wrote this
	Workspace string    `json:"workspace,omitzero"` // the workspace's name, or its id where it has no name; "" before the first run
	Paused    bool      `json:"paused,omitzero"`
	Refused   string    `json:"refused,omitzero"`  // why Notion refuses the token; "" while Notion accepts it
	NextRun   time.Time `json:"next_run,omitzero"` // zero: no trigger starts a run
	// NextSweeps says that only sweeps are due at NextRun.
	NextSweeps bool `json:"next_sweeps,omitzero"`
	// Doubted says that Notion has refused the token once and was not asked again yet.
	Doubted bool `json:"doubted,omitzero"`
	// Forgiven is the id of a run that failed because its token was refused, before the
	// source was started again or changed. It says nothing of the present token.
	Forgiven string `json:"forgiven,omitzero"`
	// Succeeded is when a run last succeeded for any of its streams; zero where none did.
	Succeeded time.Time `json:"succeeded,omitzero"`
	// Overdue is when the first of its streams is overdue: its trigger is due for the third
	// time since the last run that succeeded for it. Zero while the source is paused, and
	// where no stream ever is.
	Overdue time.Time `json:"overdue,omitzero"`
	// OverdueStream is that stream, with its title. It last succeeded at OverdueSince.
	OverdueStream string    `json:"overdue_stream,omitzero"`
	OverdueSince  time.Time `json:"overdue_since,omitzero"`
	Totals        Totals    `json:"totals,omitzero"`
}

// A Grant is what Notion granted when a person connected a source. Its key is the id of the
// authorisation, which Notion calls bot: of one public connection, one person and one workspace.
// Only the owner of the source writes it.
type Grant struct {
	Source        string `json:"source"` // that reads with it
	Workspace     string `json:"workspace"`
	WorkspaceName string `json:"workspace_name,omitzero"`
	Person        string `json:"person,omitzero"` // who allowed it; "" where Notion shows no name
	// Sealed is the pair of tokens. Only instances with secrets.key can read it.
	Sealed  string    `json:"sealed"`
	Version int       `json:"version"` // counts the writes of this record
	Granted time.Time `json:"granted"` // when the person allowed it
	Stored  time.Time `json:"stored"`  // when the pair was stored: granted or renewed
	// Renewing is when the first renewal of this pair began whose end is not known; zero where
	// there was none. If it is set, Notion may have replaced the pair by one that was lost.
	Renewing time.Time `json:"renewing,omitzero"`
	// Refused is why Notion does not renew the pair, since RefusedAt.
	Refused   string    `json:"refused,omitzero"`
	RefusedAt time.Time `json:"refused_at,omitzero"`
	// Final says that Notion refused the token again a minute after RefusedAt or later: it is
	// not asked any more.
	Final bool `json:"final,omitzero"`
	// RenewedFrom is the mark of the pair that this one was renewed from; "" for one that a
	// person allowed.
	RenewedFrom string `json:"renewed_from,omitzero"`

	record string // the mark of the record, if this grant was handed over
}

// WorkspaceLabel is the workspace's name, or its id where it has no name.
func (g Grant) WorkspaceLabel() string { return cmp.Or(g.WorkspaceName, g.Workspace) }

// Mark tells the grant's pair from others.
func (g Grant) Mark() string {
	hash := sha256.Sum256([]byte(g.Sealed))
	return hex.EncodeToString(hash[:16])
}

// HandoverOf makes the record that hands over a newer pair of the grant, next.
func (g Grant) HandoverOf(next Grant) Handover {
	return Handover{From: cmp.Or(g.record, g.Mark()), Grant: next}
}

// A Handover is a new pair of tokens that a process got from Notion and could not store, because it
// does not own the source. Any process may write one. It counts while the grant of the same key
// still has the pair that it replaces, or one that was renewed from it in the same moment; see
// [Memory.Grant].
type Handover struct {
	From  string `json:"from"` // the mark of the pair in the record that it replaces
	Grant Grant  `json:"grant"`
}

// A Log is the log of a run: lines of JSON, as in the program's own log.
type Log struct {
	Run   string   `json:"run"`
	Lines []string `json:"lines"`
	Cut   bool     `json:"cut,omitzero"` // lines in the middle were left out
}

// An Instance is one living process of the group.
type Instance struct {
	Started time.Time `json:"started"`
	At      time.Time `json:"at"` // when this record was written, by the instance's own clock
	Version string    `json:"version"`
	Console string    `json:"console,omitzero"` // public URL of its console; "" where it has none
	Shards  []int32   `json:"shards"`           // that it owns
	// Stalled is why it cannot claim shards that the group has given to it, by shard.
	Stalled map[int32]string `json:"still,omitempty"`
	// Sources are the digests of the sources in its file, by name. All instances of a
	// group should have the same sources in their files.
	Sources map[string]string `json:"sources"`
	// Seen counts the instance's records, so that it recognises its own when it reads
	// one.
	Seen int64 `json:"seen"`
}

// A Command requests something that only the owner of a source can do.
type Command struct {
	Source  string          `json:"source"`
	Verb    string          `json:"verb"` // one of producer/daemon
	Body    json.RawMessage `json:"body,omitempty"`
	Expires time.Time       `json:"expires"` // after this nobody waits for it, and it is not carried out

	// Question says that the command changes nothing, so the sender need not wonder
	// whether an unanswered one was carried out. It is not sent.
	Question bool `json:"-"`
}

// An Answer is the result of a command. At most one of its fields is set; none where
// the only result is that it is done.
type Answer struct {
	Body json.RawMessage `json:"body,omitempty"`
	// Packed is a Body that was too large, compressed with zstd. [Client.Request]
	// unpacks it.
	Packed []byte `json:"packed,omitempty"`
	Error  *Error `json:"error,omitempty"`
}

// ErrorKind is the kind of an [Error].
type ErrorKind string

// The kinds of error.
const (
	Invalid     ErrorKind = "invalid"     // the request makes no sense
	NotFound    ErrorKind = "not_found"   // there is no such source, stream, run or topic
	Conflict    ErrorKind = "conflict"    // the present state does not allow it
	Unavailable ErrorKind = "unavailable" // nobody could do it now; it may be tried again
	Internal    ErrorKind = "internal"    // it failed
)

// An Error says why a request was not carried out, in words for the person who made it.
type Error struct {
	Kind    ErrorKind `json:"kind"`
	Message string    `json:"message"`
}

func (e *Error) Error() string { return e.Message }
