package notiontest

import (
	"math/rand/v2"
	"net/http"
	"sync"
	"time"
)

// DefaultToken is the token a workspace accepts when Options.Token is empty.
const DefaultToken = "ntn_simulated000000000000000000000000000000000000"

// WorkspaceName is the workspace's name in GET /v1/users/me, unless Options.Name is set.
const WorkspaceName = "Simulated Company"

// ConnectionName is the name of the token's connection; the message of a 404 tells
// people to share objects with it.
const ConnectionName = "notion-kafka"

// Options configure a simulated workspace. The zero value is a workspace on a small
// plan with the machine's clock.
type Options struct {
	Now   func() time.Time // the workspace's clock; nil: time.Now, virtual inside a synctest bubble
	Seed  uint64           // determines everything random: ids, ties, window phase, editors
	Token string           // accepted bearer token; "": DefaultToken
	Name  string           // the workspace's name; "": WorkspaceName

	// RequestsPerMinute is the budget of a token in each fixed 60-second window;
	// 0: 180, as on Notion's Free and Plus plans, negative: no limit
	// (Notion: request-limits).
	RequestsPerMinute int
	// RowCap is the most rows of one query; a larger result is marked incomplete;
	// 0: 10000 (Notion: query-large-data-sources).
	RowCap int

	// Latency is how long a request takes to answer; nil: no time. Its timers are
	// those of the time package, whatever Now returns.
	Latency func(*http.Request) time.Duration
	// IndexLag is how long search does not find an object after its creation or
	// sharing (Notion: search-optimizations-and-limitations).
	IndexLag time.Duration
	// QueryLag is how long queries do not see a change of a page; they see pages of
	// AddPages at once. Notion documents no promise. Retrieving by id shows every
	// change at once.
	QueryLag time.Duration
	// FreshRows makes queries select and order pages by their old state, see QueryLag,
	// but show their new state: a listed page may be in the trash or in another data
	// source. Whether Notion does this is not documented.
	FreshRows bool

	// FilterMilliseconds makes timestamp filters compare the exact time instead
	// of the floored minute. Which of the two Notion does is not documented.
	FilterMilliseconds bool
	// FoldText makes filters of texts ignore case, and an empty text meet no condition
	// but is_empty. Notion documents neither that nor the opposite.
	FoldText bool
	// HideUnshared leaves relations to a database that the connection may not see out of
	// schemas, and empty in pages. Notion documents it as possible (Notion:
	// retrieve-a-data-source).
	HideUnshared bool
	// LivePages evaluates a query again for every page of its result, so that rows
	// shift during a reading. By default the first request fixes the rows: later
	// pages leave out rows that are gone and show the others as they then are.
	LivePages bool
	// ShortPages is the probability, 0 to 1, that a response that is not the last one
	// has fewer rows than its page size, perhaps none.
	ShortPages float64
	// TrashedQueryEmpty makes a query of a trashed database return an empty list
	// instead of a 404. What Notion does is not documented.
	TrashedQueryEmpty bool

	// Violation is called with a description of what no correct client does and no
	// HTTP status expresses. Tests pass a function like t.Error. nil: none.
	Violation func(string)
	// Hook is called with every request before it is answered and may return a fault
	// for it. It may call people's verbs, for changes in the middle of a read. Requests
	// come side by side, and so do its calls; see [OneByOne]. nil: none.
	Hook func(*http.Request) *Fault
}

// A Workspace is a simulated Notion workspace. Its methods are safe for
// concurrent use.
type Workspace struct {
	opts Options

	mu        sync.Mutex // guards everything below
	rng       *rand.Rand
	seed      uint64 // for what must be the same on every read, such as file ids
	id        uuid
	bot       *user
	users     []*user
	groups    []*user
	databases []*Database
	sources   map[uuid]*DataSource
	rows      map[uuid]*row
	blocks    map[uuid]*row // the page that has the block
	seq       uint64        // of the newest row
	own       *connection   // of Options.Token
	asking    *connection   // whose request is being answered; nil while people act
	apps      []*App
	pairs     map[string]*pair       // of OAuth, by both of their tokens
	others    map[string]*connection // further internal connections, by token
	refused   map[string]int         // requests refused with a 401, by token
	runs      runs
	cursors   uint64       // cursors issued so far
	late      []lateChange // changes that queries do not see yet, by due
	faults    []pendingFault
	lasting   map[string]Fault // faults of FailAlways, by path below /v1
	log       requestLog
	signed    uint64 // URLs signed so far
}

// New returns an empty workspace with a bot, three people and one token.
func New(opts Options) *Workspace {
	if opts.Now == nil {
		opts.Now = time.Now
	}
	if opts.Token == "" {
		opts.Token = DefaultToken
	}
	if opts.Name == "" {
		opts.Name = WorkspaceName
	}
	if opts.RequestsPerMinute == 0 {
		opts.RequestsPerMinute = 180
	}
	if opts.RowCap == 0 {
		opts.RowCap = 10_000
	}
	w := &Workspace{
		opts:    opts,
		rng:     rand.New(rand.NewPCG(opts.Seed, 0x6e6f74696f6e)),
		sources: map[uuid]*DataSource{},
		pairs:   map[string]*pair{},
		others:  map[string]*connection{},
		refused: map[string]int{},
		rows:    map[uuid]*row{},
		blocks:  map[uuid]*row{},
		runs:    runs{byID: map[uint64]*run{}},
		log:     requestLog{counts: map[Endpoint]int{}},
	}
	w.seed = w.rng.Uint64()
	w.id = w.newID()
	w.bot = &user{id: w.newID(), name: ConnectionName, bot: true}
	for _, name := range []string{"Ada Okafor", "Bruno Keller", "Chiyo Tanaka"} {
		w.addUser(name)
	}
	w.own = &connection{bot: w.bot, capabilities: []Capability{ReadContent, ReadUserEmail}, budget: w.newBudget()}
	return w
}

// Token returns the workspace's token.
func (w *Workspace) Token() string { return w.opts.Token }

// ID returns the workspace's id as in GET /v1/users/me.
func (w *Workspace) ID() string { return w.id.String() }

// RevokeToken removes the connection from the workspace: from now on every request gets
// a 401 (Notion: status-codes).
func (w *Workspace) RevokeToken() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.own.revoked = true
}

// RestoreToken adds the connection again.
func (w *Workspace) RestoreToken() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.own.revoked = false
}

// ExpireCursors makes every cursor so far expire. How long Notion's cursors live is not
// published.
func (w *Workspace) ExpireCursors() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.runs.expire()
}

// now is the clock in Unix milliseconds, the precision of all stored times.
func (w *Workspace) now() int64 { return w.opts.Now().UnixMilli() }

// violated reports a violation of the contract.
func (w *Workspace) violated(what string) {
	if w.opts.Violation != nil {
		w.opts.Violation("notiontest: " + what)
	}
}
