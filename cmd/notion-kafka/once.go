package main

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"notion-kafka/notion"
	"notion-kafka/producer"
)

func onceCommand(p *process) *cobra.Command {
	var (
		names    []string
		order    = producer.Order{Trigger: "manual"}
		patience time.Duration
	)
	cmd := &cobra.Command{
		Use:   "once",
		Short: "Run every selected stream one time and exit",
		Long: "Run every selected stream one time and exit: for cron jobs and CI. The exit code is 1 when a\n" +
			"stream failed or needs attention. While other instances of the group are alive it waits, then refuses.",
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if order.Republish && !order.Full {
				return usageError{errors.New("--republish goes with --full: only a scan sees unchanged pages")}
			}
			for i, name := range order.Streams {
				order.Streams[i] = streamName(name)
			}
			return p.withSources(cmd.Context(), names, func(app *App, sources []*producer.Source) error {
				if len(order.Streams) > 0 && len(sources) > 1 {
					return usageError{errors.New("--stream needs --source: there is more than one source")}
				}
				reports, err := app.Daemon(sources, nil).Once(cmd.Context(), order, patience)
				return errors.Join(printReports(p.Out, reports), err, verdict(reports))
			})
		},
	}
	flags := cmd.Flags()
	flags.StringArrayVar(&names, "source", nil, "only this source; may be repeated")
	flags.StringArrayVar(&order.Streams, "stream", nil, "only this stream; may be repeated")
	flags.BoolVar(&order.Full, "full", false, "read whole databases instead of what changed")
	flags.BoolVar(&order.Republish, "republish", false, "with --full: publish unchanged pages too")
	flags.DurationVar(&patience, "wait", 30*time.Second, "how long to wait for other members of the group to leave")
	return cmd
}

// streamName is the name of a stream as it is written everywhere else: people
// paste ids without dashes out of Notion's URLs.
func streamName(text string) string {
	if id, ok := notion.NormalizeID(strings.TrimPrefix(text, "database_")); ok {
		return producer.DatabaseStream(id)
	}
	return text
}

// printReports writes a line for each stream; two for one that was read from
// its cursor and swept.
func printReports(to io.Writer, reports []producer.Report) error {
	if len(reports) == 0 {
		return nil
	}
	table := tabwriter.NewWriter(to, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "SOURCE\tSTREAM\tTITLE\tTOPIC\tKIND\tREAD\tPUBLISHED\tUNCHANGED\tDELETED\tHELD\tSTATUS")
	for _, r := range reports {
		if r.Err() != nil {
			fmt.Fprintf(table, "%s\t-\t\t\t\t\t\t\t\t\t%s\n", r.Source, r.Status)
		}
		for _, s := range r.Streams {
			fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%d\t%d\t%d\t%d\t%d\t%s\n",
				r.Source, s.Stream, s.Title, s.Topic, s.Kind, s.Read, s.Published, s.Unchanged, s.Deleted, s.Held, s.Status)
		}
	}
	return table.Flush()
}

// verdict is nil when every run succeeded; else it says what did not, and why.
// What waits for a person in a stream, both its reading and its sweep find.
func verdict(reports []producer.Report) error {
	type finding struct{ stream, problem string }
	var problems []error
	for _, r := range reports {
		if err := r.Err(); err != nil {
			problems = append(problems, err)
		}
		said := map[finding]bool{}
		for _, s := range r.Streams {
			if one := (finding{s.Stream, s.Error}); s.Status != producer.Succeeded && !said[one] {
				said[one] = true
				problems = append(problems, fmt.Errorf("source %s, stream %s: %s: %s", r.Source, s.Stream, s.Status, s.Error))
			}
		}
	}
	return errors.Join(problems...)
}
