package main

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/spf13/cobra"

	"notion-kafka/producer/control"
)

func triggerCommand(p *process) *cobra.Command {
	var (
		api   string
		order control.Order
		wait  bool
	)
	cmd := &cobra.Command{
		Use:   "trigger SOURCE",
		Short: "Start a run of a source in a running daemon",
		Long: "Start a run of a source in a running daemon, and print the run's id. Where the same run is queued\n" +
			"already it is that one, and where the first run of a new source is under way it is the first. With --wait\n" +
			"it tells of the run until it ended and prints its table; the exit code is 1 when it failed, was cancelled\n" +
			"or needs attention.",
		Args: oneArgument("name a source; `notion-kafka sources` lists them"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if order.Republish && !order.Full {
				return usageError{errors.New("--republish goes with --full: only a scan sees unchanged pages")}
			}
			client, err := p.api(api)
			if err != nil {
				return err
			}
			if err := streamsNamed(order.Streams, client.titles(cmd.Context(), args[0])); err != nil {
				return fmt.Errorf("start a run of source %s: %w", args[0], err)
			}
			var run control.Run
			if err := client.call(cmd.Context(), "start a run of source "+args[0], http.MethodPost, apiPath("sources", args[0], "runs"), order, &run); err != nil {
				return err
			}
			if wait {
				fmt.Fprintf(p.Err, "run %s of source %s\n", run.ID, run.Source)
				return p.followRun(cmd.Context(), client, run.ID)
			}
			_, err = fmt.Fprintln(p.Out, run.ID)
			return err
		},
	}
	apiFlag(cmd, &api)
	flags := cmd.Flags()
	flags.StringArrayVar(&order.Streams, "stream", nil, "only this stream, by its name or the title of its database; may be repeated")
	flags.BoolVar(&order.Full, "full", false, "read whole databases instead of what changed")
	flags.BoolVar(&order.Republish, "republish", false, "with --full: publish unchanged pages too")
	flags.BoolVar(&wait, "wait", false, "wait until the run ended")
	return cmd
}

func pauseCommand(p *process) *cobra.Command {
	return p.switchCommand("pause", "Stop everything of a source in a running daemon",
		"Stop everything of a source in a running daemon, until `resume`. A run under way is cancelled; what it has\n"+
			"published stays published.")
}

func resumeCommand(p *process) *cobra.Command {
	return p.switchCommand("resume", "Let a paused source run again", "Let a paused source of a running daemon run again on its trigger.")
}

// switchCommand is pause or resume.
func (p *process) switchCommand(verb, short, long string) *cobra.Command {
	var api string
	cmd := &cobra.Command{
		Use: verb + " SOURCE", Short: short, Long: long,
		Args: oneArgument("name a source; `notion-kafka sources` lists them"),
		RunE: func(cmd *cobra.Command, args []string) error {
			client, err := p.api(api)
			if err != nil {
				return err
			}
			var source sourceLine
			if err := client.call(cmd.Context(), verb+" source "+args[0], http.MethodPut, apiPath("sources", args[0], verb), nil, &source); err != nil {
				return err
			}
			fmt.Fprintf(p.Err, "source %s: %s, next run %s\n", args[0], source.Status, source.nextRun())
			return nil
		},
	}
	apiFlag(cmd, &api)
	return cmd
}
