package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"notion-kafka/config"
	"notion-kafka/producer/control"
	"notion-kafka/producer/grants"
	"notion-kafka/producer/seal"
)

// A sealedSecret is a secret in the control topic.
type sealedSecret struct {
	what string // of which source it is, and what for
	at   seal.Place
	text string
	lost string // more of what a person does if no key opens it
}

// sealedSecrets are the secrets of sources made through the API, and the tokens of
// connected sources, by source.
func sealedSecrets(memory *control.Memory) (all []sealedSecret) {
	for name, definition := range memory.Definitions() {
		for key, text := range definition.Sealed {
			all = append(all, sealedSecret{what: fmt.Sprintf("source %s: opening its %s", name, key), at: seal.Place{Source: name, Key: key}, text: text})
		}
	}
	for bot, grant := range memory.Grants() {
		all = append(all, sealedSecret{
			what: fmt.Sprintf("source %s: opening the tokens of its connection with workspace %s", grant.Source, orUnknown(grant.WorkspaceName)),
			at:   grants.SealedAt(bot, grant), text: grant.Sealed,
			lost: fmt.Sprintf("; it is entered again by connecting it: `notion-kafka login --source %s`", grant.Source),
		})
	}
	slices.SortFunc(all, func(a, b sealedSecret) int { return strings.Compare(a.what, b.what) })
	return all
}

// sealed checks whether the secrets in the control topic can be opened, and with which
// key.
func (c *checklist) sealed(cfg *config.Config, memory *control.Memory) {
	all, drafts := sealedSecrets(memory), memory.Drafts(time.Now())
	if len(all)+len(drafts) == 0 {
		return
	}
	keys, err := presentKeyring(cfg)
	if err != nil {
		return // dataDir has reported it
	}
	stale := map[string]bool{}
	for _, secret := range all {
		if _, err := keys.Open(secret.at, secret.text); err != nil {
			c.bad("%s: %v%s", secret.what, err, secret.lost)
		} else if !keys.IsFresh(secret.at, secret.text) {
			stale[secret.at.Source] = true
		}
	}
	if len(stale) > 0 {
		c.warn("secrets of %s still need one of secrets.previous_keys: keep it until a daemon with this configuration has run these sources and sealed their secrets with secrets.key",
			strings.Join(slices.Sorted(maps.Keys(stale)), ", "))
	}
	if n := staleDrafts(keys, drafts); n > 0 {
		c.warn("one of secrets.previous_keys is still needed for %s that somebody is adding or changing: keep it for a day, or until that is finished or discarded", plural(n, "source"))
	}
}

// staleDrafts counts the drafts that a previous key opens. One that no key opens costs a
// person a few steps, and is gone in a day.
func staleDrafts(keys *seal.Keyring, drafts []control.KeptDraft) (stale int) {
	for _, kept := range drafts {
		_, err := openDraft(keys, kept.ID, kept.SealedDraft)
		if err == nil && !keys.IsFresh(draftPlace(kept.ID), kept.Sealed) {
			stale++
		}
	}
	return stale
}
