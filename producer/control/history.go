package control

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/klauspost/compress/s2"
)

// A history holds a source's runs by their slot, compressed: a thousand sources have
// a hundred runs each, with every stream in them, and few are ever looked at.
type history map[int]noted

// noted is a compressed entry with the fields that are needed to find it.
type noted struct {
	outline
	packed []byte // all of it, as compressed JSON
}

func (n noted) entry() Entry {
	value, err := s2.Decode(nil, n.packed)
	if err != nil { // putRun packed it
		panic(err)
	}
	return kept[Entry](value)
}

// An outline holds the fields by which an [Entry] is found.
type outline struct {
	N   int `json:"n"`
	Run struct {
		ID     string `json:"id"`
		Status Status `json:"status"`
	} `json:"run"`

	trigger Trigger
	started int64 // in milliseconds since 1970
}

// A place is the position of a run in the histories.
type place struct {
	source string
	slot   int
}

func (m *Memory) putRun(key string, value []byte) error {
	names, err := split(key, 2)
	if err != nil {
		return err
	}
	at := place{source: names[0]}
	if at.slot, err = strconv.Atoi(names[1]); err != nil {
		return errors.New("its slot is not a number")
	}
	if value == nil {
		m.forgetRun(at)
		return nil
	}
	entry, err := decode[Entry](value)
	if err != nil {
		return err
	}
	if entry.N < 0 || entry.N%HistorySize != at.slot {
		return fmt.Errorf("entry %d does not belong there", entry.N)
	}
	m.forgetRun(at)
	n := noted{packed: slices.Clone(s2.EncodeBetter(nil, value))} // s2's own slice has the capacity for the worst case
	n.N, n.Run.ID, n.Run.Status = entry.N, entry.Run.ID, entry.Run.Status
	n.trigger, n.started = entry.Run.Trigger, entry.Run.StartedAt.UnixMilli()
	if m.histories[at.source] == nil {
		m.histories[at.source] = history{}
	}
	m.histories[at.source][at.slot] = n
	m.runs[n.Run.ID] = at
	return nil
}

func (m *Memory) forgetRun(at place) {
	of := m.histories[at.source]
	was, ok := of[at.slot]
	if !ok {
		return
	}
	if m.runs[was.Run.ID] == at {
		delete(m.runs, was.Run.ID)
	}
	if delete(of, at.slot); len(of) == 0 {
		delete(m.histories, at.source)
	}
}

// Runs are a source's history, the newest first.
func (m *Memory) Runs(source string) []Entry {
	return m.entries(source, func(noted) bool { return true })
}

// UnfinishedRuns are the entries of a source's history that have not ended, the
// newest first.
func (m *Memory) UnfinishedRuns(source string) []Entry {
	return m.entries(source, func(n noted) bool { return !n.Run.Status.Ended() })
}

// LastRun is the newest entry of a source's history; false where there is none.
func (m *Memory) LastRun(source string) (Entry, bool) {
	of := m.histories[source]
	if len(of) == 0 {
		return Entry{}, false
	}
	newest := slices.MaxFunc(slices.Collect(maps.Values(of)), func(a, b noted) int { return a.N - b.N })
	return newest.entry(), true
}

// HasRun says whether a source's history has a run whose status passes a test.
func (m *Memory) HasRun(source string, that func(Status) bool) bool {
	for _, n := range m.histories[source] {
		if that(n.Run.Status) {
			return true
		}
	}
	return false
}

// RunByID finds a run in the histories of all sources.
func (m *Memory) RunByID(id string) (source string, entry Entry, found bool) {
	at, ok := m.runs[id]
	if !ok {
		return "", Entry{}, false
	}
	return at.source, m.histories[at.source][at.slot].entry(), true
}

func (m *Memory) entries(source string, that func(noted) bool) []Entry {
	newestFirst := slices.SortedFunc(maps.Values(m.histories[source]), func(a, b noted) int { return b.N - a.N })
	var out []Entry
	for _, n := range newestFirst {
		if that(n) {
			out = append(out, n.entry())
		}
	}
	return out
}
