package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"regexp"

	"notion-kafka/producer/control"
	"notion-kafka/producer/daemon"
)

// draftIDForm is the form of a draft's id: that of [rand.Text], 130 random bits.
var draftIDForm = regexp.MustCompile(`^[A-Z2-7]{26}$`)

// Drafts implements console.Backend.
func (b *backend) Drafts() []control.Draft {
	drafts := []control.Draft{}
	for _, kept := range b.Daemon.Drafts() {
		if d, err := openDraft(b.definitions.keys, kept.ID, kept.SealedDraft); err == nil {
			drafts = append(drafts, d)
		}
	}
	return drafts
}

// Draft implements console.Backend.
func (b *backend) Draft(ctx context.Context, id string, atLeast int) (control.Draft, error) {
	if !draftIDForm.MatchString(id) {
		return control.Draft{}, daemon.NoDraft()
	}
	kept, err := b.Daemon.Draft(ctx, id, atLeast)
	if err != nil {
		return control.Draft{}, err
	}
	return openDraft(b.definitions.keys, id, kept)
}

// SaveDraft implements console.Backend.
func (b *backend) SaveDraft(ctx context.Context, d control.Draft) (control.Draft, error) {
	switch {
	case d.ID == "":
		d.ID, d.Version = rand.Text(), 0
	case !draftIDForm.MatchString(d.ID):
		return d, daemon.NoDraft()
	default:
		before, err := b.Daemon.Draft(ctx, d.ID, d.Version)
		if err == nil && before.Version > d.Version { // somebody else has saved, perhaps at another instance and more than this one knows
			before, err = b.Daemon.Draft(ctx, d.ID, before.Version+1)
		}
		if err != nil {
			return d, err
		}
		d.Version = max(d.Version, before.Version) // so that no instance takes what it knows for newer
	}
	if len(d.Spec) == 0 {
		d.Spec = json.RawMessage("{}")
	}
	d = stamped(d)
	sealed, err := sealDraft(b.definitions.keys, d)
	if err == nil {
		err = b.WriteDraft(ctx, d.ID, sealed)
	}
	return d, err
}

// DropDraft implements console.Backend.
func (b *backend) DropDraft(ctx context.Context, id string) error {
	if !draftIDForm.MatchString(id) {
		return daemon.NoDraft()
	}
	if _, err := b.Daemon.Draft(ctx, id, 0); err != nil {
		return err
	}
	return b.RemoveDraft(ctx, id)
}
