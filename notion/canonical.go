package notion

import (
	"bytes"
	"encoding/binary"
	"slices"
	"strconv"

	"github.com/zeebo/xxh3"
)

// FingerprintForm is the version of the canonical form that Fingerprint hashes.
// It must be raised with every change that gives some page another fingerprint:
// fingerprints are kept in the state topic, next to the form they are of.
const FingerprintForm = 1

// Fingerprint is the 64-bit XXH3 hash of everything in the page that means
// something. Two pages with the same fingerprint need not be published twice.
//
// It leaves out what Notion changes without anybody having changed the page:
// the page's url, the query part and expiry_time of files that Notion hosts, the
// query part of custom emoji, users' avatar_url, and the order of names and the
// white space in JSON. Everything else counts, last_edited_time included.
func (p *Page) Fingerprint() uint64 {
	form := make([]byte, 0, 256+len(p.Properties))
	form = appendBytes(form, []byte(p.ID))
	form = binary.BigEndian.AppendUint64(form, uint64(p.CreatedTime.UnixMilli()))
	form = binary.BigEndian.AppendUint64(form, uint64(p.LastEditedTime.UnixMilli()))
	for _, object := range [][]byte{p.CreatedBy, p.LastEditedBy, p.Cover, p.Icon, p.Parent} {
		form = appendCanonical(form, object, notionsNames)
	}
	form = appendCanonical(form, p.Properties, peoplesNames)
	if p.PublicURL == nil {
		form = append(form, 'n')
	} else {
		form = appendBytes(append(form, '"'), []byte(*p.PublicURL))
	}
	for _, flag := range []bool{p.InTrash, p.IsArchived, p.IsLocked, p.Partial} {
		form = strconv.AppendBool(form, flag)
	}
	return xxh3.Hash(form)
}

// naming says whose the names of an object's members are. A page's properties
// are named by people, who may well call one "avatar_url" or "expiry_time";
// what is below them is named by Notion again.
type naming int

const (
	notionsNames naming = iota
	peoplesNames
)

// appendCanonical appends the canonical form of one JSON text: the same bytes
// for texts that mean the same, different bytes for any others, and never the
// beginning of another form. Nil is null. Bytes that are not JSON, which no
// decoded page has, stand for themselves.
func appendCanonical(form, text []byte, names naming) []byte {
	if text == nil {
		return append(form, 'n')
	}
	var root node
	if walkText(text, root.read) != nil {
		return appendBytes(append(form, '!'), text)
	}
	if names == peoplesNames {
		for i := range root.children {
			root.children[i].forget()
		}
	} else {
		root.forget()
	}
	return root.appendTo(form)
}

// A node is a JSON value without what spelling can vary.
type node struct {
	name     []byte // in the object that holds it, as appendExact has it
	kind     byte   // n, t or f; " for a string, 0 for a number, { or [
	text     []byte // of a string its value, of a number its spelling
	children []node // of an object, sorted by name
}

// read takes one value.
func (n *node) read(w *walk) error {
	n.kind = byte(w.dec.PeekKind())
	switch n.kind {
	case '{':
		err := w.literalObject(func(name []byte) error {
			child := node{name: appendExact(nil, name)}
			err := child.read(w)
			n.children = append(n.children, child)
			return err
		})
		slices.SortFunc(n.children, func(a, b node) int { return bytes.Compare(a.name, b.name) })
		return err
	case '[':
		return w.array(func() error {
			var child node
			err := child.read(w)
			n.children = append(n.children, child)
			return err
		})
	}
	value, err := w.value()
	switch {
	case err != nil:
		return err
	case n.kind == '"':
		n.text = appendExact(nil, value)
	case n.kind == '0':
		n.text = value
	}
	return nil
}

// forget takes out what changes without meaning, here and below.
func (n *node) forget() {
	switch {
	case n.says("object", "user"):
		n.drop("avatar_url")
	case n.says("type", "file"):
		// A file that Notion hosts: its URL is signed anew, for an hour, at
		// every read (Notion: file object).
		if file := n.child("file"); file != nil {
			file.drop("expiry_time")
			file.cutQuery()
		}
	case n.says("type", "custom_emoji"):
		if emoji := n.child("custom_emoji"); emoji != nil {
			emoji.cutQuery()
		}
	}
	for i := range n.children {
		n.children[i].forget()
	}
}

// child is the member of an object with that name, or nil.
func (n *node) child(name string) *node {
	if n.kind != '{' {
		return nil
	}
	i := slices.IndexFunc(n.children, func(c node) bool { return string(c.name) == name })
	if i < 0 {
		return nil
	}
	return &n.children[i]
}

// says reports whether an object's member of that name is that string.
func (n *node) says(name, value string) bool {
	c := n.child(name)
	return c != nil && c.kind == '"' && string(c.text) == value
}

// drop takes a member out of an object.
func (n *node) drop(name string) {
	if n.kind == '{' {
		n.children = slices.DeleteFunc(n.children, func(c node) bool { return string(c.name) == name })
	}
}

// cutQuery takes the query part off an object's url.
func (n *node) cutQuery() {
	if url := n.child("url"); url != nil && url.kind == '"' {
		url.text, _, _ = bytes.Cut(url.text, []byte("?"))
	}
}

// appendTo appends the node's form: its kind, then texts with their length
// before them, and children up to a closing bracket, which begins no form.
func (n *node) appendTo(form []byte) []byte {
	form = append(form, n.kind)
	switch n.kind {
	case '"', '0':
		return appendBytes(form, n.text)
	case '{':
		for _, child := range n.children {
			form = child.appendTo(appendBytes(append(form, ':'), child.name))
		}
		return append(form, '}')
	case '[':
		for _, child := range n.children {
			form = child.appendTo(form)
		}
		return append(form, ']')
	default:
		return form
	}
}

// appendBytes appends text with its length before it.
func appendBytes(form, text []byte) []byte {
	return append(binary.AppendUvarint(form, uint64(len(text))), text...)
}
