package notion

// Fingerprint is the hash of the database's content, its data sources included; see
// [Page.Fingerprint]. FingerprintForm is its version too.
func (d *Database) Fingerprint() uint64 {
	f := newForm()
	defer f.free()
	f.appendText(d.ID)
	f.appendTime(d.CreatedTime)
	f.appendTime(d.LastEditedTime)
	for _, object := range [][]byte{d.Title, d.Cover, d.Icon, d.Parent} {
		f.appendJSON(object, notionsNames)
	}
	f.appendText(d.Description)
	f.appendNullable(d.PublicURL)
	f.appendFlags(d.IsInline, d.InTrash)
	for i := range d.DataSources {
		f.appendDataSource(d.DataSources[i].Raw)
	}
	return f.hash()
}

// appendDataSource appends the form of a whole data source without its url.
func (f *form) appendDataSource(raw []byte) {
	f.appendTree(raw, func(t *tree) {
		t.drop(root, "url")
		f.bytes = t.append(f.bytes, root, notionsNames)
	})
}
