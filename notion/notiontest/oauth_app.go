package notiontest

import (
	"fmt"
	"slices"
	"time"
)

// AppOptions configure a public connection (Notion: authorization). The zero value
// behaves as is known best of Notion, and where nothing is known, as is harder for a
// client.
type AppOptions struct {
	Name         string   // "": ConnectionName
	ClientID     string   // "": a new one
	ClientSecret string   // "": a new one
	RedirectURIs []string // compared exactly

	// Capabilities are what its bots may do; nil: read, update and insert content, and
	// users with their e-mail addresses, as Notion's portal proposes. A bot keeps those of
	// its authorization.
	Capabilities []Capability

	// SameToken makes a further authorization by the same person return the living tokens,
	// as for connections from before 2026-06-08 (Notion: changelog). Otherwise every
	// authorization makes a new pair.
	SameToken bool
	// NoRefreshToken makes refresh_token null.
	NoRefreshToken bool
	// OwnerPartial shows the person who authorised only as {object, id} in the answer of
	// the token endpoint.
	OwnerPartial bool
	// OwnerWorkspace shows the workspace as the owner, and no person.
	OwnerWorkspace bool
	// NoWorkspaceName makes workspace_name null (Notion: SDK).
	NoWorkspaceName bool

	// AcceptForms lets the token endpoints accept forms. Only JSON is documented.
	AcceptForms bool
	// VersionOptional lets the token endpoints do without a Notion-Version.
	VersionOptional bool
	// Errors is the shape of the token endpoints' errors; two are documented.
	Errors ErrorShape

	CodeLife time.Duration // how long a code is good; 0: ten minutes, as no time is published

	// OldAccessLives keeps the old access token alive after a renewal. What Notion does is
	// not documented.
	OldAccessLives bool
	// OldPairLives keeps the older pair alive after a further authorization. What Notion
	// does is not documented.
	OldPairLives bool
	// CursorsLive keeps a bot's cursors alive after it got new tokens. What Notion does is
	// not documented.
	CursorsLive bool
	// SharedBudget makes all bots of the App spend one budget. Notion's unit is the
	// connection, which may mean either.
	SharedBudget bool
}

// An App is a public connection: a program that people let into the workspace. Each
// person who does so gets the App a bot, which keeps its id for good.
type App struct {
	w     *Workspace
	opts  AppOptions
	bots  []*connection
	codes map[string]*code

	*budget // of the token endpoints: only faults use it up
	shared  *budget
}

// AddApp registers a public connection.
func (w *Workspace) AddApp(opts AppOptions) *App {
	w.mu.Lock()
	defer w.mu.Unlock()
	if opts.Name == "" {
		opts.Name = ConnectionName
	}
	if opts.ClientID == "" {
		opts.ClientID = w.newID().String()
	}
	if opts.ClientSecret == "" {
		opts.ClientSecret = "secret_" + w.newText()
	}
	if opts.Capabilities == nil {
		opts.Capabilities = portalCapabilities()
	}
	if opts.CodeLife == 0 {
		opts.CodeLife = 10 * time.Minute
	}
	a := &App{w: w, opts: opts, codes: map[string]*code{}, budget: w.newBudget(), shared: w.newBudget()}
	w.apps = append(w.apps, a)
	return a
}

// newText draws the random part of a token: 48 characters.
func (w *Workspace) newText() string {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	b := make([]byte, 48)
	for i := range b {
		b[i] = letters[w.rng.IntN(len(letters))]
	}
	return string(b)
}

// ClientID returns the App's client id.
func (a *App) ClientID() string { return a.opts.ClientID }

// ClientSecret returns the App's client secret.
func (a *App) ClientSecret() string { return a.opts.ClientSecret }

// SetCapabilities changes what future authorizations allow. Present bots keep what they
// have (Notion: capabilities).
func (a *App) SetCapabilities(capabilities ...Capability) {
	a.w.mu.Lock()
	defer a.w.mu.Unlock()
	a.opts.Capabilities = slices.Clone(capabilities)
}

