package main

import (
	"github.com/spf13/cobra"

	"notion-kafka/producer"
)

func runCommand(p *process) *cobra.Command {
	return &cobra.Command{
		Use:   "run",
		Short: "Run every source on its trigger until stopped",
		Long: "Run every source on its trigger until SIGINT or SIGTERM. Stopping finishes or aborts the open\n" +
			"transaction and loses nothing; a second signal ends at once, which loses nothing either.",
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return p.withSources(cmd.Context(), nil, func(app *App, sources []*producer.Source) error {
				return app.Run(cmd.Context(), sources)
			})
		},
	}
}
