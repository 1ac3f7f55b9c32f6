package main

import (
	"encoding/base64"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"notion-kafka/notion"
	"notion-kafka/producer/control"
	"notion-kafka/producer/seal"
)

// newStates returns an authorizer whose Notion is never reached, with this key; "": a new
// one.
func newStates(t *testing.T, key string) *authorizer {
	t.Helper()
	var err error
	if key == "" {
		if key, err = seal.GenerateKey(); err != nil {
			t.Fatal(err)
		}
	}
	ring, err := seal.New(key, nil)
	if err != nil {
		t.Fatal(err)
	}
	client, err := notion.NewOAuth(notion.OAuthOptions{
		ClientID: "abc", ClientSecret: func() string { return "secret" }, AuthorizeURL: "http://127.0.0.1:1/authorize", TokenURL: "http://127.0.0.1:1/token",
	})
	if err != nil {
		t.Fatal(err)
	}
	return &authorizer{oauth: client, keys: func() (*seal.Keyring, error) { return ring, nil }, redirect: "http://localhost:8080/oauth/callback", used: map[string]time.Time{}}
}

// begunState begins for source acme in the browser ada, and returns the state of the consent page.
func begunState(t *testing.T, a *authorizer) string {
	t.Helper()
	consent, err := a.begin(control.Connecting{Source: "acme"}, "ada")
	if err != nil {
		t.Fatal(err)
	}
	at, err := url.Parse(consent)
	if err != nil {
		t.Fatal(err)
	}
	return at.Query().Get("state")
}

func TestAStateLastsTenMinutes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newStates(t, "")
		early, late := begunState(t, a), begunState(t, a)
		time.Sleep(authorizeWithin) // virtual
		if began, err := a.check(early, "ada"); err != nil || began.Source != "acme" {
			t.Errorf("after ten minutes: %+v, %v", began, err)
		}
		time.Sleep(time.Second)
		if _, err := a.check(late, "ada"); err == nil || !strings.Contains(err.Error(), "more than 10 minutes ago, start again") {
			t.Errorf("a second later: %v", err)
		}
	})
}

// Used-up states are forgotten when they are too old anyway, and not before.
func TestUsedStatesAreForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newStates(t, "")
		for range 10 {
			if _, err := a.check(begunState(t, a), "ada"); err != nil {
				t.Fatal(err)
			}
		}
		last := begunState(t, a)
		if _, err := a.check(last, "ada"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(authorizeWithin)
		if _, err := a.check(last, "ada"); err == nil || !strings.Contains(err.Error(), "was opened already") {
			t.Errorf("a second time: %v", err)
		}
		time.Sleep(2 * authorizeWithin)
		if _, err := a.check(begunState(t, a), "ada"); err != nil || len(a.used) != 1 {
			t.Errorf("%v, %d used states are kept", err, len(a.used))
		}
	})
}

// A state of another browser uses nothing up, and every instance with the key takes it.
func TestAStateBelongsToABrowserAndAKey(t *testing.T) {
	key, err := seal.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	a, b, stranger := newStates(t, key), newStates(t, key), newStates(t, "")
	state := begunState(t, a)
	for name, test := range map[string]struct {
		at             *authorizer
		state, browser string
		source, says   string
	}{
		"another browser":  {b, state, "bruno", "acme", "another browser started this"},
		"no browser":       {b, state, "", "acme", "another browser started this"},
		"another key":      {stranger, state, "ada", "", "does not come from a connection that was started here"},
		"a changed source": {b, changed(t, state), "ada", "", "does not come from a connection that was started here"},
		"no signature":     {b, state[:strings.Index(state, ".")+1], "ada", "", "does not come from"},
		"nothing":          {b, "", "ada", "", "does not come from"},
		"no state at all":  {b, "<script>alert(1)</script>", "ada", "", "does not come from"},
	} {
		began, err := test.at.check(test.state, test.browser)
		if err == nil || !strings.Contains(err.Error(), test.says) || began.Source != test.source || strings.Contains(err.Error(), "<") {
			t.Errorf("%s: source %q, %v", name, began.Source, err)
		}
	}
	if began, err := b.check(state, "ada"); err != nil || began.Source != "acme" {
		t.Errorf("at another instance: %+v, %v", began, err)
	}
}

// changed makes another source of a state.
func changed(t *testing.T, state string) string {
	t.Helper()
	text, tag, _ := strings.Cut(state, ".")
	plain, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || !strings.Contains(string(plain), `"acme"`) {
		t.Fatalf("%s: %v", plain, err)
	}
	return base64.RawURLEncoding.EncodeToString([]byte(strings.Replace(string(plain), `"acme"`, `"evil"`, 1))) + "." + tag
}

// What Notion answers instead of a code is told in one short line, whatever it is; nothing
// of it is exchanged.
func TestWhatNotionAnswersInsteadOfACode(t *testing.T) {
	for query, says := range map[string]string{
		"error=access_denied":                    "access was not allowed on Notion's page",
		"error=access_denied&code=c":             "access was not allowed on Notion's page",
		"error=server_error":                     "Notion answered server_error. Check that the redirect URI http://localhost:8080/oauth/callback stands",
		"error=a%0ab%1b%5b31m":                   "Notion answered a b",
		"error=" + strings.Repeat("long", 5_000): "Notion answered longlong",
		"":                                       "the address has no code from Notion: start again",
	} {
		a := newStates(t, "")
		values, err := url.ParseQuery(query)
		if err != nil {
			t.Fatal(err)
		}
		values.Set("state", begunState(t, a))
		what, granted, err := a.finish(t.Context(), "ada", values, func(control.Connecting) error { return nil })
		if err == nil || what.Source != "acme" || granted != nil || !strings.Contains(err.Error(), says) || len(err.Error()) > 400 || strings.ContainsAny(err.Error(), "\n") {
			t.Errorf("%.60s: %v, %v", query, what, err)
		}
	}
}

// Without a public connection or a key to keep its tokens the person reads what to set,
// before Notion's page.
func TestConnectingThatIsNotConfigured(t *testing.T) {
	a := newStates(t, "")
	a.oauth = nil
	if _, err := a.begin(control.Connecting{Source: "acme"}, "ada"); err == nil || !strings.Contains(err.Error(), "with the redirect URI http://localhost:8080/oauth/callback, and set oauth.client_id") {
		t.Error(err)
	}
	keyless, err := seal.New("", nil)
	if err != nil {
		t.Fatal(err)
	}
	a = newStates(t, "")
	a.keys = func() (*seal.Keyring, error) { return keyless, nil }
	if _, err := a.begin(control.Connecting{Source: "acme"}, "ada"); err == nil || !strings.Contains(err.Error(), "secrets.key") {
		t.Error(err)
	}
}
