package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"notion-kafka/producer/control"
)

func runsCommand(p *process) *cobra.Command {
	var (
		api, output string
		limit       int
	)
	cmd := &cobra.Command{
		Use:   "runs SOURCE",
		Short: "List the runs of a source, show one, cancel or follow it",
		Long: "List the runs of a source that a running daemon remembers, the newest first. Consecutive runs that\n" +
			"changed nothing are one line.",
		Args: oneArgument("name a source; `notion-kafka sources` lists them"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if limit < 1 {
				return usageError{fmt.Errorf("--limit %d: use 1 or more", limit)}
			}
			if err := checkOutput(output); err != nil {
				return err
			}
			client, err := p.api(api)
			if err != nil {
				return err
			}
			var runs []control.Run
			if err := client.call(cmd.Context(), "listing the runs of source "+args[0], http.MethodGet, apiPath("sources", args[0], "runs"), nil, &runs); err != nil {
				return err
			}
			runs = append([]control.Run{}, runs[:min(limit, len(runs))]...)
			if output == "json" {
				return printJSON(p.Out, runs)
			}
			return p.printHistory(runs)
		},
	}
	apiFlag(cmd, &api)
	outputFlag(cmd, &output)
	cmd.Flags().IntVar(&limit, "limit", 20, "list at most `N` runs")
	cmd.AddCommand(runsShowCommand(p), runsLogCommand(p), runsCancelCommand(p), runsFollowCommand(p))
	return cmd
}

// printHistory prints one line for each run.
func (p *process) printHistory(runs []control.Run) error {
	table := newRows(p.Out, "RUN", "TRIGGER", "STARTED", "TOOK", "READ", "PUBLISHED", "DELETED", "STATUS", "NOTE")
	for _, run := range runs {
		var read, published, deleted int
		for _, s := range run.Streams {
			read, published, deleted = read+s.Read, published+s.Published, deleted+s.Deleted
		}
		table.add(run.ID, run.Trigger, moment(run.StartedAt), took(run), read, published, deleted, run.Status, p.advice(note(run)))
	}
	return table.Flush()
}

// took returns how long a run took; "-" while it is running.
func took(run control.Run) string {
	if run.FinishedAt.IsZero() || run.StartedAt.IsZero() {
		return "-"
	}
	return run.FinishedAt.Sub(run.StartedAt).Round(100 * time.Millisecond).String()
}

// note returns what has no column of its own: folded runs and errors.
func note(run control.Run) string {
	var said []string
	if run.Folded > 1 {
		said = append(said, fmt.Sprintf("%d runs since %s that changed nothing", run.Folded, moment(run.FoldedSince)))
	}
	if run.Error != "" {
		said = append(said, run.Error)
	}
	for _, s := range run.Streams {
		if s.Error != "" {
			said = append(said, named(s.Stream, s.Title)+": "+s.Error)
		}
	}
	return strings.Join(said, "; ")
}

func runsShowCommand(p *process) *cobra.Command {
	var api, output string
	cmd := &cobra.Command{
		Use:   "show RUN",
		Short: "Show a run's report, and its log if it was kept",
		Args:  oneRun,
		RunE: func(cmd *cobra.Command, args []string) error {
			var run runWithLog
			return p.show(cmd.Context(), api, output, "showing run "+args[0], apiPath("runs", args[0]), &run, func() error {
				return p.printRun(run)
			})
		},
	}
	apiFlag(cmd, &api)
	outputFlag(cmd, &output)
	return cmd
}

func oneRun(cmd *cobra.Command, args []string) error {
	return oneArgument("name a run; `notion-kafka runs SOURCE` lists them")(cmd, args)
}

// A runWithLog is a run with its log, if that was kept.
type runWithLog struct {
	control.Run
	Log    []map[string]any `json:"log"`
	LogCut bool             `json:"log_cut"`
}

// printRun prints a run's report: its result, its streams, their errors, its log.
func (p *process) printRun(run runWithLog) error {
	to := p.Out
	if err := p.printHistory([]control.Run{run.Run}); err != nil {
		return err
	}
	fmt.Fprintf(to, "\nrequests to Notion: %d, throttled for %.1f s\n\n", run.Requests, run.ThrottledSeconds)
	if err := printRuns(to, run.Run); err != nil {
		return err
	}
	if run.StreamsLeftOut > 0 {
		fmt.Fprintf(to, "and %d more streams that the history has no room for\n", run.StreamsLeftOut)
	}
	for _, s := range run.Streams {
		if s.Error != "" {
			fmt.Fprintf(to, "\n%s: %s\n", named(s.Stream, s.Title), p.advice(s.Error))
		}
	}
	if len(run.Log) > 0 {
		fmt.Fprintln(to)
	}
	for _, line := range run.Log {
		fmt.Fprintln(to, logText(line))
	}
	if run.LogCut {
		fmt.Fprintln(to, "(the log was longer: lines in the middle are left out)")
	}
	return nil
}

// logText formats a log line: time, level, message, then the other fields by name.
func logText(line map[string]any) string {
	var words []string
	for _, key := range []string{"time", "level", "msg"} {
		if value, ok := line[key]; ok {
			words = append(words, oneLine(fmt.Sprint(value)))
		}
	}
	for _, key := range slices.Sorted(maps.Keys(line)) {
		if key == "time" || key == "level" || key == "msg" {
			continue
		}
		text, quoted := line[key].(string)
		if !quoted || text == "" || strings.ContainsAny(text, " \"=\n") {
			asJSON, _ := json.Marshal(line[key]) // it was decoded from JSON
			text = string(asJSON)
		}
		words = append(words, key+"="+text)
	}
	return strings.Join(words, " ")
}

func runsCancelCommand(p *process) *cobra.Command {
	var api string
	cmd := &cobra.Command{
		Use:   "cancel RUN",
		Short: "Cancel a run that is queued or under way",
		Long: "Cancel a run that is queued or under way. What it has published stays published; the next run\n" +
			"continues from there.",
		Args: oneRun,
		RunE: func(cmd *cobra.Command, args []string) error {
			client, err := p.api(api)
			if err != nil {
				return err
			}
			var run control.Run
			if err := client.call(cmd.Context(), "cancelling run "+args[0], http.MethodDelete, apiPath("runs", args[0]), nil, &run); err != nil {
				return err
			}
			fmt.Fprintf(p.Err, "run %s of source %s: %s\n", run.ID, run.Source, cancelled(run))
			return nil
		},
	}
	apiFlag(cmd, &api)
	return cmd
}

// cancelled describes a run that was asked to end.
func cancelled(run control.Run) string {
	if run.Status.Ended() {
		return string(run.Status)
	}
	return "ends as soon as it can"
}

func runsFollowCommand(p *process) *cobra.Command {
	var api string
	cmd := &cobra.Command{
		Use:   "follow RUN",
		Short: "Follow a run until it has ended",
		Long: "Show the progress of a run until it has ended, then print its table. The exit code is 1 when it\n" +
			"failed, was cancelled or needs attention.",
		Args: oneRun,
		RunE: func(cmd *cobra.Command, args []string) error {
			client, err := p.api(api)
			if err != nil {
				return err
			}
			return p.followRun(cmd.Context(), client, args[0])
		},
	}
	apiFlag(cmd, &api)
	return cmd
}
