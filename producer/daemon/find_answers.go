package daemon

import (
	"fmt"
	"strings"

	"notion-kafka/notion"
	"notion-kafka/producer"
	"notion-kafka/producer/control"
)

func (at *spot) isStuck(why string, published bool) {
	at.place.Why = why
	has := at.topic() + " does not have it."
	if published {
		has = at.topic() + " has an earlier version of it."
	}
	at.says(control.PageStuck, "The page cannot be published: "+said(why), has,
		fmt.Sprintf("Scans and runs by hand try again: mend the reason, then use %s.", at.trigger("")))
}

func (at *spot) isHeld() {
	shows := "Notion does not show it."
	switch page := at.found.Page; {
	case at.unasked != "":
		shows = at.wasNotAsked()
	case page != nil && page.InTrash:
		shows = "Notion has it in its trash."
	case page != nil:
		shows = "Notion shows it now."
	}
	at.says(control.PageHeld,
		fmt.Sprintf("A scan did not find the page, and %d deletes of the stream wait for a person, because they are too many.", at.stream.Held),
		at.topic()+" still has the page.", shows,
		fmt.Sprintf("Look with `notion-kafka deletes show %s %s`, then confirm or dismiss them.", at.task.Name, at.stream.Stream))
}

func (at *spot) wasRead() {
	at.says(control.PageCurrent, fmt.Sprintf("%s has the page as it was last read, edited at %s.", at.topic(), control.Stamp(at.place.Published)),
		at.wasNotAsked(), at.ifBlocked())
}

func (at *spot) isGone(trashed bool) {
	shows := "Notion does not show the page any more: it was deleted for good, or is no longer shared."
	if trashed {
		shows = "Notion has the page in its trash."
	}
	at.says(control.PageBehind, shows, at.topic()+" still has it.", at.nextScan())
}

func (at *spot) hasMoved(home string) {
	to := "The page is below another page now, as rows of wikis may be."
	if home != "" {
		title := at.database(producer.DatabaseOf(home)).Title
		if at.home != nil {
			title = at.home.TitleText
		}
		to = "The page moved to " + titled(title) + "."
	}
	at.says(control.PageMoved, to, at.topic()+" still has it.", at.nextScan())
}

func (at *spot) isOnlyID() {
	at.says(control.PageCurrent, fmt.Sprintf("%s has the page as it was last read, edited at %s.", at.topic(), control.Stamp(at.place.Published)),
		"Notion shows the connection no more than its id now: share the page with the connection.")
}

func (at *spot) isRepublished() {
	at.says(control.PageComing, "The stream begins anew, because it was reset or its topic changed: "+at.stream.Topic+" gets the page once more.", at.next())
}

func (at *spot) isBehind() {
	at.says(control.PageBehind, fmt.Sprintf("The page was edited at %s.", control.Stamp(at.edited)),
		fmt.Sprintf("%s has its version of %s.", at.topic(), control.Stamp(at.place.Published)), at.next())
}

func (at *spot) isCurrent() {
	minute := ""
	if !at.edited.Before(at.place.ReadUpTo) {
		minute = "Notion tells edit times in whole minutes, so an edit later in that minute comes with the next run."
	}
	at.says(control.PageCurrent, fmt.Sprintf("%s has the page as Notion has it, edited at %s.", at.topic(), control.Stamp(at.edited)), minute, at.ifBlocked())
}

func (at *spot) isNotSelected() {
	at.says(control.PageNotSelected, fmt.Sprintf("The page is in %s, which source %s does not select.", titled(at.stream.Title), at.task.Name),
		at.toSelect(at.stream.Stream))
}

func (at *spot) isTrashed() {
	at.says(control.PageTrashed, "Notion has the page in its trash, and the topic does not have it.",
		"Restore it in Notion, and the next scan publishes it.")
}

func (at *spot) isNotRead(why, advice string) {
	at.place.Why = why
	at.says(control.PageNotRead, fmt.Sprintf("The page is in %s, which is not being read: %s", titled(at.stream.Title), said(why)), advice+".")
}

func (at *spot) isBeforeScan() {
	how := ""
	if at.stream.Scanning != "" {
		how = "It is at: " + at.stream.Scanning + "."
	}
	at.says(control.PageComing, fmt.Sprintf("The first read of %s has not reached the page yet.", titled(at.stream.Title)), how, at.next())
}

func (at *spot) isNewer() {
	upTo := "No run has read its data source yet."
	if !at.place.ReadUpTo.IsZero() {
		upTo = "Its data source has been read up to " + control.Stamp(at.place.ReadUpTo) + "."
	}
	at.says(control.PageComing, fmt.Sprintf("The page was edited at %s.", control.Stamp(at.edited)), upTo, at.next())
}

