package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"notion-kafka/producer/control"
)

func sourcesCommand(p *process) *cobra.Command {
	var api, output string
	cmd := &cobra.Command{
		Use:   "sources",
		Short: "List the sources of a running daemon; make, change and remove sources",
		Long: "List the sources of a running daemon: the status of each, its last run and its next. The daemon is\n" +
			"found at console.listen, or at --api URL.",
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var sources []sourceLine
			return p.show(cmd.Context(), api, output, "listing the sources", apiPath("sources"), &sources, func() error {
				return p.printSources(sources...)
			})
		},
	}
	apiFlag(cmd, &api)
	outputFlag(cmd, &output, tableOrJSON...)
	cmd.AddCommand(sourcesShowCommand(p), sourcesAddCommand(p), sourcesEditCommand(p), sourcesRemoveCommand(p))
	return cmd
}

// A sourceLine is what the table shows of a source.
type sourceLine struct {
	Name     string
	Status   control.SourceStatus
	Origin   control.Origin
	Shadowed bool
	LastRun  *control.Run `json:"last_run"`
	NextRun  time.Time    `json:"next_run"`
	Sweeps   bool         `json:"next_run_sweeps"`
	Reason   string
}

// nextRun is when the source runs next, and whether that run only sweeps.
func (s sourceLine) nextRun() string {
	when, about := nextRun(s.NextRun)
	if s.Sweeps {
		about = append([]string{"sweep"}, about...)
	}
	return withRemarks(when, about)
}

// nextRun is a time that a run is due at. A time that has passed, as while the daemon
// was down or busy, is now; a remark names the time that was missed. Quiet runs are written down
// once a minute, so a time that has just passed may have been kept.
func nextRun(due time.Time) (when string, remarks []string) {
	if due.IsZero() || due.After(time.Now()) {
		return moment(due), nil
	}
	if time.Since(due) < 2*time.Minute {
		return "now", nil
	}
	return "now", []string{"missed " + due.UTC().Format("15:04")}
}

func withRemarks(text string, remarks []string) string {
	if len(remarks) == 0 {
		return text
	}
	return text + " (" + strings.Join(remarks, ", ") + ")"
}

func (p *process) printSources(sources ...sourceLine) error {
	table := newRows(p.Out, "SOURCE", "STATUS", "ORIGIN", "LAST RUN", "ENDED", "NEXT RUN", "REASON")
	for _, s := range sources {
		began, ended := "-", "-"
		if s.LastRun != nil {
			began, ended = moment(s.LastRun.StartedAt), string(s.LastRun.Status)
		}
		origin := string(s.Origin)
		if s.Shadowed {
			origin += ", shadowed by the file"
		}
		table.add(s.Name, s.Status.Words(), origin, began, ended, s.nextRun(), p.advice(s.Reason))
	}
	return table.Flush()
}

func sourcesShowCommand(p *process) *cobra.Command {
	var api, output string
	cmd := &cobra.Command{
		Use:               "show SOURCE",
		ValidArgsFunction: p.completeArgs((*completer).sources),
		Short:             "Show a source and its streams",
		Long: "Show a source and its streams, including those of databases that it does not select. --output yaml\n" +
			"prints its definition alone, without secrets, to be pasted under sources: of a file; json has both.",
		Args: oneArgument("name a source; `notion-kafka sources` lists them"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := checkOutput(output, asTable, asJSON, asYAML); err != nil {
				return err
			}
			client, err := p.api(api)
			if err != nil {
				return err
			}
			if output == asYAML {
				return p.printDefinition(cmd.Context(), client, args[0])
			}
			var source, streams json.RawMessage
			doing, at := "showing source "+args[0], apiPath("sources", args[0])
			if err := client.call(cmd.Context(), doing, http.MethodGet, at, nil, &source); err != nil {
				return err
			}
			if err := client.call(cmd.Context(), doing, http.MethodGet, at+"/streams", nil, &streams); err != nil {
				return err
			}
			if output == asJSON {
				return printJSON(p.Out, map[string]json.RawMessage{"source": source, "streams": streams})
			}
			var (
				line sourceLine
				rows []control.Stream
			)
			if err := errors.Join(json.Unmarshal(source, &line), json.Unmarshal(streams, &rows)); err != nil {
				return fmt.Errorf("%s: decoding the daemon's response: %w", doing, err)
			}
			if err := p.printSources(line); err != nil {
				return err
			}
			fmt.Fprintln(p.Out)
			return p.printStreams(rows)
		},
	}
	apiFlag(cmd, &api)
	outputFlag(cmd, &output, asTable, asJSON, asYAML)
	return cmd
}

// printDefinition prints the definition of a source as YAML, and nothing else.
func (p *process) printDefinition(ctx context.Context, client *apiClient, name string) error {
	text, err := client.text(ctx, "showing the definition of source "+name, apiPath("sources", name, "definition"), "application/yaml")
	if err != nil {
		return err
	}
	_, err = io.WriteString(p.Out, text)
	return err
}

func (p *process) printStreams(streams []control.Stream) error {
	table := newRows(p.Out, "STREAM", "TITLE", "TOPIC", "SYNC", "PROPERTIES", "SELECTED", "ROWS", "HELD", "STUCK", "CURSOR", "NEXT RUN", "STATUS", "ERROR")
	for _, s := range streams {
		selected := "no"
		if s.Enabled {
			selected = "yes"
		}
		table.add(s.Stream, s.Title, s.Topic, s.Sync, cmp.Or(s.Form, "-"), selected, s.Rows, s.Held, s.Stuck, moment(s.Cursor), withRemarks(nextRun(s.NextRun)), s.Health.Words(), p.advice(troubleOf(s)))
	}
	return table.Flush()
}

// troubleOf is why a stream is not well; "" if it is.
func troubleOf(s control.Stream) string {
	if s.Error == "" && s.Health == control.SourceLate {
		return "overdue since " + moment(s.Overdue)
	}
	return s.Error
}

func sourcesRemoveCommand(p *process) *cobra.Command {
	var api string
	cmd := &cobra.Command{
		Use:               "remove SOURCE",
		ValidArgsFunction: p.completeArgs((*completer).sources),
		Short:             "Remove a source that was made through the API",
		Long:              "Remove a source that was made through the API or the console. Its topics and its state stay.",
		Args:              oneArgument("name a source; `notion-kafka sources` lists them"),
		RunE: func(cmd *cobra.Command, args []string) error {
			client, err := p.api(api)
			if err != nil {
				return err
			}
			if err := client.call(cmd.Context(), "removing source "+args[0], http.MethodDelete, apiPath("sources", args[0]), nil, nil); err != nil {
				return err
			}
			fmt.Fprintf(p.Err, "source %s: removed; its topics and its state stay\n", args[0])
			return nil
		},
	}
	apiFlag(cmd, &api)
	return cmd
}

// show requests a resource of the API and prints the JSON as it came, or decodes it
// into out and prints a table.
func (p *process) show(ctx context.Context, api, output, doing, at string, out any, table func() error) error {
	if err := checkOutput(output, tableOrJSON...); err != nil {
		return err
	}
	client, err := p.api(api)
	if err != nil {
		return err
	}
	var answer json.RawMessage
	if err := client.call(ctx, doing, http.MethodGet, at, nil, &answer); err != nil {
		return err
	}
	if output == asJSON {
		return printJSON(p.Out, answer)
	}
	if err := json.Unmarshal(answer, out); err != nil {
		return fmt.Errorf("%s: decoding the daemon's response: %w", doing, err)
	}
	return table()
}
