package notiontest_test

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"testing"

	"notion-kafka/notion/notiontest"
)

const redirectURI = "https://kafka.company.example/oauth/callback"

// An appCaller is a program with an App's id and secret.
type appCaller struct {
	caller
	app *notiontest.App
}

// appWorld returns a workspace with an App; every violation fails the test.
func appWorld(t *testing.T, opts notiontest.Options, appOpts notiontest.AppOptions) (appCaller, *clock) {
	c, clock := world(t, opts)
	appOpts.RedirectURIs = append(appOpts.RedirectURIs, redirectURI)
	return appCaller{c, c.w.AddApp(appOpts)}, clock
}

// post sends a body to a token endpoint: token, introspect or revoke.
func (c appCaller) post(endpoint, body string, headers ...string) (reply, error) {
	c.t.Helper()
	basic := base64.StdEncoding.EncodeToString([]byte(c.app.ClientID() + ":" + c.app.ClientSecret()))
	return c.send("POST /v1/oauth/"+endpoint, body, append([]string{"Authorization: Basic " + basic}, headers...)...)
}

// A grant is the answer of the token endpoint.
type grant struct {
	AccessToken   string  `json:"access_token"`
	RefreshToken  *string `json:"refresh_token"`
	TokenType     string  `json:"token_type"`
	BotID         string  `json:"bot_id"`
	WorkspaceID   string  `json:"workspace_id"`
	WorkspaceName *string `json:"workspace_name"`
	Owner         json.RawMessage
	Error, Code   string // of a refusal
}

// ask sends a body to the token endpoint.
func (c appCaller) ask(body map[string]string) (grant, int) {
	c.t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		c.t.Fatal(err)
	}
	got, err := c.post("token", string(text))
	if err != nil {
		c.t.Fatal(err)
	}
	var g grant
	if err := json.Unmarshal(got.body, &g); err != nil {
		c.t.Fatalf("%v: %s", err, got.body)
	}
	return g, got.status
}

func (c appCaller) exchange(code string) (grant, int) {
	c.t.Helper()
	return c.ask(map[string]string{"grant_type": "authorization_code", "code": code, "redirect_uri": redirectURI})
}

func (c appCaller) renew(refresh string) (grant, int) {
	c.t.Helper()
	return c.ask(map[string]string{"grant_type": "refresh_token", "refresh_token": refresh})
}

// connect lets a person allow the App and exchanges the code.
func (c appCaller) connect(person string, databases ...*notiontest.Database) grant {
	c.t.Helper()
	g, status := c.exchange(c.app.Allow(person, databases...))
	if status != http.StatusOK {
		c.t.Fatalf("the exchange is refused: %d", status)
	}
	return g
}

// renewed renews a grant that is good.
func (c appCaller) renewed(g grant) grant {
	c.t.Helper()
	next, status := c.renew(*g.RefreshToken)
	if status != http.StatusOK {
		c.t.Fatalf("the renewal is refused: %d %s", status, next.Error)
	}
	return next
}

// status is the status of a request with a token.
func (c appCaller) status(token, line, body string) int {
	c.t.Helper()
	got, err := c.send(line, body, "Authorization: Bearer "+token)
	if err != nil {
		c.t.Fatal(err)
	}
	return got.status
}

// works reports whether a token is accepted.
func (c appCaller) works(token string) bool {
	c.t.Helper()
	return c.status(token, "GET /v1/users/me", "") == http.StatusOK
}

// ada is the first person of a workspace, bruno the second.
func (c appCaller) ada() string   { return c.w.People()[0] }
func (c appCaller) bruno() string { return c.w.People()[1] }
