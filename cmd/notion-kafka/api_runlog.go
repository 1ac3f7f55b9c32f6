package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"github.com/spf13/cobra"
)

func runsLogCommand(p *process) *cobra.Command {
	var api, output, level string
	cmd := &cobra.Command{
		Use:               "log RUN",
		ValidArgsFunction: p.completeArgs((*completer).runs),
		Short:             "Print a run's log",
		Long: "Print the log of a run. Of each source the logs of its last run and of the last one that failed are\n" +
			"kept. --output json prints a JSON object a line, as it was logged.",
		Args: oneRun,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := checkOutput(output, tableOrJSON...); err != nil {
				return err
			}
			client, err := p.api(api)
			if err != nil {
				return err
			}
			at := apiPath("runs", args[0], "log")
			if level != "" {
				at += "?level=" + url.QueryEscape(level)
			}
			response, err := client.send(cmd.Context(), http.MethodGet, at, "", nil)
			if err == nil {
				defer response.Body.Close()
				err = p.printLog(response.Body, output)
			}
			if err != nil {
				return fmt.Errorf("showing the log of run %s: %w", args[0], err)
			}
			return nil
		},
	}
	apiFlag(cmd, &api)
	outputFlag(cmd, &output, tableOrJSON...)
	cmd.Flags().StringVar(&level, "level", "", "only lines of the `LEVEL` debug, info, warn or error, and worse")
	fixedFlag(cmd, "level", logLevels...)
	return cmd
}

// printLog prints the lines of a log, as they are or for people.
func (p *process) printLog(lines io.Reader, output string) error {
	if output == asJSON {
		_, err := io.Copy(p.Out, lines)
		return err
	}
	for decoder := json.NewDecoder(lines); ; {
		var line map[string]any
		switch err := decoder.Decode(&line); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return fmt.Errorf("the daemon's response cannot be read: %w", err)
		case line["log_cut"] == true:
			fmt.Fprintf(p.Out, "(%s)\n", oneLine(fmt.Sprint(line["msg"])))
		default:
			fmt.Fprintln(p.Out, logText(line))
		}
	}
}
