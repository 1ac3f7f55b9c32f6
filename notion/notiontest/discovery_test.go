package notiontest_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"notion-kafka/notion/notiontest"
)

const sources = `"filter":{"property":"object","value":"data_source"}`

// TestSearch: search finds shared objects outside the trash, after IndexLag.
func TestSearch(t *testing.T) {
	c, clock := world(t, notiontest.Options{IndexLag: time.Minute, RequestsPerMinute: -1})
	find := func(body string) []string { return idsOf(c.object("POST /v1/search", body)) }
	a := c.w.AddDatabase("Alpha")
	if got := find("{" + sources + "}"); got != nil {
		t.Errorf("found before IndexLag was over: %v", got)
	}
	clock.advance(time.Hour)
	b := c.w.AddDatabase("Beta")
	second := a.AddDataSource("Alpha two")
	page := b.AddPage("A page", nil)
	clock.advance(time.Minute)

	first, _, third := a.DataSource().ID(), b.DataSource().ID(), second.ID()
	if got := find(`{` + sources + `,"sort":{"timestamp":"last_edited_time","direction":"ascending"}}`); len(got) != 3 || got[0] != first {
		t.Errorf("ascending: %v", got)
	}
	if got := find(`{` + sources + `}`); len(got) != 3 || got[2] != first {
		t.Errorf("by default descending: %v", got)
	}
	if got := find(`{"filter":{"property":"object","value":"page"},"query":"a PAGE","page_size":0}`); len(got) != 1 || got[0] != page {
		t.Errorf("pages by title: %v", got)
	}
	if got := find(`{"query":"beta"}`); len(got) != 1 || got[0] != b.DataSource().ID() {
		t.Errorf("by the database's title: %v", got)
	}
	list := c.object("POST /v1/search", `{`+sources+`,"page_size":2}`)
	rest := c.object("POST /v1/search", `{`+sources+`,"page_size":2,"start_cursor":"`+list["next_cursor"].(string)+`"}`)
	if len(idsOf(list)) != 2 || len(idsOf(rest)) != 1 || rest["has_more"] != false {
		t.Errorf("pages of results: %v, %v", idsOf(list), idsOf(rest))
	}

	b.Trash()
	second.Trash()
	if got := find("{" + sources + "}"); len(got) != 1 || got[0] != first {
		t.Errorf("trashed ones are found: %v", got)
	}
	if got := find(`{"filter":{"property":"object","value":"data_source","in_trash":true}}`); len(got) != 2 {
		t.Errorf("of the trash: %v, want %v too", got, third)
	}
	a.Unshare()
	if got := find("{" + sources + "}"); got != nil {
		t.Errorf("unshared ones are found: %v", got)
	}
	a.Share()
	if got := find("{" + sources + "}"); got != nil {
		t.Errorf("found right after sharing: %v", got)
	}
	clock.advance(time.Minute)
	if got := find("{" + sources + "}"); len(got) != 1 {
		t.Errorf("not found after sharing: %v", got)
	}
}

// TestDatabases: the API shows the changes of a database and its data sources.
func TestDatabases(t *testing.T) {
	c, clock := world(t, notiontest.Options{})
	db := c.w.AddDatabase("Tasks", notiontest.Prop{Name: "State", Kind: notiontest.KindStatus, Options: []string{"Open"}})
	second := db.AddDataSource("Second")
	get := func() map[string]any { return c.object("GET /v1/databases/"+db.ID(), "") }
	names := func() (names []any) {
		for _, one := range get()["data_sources"].([]any) {
			names = append(names, one.(map[string]any)["name"])
		}
		return names
	}
	if diff := cmp.Diff([]any{"Tasks", "Second"}, names()); diff != "" {
		t.Errorf("data sources (-want +got):\n%s", diff)
	}
	clock.advance(time.Minute)
	db.Rename("Jobs")
	second.Trash()
	if diff := cmp.Diff([]any{"Tasks"}, names()); diff != "" {
		t.Errorf("after trashing one (-want +got):\n%s", diff)
	}
	object := get()
	if object["last_edited_time"] != "2026-09-04T14:31:00.000Z" || object["title"].([]any)[0].(map[string]any)["plain_text"] != "Jobs" || object["properties"] != nil {
		t.Errorf("database: %v", object)
	}

	d := db.DataSource()
	d.AddProperty(notiontest.Prop{Name: "Extra", Kind: notiontest.KindRelation})
	d.RenameProperty("State", "Status")
	d.RemoveProperty("Name")
	source := c.object("GET /v1/data_sources/"+d.ID(), "")
	schema := source["properties"].(map[string]any)
	if len(schema) != 2 || schema["Status"].(map[string]any)["type"] != "status" ||
		schema["Extra"].(map[string]any)["relation"].(map[string]any)["database_id"] != db.ID() {
		t.Errorf("schema: %v", schema)
	}
	if source["parent"].(map[string]any)["database_id"] != db.ID() || source["in_trash"] != false || source["created_by"] == nil {
		t.Errorf("data source: %v", source)
	}
	db.Trash()
	if get()["in_trash"] != true || c.object("GET /v1/data_sources/"+d.ID(), "")["in_trash"] != true {
		t.Error("a data source in the trash has no in_trash")
	}
	if got, _ := c.send("POST /v1/data_sources/"+d.ID()+"/query", "{}"); got.status != 404 {
		t.Errorf("query in the trash: %d", got.status)
	}
	db.Unshare()
	for _, path := range []string{"/v1/databases/" + db.ID(), "/v1/data_sources/" + d.ID()} {
		if got, _ := c.send("GET "+path, ""); got.status != 404 {
			t.Errorf("unshared %s: %d", path, got.status)
		}
	}
}

