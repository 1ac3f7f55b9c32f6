package notiontest_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"notion-kafka/notion/notiontest"
)

// TestAuthorization: a code becomes tokens, whose bot is that of the answer.
func TestAuthorization(t *testing.T) {
	c, _ := appWorld(t, notiontest.Options{Name: "Ada's space"}, notiontest.AppOptions{Name: "Shipper"})
	code := c.app.Allow(c.ada(), c.w.AddDatabase("Tasks"))
	body := fmt.Sprintf(`{"grant_type":"authorization_code","code":%q,"redirect_uri":%q}`, code, redirectURI)
	got, err := c.post("token", body)
	if err != nil {
		t.Fatal(err)
	}
	var all map[string]any
	if err := json.Unmarshal(got.body, &all); err != nil {
		t.Fatal(err)
	}
	if _, expires := all["expires_in"]; expires || all["request_id"] != got.header.Get("X-Notion-Request-Id") {
		t.Errorf("%s", got.body)
	}
	var g grant
	if err := json.Unmarshal(got.body, &g); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(g.AccessToken, "ntn_") || !strings.HasPrefix(*g.RefreshToken, "nrt_") || g.TokenType != "bearer" ||
		g.WorkspaceID != c.w.ID() || *g.WorkspaceName != "Ada's space" {
		t.Errorf("%s", got.body)
	}
	const owner = `"person":{"email":"ada@company.example","email_verified":true}`
	if !strings.Contains(string(g.Owner), owner) || !strings.Contains(string(g.Owner), c.ada()) {
		t.Errorf("owner %s", g.Owner)
	}

	me := c.object("GET /v1/users/me", "", "Authorization: Bearer "+g.AccessToken)
	bot := me["bot"].(map[string]any)
	by := bot["owner"].(map[string]any)["user"].(map[string]any)
	if me["id"] != g.BotID || me["name"] != "Shipper" || bot["workspace_name"] != "Ada's space" || by["id"] != c.ada() {
		t.Errorf("me is %v", me)
	}
	if bots := c.app.Bots(); !slices.Equal(bots, []string{g.BotID}) {
		t.Errorf("bots %v", bots)
	}
}

// TestAppOptionsOfTheAnswer: the refresh token may be null and the owner partial.
func TestAppOptionsOfTheAnswer(t *testing.T) {
	c, _ := appWorld(t, notiontest.Options{}, notiontest.AppOptions{NoRefreshToken: true, OwnerPartial: true})
	g := c.connect(c.ada(), c.w.AddDatabase("Tasks"))
	if want := fmt.Sprintf(`{"type":"user","user":{"object":"user","id":%q}}`, c.ada()); g.RefreshToken != nil || string(g.Owner) != want {
		t.Errorf("refresh token %v, owner %s", g.RefreshToken, g.Owner)
	}
	if access, refresh := c.app.Pair(g.BotID); access != g.AccessToken || refresh != "" {
		t.Errorf("pair %q %q", access, refresh)
	}
}

// TestNamelessGrant: the workspace may be the owner, and its name null.
func TestNamelessGrant(t *testing.T) {
	c, _ := appWorld(t, notiontest.Options{}, notiontest.AppOptions{OwnerWorkspace: true, NoWorkspaceName: true})
	g := c.connect(c.ada(), c.w.AddDatabase("Tasks"))
	if string(g.Owner) != `{"type":"workspace","workspace":true}` || g.WorkspaceName != nil || g.WorkspaceID != c.w.ID() {
		t.Errorf("owner %s, workspace %v", g.Owner, g.WorkspaceName)
	}
}

// TestCodes: a code is good for one attempt of its App, with its redirect URI, in time.
func TestCodes(t *testing.T) {
	c, clock := appWorld(t, notiontest.Options{}, notiontest.AppOptions{RedirectURIs: []string{redirectURI, redirectURI + "/"}})
	other := appCaller{c.caller, c.w.AddApp(notiontest.AppOptions{RedirectURIs: []string{redirectURI}})}
	db := c.w.AddDatabase("Tasks")
	refused := func(what string, g grant, status int) {
		t.Helper()
		if status != http.StatusBadRequest || g.Error != "invalid_grant" || g.Code != "invalid_grant" {
			t.Errorf("%s: %d %q", what, status, g.Error)
		}
	}
	used := c.app.Allow(c.ada(), db)
	if _, status := c.exchange(used); status != http.StatusOK {
		t.Fatalf("%d", status)
	}
	g, status := c.exchange(used)
	refused("a used code", g, status)

	late := c.app.Allow(c.ada(), db)
	clock.advance(10 * time.Minute)
	g, status = c.exchange(late)
	refused("an old code", g, status)
	inTime := c.app.Allow(c.ada(), db)
	clock.advance(10*time.Minute - time.Second)
	if _, status := c.exchange(inTime); status != http.StatusOK {
		t.Errorf("a code in time: %d", status)
	}

	elsewhere := c.app.Allow(c.ada(), db)
	g, status = c.ask(map[string]string{"grant_type": "authorization_code", "code": elsewhere, "redirect_uri": redirectURI + "/"})
	refused("another redirect URI", g, status)
	g, status = c.exchange(elsewhere)
	refused("the second attempt", g, status)

	g, status = other.exchange(c.app.Allow(c.ada(), db))
	refused("another App's code", g, status)
}

