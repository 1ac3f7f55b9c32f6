package pages

import (
	"fmt"

	"notion-kafka/cmd/notion-kafka/console/rows"
	"notion-kafka/producer/control"
)

// Topic is the page of a topic with its records.
type Topic struct {
	topicHead
	Query   TopicQuery
	Sheet   rows.Sheet
	Records []recordRow
	Ops     []string
	Bound   string // what was not looked at; ""
	older   string
}

// A recordRow is a record in the table of its topic.
type recordRow struct {
	toldRecord
	Cells []rows.Cell
}

func (Topic) template() string { return "topic" }

// NewTopic makes the page of a topic's records, the newest first.
func NewTopic(shell Shell, table control.TableDetail, query TopicQuery, page control.RecordPage) Topic {
	if query.View != ViewLog {
		query.View = ViewNow
	}
	made := Topic{topicHead: topicHeadOf(shell, table, "records"), Query: query, Ops: control.Ops}
	if shell.NoContents {
		return made
	}
	made.Live = query.View == ViewLog && query.Before == "" && !query.Filtered() && query.Failed == ""
	made.Bound, made.older = page.Bound, control.FormatBefore(page.Next)
	read := make([]rows.Row, len(page.Records))
	for i, record := range page.Records {
		read[i] = rows.Of(record.Value)
	}
	made.Sheet = rows.NewSheet(read, table.Properties, query.Columns)
	for i, record := range page.Records {
		made.Records = append(made.Records, recordRow{toldRecord: toldRecord{record, read[i]}, Cells: made.Sheet.Cells(i)})
	}
	return made
}

// Older is the address of the next page; "": there is none.
func (t Topic) Older() string {
	if t.older == "" {
		return ""
	}
	return t.At() + t.Query.address(t.Query.View, t.older)
}

// First is the address of the newest records.
func (t Topic) First() string { return t.At() + t.Query.address(t.Query.View, "") }

// As is the address of another view of the same records.
func (t Topic) As(view string) string { return t.At() + t.Query.address(view, "") }

// All is the address of the records without a filter.
func (t Topic) All() string {
	return t.At() + TopicQuery{Columns: t.Query.Columns}.address(t.Query.View, "")
}

// Fullest is the address of the same records with the columns that are chosen without the
// person.
func (t Topic) Fullest() string {
	query := t.Query
	query.Columns = nil
	return t.At() + query.address(query.View, query.Before)
}

// A toldRecord is a record that a page tells of.
type toldRecord struct {
	control.TopicRecord
	Row rows.Row
}

// ID is where the record is, as an id of the page.
func (r toldRecord) ID() string { return fmt.Sprintf("r%d-%d", r.Partition, r.Offset) }

// Op is what the record does to its key.
func (r toldRecord) Op() string { return shortened(plain(r.Headers[headerOp]), 40) }

// Deleted reports whether the record says that its page is deleted.
func (r toldRecord) Deleted() bool { return r.Tombstone() || r.Op() == "delete" }

// Name is the title of the page, also of one that was deleted; "": not known.
func (r toldRecord) Name() string {
	if r.Tombstone() {
		return visible(shortened(plain(r.Was), 120))
	}
	return visible(plain(r.Row.Title))
}

// Place is the key of the record, or where it is if the key cannot be seen.
func (r toldRecord) Place() string {
	if key := visible(plain(r.Key)); key != "" {
		return shortened(key, 60)
	}
	return fmt.Sprintf("partition %d, offset %d", r.Partition, r.Offset)
}

// Other is the beginning of a value that is no record of ours; "": it is one.
func (r toldRecord) Other() string { return visible(shortened(plain(r.Row.Other), 120)) }

// visible is a text that a person sees something of; "" for another.
func visible(text string) string {
	for _, c := range text {
		if isVisible(c) {
			return text
		}
	}
	return ""
}

// Reason is why the page was deleted, in words.
func (r toldRecord) Reason() string {
	given := r.Headers[headerReason]
	if words, known := reasons[given]; known {
		return words
	}
	return shortened(plain(given), 60)
}

// Run is the run that published the record; "": not known.
func (r toldRecord) Run() string { return r.Headers[headerRun] }

// The headers of records (product.md: streams and records).
const (
	headerOp     = "notion-kafka.op"
	headerReason = "notion-kafka.reason"
	headerSource = "notion-kafka.source"
	headerStream = "notion-kafka.stream"
	headerRun    = "notion-kafka.run"
)

// reasons say why a page was deleted.
var reasons = map[string]string{
	"trashed": "it was put into Notion’s trash",
	"moved":   "it was moved to another database",
	"gone":    "it was deleted for good, or is not shared any more",
}
