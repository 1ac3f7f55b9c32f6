package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"
	"go.yaml.in/yaml/v3"

	"notion-kafka/config"
	"notion-kafka/producer"
)

func discoverCommand(p *process) *cobra.Command {
	var (
		names  []string
		output string
	)
	cmd := &cobra.Command{
		Use:   "discover",
		Short: "List the streams that the sources offer",
		Long: "List the streams that the sources offer: every database that is shared with a connection, and the\n" +
			"list of databases itself. --output yaml is ready to paste under streams: of a source.",
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if output != "table" && output != "json" && output != "yaml" {
				return usageError{fmt.Errorf("--output %q: use table, json or yaml", output)}
			}
			cfg, err := p.config()
			if err != nil {
				return err
			}
			offers, blind, failed := p.offers(cmd, cfg, names)
			if failed != nil && len(offers) == 0 {
				return failed
			}
			if err := printOffers(p.Out, output, offers); err != nil {
				return errors.Join(failed, err)
			}
			for _, what := range blind {
				fmt.Fprintln(p.Err, what)
			}
			return failed
		},
	}
	cmd.Flags().StringArrayVar(&names, "source", nil, "only this source; may be repeated")
	cmd.Flags().StringVar(&output, "output", "table", "table, json or yaml")
	return cmd
}

// offers asks Notion, and the state topic for pinned names and known rows. It
// is often the first command a person runs, so Kafka need not be there: then
// the names are those that a first run would choose. A source that fails does
// not hide the others: their offers come beside the error. blind says where
// deletes are not captured.
func (p *process) offers(cmd *cobra.Command, cfg *config.Config, names []string) (offers []producer.Offer, blind []string, err error) {
	ctx, log := cmd.Context(), p.logger()
	all, err := openSources(cfg, log)
	if err != nil {
		return nil, nil, err
	}
	sources, err := choose(all, names)
	if err != nil {
		return nil, nil, err
	}
	daemon := producer.New(producer.Options{Logger: log, DiscoveryEvery: cfg.Notion.DiscoveryEvery})
	remembered := noState
	if !neverServed(cfg) {
		app, err := Open(ctx, cfg, log)
		if err != nil {
			return nil, nil, err
		}
		defer func() { err = errors.Join(err, app.Close()) }()
		daemon = app.Daemon(sources, nil)
		if remembered, err = app.remembered(ctx, daemon); err != nil {
			log.Warn("reading the state failed: topics are the names that a first run would choose", "error", err)
		}
	}
	var failed error
	for _, src := range sources {
		found, err := daemon.Offers(ctx, src, remembered(src.Name))
		if ctx.Err() != nil {
			return nil, nil, err
		}
		offers, failed = append(offers, found...), errors.Join(failed, err)
		if what := notCaptured(src, found); what != "" {
			blind = append(blind, what)
		}
	}
	return offers, blind, failed
}

// notCaptured names the streams of a source whose deletes nobody will notice:
// what is gone shows in scans only. It is "" where there are none.
func notCaptured(src *producer.Source, offers []producer.Offer) string {
	var streams []string
	for _, o := range offers {
		if o.DatabaseID == nil {
			continue
		}
		settings, selected := src.Select(o.Stream, *o.DatabaseID, o.Title)
		if selected && !settings.FullTable && settings.Sweep == nil {
			streams = append(streams, fmt.Sprintf("%s (%s)", o.Stream, o.Title))
		}
	}
	if len(streams) == 0 {
		return ""
	}
	return fmt.Sprintf("source %s: deletes are not captured (sweep: off) of %s", src.Name, strings.Join(streams, ", "))
}

// neverServed says that the embedded broker would be the one and has no data.
func neverServed(cfg *config.Config) bool {
	if len(cfg.Kafka.Brokers) > 0 {
		return false
	}
	_, err := os.Stat(cfg.DataDir)
	return errors.Is(err, os.ErrNotExist)
}

func printOffers(to io.Writer, output string, offers []producer.Offer) error {
	switch output {
	case "json":
		encoder := json.NewEncoder(to)
		encoder.SetIndent("", "  ")
		return encoder.Encode(append([]producer.Offer{}, offers...))
	case "yaml":
		return printRules(to, offers)
	}
	table := tabwriter.NewWriter(to, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "SOURCE\tSTREAM\tTITLE\tTOPIC\tSYNC\tROWS\tSELECTED")
	for _, o := range offers {
		rows, selected := "?", "no"
		if o.Rows != nil {
			rows = strconv.Itoa(*o.Rows)
		}
		switch {
		case o.Enabled:
			selected = "yes"
		case o.InTrash:
			selected = "no: in the trash"
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", o.Source, o.Stream, o.Title, o.Topic, o.Sync, rows, selected)
	}
	return table.Flush()
}

// printRules writes the offers as stream rules, a comment with the title above
// each.
func printRules(to io.Writer, offers []producer.Offer) error {
	source := ""
	for _, o := range offers {
		if o.Source != source {
			source = o.Source
			fmt.Fprintf(to, "# streams of source %s\n", source)
		}
		if o.InTrash { // a rule for it would count after it was restored
			continue
		}
		rule := map[string]any{"match": o.Stream}
		if !o.Enabled {
			rule["enabled"] = false
		}
		text, err := yaml.Marshal([]any{rule})
		if err != nil {
			return fmt.Errorf("writing stream %s as YAML: %w", o.Stream, err)
		}
		if o.Title != "" {
			fmt.Fprintf(to, "# %s → %s\n", strings.Join(strings.Fields(o.Title), " "), o.Topic)
		}
		fmt.Fprintf(to, "%s", text)
	}
	return nil
}
