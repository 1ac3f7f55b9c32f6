package main

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"sync"
	"time"

	"notion-kafka/config"
	"notion-kafka/notion"
	"notion-kafka/producer/control"
	"notion-kafka/producer/seal"
)

func userAgent() string { return "notion-kafka/" + version() }

// publicConnection makes the OAuth client of the configuration; nil if it has no public connection.
func publicConnection(cfg *config.Config, log *slog.Logger) *notion.OAuth {
	if cfg.OAuth.ClientID == "" {
		return nil
	}
	client, err := notion.NewOAuth(notion.OAuthOptions{
		ClientID: cfg.OAuth.ClientID, ClientSecret: cfg.SecretNow("oauth.client_secret", cfg.OAuth.ClientSecret, log),
		AuthorizeURL: cfg.OAuth.AuthorizeURL, TokenURL: cfg.OAuth.TokenURL, CAFile: cfg.Notion.CAFile, UserAgent: userAgent(), Logger: log,
	})
	if err != nil {
		log.Error("sources with oauth: true cannot be connected or renewed", "error", err) // notion.ca_file; the configuration's addresses are checked
		return nil
	}
	return client
}

const (
	authorizeWithin = 10 * time.Minute // from the start of an authorization to its callback
	signedState     = "oauth state"    // what a state is signed for
)

// An authorizer leads a person to Notion's consent page, and takes the way back. Its state goes
// with the person and is signed, so every instance of the group takes the callback of any other.
type authorizer struct {
	oauth    *notion.OAuth // nil: not configured
	keys     func() (*seal.Keyring, error)
	redirect string // Notion sends the person back to this address

	mu   sync.Mutex
	used map[string]time.Time // nonces of the states that came back, until they are too old anyway
}

func newAuthorizer(cfg *config.Config, connector *connector) *authorizer {
	return &authorizer{oauth: connector.oauth, keys: connector.keys, redirect: cfg.OAuth.RedirectURL, used: map[string]time.Time{}}
}

// An authorization is what the state of a consent page says.
type authorization struct {
	Source  string `json:"s,omitzero"`
	Draft   string `json:"d,omitzero"`
	Began   int64  `json:"t"` // Unix seconds
	Nonce   string `json:"n"`
	Browser []byte `json:"b"` // hash of the browser's id
}

// target is what the consent page connects.
func (a authorization) target() control.Connecting {
	return control.Connecting{Source: a.Source, Draft: a.Draft}
}

// begin returns the address of the consent page that connects a source or draft, for a browser
// with this id.
func (a *authorizer) begin(what control.Connecting, browser string) (consent string, err error) {
	if a.oauth == nil {
		return "", &control.Error{Kind: control.Conflict, Message: fmt.Sprintf("no public connection is configured: make one at https://www.notion.so/profile/integrations with the redirect URI %s, "+
			"and set oauth.client_id and oauth.client_secret", a.redirect)}
	}
	keys, err := a.keys()
	if err != nil {
		return "", err
	}
	hash := sha256.Sum256([]byte(browser))
	text, err := json.Marshal(authorization{Source: what.Source, Draft: what.Draft, Began: time.Now().Unix(), Nonce: rand.Text(), Browser: hash[:]})
	if err != nil {
		return "", err
	}
	tag, err := keys.Sign(signedState, string(text))
	if err != nil {
		return "", &control.Error{Kind: control.Conflict, Message: fmt.Sprintf("%s cannot be connected, because its tokens could not be kept: %v", what, err)}
	}
	state := base64.RawURLEncoding.EncodeToString(text) + "." + base64.RawURLEncoding.EncodeToString(tag)
	return a.oauth.AuthorizeURL(state, a.redirect), nil
}

// finish takes the query of a callback and returns what it connects with what Notion granted. Its
// errors tell the person what happened and what to do. takes refuses a source or draft before
// Notion is asked: what it grants then may end what it granted before.
func (a *authorizer) finish(ctx context.Context, browser string, query url.Values, takes func(control.Connecting) error) (what control.Connecting, granted *notion.Grant, err error) {
	began, err := a.check(query.Get("state"), browser)
	what = began.target()
	if err != nil {
		return what, nil, err
	}
	refuse := func(format string, args ...any) error {
		return &control.Error{Kind: control.Conflict, Message: fmt.Sprintf("%s is not connected: ", what) + fmt.Sprintf(format, args...)}
	}
	switch refused := query.Get("error"); {
	case refused == "access_denied":
		return what, nil, refuse("access was not allowed on Notion's page. Start again if that was not intended")
	case refused != "":
		return what, nil, refuse("Notion answered %s. Check that the redirect URI %s stands in the settings of the public connection, and start again", oneLine(cut(refused, 100)), a.redirect)
	case query.Get("code") == "":
		return what, nil, refuse("the address has no code from Notion: start again")
	case a.oauth == nil:
		return what, nil, refuse("this instance has no oauth.client_id: give all instances of the group the same configuration")
	}
	if err := takes(what); err != nil {
		return what, nil, err
	}
	granted, err = a.exchange(ctx, query.Get("code"))
	switch {
	case errors.Is(err, notion.ErrInvalidClient):
		return what, nil, refuse("%v; then restart notion-kafka and start again", err)
	case errors.Is(err, notion.ErrInvalidGrant):
		return what, nil, refuse("Notion takes its code no more: it was used already, or is too old. Start again")
	case err != nil:
		return what, nil, &control.Error{Kind: control.Unavailable, Message: fmt.Sprintf("%s is not connected: %v. Start again in a moment", what, err)}
	}
	return what, granted, nil
}

