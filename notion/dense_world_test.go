package notion_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"notion-kafka/notion"
	"notion-kafka/notion/notiontest"
)

// number is the unique_id property of a data source of which most rows are of one minute.
var number = notiontest.Prop{Name: "No", Kind: notiontest.KindUniqueID, Prefix: "B"}

// imported gives the world a database of n rows of one minute beside a few others. A row
// has the title that title makes.
func (l *world) imported(n int, title func(i int) string, properties ...notiontest.Prop) []string {
	properties = append(properties, notiontest.Prop{Name: "Name", Kind: notiontest.KindTitle}, notiontest.Prop{Name: "Pages", Kind: notiontest.KindNumber})
	l.db = l.w.AddDatabase("Imported", properties...)
	rows := l.addRows(30, 9_000*time.Hour, time.Hour)
	at := time.Now().Truncate(time.Minute).Add(-8_000 * time.Hour)
	rows = append(rows, l.db.DataSource().AddPages(n, at, 0, func(i int) notiontest.Values {
		return notiontest.Values{"Name": title(i), "Pages": i}
	})...)
	return append(rows, l.addRows(30, 7_000*time.Hour, time.Hour)...)
}

// schema retrieves the data source as the producer knows it.
func (l *world) schema() *notion.DataSource {
	l.t.Helper()
	db, err := l.client.Database(l.t.Context(), l.db.ID())
	if err != nil {
		l.t.Fatal(err)
	}
	return &db.DataSources[0]
}

// knowing is the query of all rows by somebody who knows the schema.
func (l *world) knowing() notion.Query {
	q := l.query()
	q.UniqueID = l.schema().UniqueID()
	return q
}

func tasks(i int) string { return fmt.Sprintf("Task %d of the import", i) }

// people are titles of words without numbers, as imported contacts have them.
func people(i int) string {
	first := []string{"Ada", "Bruno", "Chiyo", "Dmitri", "Eun-ji", "Fatima", "Gustav", "Hana", "Ines", "Jamal", "Käthe", "Łukasz", "明子"}
	last := []string{"Adler", "Brandt", "Cruz", "Durand", "Eriksen", "Fischer", "Garcia", "Haddad", "Ivanova", "Jansen", "Kowalski"}
	return first[i%len(first)] + " " + last[i/len(first)%len(last)]
}

// blanks leaves every third title out.
func blanks(i int) string {
	if i%3 == 0 {
		return ""
	}
	return tasks(i)
}

// More rows were created in a minute than one query shows: all are read.
func TestDenseMinuteIsReadInParts(t *testing.T) {
	without, with := []notiontest.Prop(nil), []notiontest.Prop{number}
	tests := map[string]struct {
		rows       int
		title      func(i int) string
		properties []notiontest.Prop
		fold       bool
		requests   int // at most
	}{
		"12,000 with unique ids":             {12_000, tasks, with, false, 145},
		"25,000 with unique ids":             {25_000, tasks, with, false, 285},
		"12,000, all titles equal, with ids": {12_000, func(int) string { return "New page" }, with, false, 145},
		"12,000 by title, in any case":       {12_000, tasks, without, true, 145},
		"12,000 by name":                     {12_000, people, without, true, 145},
		"12,000, 4,000 without a title":      {12_000, blanks, without, true, 145},
		"21,000 by title":                    {21_000, tasks, without, true, 245},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			inWorld(t, notiontest.Options{FoldText: test.fold}, func(t *testing.T, l *world) {
				rows := l.imported(test.rows, test.title, test.properties...)
				times, err := l.read(l.knowing(), never)
				if err != nil {
					t.Fatal(err)
				}
				l.mustHold(times, rows)
				if n := l.queries(); n > test.requests {
					t.Errorf("%d requests for %d rows, want at most %d", n, len(rows), test.requests)
				} else {
					t.Logf("%d requests for %d rows", n, len(rows))
				}
			})
		})
	}
}

// What can be divided by neither is an error that says what would help.
func TestDenseMinuteThatCannotBeDividedIsAClearError(t *testing.T) {
	tests := map[string]struct {
		title      func(i int) string
		properties []notiontest.Prop
		help       bool // to add unique ids
	}{
		"all titles equal":           {func(int) string { return "New page" }, nil, true},
		"no titles":                  {func(int) string { return "" }, nil, true},
		"titles of signs":            {func(i int) string { return strings.Repeat("*", i%90) }, nil, true},
		"titles that differ in case": {func(i int) string { return []string{"task", "Task", "TASK"}[i%3] }, nil, true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			inWorld(t, notiontest.Options{RowCap: 3000, FoldText: true}, func(t *testing.T, l *world) {
				l.imported(3001, test.title, test.properties...)
				_, err := l.read(l.knowing(), never)
				if !errors.Is(err, notion.ErrIncomplete) || !strings.Contains(err.Error(), "in the minute") || strings.Contains(err.Error(), "type ID") != test.help {
					t.Errorf("error %v", err)
				}
				if n := l.queries(); n > 28 {
					t.Errorf("%d requests", n)
				} else {
					t.Logf("%d requests", n)
				}
			})
		})
	}
}

