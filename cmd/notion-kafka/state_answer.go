package main

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"github.com/spf13/cobra"

	"notion-kafka/producer"
	"notion-kafka/producer/control"
)

func confirmDeletesCommand(p *process) *cobra.Command {
	var c stateChange
	cmd := &cobra.Command{
		Use:   "confirm-deletes --source NAME --stream NAME",
		Short: "Delete what was held back because too much was missing",
		Long: "Look again at every page that was held back because too much of its stream was missing, and delete\n" +
			"those that are gone; a page that is there again is kept. While an instance of the group is alive it goes\n" +
			"through the API at console.listen, or at --api URL, and fails if that cannot be reached.\n" +
			"`notion-kafka state show --output json` lists the pages. Where none are held it does nothing.",
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return p.change(cmd.Context(), &c, func(daemon *apiClient) error {
				held, err := c.anyHeld(cmd.Context(), daemon)
				if err != nil || !held {
					return c.nothingHeld(p, err)
				}
				var run control.Run
				if err := daemon.call(cmd.Context(), c.doing("confirming the deletes"), http.MethodPost, c.path("confirm-deletes"), nil, &run); err != nil {
					return err
				}
				return p.followRun(cmd.Context(), daemon, run.ID)
			}, func(app *App) error {
				all, err := openSources(app.Config, app.Log)
				if err != nil {
					return err
				}
				sources, err := choose(all, []string{c.source})
				if err != nil {
					return err
				}
				reports, err := app.Daemon(sources, nil).ConfirmDeletes(cmd.Context(), sources[0], streamName(c.stream))
				if errors.Is(err, producer.ErrNothingHeld) {
					return c.nothingHeld(p, nil)
				}
				return errors.Join(printReports(p.Out, reports), err, verdict(reports))
			})
		},
	}
	c.flags(cmd)
	return cmd
}

func dismissDeletesCommand(p *process) *cobra.Command {
	var c stateChange
	cmd := &cobra.Command{
		Use:   "dismiss-deletes --source NAME --stream NAME",
		Short: "Keep what was held back until the next scan",
		Long: "Keep every page that was held back because too much of its stream was missing. The next scan or sweep\n" +
			"looks anew, and holds them back again when they are still missing. While an instance of the group is\n" +
			"alive it goes through the API at console.listen, or at --api URL, and fails if that cannot be reached.\n" +
			"Where none are held it does nothing.",
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return p.change(cmd.Context(), &c, func(daemon *apiClient) error {
				held, err := c.anyHeld(cmd.Context(), daemon)
				if err != nil || !held {
					return c.nothingHeld(p, err)
				}
				var answer struct{ Dismissed int }
				err = daemon.call(cmd.Context(), c.doing("dismissing the deletes"), http.MethodPost, c.path("dismiss-deletes"), nil, &answer)
				return c.dismissed(p, answer.Dismissed, err)
			}, func(app *App) error {
				n, err := app.Daemon(nil, nil).DismissDeletes(cmd.Context(), c.source, streamName(c.stream))
				if errors.Is(err, producer.ErrNothingHeld) {
					return c.nothingHeld(p, nil)
				}
				return c.dismissed(p, n, err)
			})
		},
	}
	c.flags(cmd)
	return cmd
}

// anyHeld asks the daemon whether deletes of the stream are held back. A stream
// that it does not know is for the answer itself to refuse.
func (c *stateChange) anyHeld(ctx context.Context, daemon *apiClient) (bool, error) {
	var streams []control.Stream
	if err := daemon.call(ctx, c.doing("the held deletes"), http.MethodGet, apiPath("sources", c.source, "streams"), nil, &streams); err != nil {
		return false, err
	}
	i := slices.IndexFunc(streams, func(s control.Stream) bool { return s.Stream == streamName(c.stream) })
	return i < 0 || streams[i].Held > 0, nil
}

// nothingHeld is what there is to say where no answer is waited for: all is as
// the person wants it.
func (c *stateChange) nothingHeld(p *process, err error) error {
	if err == nil {
		c.say(p, "no deletes are held back, nothing to do")
	}
	return err
}

func (c *stateChange) dismissed(p *process, n int, err error) error {
	if err == nil {
		c.say(p, "%d held deletes dismissed; the next scan looks anew", n)
	}
	return err
}
