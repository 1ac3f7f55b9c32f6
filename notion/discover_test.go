package notion

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
)

const (
	sourceB = "91de0f84-409a-440f-983a-a5315961c6e4"
	sourceC = "0b7a0f84-409a-440f-983a-a5315961c6e4"
)

// sourceJSON is a whole data source with that schema.
func sourceJSON(id, name, properties string) string {
	return `{"object":"data_source","id":"` + id + `","title":[{"type":"text","plain_text":"` + name + `"}],"description":[],` +
		`"parent":{"type":"database_id","database_id":"` + dbID + `"},"created_time":"2026-03-01T19:05:00.000Z","last_edited_time":"2026-09-04T14:30:00.000Z",` +
		`"created_by":{"object":"user","id":"` + userA + `"},"last_edited_by":{"object":"user","id":"` + userA + `"},"in_trash":false,"properties":` + properties + `}`
}

// databaseJSON is a whole database with these data sources.
func databaseJSON(sources ...string) string {
	named := make([]string, len(sources))
	for i, id := range sources {
		named[i] = fmt.Sprintf(`{"id":"%s","name":"source %d"}`, id, i)
	}
	return `{"object":"database","id":"` + dbID + `","title":[{"plain_text":"Ta"},{"plain_text":"sks"}],"description":[{"plain_text":"What to do"}],` +
		`"parent":{"type":"workspace","workspace":true},"is_inline":true,"in_trash":false,"is_locked":false,` +
		`"created_time":"2026-01-05T10:12:00.290+00:00","last_edited_time":"2026-09-04T14:30:00.000Z",` +
		`"data_sources":[` + strings.Join(named, ",") + `],"icon":{"type":"emoji","emoji":"✅"},"cover":null,"url":"https://app.notion.com/p/y","public_url":null,"request_id":"r"}`
}

func TestSearchYieldsEachLiveDataSourceOnce(t *testing.T) {
	trashed := strings.Replace(sourceJSON(sourceB, "Old", "{}"), `"in_trash":false`, `"in_trash":true`, 1)
	c, s := newScripted(t,
		ok(listJSON("next", sourceJSON(sourceID, "Tasks", "{}"), trashed, pageJSON(pageID, nameProperty))),
		ok(listJSON("", sourceJSON(sourceID, "Tasks", "{}"), `{"object":"data_source","id":"`+sourceC+`","properties":{}}`)))
	type seen struct {
		id, name, database string
		partial            bool
	}
	var got []seen
	for d, err := range c.SearchDataSources(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, seen{d.ID, d.Name, d.DatabaseID, d.Partial})
	}
	want := []seen{{sourceID, "Tasks", dbID, false}, {sourceC, "", "", true}}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(seen{})); diff != "" {
		t.Errorf("data sources (-want +got)\n%s", diff)
	}
	const body = `{"filter":{"property":"object","value":"data_source"},"sort":{"timestamp":"last_edited_time","direction":"descending"},"page_size":100`
	for i, tail := range []string{`}`, `,"start_cursor":"next"}`} {
		if s.requests[i].body != body+tail {
			t.Errorf("search %d sent %s", i, s.requests[i].body)
		}
	}
}

func TestSearchEndsLoudly(t *testing.T) {
	source := sourceJSON(sourceID, "Tasks", "{}")
	capped := strings.Replace(listJSON("", source), `"has_more"`, `"request_status":{"type":"incomplete"},"has_more"`, 1)
	tests := map[string]struct {
		replies []reply
		found   int
		err     error
	}{
		"capped":         {[]reply{ok(capped)}, 0, ErrIncomplete},
		"a cursor twice": {[]reply{ok(listJSON("b", source)), ok(listJSON("b"))}, 1, ErrIncomplete},
		"token revoked":  {[]reply{{status: 401, body: errorJSON("unauthorized", "API token is invalid.")}}, 0, ErrUnauthorized},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, _ := newScripted(t, test.replies...)
				found := 0
				var last error
				for _, err := range c.SearchDataSources(t.Context()) {
					if last = err; err == nil {
						found++
					}
				}
				if found != test.found || !errors.Is(last, test.err) {
					t.Errorf("found %d and error %v, want %d and %v", found, last, test.found, test.err)
				}
			})
		})
	}
}

