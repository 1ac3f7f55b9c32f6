package notiontest_test

import (
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"notion-kafka/notion/notiontest"
)

// TestPageObject pins the whole page object (Notion: reference/page).
func TestPageObject(t *testing.T) {
	c, _ := world(t, notiontest.Options{})
	db := c.w.AddDatabase("Tasks", notiontest.Prop{Name: "Done", Kind: notiontest.KindCheckbox})
	page := db.AddPage("Launch", notiontest.Values{"Done": true})
	got, err := c.send("GET /v1/pages/"+strings.ReplaceAll(page, "-", ""), "") // ids without dashes are accepted
	if err != nil {
		t.Fatal(err)
	}
	text := string(got.body)
	for _, id := range []struct{ is, name string }{
		{page, "PAGE"}, {strings.ReplaceAll(page, "-", ""), "HEX"}, {db.ID(), "DATABASE"}, {db.DataSource().ID(), "SOURCE"},
		{got.header.Get("X-Notion-Request-Id"), "REQUEST"},
	} {
		text = strings.ReplaceAll(text, id.is, id.name)
	}
	text = regexp.MustCompile(`"object":"user","id":"[^"]+"`).ReplaceAllString(text, `"object":"user","id":"USER"`)
	text = regexp.MustCompile(`"id":"[^"]+","type":"checkbox"`).ReplaceAllString(text, `"id":"PROP","type":"checkbox"`)
	want := compact(t, []byte(`{
		"object":"page","id":"PAGE",
		"created_time":"2026-09-04T14:30:00.000Z","last_edited_time":"2026-09-04T14:30:00.000Z",
		"created_by":{"object":"user","id":"USER"},"last_edited_by":{"object":"user","id":"USER"},
		"cover":null,"icon":null,
		"parent":{"type":"data_source_id","data_source_id":"SOURCE","database_id":"DATABASE"},
		"in_trash":false,"is_archived":false,"is_locked":false,
		"properties":{
			"Name":{"id":"title","type":"title","title":[{"type":"text","text":{"content":"Launch","link":null},
				"annotations":{"bold":false,"italic":false,"strikethrough":false,"underline":false,"code":false,"color":"default"},
				"plain_text":"Launch","href":null}]},
			"Done":{"id":"PROP","type":"checkbox","checkbox":true}},
		"url":"https://app.notion.com/p/HEX","public_url":null,"request_id":"REQUEST"}`))
	if diff := cmp.Diff(want, text); diff != "" {
		t.Errorf("page (-want +got):\n%s", diff)
	}
}

