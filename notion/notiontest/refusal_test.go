package notiontest_test

import (
	"encoding/json"
	"strings"
	"testing"

	"notion-kafka/notion/notiontest"
)

// TestRefusals: the API refuses what Notion refuses with a 4xx, in Notion's words.
func TestRefusals(t *testing.T) {
	c, _ := world(t, notiontest.Options{RequestsPerMinute: -1})
	db := c.w.AddDatabase("Tasks", notiontest.Prop{Name: "Points", Kind: notiontest.KindNumber})
	page := db.AddPage("One", nil)
	db.AddPage("Two", nil)
	source := "POST /v1/data_sources/" + db.DataSource().ID() + "/query"
	created := func(condition string) string {
		return `{"timestamp":"created_time","created_time":{` + condition + `}}`
	}
	const foreign = "00000000-0000-4000-8000-000000000000"

	tests := []struct {
		name, line, body string
		header           string
		status           int
		code, message    string
	}{
		{"no token", "GET /v1/users/me", "", "Authorization:", 401, "unauthorized", "API token is invalid."},
		{"wrong token", "GET /v1/users/me", "", "Authorization: Bearer ntn_other", 401, "unauthorized", "API token is invalid."},
		{"no version", "GET /v1/users/me", "", "Notion-Version:", 400, "missing_version", "Notion-Version header failed validation: Notion-Version header should be defined, instead was `undefined`."},
		{"version before data sources", source, "{}", "Notion-Version: 2022-06-28", 400, "invalid_request_url", "Invalid request URL."},
		{"unknown version", "GET /v1/users/me", "", "Notion-Version: 2027-01-01", 400, "validation_error", "Notion-Version header failed validation"},
		{"unknown route", "GET /v1/databases", "", "", 400, "invalid_request_url", "Invalid request URL."},
		{"legacy route", "POST /v1/databases/" + db.ID() + "/query", "{}", "", 400, "invalid_request_url", "Invalid request URL."},
		{"unknown method", "DELETE /v1/pages/" + page, "", "", 400, "invalid_request_url", "Invalid request URL."},
		{"other prefix", "GET /v2/users/me", "", "", 400, "invalid_request_url", "Invalid request URL."},
		{"no JSON", source, "{", "", 400, "invalid_json", "Error parsing JSON body."},
		{"not said to be JSON", source, "{}", "Content-Type: text/plain", 400, "invalid_json", "Error parsing JSON body."},
		{"path id", "GET /v1/pages/not-an-id", "", "", 400, "validation_error", "path failed validation: path.page_id should be a valid uuid, instead was `\"not-an-id\"`."},
		{"unknown key", source, `{"limit":3}`, "", 400, "validation_error", "body failed validation: body.limit should be not present, instead was `3`."},
		{"in_trash", source, `{"in_trash":false}`, "", 400, "validation_error", "body failed validation: body.in_trash should be not present, instead was `false`."},
		{"archived", source, `{"archived":true}`, "", 400, "validation_error", "body failed validation: body.archived should be not present, instead was `true`."},
		{"page_size text", source, `{"page_size":"ten"}`, "", 400, "validation_error", "body failed validation: body.page_size should be a number or `undefined`, instead was `\"ten\"`."},
		{"page_size 101", source, `{"page_size":101}`, "", 400, "validation_error", "body failed validation: body.page_size should be ≤ `100` or `undefined`, instead was `101`."},
		{"page_size 0", source, `{"page_size":0}`, "", 400, "validation_error", "body.page_size should be an integer ≥ `1`"},
		{"page_size in a query string", "GET /v1/users?page_size=101", "", "", 400, "validation_error", "query failed validation: query.page_size should be ≤ `100` or `undefined`, instead was `101`."},
		{"foreign cursor", source, `{"start_cursor":"bogus"}`, "", 400, "validation_error", "The start_cursor provided is invalid: bogus"},
		{"page id as cursor", source, `{"start_cursor":"` + page + `"}`, "", 400, "validation_error", "The start_cursor provided is invalid: " + page},
		{"null cursor", source, `{"start_cursor":null}`, "", 400, "validation_error", "body.start_cursor should be a string"},
		{"unknown filter key", source, `{"filter":{"colour":"red"}}`, "", 400, "validation_error", "body.filter.colour should be not present, instead was `\"red\"`."},
		{"unknown timestamp", source, `{"filter":{"timestamp":"seen_time"}}`, "", 400, "validation_error", "body.filter.timestamp should be `\"created_time\"` or `\"last_edited_time\"`"},
		{"timestamp with property", source, `{"filter":{"timestamp":"created_time","property":"Points","created_time":{"before":"2026-01-01"}}}`, "", 400, "validation_error", "body.filter.property should be not present"},
		{"unknown condition", source, `{"filter":` + created(`"since":"2026-01-01"`) + `}`, "", 400, "validation_error", "body.filter.created_time.since should be not present"},
		{"bad time", source, `{"filter":` + created(`"on_or_after":"now"`) + `}`, "", 400, "validation_error", "body.filter.created_time.on_or_after should be a valid ISO 8601 date string, instead was `\"now\"`."},
		{"three levels", source, `{"filter":{"and":[{"or":[{"and":[` + created(`"before":"2026-01-01"`) + `]}]}]}}`, "", 400, "validation_error", "compound filters nest two levels deep at most"},
		{"unknown property", source, `{"filter":{"property":"Colour","number":{"equals":1}}}`, "", 400, "validation_error", "Could not find property with name or id: Colour"},
		{"wrong kind", source, `{"filter":{"property":"Points","rich_text":{"equals":"1"}}}`, "", 400, "validation_error", "The property type in the database does not match the property type of the filter provided: database property number does not match filter rich_text"},
		{"unknown sort", source, `{"sorts":[{"property":"Colour","direction":"ascending"}]}`, "", 400, "validation_error", "Could not find sort property with name or id: Colour"},
		{"sort without direction", source, `{"sorts":[{"timestamp":"created_time"}]}`, "", 400, "validation_error", "body.sorts.direction should be"},
		{"unknown filter_properties", source + "?filter_properties=Colour", "{}", "", 400, "validation_error", "Could not find property with name or id: Colour"},
		{"search value of an old version", "POST /v1/search", `{"filter":{"property":"object","value":"database"}}`, "", 400, "validation_error", "body failed validation: body.filter.value should be `\"page\"` or `\"data_source\"`, instead was `\"database\"`."},
		{"search by created_time", "POST /v1/search", `{"sort":{"timestamp":"created_time","direction":"ascending"}}`, "", 400, "validation_error", "body.sort.timestamp should be `\"last_edited_time\"`"},
		{"unknown page", "GET /v1/pages/" + foreign, "", "", 404, "object_not_found", "Could not find page with ID: " + foreign + `. Make sure the relevant pages and databases are shared with your integration "notion-kafka".`},
		{"database id for a data source", "GET /v1/data_sources/" + db.ID(), "", "", 404, "object_not_found", "Could not find data_source with ID: " + db.ID()},
		{"page id for a database", "GET /v1/databases/" + page, "", "", 400, "validation_error", "Provided ID " + page + " is a page, not a database."},
		{"unknown user", "GET /v1/users/" + foreign, "", "", 404, "object_not_found", "Could not find user with ID: " + foreign},
		{"property encoded twice", "GET /v1/pages/" + page + "/properties/a%255Cb", "", "", 400, "validation_error", `Could not find property with name or id: a%5Cb`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var headers []string
			if test.header != "" {
				headers = []string{test.header}
			}
			got, err := caller{t, c.w}.send(test.line, test.body, headers...)
			if err != nil {
				t.Fatal(err)
			}
			var shown struct {
				Object, Code, Message string
				Status                int
				RequestID             string `json:"request_id"`
			}
			if err := json.Unmarshal(got.body, &shown); err != nil {
				t.Fatalf("%v: %s", err, got.body)
			}
			if shown.Object != "error" || got.status != test.status || shown.Status != test.status || shown.Code != test.code {
				t.Errorf("got %d %s", got.status, got.body)
			}
			if !strings.Contains(shown.Message, test.message) {
				t.Errorf("message %q lacks %q", shown.Message, test.message)
			}
			if shown.RequestID == "" || shown.RequestID != got.header.Get("X-Notion-Request-Id") {
				t.Errorf("request_id %q is not the header's %q", shown.RequestID, got.header.Get("X-Notion-Request-Id"))
			}
		})
	}
}

