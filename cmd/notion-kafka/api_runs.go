package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"notion-kafka/producer/control"
)

func runsCommand(p *process) *cobra.Command {
	var (
		api, output string
		filter      runFilter
		failed      bool
	)
	cmd := &cobra.Command{
		Use:               "runs [SOURCE]",
		ValidArgsFunction: p.completeArgs((*completer).sources),
		Short:             "List the runs of all sources or of one, show one, cancel or follow it",
		Long: "List the runs that a running daemon remembers, the newest first: of all sources, or of one.\n" +
			"Consecutive runs of a source that changed nothing are one line.",
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return nil
			}
			return oneArgument("name one source, or none for the runs of all")(cmd, args)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			filter.source = strings.Join(args, "")
			if failed && filter.status != "" {
				return usageError{errors.New("--failed and --status exclude each other: --failed is --status failed")}
			}
			if failed {
				filter.status = string(control.Failed)
			}
			if err := errors.Join(filter.check(), checkOutput(output, tableOrJSON...)); err != nil {
				return err
			}
			client, err := p.api(api)
			if err != nil {
				return err
			}
			runs, err := client.runs(cmd.Context(), filter)
			if err != nil {
				return err
			}
			if output == asJSON {
				return printJSON(p.Out, runs)
			}
			return p.printHistory(runs, filter.source == "")
		},
	}
	apiFlag(cmd, &api)
	outputFlag(cmd, &output, tableOrJSON...)
	cmd.Flags().IntVar(&filter.limit, "limit", 20, "list at most `N` runs")
	cmd.Flags().StringVar(&filter.status, "status", "", "only runs of this `STATUS`: "+oneOf(control.Statuses))
	cmd.Flags().StringVar(&filter.trigger, "trigger", "", "only runs that this `TRIGGER` started: "+oneOf(control.Triggers))
	fixedFlag(cmd, "status", wordsOf(control.Statuses)...)
	fixedFlag(cmd, "trigger", wordsOf(control.Triggers)...)
	cmd.Flags().BoolVar(&failed, "failed", false, "only runs that failed: short for --status failed")
	cmd.AddCommand(runsShowCommand(p), runsLogCommand(p), runsCancelCommand(p), runsFollowCommand(p))
	return cmd
}

// A runFilter says which runs to list. Empty fields select all.
type runFilter struct {
	source, status, trigger string
	limit                   int
}

// mostRuns is how many runs the API lists at most.
const mostRuns = 1000

func (f runFilter) check() error {
	switch {
	case f.limit < 1 || f.limit > mostRuns:
		return usageError{fmt.Errorf("--limit %d: use 1 to %d", f.limit, mostRuns)}
	case f.status != "" && !slices.Contains(control.Statuses, control.Status(f.status)):
		return usageError{fmt.Errorf("--status %q: use %s", f.status, oneOf(control.Statuses))}
	case f.trigger != "" && !slices.Contains(control.Triggers, control.Trigger(f.trigger)):
		return usageError{fmt.Errorf("--trigger %q: use %s", f.trigger, oneOf(control.Triggers))}
	}
	return nil
}

// runs lists runs of one source, or of all.
func (c *apiClient) runs(ctx context.Context, filter runFilter) (runs []control.Run, err error) {
	doing, at := "listing the runs", apiPath("runs")
	if filter.source != "" {
		doing += " of source " + filter.source
	}
	if filter.status == "" && filter.trigger == "" && filter.source != "" {
		at = apiPath("sources", filter.source, "runs")
	} else {
		at += "?" + filter.query()
	}
	err = c.call(ctx, doing, http.MethodGet, at, nil, &runs)
	return append([]control.Run{}, runs[:min(filter.limit, len(runs))]...), err
}

// query is the filter as the API takes it.
func (f runFilter) query() string {
	query := url.Values{"limit": {strconv.Itoa(f.limit)}}
	for name, value := range map[string]string{"source": f.source, "status": f.status, "trigger": f.trigger} {
		if value != "" {
			query.Set(name, value)
		}
	}
	return query.Encode()
}

