//go:build real

package main_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"notion-kafka/notion/notiontest"
)

// Flink reads topics with typed columns by the statements that the program prints: it joins
// over a relation without JSON, takes a deleted page back, and goes on while the schema
// grows. A job that begins later has the new column.
func TestTypedColumnsInFlink(t *testing.T) {
	t.Parallel()
	s := newTypedStage(t, notiontest.Options{})
	projects := s.workspace.AddDatabase("Projects", notiontest.Prop{Name: "Budget", Kind: notiontest.KindNumber})
	tasks := s.workspace.AddDatabase("Tasks",
		notiontest.Prop{Name: "Estimate", Kind: notiontest.KindNumber}, notiontest.Prop{Name: "Done?", Kind: notiontest.KindCheckbox},
		notiontest.Prop{Name: "Fällig am", Kind: notiontest.KindDate}, notiontest.Prop{Name: "Tags", Kind: notiontest.KindMultiSelect},
		notiontest.Prop{Name: "Project", Kind: notiontest.KindRelation, Target: projects}, notiontest.Prop{Name: "Order", Kind: notiontest.KindSelect})
	site, shop := projects.AddPage("Website", notiontest.Values{"Budget": 1000}), projects.AddPage("Shop", nil)
	design := tasks.AddPage("Design", notiontest.Values{
		"Estimate": 3.5, "Done?": true, "Tags": []string{"ui", "now"}, "Project": []string{site, shop}, "Order": "first",
		"Fällig am": notiontest.Date{Start: "2026-09-15T10:00:00.000+02:00", End: "2026-09-16T12:00:00.000+02:00"},
	})
	gone := tasks.AddPage("Old", notiontest.Values{"Estimate": 1, "Project": []string{site}})
	plain := tasks.AddPage("Plain", nil)
	s.mustRun("once")

	const columns = "`id`, `title`, `estimate`, CAST(JSON_VALUE(`properties`, '$.Estimate.number') AS DOUBLE), `done`, `fallig_am`, `fallig_am_end`, " +
		"`fallig_am_time_zone`, `tags`, `order`"
	table, related := sqlTable(s.topic("tasks")), sqlTable(s.topic("projects"))
	statement := s.flinkTable(tasks)
	job := s.flinkSQL(statement+s.flinkTable(projects)+
		fmt.Sprintf("SELECT COUNT(*), SUM(`estimate`) FROM %s %s;\n", table, bounded)+
		fmt.Sprintf("SELECT t.`title`, p.`title`, p.`budget` FROM %s %s AS t CROSS JOIN UNNEST(t.`project`) AS link (`id`) JOIN %s %s AS p ON p.`id` = link.`id`;\n",
			table, bounded, related, bounded)+
		fmt.Sprintf("SELECT %s FROM %s;\n", columns, table), nil) // this one follows
	job.shows(map[int][][]string{
		1: {{"3", "4.5"}},
		2: {{"Design", "Website", "1000.0"}, {"Design", "Shop", ""}, {"Old", "Website", "1000.0"}},
		3: {
			{design, "Design", "3.5", "3.5", "true", "2026-09-15T08:00", "2026-09-16T10:00", "+02:00", "[ui, now]", "first"},
			{gone, "Old", "1.0", "1.0", "false", "", "", "", "[]", ""},
			{plain, "Plain", "", "", "false", "", "", "", "[]", ""},
		},
	})
	before := len(strings.Split(job.out.String(), "\n"))

	s.workspace.Trash(gone)
	tasks.DataSource().AddProperty(notiontest.Prop{Name: "Owner", Kind: notiontest.KindRichText})
	s.workspace.Edit(plain, notiontest.Values{"Owner": "Ada", "Estimate": 8})
	s.mustRun("once", "--full")
	job.shows(map[int][][]string{
		1: {{"3", "4.5"}},
		2: {{"Design", "Website", "1000.0"}, {"Design", "Shop", ""}, {"Old", "Website", "1000.0"}},
		3: {
			{design, "Design", "3.5", "3.5", "true", "2026-09-15T08:00", "2026-09-16T10:00", "+02:00", "[ui, now]", "first"},
			{plain, "Plain", "8.0", "8.0", "false", "", "", "", "[]", ""},
		},
	})
	followed := strings.Join(strings.Split(job.out.String(), "\n")[before-1:], "\n")
	if !strings.Contains(followed, `"-D","`+gone+`"`) {
		t.Errorf("page %s was deleted, and its row was not taken back:\n%s", gone, followed)
	}
	job.kill()

	later := s.flinkSQL(s.flinkTable(tasks)+fmt.Sprintf("SELECT `title`, `estimate`, `owner` FROM %s %s;\n", table, bounded), nil)
	later.shows(map[int][][]string{1: {{"Design", "3.5", ""}, {"Plain", "8.0", "Ada"}}})
	t.Logf("the statement of the first job:\n%sits rows, of a count, a join, and a query that follows:\n%sthose of a job that began later, with the statement of then:\n%s",
		statement, job.out, later.out)
}

// bounded ends a query of Flink's at the present end of its topic.
const bounded = "/*+ OPTIONS('scan.bounded.mode' = 'latest-offset') */"

// sqlTable is the name of a topic's table in the printed statements.
func sqlTable(topic string) string { return strings.NewReplacer(".", "_", "-", "_").Replace(topic) }

// flinkTable is the statement that the program prints for a database's topic.
func (s *stage) flinkTable(db *notiontest.Database) string {
	s.t.Helper()
	return s.mustRun("schema", "database_"+db.ID(), "--as", "flink").out
}

// shows waits until the queries of deploy/real/flink-sql have these rows.
func (c *child) shows(want map[int][][]string) {
	c.t.Helper()
	sorted := func(queries map[int][][]string) map[int][][]string {
		for _, rows := range queries {
			slices.SortFunc(rows, slices.Compare)
		}
		return queries
	}
	sorted(want)
	found := map[int][][]string{}
	c.await(c.out, fmt.Sprintf("the rows %v", want), func(line string) bool {
		query, kind, row := flinkChange(c.t, line)
		if kind == "+I" || kind == "+U" {
			found[query] = append(found[query], row)
		} else {
			found[query] = slices.DeleteFunc(found[query], func(other []string) bool { return slices.Equal(other, row) })
		}
		return cmp.Equal(want, sorted(found))
	})
}