// TestValues pins the value of each kind (Notion: reference/page-property-values).
func TestValues(t *testing.T) {
	c, clock := world(t, notiontest.Options{})
	ada := c.w.People()[0]
	person := `{"object":"user","id":"` + ada + `","name":"Ada Okafor","avatar_url":"https://s3-us-west-2.amazonaws.com/public.notion-static.com/` + ada + `/avatar.png","type":"person","person":{"email":"ada@company.example","email_verified":true}}`
	const related = "dd45a1b2-0000-4000-8000-000000000001"
	tests := []struct {
		kind  notiontest.Kind
		value any
		want  string
	}{
		{notiontest.KindRichText, nil, `[]`},
		{notiontest.KindNumber, 4.25, `4.25`},
		{notiontest.KindNumber, 7, `7`},
		{notiontest.KindNumber, nil, `null`},
		{notiontest.KindSelect, nil, `null`},
		{notiontest.KindMultiSelect, nil, `[]`},
		{notiontest.KindDate, "2026-09-15", `{"start":"2026-09-15","end":null,"time_zone":null}`},
		{notiontest.KindDate, clock.at, `{"start":"2026-09-04T14:30:20.000Z","end":null,"time_zone":null}`},
		{notiontest.KindDate, notiontest.Date{Start: "2026-09-15T10:00:00.000", End: "2026-09-16T10:00:00.000", TimeZone: "Europe/Paris"}, `{"start":"2026-09-15T10:00:00.000","end":"2026-09-16T10:00:00.000","time_zone":"Europe/Paris"}`},
		{notiontest.KindPeople, []string{ada}, `[` + person + `]`},
		{notiontest.KindFiles, []notiontest.File{{Name: "a", URL: "https://x.example/a"}}, `[{"name":"a","type":"external","external":{"url":"https://x.example/a"}}]`},
		{notiontest.KindCheckbox, nil, `false`},
		{notiontest.KindURL, "", `null`},
		{notiontest.KindEmail, "a@x.example", `"a@x.example"`},
		{notiontest.KindPhoneNumber, "+49", `"+49"`},
		{notiontest.KindRelation, []string{related}, `[{"id":"` + related + `"}]`},
		{notiontest.KindFormula, "s", `{"type":"string","string":"s"}`},
		{notiontest.KindFormula, true, `{"type":"boolean","boolean":true}`},
		{notiontest.KindFormula, notiontest.Unsupported{}, `{"type":"unsupported","unsupported":{}}`},
		{notiontest.KindRollup, notiontest.Rollup{Function: "sum", Value: 3}, `{"type":"number","number":3,"function":"sum"}`},
		{notiontest.KindRollup, notiontest.Rollup{Function: "show_original", Items: []json.RawMessage{[]byte(`{"type":"number","number":8}`)}}, `{"type":"array","array":[{"type":"number","number":8}],"function":"show_original"}`},
		{notiontest.KindCreatedTime, nil, `"2026-09-04T14:30:00.000Z"`},
		{notiontest.KindUniqueID, nil, `{"prefix":"TASK","number":1}`},
		{notiontest.KindFormula, json.RawMessage(`{"type":"brand_new"}`), `{"type":"brand_new"}`},
	}
	for _, test := range tests {
		db := c.w.AddDatabase("Tasks", notiontest.Prop{Name: "P", Kind: test.kind, Prefix: "TASK"})
		values := notiontest.Values{}
		if test.value != nil {
			values["P"] = test.value
		}
		object, _ := c.w.Page(db.AddPage("x", values))
		var shown struct {
			Properties map[string]map[string]json.RawMessage
		}
		if err := json.Unmarshal(object, &shown); err != nil {
			t.Fatalf("%s: %v\n%s", test.kind, err, object)
		}
		if got := string(shown.Properties["P"][string(test.kind)]); got != test.want {
			t.Errorf("%s of %v:\n got %s\nwant %s", test.kind, test.value, got, test.want)
		}
	}
}

// TestLongText: long text is split into items of 2,000 characters, not bytes.
func TestLongText(t *testing.T) {
	c, _ := world(t, notiontest.Options{})
	text := strings.Repeat("é", 4001)
	db := c.w.AddDatabase("Tasks")
	page := c.object("GET /v1/pages/"+db.AddPage(text, nil), "")
	var lengths []int
	for _, item := range page["properties"].(map[string]any)["Name"].(map[string]any)["title"].([]any) {
		lengths = append(lengths, len([]rune(item.(map[string]any)["plain_text"].(string))))
	}
	if diff := cmp.Diff([]int{2000, 2000, 1}, lengths); diff != "" || c.w.TitleOf(idsOf(c.query(db.DataSource(), "{}"))[0]) != text {
		t.Errorf("items (-want +got):\n%s", diff)
	}
}

