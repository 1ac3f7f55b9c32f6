package state

import (
	"slices"
	"strconv"
	"time"
)

// Meta says what a state topic is. It is written to every partition when the
// topic is created and never again.
type Meta struct {
	Format  int    `json:"format"`
	Shards  int32  `json:"shards"`
	Cluster string `json:"cluster"` // Kafka's cluster id
}

// Owner says who claimed a partition last.
type Owner struct {
	Group    string    `json:"group"`
	Instance string    `json:"instance"`
	Nonce    string    `json:"nonce"` // one claim, so that a process knows its own
	At       time.Time `json:"at"`
}

// Source is what a source was pinned to at its first use.
type Source struct {
	Workspace     string `json:"workspace,omitzero"`      // id; "" where Notion does not tell
	WorkspaceName string `json:"workspace_name,omitzero"` // as it was then
	Bot           string `json:"bot"`                     // id of the connection; "" before the first use
	Paused        bool   `json:"paused,omitzero"`
}

// Database is what discovery knows of one database.
type Database struct {
	Title       string       `json:"title"`
	Created     time.Time    `json:"created"`
	DataSources []DataSource `json:"data_sources"`
	Retrieved   time.Time    `json:"retrieved"` // when it was last read by id, our clock
	InTrash     bool         `json:"in_trash,omitzero"`
	NotFound    time.Time    `json:"not_found,omitzero"` // the first of the retrievals in a row that answered 404
	Gone        bool         `json:"gone,omitzero"`      // and the databases stream has said so
	Owed        bool         `json:"owed,omitzero"`      // what was read last is not in the databases stream yet, or it could not be read
}

// DataSource is one data source of a [Database], as search showed it when the
// database was retrieved: a difference means that it must be read again.
type DataSource struct {
	ID         string    `json:"id"`
	Name       string    `json:"name"`
	LastEdited time.Time `json:"last_edited"`
}

// Topic is where a stream is published, and what is known of the topic.
type Topic struct {
	Name       string          `json:"name"`                // pinned at first sight, without the prefix
	Topic      string          `json:"topic"`               // the whole name, as published to
	ID         string          `json:"id,omitzero"`         // Kafka's topic id
	Partitions int32           `json:"partitions,omitzero"` // pinned: keys stay where they are
	Form       string          `json:"form,omitzero"`       // "json" or "typed"
	Generation int             `json:"generation,omitzero"` // fingerprints of older ones do not count
	Scanned    bool            `json:"scanned,omitzero"`    // the first scan is complete
	Sources    []string        `json:"sources,omitempty"`   // ids of the data sources there were, in the order of their first sight; see [Topic.SourceIndex]
	Offsets    map[int32]int64 `json:"offsets,omitempty"`   // last offset written, by partition
	Left       []string        `json:"left,omitempty"`      // topics it was published to before
	Excluded   Excluded        `json:"excluded,omitempty"`  // never forgotten while their names are in exclude_properties
}

// NoSource is the index of a data source that is not known. No data source has it.
const NoSource = 1<<8 - 1

// SourceIndex is how a [Page] names the data source with this id: by its place in
// Sources, those from [NoSource] on by the next; NoSource for one that is not there.
func (t Topic) SourceIndex(id string) uint16 {
	at := slices.Index(t.Sources, id)
	switch {
	case at < 0 || at >= 1<<16-1:
		return NoSource
	case at >= NoSource:
		at++
	}
	return uint16(at)
}

// SourceID is the id of the data source that a [Page] names so; "" for [NoSource],
// and for what is not there.
func (t Topic) SourceID(index uint16) string {
	at := int(index)
	if at > NoSource {
		at--
	}
	if index == NoSource || at >= len(t.Sources) {
		return ""
	}
	return t.Sources[at]
}

// Excluded are the ids of the properties that are not read, by data source and
// by the name that exclude_properties has for them. A property that is renamed
// keeps its id, and stays out.
type Excluded map[string]map[string][]string

// IDs are the ids of a data source's excluded properties, in no order.
func (e Excluded) IDs(dataSource string) (ids []string) {
	for _, named := range e[dataSource] {
		ids = append(ids, named...)
	}
	return ids
}

