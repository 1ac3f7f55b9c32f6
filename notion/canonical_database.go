package notion

import (
	"encoding/binary"
	"strconv"

	"github.com/zeebo/xxh3"
)

// Fingerprint is to a database what [Page.Fingerprint] is to a page, its data
// sources included. It has the same form's version.
func (d *Database) Fingerprint() uint64 {
	form := appendBytes(make([]byte, 0, 1024), []byte(d.ID))
	form = binary.BigEndian.AppendUint64(form, uint64(d.CreatedTime.UnixMilli()))
	form = binary.BigEndian.AppendUint64(form, uint64(d.LastEditedTime.UnixMilli()))
	for _, object := range [][]byte{d.Title, d.Cover, d.Icon, d.Parent} {
		form = appendCanonical(form, object, notionsNames)
	}
	form = appendBytes(form, []byte(d.Description))
	if d.PublicURL == nil {
		form = append(form, 'n')
	} else {
		form = appendBytes(append(form, '"'), []byte(*d.PublicURL))
	}
	for _, flag := range []bool{d.IsInline, d.InTrash} {
		form = strconv.AppendBool(form, flag)
	}
	for i := range d.DataSources {
		form = appendDataSource(form, d.DataSources[i].Raw)
	}
	return xxh3.Hash(form)
}

// appendDataSource is the form of a whole data source, less its url.
func appendDataSource(form, raw []byte) []byte {
	var root node
	if walkText(raw, root.read) != nil {
		return appendBytes(append(form, '!'), raw)
	}
	root.drop("url")
	root.forget()
	return root.appendTo(form)
}
