package pages

import (
	"slices"
	"strings"
	"time"

	"notion-kafka/producer/control"
)

// Catalog is the list of all topics.
type Catalog struct {
	Shell
	Filter string // in the topic, the database, the source, its description or a consumer group
	All    int
	Rows   []topicRow
	// Unknown are the reasons why consumers are missing, each once.
	Unknown []string
}

// A topicRow is a topic in the list.
type topicRow struct {
	control.Table
	Name    string
	Changed int // records that were published today
}

func (Catalog) template() string { return "catalog" }

// NewCatalog makes the list of the topics that a filter leaves.
func NewCatalog(shell Shell, tables []control.Table, filter string) Catalog {
	shell.Heading, shell.Section, shell.Live = "Catalog", "catalog", true
	page := Catalog{Shell: shell, Filter: strings.TrimSpace(filter), All: len(tables)}
	for _, table := range tables {
		row := topicRow{Table: table, Name: nameOf(table.Stream, table.Title)}
		if table.Today.Day == shell.Now.UTC().Format(time.DateOnly) {
			row.Changed = changesOf(table.Today) + table.Today.Snapshot
		}
		if !row.fits(page.Filter) {
			continue
		}
		page.Rows = append(page.Rows, row)
		if why := table.Consumers.Unknown; why != "" && !slices.Contains(page.Unknown, why) {
			page.Unknown = append(page.Unknown, why)
		}
	}
	return page
}

func (r topicRow) fits(filter string) bool {
	text := r.Topic + "\n" + r.Title + "\n" + r.Name + "\n" + r.Source + "\n" + r.Description
	for _, group := range r.Consumers.Groups {
		text += "\n" + group.Group
	}
	return strings.Contains(strings.ToLower(text), strings.ToLower(filter))
}

// Of says what the changes of today are.
func (r topicRow) Of() string {
	var parts []string
	for _, part := range []struct {
		n    int
		noun string
	}{{r.Today.Snapshot, "first read"}, {r.Today.Created, "new"}, {r.Today.Updated, "changed"}, {r.Today.Deleted, "deleted"}} {
		if part.n > 0 {
			parts = append(parts, count(part.n)+" "+part.noun)
		}
	}
	return strings.Join(parts, ", ")
}

// Worst is the consumer group that is farthest behind; nil: no group is known.
func (r topicRow) Worst() *control.Consumer {
	if len(r.Consumers.Groups) == 0 {
		return nil
	}
	return &r.Consumers.Groups[0]
}

// ID is the topic as an id of the page: a topic's name has no other characters.
func (r topicRow) ID() string { return "topic-" + safeID(r.Topic) }

// safeID leaves of a text what an id of HTML may have.
func safeID(text string) string {
	return strings.Map(func(r rune) rune {
		if r > ' ' && r < 0x7f && r != '"' && r != '\'' && r != '<' && r != '>' && r != '&' {
			return r
		}
		return '_'
	}, text)
}