// Cursor is how far a data source has been read by edit time.
type Cursor struct {
	Watermark time.Time `json:"watermark"`       // Notion's time: everything edited before it has been read
	Asked     string    `json:"asked,omitempty"` // which properties were read, where not all; see producer
}

// Scan is a full read under way.
type Scan struct {
	Run       string               `json:"run"`
	Sweep     bool                 `json:"sweep,omitzero"` // beside incremental reads
	Republish bool                 `json:"republish,omitzero"`
	Looking   bool                 `json:"looking,omitzero"` // everything is read, and what is missing is being looked at
	Parts     map[string]ScanPart  `json:"parts"`            // by [PartName]
	AsOf      map[string]time.Time `json:"as_of"`            // by data source: Notion's time before its first request
	Asked     map[string]string    `json:"asked,omitempty"`  // by data source: as in [Cursor]
}

// Remaining says in words what a scan under way has left; "" where there is none.
// A part that has not begun is one window.
func (s *Scan) Remaining() string {
	if s == nil {
		return ""
	}
	what := "scan"
	switch {
	case s.Republish:
		what = "republish"
	case s.Sweep:
		what = "sweep"
	}
	windows := 0
	for _, part := range s.Parts {
		if !part.Done {
			windows += max(1, len(part.Left))
		}
	}
	if windows == 0 {
		return what + " under way, looking at what is missing"
	}
	return what + " under way, windows left: " + strconv.Itoa(windows)
}

// ScanPart is how far one pass over a data source has come. The zero value has
// not begun.
type ScanPart struct {
	Left []Window `json:"left,omitempty"` // not read yet
	Done bool     `json:"done,omitzero"`
}

// A Window is a span of created_time: From <= created_time < To, zero times
// setting no bound.
type Window struct {
	From time.Time `json:"from,omitzero"`
	To   time.Time `json:"to,omitzero"`
}

// PartName names one pass of a scan: the live or the archived rows of a data
// source. Notion: query-a-data-source, is_archived.
func PartName(dataSource string, archived bool) string {
	if archived {
		return dataSource + "/archived"
	}
	return dataSource + "/live"
}

// Schedule is when a stream's run or sweep was last started.
type Schedule struct {
	LastStart time.Time `json:"last_start"`
}

// Page is what a stream last published of a page. It is small, because memory
// holds one for every page there is.
type Page struct {
	Hash       uint64 // fingerprint of the content
	Created    uint32 // created_time, minutes since 1970
	Edited     uint32 // last_edited_time, minutes since 1970
	Generation uint16 // of the [Topic] it was published under
	Form       uint8  // version of the fingerprint's canonical form
	Marks      Marks
	Source     uint16 // data source that lists it; see [Topic.SourceIndex]
}

// A PageNote is what is remembered of few pages beside their [Page].
type PageNote struct {
	Listed uint64 // of a page that Notion cut: the fingerprint of what it showed, while Hash is that of the whole
	Stuck  string // why the page cannot be published; "" where it can
	Tries  int    // in how many runs Notion refused to complete it; 0 where that is not what it is stuck for
	Parent string // what it is under, where that is no data source (rows of wikis): kind:id; "" where its parent is one
}

// A NotedPage is a page and its note, as one record of the state topic.
type NotedPage struct {
	Page
	PageNote
}

// Marks are the states a page can be in besides being published.
type Marks uint8

const (
	// Archived pages are listed by Notion only when asked for.
	Archived Marks = 1 << iota
	// Deleted pages are not in the topic, although they were seen: one that is
	// published again is a create.
	Deleted
	// Stuck pages could not be published as they are; see [PageNote].
	Stuck
	// Open pages were completed while the minute of their last edit was not
	// over: they may be edited again without another edit time.
	Open
	// Missing pages were not there when a scan came by. Any later sighting takes
	// the mark away.
	Missing
	// Held pages are missing, and wait for a person to say that they are gone.
	Held
)

// Has says whether all of marks are set.
func (m Marks) Has(marks Marks) bool { return m&marks == marks }

// Minutes is a time as a [Page] keeps it, floored to the minute.
func Minutes(t time.Time) uint32 {
	if t.Unix() < 0 {
		return 0
	}
	return uint32(t.Unix() / 60) //nolint:gosec // good until the year 10136
}
