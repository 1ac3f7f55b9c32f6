package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"notion-kafka/avro"
	"notion-kafka/config"
	"notion-kafka/notion"
	"notion-kafka/producer"
)

func checkCommand(p *process) *cobra.Command {
	return &cobra.Command{
		Use:   "check",
		Short: "Check configuration, Notion, Kafka and registry, and say what to do",
		Args:  noArguments,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			cfg, err := p.config()
			if err != nil {
				return err
			}
			log := p.logger()
			sources, err := openSources(cfg, log)
			if err != nil {
				return err
			}
			c := checklist{out: p.Out}
			c.good("configuration: %d source(s)", len(sources))
			offers := c.notion(cmd.Context(), cfg, sources)
			app, err := Open(cmd.Context(), cfg, log)
			if err != nil {
				c.bad("Kafka: %v", err)
			} else {
				defer func() { err = errors.Join(err, app.Close()) }()
				c.kafka(cmd.Context(), app, offers)
				c.registry(cmd.Context(), app, offers)
				c.instances(cmd.Context(), app)
			}
			if c.failed {
				return errQuiet
			}
			return nil
		},
	}
}

// A checklist prints one line a finding: ✓ good, ! worth knowing, ✗ to be mended.
type checklist struct {
	out    io.Writer
	failed bool
}

func (c *checklist) good(format string, args ...any) { c.line("✓", format, args) }
func (c *checklist) warn(format string, args ...any) { c.line("!", format, args) }
func (c *checklist) bad(format string, args ...any) {
	c.failed = true
	c.line("✗", format, args)
}

func (c *checklist) line(sign, format string, args []any) {
	text := strings.ReplaceAll(fmt.Sprintf(format, args...), "\n", "; ") // an error may be several
	fmt.Fprintln(c.out, sign, text)
}

// notion looks at every source: whose workspace, what is shared, whose clock.
func (c *checklist) notion(ctx context.Context, cfg *config.Config, sources []*producer.Source) []producer.Offer {
	var all []producer.Offer
	daemon := producer.New(producer.Options{Logger: slog.New(slog.DiscardHandler)})
	for i, src := range sources {
		bot, err := src.Notion.Me(ctx)
		if errors.Is(err, notion.ErrUnavailable) {
			c.bad("Notion cannot be reached: %v: look at the network, the proxy (HTTPS_PROXY) and notion.api_url, which is %s", err, cfg.Notion.APIURL)
			return all // nor can it for the other sources
		}
		if err != nil {
			c.bad("Notion, source %s: %v", src.Name, err)
			continue
		}
		c.good("Notion, source %s: workspace %s, connection %s", src.Name, orUnknown(bot.WorkspaceName), orUnknown(bot.Name))
		offers, err := daemon.Offers(ctx, src, nil)
		if err != nil {
			c.bad("Notion, source %s: %v", src.Name, err)
			continue
		}
		c.rules(cfg.ResolvedSources()[i], offers)
		selected := slices.DeleteFunc(offers, func(o producer.Offer) bool { return !o.Enabled })
		c.good("Notion, source %s: %d stream(s) selected", src.Name, len(selected))
		if what := notCaptured(src, offers); what != "" {
			c.warn("%s", what)
		}
		all = append(all, selected...)
		c.clock(src)
	}
	return all
}

// rules looks for rules about particular databases that no database falls
// under: often a slip, or a database that is not shared.
func (c *checklist) rules(src config.Source, offers []producer.Offer) {
	for _, rule := range src.Streams {
		if rule.Match == producer.DatabasesStream || rule.Match == producer.DatabaseStream("*") {
			continue
		}
		if !slices.ContainsFunc(offers, func(o producer.Offer) bool { return rule.Matches(o.Stream, "", o.Title) }) {
			c.warn("source %s: no stream matches %q: look at its spelling, and whether the database is shared with the connection", src.Name, rule.Match)
		}
	}
}

func (c *checklist) clock(src *producer.Source) {
	skew, known := src.Notion.ClockSkew()
	switch {
	case !known:
	case skew.Abs() > producer.MaxClockSkew:
		c.warn("clock: this machine is %v away from Notion's: set it by NTP", skew.Round(time.Second))
	default:
		c.good("clock: within %v of Notion's", producer.MaxClockSkew)
	}
}

func (c *checklist) registry(ctx context.Context, app *App, offers []producer.Offer) {
	err := app.Registry.Ping(ctx)
	if errors.Is(err, avro.ErrUnreachable) {
		c.bad("registry: %v: is it running, and are schema_registry.url, schema_registry.ca_file and the proxy (HTTPS_PROXY) right?", err)
		return
	}
	if err != nil {
		c.bad("registry: %v", err)
		return
	}
	c.good("registry: %s", app.Registry.Address())
	if app.Config.SchemaRegistry.AutoRegister {
		return
	}
	for _, o := range offers {
		text, err := schemaOf(o.Stream)
		if err == nil {
			_, err = app.Registry.Ensure(ctx, subject(o.Topic), text)
		}
		switch {
		case errors.Is(err, avro.ErrNotRegistered):
			c.bad("registry: subject %s lacks the schema that `notion-kafka schema %s` prints", subject(o.Topic), o.Stream)
		case err != nil:
			c.bad("registry: %v", err)
		default:
			c.good("registry: subject %s", subject(o.Topic))
		}
	}
}

func orUnknown(name string) string {
	if name == "" {
		return "(unnamed)"
	}
	return name
}
