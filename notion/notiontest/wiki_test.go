package notiontest_test

import (
	"slices"
	"strings"
	"testing"

	"notion-kafka/notion/notiontest"
)

// TestWikiRows: a row of any parent is listed by its data source, with all its
// properties, until it moves out of the wiki.
func TestWikiRows(t *testing.T) {
	for _, kind := range []notiontest.ParentKind{notiontest.ParentPage, notiontest.ParentBlock, notiontest.ParentDatabase} {
		t.Run(string(kind), func(t *testing.T) {
			c, _ := world(t, notiontest.Options{})
			wiki := c.w.AddDatabase("Wiki", notiontest.Prop{Name: "Done", Kind: notiontest.KindCheckbox})
			over, under := wiki.AddPage("over", nil), wiki.AddPage("under", notiontest.Values{"Done": true})
			c.w.Nest(under, kind, over)
			rows := c.query(wiki.DataSource(), "{}")["results"].([]any)
			row := rows[slices.IndexFunc(rows, func(row any) bool { return row.(map[string]any)["id"] == under })].(map[string]any)
			parent := row["parent"].(map[string]any)
			if row["id"] != under || parent["type"] != string(kind) || parent[string(kind)] != over || row["properties"].(map[string]any)["Done"] == nil {
				t.Errorf("row %v", row)
			}
			c.w.Nest(under, kind, "")
			if again := c.object("GET /v1/pages/"+under, "")["parent"].(map[string]any); again[string(kind)] == over {
				t.Error("the row did not move within the wiki")
			}
			c.w.Trash(under)
			if ids := idsOf(c.query(wiki.DataSource(), "{}")); slices.Contains(ids, under) || c.object("GET /v1/pages/"+under, "")["in_trash"] != true {
				t.Errorf("a trashed row of a wiki is listed: %v", ids)
			}
			c.w.Restore(under)
			c.w.MoveToPage(under)
			if ids := idsOf(c.query(wiki.DataSource(), "{}")); slices.Contains(ids, under) {
				t.Error("a page that left the wiki is listed")
			}
			c.w.Move(under, wiki.DataSource())
			c.w.Nest(under, kind, over)
			c.w.Unnest(under)
			if parent := c.object("GET /v1/pages/"+under, "")["parent"].(map[string]any); parent["data_source_id"] != wiki.DataSource().ID() {
				t.Errorf("parent %v after all", parent)
			}
		})
	}
}

// TestGarbledRow: one row is unusable, alone and in a list, and the others are correct.
func TestGarbledRow(t *testing.T) {
	for how, sign := range map[notiontest.Garbling]string{
		notiontest.NameTwice:   `"icon":null,"icon":{`,
		notiontest.DeepNesting: strings.Repeat("[", 20_000),
		notiontest.NullCreated: `"created_time":null`,
		notiontest.WrongType:   `"last_edited_time":4711`,
		notiontest.NoIDEither:  `"id":null`,
		notiontest.OnlyAnID:    `{"object":"page","id":"PAGE"}`,
	} {
		t.Run(string(how), func(t *testing.T) {
			c, _ := world(t, notiontest.Options{})
			db := c.w.AddDatabase("Tasks")
			page, other := db.AddPage("one", nil), db.AddPage("other", nil)
			c.w.Garble(page, how)
			got, _ := c.send("POST /v1/data_sources/"+db.DataSource().ID()+"/query", "{}")
			if text := strings.ReplaceAll(string(got.body), page, "PAGE"); got.status != 200 || !strings.Contains(text, sign) || !strings.Contains(text, `"id":"`+other+`","created_time":"`) {
				t.Errorf("%d %.600s", got.status, text)
			}
			c.w.Garble(page, notiontest.OrdinaryForm)
			if ids := idsOf(c.query(db.DataSource(), "{}")); !slices.Contains(ids, page) {
				t.Error("the row stayed garbled")
			}
		})
	}
}

// TestGarbledDataSource: it is garbled in search and when it is retrieved.
func TestGarbledDataSource(t *testing.T) {
	c, _ := world(t, notiontest.Options{})
	d := c.w.AddDatabase("Tasks").DataSource()
	c.w.AddDatabase("Ideas")
	d.Garble(notiontest.NullCreated)
	found := map[string]any{}
	for _, one := range c.object("POST /v1/search", `{"filter":{"property":"object","value":"data_source"}}`)["results"].([]any) {
		found[one.(map[string]any)["id"].(string)] = one.(map[string]any)["created_time"]
	}
	if at, there := found[d.ID()]; len(found) != 2 || !there || at != nil {
		t.Errorf("found %v", found)
	}
	d.Garble(notiontest.OnlyAnID)
	if alone := c.object("GET /v1/data_sources/"+d.ID(), ""); alone["id"] != d.ID() || alone["properties"] != nil {
		t.Errorf("alone %v", alone)
	}
}