// TestVerbs: for each verb the table says where its change shows and whether the edit
// time moves.
func TestVerbs(t *testing.T) {
	c, clock := world(t, notiontest.Options{RequestsPerMinute: -1})
	db := c.w.AddDatabase("Tasks", notiontest.Prop{Name: "N", Kind: notiontest.KindNumber}, notiontest.Prop{Name: "S", Kind: notiontest.KindSelect})
	other := c.w.AddDatabase("Other", notiontest.Prop{Name: "N", Kind: notiontest.KindNumber})
	tests := []struct {
		name   string
		do     func(page string)
		live   bool // in the query
		arch   bool // in the query of archived rows
		status int  // of GET
		bumped bool
		shows  string // in the page object
	}{
		{"nothing", func(string) {}, true, false, 200, false, `"number":1}`},
		{"edit", func(p string) { c.w.Edit(p, notiontest.Values{"N": 2}) }, true, false, 200, true, `"number":2}`},
		{"silent edit", func(p string) { c.w.EditSilently(p, notiontest.Values{"N": 3}) }, true, false, 200, false, `"number":3}`},
		{"body edit", func(p string) { c.w.EditBody(p) }, true, false, 200, true, `"number":1}`},
		{"icon", func(p string) { c.w.SetIcon(p, "🥬") }, true, false, 200, true, `"icon":{"type":"emoji","emoji":"🥬"}`},
		{"trash", func(p string) { c.w.Trash(p) }, false, false, 200, false, `"in_trash":true`},
		{"restore", func(p string) { c.w.Trash(p); c.w.Restore(p) }, true, false, 200, false, `"in_trash":false`},
		{"archive", func(p string) { c.w.Archive(p) }, false, true, 200, false, `"is_archived":true`},
		{"unarchive", func(p string) { c.w.Archive(p); c.w.Unarchive(p) }, true, false, 200, false, `"is_archived":false`},
		{"purge", func(p string) { c.w.Purge(p) }, false, false, 404, false, ""},
		{"unshare", func(p string) { c.w.UnsharePage(p) }, false, false, 404, false, ""},
		{"share", func(p string) { c.w.UnsharePage(p); c.w.SharePage(p) }, true, false, 200, false, `"number":1}`},
		{"move", func(p string) { c.w.Move(p, other.DataSource()) }, false, false, 200, true, `"database_id":"` + other.ID()},
		{"move out", func(p string) { c.w.MoveToPage(p) }, false, false, 200, true, `"parent":{"type":"page_id"`},
		{"rename option", func(string) {
			db.DataSource().RenameOption("S", "one", "two")
			db.DataSource().RenameOption("S", "two", "one")
		}, true, false, 200, false, `"name":"one"`},
		{"database trashed", func(string) { db.Trash() }, false, false, 200, false, `"in_trash":true`},
		{"database restored", func(string) { db.Restore() }, true, false, 200, false, `"in_trash":false`},
		{"database unshared", func(string) { db.Unshare() }, false, false, 404, false, ""},
		{"database shared", func(string) { db.Share() }, true, false, 200, false, `"number":1}`},
		{"source trashed", func(string) { db.DataSource().Trash() }, false, false, 200, false, `"in_trash":true`},
		{"source restored", func(string) { db.DataSource().Restore() }, true, false, 200, false, `"in_trash":false`},
		{"property renamed", func(string) { db.DataSource().RenameProperty("N", "M") }, true, false, 200, false, `"M":{"id":`},
		{"token revoked", func(string) { c.w.RevokeToken() }, false, false, 401, false, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			values := notiontest.Values{"N": 1, "S": "one"}
			if test.name == "token revoked" {
				values = nil
			}
			page := db.AddPage("x", values)
			before := clock.at.Truncate(time.Minute)
			clock.advance(time.Minute)
			test.do(page)
			for _, part := range []struct {
				body string
				want bool
			}{{"{}", test.live}, {`{"is_archived":true}`, test.arch}} {
				got, _ := c.send("POST /v1/data_sources/"+db.DataSource().ID()+"/query", part.body)
				if listed := strings.Contains(string(got.body), page); listed != part.want {
					t.Errorf("query %s lists it: %v", part.body, listed)
				}
			}
			got, _ := c.send("GET /v1/pages/"+page, "")
			if got.status != test.status || !strings.Contains(string(got.body), test.shows) {
				t.Errorf("GET: %d %s", got.status, got.body)
			}
			var object struct {
				Edited time.Time `json:"last_edited_time"`
			}
			if test.status == 200 {
				if err := json.Unmarshal(got.body, &object); err != nil || object.Edited.After(before) != test.bumped {
					t.Errorf("last_edited_time %v: %v", object.Edited, err)
				}
			}
		})
	}
}

// TestRestrictedPage: the API shows only that a restricted page exists.
func TestRestrictedPage(t *testing.T) {
	c, _ := world(t, notiontest.Options{})
	db := c.w.AddDatabase("Tasks")
	page := db.AddPage("x", nil)
	c.w.RestrictPage(page)
	want := []any{map[string]any{"object": "page", "id": page}}
	if diff := cmp.Diff(any(want), c.query(db.DataSource(), "{}")["results"]); diff != "" {
		t.Errorf("results (-want +got):\n%s", diff)
	}
}

