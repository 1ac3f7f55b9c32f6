package state

import (
	"fmt"
	"strconv"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// written is how values become JSON: the same value always as the same bytes,
// and a title with broken text still becomes a record.
var written = json.JoinOptions(json.Deterministic(true), jsontext.AllowInvalidUTF8(true))

// An Entry is one record of the state topic before it is bytes. Value is one
// of this package's record types, or nil to forget the key.
type Entry struct {
	Key   string
	Value any
}

// Encode turns the entry into a record's key and value; the value is nil where
// the key is to be forgotten.
func (e Entry) Encode() (key, value []byte, err error) {
	switch v := e.Value.(type) {
	case nil:
		return []byte(e.Key), nil, nil
	case Page:
		return []byte(e.Key), v.encode(""), nil
	case StuckPage:
		return []byte(e.Key), v.encode(v.Reason), nil
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
	Archived   bool   `json:"archived,omitzero"`
	Deleted    bool   `json:"deleted,omitzero"`
	Stuck      string `json:"stuck,omitzero"` // why
}

func (p Page) encode(stuck string) []byte {
	text, err := json.Marshal(pageJSON{
		Hash: strconv.FormatUint(p.Hash, 16), Form: p.Form, Created: p.Created, Edited: p.Edited, Generation: p.Generation,
		Archived: p.Marks.Has(Archived), Deleted: p.Marks.Has(Deleted), Stuck: stuck,
	})
	if err != nil { // strings, numbers and booleans always encode
		panic(err)
	}
	return text
}

func decodePage(value []byte) (StuckPage, error) {
	var j pageJSON
	if err := json.Unmarshal(value, &j); err != nil {
		return StuckPage{}, err
	}
	hash, err := strconv.ParseUint(j.Hash, 16, 64)
	if err != nil {
		return StuckPage{}, fmt.Errorf("hash: %w", err)
	}
	page := Page{Hash: hash, Form: j.Form, Created: j.Created, Edited: j.Edited, Generation: j.Generation}
	if j.Archived {
		page.Marks |= Archived
	}
	if j.Deleted {
		page.Marks |= Deleted
	}
	if j.Stuck != "" {
		page.Marks |= Stuck
	}
	return StuckPage{page, j.Stuck}, nil
}

func decode[T any](value []byte) (T, error) {
	var v T
	err := json.Unmarshal(value, &v)
	return v, err
}
