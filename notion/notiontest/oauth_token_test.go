package notiontest_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"notion-kafka/notion/notiontest"
)

// TestRenewal: a renewal gives new tokens of the same bot, and the old ones are dead.
func TestRenewal(t *testing.T) {
	for _, lives := range []bool{false, true} {
		c, _ := appWorld(t, notiontest.Options{}, notiontest.AppOptions{OldAccessLives: lives})
		first := c.connect(c.ada(), c.w.AddDatabase("Tasks"))
		second := c.renewed(first)
		if second.BotID != first.BotID || second.AccessToken == first.AccessToken || *second.RefreshToken == *first.RefreshToken {
			t.Errorf("%+v", second)
		}
		if c.works(first.AccessToken) != lives || c.active(first.AccessToken) != lives || !c.works(second.AccessToken) {
			t.Errorf("the old access token lives: %v", !lives)
		}
		if got, status := c.renew(*first.RefreshToken); status != http.StatusBadRequest || got.Error != "invalid_grant" {
			t.Errorf("the old refresh token: %d %q", status, got.Error)
		}
		if !c.works(second.AccessToken) {
			t.Error("the old refresh token killed the new pair")
		}
		if c.works(*second.RefreshToken) {
			t.Error("a refresh token is accepted as an access token")
		}
		if got, status := c.renew(second.AccessToken); status != http.StatusBadRequest || got.Error != "invalid_grant" {
			t.Errorf("an access token as refresh token: %d %q", status, got.Error)
		}
		if access, refresh := c.app.Pair(first.BotID); access != second.AccessToken || refresh != *second.RefreshToken || c.app.Renewals(first.BotID) != 1 {
			t.Errorf("pair %q %q, %d renewals", access, refresh, c.app.Renewals(first.BotID))
		}
	}
}

// TestTokenRefusals: the token endpoints refuse what Notion refuses.
func TestTokenRefusals(t *testing.T) {
	const code = `{"grant_type":"authorization_code","code":"none","redirect_uri":"` + redirectURI + `"}`
	c, _ := appWorld(t, notiontest.Options{}, notiontest.AppOptions{})
	id, secret := c.app.ClientID(), c.app.ClientSecret()
	wrong := "Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte(id+":wrong"))
	inBody := fmt.Sprintf(`{"grant_type":"authorization_code","client_id":%q,"client_secret":%q,"code":"none"}`, id, secret)
	tests := []struct {
		name, endpoint, body, header string
		status                       int
		code                         string
	}{
		{"no credentials", "token", code, "Authorization:", 401, "invalid_client"},
		{"wrong secret", "token", code, wrong, 401, "invalid_client"},
		{"unknown id", "token", code, "Authorization: Basic eDp5", 401, "invalid_client"},
		{"bearer", "token", code, "Authorization: Bearer " + c.w.Token(), 401, "invalid_client"},
		{"credentials in the body", "token", inBody, "Authorization:", 401, "invalid_client"},
		{"credentials in both", "token", inBody, "", 400, "invalid_request"},
		{"no version", "token", code, "Notion-Version:", 400, "missing_version"},
		{"a form", "token", "grant_type=authorization_code", "Content-Type: application/x-www-form-urlencoded", 400, "invalid_json"},
		{"no JSON", "token", "{", "", 400, "invalid_json"},
		{"not said to be JSON", "token", code, "Content-Type: text/plain", 400, "invalid_json"},
		{"no grant_type", "token", `{"code":"none"}`, "", 400, "invalid_request"},
		{"another grant_type", "token", `{"grant_type":"password"}`, "", 400, "unsupported_grant_type"},
		{"unknown code", "token", code, "", 400, "invalid_grant"},
		{"no redirect_uri", "token", `{"grant_type":"authorization_code","code":"none"}`, "", 400, "invalid_request"},
		{"a null code", "token", `{"grant_type":"authorization_code","code":null,"redirect_uri":"x"}`, "", 400, "invalid_request"},
		{"a scope", "token", `{"grant_type":"refresh_token","refresh_token":"none","scope":"all"}`, "", 400, "invalid_request"},
		{"a renewal with a code", "token", `{"grant_type":"refresh_token","refresh_token":"none","code":"none"}`, "", 400, "invalid_request"},
		{"a code with a refresh token", "token", strings.Replace(code, "{", `{"refresh_token":"none",`, 1), "", 400, "invalid_request"},
		{"no refresh token", "token", `{"grant_type":"refresh_token"}`, "", 400, "invalid_request"},
		{"unknown refresh token", "token", `{"grant_type":"refresh_token","refresh_token":"none"}`, "", 400, "invalid_grant"},
		{"introspection without credentials", "introspect", `{"token":"none"}`, "Authorization:", 401, "invalid_client"},
		{"introspection of nothing", "introspect", `{}`, "", 400, "invalid_request"},
		{"revocation without credentials", "revoke", `{"token":"none"}`, "Authorization:", 401, "invalid_client"},
		{"revocation of an unknown token", "revoke", `{"token":"none"}`, "", 400, "invalid_request"},
		{"no such endpoint", "device", `{}`, "Authorization: Bearer " + c.w.Token(), 400, "invalid_request_url"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var headers []string
			if test.header != "" {
				headers = append(headers, test.header)
			}
			got, err := c.post(test.endpoint, test.body, headers...)
			var body struct{ Code, Message string }
			if err != nil || json.Unmarshal(got.body, &body) != nil || got.status != test.status || body.Code != test.code || body.Message == "" {
				t.Errorf("%d %s %v", got.status, got.body, err)
			}
		})
	}
}

