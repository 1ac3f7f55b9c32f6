package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"go.yaml.in/yaml/v3"

	"notion-kafka/producer/control"
)

func sourcesCommand(p *process) *cobra.Command {
	var api, output string
	cmd := &cobra.Command{
		Use:   "sources",
		Short: "List the sources of a running daemon, make and remove sources",
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
	outputFlag(cmd, &output)
	cmd.AddCommand(sourcesShowCommand(p), sourcesAddCommand(p), sourcesRemoveCommand(p))
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
		Use:   "show SOURCE",
		Short: "Show a source and its streams",
		Long: "Show a source and its streams, including those of databases that it does not select. --output json\n" +
			"has its definition.",
		Args: oneArgument("name a source; `notion-kafka sources` lists them"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := checkOutput(output); err != nil {
				return err
			}
			client, err := p.api(api)
			if err != nil {
				return err
			}
			var source, streams json.RawMessage
			doing, at := "showing source "+args[0], apiPath("sources", args[0])
			if err := client.call(cmd.Context(), doing, http.MethodGet, at, nil, &source); err != nil {
				return err
			}
			if err := client.call(cmd.Context(), doing, http.MethodGet, at+"/streams", nil, &streams); err != nil {
				return err
			}
			if output == "json" {
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
	outputFlag(cmd, &output)
	return cmd
}

func (p *process) printStreams(streams []control.Stream) error {
	table := newRows(p.Out, "STREAM", "TITLE", "TOPIC", "SYNC", "SELECTED", "ROWS", "HELD", "STUCK", "CURSOR", "NEXT RUN", "STATUS", "ERROR")
	for _, s := range streams {
		selected := "no"
		if s.Enabled {
			selected = "yes"
		}
		table.add(s.Stream, s.Title, s.Topic, s.Sync, selected, s.Rows, s.Held, s.Stuck, moment(s.Cursor), withRemarks(nextRun(s.NextRun)), s.Health.Words(), p.advice(troubleOf(s)))
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

func sourcesAddCommand(p *process) *cobra.Command {
	var (
		api, file string
		replace   bool
	)
	cmd := &cobra.Command{
		Use:   "add --file FILE",
		Short: "Make a source from YAML or JSON, as under sources:",
		Long: "Make a source in a running daemon. The file holds one element of sources:, as YAML or JSON, including\n" +
			"its token, which the daemon seals with secrets.key. ${NAME} and token_file do not work here.",
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			spec, name, err := readSource(file, cmd.InOrStdin())
			if err != nil {
				return usageError{err}
			}
			client, err := p.api(api)
			if err != nil {
				return err
			}
			method, at, doing, done := http.MethodPost, apiPath("sources"), "adding source "+name, "made"
			if replace {
				method, at, doing, done = http.MethodPut, apiPath("sources", name), "replacing source "+name, "stored"
			}
			if err := client.call(cmd.Context(), doing, method, at, spec, nil); err != nil {
				return err
			}
			fmt.Fprintf(p.Err, "source %s: %s\n", name, done)
			return nil
		},
	}
	apiFlag(cmd, &api)
	cmd.Flags().StringVarP(&file, "file", "f", "", "read the source from `FILE`; - is standard input")
	cmd.Flags().BoolVar(&replace, "replace", false, "replace the existing source of this name")
	_ = cmd.MarkFlagRequired("file")
	return cmd
}

// readSource reads one element of sources: from a file, or from stdin if the file is -.
// The daemon validates it; here it only has to have a name.
func readSource(file string, stdin io.Reader) (spec json.RawMessage, name string, err error) {
	var text []byte
	if file == "-" {
		text, err = io.ReadAll(stdin)
	} else {
		text, err = os.ReadFile(file)
	}
	if err != nil {
		return nil, "", fmt.Errorf("reading the source: %w", err)
	}
	if spec = text; !json.Valid(text) {
		if spec, err = jsonOfYAML(text); err != nil {
			return nil, "", fmt.Errorf("reading the source: %s is neither JSON nor YAML", file)
		}
	}
	var element struct{ Name string }
	if json.Unmarshal(spec, &element) != nil || element.Name == "" {
		return nil, "", fmt.Errorf("reading the source: %s is not one element of sources: with a name", file)
	}
	return spec, element.Name, nil
}

// jsonOfYAML converts YAML to JSON. A list of one element is that element, pasted with
// its dash.
func jsonOfYAML(text []byte) (json.RawMessage, error) {
	var said any
	if err := yaml.Unmarshal(text, &said); err != nil {
		return nil, err
	}
	if list, ok := said.([]any); ok && len(list) == 1 {
		said = list[0]
	}
	return json.Marshal(said)
}

func sourcesRemoveCommand(p *process) *cobra.Command {
	var api string
	cmd := &cobra.Command{
		Use:   "remove SOURCE",
		Short: "Remove a source that was made through the API",
		Long:  "Remove a source that was made through the API or the console. Its topics and its state stay.",
		Args:  oneArgument("name a source; `notion-kafka sources` lists them"),
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
	if err := checkOutput(output); err != nil {
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
	if output == "json" {
		return printJSON(p.Out, answer)
	}
	if err := json.Unmarshal(answer, out); err != nil {
		return fmt.Errorf("%s: decoding the daemon's response: %w", doing, err)
	}
	return table()
}

func outputFlag(cmd *cobra.Command, output *string) {
	cmd.Flags().StringVar(output, "output", "table", "output `FORMAT`: table or json")
}

func checkOutput(output string) error {
	if output != "table" && output != "json" {
		return usageError{fmt.Errorf("--output %q: use table or json", output)}
	}
	return nil
}
