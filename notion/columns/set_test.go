package columns_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"notion-kafka/notion"
	"notion-kafka/notion/columns"
)

// prop is a property of a schema.
func prop(id, name, kind string) notion.Property {
	return notion.Property{ID: id, Name: name, Kind: kind}
}

// names are the names of a set's columns.
func names(s *columns.Set) (names []string) {
	for _, c := range s.Columns() {
		names = append(names, c.Name)
	}
	return names
}

// again is the set as another process knows it, from the state.
func again(s *columns.Set) *columns.Set { return columns.NewSet(slices.Clone(s.Columns())) }

// page is the properties object of a page, of triples of name, id and the rest of the
// property's members.
func page(parts ...string) []byte {
	var members []string
	for i := 0; i+2 < len(parts); i += 3 {
		members = append(members, fmt.Sprintf(`%q:{"id":%q,%s}`, parts[i], parts[i+1], parts[i+2]))
	}
	return []byte("{" + strings.Join(members, ",") + "}")
}

func TestNames(t *testing.T) {
	for _, tt := range []struct {
		what string
		of   []notion.Property
		want []string
	}{
		{"lower case, marks, runs of other signs", []notion.Property{prop("a", "Größe (in  m²)", "number"), prop("b", "Café-Name", "url"), prop("c", "Łódź", "email")},
			[]string{"gro_e_in_m", "cafe_name", "lodz"}},
		{"a digit at the beginning", []notion.Property{prop("a", "2nd", "number")}, []string{"_2nd"}},
		{"no letter and no digit", []notion.Property{prop("a%3Ab", "日本語 🚀", "number"), prop("A%3aB", "", "select"), prop("%3F%3F", "…", "url")},
			[]string{"property_a_b", "property_a_b_2", "property"}},
		{"of two the later gets a number", []notion.Property{prop("a", "Size", "number"), prop("b", "SIZE", "url"), prop("c", "size!", "email")}, []string{"size", "size_2", "size_3"}},
		{"a page's own fields", []notion.Property{prop("title", "Title", "title"), prop("b", "URL", "url"), prop("c", "Created time", "created_time")}, []string{"title_2", "url_2", "created_time_2"}},
		{"columns of ksqlDB", []notion.Property{prop("a", "ROWTIME", "number"), prop("b", "rowoffset", "number"), prop("c", "RowPartition", "number")}, []string{"rowtime_2", "rowoffset_2", "rowpartition_2"}},
		{"the parts of a date", []notion.Property{prop("a", "Due", "date")}, []string{"due", "due_end", "due_time_zone"}},
		{"the parts of people", []notion.Property{prop("a", "Who", "people")}, []string{"who", "who_names"}},
		{"a name that a part has", []notion.Property{prop("a", "Due", "date"), prop("b", "Due end", "url"), prop("c", "who_names", "number"), prop("d", "Who", "people")},
			[]string{"due", "due_end", "due_time_zone", "due_end_2", "who_names", "who_2", "who_2_names"}},
		{"what has no column", []notion.Property{prop("a", "Go", "button"), prop("b", "Sum", "formula"), prop("c", "All", "rollup")}, nil},
		{"a property of two data sources", []notion.Property{prop("title", "Name", "title"), prop("x%40", "Size", "number"), prop("title", "Nom", "title"), prop("x@", "Taille", "number")}, []string{"name", "size"}},
		{"a type that is new", []notion.Property{prop("a", "Mood", "mood_2031")}, []string{"mood"}},
	} {
		t.Run(tt.what, func(t *testing.T) {
			s := columns.NewSet(nil)
			s.Follow(tt.of, true)
			if diff := cmp.Diff(tt.want, names(s)); diff != "" {
				t.Errorf("names (-want +got):\n%s", diff)
			}
			if changes := s.Settle(); len(changes) > 0 {
				t.Errorf("the columns of a topic's beginning are no change, but %q is told", changes)
			}
		})
	}
}

// A step is what Notion has next, what the columns are then, and what is told of it.
type step struct {
	has  []notion.Property
	page []byte // a page that is published with it; nil: none
	want string // the columns, those that are gone in brackets
	told []string
}

