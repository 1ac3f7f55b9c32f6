package main

import (
	"errors"

	"github.com/spf13/cobra"
)

func runCommand(p *process) *cobra.Command {
	return &cobra.Command{
		Use:   "run",
		Short: "Run every source on its trigger until stopped",
		Long: "Run every source on its trigger until SIGINT or SIGTERM. Stopping finishes or aborts the open\n" +
			"transaction and loses nothing; a second signal ends at once, which loses nothing either.",
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			cfg, err := p.config()
			if err != nil {
				return err
			}
			log := p.logger()
			sources, err := openSources(cfg, log)
			if err != nil {
				return err
			}
			app, err := Open(cmd.Context(), cfg, log)
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, app.Close()) }()
			return app.Run(cmd.Context(), sources)
		},
	}
}
