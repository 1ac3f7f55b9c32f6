package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"notion-kafka/config"
)

func configCommand(p *process) *cobra.Command {
	cmd := &cobra.Command{
		Use: "config", Short: "Help with the configuration", Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(&cobra.Command{
		Use:   "example",
		Short: "Print a commented configuration with every key and its default",
		Args:  noArguments,
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprint(p.Out, config.Example())
			return err
		},
	})
	return cmd
}
