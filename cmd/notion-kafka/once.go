package main

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"notion-kafka/notion"
	"notion-kafka/producer"
	"notion-kafka/producer/control"
)

func onceCommand(p *process) *cobra.Command {
	var (
		names    []string
		output   string
		order    = producer.Order{Trigger: "manual"}
		patience time.Duration
	)
	cmd := &cobra.Command{
		Use:   "once",
		Short: "Run every selected stream one time and exit",
		Long: "Run every selected stream one time and exit: for cron jobs and CI. The exit code is 1 when a\n" +
			"stream failed or needs attention. While other instances of the group are alive, it waits for them to\n" +
			"leave (--wait), then refuses to run.",
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if order.Republish && !order.Full {
				return usageError{errors.New("--republish needs --full: only a scan sees unchanged pages")}
			}
			if err := checkOutput(output, tableOrJSON...); err != nil {
				return err
			}
			if patience < 0 {
				return usageError{fmt.Errorf("--wait %v: give a duration such as 30s, or 0 to not wait at all", patience)}
			}
			show, end := p.watch()
			defer end()
			return p.withSources(cmd.Context(), names, func(app *App, sources []*producer.Source) error {
				if len(order.Streams) > 0 && len(sources) > 1 {
					return usageError{errors.New("--stream needs --source, because there is more than one source")}
				}
				if err := streamsNamed(order.Streams, app.offeredTitles(cmd.Context(), sources)); err != nil {
					return err
				}
				reports, err := app.Once(cmd.Context(), sources, order, patience, show)
				end()
				return errors.Join(printReports(p.Out, output, reports), err, verdict(reports))
			})
		},
	}
	outputFlag(cmd, &output, tableOrJSON...)
	flags := cmd.Flags()
	flags.StringArrayVar(&names, "source", nil, "only the source `NAME`; may be repeated")
	flags.StringArrayVar(&order.Streams, "stream", nil, "only the stream `NAME`, or the title of its database; may be repeated")
	p.completeFlag(cmd, "source", (*completer).sources)
	p.completeFlag(cmd, "stream", (*completer).streams)
	flags.BoolVar(&order.Full, "full", false, "read whole databases instead of what changed")
	flags.BoolVar(&order.Republish, "republish", false, "with --full: publish unchanged pages too")
	flags.DurationVar(&patience, "wait", 30*time.Second, "how long to wait for other instances of the group to leave")
	return cmd
}

// streamName returns the canonical name of a stream: ids pasted from Notion's URLs have
// no dashes.
func streamName(text string) string {
	if id, ok := notion.NormalizeID(strings.TrimPrefix(text, "database_")); ok {
		return producer.DatabaseStream(id)
	}
	return text
}

// printReports prints the runs: their table, or an array.
func printReports(to io.Writer, output string, reports []producer.Report) error {
	runs := make([]control.Run, len(reports))
	for i, r := range reports {
		runs[i] = r.Run
	}
	if output == asJSON {
		return printJSON(to, runs)
	}
	return printRuns(to, runs...)
}

// verdict is nil when every run succeeded; else it names what did not, and why.
func verdict(reports []producer.Report) error {
	var problems []error
	for _, r := range reports {
		if err := r.Err(); err != nil {
			problems = append(problems, err)
		}
		problems = append(problems, streamProblems(r.Run)...)
	}
	return errors.Join(problems...)
}
