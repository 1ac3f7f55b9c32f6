package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"notion-kafka/notion"
	"notion-kafka/producer"
)

// A finding is one line about a source's connection.
type finding struct {
	level findingLevel
	text  string
}

type findingLevel int

const (
	asWanted findingLevel = iota
	worthKnowing
	toBeFixed
)

// A rightsTrier finds out what a connection may do; *notion.Client is one.
type rightsTrier interface {
	Capabilities(ctx context.Context, whose notion.Bot) (notion.Capabilities, error)
	MayWrite(ctx context.Context) (update, insert notion.Right, err error)
}

// whoseLine says whose workspace it is, and which connection's or person's token. Without
// the right to read users, Notion may show a bot's id alone, of the own bot too.
func whoseLine(whose notion.Bot) string {
	if whose.Name == "" && whose.WorkspaceName == "" {
		return "Notion accepts the token, and does not show the names of its workspace and connection"
	}
	kind := "connection"
	if whose.Person {
		kind = "the personal token of"
	}
	return fmt.Sprintf("workspace %s, %s %s", orUnknown(whose.WorkspaceName), kind, orUnknown(whose.Name))
}

// readingRights says which capabilities to read the connection has, which it lacks, and
// what that costs.
func readingRights(ctx context.Context, src *producer.Source, whose notion.Bot) []finding {
	client, is := src.Notion.(rightsTrier)
	if !is {
		return nil
	}
	all, err := client.Capabilities(ctx, whose)
	return aboutReading(all, whose, err)
}

// aboutReading is what is said of capabilities to read; failed is why they are not known.
func aboutReading(all notion.Capabilities, whose notion.Bot, failed error) []finding {
	if failed != nil {
		return []finding{{worthKnowing, fmt.Sprintf("its capabilities are not known: %v", failed)}}
	}
	var lacks []finding
	if all.ReadContent == notion.Refused {
		lacks = append(lacks, finding{toBeFixed, `it lacks the capability "Read content", so nothing can be read: tick it ` + inSettings(whose)})
	}
	if all.ReadUsers == notion.Refused {
		lacks = append(lacks, finding{worthKnowing, `it lacks the capability "Read user information", so people have ids and no names: ` +
			"if names are wanted in Kafka, choose it " + inSettings(whose)})
	}
	var has []string
	for _, one := range []struct {
		right notion.Right
		what  string
	}{{all.ReadContent, "content"}, {all.ReadUsers, "user information"}, {all.ReadComments, "comments"}} {
		if one.right == notion.Granted {
			has = append(has, one.what)
		}
	}
	line := "it may read " + strings.Join(has, ", ")
	if all.ReadComments == notion.Refused {
		line += "; it may not read comments, which nothing needs yet"
	}
	if len(has) == 0 {
		return lacks
	}
	return append([]finding{{asWanted, line}}, lacks...)
}

// writingRights says whether the connection may write, which a reader should not.
func writingRights(ctx context.Context, src *producer.Source, whose notion.Bot) []finding {
	client, is := src.Notion.(rightsTrier)
	if !is {
		return nil
	}
	update, insert, err := client.MayWrite(ctx)
	return aboutWriting(update, insert, whose, err)
}

// aboutWriting is what is said of rights to write; failed is why they are not known.
func aboutWriting(update, insert notion.Right, whose notion.Bot, failed error) []finding {
	if failed != nil {
		return []finding{{worthKnowing, fmt.Sprintf("whether it may write is not known: %v", failed)}}
	}
	var may []string
	if update == notion.Granted {
		may = append(may, `"Update content"`)
	}
	if insert == notion.Granted {
		may = append(may, `"Insert content"`)
	}
	switch {
	case len(may) > 0 && whose.Person:
		return []finding{{worthKnowing, "it seems to be allowed to change what its person may change, and notion-kafka only reads: use the token of a connection that may only read"}}
	case len(may) > 0:
		return []finding{{worthKnowing, fmt.Sprintf("it seems to be allowed to write (%s), and notion-kafka only reads: untick that %s", strings.Join(may, ", "), inSettings(whose))}}
	case update == notion.Refused && insert == notion.Refused:
		return []finding{{asWanted, "it may not write, as it should be"}}
	}
	return nil
}

// inSettings says where a connection's capabilities are chosen (Notion: capabilities).
func inSettings(whose notion.Bot) string {
	where := "in the connection's settings in Notion, under Capabilities"
	if whose.Public {
		where += ", and then connect the source again"
	}
	return where
}

// shownTitles is how many titles of shared databases are named.
const shownTitles = 3

// sharedDatabases says how many databases are shared with a connection, and names some.
func sharedDatabases(offers []producer.Offer) string {
	var titles []string
	for _, o := range offers {
		if o.DatabaseID != nil && !o.InTrash && o.Problem == "" {
			titles = append(titles, o.Title)
		}
	}
	return sharedLine(titles)
}

// sharedLine says how many databases with these titles are shared, and names some.
func sharedLine(titles []string) string {
	titles = slices.Clone(titles)
	for i, title := range titles {
		titles[i] = orUnknown(title)
	}
	slices.Sort(titles)
	line := fmt.Sprintf("%s shared with it", plural(len(titles), "database"))
	if len(titles) == 0 {
		return line
	}
	line += ": " + strings.Join(titles[:min(len(titles), shownTitles)], ", ")
	if more := len(titles) - shownTitles; more > 0 {
		line += fmt.Sprintf(" and %d more", more)
	}
	return line
}

// aboutConnection says to the person who lists streams whose they are, and what the
// connection may read. Where the streams could not be listed because Notion does not
// answer or refuses the token, there is nothing to say.
func aboutConnection(ctx context.Context, src *producer.Source, failed error) (lines []string) {
	if failed != nil && !errors.Is(failed, producer.ErrNothingShared) && !errors.Is(failed, notion.ErrForbidden) {
		return nil
	}
	whose, err := src.Notion.Me(ctx)
	if err != nil {
		return nil
	}
	lines = append(lines, fmt.Sprintf("source %s: %s", src.Name, whoseLine(whose)))
	for _, one := range readingRights(ctx, src, whose) {
		lines = append(lines, fmt.Sprintf("source %s: %s", src.Name, one.text))
	}
	return lines
}