// TestTrashedQueryEmpty: with the option a query of a trashed database is empty.
func TestTrashedQueryEmpty(t *testing.T) {
	c, _ := world(t, notiontest.Options{TrashedQueryEmpty: true})
	db := c.w.AddDatabase("Tasks")
	db.AddPage("x", nil)
	db.Trash()
	if list := c.query(db.DataSource(), "{}"); len(idsOf(list)) != 0 || list["has_more"] != false {
		t.Errorf("got %v", list)
	}
}

// TestVersions: 2026-03-11 removed archived, the old alias of in_trash.
func TestVersions(t *testing.T) {
	c, _ := world(t, notiontest.Options{})
	db := c.w.AddDatabase("Tasks")
	page := db.AddPage("x", nil)
	c.w.Trash(page)
	for _, path := range []string{"/v1/pages/" + page, "/v1/databases/" + db.ID(), "/v1/data_sources/" + db.DataSource().ID()} {
		old := c.object("GET "+path, "", "Notion-Version: 2025-09-03")
		if archived, ok := old["archived"]; !ok || archived != old["in_trash"] {
			t.Errorf("2025-09-03 %s: %v", path, old)
		}
		if _, ok := c.object("GET "+path, "")["archived"]; ok {
			t.Errorf("2026-03-11 %s shows archived", path)
		}
	}
}

// TestUsers: the API shows the bot and the people, and new names at once.
func TestUsers(t *testing.T) {
	c, _ := world(t, notiontest.Options{})
	me := c.object("GET /v1/users/me", "")
	bot := me["bot"].(map[string]any)
	if me["type"] != "bot" || bot["workspace_id"] != c.w.ID() || bot["workspace_name"] != notiontest.WorkspaceName {
		t.Errorf("me: %v", me)
	}
	ada := c.w.People()[0]
	c.w.RenameUser(ada, "Ada King")
	if got := c.object("GET /v1/users/"+ada, ""); got["name"] != "Ada King" {
		t.Errorf("renamed: %v", got)
	}
	if list := c.object("GET /v1/users", ""); len(idsOf(list)) != 4 || list["type"] != "user" {
		t.Errorf("users: %v", list)
	}
}

// TestCompany: the seeded company is large enough, changes with every Step, and is the
// same for the same seed.
func TestCompany(t *testing.T) {
	story := func() (lines []string, c caller) {
		c, clock := world(t, notiontest.Options{Seed: 7, RequestsPerMinute: -1})
		company := notiontest.SeedCompany(c.w)
		for range 400 {
			clock.advance(20 * time.Second)
			lines = append(lines, company.Step())
		}
		return lines, c
	}
	lines, c := story()
	again, _ := story()
	if diff := cmp.Diff(lines, again); diff != "" {
		t.Errorf("different steps from the same seed:\n%s", diff)
	}
	told := strings.Join(lines, "\n")
	for _, verb := range []string{" now has ", "new page", "to the trash", "was restored", "wrote in"} {
		if !strings.Contains(told, verb) {
			t.Errorf("no %q in 400 steps", verb)
		}
	}
	for _, db := range c.w.Databases() {
		ids, _ := c.all(db.DataSource(), byCreated)
		if diff := cmp.Diff(len(db.Pages(notiontest.Live)), len(ids)); diff != "" || len(ids) < 20 {
			t.Errorf("%s: rows read (-want +got):\n%s", db.Title(), diff)
		}
	}
}

// TestMoveTo: a moved data source is in the other database, with its pages.
func TestMoveTo(t *testing.T) {
	c, _ := world(t, notiontest.Options{RequestsPerMinute: -1})
	from, to := c.w.AddDatabase("From"), c.w.AddDatabase("To")
	moved := from.DataSource()
	page := moved.AddPage("A page", nil)
	moved.MoveTo(to)
	if list := c.object("GET /v1/databases/"+from.ID(), "")["data_sources"].([]any); len(list) != 0 {
		t.Errorf("the old database lists %v", list)
	}
	if list := c.object("GET /v1/databases/"+to.ID(), "")["data_sources"].([]any); len(list) != 2 || list[1].(map[string]any)["id"] != moved.ID() {
		t.Errorf("the new database lists %v", list)
	}
	for what, parent := range map[string]any{
		"data source": c.object("GET /v1/data_sources/"+moved.ID(), "")["parent"],
		"page":        c.object("GET /v1/pages/"+page, "")["parent"],
	} {
		if parent.(map[string]any)["database_id"] != to.ID() {
			t.Errorf("the parent of the %s is %v", what, parent)
		}
	}
	if ids := idsOf(c.query(moved, `{}`)); len(ids) != 1 || ids[0] != page {
		t.Errorf("its pages are %v", ids)
	}
}