// exchange exchanges a code. It tries again while Notion says that it is busy, which uses up no
// code; a lost answer may have used it up.
func (a *authorizer) exchange(ctx context.Context, code string) (granted *notion.Grant, err error) {
	for wait := time.Second; ; wait *= 2 {
		granted, err = a.oauth.Exchange(ctx, code, a.redirect)
		fail, is := errors.AsType[*notion.Error](err)
		if !is || !errors.Is(err, notion.ErrUnavailable) || fail.Status < 429 || wait > 4*time.Second {
			return granted, err
		}
		select {
		case <-time.After(max(wait, min(fail.RetryAfter, 5*time.Second))):
		case <-ctx.Done():
			return nil, err
		}
	}
}

// check checks a state that came back: ours, of this browser, young, and for the first time.
func (a *authorizer) check(state, browser string) (began authorization, err error) {
	refuse := func(message string) (authorization, error) {
		return began, &control.Error{Kind: control.Conflict, Message: message}
	}
	keys, err := a.keys()
	if err != nil {
		return began, err
	}
	text, tag, _ := strings.Cut(state, ".")
	signed, badText := base64.RawURLEncoding.DecodeString(text)
	given, badTag := base64.RawURLEncoding.DecodeString(tag)
	if badText != nil || badTag != nil || !keys.Verify(signedState, string(signed), given) || json.Unmarshal(signed, &began) != nil {
		began = authorization{}
		return refuse("nothing was connected: this address does not come from a connection that was started here. Start at the source, with Connect or `notion-kafka login`")
	}
	hash := sha256.Sum256([]byte(browser))
	age := time.Since(time.Unix(began.Began, 0))
	switch {
	case browser == "" || string(hash[:]) != string(began.Browser):
		return refuse(fmt.Sprintf("%s is not connected: another browser started this. Open the address in that browser, or start again in this one", began.target()))
	case age > authorizeWithin || age < -authorizeWithin:
		return refuse(fmt.Sprintf("%s is not connected: this was started more than %d minutes ago, start again", began.target(), int(authorizeWithin.Minutes())))
	case !a.first(began.Nonce):
		return refuse(fmt.Sprintf("this address was opened already, and works once. Look at %s whether it is connected, or start again", began.target()))
	}
	return began, nil
}

// first reports whether a nonce comes back for the first time.
func (a *authorizer) first(nonce string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	now := time.Now()
	for old, at := range a.used {
		if now.Sub(at) > 2*authorizeWithin {
			delete(a.used, old)
		}
	}
	if _, again := a.used[nonce]; again {
		return false
	}
	a.used[nonce] = now
	return true
}

// BeginOAuth implements console.Backend.
func (b *backend) BeginOAuth(ctx context.Context, what control.Connecting, browser string) (consent string, err error) {
	if err := b.takes(ctx, what); err != nil {
		return "", err
	}
	return b.authorizer.begin(what, browser)
}

// takes refuses what cannot be connected.
func (b *backend) takes(ctx context.Context, what control.Connecting) error {
	if what.Draft != "" {
		return b.takesDraft(ctx, what.Draft)
	}
	return b.takesOAuth(what.Source)
}

// takesOAuth refuses sources that do not read with a connection.
func (b *backend) takesOAuth(source string) error {
	for _, src := range b.app.Config.ResolvedSources() {
		if src.Name == source {
			return withoutOAuth(src)
		}
	}
	kept, made := b.Daemon.Definition(source)
	if !made {
		return &control.Error{Kind: control.NotFound, Message: fmt.Sprintf("there is no source %q", source)}
	}
	src, err := b.definitions.parse(source, kept)
	if err != nil {
		return &control.Error{Kind: control.Conflict, Message: fmt.Sprintf("source %s cannot be connected, because it cannot be read: %v", source, err)}
	}
	return withoutOAuth(src)
}

// withoutOAuth is the error of a source that has a token of its own.
func withoutOAuth(src config.Source) error {
	if src.OAuth {
		return nil
	}
	return &control.Error{Kind: control.Conflict, Message: fmt.Sprintf("source %s reads with the token of its definition: give it `oauth: true` instead of the token to connect it", src.Name)}
}

// FinishOAuth implements console.Backend.
func (b *backend) FinishOAuth(ctx context.Context, browser string, query url.Values) (control.Connected, error) {
	what, granted, err := b.authorizer.finish(ctx, browser, query, func(what control.Connecting) error { return b.takes(ctx, what) })
	var connected control.Connected
	switch {
	case err != nil:
	case what.Draft != "":
		connected, err = b.grantToDraft(ctx, what, granted)
	default:
		connected, err = b.Connect(ctx, what.Source, granted)
	}
	if err != nil {
		b.app.Log.WarnContext(ctx, "somebody tried to connect a source", "source", what.Source, "error", err)
	}
	connected.Source, connected.Draft = what.Source, what.Draft
	return connected, err
}
