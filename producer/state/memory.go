package state

import (
	"encoding/hex"
	"fmt"
	"strings"
)

// Memory is the content of one partition of the state topic. It has no lock: the shard
// that holds it guards it.
type Memory struct {
	Meta    *Meta  // nil before the partition was initialised
	Owner   *Owner // nil before the first claim
	sources map[string]*SourceMemory
}

// SourceMemory is what is remembered of one source.
type SourceMemory struct {
	Source    *Source // nil before its first use
	Databases map[string]Database
	streams   map[string]*StreamMemory
}

// StreamMemory is what is remembered of one stream.
type StreamMemory struct {
	Topic    *Topic            // nil before the stream was first seen
	Cursors  map[string]Cursor // by data source
	Scan     *Scan             // nil unless one is under way
	Pages    map[PageID]Page
	Notes    map[PageID]PageNote // of the few pages that have one
	Schedule map[string]Schedule // by job
	Columns  *Columns            // nil unless the stream was published with typed columns

	Counts Counts         // of Pages
	HeldIn map[uint16]int // held pages, by the number of their data source (see [Topic.SourceID]); nil or without an entry: none
}

// Counts are numbers of a stream's pages. Every record updates them, so that no caller
// has to loop over all pages of a large stream.
type Counts struct {
	Published int // pages that the topic has
	Expected  int // pages that should be in Notion as far as we know: see [Page.Expected]
	Held      int
	Stuck     int
}

// Expected reports whether a page should be in Notion as far as we know: the topic has
// the page, or the page waits to be published.
func (p Page) Expected() bool { return !p.Marks.Has(Unpublished) || p.Marks.Has(Stuck) }

// count adds a page to the counts n times, or takes it away with n = -1.
func (c *Counts) count(page Page, n int) {
	if !page.Marks.Has(Unpublished) {
		c.Published += n
	}
	if page.Expected() {
		c.Expected += n
	}
	if page.Marks.Has(Held) {
		c.Held += n
	}
	if page.Marks.Has(Stuck) {
		c.Stuck += n
	}
}

// count adds a page to the stream's counts n times, or takes it away with n = -1.
func (s *StreamMemory) count(page Page, n int) {
	s.Counts.count(page, n)
	if !page.Marks.Has(Held) {
		return
	}
	if s.HeldIn == nil {
		s.HeldIn = map[uint16]int{}
	}
	if s.HeldIn[page.Source] += n; s.HeldIn[page.Source] == 0 {
		delete(s.HeldIn, page.Source)
	}
}

// PageID is a UUID in 16 bytes.
type PageID [16]byte

// ParsePageID reads a dashed UUID.
func ParsePageID(id string) (PageID, error) {
	var out PageID
	if len(id) != 36 || id[8] != '-' || id[13] != '-' || id[18] != '-' || id[23] != '-' {
		return out, fmt.Errorf("%q is not a dashed UUID", id)
	}
	if _, err := hex.Decode(out[:], []byte(id[:8]+id[9:13]+id[14:18]+id[19:23]+id[24:])); err != nil {
		return out, fmt.Errorf("%q is not a UUID: %w", id, err)
	}
	return out, nil
}

