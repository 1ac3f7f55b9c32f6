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
	if p.decoded.with != nil && p.decoded.with == firstOf(p.Properties) {
		return p.decoded.fingerprint
	}
	f := newForm()
	defer f.free()
	f.appendPage(p, func(_ string, text []byte, names naming) { f.appendJSON(text, names) })
	return f.hash()
}

// An asDecoded is the fingerprint of a page as it was decoded, when the tree of its text was
// there. It holds while the page has those properties.
type asDecoded struct {
	fingerprint uint64
	with        *byte // the first byte of the properties
}

func firstOf(text []byte) *byte {
	if len(text) == 0 {
		return nil
	}
	return &text[0]
}

// fingerprint is the fingerprint of the page at place, which has just been decoded.
func (t *tree) fingerprint(p *Page, place int32) asDecoded {
	f := newForm()
	defer f.free()
	f.appendPage(p, func(name string, _ []byte, names naming) {
		if child := t.member(place, name); child != none {
			f.bytes = t.append(f.bytes, child, names)
		} else {
			f.appendJSON(nil, names)
		}
	})
	return asDecoded{f.hash(), firstOf(p.Properties)}
}

// A form is the canonical form of a page or database: equal bytes for equal
// content, different bytes for different content. No part of it is a prefix of
// another part that could be in its place.
type form struct{ bytes []byte }

// forms reuses the memory of hashed forms.
var forms = sync.Pool{New: func() any { return new(form) }}

func newForm() *form { return forms.Get().(*form) }

// mostFormKept is the largest form, in bytes, whose memory is kept.
const mostFormKept = 1 << 20

// free returns the form's memory to forms.
func (f *form) free() {
	if f.bytes = f.bytes[:0]; cap(f.bytes) <= mostFormKept {
		forms.Put(f)
	}
}

func (f *form) hash() uint64 { return xxh3.Hash(f.bytes) }

// appendPage appends the form of a page. object appends the form of one of its objects, of
// which it gets the name and the text.
func (f *form) appendPage(p *Page, object func(name string, text []byte, names naming)) {
	f.appendText(p.ID)
	f.appendTime(p.CreatedTime)
	f.appendTime(p.LastEditedTime)
	object("created_by", p.CreatedBy, notionsNames)
	object("last_edited_by", p.LastEditedBy, notionsNames)
	object("cover", p.Cover, notionsNames)
	object("icon", p.Icon, notionsNames)
	object("parent", p.Parent, notionsNames)
	object("properties", p.Properties, peoplesNames)
	f.appendNullable(p.PublicURL)
	f.appendFlags(p.InTrash, p.IsArchived, p.IsLocked, p.Partial)
}

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
	if text == nil {
		f.bytes = append(f.bytes, 'n')
		return
	}
	f.appendTree(text, func(t *tree) { f.bytes = t.append(f.bytes, root, names) })
}

// appendTree reads a text, whose form appendForm then appends. Bytes that are not JSON are
// appended as they are.
func (f *form) appendTree(text []byte, appendForm func(*tree)) {
	t := trees.Get().(*tree)
	defer t.free()
	if !t.read(text, allNodes) {
		f.bytes = appendBytes(append(f.bytes, '!'), text)
		return
	}
	appendForm(t)
}
