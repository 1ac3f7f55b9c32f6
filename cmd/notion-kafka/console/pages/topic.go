package pages

import (
	"fmt"
	"net/url"
	"strings"

	"notion-kafka/cmd/notion-kafka/console/rows"
	"notion-kafka/producer/control"
)

// A topicHead is the upper part of the pages of one topic.
type topicHead struct {
	Shell
	control.TableDetail
	Name string
	Tab  string // records, schema or use; "" on the page of a record
}

func topicHeadOf(shell Shell, table control.TableDetail, tab string) topicHead {
	head := topicHead{Shell: shell, TableDetail: table, Name: nameOf(table.Stream, table.Title), Tab: tab}
	head.Heading, head.Section = head.Name, "catalog"
	return head
}

// At is the address of a page of the topic.
func (h topicHead) At(segments ...string) string {
	return h.To(append([]string{"catalog", h.Topic}, segments...)...)
}

// RecordAt is the address of the page of a record.
func (h topicHead) RecordAt(partition int32, offset int64) string {
	return h.At("records", fmt.Sprint(partition), fmt.Sprint(offset))
}

// Newest is the newest version of the schema; nil: it is not known.
func (h topicHead) Newest() *control.SchemaVersion {
	if len(h.Versions) == 0 {
		return nil
	}
	return &h.Versions[0]
}

// SubjectName is the subject of the schema, short where the topic says the rest.
func (h topicHead) SubjectName() string {
	if end, is := strings.CutPrefix(h.Subject, h.Topic); is && end != "" {
		return "…" + shortened(plain(end), 100)
	}
	return shortened(plain(h.Subject), 100)
}

// Link is the address of the database at Notion; "": not known.
func (h topicHead) Link() string { return rows.SecureLink(h.URL) }

// mostInFlow is how many data sources and how many groups are named above a topic.
const mostInFlow = 5

// FirstGroups are the consumer groups that are farthest behind.
func (h topicHead) FirstGroups() []control.Consumer {
	return h.Consumers.Groups[:min(len(h.Consumers.Groups), mostInFlow)]
}

// OtherGroups are the consumer groups that have no room beside them.
func (h topicHead) OtherGroups() []control.Consumer {
	return h.Consumers.Groups[min(len(h.Consumers.Groups), mostInFlow):]
}

// FirstSources are data sources of the database, if it has several.
func (h topicHead) FirstSources() []control.FoundDataSource {
	if len(h.DataSources) < 2 {
		return nil
	}
	return h.DataSources[:min(len(h.DataSources), mostInFlow)]
}

// A TopicQuery is what a person chose on the page of a topic, as its address has it.
type TopicQuery struct {
	View    string   // view: now or log
	Op      string   // op: only records with this notion-kafka.op; "": any
	Key     string   // key: only records of this key, or of the page that a link leads to; "": any
	Text    string   // q: only records that contain it; "": any
	Columns []string // col, as often as needed: names of properties; empty: the page chooses
	Before  string   // before: where the page of records begins; "": at the newest
	// Failed is why the records could not be read; "": they were.
	Failed string
}

// The views of a topic.
const (
	ViewNow = "now" // one row a page
	ViewLog = "log" // every record
)

// Filtered reports whether only some of the records are wanted.
func (q TopicQuery) Filtered() bool { return q.Op != "" || q.Key != "" || q.Text != "" }

// address is the query, as part of an address, with another view or place.
func (q TopicQuery) address(view, before string) string {
	values := url.Values{"view": {view}}
	for name, value := range map[string]string{"op": q.Op, "key": q.Key, "q": q.Text, "before": before} {
		if value != "" {
			values.Set(name, value)
		}
	}
	if len(q.Columns) > 0 {
		values["col"] = q.Columns
	}
	return "?" + values.Encode()
}