func TestColumnsOnlyGrow(t *testing.T) {
	number, text := prop("a", "Size", "number"), prop("a", "Size", "rich_text")
	formula := []notion.Property{prop("f", "Score", "formula")}
	for what, steps := range map[string][]step{
		"added": {
			{has: []notion.Property{number}, want: "size"},
			{has: []notion.Property{prop("b", "Due", "date"), number}, want: "size due due_end due_time_zone", told: []string{`columns due, due_end, due_time_zone begin, for property "Due"`}},
		},
		"removed, and restored": {
			{has: []notion.Property{number, prop("b", "Due", "date")}, want: "size due due_end due_time_zone"},
			{has: []notion.Property{number}, want: "size (due) (due_end) (due_time_zone)", told: []string{`property "Due" is not read any more: column due stays and is null`}},
			{has: []notion.Property{prop("b", "Due", "date"), number}, want: "size due due_end due_time_zone", told: []string{`property "Due" is back as date: column due goes on`}},
		},
		"renamed": {
			{has: []notion.Property{number}, want: "size"},
			{has: []notion.Property{prop("a", "Weight", "number")}, want: "size", told: []string{`property "Size" is called "Weight" now: column size keeps its name`}},
			{has: []notion.Property{prop("a", "Weight", "number"), prop("b", "Size", "number")}, want: "size size_2", told: []string{`column size_2 begins, for property "Size"`}},
		},
		"number, text, number": {
			{has: []notion.Property{number}, want: "size"},
			{has: []notion.Property{text}, want: "(size) size_rich_text", told: []string{`property "Size" has the type rich_text now: column size_rich_text begins, and size stays and is null`}},
			{has: []notion.Property{number}, want: "size (size_rich_text)", told: []string{`property "Size" is back as number: column size goes on`}},
			{has: []notion.Property{text}, want: "(size) size_rich_text", told: []string{`property "Size" is back as rich_text: column size_rich_text goes on`}},
		},
		"renamed, then of another type": {
			{has: []notion.Property{number}, want: "size"},
			{has: []notion.Property{prop("a", "Weight", "select")}, want: "(size) size_select", told: []string{
				`property "Size" is called "Weight" now: column size keeps its name`, `property "Weight" has the type select now: column size_select begins, and size stays and is null`}},
		},
		"another type, whose name is in use": {
			{has: []notion.Property{number, prop("b", "Size date end", "url")}, want: "size size_date_end"},
			{has: []notion.Property{prop("a", "Size", "date"), prop("b", "Size date end", "url")}, want: "(size) size_date_end size_date_2 size_date_2_end size_date_2_time_zone",
				told: []string{`property "Size" has the type date now: columns size_date_2, size_date_2_end, size_date_2_time_zone begin, and size stays and is null`}},
		},
		"a formula that changes its result": {
			{has: formula, want: ""},
			{has: formula, page: page("Score", "f", `"type":"formula","formula":{"type":"number","number":null}`), want: ""},
			{has: formula, page: page("Score", "f", `"type":"formula","formula":{"type":"number","number":1.5}`), want: "score"},
			{has: formula, page: page("Score", "f", `"type":"formula","formula":{"type":"string","string":"high"}`), want: "score score_string",
				told: []string{`property "Score" has a value of type string: column score_string begins, and is null where the value has another type`}},
			{has: formula, page: page("Score", "f", `"type":"formula","formula":{"type":"number","number":2}`), want: "score score_string"},
			{has: []notion.Property{prop("f", "Score", "number")}, want: "(score) (score_string) score_number",
				told: []string{`property "Score" has the type number now: column score_number begins, and score, score_string stay and are null`}},
		},
		"a property that only a page has": {
			{has: []notion.Property{number}, want: "size"},
			{has: []notion.Property{number}, page: page("New", "n%40", `"type":"checkbox","checkbox":true`), want: "size new", told: []string{`column new begins, for property "New"`}},
			{has: []notion.Property{number, prop("n@", "New", "checkbox")}, want: "size new"},
		},
	} {
		t.Run(what, func(t *testing.T) {
			s := columns.NewSet(nil)
			for i, step := range steps {
				before := slices.Clone(s.Columns())
				s.Follow(step.has, true)
				if step.page != nil {
					s.Row(nil, step.page)
				}
				var list []string
				for _, c := range s.Columns() {
					if c.Gone {
						c.Name = "(" + c.Name + ")"
					}
					list = append(list, c.Name)
				}
				if got := strings.Join(list, " "); got != step.want {
					t.Errorf("step %d: columns %q, want %q", i+1, got, step.want)
				}
				for at, c := range before {
					now := s.Columns()[at]
					if now.Name != c.Name || now.Type != c.Type || now.ID != c.ID || now.Kind != c.Kind {
						t.Errorf("step %d: column %+v became %+v", i+1, c, now)
					}
				}
				if diff := cmp.Diff(step.told, s.Settle()); diff != "" {
					t.Errorf("step %d: told (-want +got):\n%s", i+1, diff)
				}
				s = again(s) // a restart in between changes nothing
			}
		})
	}
}

