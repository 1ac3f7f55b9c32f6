package control

import (
	"encoding/json"
	"time"
)

// A Table is a topic of the catalog.
type Table struct {
	Topic  string `json:"topic"`
	Source string `json:"source"`
	Stream string `json:"stream"`
	Title  string `json:"title"`
	Icon   string `json:"icon,omitzero"` // the database's emoji; "" where it has none
	URL    string `json:"url,omitzero"`  // of the database at Notion
	Rows   int    `json:"rows"`          // -1: the source's owner did not answer
	// Description is that of the source: of what it is, and whose.
	Description string `json:"description,omitzero"`
	// Typed says that every property has a column of its own. Schema has these columns only in
	// a [TableDetail].
	Typed   bool            `json:"typed,omitzero"`
	Subject string          `json:"subject"`
	Schema  json.RawMessage `json:"schema"`
	// Today is what the runs that ended today (UTC) published, as far back as the history
	// goes.
	Today Day `json:"today"`
	// LastRecord is when Kafka's newest record of the topic was written, the marker of a
	// transaction counted too; zero where the topic is empty or missing, or Kafka did not say.
	LastRecord time.Time `json:"last_record,omitzero"`
	Consumers  Consumers `json:"consumers"`
}

// Consumers are the consumer groups that commit offsets of a topic, as far as the rights
// show them.
type Consumers struct {
	Groups []Consumer `json:"groups"` // the one with the greatest lag first
	// Unknown says why there may be others, or why none are known; "" where the list is
	// whole.
	Unknown string `json:"unknown,omitzero"`
}

// A Consumer is a consumer group of a topic.
type Consumer struct {
	Group   string `json:"group"`
	State   string `json:"state"`   // in Kafka's words, such as Stable or Empty
	Members int    `json:"members"` // of the group, whichever topics they read
	// Lag is how many offsets of the topic, markers of transactions among them, lie behind
	// the group's committed offsets. A partition without a committed offset counts whole.
	Lag int64 `json:"lag"`
}

// A TableDetail is a topic of the catalog with all that is known of it.
type TableDetail struct {
	Table
	// About is the stream as its owner shows it; nil: the owner did not answer.
	About *Stream `json:"about,omitempty"`
	// Kafka is the topic as it is in Kafka; nil: it is missing, or that is not known.
	Kafka *KafkaTopic `json:"kafka,omitempty"`
	// Versions are those of the subject, the newest first. VersionsUnknown says why they are
	// not known; "": they are.
	Versions        []SchemaVersion `json:"versions"`
	VersionsUnknown string          `json:"versions_unknown,omitzero"`
	// DataSources and Properties are those of the database, as the topic of the stream
	// databases last had them; nil where the source does not select that stream.
	DataSources []FoundDataSource `json:"data_sources,omitempty"`
	Properties  []Property        `json:"properties,omitempty"`
}

// A KafkaTopic is how a topic is set up.
type KafkaTopic struct {
	ID         string `json:"id"`
	Partitions int    `json:"partitions"`
	Cleanup    string `json:"cleanup"` // its cleanup.policy; "": it may not be read
}

// A SchemaVersion is a version of a subject.
type SchemaVersion struct {
	Version int             `json:"version"`
	ID      int             `json:"id"`
	Schema  json.RawMessage `json:"schema"`
}

// A Property is a property of a database, from its schema at Notion.
type Property struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	Type string `json:"type"` // in Notion's words
	// RelatedDatabase and RelatedDataSource are what a relation leads to; "" otherwise.
	RelatedDatabase   string `json:"related_database,omitzero"`
	RelatedDataSource string `json:"related_data_source,omitzero"`
	// RelatedTopic is the topic of that database; "" where no stream publishes it.
	RelatedTopic string `json:"related_topic,omitzero"`
}

// A TopicRecord is a record of a topic of the catalog, decoded.
type TopicRecord struct {
	Topic     string            `json:"topic"`
	Partition int32             `json:"partition"`
	Offset    int64             `json:"offset"`
	Timestamp time.Time         `json:"timestamp"`
	Key       string            `json:"key"`
	Headers   map[string]string `json:"headers"`
	// Value is the decoded value; null for a tombstone, and where Error says why it is not
	// there.
	Value json.RawMessage `json:"value"`
	Error string          `json:"error,omitempty"`
	// Raw are the bytes of a value that could not be decoded.
	Raw []byte `json:"raw,omitempty"`
	// Schema is the registry's id of the schema that the value was written with; 0: none.
	Schema int `json:"schema_id,omitzero"`
	// Was is the title that an earlier record of the key had, of a tombstone whose earlier
	// record was found; "" otherwise.
	Was string `json:"was,omitzero"`
}

// Tombstone reports whether the record deletes its key.
func (r TopicRecord) Tombstone() bool { return string(r.Value) == "null" && r.Error == "" }

// Ops are the values of the header notion-kafka.op.
var Ops = []string{"snapshot", "create", "update", "delete"}

// A RecordQuery chooses records of a topic.
type RecordQuery struct {
	Limit int // at most so many
	// Before has for a partition the offset before which to look, and for [EveryPartition]
	// that of those that are not named. Others are read from their end.
	Before map[int32]int64
	// Now takes one record a key, its last one, and leaves out keys whose last one is a
	// tombstone.
	Now  bool
	Key  string // only this key; "": any
	Op   string // only with this notion-kafka.op; "": any
	Text string // only records whose key, headers or decoded value contain it, whatever its case; "": any
}

// A RecordPage are the records that a query found, the newest first.
type RecordPage struct {
	Records []TopicRecord
	// Next is Before of the query for older records; nil: there are none.
	Next map[int32]int64
	// Searched is how many committed records were looked at.
	Searched int
	// Bound says in a sentence what was not looked at, because a query looks at a bounded
	// number of records; "": nothing was left out.
	Bound string
}

// A Version is a record of a key, and what it changed.
type Version struct {
	TopicRecord
	// Changes are the differences from the record before it of the same key, none where it was
	// published again; nil for the first one that was found, for a tombstone and after one, and
	// beside one that could not be decoded.
	Changes []Change `json:"changes,omitzero"`
}

// A Change is a property, or a field of the envelope, that differs between two records of
// a key.
type Change struct {
	// Property is the name, and ID Notion's id; of a field of the envelope ID is "".
	Property string `json:"property"`
	ID       string `json:"id,omitzero"`
	Type     string `json:"type,omitzero"` // Notion's, as it is after the change; of what is gone, as it was
	// RenamedFrom is the property's name before the change; "" where it kept its name. Where
	// the name alone changed, Before equals After.
	RenamedFrom string `json:"renamed_from,omitzero"`
	// Before and After are the values as JSON; null where there was none, or is none now.
	Before json.RawMessage `json:"before"`
	After  json.RawMessage `json:"after"`
}

// A History are the records of a key.
type History struct {
	Key      string
	Versions []Version // the newest first
	Bound    string    // as in [RecordPage]
}

// A Snippet is a program or statement that reads a topic.
type Snippet struct {
	Name     string // tail, kcat, flink, ksqldb, go or python
	Title    string
	Language string // sh, sql, go or python
	Text     string
	// Notes say what it needs, and what it cannot do; a sentence each.
	Notes []string
}
