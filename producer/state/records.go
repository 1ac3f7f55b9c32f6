package state

import (
	"slices"
	"strconv"
	"time"
)

// Meta describes the state topic. It is written to every partition when the topic is
// created, and never again.
type Meta struct {
	Format  int    `json:"format"`
	Shards  int32  `json:"shards"`
	Cluster string `json:"cluster"` // Kafka's cluster id
}

// Owner is the instance that claimed a partition last.
type Owner struct {
	Group    string    `json:"group"`
	Instance string    `json:"instance"`
	Nonce    string    `json:"nonce"` // differs in every claim, so that a process recognises its own
	At       time.Time `json:"at"`
}

// Source is what a source was pinned to at its first use.
type Source struct {
	Workspace     string `json:"workspace,omitzero"`      // id; "" if Notion does not report it
	WorkspaceName string `json:"workspace_name,omitzero"` // as it was at the first use
	Bot           string `json:"bot"`                     // id of the connection; "" before the first use
	Paused        bool   `json:"paused,omitzero"`
}

// Database is what discovery knows of one database.
type Database struct {
	Title       string       `json:"title"`
	Icon        string       `json:"icon,omitzero"` // an emoji; "" if it has none, or if its record is of an earlier version
	Created     time.Time    `json:"created"`
	DataSources []DataSource `json:"data_sources"`
	Retrieved   time.Time    `json:"retrieved"` // when it was last retrieved by id, our clock
	InTrash     bool         `json:"in_trash,omitzero"`
	NotFound    time.Time    `json:"not_found,omitzero"` // when the first of the retrievals in a row that got 404 was
	Gone        bool         `json:"gone,omitzero"`      // the databases stream has published that the database is gone
	Owed        bool         `json:"owed,omitzero"`      // the last retrieval failed, or its result is not in the databases stream yet
}

// DataSource is one data source of a [Database], as search showed it when the database
// was retrieved. If search shows something else now, the database is retrieved again.
type DataSource struct {
	ID         string    `json:"id"`
	Name       string    `json:"name"`
	LastEdited time.Time `json:"last_edited"`
}

// Topic is where a stream is published, and what is known of the topic.
type Topic struct {
	Name         string          `json:"name"`                // pinned at first sight, without the prefix
	Topic        string          `json:"topic"`               // the whole name, as published to
	ID           string          `json:"id,omitzero"`         // Kafka's topic id
	Partitions   int32           `json:"partitions,omitzero"` // pinned: keys stay where they are
	Form         string          `json:"form,omitzero"`       // "json" or "typed"
	Generation   int             `json:"generation,omitzero"` // fingerprints of older ones do not count
	Scanned      bool            `json:"scanned,omitzero"`    // the first scan is complete
	Sources      []string        `json:"sources,omitempty"`   // ids of the data sources there were, in the order of their first sight; see [Topic.SourceIndex]
	Offsets      map[int32]int64 `json:"offsets,omitempty"`   // last offset written, by partition
	FormerTopics []string        `json:"left,omitempty"`      // topics it was published to before
	Bot          string          `json:"bot,omitzero"`        // the connection whose deletes a person, or a scan that missed nothing, has accepted; "": any
	Excluded     Excluded        `json:"excluded,omitempty"`  // never forgotten while their names are in exclude_properties
}

// NoSource is the index of a data source that is not known. No data source has it.
const NoSource = 1<<8 - 1

// SourceIndex is the number by which a [Page] names the data source with this id: its
// index in Sources, plus one from [NoSource] on; NoSource if it is not in Sources.
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

// SourceID is the id of the data source that a [Page] names by this number; "" for
// [NoSource] and for unknown numbers.
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

// Excluded are the ids of the excluded properties, by data source and by the name in
// exclude_properties. A property that is renamed keeps its id, and stays excluded.
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
	Selection string    `json:"asked,omitempty"` // hash of the properties that were read; "" if all were. See producer
}

