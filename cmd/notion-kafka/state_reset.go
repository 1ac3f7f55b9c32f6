package main

import (
	"net/http"

	"github.com/spf13/cobra"
)

func stateResetCommand(p *process) *cobra.Command {
	var (
		c      stateChange
		forget bool
	)
	cmd := &cobra.Command{
		Use:   "reset --source NAME --stream NAME",
		Short: "Make the next run of a stream read everything again",
		Long: "Make the next run of a stream read everything again. Fingerprints stay, so only changes are published;\n" +
			"with --forget everything is published again. While an instance of the group is alive, the command uses\n" +
			"the API at console.listen, or at --api URL, and fails if that cannot be reached.",
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			err := p.change(cmd.Context(), &c, func(daemon *apiClient) error {
				at := c.path("cursor")
				if forget {
					at += "?forget=true"
				}
				return daemon.call(cmd.Context(), c.doing("resetting the cursor"), http.MethodDelete, at, nil, nil)
			}, func(app *App) error {
				return app.Daemon(nil, nil).Reset(cmd.Context(), c.source, streamName(c.stream), forget)
			})
			if err != nil {
				return err
			}
			if forget {
				c.say(p, "its next run reads everything again, and publishes all of it")
			} else {
				c.say(p, "its next run reads everything again, and publishes only what has changed")
			}
			return nil
		},
	}
	c.flags(p, cmd)
	cmd.Flags().BoolVar(&forget, "forget", false, "publish everything again, not only what changed")
	return cmd
}
