package notion

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestWithout(t *testing.T) {
	const name = `"Name":{"id":"title","type":"title","title":[{"plain_text":"Launch"}]}`
	const pay = `"P\u0061y \"x\"":{"id":"%3Fa%5C","type":"number","number":1.50}`
	const more = `"More":{"id":"[m","type":"relation","relation":[ {"id":"1"} ],"has_more":true}`
	const odd = `"odd":7`
	all := "{" + name + "," + pay + "," + more + "," + odd + "}"
	title := "Launch"
	cut := []CutProperty{{"[m", "More", "relation"}}
	tests := map[string]struct {
		names      []string
		properties string
		title      *string
		cut        []CutProperty
	}{
		"nothing":                {nil, all, &title, cut},
		"no such property":       {[]string{"pay", "ODD", ""}, all, &title, cut},
		"by name":                {[]string{`Pay "x"`}, "{" + name + "," + more + "," + odd + "}", &title, cut},
		"by encoded id":          {[]string{"%3Fa%5C"}, "{" + name + "," + more + "," + odd + "}", &title, cut},
		"by another encoding":    {[]string{"%3fa%5c"}, "{" + name + "," + more + "," + odd + "}", &title, cut},
		"by plain id":            {[]string{`?a\`}, "{" + name + "," + more + "," + odd + "}", &title, cut},
		"by the id encoded here": {[]string{"%5Bm"}, "{" + name + "," + pay + "," + odd + "}", &title, nil},
		"the title":              {[]string{"Name"}, "{" + pay + "," + more + "," + odd + "}", nil, cut},
		"the title by id":        {[]string{"title"}, "{" + pay + "," + more + "," + odd + "}", nil, cut},
		"what is no object":      {[]string{"odd"}, "{" + name + "," + pay + "," + more + "}", &title, cut},
		"several":                {[]string{"odd", "More", "Name"}, "{" + pay + "}", nil, nil},
		"all":                    {[]string{"odd", "More", "Name", "%3Fa%5C"}, "{}", nil, nil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got := *cutPage(t, all)
			want := got
			want.Properties, want.Title, want.Cut = []byte(test.properties), test.title, test.cut
			got.Without(test.names)
			if diff := cmp.Diff(want, got, visible); diff != "" {
				t.Errorf("page (-want +got)\n%s", diff)
			}
			if got.Fingerprint() != cutPage(t, test.properties).Fingerprint() {
				t.Error("the fingerprint is not that of the properties that are left")
			}
		})
	}
}

func TestWithoutLeavesPartialPagesAlone(t *testing.T) {
	page := Page{ID: pageID, Partial: true}
	page.Without([]string{"title"})
	if diff := cmp.Diff(Page{ID: pageID, Partial: true}, page, visible); diff != "" {
		t.Errorf("page (-want +got)\n%s", diff)
	}
}

// An id matches only ids, not a property of that name.
func TestWithoutIDs(t *testing.T) {
	const all = `{"Label":{"id":"title","type":"title","title":[{"plain_text":"Launch"}]},"title":{"id":"%3Fa","type":"number","number":1},"More":{"id":"[m","type":"relation","relation":[],"has_more":true},"odd":7}`
	tests := map[string]struct {
		names, ids  []string
		left        string
		title, more bool // whether they remain
	}{
		"no such id":     {nil, []string{"More", "odd", ""}, "Label title More odd", true, true},
		"the title":      {nil, []string{"title"}, "title More odd", false, true},
		"encoded":        {nil, []string{"%3fa"}, "Label More odd", true, true},
		"plain, and cut": {nil, []string{"?a", "%5Bm"}, "Label odd", true, false},
		"beside names":   {[]string{"odd", "title"}, []string{"[m"}, "", false, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			page := cutPage(t, all)
			page.Without(test.names, test.ids...)
			var left []string
			for _, m := range membersOf(page.Properties) {
				left = append(left, textOf(m.name))
			}
			if got := strings.Join(left, " "); got != test.left || (page.Title != nil) != test.title || (len(page.Cut) > 0) != test.more {
				t.Errorf("left %q, title %v, cut %v, want %+v", got, page.Title, page.Cut, test)
			}
		})
	}
}

func TestIDsOf(t *testing.T) {
	ds := DataSource{Properties: []byte(`{"Label":{"id":"title"},"title":{"id":"%3Fa"},"odd":7,"none":{}}`)}
	for name, want := range map[string]string{
		"Label": "title", "title": "title %3Fa", "?a": "%3Fa", "%3Fa": "%3Fa", "label": "", "odd": "", "none": "", "": "",
	} {
		if got := strings.Join(ds.IDsOf(name), " "); got != want {
			t.Errorf("%q is %q, want %q", name, got, want)
		}
	}
	if ids := (&DataSource{}).IDsOf("Label"); ids != nil {
		t.Errorf("%q of an unknown schema", ids)
	}
}

func TestPropertyIDs(t *testing.T) {
	schema := func(n int) []byte {
		properties := []string{`"Name":{"id":"title","name":"Name","type":"title","title":{}}`}
		for i := range n {
			properties = append(properties, fmt.Sprintf(`"P%d":{"id":"%%3F%d","type":"relation","relation":{}}`, i, i))
		}
		return []byte("{" + strings.Join(properties, ",") + "}")
	}
	tests := map[string]struct {
		schema []byte
		names  []string
		want   []string
	}{
		"nothing excluded":  {schema(2), nil, nil},
		"not there":         {schema(2), []string{"Pay"}, nil},
		"by name":           {schema(3), []string{"P1"}, []string{"title", "%3F0", "%3F2"}},
		"by id":             {schema(3), []string{"?1", "%3F2"}, []string{"title", "%3F0"}},
		"the title":         {schema(1), []string{"Name"}, []string{"%3F0"}},
		"everything":        {schema(1), []string{"Name", "P0"}, []string{"title"}},
		"unknown schema":    {nil, []string{"P1"}, nil},
		"a property no id":  {[]byte(`{"A":{"id":"a"},"B":{},"C":{"id":"c"}}`), []string{"A"}, nil},
		"more than 100 are": {schema(101), []string{"P1"}, nil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			ds := DataSource{Properties: test.schema}
			if diff := cmp.Diff(test.want, ds.PropertyIDs(test.names)); diff != "" {
				t.Errorf("ids (-want +got)\n%s", diff)
			}
		})
	}
	ds := DataSource{Properties: schema(3)}
	if diff := cmp.Diff([]string{"title", "%3F1"}, ds.PropertyIDs([]string{"P0"}, "?2", "P1")); diff != "" {
		t.Errorf("ids beside names (-want +got)\n%s", diff)
	}
	if diff := cmp.Diff([]string{"%3F0", "%3F1", "%3F2"}, ds.PropertyIDs(nil, "title")); diff != "" {
		t.Errorf("ids without names (-want +got)\n%s", diff)
	}
	ds = DataSource{Properties: schema(100)}
	if ids := ds.PropertyIDs([]string{"P1"}); len(ids) != 100 {
		t.Errorf("%d ids of 100 left, want all of them", len(ids))
	}
}

func TestQueryNamesTheProperties(t *testing.T) {
	c, s := newScripted(t, ok(listJSON("")))
	q := Query{DataSourceID: sourceID, Properties: []string{"title", "%3Fa%5C", "a b", "[m"}}
	if _, err := c.Query(t.Context(), q); err != nil {
		t.Fatal(err)
	}
	want := "https://api.notion.com/v1/data_sources/" + sourceID + "/query?filter_properties=title&filter_properties=%3Fa%5C&filter_properties=a+b&filter_properties=%5Bm"
	if s.requests[0].url != want {
		t.Errorf("requested %s, want %s", s.requests[0].url, want)
	}
}

// A property that was removed since the schema was read does not fail the query.
func TestQueryRefusedForItsPropertiesAsksForAll(t *testing.T) {
	gone := reply{status: 400, body: errorJSON("validation_error", "Could not find property with name or id: a")}
	c, s := newScripted(t, gone, ok(listJSON("", pageJSON(pageID, nameProperty))))
	list, err := c.Query(t.Context(), Query{DataSourceID: sourceID, Properties: []string{"a"}})
	if err != nil || len(list.Pages) != 1 {
		t.Fatalf("%+v, %v; want the page", list, err)
	}
	if strings.Contains(s.requests[1].url, "?") || s.requests[1].body != s.requests[0].body {
		t.Errorf("sent again %s with %s", s.requests[1].url, s.requests[1].body)
	}

	c, s = newScripted(t, gone)
	if _, err := c.Query(t.Context(), Query{DataSourceID: sourceID, Properties: []string{"a"}}); !errors.Is(err, ErrInvalidRequest) || len(s.requests) != 2 {
		t.Errorf("error %v after %d requests, want ErrInvalidRequest after 2", err, len(s.requests))
	}
}
