package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"notion-kafka/producer/control"
)

func instancesCommand(p *process) *cobra.Command {
	var api, output string
	cmd := &cobra.Command{
		Use:   "instances",
		Short: "List the living instances of a running daemon's group",
		Long: "List the living instances of the group of a running daemon: which sources each runs, and the shards\n" +
			"that it owns. The one that answers is marked with *. Instances of a group should have the same\n" +
			"sources in their files; the command says where they do not.",
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var group control.Group
			return p.show(cmd.Context(), api, output, "listing the instances", apiPath("instances"), &group, func() error {
				return p.printGroup(group)
			})
		},
	}
	apiFlag(cmd, &api)
	outputFlag(cmd, &output, tableOrJSON...)
	return cmd
}

// printGroup prints a line for each instance, what stands still, and what they disagree
// about.
func (p *process) printGroup(group control.Group) error {
	table := newRows(p.Out, "INSTANCE", "VERSION", "STARTED", "HEARD", "SHARDS", "SOURCES", "CONSOLE")
	for _, i := range group.Instances {
		id := i.ID
		if i.This {
			id += " *"
		}
		table.add(id, i.Version, moment(i.StartedAt), moment(i.HeardAt), len(i.Shards), strings.Join(i.Sources, ", "), i.Console)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	for _, i := range group.Instances {
		for _, shard := range slices.Sorted(maps.Keys(i.Stalled)) {
			fmt.Fprintf(p.Out, "\nshard %d of instance %s stands still: %s\n", shard, i.ID, p.advice(i.Stalled[shard]))
		}
	}
	if len(group.Disagreements) > 0 {
		fmt.Fprintf(p.Out, "\nthe instances have different definitions of %s: give all of them the same sources; until then the definition of a source's owner counts\n",
			strings.Join(group.Disagreements, ", "))
	}
	return nil
}
