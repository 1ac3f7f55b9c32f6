package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"notion-kafka/config"
	"notion-kafka/producer"
	"notion-kafka/producer/daemon"
	"notion-kafka/producer/state"
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
			"list of databases itself. --output yaml is ready to paste under streams: of a source: it has all\n" +
			"settings of every stream, and keeps the rules for databases shared later. The table and json are\n" +
			"printed even if rules under streams: are wrong, because they show the ids to correct them with.",
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := checkOutput(output, asTable, asJSON, asYAML); err != nil {
				return err
			}
			cfg, err := p.configToDiscover(output)
			if err != nil {
				return err
			}
			offers, notes, failed := p.offers(cmd.Context(), cfg, names, notesOf)
			if len(offers) > 0 || failed == nil {
				if err := printOffers(p.Out, output, cfg, offers); err != nil {
					return errors.Join(failed, err)
				}
			}
			for _, what := range append(notes, slipsOf(offers)...) {
				fmt.Fprintln(p.problems(), what)
			}
			return errors.Join(append(problemsOf(offers), failed)...)
		},
	}
	cmd.Flags().StringArrayVar(&names, "source", nil, "only the source `NAME`; may be repeated")
	p.completeFlag(cmd, "source", (*completer).sources)
	outputFlag(cmd, &output, asTable, asJSON, asYAML)
	return cmd
}

// configToDiscover loads the configuration. Wrong rules for streams are only warned of,
// unless the output is the rules themselves.
func (p *process) configToDiscover(output string) (*config.Config, error) {
	cfg, wrong, err := config.LoadForDiscovery(p.configFrom())
	if err != nil {
		return nil, err
	}
	p.remark(cfg)
	if err := checkKeys(cfg); err != nil || len(wrong) == 0 {
		return cfg, err
	}
	if output == asYAML {
		return nil, fmt.Errorf("--output yaml prints the configuration, which is wrong; use another --output to list the streams:\n%w", &config.Error{Problems: wrong})
	}
	fmt.Fprintln(p.problems(), "the configuration is wrong, and only discover works with it; the list ignores these rules:")
	for _, problem := range wrong {
		fmt.Fprintln(p.problems(), problem)
	}
	return cfg, nil
}

// offers lists the streams that Notion shows, with pinned names and known rows from the
// state topic. It is often the first command a person runs, so it works without Kafka:
// then the names are those that a first run would choose. A source that fails does not
// hide the others: their offers are returned beside the error. notes are what note says
// of the sources; nil: nothing.
func (p *process) offers(ctx context.Context, cfg *config.Config, names []string, note noting) (offers []producer.Offer, notes []string, err error) {
	log := p.logger()
	connector, all, err := openSources(cfg, log)
	if err != nil {
		return nil, nil, err
	}
	sources, err := choose(all, names)
	if err != nil {
		return nil, nil, err
	}
	if neverServed(cfg) {
		connector.connectedByNobody()
		return offersOf(ctx, daemon.New(daemon.Options{Logger: log, DiscoveryEvery: cfg.Notion.DiscoveryEvery, Nearest: config.NearestName}), sources, noState, note)
	}
	err = withOpen(ctx, cfg, log, func(app *App) error {
		app.readGrants(ctx, connector)
		daemon := app.Daemon(sources, nil)
		remembered, unread := app.remembered(ctx, daemon)
		if unread != nil {
			log.Warn("reading the state failed: the topics listed are the names that a first run would choose", "error", unread)
		}
		offers, notes, err = offersOf(ctx, daemon, sources, remembered, note)
		return err
	})
	return offers, notes, err
}

// A noting says what a person should know of a source whose streams were listed: these,
// or not because of an error.
type noting func(ctx context.Context, src *producer.Source, found []producer.Offer, failed error) []string

// notesOf says whose the streams are, what may be read, and where deletes are not captured.
func notesOf(ctx context.Context, src *producer.Source, found []producer.Offer, failed error) []string {
	notes := aboutConnection(ctx, src, failed)
	if what := notCaptured(src, found); what != "" {
		notes = append(notes, what)
	}
	return notes
}

// offersOf lists the streams that Notion shows of the sources.
func offersOf(ctx context.Context, daemon *daemon.Daemon, sources []*producer.Source, remembered func(source string) *state.Memory, note noting) (offers []producer.Offer, notes []string, failed error) {
	for _, src := range sources {
		found, err := daemon.Offers(ctx, src, remembered(src.Name))
		if ctx.Err() != nil {
			return nil, nil, context.Cause(ctx)
		}
		offers, failed = append(offers, found...), errors.Join(failed, err)
		if note != nil {
			notes = append(notes, note(ctx, src, found, err)...)
		}
	}
	return offers, notes, failed
}

// notCaptured names the streams of a source whose deletes are never noticed, because
// only scans find them. It is "" if there are none.
func notCaptured(src *producer.Source, offers []producer.Offer) string {
	var streams []string
	for _, o := range offers {
		if o.DatabaseID == nil {
			continue
		}
		settings, selected := src.Select(o.Stream, *o.DatabaseID, o.Title)
		if selected && !settings.FullTable && settings.Sweep == nil {
			streams = append(streams, fmt.Sprintf("%s (%s)", o.Stream, oneLine(o.Title)))
		}
	}
	if len(streams) == 0 {
		return ""
	}
	return fmt.Sprintf("source %s: deletes are not captured (sweep: off) of %s", src.Name, strings.Join(streams, ", "))
}

// neverServed reports whether the embedded broker is configured and has no data yet.
func neverServed(cfg *config.Config) bool {
	if len(cfg.Kafka.Brokers) > 0 {
		return false
	}
	_, err := os.Stat(cfg.DataDir)
	return errors.Is(err, os.ErrNotExist)
}

func printOffers(to io.Writer, output string, cfg *config.Config, offers []producer.Offer) error {
	switch output {
	case asJSON:
		return printJSON(to, append([]producer.Offer{}, offers...))
	case asYAML:
		return printRules(to, cfg, offers)
	}
	table := newRows(to, "SOURCE", "STREAM", "TITLE", "TOPIC", "SYNC", "PROPERTIES", "ROWS", "SELECTED")
	for _, o := range offers {
		rows, selected, properties := "?", "no", config.PropertiesJSON
		if o.Typed {
			properties = config.PropertiesTyped
		}
		if o.Topic == "" {
			o.Topic = "?"
		}
		if o.Rows != nil {
			rows = strconv.Itoa(*o.Rows)
		}
		switch {
		case o.Problem != "":
			selected = "fails"
		case o.Enabled:
			selected = "yes"
		case o.InTrash:
			selected = "no: in the trash"
		}
		table.add(o.Source, o.Stream, o.Title, o.Topic, o.Sync, properties, rows, selected)
	}
	return table.Flush()
}