func TestDatabaseRetrievesItsDataSources(t *testing.T) {
	whole := sourceJSON(sourceID, "Tasks", `{"Name":{"id":"title"}}`)
	c, s := newScripted(t,
		ok(databaseJSON(sourceID, sourceB, sourceC)),
		ok(strings.Replace(whole, `{"object"`, `{"request_id":"r","object"`, 1)),
		reply{status: 404, body: errorJSON("object_not_found", "Could not find data_source.")},
		ok(`{"object":"data_source","id":"`+sourceC+`","properties":{}}`))
	d, err := c.Database(t.Context(), dbID)
	if err != nil {
		t.Fatal(err)
	}
	if d.TitleText != "Tasks" || d.Description != "What to do" || !d.IsInline || d.Partial || d.URL == "" {
		t.Errorf("database %+v", d)
	}
	type seen struct {
		id, name string
		partial  bool
		raw      string
	}
	var got []seen
	for _, d := range d.DataSources {
		got = append(got, seen{d.ID, d.Name, d.Partial, string(d.Raw)})
	}
	want := []seen{
		{sourceID, "Tasks", false, whole},
		{sourceB, "source 1", true, `{"id":"` + sourceB + `","name":"source 1"}`},
		{sourceC, "source 2", true, `{"object":"data_source","id":"` + sourceC + `","properties":{}}`},
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(seen{})); diff != "" {
		t.Errorf("data sources (-want +got)\n%s", diff)
	}
	if got, want := string(d.DataSourcesJSON()), "["+want[0].raw+","+want[1].raw+","+want[2].raw+"]"; got != want {
		t.Errorf("data sources as JSON\n%s, want\n%s", got, want)
	}
	if len(s.requests) != 4 || s.requests[3].url != "https://api.notion.com/v1/data_sources/"+sourceC {
		t.Errorf("requests %+v", s.requests)
	}
}

// Any error of a data source but "not found" fails the database: half of it would look
// like the whole.
func TestDatabaseFailsWithItsDataSources(t *testing.T) {
	c, _ := newScripted(t, ok(databaseJSON(sourceID, sourceB)), ok(sourceJSON(sourceID, "Tasks", "{}")),
		reply{status: 403, body: errorJSON("restricted_resource", "No.")})
	d, err := c.Database(t.Context(), dbID)
	if d != nil || !errors.Is(err, ErrForbidden) || !strings.Contains(err.Error(), sourceB) || !strings.Contains(err.Error(), dbID) {
		t.Errorf("database %v, error %v; want ErrForbidden for %s of %s", d, err, sourceB, dbID)
	}
}

func TestMergedProperties(t *testing.T) {
	const a = `{"Name":{"id":"title","type":"title"}, "Sta\u0074us" : {"n":1.0} }`
	tests := map[string]struct {
		schemas []string // "" for a data source without one
		want    string
	}{
		"none":        {nil, `{}`},
		"one":         {[]string{a}, a},
		"one unknown": {[]string{""}, `{}`},
		"first of a name wins, spelled as it came": {
			[]string{a, "", `{"Status":{"n":2},"Due":{"id":"x"}}`},
			`{"Name":{"id":"title","type":"title"},"Sta\u0074us":{"n":1.0},"Due":{"id":"x"}}`,
		},
		"names cut in an emoji differ": {[]string{`{"\ud83d":1}`, `{"\ud83e":2}`}, `{"\ud83d":1,"\ud83e":2}`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var d Database
			for _, schema := range test.schemas {
				var source DataSource
				if schema != "" {
					source.Properties = []byte(schema)
				}
				d.DataSources = append(d.DataSources, source)
			}
			if got := string(d.MergedProperties()); got != test.want {
				t.Errorf("merged %s, want %s", got, test.want)
			}
		})
	}
}

func TestObjectsAreRetrieved(t *testing.T) {
	c, s := newScripted(t, ok(pageJSON(pageID, nameProperty)))
	page, err := c.Page(t.Context(), strings.ReplaceAll(pageID, "-", ""))
	if err != nil || page.ID != pageID {
		t.Errorf("page %+v, %v", page, err)
	}
	if got := s.requests[0]; got.method != "GET" || got.url != "https://api.notion.com/v1/pages/"+pageID || got.body != "" || got.header.Get("Content-Type") != "" {
		t.Errorf("requests %+v", got)
	}
	c, _ = newScripted(t, ok(`{"object":"database","id":"`+dbID+`"}`))
	if d, err := c.Database(t.Context(), dbID); err != nil || !d.Partial || d.ID != dbID {
		t.Errorf("database %+v, %v; want a partial one", d, err)
	}
	c, _ = newScripted(t, ok(`{"object":"user","id":"`+userA+`","name":null,"type":"bot","bot":{"workspace_id":"a5cd","workspace_name":"Ada's space"}}`))
	if bot, err := c.Me(t.Context()); err != nil || bot != (Bot{ID: userA, WorkspaceID: "a5cd", WorkspaceName: "Ada's space"}) {
		t.Errorf("bot %+v, %v", bot, err)
	}
}

// A well-formed answer with another id must not pass for the requested page.
func TestAnswerAboutAnotherIDIsRefused(t *testing.T) {
	c, _ := newScripted(t, ok(pageJSON(userA, nameProperty)))
	if page, err := c.Page(t.Context(), pageID); page != nil || !errors.Is(err, ErrMalformed) {
		t.Errorf("page %v, error %v; want ErrMalformed", page, err)
	}
}

func TestIDsThatAreNoneStayOutOfThePath(t *testing.T) {
	c, s := newScripted(t, ok("{}"))
	for _, id := range []string{"", "me", "../users/me", pageID + "/x"} {
		if _, err := c.Page(t.Context(), id); !errors.Is(err, ErrInvalidRequest) {
			t.Errorf("page %q: error %v, want ErrInvalidRequest", id, err)
		}
	}
	if len(s.requests) != 0 {
		t.Errorf("sent %d requests", len(s.requests))
	}
}
