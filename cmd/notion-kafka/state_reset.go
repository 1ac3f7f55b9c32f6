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
		Short: "Let the next run of a stream read everything afresh",
		Long: "Let the next run of a stream read everything afresh. Fingerprints stay, so only changes are published;\n" +
			"with --forget everything is published again. While an instance of the group is alive it goes through the\n" +
			"API at console.listen, or at --api URL, and fails if that cannot be reached.",
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			err := p.change(cmd.Context(), &c, func(daemon *apiClient) error {
				at := c.path("cursor")
				if forget {
					at += "?forget=true"
				}
				return daemon.call(cmd.Context(), c.doing("reset"), http.MethodDelete, at, nil, nil)
			}, func(app *App) error {
				return app.Daemon(nil, nil).Reset(cmd.Context(), c.source, streamName(c.stream), forget)
			})
			if err != nil {
				return err
			}
			if forget {
				c.say(p, "its next run reads everything afresh, and publishes all of it again")
			} else {
				c.say(p, "its next run reads everything afresh, and publishes what differs from what was published")
			}
			return nil
		},
	}
	c.flags(cmd)
	cmd.Flags().BoolVar(&forget, "forget", false, "publish everything again, not only what changed")
	return cmd
}
