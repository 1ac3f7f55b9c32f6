package notion

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// entriesJSON is a JSON array of n entries, numbered from 0 on.
func entriesJSON(form string, n int) string {
	all := make([]string, n)
	for i := range all {
		all[i] = fmt.Sprintf(form, i)
	}
	return "[" + strings.Join(all, ",") + "]"
}

const (
	related = `{"id":"00000000-0000-4000-8000-%012d"}`
	someone = `{"object":"user","id":"00000000-0000-4000-8000-%012d","name":"A, ]}\"","avatar_url":null}`
)

// relationJSON and peopleJSON are property values with n entries.
func relationJSON(id string, n int, more bool) string {
	return fmt.Sprintf(`{"id":"%s","type":"relation","relation":%s,"has_more":%v}`, id, entriesJSON(related, n), more)
}

func peopleJSON(n int) string {
	return fmt.Sprintf(`{"id":"p","type":"people","people":%s}`, entriesJSON(someone, n))
}

func TestPageSaysWhatNotionCut(t *testing.T) {
	tests := map[string]struct {
		properties string
		want       []CutProperty
	}{
		"nothing":                     {nameProperty, nil},
		"whole relation":              {`{"R":` + relationJSON("r", 25, false) + `}`, nil},
		"cut relation":                {`{"R":` + relationJSON("%3Fb%5C", 25, true) + `}`, []CutProperty{{"%3Fb%5C", "R", "relation"}}},
		"cut relation, shorter":       {`{"R":` + relationJSON("r", 3, true) + `}`, []CutProperty{{"r", "R", "relation"}}},
		"relation that says nothing":  {`{"R":{"id":"r","type":"relation","relation":` + entriesJSON(related, 25) + `}}`, nil},
		"24 people":                   {`{"P":` + peopleJSON(24) + `}`, nil},
		"25 people":                   {`{"P":` + peopleJSON(25) + `}`, []CutProperty{{"p", "P", "people"}}},
		"26 people":                   {`{"P":` + peopleJSON(26) + `}`, []CutProperty{{"p", "P", "people"}}},
		"people that say has_more":    {`{"P":{"id":"p","type":"people","has_more":true,"people":[]}}`, []CutProperty{{"p", "P", "people"}}},
		"25 people that are all":      {`{"P":{"id":"p","type":"people","has_more":false,"people":` + entriesJSON(someone, 25) + `}}`, nil},
		"25 people, has_more null":    {`{"P":{"id":"p","type":"people","has_more":null,"people":` + entriesJSON(someone, 25) + `}}`, []CutProperty{{"p", "P", "people"}}},
		"the type escaped":            {`{"R":{"id":"r","type":"\u0072elation","relation":[],"has_more":true}}`, []CutProperty{{"r", "R", "relation"}}},
		"the type at the end":         {`{"P":{"people":` + entriesJSON(someone, 25) + `,"id":"p","type":"people"}}`, []CutProperty{{"p", "P", "people"}}},
		"two, escaped names":          {`{"\u0052\"":` + relationJSON("r", 1, true) + `,"x":1,"é":` + peopleJSON(25) + `}`, []CutProperty{{"r", `R"`, "relation"}, {"p", "é", "people"}}},
		"another type with has_more":  {`{"F":{"id":"f","type":"files","files":[],"has_more":true}}`, nil},
		"many files":                  {`{"F":{"id":"f","type":"files","files":` + entriesJSON(related, 40) + `}}`, nil},
		"people inside a rollup":      {`{"F":{"id":"f","type":"rollup","rollup":{"type":"array","array":[` + peopleJSON(25) + `]}}}`, nil},
		"has_more of no relation":     {`{"R":{"id":"r","type":"relation","relation":null,"has_more":true}}`, nil},
		"has_more of a strange kind":  {`{"R":{"id":"r","type":"relation","relation":[],"has_more":"true"}}`, nil},
		"a property called relation":  {`{"relation":{"id":"r","type":"number","number":1,"relation":[],"has_more":true}}`, nil},
		"no id":                       {`{"R":{"type":"relation","relation":[],"has_more":true}}`, []CutProperty{{"", "R", "relation"}}},
		"people and a stray relation": {`{"P":{"id":"p","relation":[],"type":"people","people":` + entriesJSON(someone, 25) + `}}`, []CutProperty{{"p", "P", "people"}}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			page, err := DecodePage([]byte(pageJSON(pageID, test.properties)))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, page.Cut); diff != "" {
				t.Errorf("cut (-want +got)\n%s", diff)
			}
		})
	}
}

// Rows of a wiki may be data sources, whose properties are a schema. Every row has its
// created time, except those without one.
func TestListTellsWhenItsRowsWereCreated(t *testing.T) {
	source := `{"object":"data_source","id":"` + sourceID + `","title":[],"created_time":"2026-03-01T19:06:00.000Z","parent":{"type":"workspace"},` +
		`"properties":{"Name":{"id":"title","name":"Name","type":"title","title":{}},"R":{"id":"r","type":"relation","relation":{"database_id":"` + dbID + `"}}},"url":"https://x"}`
	list, err := decodePageList([]byte(listJSON("",
		pageJSON(pageID, nameProperty), source, `{"object":"page","id":"`+userA+`"}`,
		strings.Replace(pageJSON(dbID, nameProperty), "19:05", "19:07", 1))))
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 3, 1, 19, 5, 0, 0, time.UTC)
	if diff := cmp.Diff([]time.Time{at, at.Add(time.Minute), {}, at.Add(2 * time.Minute)}, list.Created); diff != "" {
		t.Errorf("created (-want +got)\n%s", diff)
	}
	if len(list.Pages) != 3 || len(list.DataSources) != 1 {
		t.Errorf("%d pages and %d data sources, want 3 and 1", len(list.Pages), len(list.DataSources))
	}
}