// Scan is a full read under way.
type Scan struct {
	Run       string               `json:"run"`
	Sweep     bool                 `json:"sweep,omitzero"` // beside incremental reads
	Republish bool                 `json:"republish,omitzero"`
	Looking   bool                 `json:"looking,omitzero"` // everything is read, and the missing pages are being looked at
	Parts     map[string]ScanPart  `json:"parts"`            // by [PartName]
	AsOf      map[string]time.Time `json:"as_of"`            // by data source: Notion's time before its first request
	Selection map[string]string    `json:"asked,omitempty"`  // by data source, as in [Cursor]
	Bot       string               `json:"bot,omitzero"`     // the connection that began it
}

// Remaining describes what remains of a scan under way; "" for nil. A part that has not
// begun counts as one window.
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
			windows += max(1, len(part.Remaining))
		}
	}
	if windows == 0 {
		return what + " under way, looking at what is missing"
	}
	return what + " under way, windows left: " + strconv.Itoa(windows)
}

// ScanPart is the progress of one pass over a data source. A pass with the zero value has
// not begun.
type ScanPart struct {
	Remaining []Window `json:"left,omitempty"` // not read yet
	Done      bool     `json:"done,omitzero"`
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

// Columns are the typed columns of a stream's topic, in the order of their fields. They
// are written before the registry gets their schema, and only grow.
type Columns struct {
	Topic   string   `json:"topic"` // of another topic they say nothing
	Columns []Column `json:"columns"`
}

// A Column is one column, as the package columns has it.
type Column struct {
	Name   string `json:"name"`
	Type   string `json:"type"`
	Part   string `json:"part,omitzero"`
	ID     string `json:"id"`
	Kind   string `json:"kind"`
	Result string `json:"result,omitzero"`
	Label  string `json:"label"`
	Gone   bool   `json:"gone,omitzero"`
}

// Schedule is when a stream's run or sweep was last started.
type Schedule struct {
	LastStart time.Time `json:"last_start"`
}

// Page is what a stream last published of a page. It is small, because the memory has one
// for every page.
type Page struct {
	Hash       uint64 // fingerprint of the content
	Created    uint32 // created_time, minutes since 1970
	Edited     uint32 // last_edited_time, minutes since 1970
	Generation uint16 // of the [Topic] it was published under
	Form       uint8  // version of the fingerprint's canonical form
	Marks      Marks
	Source     uint16 // data source that lists it; see [Topic.SourceIndex]
}

// A PageNote is what is remembered of few pages in addition to their [Page].
type PageNote struct {
	Listed uint64 // of a page that Notion cut: the fingerprint of what Notion showed; Hash is the fingerprint of the whole page
	Stuck  string // why the page cannot be published; "" if it can
	Tries  int    // in how many runs Notion refused to complete the page; 0 if it is not stuck for that reason
	Parent string // kind:id of a parent that is no data source (rows of wikis); "" if it is one
}

// A NotedPage is a page and its note, as one record of the state topic.
type NotedPage struct {
	Page
	PageNote
}

// Marks are states of a page, of which several can be set.
type Marks uint8

const (
	// Archived pages are in Notion's listings only if the query requests archived pages.
	Archived Marks = 1 << iota
	// Unpublished pages are known, but are not in the topic: if one is published again, that
	// is a create.
	Unpublished
	// Stuck pages could not be published as they are; see [PageNote].
	Stuck
	// Open pages were completed before the minute of their last edit was over: another
	// edit in that minute would have the same edit time.
	Open
	// Missing pages were not found by a scan. Any later sighting removes the mark.
	Missing
	// Held pages are missing, and wait for a person to decide whether they are gone.
	Held
)

// Has reports whether all of marks are set.
func (m Marks) Has(marks Marks) bool { return m&marks == marks }

// onlyIf is the marks if they are set, or else none.
func (m Marks) onlyIf(set bool) Marks {
	if set {
		return m
	}
	return 0
}

// Minutes are the minutes from 1970 to t, rounded down, as a [Page] has them.
func Minutes(t time.Time) uint32 {
	if t.Unix() < 0 {
		return 0
	}
	return uint32(t.Unix() / 60) //nolint:gosec // good until the year 10136
}