// printHistory prints one line for each run, with its source where they are of several.
func (p *process) printHistory(runs []control.Run, ofAll bool) error {
	columns := []any{"RUN", "TRIGGER", "STARTED", "TOOK", "READ", "PUBLISHED", "DELETED", "STATUS", "NOTE"}
	if ofAll {
		columns = append([]any{"SOURCE"}, columns...)
	}
	table := newRows(p.Out, columns...)
	for _, run := range runs {
		var read, published, deleted int
		for _, s := range run.Streams {
			read, published, deleted = read+s.Read, published+s.Published, deleted+s.Deleted
		}
		cells := []any{run.ID, run.Trigger, moment(run.StartedAt), took(run), read, published, deleted, run.Status, p.advice(note(run))}
		if ofAll {
			cells = append([]any{run.Source}, cells...)
		}
		table.add(cells...)
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

// note returns what has no column of its own: folded runs, errors, and how many changes of
// typed columns there are.
func note(run control.Run) string {
	var said []string
	if run.Folded > 1 {
		said = append(said, fmt.Sprintf("%d runs since %s that changed nothing", run.Folded, moment(run.FoldedSince)))
	}
	if run.Error != "" {
		said = append(said, run.Error)
	}
	changes := 0
	for _, s := range run.Streams {
		changes += len(s.Columns)
		if s.Error != "" {
			said = append(said, named(s.Stream, s.Title)+": "+s.Error)
		}
	}
	if changes > 0 {
		said = append(said, plural(changes, "change")+" of columns")
	}
	return strings.Join(said, "; ")
}

func runsShowCommand(p *process) *cobra.Command {
	var api, output string
	cmd := &cobra.Command{
		Use:               "show RUN",
		ValidArgsFunction: p.completeArgs((*completer).runs),
		Short:             "Show a run's report, and its log if it was kept",
		Args:              oneRun,
		RunE: func(cmd *cobra.Command, args []string) error {
			var run runWithLog
			return p.show(cmd.Context(), api, output, "showing run "+args[0], apiPath("runs", args[0]), &run, func() error {
				return p.printRun(run)
			})
		},
	}
	apiFlag(cmd, &api)
	outputFlag(cmd, &output, tableOrJSON...)
	return cmd
}

func oneRun(cmd *cobra.Command, args []string) error {
	return oneArgument("name a run; `notion-kafka runs` lists them")(cmd, args)
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
	if err := p.printHistory([]control.Run{run.Run}, false); err != nil {
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
	var api, output string
	cmd := &cobra.Command{
		Use:               "cancel RUN",
		ValidArgsFunction: p.completeArgs((*completer).runs),
		Short:             "Cancel a run that is queued or under way",
		Long: "Cancel a run that is queued or under way. What it has published stays published; the next run\n" +
			"continues from there.",
		Args: oneRun,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := checkOutput(output, asText, asJSON); err != nil {
				return err
			}
			client, err := p.api(api)
			if err != nil {
				return err
			}
			var run control.Run
			if err := client.call(cmd.Context(), "cancelling run "+args[0], http.MethodDelete, apiPath("runs", args[0]), nil, &run); err != nil {
				return err
			}
			fmt.Fprintf(p.Err, "run %s of source %s: %s\n", run.ID, run.Source, cancelled(run))
			if output == asJSON {
				return printJSON(p.Out, run)
			}
			return nil
		},
	}
	apiFlag(cmd, &api)
	outputFlag(cmd, &output, asText, asJSON)
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
	var api, output string
	cmd := &cobra.Command{
		Use:               "follow RUN",
		ValidArgsFunction: p.completeArgs((*completer).runs),
		Short:             "Follow a run until it has ended",
		Long: "Show the progress of a run until it has ended, then print its table. The exit code is 1 when it\n" +
			"failed, was cancelled or needs attention.",
		Args: oneRun,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := checkOutput(output, tableOrJSON...); err != nil {
				return err
			}
			client, err := p.api(api)
			if err != nil {
				return err
			}
			return p.followRun(cmd.Context(), client, args[0], output)
		},
	}
	apiFlag(cmd, &api)
	outputFlag(cmd, &output, tableOrJSON...)
	return cmd
}
