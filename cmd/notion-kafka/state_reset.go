package main

import (
	"fmt"

	"github.com/spf13/cobra"
)

func stateResetCommand(p *process) *cobra.Command {
	var (
		source, stream string
		forget         bool
	)
	cmd := &cobra.Command{
		Use:   "reset --source NAME --stream NAME",
		Short: "Let the next run of a stream read everything afresh",
		Long: "Let the next run of a stream read everything afresh. Fingerprints stay, so only changes are published;\n" +
			"with --forget everything is published again. Refused while an instance of the group is alive.",
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return p.withApp(cmd.Context(), func(app *App) error {
				if err := app.Daemon(nil, nil).Reset(cmd.Context(), source, streamName(stream), forget); err != nil {
					return err
				}
				fmt.Fprintf(p.Err, "stream %s of source %s: its next run reads everything afresh\n", stream, source)
				return nil
			})
		},
	}
	cmd.Flags().StringVar(&source, "source", "", "the source")
	cmd.Flags().StringVar(&stream, "stream", "", "the stream")
	cmd.Flags().BoolVar(&forget, "forget", false, "publish everything again, not only what changed")
	_ = cmd.MarkFlagRequired("source")
	_ = cmd.MarkFlagRequired("stream")
	return cmd
}