// TestCursorBelongsToItsQuery: a cursor works only with its query, and only until it
// expires.
func TestCursorBelongsToItsQuery(t *testing.T) {
	c, _ := world(t, notiontest.Options{RequestsPerMinute: -1})
	db, other := c.w.AddDatabase("Tasks"), c.w.AddDatabase("Other")
	for range 5 {
		db.AddPage("x", nil)
	}
	ascending := `"sorts":[{"timestamp":"created_time","direction":"ascending"}]`
	first := c.query(db.DataSource(), `{"page_size":2,`+ascending+`}`)
	cursor := `"start_cursor":"` + first["next_cursor"].(string) + `"`

	if second := c.query(db.DataSource(), `{"page_size":1,`+cursor+`,`+ascending+`}`); len(idsOf(second)) != 1 {
		t.Errorf("the same query with another page_size: got %v", idsOf(second))
	}
	reuses := map[string][2]string{
		"another data source": {other.DataSource().ID(), `{` + cursor + `,` + ascending + `}`},
		"no sort":             {db.DataSource().ID(), `{` + cursor + `}`},
		"another sort":        {db.DataSource().ID(), `{` + cursor + `,"sorts":[{"timestamp":"created_time","direction":"descending"}]}`},
		"another filter":      {db.DataSource().ID(), `{` + cursor + `,` + ascending + `,"filter":{"timestamp":"created_time","created_time":{"after":"2020-01-01"}}}`},
		"another partition":   {db.DataSource().ID(), `{` + cursor + `,` + ascending + `,"is_archived":true}`},
	}
	for name, reuse := range reuses {
		if got, _ := c.send("POST /v1/data_sources/"+reuse[0]+"/query", reuse[1]); got.status != 400 || !strings.Contains(string(got.body), "The start_cursor provided is invalid") {
			t.Errorf("%s: %d %s", name, got.status, got.body)
		}
	}
	c.w.ExpireCursors()
	if got, _ := c.send("POST /v1/data_sources/"+db.DataSource().ID()+"/query", `{`+cursor+`,`+ascending+`}`); got.status != 400 {
		t.Errorf("an expired cursor: %d %s", got.status, got.body)
	}
}
