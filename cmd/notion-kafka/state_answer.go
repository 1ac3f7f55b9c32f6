package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"notion-kafka/producer"
)

func confirmDeletesCommand(p *process) *cobra.Command {
	var which heldStream
	cmd := &cobra.Command{
		Use:   "confirm-deletes --source NAME --stream NAME",
		Short: "Delete what was held back because too much was missing",
		Long: "Look again at every page that was held back because too much of its stream was missing, and delete\n" +
			"those that are gone; a page that is there again is kept. Refused while an instance of the group is alive.\n" +
			"`notion-kafka state show --output json` lists the pages. Where none are held it does nothing.",
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return p.withSources(cmd.Context(), []string{which.source}, func(app *App, sources []*producer.Source) error {
				reports, err := app.Daemon(sources, nil).ConfirmDeletes(cmd.Context(), sources[0], streamName(which.stream))
				if errors.Is(err, producer.ErrNothingHeld) {
					return which.nothingHeld(p)
				}
				return errors.Join(printReports(p.Out, reports), err, verdict(reports))
			})
		},
	}
	which.flags(cmd)
	return cmd
}

func dismissDeletesCommand(p *process) *cobra.Command {
	var which heldStream
	cmd := &cobra.Command{
		Use:   "dismiss-deletes --source NAME --stream NAME",
		Short: "Keep what was held back until the next scan",
		Long: "Keep every page that was held back because too much of its stream was missing. The next scan or sweep\n" +
			"looks anew, and holds them back again when they are still missing. Refused while an instance of the\n" +
			"group is alive. Where none are held it does nothing.",
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return p.withApp(cmd.Context(), func(app *App) error {
				n, err := app.Daemon(nil, nil).DismissDeletes(cmd.Context(), which.source, streamName(which.stream))
				if errors.Is(err, producer.ErrNothingHeld) {
					return which.nothingHeld(p)
				}
				if err == nil {
					fmt.Fprintf(p.Err, "stream %s of source %s: %d held deletes dismissed; the next scan looks anew\n", which.stream, which.source, n)
				}
				return err
			})
		},
	}
	which.flags(cmd)
	return cmd
}

// A heldStream is what the answers to held deletes are about.
type heldStream struct{ source, stream string }

func (h *heldStream) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&h.source, "source", "", "the source")
	cmd.Flags().StringVar(&h.stream, "stream", "", "the stream")
	_ = cmd.MarkFlagRequired("source")
	_ = cmd.MarkFlagRequired("stream")
}

// nothingHeld is what there is to say where no answer is waited for: all is as
// the person wants it.
func (h *heldStream) nothingHeld(p *process) error {
	fmt.Fprintf(p.Err, "stream %s of source %s: no deletes are held back, nothing to do\n", h.stream, h.source)
	return nil
}
