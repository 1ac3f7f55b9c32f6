package producer

import "notion-kafka/notion"

// A form is a version of the canonical form of which fingerprints are taken.
// They outlive the program, so a new form keeps the one before: what is
// remembered by that is compared by it, and nothing unchanged is published
// again because the program is a newer one.
type form struct {
	version uint8
	of      func(*notion.Page, *notion.Database) uint64 // of one of the two
	before  *form                                       // nil where there is none
}

// currentForm is notion's. There was none before it yet.
var currentForm = form{version: notion.FingerprintForm, of: func(page *notion.Page, db *notion.Database) uint64 {
	if page != nil {
		return page.Fingerprint()
	}
	return db.Fingerprint()
}}
