package control

import (
	"slices"
	"time"
)

// A Finding says where a page of Notion is, or why it is not in Kafka.
type Finding struct {
	// ID is the id that was asked for, dashed and in lower case.
	ID string `json:"id"`
	// Answer is the best of the places, or what is known without one.
	Answer FindAnswer `json:"answer"`
	// Text says it to a person in one or two sentences: what is so, and what to do.
	Text string `json:"text"`
	// Title and URL are as Notion or the last record has them; "" where neither was asked,
	// or knows.
	Title string `json:"title,omitzero"`
	URL   string `json:"url,omitzero"`
	// Places are the sources that know something of it, the best first.
	Places []Place `json:"places"`
	// Silent are the sources whose owner did not answer, each with the reason: what was not
	// found may be there.
	Silent []SilentSource `json:"silent,omitempty"`
}

// A SilentSource is a source that could not be asked.
type SilentSource struct {
	Source string `json:"source"`
	Error  string `json:"error"`
}

// A FindAnswer is why a page is in Kafka or not, in one word.
type FindAnswer string

// The answers. Of several places, the one that is first here counts.
const (
	PageStuck       FindAnswer = "stuck"        // it cannot be published; Why says why
	PageHeld        FindAnswer = "held"         // its delete waits for a person
	PageBehind      FindAnswer = "behind"       // it is in the topic, and was edited, trashed or deleted since: a run brings that
	PageCurrent     FindAnswer = "current"      // it is in the topic as Notion has it, or as it was last read
	PageComing      FindAnswer = "coming"       // newer than the cursor, or its stream's first read has not reached it
	PageMoved       FindAnswer = "moved"        // it moved elsewhere in Notion, and the topic still has it: the next scan deletes it there
	PageDeleted     FindAnswer = "deleted"      // its last record deletes it
	PageTrashed     FindAnswer = "trashed"      // in Notion's trash, and the topic does not have it
	PageNotRead     FindAnswer = "not_read"     // its data source or database is not read: paused, failing, unreadable; Why says why
	PageDatabase    FindAnswer = "database"     // the id is that of a database or data source
	PageNotSelected FindAnswer = "not_selected" // its database is shared, or is what was asked for, and no rule selects it
	PageNoRow       FindAnswer = "no_row"       // shared, but a page outside of databases, or a block
	PageNotShared   FindAnswer = "not_shared"   // no connection sees it: not shared, deleted for good, or in another workspace
	PageUnknown     FindAnswer = "unknown"      // not all could be asked
)

// findAnswers are the answers in the order of their strength: what a person has to do
// something about, what is in a topic, what will be, what was, and why it is in none.
var findAnswers = []FindAnswer{
	PageStuck, PageHeld, PageBehind, PageCurrent, PageComing, PageMoved, PageDeleted, PageTrashed,
	PageNotRead, PageDatabase, PageNotSelected, PageNoRow, PageNotShared, PageUnknown,
}

// Compare is negative if a counts more than b, and positive if b does.
func (a FindAnswer) Compare(b FindAnswer) int {
	return slices.Index(findAnswers, a) - slices.Index(findAnswers, b)
}

// Words is the answer for people: in pages and commands alike.
func (a FindAnswer) Words() string {
	switch a {
	case PageStuck:
		return "Stuck"
	case PageHeld:
		return "Delete held back"
	case PageBehind:
		return "In Kafka, changed since"
	case PageCurrent:
		return "In Kafka"
	case PageComing:
		return "Not read yet"
	case PageMoved:
		return "Moved away"
	case PageDeleted:
		return "Deleted"
	case PageTrashed:
		return "In Notion's trash"
	case PageNotRead:
		return "Not being read"
	case PageNotSelected:
		return "Not selected"
	case PageNoRow:
		return "Not a row"
	case PageDatabase:
		return "A database"
	case PageNotShared:
		return "Not shared"
	case PageUnknown:
		return "Unknown"
	}
	return string(a)
}

// A SourceFinding is what the owner of a source knows of a page.
type SourceFinding struct {
	Places []Place `json:"places"`
	Title  string  `json:"title,omitzero"` // of the page, as Notion has it; "" where it is excluded, or Notion was not asked
	// Unasked says in a sentence why Notion was not asked, or did not answer; "": it did.
	Unasked string `json:"unasked,omitzero"`
	// Topics are where records of the page may be: the topics of its places if one of them
	// has the page, else some topics of the source, because what a deleted page left behind
	// is known only there. Unlisted is how many others the source has.
	Topics   []SearchedTopic `json:"topics"`
	Unlisted int             `json:"unlisted_topics,omitzero"`
}

// A SearchedTopic is a topic in which the records of a page would be.
type SearchedTopic struct {
	Stream    string `json:"stream"`
	Title     string `json:"title"` // of the stream's database
	Topic     string `json:"topic"`
	Partition int32  `json:"partition"` // in which they would be, or [EveryPartition]
}

// A Place is what one source knows of a page.
type Place struct {
	Source string     `json:"source"`
	Stream string     `json:"stream,omitzero"`
	Title  string     `json:"title,omitzero"` // of the stream's database
	Topic  string     `json:"topic,omitzero"`
	Answer FindAnswer `json:"answer"`
	// Text says it to a person: what is so, and what to do.
	Text string `json:"text"`
	Why  string `json:"why,omitzero"` // a reason that a run told, such as that of a stuck page
	// Published is the last_edited_time of the last version that was published; Edited is
	// Notion's now, zero where Notion was not asked; ReadUpTo is the cursor of its data
	// source. All are Notion's time.
	Published time.Time `json:"published,omitzero"`
	Edited    time.Time `json:"edited,omitzero"`
	ReadUpTo  time.Time `json:"read_up_to,omitzero"`
	NextRun   time.Time `json:"next_run,omitzero"`
	// Record is the last record of the page in the topic; nil: none was found among those
	// that are searched.
	Record *FoundRecord `json:"record,omitempty"`
}

// A FoundRecord is where the last record of a page is.
type FoundRecord struct {
	Partition int32     `json:"partition"`
	Offset    int64     `json:"offset"`
	Timestamp time.Time `json:"timestamp"`
	Op        string    `json:"op"` // its notion-kafka.op
	Reason    string    `json:"reason,omitzero"`
	Title     string    `json:"title,omitzero"` // in the record, or in the one before a tombstone
}
