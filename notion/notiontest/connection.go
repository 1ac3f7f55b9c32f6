package notiontest

import (
	"slices"
	"time"
)

// A connection is one way into the workspace: that of Options.Token, or the bot that a
// person's authorization gave an App. Its budget, access and capabilities stay its own,
// whatever its token is at the moment.
type connection struct {
	*budget
	bot          *user
	capabilities []Capability

	revoked bool // of Options.Token only: a person removed it from the workspace

	// Of an App's bot only:
	app      *App
	person   *user               // who authorised it
	shared   map[*Database]int64 // what it may see, and since when in Unix milliseconds; nil: removed
	pairs    []*pair             // the newest last
	renewals int
}

// A pair is the tokens that one authorization or renewal gave a bot.
type pair struct {
	bot         *connection
	access      string
	refresh     string // "" with AppOptions.NoRefreshToken
	accessDead  bool
	refreshDead bool
	issued      time.Time
}

// newest is the bot's newest pair, nil before the first.
func (c *connection) newest() *pair {
	if len(c.pairs) == 0 {
		return nil
	}
	return c.pairs[len(c.pairs)-1]
}

// newPair makes tokens with the prefixes that Notion's have (notion2attioBackend,
// 2026-08-29).
func (c *connection) newPair() *pair {
	w := c.app.w
	p := &pair{bot: c, access: "ntn_" + w.newText(), issued: w.opts.Now()}
	w.pairs[p.access] = p
	if !c.app.opts.NoRefreshToken {
		p.refresh = "nrt_" + w.newText()
		w.pairs[p.refresh] = p
	}
	c.pairs = append(c.pairs, p)
	return p
}

func (c *connection) killPairs() {
	for _, p := range c.pairs {
		p.accessDead, p.refreshDead = true, true
	}
}

// AddConnection adds a further internal connection, with a budget of its own, which may
// read content, and returns its token.
func (w *Workspace) AddConnection(name string) (token string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	token = "ntn_" + w.newText()
	w.others[token] = &connection{bot: &user{id: w.newID(), name: name, bot: true}, capabilities: []Capability{ReadContent}, budget: w.newBudget()}
	return token
}

// authenticate finds the connection of a bearer token. It is nil for a token that is
// unknown or dead, and the refusal is counted.
func (w *Workspace) authenticate(token string) *connection {
	if token == w.opts.Token && !w.own.revoked {
		return w.own
	}
	if c := w.others[token]; c != nil {
		return c
	}
	if p := w.pairs[token]; p != nil && p.access == token && !p.accessDead {
		return p.bot
	}
	w.refused[token]++
	return nil
}

// sees reports whether the connection may see a database and what is in it.
func (c *connection) sees(db *Database) bool {
	if c.app == nil {
		return !db.unshared
	}
	_, shared := c.shared[db]
	return shared
}

// seesPage reports whether the connection may see a page that itself is shared. A page
// that was moved out of all databases is below none of those that a person ticked for
// an App's bot.
func (c *connection) seesPage(r *row) bool {
	if r.isElsewhere() {
		return c.app == nil
	}
	return c.sees(r.source.database)
}

// searchable is from when, plus Options.IndexLag, search may find a database.
func (c *connection) searchable(db *Database) int64 {
	if c.app == nil {
		return db.searchable
	}
	return max(db.created, c.shared[db])
}

// cursorKey is what the connection's cursors are bound to besides their query: its
// newest token, unless AppOptions.CursorsLive.
func (c *connection) cursorKey() string {
	switch {
	case c.app == nil:
		return ""
	case c.app.opts.CursorsLive:
		return c.bot.id.String()
	default:
		return c.pairs[len(c.pairs)-1].access
	}
}

// may reports whether the connection has a capability.
func (c *connection) may(what Capability) bool { return slices.Contains(c.capabilities, what) }

// bots are the bots of all authorizations.
func (w *Workspace) bots() []*user {
	var bots []*user
	for _, a := range w.apps {
		for _, c := range a.bots {
			bots = append(bots, c.bot)
		}
	}
	return bots
}
