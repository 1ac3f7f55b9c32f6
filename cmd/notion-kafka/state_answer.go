package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/spf13/cobra"

	"notion-kafka/producer/control"
	"notion-kafka/producer/daemon"
)

func confirmDeletesCommand(p *process) *cobra.Command {
	var (
		c      stateChange
		output string
	)
	cmd := &cobra.Command{
		Use:   "confirm-deletes --source NAME --stream NAME",
		Short: "Delete pages that were held back because too many were missing",
		Long: "Look up every page that was held back because too many pages of its stream were missing, and delete\n" +
			"those that are gone; a page that exists again is kept. While an instance of the group is alive, the\n" +
			"command uses the API at console.listen, or at --api URL, and fails if that cannot be reached.\n" +
			"`notion-kafka state show --output json` lists the pages. If none are held, nothing is done.",
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := checkOutput(output, tableOrJSON...); err != nil {
				return err
			}
			return p.change(cmd.Context(), &c, func(daemon *apiClient) error {
				held, err := c.held(cmd.Context(), daemon)
				if err != nil || held == 0 {
					return c.nothingHeld(p, err)
				}
				c.sayHowLong(p, held)
				var run control.Run
				if err := daemon.call(cmd.Context(), c.doing("confirming the deletes"), http.MethodPost, c.path("confirm-deletes"), nil, &run); err != nil {
					return err
				}
				return p.followRun(cmd.Context(), daemon, run.ID, output)
			}, func(app *App) error {
				connector, all, err := openSources(app.Config, app.Log)
				if err != nil {
					return err
				}
				app.grants = connector.grants
				app.readGrants(cmd.Context(), connector)
				sources, err := choose(all, []string{c.source})
				if err != nil {
					return err
				}
				show, end := p.progress()
				defer end()
				options := app.options(sources)
				options.Progress = show
				reports, err := daemon.New(options).ConfirmDeletes(cmd.Context(), sources[0], streamName(c.stream), func(held int) { c.sayHowLong(p, held) })
				end()
				if errors.Is(err, daemon.ErrNothingHeld) {
					return c.nothingHeld(p, nil)
				}
				for _, report := range reports { // one, if any
					err = errors.Join(printEnded(p.Out, output, report.Run), err)
				}
				return errors.Join(err, verdict(reports))
			})
		},
	}
	c.flags(p, cmd)
	outputFlag(cmd, &output, tableOrJSON...)
	return cmd
}

func dismissDeletesCommand(p *process) *cobra.Command {
	var c stateChange
	cmd := &cobra.Command{
		Use:   "dismiss-deletes --source NAME --stream NAME",
		Short: "Keep pages that were held back until the next scan",
		Long: "Keep every page that was held back because too many pages of its stream were missing. The next scan or\n" +
			"sweep looks again, and holds back those that are still missing. While an instance of the group is alive,\n" +
			"the command uses the API at console.listen, or at --api URL, and fails if that cannot be reached. If none\n" +
			"are held, nothing is done.",
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return p.change(cmd.Context(), &c, func(daemon *apiClient) error {
				held, err := c.held(cmd.Context(), daemon)
				if err != nil || held == 0 {
					return c.nothingHeld(p, err)
				}
				var answer struct{ Dismissed int }
				err = daemon.call(cmd.Context(), c.doing("dismissing the deletes"), http.MethodPost, c.path("dismiss-deletes"), nil, &answer)
				return c.dismissed(p, answer.Dismissed, err)
			}, func(app *App) error {
				n, err := app.Daemon(nil, nil).DismissDeletes(cmd.Context(), c.source, streamName(c.stream))
				if errors.Is(err, daemon.ErrNothingHeld) {
					return c.nothingHeld(p, nil)
				}
				return c.dismissed(p, n, err)
			})
		},
	}
	c.flags(p, cmd)
	return cmd
}

// held requests how many deletes of the stream are held back: -1 of an unknown stream,
// which the request that follows refuses.
func (c *stateChange) held(ctx context.Context, daemon *apiClient) (int, error) {
	var streams []control.Stream
	if err := daemon.call(ctx, c.doing("reading the held deletes"), http.MethodGet, apiPath("sources", c.source, "streams"), nil, &streams); err != nil {
		return 0, err
	}
	i := slices.IndexFunc(streams, func(s control.Stream) bool { return s.Stream == streamName(c.stream) })
	if i < 0 {
		return -1, nil
	}
	return streams[i].Held, nil
}

// sayHowLong prints how long it takes to look up the held pages.
func (c *stateChange) sayHowLong(p *process, held int) {
	cfg, err := p.config()
	if err != nil || held < 0 {
		return
	}
	c.say(p, "%d pages are held, and each is looked up by its id: %s", held, duration(held, cfg.Notion.RequestsPerMinute))
}

// Requests a minute that Notion allows, by plan (Notion: request-limits).
const (
	smallPlan = 180
	largePlan = 600
)

// duration describes how long so many requests take with a budget of so many a minute;
// 0: the plan's budget.
func duration(requests, budget int) string {
	minutes := func(budget int) int { return max(1, (requests+budget-1)/budget) }
	if budget > 0 {
		return fmt.Sprintf("about %s at %d requests a minute", plural(minutes(budget), "minute"), budget)
	}
	return fmt.Sprintf("about %s at %d requests a minute (Notion's Free and Plus plans), %d at %d (Business and Enterprise)",
		plural(minutes(smallPlan), "minute"), smallPlan, minutes(largePlan), largePlan)
}

func plural(n int, of string) string {
	if n == 1 {
		return "1 " + of
	}
	return fmt.Sprintf("%d %ss", n, of)
}

// nothingHeld reports that no deletes are held. That is no error: the stream is as the
// person wants it.
func (c *stateChange) nothingHeld(p *process, err error) error {
	if err == nil {
		c.say(p, "no deletes are held back, nothing to do")
	}
	return err
}

func (c *stateChange) dismissed(p *process, n int, err error) error {
	if err == nil {
		c.say(p, "%d held deletes dismissed; the next scan looks again", n)
	}
	return err
}
