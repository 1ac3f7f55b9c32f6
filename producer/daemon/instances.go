package daemon

import (
	"maps"
	"slices"
	"time"

	"notion-kafka/producer/control"
)

// Instances are the living instances of the group, sorted by id, and what their files
// disagree about.
func (d *Daemon) Instances() control.Group {
	group := control.Group{Instances: []control.InstanceView{}, Disagreements: append([]string{}, d.Mismatches()...)}
	names := d.names()
	slices.Sort(names)
	for _, peer := range d.opts.Control.Alive(time.Now()) {
		view := control.InstanceView{
			ID: peer.ID, Version: peer.Version, StartedAt: peer.Started.UTC(), HeardAt: peer.At.UTC(), Console: peer.Console,
			Shards: append([]int32{}, peer.Shards...), Stalled: maps.Clone(peer.Stalled), Sources: []string{}, This: peer.ID == d.opts.Instance,
		}
		for _, name := range names {
			if slices.Contains(peer.Shards, d.shardOf(name)) {
				view.Sources = append(view.Sources, name)
			}
		}
		group.Instances = append(group.Instances, view)
	}
	return group
}

// Mismatches are the names of the sources that the files of living instances define
// differently, or that some of these files lack.
func (d *Daemon) Mismatches() []string {
	all := d.opts.Control.Alive(time.Now())
	var differ []string
	for i := 1; i < len(all); i++ { // of two files that differ, at least one differs from the first
		differ = append(differ, control.Differing(all[0].Sources, all[i].Sources)...)
	}
	slices.Sort(differ)
	return slices.Compact(differ)
}
