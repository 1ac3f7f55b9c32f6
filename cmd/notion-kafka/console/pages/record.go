package pages

import (
	"notion-kafka/cmd/notion-kafka/console/rows"
	"notion-kafka/producer/control"
)

// Record is the page of one record.
type Record struct {
	topicHead
	Record  control.TopicRecord
	Row     rows.Row
	History control.History
}

func (Record) template() string { return "record" }

// NewRecord makes the page of a record. history are the records of its key.
func NewRecord(shell Shell, table control.TableDetail, record control.TopicRecord, history control.History) Record {
	page := Record{topicHead: topicHeadOf(shell, table, ""), Record: record, Row: rows.Of(record.Value), History: history}
	page.Heading = page.Row.Title
	if page.Heading == "" {
		page.Heading = "Record"
	}
	return page
}