// TestSignedURLs: the query part and the expiry are new on every read, the rest stays.
func TestSignedURLs(t *testing.T) {
	c, clock := world(t, notiontest.Options{})
	db := c.w.AddDatabase("Tasks", notiontest.Prop{Name: "F", Kind: notiontest.KindFiles})
	page := db.AddPage("x", notiontest.Values{"F": []notiontest.File{{Name: "Contract 1.pdf"}}})
	read := func() (path, query, expiry string) {
		object := c.object("GET /v1/pages/"+page, "")
		entry := object["properties"].(map[string]any)["F"].(map[string]any)["files"].([]any)[0].(map[string]any)
		file := entry["file"].(map[string]any)
		path, query, _ = strings.Cut(file["url"].(string), "?")
		return path, query, file["expiry_time"].(string)
	}
	path, query, expiry := read()
	if _, again, _ := read(); query == again {
		t.Error("two reads at one instant have the same signature")
	}
	clock.advance(time.Second)
	path2, query2, expiry2 := read()
	if path != path2 || !strings.HasSuffix(path, "/Contract%201.pdf") || query == query2 || expiry == expiry2 || expiry != "2026-09-04T15:30:20.000Z" {
		t.Errorf("%s ? %s until %s\n%s ? %s until %s", path, query, expiry, path2, query2, expiry2)
	}
}

// TestPropertyItems: a property that a page cuts is listed to its end.
func TestPropertyItems(t *testing.T) {
	c, _ := world(t, notiontest.Options{RequestsPerMinute: -1})
	items := make([]json.RawMessage, 30)
	for i := range items {
		items[i] = json.RawMessage(`{"type":"number","number":` + string(rune('0'+i%10)) + `}`)
	}
	db := c.w.AddDatabase("Tasks", notiontest.Prop{Name: "R", Kind: notiontest.KindRelation},
		notiontest.Prop{Name: "P", Kind: notiontest.KindPeople}, notiontest.Prop{Name: "Roll", Kind: notiontest.KindRollup},
		notiontest.Prop{Name: "Done", Kind: notiontest.KindCheckbox})
	var people []string
	for range 30 {
		people = append(people, c.w.AddUser("Somebody"))
	}
	others := db.DataSource().AddPages(30, time.Now(), time.Second, noValues)
	page := db.AddPage("x", notiontest.Values{"R": others, "P": people, "Roll": notiontest.Rollup{Function: "show_original", Items: items}})
	properties := c.object("GET /v1/pages/"+page, "")["properties"].(map[string]any)
	if r := properties["R"].(map[string]any); len(r["relation"].([]any)) != 25 || r["has_more"] != true {
		t.Errorf("relation: %v", r)
	}
	p := properties["P"].(map[string]any)
	if _, flagged := p["has_more"]; len(p["people"].([]any)) != 25 || flagged {
		t.Errorf("people: %v", p)
	}
	for name, kind := range map[string]string{"R": "relation", "P": "people", "Roll": "rollup"} {
		path := "GET /v1/pages/" + page + "/properties/" + properties[name].(map[string]any)["id"].(string)
		first := c.object(path+"?page_size=20", "")
		about := first["property_item"].(map[string]any)
		next, _ := strings.CutPrefix(about["next_url"].(string), "https://api.notion.com")
		second := c.object("GET "+next, "")
		if len(first["results"].([]any)) != 20 || len(second["results"].([]any)) != 10 || second["has_more"] != false {
			t.Errorf("%s: %d and %d items", name, len(first["results"].([]any)), len(second["results"].([]any)))
		}
		if name == "Roll" {
			if diff := cmp.Diff(map[string]any{"type": "incomplete", "incomplete": map[string]any{}, "function": "show_original"}, about[kind]); diff != "" {
				t.Errorf("rollup in the middle (-want +got):\n%s", diff)
			}
		}
	}
	single := c.object("GET /v1/pages/"+page+"/properties/"+properties["Done"].(map[string]any)["id"].(string), "")
	if single["object"] != "property_item" || single["checkbox"] != false {
		t.Errorf("checkbox: %v", single)
	}
	if title := c.object("GET /v1/pages/"+page+"/properties/title", ""); title["object"] != "list" || len(title["results"].([]any)) != 1 {
		t.Errorf("title: %v", title)
	}
}

