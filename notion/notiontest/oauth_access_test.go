package notiontest_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"notion-kafka/notion/notiontest"
)

// found are the ids of what a token's search finds.
func (c appCaller) found(token string) []string {
	c.t.Helper()
	return idsOf(c.object("POST /v1/search", "{}", "Authorization: Bearer "+token))
}

// TestBotSeesItsDatabases: a bot sees what a person ticked or shared later, from the
// exchange of the code on, and nothing else.
func TestBotSeesItsDatabases(t *testing.T) {
	c, clock := appWorld(t, notiontest.Options{IndexLag: time.Minute}, notiontest.AppOptions{})
	tasks, ideas := c.w.AddDatabase("Tasks"), c.w.AddDatabase("Ideas")
	task, idea := tasks.AddPage("a task", nil), ideas.AddPage("an idea", nil)
	requests := func(db *notiontest.Database, page string) map[string]string {
		return map[string]string{
			"GET /v1/databases/" + db.ID():                                "",
			"GET /v1/data_sources/" + db.DataSource().ID():                "",
			"POST /v1/data_sources/" + db.DataSource().ID() + "/query":    "{}",
			"GET /v1/pages/" + page:                                       "",
			"GET /v1/pages/" + page + "/properties/title":                 "",
			"GET /v1/pages/" + page + "/properties/title?page_size=1&x=y": "",
		}
	}
	clock.advance(time.Hour)
	g := c.connect(c.ada(), tasks)
	expect := func(when string, db *notiontest.Database, page string, status int) {
		t.Helper()
		for line, body := range requests(db, page) {
			if got := c.status(g.AccessToken, line, body); got != status {
				t.Errorf("%s: %s: %d, want %d", when, line, got, status)
			}
		}
	}
	expect("ticked", tasks, task, http.StatusOK)
	expect("not ticked", ideas, idea, http.StatusNotFound)
	if got := c.found(g.AccessToken); len(got) != 0 {
		t.Errorf("search knows already %v", got)
	}
	clock.advance(time.Minute)
	if got := c.found(g.AccessToken); !slices.Equal(sorted(got), sorted([]string{tasks.DataSource().ID(), task})) {
		t.Errorf("search finds %v", got)
	}

	ideas.ShareWith(c.app, g.BotID)
	expect("shared", ideas, idea, http.StatusOK)
	if got := c.found(g.AccessToken); slices.Contains(got, idea) {
		t.Error("search knows the shared database already")
	}
	tasks.UnshareFrom(c.app, g.BotID)
	expect("unshared", tasks, task, http.StatusNotFound)
	ideas.Unshare() // from the workspace's own connection
	expect("unshared from another", ideas, idea, http.StatusOK)

	c.w.MoveToPage(idea)
	if got := c.status(g.AccessToken, "GET /v1/pages/"+idea, ""); got != http.StatusNotFound {
		t.Errorf("moved out of all databases: %d", got)
	}
	if got := c.status(c.w.Token(), "GET /v1/pages/"+task, ""); got != http.StatusOK {
		t.Errorf("the workspace's own token: %d", got)
	}
}

func sorted(ids []string) []string { return slices.Sorted(slices.Values(ids)) }

// TestDatabasesOfAnotherAuthorization: they count from the exchange, instead of the
// earlier ones.
func TestDatabasesOfAnotherAuthorization(t *testing.T) {
	c, _ := appWorld(t, notiontest.Options{}, notiontest.AppOptions{})
	tasks, ideas := c.w.AddDatabase("Tasks"), c.w.AddDatabase("Ideas")
	g := c.connect(c.ada(), tasks)
	code := c.app.Allow(c.ada(), ideas)
	line := "GET /v1/databases/"
	if c.status(g.AccessToken, line+tasks.ID(), "") != http.StatusOK || c.status(g.AccessToken, line+ideas.ID(), "") != http.StatusNotFound {
		t.Error("the code counts before it is exchanged")
	}
	g, _ = c.exchange(code)
	if c.status(g.AccessToken, line+tasks.ID(), "") != http.StatusNotFound || c.status(g.AccessToken, line+ideas.ID(), "") != http.StatusOK {
		t.Error("the code does not count after it is exchanged")
	}
}

// TestNotFoundNamesTheApp: the message of a 404 names the connection that asks.
func TestNotFoundNamesTheApp(t *testing.T) {
	c, _ := appWorld(t, notiontest.Options{}, notiontest.AppOptions{Name: "Shipper"})
	ideas := c.w.AddDatabase("Ideas")
	g := c.connect(c.ada(), c.w.AddDatabase("Tasks"))
	got, _ := c.send("GET /v1/databases/"+ideas.ID(), "", "Authorization: Bearer "+g.AccessToken)
	if !strings.Contains(string(got.body), `shared with your integration \"Shipper\".`) {
		t.Errorf("%s", got.body)
	}
}

// TestBotBudget: a budget belongs to a bot, whatever its token, or to all bots of an App.
func TestBotBudget(t *testing.T) {
	for _, shared := range []bool{false, true} {
		c, _ := appWorld(t, notiontest.Options{RequestsPerMinute: 3, Violation: func(string) {}}, notiontest.AppOptions{SharedBudget: shared})
		db := c.w.AddDatabase("Tasks")
		ada, bruno := c.connect(c.ada(), db), c.connect(c.bruno(), db)
		c.works(ada.AccessToken)
		c.works(ada.AccessToken)
		next := c.renewed(ada)
		for i, want := range []int{http.StatusOK, http.StatusTooManyRequests} {
			if got := c.status(next.AccessToken, "GET /v1/users/me", ""); got != want {
				t.Errorf("request %d of the bot: %d, want %d", i+3, got, want)
			}
		}
		if c.works(bruno.AccessToken) == shared {
			t.Errorf("shared budget: %v, and the other bot has one of its own: %v", shared, !shared)
		}
		if !c.works(c.w.Token()) {
			t.Error("the workspace's own connection has no budget of its own")
		}
	}
}

// TestCursorsOfARenewedToken: a cursor dies with the pair that it was given to, and one
// bot's cursor is foreign to another.
func TestCursorsOfARenewedToken(t *testing.T) {
	for _, live := range []bool{false, true} {
		c, _ := appWorld(t, notiontest.Options{}, notiontest.AppOptions{CursorsLive: live})
		db := c.w.AddDatabase("Tasks")
		db.AddPage("one", nil)
		db.AddPage("two", nil)
		g, other := c.connect(c.ada(), db), c.connect(c.bruno(), db)
		line := "POST /v1/data_sources/" + db.DataSource().ID() + "/query"
		first := c.object(line, `{"page_size":1}`, "Authorization: Bearer "+g.AccessToken)
		onward := fmt.Sprintf(`{"page_size":1,"start_cursor":%q}`, first["next_cursor"])
		if got := c.status(other.AccessToken, line, onward); got != http.StatusBadRequest {
			t.Errorf("another bot: %d", got)
		}
		if got := c.status(g.AccessToken, line, onward); got != http.StatusOK {
			t.Errorf("the bot: %d", got)
		}
		if got := c.status(c.renewed(g).AccessToken, line, onward); (got == http.StatusOK) != live {
			t.Errorf("the bot with a new token: %d", got)
		}
	}
}
