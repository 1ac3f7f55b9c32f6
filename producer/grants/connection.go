package grants

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"sync"
	"time"

	"golang.org/x/oauth2"

	"notion-kafka/notion"
	"notion-kafka/producer/control"
)

// A Connection is the OAuth connection of one source: the token source of its client.
type Connection struct {
	source   string
	grants   *Store
	writing  chan struct{} // has an element while the grant is being written
	renewing chan struct{} // has an element during a renewal: there is one at a time. Not a mutex, because a blocked mutex stops the virtual time of tests

	mu     sync.Mutex // guards everything below
	opened held       // the grant whose pair is token
	token  *oauth2.Token
	looked bool // the control topic was read up to now, and had no grant
}

// held is a grant with its bot's id.
type held struct {
	bot string
	control.Grant
}

// connectAdvice is what a person does about a connection that Notion refuses.
func connectAdvice(source string) string {
	return fmt.Sprintf("connect it with `notion-kafka login --source %s`, or open /oauth/start?source=%s at the console's address", source, source)
}

// Token implements oauth2.TokenSource. Its errors are a *notion.TokenError if only a person can
// help.
func (c *Connection) Token() (*oauth2.Token, error) {
	now, connected, err := c.current()
	if err != nil {
		return nil, err
	}
	if why := c.unusable(now, connected); why != nil {
		return nil, why
	}
	return c.open(now)
}

// NotConnected is why a person has to connect the source, as far as the memory of the control topic
// goes; "" where nobody has to.
func (c *Connection) NotConnected() string {
	view, _, _ := c.grants.parts()
	if view == nil {
		return ""
	}
	var now held
	var connected bool
	view(func(m *control.Memory) { now.bot, now.Grant, connected = m.GrantOf(c.source) })
	if why := c.unusable(now, connected); why != nil {
		return why.Why + "; " + why.Advice
	}
	return ""
}

// unusable is why a person has to connect the source; nil where nobody has to.
func (c *Connection) unusable(now held, connected bool) *notion.TokenError {
	switch {
	case !connected:
		return c.missing()
	case now.Final:
		return c.refusal(now)
	}
	return nil
}

// missing is the error of a source that nobody has connected.
func (c *Connection) missing() *notion.TokenError {
	return &notion.TokenError{Why: fmt.Sprintf("source %s is not connected to a workspace yet", c.source), Advice: connectAdvice(c.source), Final: true}
}

// Mark tells the present pair from others; it does not show it.
func (c *Connection) Mark() string {
	now, _, err := c.current()
	if err != nil {
		return ""
	}
	hash := sha256.Sum256([]byte(now.bot + now.Sealed))
	return hex.EncodeToString(hash[:])
}

// current is the present grant. Where the memory has none, the control topic is read up to now
// once: a process that has just begun may not know it yet.
func (c *Connection) current() (now held, connected bool, err error) {
	view, catchUp, _ := c.grants.parts()
	if view == nil {
		return now, false, &notion.TokenError{Why: fmt.Sprintf("the tokens of source %s are in the control topic, which could not be read", c.source), Advice: "look at Kafka first", Ours: true}
	}
	look := func() {
		view(func(m *control.Memory) { now.bot, now.Grant, connected = m.GrantOf(c.source) })
	}
	look()
	if !connected && catchUp != nil && !c.hasLooked() {
		ctx, cancel := context.WithTimeout(context.Background(), lookPatience)
		defer cancel()
		if err := catchUp(ctx); err != nil {
			return now, false, fmt.Errorf("reading the tokens of source %s from the control topic: %w", c.source, err)
		}
		look()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.looked = true
	return now, connected, nil
}

// lookPatience bounds the reading of the control topic.
const lookPatience = 15 * time.Second

func (c *Connection) hasLooked() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.looked
}

// open returns the pair of a grant; a pair is opened once.
func (c *Connection) open(now held) (*oauth2.Token, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.token != nil && c.opened.bot == now.bot && c.opened.Sealed == now.Sealed {
		return c.token, nil
	}
	token, err := c.grants.open(now.bot, now.Grant)
	if err != nil {
		return nil, err
	}
	c.opened, c.token = now, token
	return token, nil
}

// refusal is the error of a grant that Notion refuses.
func (c *Connection) refusal(now held) *notion.TokenError {
	return &notion.TokenError{
		Why:    fmt.Sprintf("Notion refuses the connection of source %s to workspace %s since %s: %s", c.source, now.WorkspaceLabel(), now.RefusedAt.Format(time.RFC3339), now.Refused),
		Advice: connectAdvice(c.source),
		Final:  now.Final,
	}
}

// errReplaced: somebody connected the source anew meanwhile. The newer pair stays.
var errReplaced = errors.New("the source was connected anew")

// Exclusively calls write while nothing else writes the connection's grant.
func (c *Connection) Exclusively(ctx context.Context, write func() error) error {
	select {
	case c.writing <- struct{}{}:
		defer func() { <-c.writing }()
		return write()
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// write stores a grant in place of the one with this sealed pair, and returns it as it was stored.
func (c *Connection) write(ctx context.Context, owner Owner, from string, next held) (held, error) {
	next.Version++
	return next, c.Exclusively(ctx, func() error {
		if now, connected, err := c.current(); err != nil || !connected || now.bot != next.bot || now.Sealed != from {
			return errors.Join(errReplaced, err)
		}
		return owner.WriteGrant(ctx, c.source, next.bot, next.Grant)
	})
}
