package producer

import "notion-kafka/notion"

// A Form is a version of the canonical form of which fingerprints are taken.
// They outlive the program, so a new form keeps the one before: what is
// remembered by that is compared by it, and nothing unchanged is published
// again because the program is a newer one.
type Form struct {
	Version uint8
	Of      func(*notion.Page, *notion.Database) uint64 // of one of the two
	Before  *Form                                       // nil where there is none
}

// CurrentForm is notion's. There was none before it yet.
var CurrentForm = Form{Version: notion.FingerprintForm, Of: func(page *notion.Page, db *notion.Database) uint64 {
	if page != nil {
		return page.Fingerprint()
	}
	return db.Fingerprint()
}}
