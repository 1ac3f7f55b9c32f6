package notion

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"slices"
)

// A treeMember is a member of an object that is being read.
type treeMember struct {
	begin   uint64 // the first eight bytes of the name as a number that is in the names' order
	name    slot   // without its quotes
	place   int32  // the node of the member's value
	escaped bool   // the name has an escape
}

// adopt puts an object's members, which are in order, below it.
func (t *tree) adopt(object int32, names []treeMember) {
	after := none
	for _, one := range slices.Backward(names) {
		n := &t.nodes[one.place]
		n.name, n.next = one.name, after
		after = one.place
	}
	t.nodes[object].child = after
}

// areUnique reports whether no two of an object's names are equal, and puts them in order.
func (t *tree) areUnique(names []treeMember) bool {
	if slices.ContainsFunc(names, func(one treeMember) bool { return one.escaped }) {
		if !t.areUniqueTexts(names) {
			return false
		}
		for i, one := range names {
			names[i].name = t.exact(one.name, one.escaped)
			names[i].begin = t.beginOf(names[i].name)
		}
	}
	t.sort(names)
	for i := 1; i < len(names); i++ {
		if names[i-1].begin == names[i].begin && t.compare(names[i-1], names[i]) == 0 {
			return false
		}
	}
	return true
}

// areUniqueTexts is areUnique for names with escapes, before they have their exact values:
// two lone surrogates are one and the same name for a decoder.
func (t *tree) areUniqueTexts(names []treeMember) bool {
	met := make(map[string]bool, len(names))
	for _, one := range names {
		met[textOf(t.text[one.name.from-1:one.name.to+1])] = true
	}
	return len(met) == len(names)
}

// fewNames is the number of members up to which an object is sorted by insertion: nearly
// all objects of Notion have fewer.
const fewNames = 24

func (t *tree) sort(names []treeMember) {
	if len(names) > fewNames {
		slices.SortFunc(names, t.compare)
		return
	}
	for i, one := range names {
		for ; i > 0 && (names[i-1].begin > one.begin || names[i-1].begin == one.begin && t.compare(names[i-1], one) > 0); i-- {
			names[i] = names[i-1]
		}
		names[i] = one
	}
}

func (t *tree) compare(a, b treeMember) int {
	return cmp.Or(cmp.Compare(a.begin, b.begin), bytes.Compare(t.of(a.name), t.of(b.name)))
}

// beginOf is the first eight bytes of a name as a number that is in the names' order.
func (t *tree) beginOf(name slot) (begin uint64) {
	if from := int(name.from); len(t.text)-from >= 8 {
		cut := max(0, 8-int(name.to-name.from)) * 8
		return binary.BigEndian.Uint64(t.text[from:]) >> cut << cut
	}
	for i, b := range t.of(name)[:min(8, name.to-name.from)] {
		begin |= uint64(b) << (56 - 8*i)
	}
	return begin
}
