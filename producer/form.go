package producer

import "notion-kafka/notion"

// A Form is a version of the canonical form that fingerprints are taken of. Fingerprints
// outlive the program, so a new form keeps the one before: a fingerprint is compared in
// the form it was taken in, and an upgrade publishes nothing unchanged again.
type Form struct {
	Version uint8
	Of      func(Fingerprinted) uint64
	Before  *Form // nil when there is none
}

// CurrentForm is notion's present form. It is the first one.
var CurrentForm = Form{Version: notion.FingerprintForm, Of: Fingerprinted.Fingerprint}

// A Fingerprinted has a fingerprint in notion's present form.
type Fingerprinted interface{ Fingerprint() uint64 }