// String is the id with dashes and in lower case, as Notion writes it.
func (id PageID) String() string {
	h := hex.EncodeToString(id[:])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

// NewMemory is the memory of an empty partition.
func NewMemory() *Memory { return &Memory{sources: map[string]*SourceMemory{}} }

// Sources lists the names of the known sources, in no order.
func (m *Memory) Sources() []string {
	names := make([]string, 0, len(m.sources))
	for name := range m.sources {
		names = append(names, name)
	}
	return names
}

// Source is the memory of a source; empty if nothing is known of it yet.
func (m *Memory) Source(name string) *SourceMemory {
	s, ok := m.sources[name]
	if !ok {
		s = &SourceMemory{Databases: map[string]Database{}, streams: map[string]*StreamMemory{}}
		m.sources[name] = s
	}
	return s
}

// Streams lists the names of the known streams, in no order.
func (s *SourceMemory) Streams() []string {
	names := make([]string, 0, len(s.streams))
	for name := range s.streams {
		names = append(names, name)
	}
	return names
}

// Stream is the memory of a stream; empty if nothing is known of it yet.
func (s *SourceMemory) Stream(name string) *StreamMemory {
	st, ok := s.streams[name]
	if !ok {
		st = &StreamMemory{Cursors: map[string]Cursor{}, Pages: map[PageID]Page{}, Notes: map[PageID]PageNote{}, Schedule: map[string]Schedule{}}
		s.streams[name] = st
	}
	return st
}

// Apply applies one record of the state topic to the memory; a nil value forgets the key.
// It ignores kinds of key that it does not know: a newer minor version may have written
// them. An error leaves the memory unchanged. Apply does not keep the slices.
func (m *Memory) Apply(key, value []byte) error {
	if err := m.apply(string(key), value); err != nil {
		m.dropEmpty(string(key))
		return fmt.Errorf("state record %q: %w", key, err)
	}
	return nil
}

func (m *Memory) apply(key string, value []byte) error {
	kind, _, _ := strings.Cut(key, "/")
	switch kind {
	case kindMeta:
		return set(&m.Meta, value)
	case kindOwner:
		return set(&m.Owner, value)
	case kindSource:
		return withNames(key, 1, func(n []string) error { return set(&m.Source(n[0]).Source, value) })
	case kindDatabase:
		return withNames(key, 2, func(n []string) error { return put(m.Source(n[0]).Databases, n[1], value) })
	case kindTopic:
		return withNames(key, 2, func(n []string) error { return set(&m.stream(n).Topic, value) })
	case kindCursor:
		return withNames(key, 3, func(n []string) error { return put(m.stream(n).Cursors, n[2], value) })
	case kindScan:
		return withNames(key, 2, func(n []string) error { return set(&m.stream(n).Scan, value) })
	case kindColumns:
		return withNames(key, 2, func(n []string) error { return set(&m.stream(n).Columns, value) })
	case kindSchedule:
		return withNames(key, 3, func(n []string) error { return put(m.stream(n).Schedule, n[2], value) })
	case kindPage:
		return withNames(key, 3, func(n []string) error { return m.stream(n).putPage(n[2], value) })
	}
	return nil
}

// dropEmpty removes the source and the stream of a key if nothing is known of them.
func (m *Memory) dropEmpty(key string) {
	names := strings.Split(key, "/")
	if len(names) < 2 || m.sources[names[1]] == nil {
		return
	}
	source := m.sources[names[1]]
	if len(names) > 2 {
		if st := source.streams[names[2]]; st != nil && st.Topic == nil && st.Scan == nil && st.Columns == nil && len(st.Cursors)+len(st.Pages)+len(st.Schedule) == 0 {
			delete(source.streams, names[2])
		}
	}
	if source.Source == nil && len(source.Databases)+len(source.streams) == 0 {
		delete(m.sources, names[1])
	}
}

func (m *Memory) stream(names []string) *StreamMemory { return m.Source(names[0]).Stream(names[1]) }

func (s *StreamMemory) putPage(name string, value []byte) error {
	id, err := ParsePageID(name)
	if err != nil {
		return err
	}
	before, known := s.Pages[id]
	if value == nil {
		if known {
			s.count(before, -1)
		}
		delete(s.Pages, id)
		delete(s.Notes, id)
		return nil
	}
	page, err := decodePage(value)
	if err != nil {
		return err
	}
	if known {
		s.count(before, -1)
	}
	s.count(page.Page, 1)
	s.Pages[id] = page.Page
	if page.PageNote == (PageNote{}) {
		delete(s.Notes, id)
	} else {
		s.Notes[id] = page.PageNote
	}
	return nil
}

func withNames(key string, n int, do func([]string) error) error {
	names, err := split(key, n)
	if err != nil {
		return err
	}
	return do(names)
}

// set replaces what at points to with the decoded value; with nil if the key is forgotten.
func set[T any](at **T, value []byte) error {
	if value == nil {
		*at = nil
		return nil
	}
	v, err := decode[T](value)
	if err != nil {
		return err
	}
	*at = &v
	return nil
}

// put sets or removes one entry of a map.
func put[T any](in map[string]T, name string, value []byte) error {
	if value == nil {
		delete(in, name)
		return nil
	}
	v, err := decode[T](value)
	if err != nil {
		return err
	}
	in[name] = v
	return nil
}