// What is not whole says nothing about what is gone.
func TestAnUnknownDataSourceRemovesNothing(t *testing.T) {
	s := columns.NewSet(nil)
	s.Follow([]notion.Property{prop("a", "Size", "number"), prop("b", "Due", "date")}, true)
	s.Settle()
	s.Follow([]notion.Property{prop("a", "Size", "number")}, false)
	if changes := s.Settle(); len(changes) > 0 {
		t.Errorf("told %q", changes)
	}
}

func TestRow(t *testing.T) {
	s := columns.NewSet(nil)
	s.Follow([]notion.Property{prop("title", "Name", "title"), prop("a", "Size", "number"), prop("b", "Due", "date"), prop("c", "Who", "people")}, true)
	row := s.Row(nil, page(
		"Who", "c", `"type":"people","people":[{"id":"u1","name":"Ada"},{"id":"u2"}]`,
		"Due", "b", `"type":"date","date":{"start":"2026-01-02T03:04:00.000+02:00","end":null,"time_zone":null}`,
		"Later", "d", `"type":"select","select":{"name":"now"}`,
		"Name", "title", `"type":"title","title":[{"plain_text":"A"},{"plain_text":"B"}]`,
		"Size", "a", `"type":"number","number":null`))
	got := map[string]any{}
	for i, c := range s.Columns() {
		v := row[i]
		switch {
		case !v.Known:
			got[c.Name] = nil
		case c.Type == notion.FlatText:
			got[c.Name] = v.Text
		case c.Type == notion.FlatMoment:
			got[c.Name] = v.Moment.Format("2006-01-02 15:04 MST")
		case c.Type == notion.FlatList:
			got[c.Name] = v.List
		}
	}
	want := map[string]any{
		"name": "AB", "size": nil, "due": "2026-01-02 01:04 UTC", "due_end": nil, "due_time_zone": "+02:00",
		"who": []string{"u1", "u2"}, "who_names": []string{"Ada", ""}, "later": "now",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("row (-want +got):\n%s", diff)
	}
	for i, v := range s.Row(row, []byte(`{}`)) {
		if v.Known {
			t.Errorf("a page without properties has %+v in column %d, of the page before", v, i)
		}
	}
}

// Whatever people do to a schema, names are unique without regard to case, columns keep
// their place, and another process that knows only what was pinned goes on alike.
func TestAnySchema(t *testing.T) {
	kinds := []string{"title", "rich_text", "number", "date", "people", "formula", "rollup", "button", "select", "new_kind"}
	labels := []string{"Due", "due", "Due end", "due_end", "Due time zone", "Who", "who names", "ID", "title", "", "1", "日本", "Due 2", "due_2_end", "rowtime", "a b", "A_B", "due date", "due_number"}
	for seed := range uint64(300) {
		random := rand.New(rand.NewPCG(seed, 18))
		s := columns.NewSet(nil)
		for range 12 {
			var has []notion.Property
			for id := range 8 {
				if random.IntN(4) > 0 {
					has = append(has, prop(fmt.Sprint("p", id), labels[random.IntN(len(labels))], kinds[random.IntN(len(kinds))]))
				}
			}
			random.Shuffle(len(has), func(i, j int) { has[i], has[j] = has[j], has[i] })
			before, other := slices.Clone(s.Columns()), again(s)
			s.Follow(has, true)
			other.Follow(has, true)
			if diff := cmp.Diff(s.Columns(), other.Columns()); diff != "" {
				t.Fatalf("seed %d: another process has other columns (-one +other):\n%s", seed, diff)
			}
			for i, c := range before {
				if now := s.Columns()[i]; now.Name != c.Name || now.Type != c.Type {
					t.Fatalf("seed %d: column %d was %+v and is %+v", seed, i, c, now)
				}
			}
			used := map[string]bool{}
			for _, c := range s.Columns() {
				if used[strings.ToLower(c.Name)] || c.Name == "id" || c.Name == "title" || c.Name == "rowtime" {
					t.Fatalf("seed %d: the name %s is taken: %q", seed, c.Name, names(s))
				}
				used[strings.ToLower(c.Name)] = true
			}
			for _, p := range has {
				if is, known := notion.FlatTypeOf(p.Kind); known && is != "" &&
					!slices.ContainsFunc(s.Columns(), func(c columns.Column) bool { return c.ID == p.ID && c.Kind == p.Kind && !c.Gone }) {
					t.Fatalf("seed %d: property %+v has no column", seed, p)
				}
			}
		}
	}
}
