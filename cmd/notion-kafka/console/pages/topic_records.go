package pages

import (
	"fmt"

	"notion-kafka/cmd/notion-kafka/console/rows"
	"notion-kafka/producer/control"
)

// Topic is the page of a topic with its records.
type Topic struct {
	topicHead
	Query TopicQuery
	Sheet rows.Sheet
	Rows  []recordRow
	Ops   []string
	Bound string // what was not looked at; ""
	older string
}

// A recordRow is a record in the table of its topic.
type recordRow struct {
	control.TopicRecord
	Row   rows.Row
	Cells []rows.Cell
}

func (Topic) template() string { return "topic" }

// ops are the values of notion-kafka.op.
var ops = []string{"snapshot", "create", "update", "delete"}

// NewTopic makes the page of a topic's records, the newest first.
func NewTopic(shell Shell, table control.TableDetail, query TopicQuery, page control.RecordPage) Topic {
	if query.View != ViewLog {
		query.View = ViewNow
	}
	made := Topic{topicHead: topicHeadOf(shell, table, "records"), Query: query, Ops: ops}
	if shell.NoContents {
		return made
	}
	made.Live = query.View == ViewLog && query.Before == "" && !query.Filtered()
	made.Bound, made.older = page.Bound, control.FormatBefore(page.Next)
	read := make([]rows.Row, len(page.Records))
	for i, record := range page.Records {
		read[i] = rows.Of(record.Value)
	}
	made.Sheet = rows.NewSheet(read, table.Properties, query.Columns)
	for i, record := range page.Records {
		made.Rows = append(made.Rows, recordRow{record, read[i], made.Sheet.Cells(i)})
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

// ID is where the record is, as an id of the page.
func (r recordRow) ID() string { return fmt.Sprintf("r%d-%d", r.Partition, r.Offset) }

// Op is what the record does to its key.
func (r recordRow) Op() string { return plain(r.Headers["notion-kafka.op"]) }

// Name is what the row is called.
func (r recordRow) Name() string {
	switch {
	case r.Tombstone():
		return shortened(plain(r.Was), 120)
	case r.Row.Title != "":
		return plain(r.Row.Title)
	}
	return ""
}

// reasons say why a page was deleted, by notion-kafka.reason.
var reasons = map[string]string{
	"trashed": "put into Notion’s trash",
	"moved":   "moved to another database",
	"gone":    "deleted for good, or not shared any more",
}

// Reason is why the page was deleted, in words.
func (r recordRow) Reason() string {
	given := r.Headers["notion-kafka.reason"]
	if words, known := reasons[given]; known {
		return words
	}
	return shortened(plain(given), 60)
}
