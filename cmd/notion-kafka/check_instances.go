package main

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"notion-kafka/config"
	"notion-kafka/producer/control"
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
	}
	c.reconnecting(app.Config, memory)
	c.sealed(app.Config, memory)
	ours := digests(app.Config)
	for _, peer := range memory.Alive(time.Now()) {
		if differ := control.Differing(ours, peer.Sources); len(differ) > 0 {
			c.warn("instance %s has another definition of %s: give all instances of group %s the same sources; until then the definition of the source's owner counts",
				peer.ID, strings.Join(differ, ", "), app.Config.Kafka.Group)
		} else {
			c.good("instance %s (%s): the same sources", peer.ID, peer.Version)
		}
	}
	c.strangers(ctx, app, memory.Alive(time.Now()))
}

// strangers warns of members of the group that are no instances of this program. Kafka
// gives them shards too, and nobody runs the sources of these.
func (c *checklist) strangers(ctx context.Context, app *App, alive []control.Peer) {
	if len(alive) == 0 {
		return // nobody runs anything
	}
	ctx, cancel := context.WithTimeout(ctx, kafkaPatience)
	defer cancel()
	group := app.Config.Kafka.Group
	members, err := app.Cluster.Members(ctx, group)
	if err != nil {
		c.warn("instances: %v", err)
	}
	for _, m := range members {
		if !slices.ContainsFunc(alive, func(p control.Peer) bool { return p.ID == m.Instance }) {
			c.warn("group %s has the member %s at %s, which is no instance of notion-kafka, or has just started: "+
				"if it subscribes to topic %s, nobody runs the sources of the shards that it is given; give that program another group",
				group, m.Instance, m.Host, app.Config.Kafka.StateTopic)
		}
	}
}

// reconnecting reports the sources that wait for a person to connect them, as the daemon
// says that last ran them. Those of the file were asked about with their token too.
func (c *checklist) reconnecting(cfg *config.Config, memory *control.Memory) {
	made := memory.Definitions()
	for _, name := range slices.Sorted(maps.Keys(made)) {
		if state, _ := memory.SourceState(name); state.Refused != "" && !state.Paused {
			c.bad("source %s needs reconnecting: %s", name, state.Refused)
		}
	}
	for _, src := range cfg.Sources {
		if state, _ := memory.SourceState(src.Name); state.Refused != "" && !state.Paused {
			c.warn("source %s needs reconnecting, says the daemon %s: %s", src.Name, state.Owner, state.Refused)
		}
	}
}