// TestLenientTokenEndpoint: the switches let in what may or may not be tolerated.
func TestLenientTokenEndpoint(t *testing.T) {
	c, _ := appWorld(t, notiontest.Options{}, notiontest.AppOptions{AcceptForms: true, VersionOptional: true})
	code := c.app.Allow(c.ada(), c.w.AddDatabase("Tasks"))
	form := url.Values{"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {redirectURI}}.Encode()
	got, err := c.post("token", form, "Content-Type: application/x-www-form-urlencoded", "Notion-Version:")
	if err != nil || got.status != http.StatusOK {
		t.Errorf("%d %s %v", got.status, got.body, err)
	}
}

// TestErrorShapes: an error has the members of one documented shape or of both.
func TestErrorShapes(t *testing.T) {
	for shape, members := range map[notiontest.ErrorShape]string{
		notiontest.BothErrors: `{"object":"error","status":400,"code":"invalid_grant","message":"Invalid refresh token.","additional_data":{},"error":"invalid_grant","error_description":"Invalid refresh token."`,
		notiontest.APIErrors:  `{"object":"error","status":400,"code":"invalid_grant","message":"Invalid refresh token.","additional_data":{}`,
		notiontest.RFCErrors:  `{"error":"invalid_grant","error_description":"Invalid refresh token."`,
	} {
		c, _ := appWorld(t, notiontest.Options{}, notiontest.AppOptions{Errors: shape})
		got, err := c.post("token", `{"grant_type":"refresh_token","refresh_token":"none"}`)
		want := members + `,"request_id":"` + got.header.Get("X-Notion-Request-Id") + `"}`
		if err != nil || string(got.body) != want {
			t.Errorf("got  %s\nwant %s\n%v", got.body, want, err)
		}
	}
}

// active introspects a token.
func (c appCaller) active(token string) bool {
	c.t.Helper()
	got, err := c.post("introspect", fmt.Sprintf(`{"token":%q}`, token))
	var body struct{ Active *bool }
	if err != nil || got.status != http.StatusOK || json.Unmarshal(got.body, &body) != nil || body.Active == nil {
		c.t.Fatalf("introspection: %d %s %v", got.status, got.body, err)
	}
	return *body.Active
}

// TestIntrospectAndRevoke: an App introspects and revokes its own tokens only, and both
// tokens of a pair die together.
func TestIntrospectAndRevoke(t *testing.T) {
	c, _ := appWorld(t, notiontest.Options{}, notiontest.AppOptions{})
	other := appCaller{c.caller, c.w.AddApp(notiontest.AppOptions{})}
	g := c.connect(c.ada(), c.w.AddDatabase("Tasks"))
	if !c.active(g.AccessToken) || other.active(g.AccessToken) || c.active("none") || c.active(c.w.Token()) {
		t.Error("introspection")
	}
	body := fmt.Sprintf(`{"token":%q}`, g.AccessToken)
	if got, _ := other.post("revoke", body); got.status != http.StatusBadRequest || !c.works(g.AccessToken) {
		t.Errorf("another App's token: %d", got.status)
	}
	got, err := c.post("revoke", body)
	if want := `{"request_id":"` + got.header.Get("X-Notion-Request-Id") + `"}`; err != nil || string(got.body) != want {
		t.Errorf("%d %s %v", got.status, got.body, err)
	}
	if c.works(g.AccessToken) || c.active(g.AccessToken) || c.app.IsLiving(*g.RefreshToken) {
		t.Error("the pair is alive")
	}
}
