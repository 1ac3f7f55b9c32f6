package notiontest_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"notion-kafka/notion/notiontest"
)

// TestMissingCapability: its endpoints answer 403, and the others work.
func TestMissingCapability(t *testing.T) {
	const nowhere = "00000000-0000-0000-0000-000000000000"
	content := []notiontest.Capability{notiontest.ReadContent}
	people := []notiontest.Capability{notiontest.ReadUsers, notiontest.ReadUserEmail}
	tests := []struct {
		line   string
		needs  []notiontest.Capability // each of them is enough
		status int                     // with it
	}{
		{"GET /v1/users/me", nil, 200},
		{"POST /v1/search", content, 200},
		{"GET /v1/databases/DATABASE", content, 200},
		{"GET /v1/data_sources/SOURCE", content, 200},
		{"POST /v1/data_sources/SOURCE/query", content, 200},
		{"GET /v1/pages/PAGE", content, 200},
		{"GET /v1/pages/PAGE/properties/title", content, 200},
		{"GET /v1/blocks/" + nowhere, content, 404},
		{"GET /v1/users", people, 200},
		{"GET /v1/users/PERSON", people, 200},
		{"GET /v1/comments?block_id=PAGE", []notiontest.Capability{notiontest.ReadComments}, 200},
		{"GET /v1/comments?block_id=" + nowhere, []notiontest.Capability{notiontest.ReadComments}, 404},
		{"GET /v1/comments", []notiontest.Capability{notiontest.ReadComments}, 400},
		{"PATCH /v1/pages/" + nowhere, []notiontest.Capability{notiontest.UpdateContent}, 404},
		{"PATCH /v1/pages/none", []notiontest.Capability{notiontest.UpdateContent}, 400},
		{"POST /v1/pages", []notiontest.Capability{notiontest.InsertContent}, 400},
		{"PATCH /v1/blocks/" + nowhere + "/children", []notiontest.Capability{notiontest.InsertContent}, 404},
	}
	every := []notiontest.Capability{notiontest.ReadContent, notiontest.UpdateContent, notiontest.InsertContent,
		notiontest.ReadComments, notiontest.InsertComments, notiontest.ReadUsers, notiontest.ReadUserEmail}
	for _, test := range tests {
		c, _ := appWorld(t, notiontest.Options{}, notiontest.AppOptions{})
		db := c.w.AddDatabase("Tasks")
		line := strings.NewReplacer("DATABASE", db.ID(), "SOURCE", db.DataSource().ID(), "PAGE", db.AddPage("one", nil), "PERSON", c.ada()).Replace(test.line)
		for _, one := range every {
			c.app.SetCapabilities(one)
			got, err := c.send(line, "", "Authorization: Bearer "+c.connect(c.ada(), db).AccessToken)
			if err != nil {
				t.Fatal(err)
			}
			want := test.status
			if test.needs != nil && !slices.Contains(test.needs, one) {
				want = http.StatusForbidden
			}
			if got.status != want || strings.Contains(string(got.body), `"code":"restricted_resource"`) != (want == http.StatusForbidden) {
				t.Errorf("%s with %q: %d %s", test.line, one, got.status, got.body)
			}
		}
		c.app.SetCapabilities(every...)
		if got := c.status(c.connect(c.ada(), db).AccessToken, line, ""); got != test.status {
			t.Errorf("%s with every capability: %d", test.line, got)
		}
	}
}

// TestWritesAreViolations: a reader that asks to change a page breaks the contract, and
// nothing changes.
func TestWritesAreViolations(t *testing.T) {
	var violations []string
	c, _ := appWorld(t, notiontest.Options{Violation: func(what string) { violations = append(violations, what) }}, notiontest.AppOptions{})
	db := c.w.AddDatabase("Tasks")
	page := db.AddPage("one", nil)
	g := c.connect(c.ada(), db)
	if got := c.status(g.AccessToken, "PATCH /v1/pages/"+page, `{"in_trash":true}`); got != http.StatusBadRequest || len(violations) != 1 {
		t.Errorf("an update: %d, violations %q", got, violations)
	}
	body := `{"parent":{"data_source_id":"` + db.DataSource().ID() + `"},"properties":{}}`
	if got := c.status(g.AccessToken, "POST /v1/pages", body); got != http.StatusBadRequest || len(violations) != 2 {
		t.Errorf("a new page: %d, violations %q", got, violations)
	}
	if got := c.status(g.AccessToken, "PATCH /v1/blocks/"+page+"/children", `{"children":[]}`); got != http.StatusBadRequest || len(violations) != 3 {
		t.Errorf("a new block: %d, violations %q", got, violations)
	}
	if pages := db.Pages(notiontest.Live); !slices.Equal(pages, []string{page}) {
		t.Errorf("pages %v", pages)
	}
	for _, line := range []string{"PATCH /v1/pages/" + page, "POST /v1/pages", "GET /v1/comments?block_id=" + page} {
		if got := c.status(c.w.Token(), line, "{}"); got != http.StatusForbidden {
			t.Errorf("the workspace's own token: %s: %d", line, got)
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