func (at *spot) isPassedOver(archived bool) {
	reason := "It may have been restored, moved or shared since, which changes no edit time."
	if archived {
		reason = "It is archived, and incremental reads do not list archived pages."
	}
	at.says(control.PageComing, fmt.Sprintf("The page was edited at %s, and its data source has been read up to %s without it.", control.Stamp(at.edited), control.Stamp(at.place.ReadUpTo)),
		reason, at.nextScan())
}

// ifBlocked says why changes of a page that the topic has do not come; "" if they do.
func (at *spot) ifBlocked() string {
	switch why := at.blocked(); {
	case why.text == "":
		return ""
	case strings.HasSuffix(at.unasked, why.text): // which the text has already
		return why.advice + "."
	}
	return at.next()
}

func (at *spot) wasNotAsked() string {
	return said(at.unasked)
}

// inNewDatabase is the place of a page whose database the source does not know.
func (s *seeker) inNewDatabase(id string) control.Place {
	at := &spot{seeker: s, edited: s.found.Page.LastEditedTime}
	at.place = control.Place{Source: s.task.Name, Stream: producer.DatabaseStream(id), Edited: at.edited}
	if s.home == nil {
		at.place.Why = "the database is not shared"
		at.says(control.PageNotRead, "Notion shows the page, and does not show its database "+id+".", "Share the database with the connection.")
		return at.place
	}
	at.place.Title = control.Shortened(s.home.TitleText, longestName)
	at.stream = control.Stream{Stream: at.place.Stream, Title: s.home.TitleText}
	settings, selected := s.task.Select(at.place.Stream, id, s.home.TitleText)
	if !selected {
		at.isNotSelected()
		return at.place
	}
	at.stream.NextRun = s.nextOf(at.place.Stream, settings)
	at.place.NextRun = at.stream.NextRun
	if why := at.blocked(); why.text != "" {
		at.isNotRead(why.text, why.advice)
		return at.place
	}
	at.says(control.PageComing, fmt.Sprintf("The page is in %s, which no run has found yet.", titled(s.home.TitleText)), at.next())
	return at.place
}

// noRow is the place of a page that is in no database.
func (s *seeker) noRow(page *notion.Page) control.Place {
	at := &spot{seeker: s, place: control.Place{Source: s.task.Name}}
	if page.Partial {
		at.place.Why = "Notion shows no more than the page's id"
		at.says(control.PageNotRead, "Notion shows the connection no more than the page's id.", "Share the page's database with the connection.")
		return at.place
	}
	at.place.Edited = page.LastEditedTime
	at.says(control.PageNoRow, "The page is not a row of a database, and only rows are published.",
		"A row of a wiki that no run has read yet looks the same.")
	return at.place
}

// isDatabase is the place of a database that the source knows, or of one of its data
// sources.
func (s *seeker) isDatabase(id, dataSource string) control.Place {
	at := s.spotOf(producer.DatabaseStream(id))
	what := "The id is that of " + titled(at.stream.Title)
	if dataSource != "" {
		what = fmt.Sprintf("The id is that of data source %q of %s", control.Shortened(dataSource, longestName), titled(at.stream.Title))
	}
	switch {
	case !at.stream.Enabled:
		at.says(control.PageNotSelected, fmt.Sprintf("%s, which source %s does not select.", what, s.task.Name), s.toSelect(at.stream.Stream))
	case at.stream.Topic == "":
		at.says(control.PageDatabase, what+", which no run has read yet.", at.next())
	default:
		at.says(control.PageDatabase, fmt.Sprintf("%s, whose pages are in topic %s.", what, at.stream.Topic), "Paste the link of a page to find that.")
	}
	return at.place
}

// isNewDatabase is the place of a database that no run has found, or of its data source.
func (s *seeker) isNewDatabase(database, title string) control.Place {
	at := &spot{seeker: s, place: control.Place{Source: s.task.Name, Title: control.Shortened(title, longestName)}}
	what := "The id is that of " + titled(title)
	if _, selected := s.task.Select(producer.DatabaseStream(database), database, title); !selected {
		at.says(control.PageNotSelected, fmt.Sprintf("%s, which source %s does not select.", what, s.task.Name), s.toSelect(producer.DatabaseStream(database)))
		return at.place
	}
	at.says(control.PageDatabase, what+", which no run has found yet.", "The next run finds it.")
	return at.place
}

func (s *seeker) isBlock(block *notion.Block) control.Place {
	at := &spot{seeker: s, place: control.Place{Source: s.task.Name}}
	of := "Paste the link of its page."
	if block.PageID != "" {
		of = "Look for its page " + block.PageID + "."
	}
	at.says(control.PageNoRow, fmt.Sprintf("The id is that of a block, a part of a page's body (%s).", control.Shortened(block.Type, longestName)), of)
	return at.place
}