// TestPropertyItemsByID: ids are in the path as a page shows them. Encoded twice they are
// unknown (Notion: retrieve-a-page-property).
func TestPropertyItemsByID(t *testing.T) {
	c, _ := world(t, notiontest.Options{RequestsPerMinute: -1})
	db := c.w.AddDatabase("Tasks")
	const id = "393abc1e-edcd-81e2-97ea-fad78f8ecc3a"
	if err := db.Import([]byte(`{"object":"page","id":"` + id + `","created_time":"2026-07-04T09:50:00.000Z","last_edited_time":"2026-07-04T09:51:00.000Z",` +
		`"parent":{"type":"workspace","workspace":true},"properties":{"A":{"id":"%3Fa%25","type":"number","number":1},"B":{"id":"[b","type":"number","number":2}}}`)); err != nil {
		t.Fatal(err)
	}
	for path, number := range map[string]float64{"%3Fa%25": 1, "%3fa%25": 1, "[b": 2, "%5Bb": 2} {
		if got := c.object("GET /v1/pages/"+id+"/properties/"+path, ""); got["number"] != number {
			t.Errorf("%s: %v, want the number %v", path, got, number)
		}
	}
	for _, path := range []string{"%253Fa%2525", "%255Bb", "A"} {
		got, err := c.send("GET /v1/pages/"+id+"/properties/"+path, "")
		if err != nil || got.status != http.StatusBadRequest || !strings.Contains(string(got.body), "Could not find property") {
			t.Errorf("%s: %d %s, %v; want it refused", path, got.status, got.body, err)
		}
	}
}

// TestImport: an imported page keeps its recorded fields and gets another parent.
func TestImport(t *testing.T) {
	c, _ := world(t, notiontest.Options{})
	db := c.w.AddDatabase("Recorded", notiontest.Prop{Name: "N", Kind: notiontest.KindNumber})
	const id = "393abc1e-edcd-81e2-97ea-fad78f8ecc3a"
	properties := `{ "x\ud800":{"id":"a","type":"brand_new","brand_new":[1, 2]}, "title":{"id":"title","type":"title","title":[]} }`
	page := func(id, rest string) string {
		return `{"object":"page","id":"` + id + `","created_time":"2026-07-04T09:50:00.000Z","last_edited_time":"2026-07-04T09:51:00.000Z",` +
			`"created_by":{"object":"user","id":"u1"},"parent":{"type":"workspace","workspace":true},"properties":` + properties + rest + `}`
	}
	for _, raw := range []string{page(id, `,"url":"https://old.example"`), page(strings.ReplaceAll(id, "-", ""), `,"url":"https://new.example","request_id":"x"`)} {
		if err := db.Import([]byte(raw)); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff([]string{id}, idsOf(c.query(db.DataSource(), "{}"))); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
	got, _ := c.w.Page(id)
	for _, part := range []string{`"properties":` + properties + `,"url":"https://new.example"`, `"created_time":"2026-07-04T09:50:00.000Z"`,
		`"created_by":{"object":"user","id":"u1"}`, `"database_id":"` + db.ID()} {
		if !strings.Contains(string(got), part) {
			t.Errorf("the page lacks %s:\n%s", part, got)
		}
	}
	c.w.Edit(id, notiontest.Values{"N": 5})
	if got, _ := c.w.Page(id); !strings.Contains(string(got), `"type":"number","number":5}`) || !strings.Contains(string(got), `"brand_new":[1, 2]`) {
		t.Errorf("edited: %s", got)
	}

	refused := map[string]string{
		"not a JSON object":              `[]`,
		`its id "393abc" is not a UUID`:  page("393abc", ""),
		`it is a "block"`:                strings.Replace(page(id, ""), `"page"`, `"block"`, 1),
		"parsing time":                   strings.Replace(page(id, ""), "2026-07-04T09:50:00.000Z", "yesterday", 1),
		"its properties: not a JSON obj": strings.Replace(page(id, ""), properties, "null", 1),
	}
	for reason, raw := range refused {
		if err := db.Import([]byte(raw)); err == nil || !strings.Contains(err.Error(), reason) {
			t.Errorf("error %v, want one with %q", err, reason)
		}
	}
}

// TestPages: Pages returns every page by its state, in order of creation.
func TestPages(t *testing.T) {
	c, clock := world(t, notiontest.Options{})
	db := c.w.AddDatabase("Tasks")
	second := db.AddDataSource("More")
	pages := db.DataSource().AddPages(4, clock.at, time.Minute, noValues)
	clock.advance(time.Hour)
	pages = append(pages, second.AddPage("x", nil))
	c.w.Trash(pages[1])
	c.w.Archive(pages[2])
	c.w.Purge(pages[3])
	for state, want := range map[notiontest.State][]string{notiontest.Live: {pages[0], pages[4]}, notiontest.Trashed: {pages[1]}, notiontest.Archived: {pages[2]}} {
		if got := db.Pages(state); !slices.Equal(got, want) {
			t.Errorf("state %d: got %v, want %v", state, got, want)
		}
	}
	if _, ok := c.w.Page(pages[3]); ok {
		t.Error("a purged page is still there")
	}
}
