package main

import (
	"github.com/spf13/cobra"

	"notion-kafka/producer/daemon"
)

func runCommand(p *process) *cobra.Command {
	return &cobra.Command{
		Use:   "run",
		Short: "Run every source on its trigger until stopped",
		Long: "Run every source on its trigger until SIGINT or SIGTERM. Stopping finishes or aborts the open\n" +
			"transaction and loses nothing. A second signal stops at once and loses nothing either.",
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := p.config()
			if err != nil {
				return err
			}
			return p.serve(cmd.Context(), cfg, p.logger(), func(*App, *daemon.Options) {})
		},
	}
}
