package producer

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"notion-kafka/notion"
)

// ErrNothingShared reports that a connection works but sees no database.
var ErrNothingShared = errors.New("no database is shared with")

// nothingShared is the error of a source that sees no database: with which connection
// they are to be shared, and how. onlyIDs are data sources of which Notion shows no more.
func (t *Task) nothingShared(ctx context.Context, onlyIDs []string) error {
	whose, err := t.Notion.Me(ctx)
	if err != nil {
		whose = notion.Bot{} // the text does without its name
	}
	return fmt.Errorf("source %s: %w", t.Name, NothingShared(whose, onlyIDs))
}

// NothingShared is an [ErrNothingShared] that says with which connection databases are to be
// shared, and how. onlyIDs are data sources of which Notion shows no more.
func NothingShared(whose notion.Bot, onlyIDs []string) error {
	also := ""
	if len(onlyIDs) > 0 {
		also = ". " + OnlyIDs(onlyIDs)
	}
	return fmt.Errorf("%w %s%s", ErrNothingShared, howToShare(whose), also)
}

// howToShare names a connection and says step by step how databases are shared with it
// (Notion: authorization). Only the person who authorised a public connection can add to
// what it sees, and a personal token sees what its person sees.
func howToShare(whose notion.Bot) string {
	if whose.Person {
		return fmt.Sprintf("%s, whose personal token this is: in Notion, let this person into a database, "+
			"or use the token of a connection that databases are shared with", cmp.Or(whose.Name, "the person"))
	}
	name := "the connection"
	if whose.Name != "" {
		name = fmt.Sprintf("the connection %q", whose.Name)
	}
	where := name
	if whose.WorkspaceName != "" {
		where += fmt.Sprintf(" of workspace %q", whose.WorkspaceName)
	}
	who := ""
	if whose.Public {
		who = ", as the person who connected it"
	}
	steps := fmt.Sprintf("%s: in Notion%s, (1) open a database, or a page above several, because everything below a page is shared with it; "+
		"(2) choose ••• at the top right, then Connections; (3) choose %s and confirm. New shares can take a minute to show", where, who, name)
	if whose.Public {
		return steps + ". Or connect the source again, and select the databases on Notion's page"
	}
	return steps
}

// nothingSelected is the error of a source of which no rule fits any database: it would read
// nothing for ever. nil: one fits, if only a database in Notion's trash, or one that is
// switched off.
func (t *Task) nothingSelected(f *found, selected map[string]Settings) error {
	if len(selected) > 0 {
		return nil
	}
	var names []string
	for id, db := range f.databases {
		name := DatabaseStream(id)
		_, fits := t.Select(name, id, db.Title)
		if fits || t.SwitchedOff != nil && t.SwitchedOff(name, id, db.Title) {
			return nil
		}
		names = append(names, name)
	}
	if len(names) == 0 {
		return nil // those that are switched off by name are not retrieved
	}
	slices.Sort(names)
	rest := ""
	if more := len(names) - mostNamed; more > 0 {
		names, rest = names[:mostNamed], fmt.Sprintf(" and %d more", more)
	}
	return attention(fmt.Errorf("source %s reads nothing: no rule under streams selects a database that its connection sees, which are %s%s; "+
		"correct the rules (a title is matched as a whole, emoji included), or share the database with the connection",
		t.Name, TitledStreams(names, func(id string) string { return f.databases[id].Title }), rest))
}

// mostNamed is how many databases a message names.
const mostNamed = 10
