package notiontest

import (
	"encoding/binary"
	"encoding/hex"
	"strings"
)

// A uuid is the id of an object in a workspace. Requests may have it with or without
// dashes, responses always have dashes (Notion: reference/intro).
type uuid [16]byte

// newID draws a random id.
func (w *Workspace) newID() uuid {
	var id uuid
	binary.BigEndian.PutUint64(id[:8], w.rng.Uint64())
	binary.BigEndian.PutUint64(id[8:], w.rng.Uint64())
	return id.marked()
}

// marked sets the bits that make sixteen bytes a valid UUID.
func (id uuid) marked() uuid {
	id[6] = id[6]&0x0f | 0x80
	id[8] = id[8]&0x3f | 0x80
	return id
}

// parseID reads an id with dashes in the usual places or without dashes.
func parseID(s string) (id uuid, ok bool) {
	if len(s) == 36 {
		for _, at := range [...]int{8, 13, 18, 23} {
			if s[at] != '-' {
				return id, false
			}
		}
		s = strings.ReplaceAll(s, "-", "")
	}
	if len(s) != 32 {
		return id, false
	}
	_, err := hex.Decode(id[:], []byte(s))
	return id, err == nil
}

// hex is the id without dashes, as in URLs of the app.
func (id uuid) hex() string { return hex.EncodeToString(id[:]) }

func (id uuid) String() string { return string(id.append(nil)) }

// append appends the dashed, lower-case form.
func (id uuid) append(b []byte) []byte {
	b = hex.AppendEncode(b, id[0:4])
	for at := 4; at < 10; at += 2 {
		b = append(b, '-')
		b = hex.AppendEncode(b, id[at:at+2])
	}
	b = append(b, '-')
	return hex.AppendEncode(b, id[10:16])
}

// hash mixes the id with a salt, for orders that are arbitrary but reproducible.
func (id uuid) hash(salt uint64) uint64 {
	x := binary.BigEndian.Uint64(id[:8]) ^ binary.LittleEndian.Uint64(id[8:]) ^ salt
	x = (x ^ x>>33) * 0xff51afd7ed558ccd
	x = (x ^ x>>33) * 0xc4ceb9fe1a85ec53
	return x ^ x>>33
}