// Allow is a person who consents without the page for it: they tick databases, at least
// one, and are sent back to the App's first redirect URI with the code. The databases are
// shared when the code is exchanged. They replace those that an earlier authorization of
// the person shared; what Notion does then is not documented.
func (a *App) Allow(person string, databases ...*Database) (code string) {
	a.w.mu.Lock()
	defer a.w.mu.Unlock()
	if len(databases) == 0 || len(a.opts.RedirectURIs) == 0 {
		panic("notiontest: a person who allows an App ticks a database and is sent back to a redirect URI")
	}
	return a.allow(a.w.person(person), a.opts.RedirectURIs[0], databases)
}

// A code is a person's consent before it is exchanged for tokens.
type code struct {
	person      *user
	redirectURI string
	databases   []*Database
	made        time.Time
}

func (a *App) allow(person *user, redirectURI string, databases []*Database) string {
	text := a.w.newID().String()
	a.codes[text] = &code{person, redirectURI, databases, a.w.opts.Now()}
	return text
}

// authorise gives a person's bot what a code allows, and returns its pair.
func (a *App) authorise(one *code) *pair {
	w := a.w
	at := slices.IndexFunc(a.bots, func(c *connection) bool { return c.person == one.person })
	if at < 0 {
		bot := &user{id: w.newID(), name: a.opts.Name, bot: true, owner: one.person}
		at = len(a.bots)
		a.bots = append(a.bots, &connection{app: a, bot: bot, person: one.person, budget: w.newBudget()})
		if a.opts.SharedBudget {
			a.bots[at].budget = a.shared
		}
	}
	c, had := a.bots[at], a.bots[at].shared
	c.capabilities = a.opts.Capabilities
	c.shared = map[*Database]int64{}
	for _, db := range one.databases {
		since, before := had[db]
		if !before {
			since = w.now()
		}
		c.shared[db] = since
	}
	if newest := c.newest(); a.opts.SameToken && newest != nil && !newest.accessDead {
		return newest
	}
	if !a.opts.OldPairLives {
		c.killPairs()
	}
	return c.newPair()
}

// RevokeByPerson is the person who removes the App's connection in Notion's settings:
// requests get a 401, a renewal invalid_grant, and introspection calls the token
// inactive. They may authorise it again.
func (a *App) RevokeByPerson(botID string) {
	a.w.mu.Lock()
	defer a.w.mu.Unlock()
	c := a.bot(botID)
	c.shared = nil
	c.killPairs()
}

// ExpireAccess lets the bot's access tokens die; its refresh token stays good. How long
// an access token lives is not published.
func (a *App) ExpireAccess(botID string) {
	a.w.mu.Lock()
	defer a.w.mu.Unlock()
	for _, p := range a.bot(botID).pairs {
		p.accessDead = true
	}
}

// bot finds a bot for a verb, and panics where there is none.
func (a *App) bot(id string) *connection {
	for _, c := range a.bots {
		if c.bot.id.String() == id {
			return c
		}
	}
	panic(fmt.Sprintf("notiontest: the App %q has no bot with the id %q", a.opts.Name, id))
}

// ShareWith lets an App's bot see the database, as its person does with "Add connections".
// Search finds the database after Options.IndexLag. A bot that was removed is not there to
// share with.
func (db *Database) ShareWith(a *App, botID string) {
	db.w.mu.Lock()
	defer db.w.mu.Unlock()
	if c := a.bot(botID); c.shared != nil {
		c.shared[db] = db.w.now()
	}
}

// UnshareFrom removes the bot's access to the database and its pages. To it they look
// deleted.
func (db *Database) UnshareFrom(a *App, botID string) {
	db.w.mu.Lock()
	defer db.w.mu.Unlock()
	delete(a.bot(botID).shared, db)
}
