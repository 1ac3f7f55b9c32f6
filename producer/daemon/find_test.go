package daemon

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"notion-kafka/notion/notiontest"
	"notion-kafka/producer"
	"notion-kafka/producer/control"
	"notion-kafka/producer/schedule"
)

// A search is a world in which somebody looks for a page: the pages of Tasks have been
// read, and Private is not selected.
type search struct {
	*world
	owner          *member
	tasks, private *notiontest.Database
	pages          []string
	slow           bool
}

func (s *search) run(order producer.Order) {
	s.t.Helper()
	s.owner.finished(s.owner.mustStart(order).ID)
}

// searching runs a test in such a world. The source runs by hand unless change says
// otherwise.
func searching(t *testing.T, pages int, test func(s *search), change ...func(*producer.Source)) {
	t.Helper()
	s := &search{}
	latency := func(*http.Request) time.Duration {
		if s.slow {
			return time.Minute
		}
		return 0
	}
	inWorld(t, notiontest.Options{Latency: latency}, func(t *testing.T, w *world) {
		s.world = w
		s.private = w.notion.AddDatabase("Private", notiontest.Prop{Name: "Name", Kind: notiontest.KindTitle})
		selects := func(src *producer.Source) {
			settings := producer.Settings{Overlap: 2 * time.Minute, MaxDeleteRatio: 0.5, Sweep: schedule.Every{Interval: 24 * time.Hour}}
			src.Select = func(_, _, title string) (producer.Settings, bool) { return settings, title != "Private" }
		}
		s.owner = w.member("one", append([]func(*producer.Source){byHandOnly, selects}, change...)...)
		defer func() { s.owner.stop() }()
		s.owner.started()
		s.tasks = w.addTasks(pages)
		s.run(producer.Order{})
		s.pages = s.tasks.Pages(notiontest.Live)
		w.pass(10 * time.Minute)
		test(s)
	})
}

func (s *search) mustFind(id string) control.SourceFinding {
	s.t.Helper()
	found, err := s.owner.Find(s.t.Context(), "acme", id)
	if err != nil {
		s.t.Fatal(err)
	}
	return found
}

const nowhereID = "00000000-0000-4000-8000-000000000000"

