package notion

import (
	"encoding/binary"
	"strconv"
	"sync"
	"time"

	"github.com/zeebo/xxh3"
)

// FingerprintForm is the version of the canonical form that Fingerprint hashes.
// Every change that gives some page another fingerprint must raise it: the state
// topic holds each fingerprint with the version of its form.
const FingerprintForm = 1

// Fingerprint is the 64-bit XXH3 hash of the page's content. A page with the same
// fingerprint as before need not be published again.
//
// It leaves out what Notion changes although the page did not change: the page's
// url, the query part and expiry_time of files that Notion hosts, the query part of
// custom emoji, users' avatar_url, and the order of names and the white space in
// JSON. Everything else counts, last_edited_time included.
func (p *Page) Fingerprint() uint64 {
	f := newForm()
	defer f.free()
	f.appendText(p.ID)
	f.appendTime(p.CreatedTime)
	f.appendTime(p.LastEditedTime)
	for _, object := range [][]byte{p.CreatedBy, p.LastEditedBy, p.Cover, p.Icon, p.Parent} {
		f.appendJSON(object, notionsNames)
	}
	f.appendJSON(p.Properties, peoplesNames)
	f.appendNullable(p.PublicURL)
	f.appendFlags(p.InTrash, p.IsArchived, p.IsLocked, p.Partial)
	return f.hash()
}

// A form is the canonical form of a page or database: equal bytes for equal
// content, different bytes for different content. No part of it is a prefix of
// another part that could be in its place.
type form struct {
	bytes []byte
	tree  tree // of the JSON text being appended
}

// forms reuses the memory of hashed forms.
var forms = sync.Pool{New: func() any { return new(form) }}

func newForm() *form { return forms.Get().(*form) }

// free returns the form's memory to forms, without any page's text.
func (f *form) free() {
	f.bytes = f.bytes[:0]
	f.tree.clear()
	forms.Put(f)
}

func (f *form) hash() uint64 { return xxh3.Hash(f.bytes) }

// appendText appends the length of text, then text.
func (f *form) appendText(text string) {
	f.bytes = append(binary.AppendUvarint(f.bytes, uint64(len(text))), text...)
}

func (f *form) appendTime(t time.Time) {
	f.bytes = binary.BigEndian.AppendUint64(f.bytes, uint64(t.UnixMilli()))
}

func (f *form) appendNullable(text *string) {
	if text == nil {
		f.bytes = append(f.bytes, 'n')
		return
	}
	f.bytes = append(f.bytes, '"')
	f.appendText(*text)
}

func (f *form) appendFlags(flags ...bool) {
	for _, flag := range flags {
		f.bytes = strconv.AppendBool(f.bytes, flag)
	}
}

// appendJSON appends the form of one JSON text. Nil is null. Bytes that are not
// JSON are appended as they are; decoded pages have none.
func (f *form) appendJSON(text []byte, names naming) {
	switch {
	case text == nil:
		f.bytes = append(f.bytes, 'n')
	case f.tree.read(text):
		f.bytes = f.tree.append(f.bytes, root, names)
	default:
		f.bytes = appendBytes(append(f.bytes, '!'), text)
	}
}
