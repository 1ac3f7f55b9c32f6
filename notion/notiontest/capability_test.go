package notiontest_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"notion-kafka/notion/notiontest"
)

// TestMissingCapability: its endpoints answer 403, and the others work.
func TestMissingCapability(t *testing.T) {
	tests := []struct {
		line         string
		capabilities []notiontest.Capability // each of them is enough
	}{
		{"GET /v1/users/me", nil},
		{"POST /v1/search", []notiontest.Capability{notiontest.ReadContent}},
		{"GET /v1/databases/DATABASE", []notiontest.Capability{notiontest.ReadContent}},
		{"GET /v1/data_sources/SOURCE", []notiontest.Capability{notiontest.ReadContent}},
		{"POST /v1/data_sources/SOURCE/query", []notiontest.Capability{notiontest.ReadContent}},
		{"GET /v1/pages/PAGE", []notiontest.Capability{notiontest.ReadContent}},
		{"GET /v1/pages/PAGE/properties/title", []notiontest.Capability{notiontest.ReadContent}},
		{"GET /v1/users", []notiontest.Capability{notiontest.ReadUsers, notiontest.ReadUserEmail}},
		{"GET /v1/users/PERSON", []notiontest.Capability{notiontest.ReadUsers, notiontest.ReadUserEmail}},
	}
	every := []notiontest.Capability{notiontest.ReadContent, notiontest.UpdateContent, notiontest.InsertContent,
		notiontest.ReadComments, notiontest.InsertComments, notiontest.ReadUsers, notiontest.ReadUserEmail}
	for _, test := range tests {
		c, _ := appWorld(t, notiontest.Options{}, notiontest.AppOptions{})
		db := c.w.AddDatabase("Tasks")
		line := strings.NewReplacer("DATABASE", db.ID(), "SOURCE", db.DataSource().ID(), "PAGE", db.AddPage("one", nil), "PERSON", c.ada()).Replace(test.line)
		ask := func(capabilities ...notiontest.Capability) reply {
			c.app.SetCapabilities(capabilities...)
			got, err := c.send(line, "", "Authorization: Bearer "+c.connect(c.ada(), db).AccessToken)
			if err != nil {
				t.Fatal(err)
			}
			return got
		}
		none := ask()
		if restricted := strings.Contains(string(none.body), `"code":"restricted_resource"`); restricted != (len(test.capabilities) > 0) ||
			restricted != (none.status == http.StatusForbidden) {
			t.Errorf("%s without capabilities: %d %s", test.line, none.status, none.body)
		}
		for _, one := range test.capabilities {
			if got := ask(one); got.status != http.StatusOK {
				t.Errorf("%s with %q: %d %s", test.line, one, got.status, got.body)
			}
		}
		if got := ask(every...); got.status != http.StatusOK {
			t.Errorf("%s with every capability: %d %s", test.line, got.status, got.body)
		}
	}
}

// TestChangedCapabilities: a bot keeps those of its authorization.
func TestChangedCapabilities(t *testing.T) {
	c, _ := appWorld(t, notiontest.Options{}, notiontest.AppOptions{})
	db := c.w.AddDatabase("Tasks")
	g := c.connect(c.ada(), db)
	c.app.SetCapabilities(notiontest.ReadContent)
	if got := c.status(c.renewed(g).AccessToken, "GET /v1/users", ""); got != http.StatusOK {
		t.Errorf("before another authorization: %d", got)
	}
	if got := c.status(c.connect(c.ada(), db).AccessToken, "GET /v1/users", ""); got != http.StatusForbidden {
		t.Errorf("after another authorization: %d", got)
	}
}

// TestUserInformation: user objects have what the capability shows, wherever they stand.
func TestUserInformation(t *testing.T) {
	tests := []struct {
		capability         notiontest.Capability
		name, mail, person bool
	}{
		{notiontest.ReadComments, false, false, false},
		{notiontest.ReadUsers, true, false, true},
		{notiontest.ReadUserEmail, true, true, true},
	}
	for _, test := range tests {
		c, _ := appWorld(t, notiontest.Options{}, notiontest.AppOptions{Capabilities: []notiontest.Capability{notiontest.ReadContent, test.capability}})
		db := c.w.AddDatabase("Tasks", notiontest.Prop{Name: "Lead", Kind: notiontest.KindPeople})
		page := db.AddPage("one", notiontest.Values{"Lead": []string{c.bruno()}})
		g := c.connect(c.ada(), db)
		whole, err := c.send("GET /v1/pages/"+page, "", "Authorization: Bearer "+g.AccessToken)
		if err != nil {
			t.Fatal(err)
		}
		me, err := c.send("GET /v1/users/me", "", "Authorization: Bearer "+g.AccessToken)
		if err != nil {
			t.Fatal(err)
		}
		for what, text := range map[string]string{"owner": string(g.Owner), "me": string(me.body), "page": string(whole.body)} {
			first := "Ada"
			if what == "page" {
				first = "Bruno"
			}
			if strings.Contains(text, first) != test.name || strings.Contains(text, "@company.example") != test.mail ||
				strings.Contains(text, `"person":{}`) != (test.person && !test.mail) || !json.Valid([]byte(text)) {
				t.Errorf("%s: the %s shows %s", test.capability, what, text)
			}
		}
		if object := c.object("GET /v1/users/me", "", "Authorization: Bearer "+g.AccessToken); object["id"] != g.BotID {
			t.Errorf("me is %v", object)
		}
	}
}
