package state

import (
	"fmt"
	"strconv"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// written are the options for encoding: the same value always gives the same bytes, and a
// title with invalid UTF-8 is still encoded.
var written = json.JoinOptions(json.Deterministic(true), jsontext.AllowInvalidUTF8(true))

// An Entry is one record of the state topic before encoding. Value is one of this
// package's record types, or nil to forget the key.
type Entry struct {
	Key   string
	Value any
}

// Encode returns the record's key and value; a nil value forgets the key.
func (e Entry) Encode() (key, value []byte, err error) {
	switch v := e.Value.(type) {
	case nil:
		return []byte(e.Key), nil, nil
	case Page:
		return []byte(e.Key), NotedPage{Page: v}.encode(), nil
	case NotedPage:
		return []byte(e.Key), v.encode(), nil
	}
	value, err = json.Marshal(e.Value, written)
	if err != nil {
		return nil, nil, fmt.Errorf("encoding state record %s: %w", e.Key, err)
	}
	return []byte(e.Key), value, nil
}

// pageJSON is a [Page] in the state topic. The hash is hexadecimal text, since
// JSON numbers lose 64-bit integers in most readers.
type pageJSON struct {
	Hash       string `json:"h"`
	Form       uint8  `json:"f"`
	Created    uint32 `json:"c"`
	Edited     uint32 `json:"e"`
	Generation uint16 `json:"g,omitzero"`
	Source     uint16 `json:"s,omitzero"`
	Archived   bool   `json:"archived,omitzero"`
	Missing    bool   `json:"missing,omitzero"`
	Held       bool   `json:"held,omitzero"`
	Deleted    bool   `json:"deleted,omitzero"`
	Listed     string `json:"l,omitzero"`
	Open       bool   `json:"open,omitzero"`
	Stuck      string `json:"stuck,omitzero"` // why
	Tries      int    `json:"tries,omitzero"`
	Parent     string `json:"p,omitzero"`
}

func (p NotedPage) encode() []byte {
	j := pageJSON{
		Hash: strconv.FormatUint(p.Hash, 16), Form: p.Form, Created: p.Created, Edited: p.Edited, Generation: p.Generation, Source: p.Source,
		Archived: p.Marks.Has(Archived), Missing: p.Marks.Has(Missing), Held: p.Marks.Has(Held), Deleted: p.Marks.Has(Unpublished), Open: p.Marks.Has(Open), Stuck: p.Stuck, Tries: p.Tries, Parent: p.Parent,
	}
	if p.Listed != 0 {
		j.Listed = strconv.FormatUint(p.Listed, 16)
	}
	text, err := json.Marshal(j)
	if err != nil { // strings, numbers and booleans always encode
		panic(err)
	}
	return text
}

func decodePage(value []byte) (p NotedPage, err error) {
	var j pageJSON
	if err = json.Unmarshal(value, &j); err != nil {
		return p, err
	}
	p.Page = Page{Form: j.Form, Created: j.Created, Edited: j.Edited, Generation: j.Generation, Source: j.Source}
	p.PageNote = PageNote{Stuck: j.Stuck, Tries: j.Tries, Parent: j.Parent}
	if p.Hash, err = strconv.ParseUint(j.Hash, 16, 64); err != nil {
		return p, fmt.Errorf("reading the hash: %w", err)
	}
	if j.Listed != "" {
		if p.Listed, err = strconv.ParseUint(j.Listed, 16, 64); err != nil {
			return p, fmt.Errorf("reading the hash as listed: %w", err)
		}
	}
	p.Marks = Archived.onlyIf(j.Archived) | Missing.onlyIf(j.Missing) | Held.onlyIf(j.Held) | Unpublished.onlyIf(j.Deleted) | Open.onlyIf(j.Open) | Stuck.onlyIf(j.Stuck != "")
	return p, nil
}

func decode[T any](value []byte) (T, error) {
	var v T
	err := json.Unmarshal(value, &v)
	return v, err
}
