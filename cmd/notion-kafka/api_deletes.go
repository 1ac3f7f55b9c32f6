package main

import (
	"cmp"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"notion-kafka/producer/control"
)

func deletesCommand(p *process) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "deletes",
		Short: "Show the deletes that a running daemon holds back",
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(deletesShowCommand(p))
	return cmd
}

// mostLooked is how many held pages a daemon asks Notion about for one request.
const mostLooked = 100

func deletesShowCommand(p *process) *cobra.Command {
	var (
		api, output string
		look        int
	)
	cmd := &cobra.Command{
		Use:               "show SOURCE STREAM",
		ValidArgsFunction: p.completeArgs((*completer).sources, (*completer).streams),
		Short:             "Show the pages whose deletes are held back, and what Notion says of them now",
		Long: "Show the pages of a stream that a scan did not find and that were not deleted, because they are too\n" +
			"many: at most 1,000, the one that was edited last first. With --look the daemon asks Notion about the\n" +
			"first of them. That is a dry run of `state confirm-deletes`: pages that are trashed, moved or gone\n" +
			"would be deleted. STREAM is a name or the title of a database.",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 2 {
				return errors.New("name a source and a stream; `notion-kafka sources show SOURCE` lists its streams")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if look < 0 || look > mostLooked {
				return usageError{fmt.Errorf("--look %d: use 0 to %d", look, mostLooked)}
			}
			client, err := p.api(api)
			if err != nil {
				return err
			}
			doing := fmt.Sprintf("listing the held deletes of stream %s of source %s", args[1], args[0])
			stream, err := streamNamed(args[1], client.titles(cmd.Context(), args[0]))
			if err != nil {
				return fmt.Errorf("%s: %w", doing, err)
			}
			at := apiPath("sources", args[0], "streams", stream, "held")
			if look > 0 {
				at += fmt.Sprintf("?look=%d", look)
			}
			var held control.HeldDeletes
			return p.show(cmd.Context(), api, output, doing, at, &held, func() error { return p.printHeld(held) })
		},
	}
	apiFlag(cmd, &api)
	outputFlag(cmd, &output, tableOrJSON...)
	cmd.Flags().IntVar(&look, "look", 0, fmt.Sprintf("ask Notion about the first `N` pages, at most %d", mostLooked))
	return cmd
}

// printHeld prints the held pages, and on stderr how many there are and how to answer.
func (p *process) printHeld(held control.HeldDeletes) error {
	where := fmt.Sprintf("stream %s of source %s", named(held.Stream, held.Title), held.Source)
	if held.Held == 0 {
		fmt.Fprintf(p.Err, "%s: no deletes are held back\n", where)
		return nil
	}
	table := newRows(p.Out, "PAGE", "LAST EDITED", "NOW", "TITLE", "ADDRESS", "NOTE")
	for _, page := range held.Pages {
		table.add(page.Page, moment(page.Edited), cmp.Or(fateText(page.Fate), "-"), cmp.Or(page.Title, "-"), page.URL, cmp.Or(p.advice(page.Error), "-"))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(p.Err, "%s: the deletes of %d of %d pages are held back, nothing was deleted\n", where, held.Held, held.Rows)
	if more := held.Held - len(held.Pages); more > 0 {
		fmt.Fprintf(p.Err, "not listed here: %d of them\n", more)
	}
	if looked := lookedText(held.Pages); looked != "" {
		fmt.Fprintln(p.Err, looked)
	}
	flags := fmt.Sprintf("--source %s --stream %s", forShell(held.Source), forShell(held.Stream))
	fmt.Fprintln(p.Err, p.advice("to delete the pages that are gone:       notion-kafka state confirm-deletes "+flags))
	fmt.Fprintln(p.Err, p.advice("to keep all of them until the next sweep: notion-kafka state dismiss-deletes "+flags))
	return nil
}

// lookedText counts the pages that Notion was asked about by what it says; "" if it was
// not asked.
func lookedText(pages []control.HeldPage) string {
	counts, looked := map[control.Fate]int{}, 0
	for _, page := range pages {
		if page.Fate != "" {
			counts[page.Fate]++
			looked++
		}
	}
	var said []string
	for _, fate := range []control.Fate{control.Trashed, control.Moved, control.Gone, control.StillThere, control.Unknown} {
		if counts[fate] > 0 {
			said = append(said, fmt.Sprintf("%d %s", counts[fate], fateText(fate)))
		}
	}
	if looked == 0 {
		return ""
	}
	return fmt.Sprintf("of the first %d, Notion says now: %s", looked, strings.Join(said, ", "))
}

func fateText(fate control.Fate) string { return strings.ReplaceAll(string(fate), "_", " ") }
