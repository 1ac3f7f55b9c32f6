package grants

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"golang.org/x/oauth2"

	"notion-kafka/notion"
	"notion-kafka/producer/control"
	"notion-kafka/producer/seal"
)

// OAuth is what a Store needs of Notion; [notion.OAuth] is one.
type OAuth interface {
	Introspect(ctx context.Context, token string) (active bool, err error)
	Renew(ctx context.Context, refreshToken string) (*notion.Grant, error)
}

// An Owner writes grants for the sources that this process owns.
type Owner interface {
	// WriteGrant writes the grant of a source in a transaction of its shard, and returns when the
	// memory has it, or after a while. ErrNotOwner: this process does not own the source, or lost
	// it.
	WriteGrant(ctx context.Context, source, bot string, grant control.Grant) error
	// HandOver writes a record without owning its source.
	HandOver(ctx context.Context, record control.Record) error
}

// ErrNotOwner means that this process does not own a source, or lost it in this moment.
var ErrNotOwner = errors.New("this process does not own the source")

// Options configure a Store.
type Options struct {
	// OAuth is nil where the configuration has no public connection: then nothing is renewed.
	OAuth OAuth
	// Keys opens and seals pairs. It is called when the first one is needed.
	Keys   func() (*seal.Keyring, error)
	Logger *slog.Logger
}

// A Store has the grants of the control topic. It is safe for concurrent use. It knows nothing
// before [Store.ReadFrom].
type Store struct {
	opts Options

	mu          sync.Mutex // guards everything below
	view        func(look func(*control.Memory))
	catchUp     func(ctx context.Context) error
	owner       Owner
	connections map[string]*Connection // by source
}

// New makes a store.
func New(opts Options) *Store {
	return &Store{opts: opts, connections: map[string]*Connection{}}
}

// ReadFrom makes the store read the grants from a memory of the control topic. catchUp brings the
// memory up to now; nil where it does not change.
func (s *Store) ReadFrom(view func(look func(*control.Memory)), catchUp func(ctx context.Context) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.view, s.catchUp = view, catchUp
}

// OwnedBy gives the store the owner that writes its records. Without one nothing is renewed.
func (s *Store) OwnedBy(owner Owner) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.owner = owner
}

// Connection is the connection of a source; always the same one.
func (s *Store) Connection(source string) *Connection {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.connections[source]
	if c == nil {
		c = &Connection{source: source, grants: s, writing: make(chan struct{}, 1), renewing: make(chan struct{}, 1)}
		s.connections[source] = c
	}
	return c
}

// Seal makes the record of a grant for a source.
func (s *Store) Seal(source string, g *notion.Grant, granted time.Time) (control.Grant, error) {
	keys, err := s.opts.Keys()
	if err != nil {
		return control.Grant{}, err
	}
	text, err := json.Marshal(pair{g.Token.AccessToken, g.Token.RefreshToken}) //nolint:gosec // what is sealed next
	if err != nil {
		return control.Grant{}, err
	}
	sealed, err := keys.Seal(placeOf(source, g.BotID), string(text))
	return control.Grant{
		Source: source, Workspace: g.WorkspaceID, WorkspaceName: g.WorkspaceName, Person: g.Person,
		Sealed: sealed, Granted: granted, Stored: time.Now().UTC(),
	}, err
}

// Reseal seals a grant with the current key for its source, and reports whether it was sealed
// otherwise. A pair that cannot be opened stays as it is.
func (s *Store) Reseal(bot string, g control.Grant) (control.Grant, bool) {
	keys, err := s.opts.Keys()
	at := placeOf(g.Source, bot)
	if err != nil || keys.IsFresh(at, g.Sealed) {
		return g, false
	}
	plain, err := keys.Open(at, g.Sealed)
	if err == nil {
		g.Sealed, err = keys.Seal(at, plain)
	}
	return g, err == nil
}

// open returns the pair of a grant. A pair that cannot be opened is a *notion.TokenError: Notion is
// not asked, and trying again does not help.
func (s *Store) open(bot string, g control.Grant) (*oauth2.Token, error) {
	keys, err := s.opts.Keys()
	if err != nil {
		return nil, err
	}
	plain, err := keys.Open(placeOf(g.Source, bot), g.Sealed)
	var p pair
	if err == nil && json.Unmarshal([]byte(plain), &p) != nil {
		err = errors.New("they are no pair of tokens")
	}
	if err != nil {
		return nil, &notion.TokenError{Why: fmt.Sprintf("opening the tokens of source %s: %v", g.Source, err), Advice: connectAdvice(g.Source), Ours: true}
	}
	return &oauth2.Token{AccessToken: p.Access, RefreshToken: p.Refresh}, nil
}

// A pair is what is sealed of a grant.
type pair struct {
	Access  string `json:"access_token"`
	Refresh string `json:"refresh_token,omitzero"`
}

// placeOf binds a sealed pair to its source and bot.
func placeOf(source, bot string) seal.Place { return seal.Place{Source: source, Key: "grant " + bot} }

// SealedAt is where the pair of a grant may be opened, for checks of keys.
func SealedAt(bot string, g control.Grant) seal.Place { return placeOf(g.Source, bot) }

func (s *Store) parts() (view func(func(*control.Memory)), catchUp func(context.Context) error, owner Owner) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.view, s.catchUp, s.owner
}
