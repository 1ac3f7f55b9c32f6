package producer

import "notion-kafka/notion"

// A Form is a version of the canonical form of which fingerprints are taken.
// They outlive the program, so a new form keeps the one before: what is
// remembered by that is compared by it, and nothing unchanged is published
// again because the program is a newer one.
type Form struct {
	Version uint8
	Of      func(Fingerprinted) uint64
	Before  *Form // nil where there is none
}

// CurrentForm is notion's. There was none before it yet.
var CurrentForm = Form{Version: notion.FingerprintForm, Of: Fingerprinted.Fingerprint}

// A Fingerprinted has a fingerprint in notion's present form.
type Fingerprinted interface{ Fingerprint() uint64 }
