package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"

	"golang.org/x/oauth2"

	"notion-kafka/config"
	"notion-kafka/notion"
	"notion-kafka/producer/control"
	"notion-kafka/producer/daemon"
)

// A connection is what a definition, which may be unfinished, reads Notion with.
type connection struct {
	client    *notion.Client
	what      string // the token, or the connection; for messages
	again     string // what a person does if Notion refuses it
	workspace string // as the grant names it; "" without one
	token     string // "" for a grant
	source    string // the source of ours that it belongs to; "" for a new one
	// kept is that source where its own connection is used: what it does not read of Notion
	// cannot be read with it by another definition. nil: a token or grant was given.
	kept *config.Source
}

// errNoConnection is the error of a definition that has none.
type errNoConnection struct{ text string }

const notConnected = "nobody has connected it yet: connect with Notion, or give a token"

func (e errNoConnection) Error() string { return e.text }

// refused is what a person does about a connection that is missing, or that Notion refuses;
// "" for other errors, and for none.
func (c connection) refused(err error) string {
	if none, is := errors.AsType[errNoConnection](err); is {
		return none.text
	}
	if token, is := errors.AsType[*notion.TokenError](err); is {
		return token.Why + ": " + token.Advice
	}
	switch {
	case errors.Is(err, notion.ErrUnauthorized):
		return fmt.Sprintf("Notion refuses %s: %s", c.what, c.again)
	case errors.Is(err, notion.ErrBlocked), errors.Is(err, notion.ErrForbidden):
		return err.Error()
	}
	return ""
}

// unfinished reads a definition as far as it goes. Its error says that it is none at all.
func (b *backend) unfinished(d control.Draft) (config.Reading, error) {
	read, err := config.ReadSource(d.Spec, b.app.Config, nil)
	if err != nil {
		return config.Reading{}, err
	}
	for _, p := range read.Problems {
		if p.Path == "" {
			return config.Reading{}, &control.Error{Kind: control.Invalid, Message: p.Message}
		}
	}
	return read, nil
}

// connectionOf returns the connection of a definition: its token, what was granted to its
// draft, or that of the source that it changes. Without a draft that is the source of its
// name. Its error is an errNoConnection if it has none.
func (b *backend) connectionOf(d control.Draft, src config.Source) (connection, error) {
	source := d.Source
	if source == "" && d.ID == "" {
		source = src.Name
	}
	if !b.HasSource(source) {
		source = ""
	}
	token := func(token, of string, kept *config.Source) (connection, error) {
		c := connection{token: token, source: source, kept: kept, what: of, again: "it may be mistyped, expired or revoked, or its connection removed from the workspace. Copy it again from the connection's settings in Notion"}
		return b.connect(c, src.Name, static(token), "token "+token)
	}
	switch {
	case src.Token.Reveal() != "":
		return token(src.Token.Reveal(), "the token", nil)
	case d.Granted != nil:
		var grant notion.Grant
		if err := json.Unmarshal(d.Granted.Pair, &grant); err != nil || grant.Token.AccessToken == "" {
			return connection{}, errNoConnection{"what Notion granted cannot be read any more: connect again"}
		}
		c := connection{source: source, what: "the connection", again: "it may have been removed in Notion. Connect again", workspace: d.Granted.Workspace}
		return b.connect(c, src.Name, static(grant.Token.AccessToken), "draft of bot "+d.Granted.Bot)
	case source == "" && src.OAuth:
		return connection{}, errNoConnection{notConnected}
	case source == "":
		return connection{}, errNoConnection{"no token is given: paste the token of a connection, or connect with Notion"}
	}
	kept, now, err := b.sourceNamed(source)
	switch {
	case err != nil:
		return connection{}, errNoConnection{fmt.Sprintf("the token of source %s cannot be read: %v. Give it a token, or connect it again", source, err)}
	case src.OAuth && !kept.OAuth:
		return connection{}, errNoConnection{notConnected}
	case !kept.OAuth:
		return token(now(), "the token of source "+source, &kept)
	}
	c := connection{source: source, kept: &kept, what: "the connection of source " + source, again: "connect it again"}
	return b.connect(c, source, b.definitions.connector.grants.Connection(source), "source "+source)
}

// connect makes the client of a connection, which nothing is renewed for: only the owner of
// a source does that. budget names the connection whose requests it counts among.
func (b *backend) connect(c connection, source string, tokens oauth2.TokenSource, budget string) (connection, error) {
	options := b.definitions.connector.options(cut(source, maxNameColumns))
	options.Tokens, options.Budget, options.Transport = tokens, b.definitions.connector.budgetOf(budget), b.definitions.connector.transport
	client, err := notion.NewClient(options)
	c.client = client
	return c, err
}

// maxNameColumns is as much of an unfinished name as the log shows.
const maxNameColumns = 40

func static(token string) oauth2.TokenSource {
	return oauth2.StaticTokenSource(&oauth2.Token{AccessToken: token})
}

// sourceNamed returns a source of ours with its present token.
func (b *backend) sourceNamed(name string) (src config.Source, token func() string, err error) {
	for i, src := range b.app.Config.ResolvedSources() {
		if src.Name == name {
			return src, b.app.Config.SecretNow(fmt.Sprintf("sources[%d].token", i), src.Token, b.app.Log), nil
		}
	}
	kept, _ := b.Daemon.Definition(name)
	src, err = b.definitions.parse(name, kept)
	return src, src.Token.Reveal, err
}

// sourceCheck says whether another source of ours reads with the same connection.
func (b *backend) sourceCheck(with connection, whose notion.Bot) control.Check {
	held := func(by, otherwise string) control.Check {
		return control.Check{Name: "source", Result: control.CheckFailed, Text: daemon.AlreadyConnected(by, otherwise)}
	}
	for _, other := range b.others(with.source) {
		if with.token != "" && b.tokenOf(other) == with.token {
			return held(other.Name, "make another connection in Notion and give its token")
		}
	}
	for _, other := range b.Daemon.Sources() {
		if other.Name != with.source && other.Connection != nil && other.Connection.Bot == whose.ID {
			return held(other.Name, "let another person of the workspace connect this one")
		}
	}
	return control.Check{Name: "source", Result: control.CheckPassed, Text: "no other source reads with it"}
}

// tokenOf is the present token of one of the other sources.
func (b *backend) tokenOf(src config.Source) string {
	if b.isOfFile(src.Name) {
		if _, now, err := b.sourceNamed(src.Name); err == nil {
			return now()
		}
	}
	return src.Token.Reveal()
}

// sourceName is the form of a source's name.
var sourceName = regexp.MustCompile(`^[a-z0-9-]{1,40}$`)
