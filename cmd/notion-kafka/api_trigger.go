package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/spf13/cobra"

	"notion-kafka/producer/control"
)

func triggerCommand(p *process) *cobra.Command {
	var (
		api, output string
		order       control.Order
		wait        bool
	)
	cmd := &cobra.Command{
		Use:               "trigger SOURCE",
		ValidArgsFunction: p.completeArgs((*completer).sources),
		Short:             "Start a run of a source in a running daemon",
		Long: "Start a run of a source in a running daemon, and print the run's id. If the same run is queued already,\n" +
			"or the first run of a new source is under way, no other run is started and the id is that run's. With\n" +
			"--wait the command shows the run's progress until it has ended and prints its table; the exit code is 1\n" +
			"when it failed, was cancelled or needs attention.",
		Args: oneArgument("name a source; `notion-kafka sources` lists them"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if order.Republish && !order.Full {
				return usageError{errors.New("--republish needs --full: only a scan sees unchanged pages")}
			}
			if order.Failed && len(order.Streams) > 0 {
				return usageError{errors.New("--failed chooses the streams: leave out --stream, or name them without --failed")}
			}
			if err := checkOutput(output, asText, asJSON); err != nil {
				return err
			}
			client, err := p.api(api)
			if err != nil {
				return err
			}
			if err := streamsNamed(order.Streams, client.titles(cmd.Context(), args[0])); err != nil {
				return fmt.Errorf("starting a run of source %s: %w", args[0], err)
			}
			var run control.Run
			if err := client.call(cmd.Context(), "starting a run of source "+args[0], http.MethodPost, apiPath("sources", args[0], "runs"), order, &run); err != nil {
				return err
			}
			if wait {
				fmt.Fprintf(p.Err, "run %s of source %s\n", run.ID, run.Source)
				return p.followRun(cmd.Context(), client, run.ID, output)
			}
			if output == asJSON {
				return printJSON(p.Out, run)
			}
			_, err = fmt.Fprintln(p.Out, run.ID)
			return err
		},
	}
	apiFlag(cmd, &api)
	outputFlag(cmd, &output, asText, asJSON)
	flags := cmd.Flags()
	flags.StringArrayVar(&order.Streams, "stream", nil, "only the stream `NAME`, or the title of its database; may be repeated")
	p.completeFlag(cmd, "stream", (*completer).streams)
	flags.BoolVar(&order.Full, "full", false, "read whole databases instead of what changed")
	flags.BoolVar(&order.Republish, "republish", false, "with --full: publish unchanged pages too")
	flags.BoolVar(&order.Failed, "failed", false, "only the streams whose last read failed or found what a person has to mend")
	flags.BoolVar(&wait, "wait", false, "wait until the run has ended")
	return cmd
}

func pauseCommand(p *process) *cobra.Command {
	return p.switchCommand("pause", "pausing", "Stop all runs of a source in a running daemon",
		"Stop all runs of a source in a running daemon until `resume`. A run under way is cancelled; what it has\n"+
			"published stays published.")
}

func resumeCommand(p *process) *cobra.Command {
	return p.switchCommand("resume", "resuming", "Let a paused source run again", "Let a paused source of a running daemon run again on its trigger.")
}

// switchCommand is pause or resume.
func (p *process) switchCommand(verb, doing, short, long string) *cobra.Command {
	var api, output string
	cmd := &cobra.Command{
		Use: verb + " SOURCE", Short: short, Long: long,
		ValidArgsFunction: p.completeArgs((*completer).sources),
		Args:              oneArgument("name a source; `notion-kafka sources` lists them"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := checkOutput(output, asText, asJSON); err != nil {
				return err
			}
			client, err := p.api(api)
			if err != nil {
				return err
			}
			var (
				answer json.RawMessage
				source sourceLine
			)
			doing := doing + " source " + args[0]
			if err := client.call(cmd.Context(), doing, http.MethodPut, apiPath("sources", args[0], verb), nil, &answer); err != nil {
				return err
			}
			if err := json.Unmarshal(answer, &source); err != nil {
				return fmt.Errorf("%s: decoding the daemon's response: %w", doing, err)
			}
			fmt.Fprintf(p.Err, "source %s: %s, next run %s\n", args[0], strings.ToLower(source.Status.Words()), source.nextRun())
			if output == asJSON {
				return printJSON(p.Out, answer)
			}
			return nil
		},
	}
	apiFlag(cmd, &api)
	outputFlag(cmd, &output, asText, asJSON)
	return cmd
}
