package main

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"notion-kafka/config"
	"notion-kafka/producer/control"
	"notion-kafka/producer/seal"
)

// instances compares the configuration of the live instances of the group with this
// one.
func (c *checklist) instances(ctx context.Context, app *App) {
	memory, err := app.controlMemory(ctx)
	if err != nil {
		c.warn("instances: %v", err)
		return
	}
	if n := len(memory.Definitions()); n > 0 {
		c.warn("%d source(s) made through the API are not checked here: `notion-kafka sources` shows their status", n)
		c.sealed(app.Config, memory.Definitions())
	}
	ours := digests(app.Config)
	for _, peer := range memory.Alive(time.Now()) {
		if differ := control.Differing(ours, peer.Sources); len(differ) > 0 {
			c.warn("instance %s has another definition of %s: give all instances of group %s the same sources; until then the definition of the source's owner counts",
				peer.ID, strings.Join(differ, ", "), app.Config.Kafka.Group)
		} else {
			c.good("instance %s (%s): the same sources", peer.ID, peer.Version)
		}
	}
}

// sealed checks whether the secrets of sources made through the API can be opened,
// and with which key.
func (c *checklist) sealed(cfg *config.Config, made map[string]control.Definition) {
	keys, err := openKeyring(cfg)
	if err != nil {
		return // dataDir has reported it
	}
	var stale []string
	for _, name := range slices.Sorted(maps.Keys(made)) {
		for key, text := range made[name].Sealed {
			at := seal.Place{Source: name, Key: key}
			if _, err := keys.Open(at, text); err != nil {
				c.bad("source %s: opening its %s: %v", name, key, err)
			} else if !keys.IsFresh(at, text) {
				stale = append(stale, name)
			}
		}
	}
	if len(stale) > 0 {
		c.warn("secrets of %s still need one of secrets.previous_keys: keep it until a daemon with this configuration has run these sources and sealed their secrets with secrets.key", strings.Join(slices.Compact(stale), ", "))
	}
}