// TestAuthorizeAgain: the bot stays the same for the same person, and the newest pair
// counts, in each way that Notion may have.
func TestAuthorizeAgain(t *testing.T) {
	tests := []struct {
		name            string
		opts            notiontest.AppOptions
		same, oldAlives bool
	}{
		{"a new pair", notiontest.AppOptions{}, false, false},
		{"a new pair beside the old one", notiontest.AppOptions{OldPairLives: true}, false, true},
		{"the same pair", notiontest.AppOptions{SameToken: true}, true, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c, _ := appWorld(t, notiontest.Options{}, test.opts)
			db := c.w.AddDatabase("Tasks")
			first, second := c.connect(c.ada(), db), c.connect(c.ada(), db)
			if first.BotID != second.BotID || (first.AccessToken == second.AccessToken) != test.same {
				t.Errorf("bots %s and %s, tokens %s and %s", first.BotID, second.BotID, first.AccessToken, second.AccessToken)
			}
			if c.works(first.AccessToken) != test.oldAlives || c.app.IsLiving(*first.RefreshToken) != test.oldAlives || !c.works(second.AccessToken) {
				t.Errorf("the first token: %v, the second: %v", c.works(first.AccessToken), c.works(second.AccessToken))
			}
			if access, refresh := c.app.Pair(second.BotID); access != second.AccessToken || refresh != *second.RefreshToken {
				t.Errorf("pair %s %s", access, refresh)
			}
			if another := c.connect(c.bruno(), db); another.BotID == first.BotID || another.AccessToken == second.AccessToken || !c.works(second.AccessToken) {
				t.Errorf("another person has the bot %s", another.BotID)
			}
		})
	}
}

// TestSameTokenOfADeadPair: a connection from before 2026-06-08 returns no dead token.
func TestSameTokenOfADeadPair(t *testing.T) {
	c, _ := appWorld(t, notiontest.Options{}, notiontest.AppOptions{SameToken: true})
	db := c.w.AddDatabase("Tasks")
	first := c.connect(c.ada(), db)
	c.app.RevokeByPerson(first.BotID)
	if second := c.connect(c.ada(), db); second.AccessToken == first.AccessToken || !c.works(second.AccessToken) {
		t.Errorf("the token is %s again", second.AccessToken)
	}
}

// TestRevokeByPerson: nothing of the bot is good any more, until it is authorised again.
func TestRevokeByPerson(t *testing.T) {
	c, _ := appWorld(t, notiontest.Options{}, notiontest.AppOptions{})
	db := c.w.AddDatabase("Tasks")
	g, other := c.connect(c.ada(), db), c.connect(c.bruno(), db)
	c.app.RevokeByPerson(g.BotID)
	db.ShareWith(c.app, g.BotID) // impossible now
	for range 3 {
		if c.works(g.AccessToken) {
			t.Error("the token is accepted")
		}
	}
	if n := c.w.Refused(g.AccessToken); n != 3 || c.w.Refused(other.AccessToken) != 0 {
		t.Errorf("refused %d times", n)
	}
	if again, status := c.renew(*g.RefreshToken); status != http.StatusBadRequest || again.Error != "invalid_grant" {
		t.Errorf("a renewal: %d %q", status, again.Error)
	}
	if c.active(g.AccessToken) || c.active(*g.RefreshToken) || !c.active(other.AccessToken) || !c.works(other.AccessToken) {
		t.Error("introspection")
	}
	if access, refresh := c.app.Pair(g.BotID); access != "" || refresh != "" {
		t.Errorf("pair %q %q", access, refresh)
	}
	if again := c.connect(c.ada(), db); again.BotID != g.BotID || !c.works(again.AccessToken) {
		t.Errorf("bot %s, before %s", again.BotID, g.BotID)
	}
}

// TestExpireAccess: the access token is dead, and the refresh token gives a new one.
func TestExpireAccess(t *testing.T) {
	c, _ := appWorld(t, notiontest.Options{}, notiontest.AppOptions{})
	g := c.connect(c.ada(), c.w.AddDatabase("Tasks"))
	c.app.ExpireAccess(g.BotID)
	if c.works(g.AccessToken) || c.active(g.AccessToken) || c.app.IsLiving(g.AccessToken) {
		t.Error("the access token is alive")
	}
	if next := c.renewed(g); !c.works(next.AccessToken) {
		t.Error("the new access token is dead")
	}
}
