package notion

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"sync"
	"time"

	"golang.org/x/oauth2"
)

// maxTokenBody bounds an answer of the token endpoint, in bytes; a whole one has under 2 KiB.
const maxTokenBody = 1 << 20

// OAuthOptions configure an OAuth. ClientID, ClientSecret and TokenURL are required.
type OAuthOptions struct {
	ClientID     string
	ClientSecret func() string // the current one
	// AuthorizeURL is Notion's consent page; TokenURL is the token endpoint. Introspection
	// and revocation are beside the token endpoint (Notion: introspect-token, revoke-token).
	AuthorizeURL, TokenURL string
	// CAFile names a PEM file of certificates to trust in addition to the system's.
	CAFile string
	// Timeout bounds one call; 0 means 30 seconds.
	Timeout   time.Duration
	UserAgent string
	Logger    *slog.Logger
	// Transport carries the calls, instead of one made from CAFile.
	Transport http.RoundTripper
}

// An OAuth makes the OAuth calls of one public connection (Notion: authorization). Every call is
// made once: whether it may be repeated depends on what it does. It is safe for concurrent use.
type OAuth struct {
	config    oauth2.Config
	secret    func() string
	http      *http.Client
	timeout   time.Duration
	userAgent string
	log       *slog.Logger

	mu     sync.Mutex
	paused time.Time // Notion asked to send nothing before this
}

// A Grant is what Notion answers when a person has allowed a connection, and at each renewal.
type Grant struct {
	// Token holds the pair of tokens. It has no expiry, because Notion publishes none. Its
	// RefreshToken is "" for connections that get none.
	Token oauth2.Token
	// BotID is the id of the authorisation: of one connection, one person and one workspace.
	BotID         string
	WorkspaceID   string
	WorkspaceName string
	Person        string // name of the person who allowed it; "" where Notion shows none
}

// NewOAuth returns an OAuth, or an error that names the wrong option. It sends no request.
func NewOAuth(o OAuthOptions) (*OAuth, error) {
	if o.ClientID == "" || o.ClientSecret == nil {
		return nil, errors.New("notion: no client id and secret of a public connection")
	}
	for _, address := range []string{o.AuthorizeURL, o.TokenURL} {
		if _, err := parseBaseURL(address); err != nil || address == "" {
			return nil, fmt.Errorf("notion: the OAuth address at %s must be https, or http at a loopback address", hostOf(address))
		}
	}
	if o.Timeout <= 0 {
		o.Timeout = 30 * time.Second
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Transport == nil {
		var err error
		if o.Transport, err = newRoundTripper(o.CAFile, 4, o.Logger); err != nil {
			return nil, err
		}
	}
	return &OAuth{
		config: oauth2.Config{ClientID: o.ClientID, Endpoint: oauth2.Endpoint{AuthURL: o.AuthorizeURL, TokenURL: o.TokenURL}},
		secret: o.ClientSecret,
		http: &http.Client{
			Transport:     o.Transport,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		timeout: o.Timeout, userAgent: o.UserAgent, log: o.Logger,
	}, nil
}

func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return "an unreadable host"
	}
	return u.Host
}

// AuthorizeURL is the address of the consent page that leads back to redirectURL, with state in
// its query. Notion has no scopes and no PKCE (Notion: authorization).
func (o *OAuth) AuthorizeURL(state, redirectURL string) string {
	config := o.config
	config.RedirectURL = redirectURL
	return config.AuthCodeURL(state, oauth2.SetAuthURLParam("owner", "user"))
}

// Exchange turns the code of a callback into a grant. redirectURL is the one of AuthorizeURL. A
// code can be used once: a used, old or foreign one is ErrInvalidGrant.
func (o *OAuth) Exchange(ctx context.Context, code, redirectURL string) (*Grant, error) {
	return o.grant(ctx, "exchanging the authorization code", map[string]string{
		"grant_type": "authorization_code", "code": code, "redirect_uri": redirectURL,
	})
}

// Renew replaces a pair of tokens. From then on Notion refuses the old refresh token, and may
// refuse the old access token. If the answer was lost (ErrUnavailable), nobody knows whether the
// pair was replaced. ErrInvalidGrant: Notion refuses the refresh token.
func (o *OAuth) Renew(ctx context.Context, refreshToken string) (*Grant, error) {
	return o.grant(ctx, "renewing the token", map[string]string{
		"grant_type": "refresh_token", "refresh_token": refreshToken,
	})
}

// Introspect reports whether an access token is active.
func (o *OAuth) Introspect(ctx context.Context, token string) (active bool, err error) {
	const op = "asking whether the token is active"
	var said struct{ Active *bool }
	err = o.post(ctx, op, o.beside("introspect"), map[string]string{"token": token}, &said)
	if err == nil && said.Active == nil {
		err = &Error{Op: op, Kind: ErrUnavailable, Message: "the answer does not say it"}
	}
	return err == nil && *said.Active, err
}

// Revoke ends the authorisation of a token.
func (o *OAuth) Revoke(ctx context.Context, token string) error {
	return o.post(ctx, "revoking the token", o.beside("revoke"), map[string]string{"token": token}, &struct{}{})
}

// beside is the address of another OAuth endpoint.
func (o *OAuth) beside(name string) string {
	u, err := url.Parse(o.config.Endpoint.TokenURL)
	if err != nil {
		return "" // NewOAuth parsed it
	}
	return u.ResolveReference(&url.URL{Path: name}).String()
}

// grant makes a call whose answer is a pair of tokens.
func (o *OAuth) grant(ctx context.Context, op string, body map[string]string) (*Grant, error) {
	var said struct {
		AccessToken   string  `json:"access_token"`
		RefreshToken  *string `json:"refresh_token"`
		BotID         string  `json:"bot_id"`
		WorkspaceID   string  `json:"workspace_id"`
		WorkspaceName *string `json:"workspace_name"`
		Owner         struct {
			User struct{ Name *string }
		}
	}
	if err := o.post(ctx, op, o.config.Endpoint.TokenURL, body, &said); err != nil {
		return nil, err
	}
	bot, isID := NormalizeID(said.BotID)
	if !isID || said.AccessToken == "" {
		return nil, &Error{Op: op, Kind: ErrMalformed, Message: "the answer has no access_token or no bot_id"}
	}
	workspace := said.WorkspaceID
	if id, is := NormalizeID(workspace); is {
		workspace = id
	}
	g := &Grant{BotID: bot, WorkspaceID: workspace, WorkspaceName: orEmpty(said.WorkspaceName), Person: orEmpty(said.Owner.User.Name)}
	g.Token = oauth2.Token{AccessToken: said.AccessToken, TokenType: "bearer", RefreshToken: orEmpty(said.RefreshToken)}
	return g, nil
}

func orEmpty(text *string) string {
	if text == nil {
		return ""
	}
	return *text
}
