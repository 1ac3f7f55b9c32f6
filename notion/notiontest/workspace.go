package notiontest

import (
	"math/rand/v2"
	"net/http"
	"sync"
	"time"
)

// DefaultToken is the token a workspace accepts when Options.Token is empty.
const DefaultToken = "ntn_simulated000000000000000000000000000000000000"

// WorkspaceName is what GET /v1/users/me calls the workspace.
const WorkspaceName = "Simulated Company"

// ConnectionName is the name of the connection that the token belongs to; the
// message of a 404 tells people to share things with it.
const ConnectionName = "notion-kafka"

// Options set what differs between one simulated workspace and another. The
// zero value is a workspace on a small plan, at the machine's time.
type Options struct {
	Now   func() time.Time // the workspace's clock; nil: time.Now, virtual inside a synctest bubble
	Seed  uint64           // all that is random follows from it: ids, ties, window phase, who edits
	Token string           // accepted bearer token; "": DefaultToken

	// RequestsPerMinute is the budget of a token in each fixed 60-second window;
	// 0: 180, as on Notion's Free and Plus plans, negative: without limit
	// (Notion: request-limits).
	RequestsPerMinute int
	// RowCap is how many rows one query yields before its result is marked
	// incomplete; 0: 10000 (Notion: query-large-data-sources).
	RowCap int

	// Latency is how long a request takes to answer; nil: no time. It is waited
	// for with timers of the time package, whatever Now says.
	Latency func(*http.Request) time.Duration
	// IndexLag is how long after its creation or sharing a thing stays out of
	// search (Notion: search-optimizations-and-limitations).
	IndexLag time.Duration
	// QueryLag is how long queries go on showing a page as it was before what
	// people did to it; pages added with AddPages were always there. What Notion
	// promises is not documented; GET shows everything at once.
	QueryLag time.Duration
	// FreshRows makes queries select and order pages by what they were, as QueryLag
	// says, but show them as they are: one that is listed may be in the trash or in
	// another data source. Whether Notion does is not documented.
	FreshRows bool

	// FilterMilliseconds makes timestamp filters compare the exact time instead
	// of the floored minute. Which of the two Notion does is not documented.
	FilterMilliseconds bool
	// LivePages evaluates a query anew for every page of it, so that rows shift
	// under a reader. By default a run of pages is fixed by its first request:
	// later requests leave out what is gone and show the rest as it is then.
	LivePages bool
	// ShortPages is the chance, 0 to 1, that a response that is not the last
	// carries fewer rows than asked for, possibly none.
	ShortPages float64
	// TrashedQueryEmpty makes a query of a trashed database answer an empty list
	// instead of a 404. What Notion does is not documented.
	TrashedQueryEmpty bool

	// Violation hears of what no correct client does but an HTTP status cannot
	// express; tests pass t.Errorf's like. nil: nobody is told.
	Violation func(string)
	// Hook sees every request before it is answered and may return a fault for
	// it. It may call people's verbs, so things can change in the middle of a
	// read. nil: none.
	Hook func(*http.Request) *Fault
}

// A Workspace is a simulated Notion workspace. Its methods are safe for
// concurrent use.
type Workspace struct {
	opts Options

	mu        sync.Mutex // owns everything below
	rng       *rand.Rand
	seed      uint64 // of what must be the same on every read, as file ids
	id        uuid
	bot       *user
	users     []*user
	databases []*Database
	sources   map[uuid]*DataSource
	rows      map[uuid]*row
	seq       uint64 // of the newest row
	conns     map[string]*connection
	runs      runs
	cursors   uint64       // handed out so far
	late      []lateChange // not known to queries, by due
	faults    []pendingFault
	ailing    map[string]Fault // by path below /v1
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
		rows:    map[uuid]*row{},
		runs:    runs{byID: map[uint64]*run{}},
		log:     requestLog{counts: map[Endpoint]int{}},
	}
	w.seed = w.rng.Uint64()
	w.id = w.newID()
	w.bot = &user{id: w.newID(), name: ConnectionName, bot: true}
	for _, name := range []string{"Ada Okafor", "Bruno Keller", "Chiyo Tanaka"} {
		w.addUser(name)
	}
	w.conns = map[string]*connection{
		opts.Token: {phase: time.Duration(w.rng.Int64N(int64(budgetWindow)))},
	}
	return w
}

// Token returns the token that the workspace was made with.
func (w *Workspace) Token() string { return w.opts.Token }

// ID returns the workspace's id as GET /v1/users/me tells it.
func (w *Workspace) ID() string { return w.id.String() }

// RevokeToken takes the connection out of the workspace: from now on every
// request is answered with 401 (Notion: status-codes).
func (w *Workspace) RevokeToken() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.conns[w.opts.Token].revoked = true
}

// RestoreToken lets the connection in again.
func (w *Workspace) RestoreToken() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.conns[w.opts.Token].revoked = false
}

// ExpireCursors makes every cursor handed out so far stale. How long Notion's
// live is not published.
func (w *Workspace) ExpireCursors() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.runs.expire()
}

// now is the clock in Unix milliseconds, the precision things are stored with.
func (w *Workspace) now() int64 { return w.opts.Now().UnixMilli() }

// violated reports a breach of the contract.
func (w *Workspace) violated(what string) {
	if w.opts.Violation != nil {
		w.opts.Violation("notiontest: " + what)
	}
}