// Each of the questions that people ask is answered with its reason. No answer sends
// more than five requests.
func TestFindSaysWhereAPageIsOrWhyNot(t *testing.T) {
	const huge = 45 // pages, so that twenty-odd missing ones are held back
	for _, test := range []struct {
		name  string
		pages int
		of    func(s *search) string // changes the world, and returns the id
		want  []control.FindAnswer
		says  []string
	}{
		{"in the topic", 3, func(s *search) string { return s.pages[0] }, []control.FindAnswer{control.PageCurrent}, []string{"as Notion has it", tasksTopic}},
		{"edited since", 3, func(s *search) string {
			s.notion.Edit(s.pages[0], notiontest.Values{"Points": 7})
			return s.pages[0]
		}, []control.FindAnswer{control.PageBehind}, []string{"was edited at", "has its version of", "notion-kafka trigger acme"}},
		{"newer than the cursor", 3, func(s *search) string { return s.tasks.AddPage("new", nil) }, []control.FindAnswer{control.PageComing}, []string{"read up to", "notion-kafka trigger acme"}},
		{"not selected", 3, func(s *search) string { return s.private.AddPage("secret", nil) }, []control.FindAnswer{control.PageNotSelected}, []string{`database "Private"`, "does not select", "- match: database_", "configuration file"}},
		{"not shared", 3, func(s *search) string {
			page := s.tasks.AddPage("new", nil)
			s.notion.UnsharePage(page)
			return page
		}, nil, nil},
		{"nowhere", 3, func(*search) string { return nowhereID }, nil, nil},
		{"held", huge, func(s *search) string {
			for _, id := range s.pages[:30] {
				s.notion.Trash(id)
			}
			s.run(producer.Order{Full: true})
			return s.pages[0]
		}, []control.FindAnswer{control.PageHeld}, []string{"30 deletes", "in its trash", "notion-kafka deletes show acme database_"}},
		{"deleted", 3, func(s *search) string {
			s.notion.Trash(s.pages[0])
			s.run(producer.Order{Full: true})
			return s.pages[0]
		}, []control.FindAnswer{control.PageTrashed}, []string{"in its trash"}},
		{"deleted for good", 3, func(s *search) string {
			s.notion.Trash(s.pages[0])
			s.run(producer.Order{Full: true})
			s.notion.Purge(s.pages[0])
			return s.pages[0]
		}, nil, nil},
		{"trashed, and no scan saw it", 3, func(s *search) string {
			s.notion.Trash(s.pages[0])
			return s.pages[0]
		}, []control.FindAnswer{control.PageBehind}, []string{"in its trash", "still has it", "The next sweep"}},
		{"gone, and no scan saw it", 3, func(s *search) string {
			s.notion.UnsharePage(s.pages[0])
			return s.pages[0]
		}, []control.FindAnswer{control.PageBehind}, []string{"no longer shared", "still has it"}},
		{"trashed before it was read", 3, func(s *search) string {
			page := s.tasks.AddPage("new", nil)
			s.notion.Trash(page)
			return page
		}, []control.FindAnswer{control.PageTrashed}, []string{"in its trash", "Restore it"}},
		{"restored", 3, func(s *search) string {
			s.notion.Trash(s.pages[0])
			s.run(producer.Order{Full: true})
			s.notion.Restore(s.pages[0])
			return s.pages[0]
		}, []control.FindAnswer{control.PageComing}, []string{"may have been restored", "trigger acme --full"}},
		{"archived before it was read", 3, func(s *search) string {
			page := s.tasks.AddPage("new", nil)
			s.notion.Archive(page)
			s.pass(10 * time.Minute)
			s.run(producer.Order{})
			return page
		}, []control.FindAnswer{control.PageComing}, []string{"do not list archived pages"}},
		{"moved to a database that is not selected", 3, func(s *search) string {
			s.notion.Move(s.pages[0], s.private.DataSource())
			return s.pages[0]
		}, []control.FindAnswer{control.PageMoved, control.PageNotSelected}, []string{`moved to database "Private"`, "still has it"}},
		{"moved, and deleted there", 3, func(s *search) string {
			s.notion.Move(s.pages[0], s.private.DataSource())
			s.run(producer.Order{Full: true})
			return s.pages[0]
		}, []control.FindAnswer{control.PageNotSelected}, []string{`database "Private"`}},
		{"moved out of all databases", 3, func(s *search) string {
			s.notion.MoveToPage(s.pages[0])
			return s.pages[0]
		}, []control.FindAnswer{control.PageMoved}, []string{"below another page"}},
		{"a row of a wiki below another page", 3, func(s *search) string {
			s.notion.Nest(s.pages[0], notiontest.ParentPage, s.pages[1])
			s.run(producer.Order{Full: true})
			return s.pages[0]
		}, []control.FindAnswer{control.PageCurrent}, []string{"as Notion has it"}},
		{"never a row", 3, func(s *search) string {
			page := s.tasks.AddPage("new", nil)
			s.notion.MoveToPage(page)
			return page
		}, []control.FindAnswer{control.PageNoRow}, []string{"not a row of a database"}},
		{"a database", 3, func(s *search) string { return s.tasks.ID() }, []control.FindAnswer{control.PageDatabase}, []string{`database "Tasks"`, tasksTopic}},
		{"a data source", 3, func(s *search) string { return s.tasks.DataSource().ID() }, []control.FindAnswer{control.PageDatabase}, []string{`data source "Tasks"`, tasksTopic}},
		{"a database that is new", 3, func(s *search) string { return s.notion.AddDatabase("Later").ID() }, []control.FindAnswer{control.PageDatabase}, []string{`database "Later"`, "no run has found"}},
		{"a database that is new, and not selected", 3, func(s *search) string { return s.notion.AddDatabase("Private").ID() }, []control.FindAnswer{control.PageNotSelected}, []string{`database "Private"`, "does not select", "- match: database_"}},
		{"a page of a new database, paused", 3, func(s *search) string {
			if err := s.owner.Pause(s.t.Context(), "acme"); err != nil {
				s.t.Fatal(err)
			}
			return s.notion.AddDatabase("Later").AddPage("one", nil)
		}, []control.FindAnswer{control.PageNotRead}, []string{`database "Later"`, "source acme is paused"}},
		{"a page of a new database", 3, func(s *search) string { return s.notion.AddDatabase("Later").AddPage("one", nil) }, []control.FindAnswer{control.PageComing}, []string{`database "Later"`, "no run has found"}},
		{"a page of a database that is not shared", 3, func(s *search) string {
			later := s.notion.AddDatabase("Later")
			page := later.AddPage("one", nil)
			s.notion.FailAlways("databases/"+later.ID(), notiontest.NotFound())
			return page
		}, []control.FindAnswer{control.PageNotRead}, []string{"does not show its database", "Share the database"}},
		{"a block", 3, func(s *search) string { return s.notion.AddBlock(s.pages[0]) }, []control.FindAnswer{control.PageNoRow}, []string{"that of a block", "Look for its page"}},
		{"paused", 3, func(s *search) string {
			if err := s.owner.Pause(s.t.Context(), "acme"); err != nil {
				s.t.Fatal(err)
			}
			return s.tasks.AddPage("new", nil)
		}, []control.FindAnswer{control.PageNotRead}, []string{"source acme is paused", "notion-kafka resume acme"}},
		{"edited while it is paused", 3, func(s *search) string {
			if err := s.owner.Pause(s.t.Context(), "acme"); err != nil {
				s.t.Fatal(err)
			}
			s.notion.Edit(s.pages[0], notiontest.Values{"Points": 7})
			return s.pages[0]
		}, []control.FindAnswer{control.PageBehind}, []string{"source acme is paused", "notion-kafka resume acme"}},
		{"failing", 3, func(s *search) string {
			s.notion.FailAlways("data_sources/"+s.tasks.DataSource().ID()+"/query", notiontest.InternalError())
			page := s.tasks.AddPage("new", nil)
			s.run(producer.Order{})
			return page
		}, []control.FindAnswer{control.PageNotRead}, []string{`database "Tasks"`, "its last read failed", "notion-kafka trigger acme"}},
		{"the run fails as a whole", 3, func(s *search) string {
			s.notion.FailAlways("search", notiontest.InternalError())
			page := s.tasks.AddPage("new", nil)
			s.run(producer.Order{})
			return page
		}, []control.FindAnswer{control.PageNotRead}, []string{"the last run of the source failed"}},
		{"the topic was deleted", 3, func(s *search) string {
			s.deleteTopic(tasksTopic)
			page := s.tasks.AddPage("new", nil)
			s.run(producer.Order{})
			return page
		}, []control.FindAnswer{control.PageNotRead}, []string{"it was deleted since", "state reset"}},
		{"the stream begins anew", 3, func(s *search) string {
			if err := s.owner.ResetStream(s.t.Context(), "acme", producer.DatabaseStream(s.tasks.ID()), true); err != nil {
				s.t.Fatal(err)
			}
			return s.pages[0]
		}, []control.FindAnswer{control.PageComing}, []string{"begins anew"}},
		{"only the id is shown", 3, func(s *search) string {
			page := s.tasks.AddPage("new", nil)
			s.notion.RestrictPage(page)
			return page
		}, []control.FindAnswer{control.PageNotRead}, []string{"no more than the page's id"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			searching(t, test.pages, func(s *search) {
				id := test.of(s)
				before := s.requestsSent()
				found := s.mustFind(id)
				if sent := s.requestsSent() - before; sent > 5 {
					s.t.Errorf("%d requests", sent)
				}
				if published := len(found.Places) > 0 && !found.Places[0].Published.IsZero(); len(found.Topics) != 1 || found.Topics[0].Topic != tasksTopic || published && found.Topics[0].Partition != s.partitionOf(id) && test.name != "the stream begins anew" {
					s.t.Errorf("topics to search: %+v", found.Topics)
				}
				var got []control.FindAnswer
				text := found.Unasked
				for _, one := range found.Places {
					got = append(got, one.Answer)
					text += one.Text + " "
				}
				s.t.Logf("%-12v %s", got, text)
				if !slices.Equal(got, test.want) || found.Unasked != "" {
					s.t.Errorf("answers %v (%s), want %v", got, found.Unasked, test.want)
				}
				for _, want := range test.says {
					if !strings.Contains(text, want) {
						s.t.Errorf("it does not say %q: %s", want, text)
					}
				}
			})
		})
	}
}

// partitionOf is the partition that has the records of a page.
func (s *search) partitionOf(page string) int32 {
	for _, r := range s.records(tasksTopic) {
		if string(r.Key) == page {
			return r.Partition
		}
	}
	return -1
}
