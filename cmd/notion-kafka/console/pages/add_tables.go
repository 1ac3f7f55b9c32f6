package pages

import (
	"cmp"
	"strings"

	"golang.org/x/text/unicode/norm"

	"notion-kafka/cmd/notion-kafka/console/draft"
	"notion-kafka/producer/control"
)

// AddTables is the third step: the topics and how they are read.
type AddTables struct {
	addStep
	Rows    []tableRow
	Sync    string
	Exclude string // one name a line
	// Unknown are excluded properties that no chosen database has.
	Unknown []string
	// Further says that the further settings are shown: one of them is wrong.
	Further bool
}

// A tableRow is a stream and its topic.
type tableRow struct {
	control.ReviewedTable
	Name  string // of the database
	After string // the topic's name behind the prefix
	Whole bool   // the topic does not begin with the prefix
	Wrong string // why it cannot get this topic; "" if it can
	Mode  string // what is wrong with its mode; "": nothing
	Kafka string // what there is in Kafka; "": nothing
	Warns bool   // Kafka is a warning
}

func (AddTables) template() string { return "add_tables" }

// NewAddTables makes the page.
func NewAddTables(shell Shell, d control.Draft, spec draft.Spec, review control.Review) *AddTables {
	page := &AddTables{addStep: stepOf(shell, d, spec, review, StepTables), Sync: cmp.Or(spec.Sync, "incremental")}
	if spec.ExcludeProperties != nil {
		page.Exclude = strings.Join(*spec.ExcludeProperties, "\n")
	}
	page.Unknown = unknownProperties(d, spec, review)
	page.Further = len(page.Unknown) > 0
	for _, field := range []string{"deletes", "exclude"} {
		page.Further = page.Further || page.FaultOf(field) != ""
	}
	for _, table := range review.Tables {
		if table.Enabled {
			page.Rows = append(page.Rows, page.row(table))
		}
	}
	return page
}

func (p AddTables) row(table control.ReviewedTable) tableRow {
	row := tableRow{ReviewedTable: table, Name: nameOf(table.Stream, table.Title), Mode: p.FaultOf("m-" + table.Stream)}
	row.After, row.Whole = strings.TrimPrefix(table.Topic, p.Prefix()), !strings.HasPrefix(table.Topic, p.Prefix()) && table.Topic != ""
	if row.Wrong = p.FaultOf("n-" + table.Stream); table.Problem != "" {
		row.Wrong = ended(table.Problem)
	}
	row.Kafka, row.Warns = inKafka(table, p.Draft.Source)
	return row
}

// inKafka says what there is of a table's topic in Kafka, and whether that is a reason to
// think twice. source is the one that is changed; "" for a new one.
func inKafka(table control.ReviewedTable, source string) (text string, warns bool) {
	topic := table.Existing
	switch {
	case topic == nil:
		return "", false
	case topic.Stream != "" && topic.Stream != source+"/"+table.Stream:
		return "This topic exists, and " + topic.Stream + " publishes to it.", true
	}
	text = "This topic exists: " + some(topic.Partitions, "partition") + ", cleanup " + cmp.Or(topic.Cleanup, "unknown") + "."
	if topic.Cleanup != "" && !strings.Contains(topic.Cleanup, "compact") {
		return text + " Kafka deletes its old records, also those of pages that still exist: cleanup compact keeps the last one of each page.", true
	}
	return text, false
}

// Keeps says which form of the properties the row's topic keeps; "" where both can be chosen,
// and where what is wrong says it.
func (r tableRow) Keeps() string {
	switch {
	case r.Published == "" || r.Typed != (r.Published == "typed"):
		return ""
	case r.Typed:
		return "published with typed columns; JSON alone needs another topic"
	}
	return "published as JSON; typed columns need another topic"
}

// IsList reports whether the row is that of the list of databases, which has no mode.
func (r tableRow) IsList() bool { return r.Stream == "databases" }

// unknownProperties returns the excluded properties whose name no chosen database has.
// They may be ids, which a discovery does not show. nil: all are known, or the properties
// of a database are not.
func unknownProperties(d control.Draft, spec draft.Spec, review control.Review) (unknown []string) {
	if d.Found == nil || spec.ExcludeProperties == nil {
		return nil
	}
	chosen, names := map[string]bool{}, map[string]bool{}
	for _, table := range review.Tables {
		chosen[table.Stream] = table.Enabled
	}
	for _, found := range d.Found.Databases {
		if !chosen[found.Stream] {
			continue
		}
		if len(found.Properties) == 0 {
			return nil
		}
		for _, name := range found.Properties {
			names[norm.NFC.String(name)] = true
		}
	}
	for _, name := range *spec.ExcludeProperties {
		if !names[norm.NFC.String(name)] {
			unknown = append(unknown, name)
		}
	}
	return unknown
}
