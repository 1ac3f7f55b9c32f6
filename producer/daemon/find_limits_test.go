package daemon

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"notion-kafka/notion/notiontest"
	"notion-kafka/producer"
	"notion-kafka/producer/control"
)

func TestFindKnowsWhyAPageIsStuck(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		_, huge := w.withOneHugePage()
		s := &search{world: w, owner: w.member("one", byHandOnly, with(producer.Settings{}))}
		defer s.owner.stop()
		s.owner.started()
		s.run(producer.Order{})
		place := s.mustFind(huge).Places[0]
		t.Log(place.Text)
		if place.Answer != control.PageStuck || !strings.Contains(place.Why, "max.message.bytes") || !strings.Contains(place.Text, place.Why) || !place.Published.IsZero() {
			t.Errorf("place: %+v", place)
		}
	})
}

// What Notion cannot be asked is said, and what the state has is told all the same.
func TestFindWithoutNotion(t *testing.T) {
	for name, fail := range map[string]struct {
		how  func(s *search)
		says string
	}{
		"it fails": {func(s *search) {
			for _, id := range append(s.pages, nowhereID) {
				s.notion.FailAlways("pages/"+id, notiontest.Restricted())
			}
		}, "403"},
		"it does not answer": {func(s *search) { s.slow = true }, "Notion did not answer within 12s."},
		"it refuses the token": {func(s *search) {
			s.notion.RevokeToken()
			s.run(producer.Order{})
			s.pass(2 * time.Minute)
			s.run(producer.Order{})
			s.owner.awaits(func(m *control.Memory) bool { state, _ := m.SourceState("acme"); return state.Refused != "" })
		}, "401"},
	} {
		t.Run(name, func(t *testing.T) {
			searching(t, 3, func(s *search) {
				fail.how(s)
				asked, before := time.Now(), s.requestsSent()
				known, unknown := s.mustFind(s.pages[0]), s.mustFind(nowhereID)
				s.t.Log(known.Places[0].Text)
				if sent := s.requestsSent() - before; sent > 0 && fail.says == "401" {
					s.t.Errorf("%d requests with a token that is refused", sent)
				}
				if since := time.Since(asked); since > 25*time.Second {
					s.t.Errorf("two answers took %v", since)
				}
				if len(known.Places) != 1 || known.Places[0].Answer != control.PageCurrent || !strings.Contains(known.Places[0].Text, "as it was last read") || !strings.Contains(known.Places[0].Text, fail.says) {
					s.t.Errorf("of a known page: %+v", known)
				}
				if len(unknown.Places) != 0 || !strings.Contains(unknown.Unasked+".", fail.says) {
					s.t.Errorf("of an unknown page: %+v", unknown)
				}
				if database := s.mustFind(s.tasks.ID()); database.Unasked != "" || database.Places[0].Answer != control.PageDatabase {
					s.t.Errorf("of a database: %+v", database)
				}
				s.slow = false
			})
		})
	}
}

// The next run is named where a trigger starts one.
func TestFindNamesTheNextRun(t *testing.T) {
	searching(t, 3, func(s *search) {
		place := s.mustFind(s.tasks.AddPage("new", nil)).Places[0]
		if place.NextRun.IsZero() || !strings.Contains(place.Text, "The next run is due at "+place.NextRun.Format("2006-01-02 15:04 UTC")) {
			s.t.Errorf("place: %+v", place)
		}
	}, daily)
}

// A page is found while its stream is read for the first time.
func TestFindDuringTheFirstRead(t *testing.T) {
	inWorld(t, notiontest.Options{Latency: slowly}, func(t *testing.T, w *world) {
		s := &search{world: w, owner: w.member("one", byHandOnly, with(producer.Settings{}))}
		defer s.owner.stop()
		s.owner.started()
		db := w.addTasks(2000)
		id := s.owner.mustStart(producer.Order{}).ID
		w.pass(8 * time.Second)
		answers := map[control.FindAnswer]string{}
		for _, page := range []string{db.Pages(notiontest.Live)[0], db.Pages(notiontest.Live)[1999]} {
			for _, place := range s.mustFind(page).Places {
				answers[place.Answer] = place.Text
			}
		}
		if text := answers[control.PageComing]; !strings.Contains(text, "The first read of") || !strings.Contains(text, "A run is reading the stream now") {
			t.Errorf("answers: %v", answers)
		}
		s.owner.finished(id)
	})
}

// A title that exclude_properties keeps back is not shown, and neither is one of a stream
// that is not selected.
func TestFindShowsNoExcludedTitle(t *testing.T) {
	for _, exclude := range [][]string{nil, {"Name"}} {
		t.Run(fmt.Sprint(exclude), func(t *testing.T) {
			inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
				s := &search{world: w, owner: w.member("one", byHandOnly, with(producer.Settings{Exclude: exclude}))}
				defer s.owner.stop()
				s.owner.started()
				s.tasks = w.addTasks(2)
				s.run(producer.Order{})
				for _, page := range []string{s.tasks.Pages(notiontest.Live)[0], s.tasks.AddPage("new", nil)} {
					if shown := s.mustFind(page).Title != ""; shown != (exclude == nil) {
						t.Errorf("title %q with exclude_properties %q", s.mustFind(page).Title, exclude)
					}
				}
			})
		})
	}
	searching(t, 1, func(s *search) {
		if title := s.mustFind(s.private.AddPage("secret", nil)).Title; title != "" {
			s.t.Errorf("title %q of a page that is not selected", title)
		}
	})
}

// Any instance answers, and a question changes nothing.
func TestFindByAnotherInstance(t *testing.T) {
	searching(t, 3, func(s *search) {
		records := len(s.records(tasksTopic))
		other := s.member("two", byHandOnly)
		defer other.stop()
		s.pass(time.Minute)
		found, err := other.Find(s.t.Context(), "acme", s.pages[0])
		if err != nil || found.Places[0].Answer != control.PageCurrent || found.Title != "Task 0" && found.Title != "Task 1" && found.Title != "Task 2" {
			s.t.Errorf("%+v, %v", found, err)
		}
		_, err = other.Find(s.t.Context(), "acme", "no id")
		mustBeKind(s.t, err, control.Invalid, "no id")
		_, err = other.Find(s.t.Context(), "acne", s.pages[0])
		mustBeKind(s.t, err, control.NotFound, "acne")
		if now := len(s.records(tasksTopic)); now != records {
			s.t.Errorf("%d records were published", now-records)
		}
	})
}