// recorded imports n rows of one minute with this unique_id.
func (l *world) recorded(n int, uniqueID func(i int) string) (rows []string) {
	property := l.schema()
	for i := range n {
		id := fmt.Sprintf("00000000-0000-4000-8000-%012d", i)
		page := fmt.Sprintf(`{"object":"page","id":%q,"created_time":"2026-03-01T10:05:00.000Z","last_edited_time":"2026-03-01T10:05:00.000Z","url":"https://www.notion.so/x",
			"properties":{"Name":{"id":"title","type":"title","title":[]},"No":{"id":%q,"type":"unique_id","unique_id":%s}}}`, id, property.UniqueID(), uniqueID(i))
		if err := l.db.Import([]byte(page)); err != nil {
			l.t.Fatal(err)
		}
		rows = append(rows, id)
	}
	return rows
}

// Unique ids may be sparse, lie apart, be missing, and even come twice.
func TestDenseMinuteWithOddUniqueIDs(t *testing.T) {
	numbered := func(n int) string { return fmt.Sprintf(`{"prefix":null,"number":%d}`, n) }
	tests := map[string]struct {
		number func(i int) string
		whole  bool
	}{
		"far apart":    {func(i int) string { return numbered(i * 1_000_003) }, true},
		"two clusters": {func(i int) string { return numbered(i + i/200*1_000_000_000) }, true},
		"each twice":   {func(i int) string { return numbered(i / 2) }, true},
		"below zero":   {func(i int) string { return numbered(i - 300) }, true},
		"some missing": {func(i int) string {
			return []string{numbered(i), numbered(i), numbered(i), `null`, `{"prefix":null,"number":null}`}[i%5]
		}, true},
		"all missing":   {func(int) string { return `null` }, false},
		"one of all":    {func(int) string { return numbered(7) }, false},
		"beyond 2^53":   {func(i int) string { return fmt.Sprintf(`{"prefix":null,"number":%de12}`, 10_000+i) }, false},
		"one of nearly": {func(i int) string { return numbered(7 * (i % 2) * (i % 4) / 2) }, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			inWorld(t, notiontest.Options{RowCap: 200}, func(t *testing.T, l *world) {
				l.db = l.w.AddDatabase("Imported", number)
				rows := l.recorded(450, test.number)
				times, err := l.read(l.knowing(), never)
				t.Logf("%d requests", l.queries())
				if n := l.queries(); n > 150 {
					t.Errorf("%d requests", n)
				}
				if !test.whole {
					if !errors.Is(err, notion.ErrIncomplete) || strings.Contains(err.Error(), "type ID") {
						t.Errorf("error %v", err)
					}
					return
				}
				if err != nil {
					t.Fatal(err)
				}
				l.mustHold(times, rows)
			})
		})
	}
}

// The parts keep to the rest of the query: archived rows, edits, chosen properties.
func TestDenseMinuteIsPartOfAnyQuery(t *testing.T) {
	for name, properties := range map[string][]notiontest.Prop{"by unique id": {number}, "by title": nil} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, notiontest.Options{RowCap: 400}, func(t *testing.T, l *world) {
				rows := l.imported(1500, tasks, properties...)
				dense := rows[30:1530]
				for _, id := range dense[:600] {
					l.w.Archive(id)
				}
				since := time.Now()
				for _, id := range dense[700:1400] {
					l.w.Edit(id, notiontest.Values{"Pages": -1})
				}
				all := l.knowing()
				archived, edited, few := all, all, all
				archived.Archived, edited.EditedOnOrAfter = true, since
				few.Properties = l.schema().IDsOf("Pages")
				live := append(append([]string{}, rows[:30]...), rows[630:]...)
				for name, test := range map[string]struct {
					query notion.Query
					rows  []string
				}{"live": {all, live}, "archived": {archived, dense[:600]}, "edited": {edited, dense[700:1400]}, "few properties": {few, live}} {
					times, err := l.read(test.query, never)
					if err != nil {
						t.Fatalf("%s: %v", name, err)
					}
					t.Log(name)
					l.mustHold(times, test.rows)
				}
			})
		})
	}
}

// The unique_id property went, or became another one, since its id was read: titles serve.
func TestDenseMinuteWithoutTheKnownProperty(t *testing.T) {
	for name, change := range map[string]func(*notiontest.DataSource){
		"removed": func(d *notiontest.DataSource) { d.RemoveProperty("No") },
		"retyped": func(d *notiontest.DataSource) { d.RetypeProperty("No", notiontest.KindRichText) },
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, notiontest.Options{RowCap: 400}, func(t *testing.T, l *world) {
				rows := l.imported(700, tasks, number)
				q := l.knowing()
				change(l.db.DataSource())
				times, err := l.read(q, never)
				if err != nil {
					t.Fatal(err)
				}
				l.mustHold(times, rows)
			})
		})
	}
}
