package notiontest_test

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"notion-kafka/notion/notiontest"
)

// TestHost: at one address each token and code leads to its workspace, in this process
// and over a network.
func TestHost(t *testing.T) {
	opts := notiontest.AppOptions{ClientID: "app", ClientSecret: "secret", RedirectURIs: []string{redirectURI}}
	violation := func(what string) { t.Error(what) }
	first := notiontest.New(notiontest.Options{Seed: 1, Name: "First", Violation: violation})
	second := notiontest.New(notiontest.Options{Seed: 2, Name: "Second", Token: "ntn_second", Violation: violation})
	first.AddApp(opts)
	app := second.AddApp(opts)
	host := notiontest.Host{first, second}
	server := httptest.NewServer(host)
	defer server.Close()

	for _, way := range []struct {
		name, address string
		transport     http.RoundTripper
	}{
		{"in this process", "https://api.notion.com", host.RoundTripper()},
		{"over a network", server.URL, http.DefaultTransport},
	} {
		t.Run(way.name, func(t *testing.T) {
			ask := func(method, path, body string, into any, authorise func(*http.Request)) int {
				t.Helper()
				r, err := http.NewRequestWithContext(t.Context(), method, way.address+path, bytes.NewReader([]byte(body)))
				if err != nil {
					t.Fatal(err)
				}
				r.Header.Set("Notion-Version", "2026-03-11")
				r.Header.Set("Content-Type", "application/json")
				authorise(r)
				return roundTrip(t, way.transport, r, into)
			}
			basic := func(r *http.Request) { r.SetBasicAuth("app", "secret") }
			workspace := func(token string) string {
				t.Helper()
				var me struct {
					Bot struct {
						Name string `json:"workspace_name"`
					}
				}
				ask(http.MethodGet, "/v1/users/me", "", &me, func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+token) })
				return me.Bot.Name
			}
			if a, b := workspace(first.Token()), workspace(second.Token()); a != "First" || b != "Second" || workspace("ntn_unknown") != "" {
				t.Errorf("own tokens lead to %q and %q", a, b)
			}
			var g grant
			code := app.Allow(second.People()[0], second.AddDatabase("Tasks"))
			ask(http.MethodPost, "/v1/oauth/token", fmt.Sprintf(`{"grant_type":"authorization_code","code":%q,"redirect_uri":%q}`, code, redirectURI), &g, basic)
			if g.WorkspaceID != second.ID() {
				t.Fatalf("the code leads to %+v", g)
			}
			ask(http.MethodPost, "/v1/oauth/token", fmt.Sprintf(`{"grant_type":"refresh_token","refresh_token":%q}`, *g.RefreshToken), &g, basic)
			if workspace(g.AccessToken) != "Second" {
				t.Errorf("the renewed token leads to %q", workspace(g.AccessToken))
			}
			if status := ask(http.MethodPost, "/v1/oauth/revoke", fmt.Sprintf(`{"token":%q}`, g.AccessToken), nil, basic); status != http.StatusOK || app.IsLiving(g.AccessToken) {
				t.Errorf("revocation: %d", status)
			}
			if status := ask(http.MethodPost, "/v1/oauth/token", `{"grant_type":"refresh_token","refresh_token":"none"}`, nil, basic); status != http.StatusBadRequest {
				t.Errorf("an unknown refresh token: %d", status)
			}
		})
	}
}
