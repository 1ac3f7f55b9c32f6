package daemon

import (
	"slices"
	"time"

	"notion-kafka/notion"
	"notion-kafka/producer"
	"notion-kafka/producer/control"
	"notion-kafka/producer/state"
)

// finding is what is known now: the state may have changed while Notion answered.
func (s *seeker) finding() (found control.SourceFinding) {
	found = control.SourceFinding{Places: []control.Place{}, Unasked: s.unasked}
	defer s.addTopics(&found)
	page := s.found.Page
	if other, is := s.noPage(); is {
		found.Places, found.Unasked = append(found.Places, other), ""
		return found
	}
	traces := s.traces()
	home := homeOf(page, traces)
	for _, one := range traces {
		found.Places = append(found.Places, s.remembered(one, home))
	}
	switch {
	case page == nil || slices.ContainsFunc(traces, func(t trace) bool { return t.stream == home }):
	case home != "":
		found.Places = append(found.Places, s.unread(home))
	case len(traces) == 0:
		found.Places = append(found.Places, s.noRow(page))
	}
	slices.SortStableFunc(found.Places, func(a, b control.Place) int { return a.Answer.Compare(b.Answer) })
	if page != nil && home != "" && s.knowsDatabase(producer.DatabaseOf(home)) {
		found.Title = s.task.TitleOf(home, page)
	}
	return found
}

// homeOf is the stream that a page belongs to now; "" if it is no row of a database, as
// far as Notion and the state tell. The parent of a wiki's row may be a page.
func homeOf(page *notion.Page, traces []trace) string {
	if page == nil || page.Partial && len(traces) == 0 {
		return ""
	}
	if page.DatabaseID != "" {
		return producer.DatabaseStream(page.DatabaseID)
	}
	for _, one := range traces {
		if page.Partial || one.page.Parent != "" && one.page.Parent == producer.ParentOf(page) {
			return one.stream
		}
	}
	return ""
}

// noPage is the place of an id that is none of a page.
func (s *seeker) noPage() (control.Place, bool) {
	if database, dataSource := s.knownDatabase(); database != "" {
		return s.isDatabase(database, dataSource), true
	}
	switch found := s.found; {
	case found.Database != nil:
		return s.isNewDatabase(found.Database.ID, found.Database.TitleText), true
	case found.DataSource != nil:
		return s.isNewDatabase(found.DataSource.DatabaseID, found.DataSource.Name), true
	case found.Block != nil:
		return s.isBlock(found.Block), true
	}
	return control.Place{}, false
}

// A spot is a stream in which a page is, was, or will be.
type spot struct {
	*seeker
	stream control.Stream
	place  control.Place
	edited time.Time // Notion's; zero where Notion does not show the page
}

func (s *seeker) spotOf(stream string) *spot {
	at := &spot{seeker: s, stream: s.described([]string{stream})[0]}
	at.place = control.Place{
		Source: s.task.Name, Stream: stream, Title: control.Shortened(at.stream.Title, longestName), Topic: at.stream.Topic, NextRun: at.stream.NextRun,
	}
	if page := s.found.Page; page != nil && !page.Partial {
		at.edited = page.LastEditedTime
		at.place.Edited = at.edited
	}
	return at
}

// remembered is the place of a page that the state has. home is where the page is now; ""
// if it is in no database, or Notion does not show it.
func (s *seeker) remembered(t trace, home string) control.Place {
	at := s.spotOf(t.stream)
	marks, page := t.page.Marks, s.found.Page
	at.place.ReadUpTo = t.readUpTo
	published := !marks.Has(state.Unpublished)
	if published {
		at.place.Published = minuteOf(t.page.Edited)
	}
	moved := page != nil && !page.InTrash && home != t.stream
	switch {
	case marks.Has(state.Stuck):
		at.isStuck(t.page.Stuck, published)
	case marks.Has(state.Held):
		at.isHeld()
	case s.unasked != "":
		at.wasRead()
	case page == nil, page.InTrash:
		at.isGone(page != nil)
	case moved:
		at.hasMoved(home)
	case page.Partial:
		at.isOnlyID()
	case t.outdated:
		at.isRepublished()
	case state.Minutes(page.LastEditedTime) > t.page.Edited:
		at.isBehind()
	default:
		at.isCurrent()
	}
	return at.place
}

// unread is the place of a page that belongs to a stream which has not read it.
func (s *seeker) unread(home string) control.Place {
	page, id := s.found.Page, producer.DatabaseOf(home)
	if !s.knowsDatabase(id) {
		return s.inNewDatabase(id)
	}
	at := s.spotOf(home)
	at.place.ReadUpTo = s.watermark(home, page.DataSourceID)
	known := s.database(id)
	switch why := at.blocked(); {
	case !at.stream.Enabled:
		at.isNotSelected()
	case known.InTrash:
		at.isNotRead("the database is in Notion's trash", "Restore it in Notion")
	case page.InTrash:
		at.isTrashed()
	case !known.NotFound.IsZero():
		at.isNotRead("Notion does not show the database any more", "Share it with the connection again")
	case why.text != "":
		at.isNotRead(why.text, why.advice)
	case !at.stream.Scanned:
		at.isBeforeScan()
	case at.place.ReadUpTo.IsZero() || !page.LastEditedTime.Before(at.place.ReadUpTo):
		at.isNewer()
	default:
		at.isPassedOver(page.IsArchived)
	}
	return at.place
}

func minuteOf(minutes uint32) time.Time {
	if minutes == 0 {
		return time.Time{}
	}
	return time.Unix(int64(minutes)*60, 0).UTC()
}
