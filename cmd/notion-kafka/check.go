package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"notion-kafka/config"
	"notion-kafka/notion"
	"notion-kafka/producer"
	"notion-kafka/producer/daemon"
	"notion-kafka/producer/seal"
	"notion-kafka/producer/state"
)

func checkCommand(p *process) *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:   "check",
		Short: "Check configuration, Notion, Kafka and registry, and say what to fix",
		Args:  noArguments,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			if err := checkOutput(output, asText, asJSON); err != nil {
				return err
			}
			cfg, err := p.config()
			if err != nil {
				return err
			}
			log := p.logger()
			connector := newConnector(cfg, log, nil)
			connector.keys = sync.OnceValues(func() (*seal.Keyring, error) { return presentKeyring(cfg) })
			sources, err := connector.all()
			if err != nil {
				return err
			}
			c := checklist{out: p.Out, advice: p.advice, quiet: p.quiet}
			if output == asJSON {
				c.report = &checkReport{Findings: []checkFinding{}, Schemas: []checkSchema{}}
			}
			if err := c.sources(cfg); err != nil {
				return err
			}
			c.clear(cfg)
			c.dataDir(cfg)
			c.secretFiles(cfg)
			c.oauth(cmd.Context(), cfg, connector.oauth)
			if app, unopened := Open(cmd.Context(), cfg, log); unopened != nil {
				c.notion(cmd.Context(), cfg, sources, noState)
				c.bad("Kafka: %v", unopened)
			} else {
				defer func() { err = errors.Join(err, app.Close()) }()
				app.readGrants(cmd.Context(), connector)
				c.everything(cmd.Context(), app, sources)
			}
			if err := c.printReport(); err != nil {
				return err
			}
			if c.failed {
				return errQuiet
			}
			return nil
		},
	}
	outputFlag(cmd, &output, asText, asJSON)
	return cmd
}

// A checklist prints one line a finding: ✓ good, ! worth knowing, ✗ to be fixed.
type checklist struct {
	out    io.Writer
	advice func(text string) string // names the configuration file in the commands of a text; nil: it is the default
	quiet  bool                     // nothing is printed of what is good
	report *checkReport             // nil: lines are printed
	failed bool
}

func (c *checklist) good(format string, args ...any) {
	if !c.quiet || c.report != nil {
		c.line("✓", format, args)
	}
}
func (c *checklist) warn(format string, args ...any) { c.line("!", format, args) }
func (c *checklist) bad(format string, args ...any) {
	c.failed = true
	c.line("✗", format, args)
}

func (c *checklist) line(sign, format string, args []any) {
	text := strings.ReplaceAll(fmt.Sprintf(format, args...), "\n", "; ") // an error may be several
	if c.advice != nil {
		text = c.advice(text)
	}
	if c.report != nil {
		c.report.add(sign, text)
		return
	}
	fmt.Fprintln(c.out, sign, text)
}

// everything checks all that an App can reach. It reads the state first, because
// topic names are pinned there. If the state cannot be read, the names are those that
// a first run would choose, and the lines about Kafka give the reason.
func (c *checklist) everything(ctx context.Context, app *App, sources []*producer.Source) {
	remembered, unread := noState, error(nil)
	unreachable := app.ping(ctx)
	if unreachable == nil {
		remembered, unread = app.remembered(ctx, app.Daemon(sources, nil))
	}
	offers := c.notion(ctx, app.Config, sources, remembered)
	if unreachable != nil {
		c.bad("Kafka: %v", unreachable)
	} else {
		c.kafka(ctx, app, offers, unread)
	}
	c.registry(ctx, app, offers)
	c.instances(ctx, app)
}

// sources counts the sources of the configuration. A daemon without sources starts
// only if it has an API to make them through.
func (c *checklist) sources(cfg *config.Config) error {
	missing := cfg.RequireSources()
	switch {
	case missing == nil:
		c.good("configuration: %d source(s)", len(cfg.Sources))
	case cfg.Console.Listen == "":
		return missing
	default:
		c.warn("configuration: it has no source, so the daemon runs only sources that were made through its API")
	}
	return nil
}

// notion checks every source: its workspace, what is shared, the clock.
func (c *checklist) notion(ctx context.Context, cfg *config.Config, sources []*producer.Source, remembered func(source string) *state.Memory) []producer.Offer {
	var all []producer.Offer
	daemon := daemon.New(daemon.Options{Logger: slog.New(slog.DiscardHandler), DiscoveryEvery: cfg.Notion.DiscoveryEvery, Nearest: config.NearestName})
	for i, src := range sources {
		bot, err := src.Notion.Me(ctx)
		if errors.Is(err, notion.ErrUnavailable) {
			c.bad("Notion cannot be reached: %v: look at the network, the proxy (HTTPS_PROXY) and notion.api_url, which is %s", err, cfg.Notion.APIURL)
			return all // the other sources cannot reach it either
		}
		if err != nil {
			c.bad("Notion, source %s: %v", src.Name, err)
			continue
		}
		c.good("Notion, source %s: %s", src.Name, whoseLine(bot))
		c.findings(src, readingRights(ctx, src, bot))
		c.findings(src, writingRights(ctx, src, bot))
		offers, err := daemon.Offers(ctx, src, remembered(src.Name))
		if err != nil {
			c.bad("Notion, source %s: %v", src.Name, err)
			continue
		}
		c.good("Notion, source %s: %s", src.Name, sharedDatabases(offers))
		c.rules(cfg.ResolvedSources()[i], offers)
		for _, o := range offers {
			if o.Problem != "" {
				c.bad("%s", problemOf(o))
			}
			for _, slip := range o.Slips {
				say := c.warn
				if slip.HoldsBack {
					say = c.bad
				}
				say("%s", slipOf(o, slip))
			}
		}
		selected := slices.DeleteFunc(offers, func(o producer.Offer) bool { return !o.Enabled })
		c.good("Notion, source %s: %d stream(s) selected", src.Name, len(selected))
		if what := notCaptured(src, offers); what != "" {
			c.warn("%s", what)
		}
		all = append(all, slices.DeleteFunc(selected, func(o producer.Offer) bool { return o.Topic == "" })...) // a database without a title has no topic
		c.clock(src)
	}
	return all
}

// findings prints what was found about a source's connection.
func (c *checklist) findings(src *producer.Source, found []finding) {
	for _, one := range found {
		say := map[findingLevel]func(string, ...any){asWanted: c.good, worthKnowing: c.warn, toBeFixed: c.bad}[one.level]
		say("Notion, source %s: %s", src.Name, one.text)
	}
}

// rules warns of rules about particular databases that match no database: often a
// typing mistake, or a database that is not shared.
func (c *checklist) rules(src config.Source, offers []producer.Offer) {
	for _, rule := range src.Streams {
		if rule.Match == producer.DatabasesStream || rule.Match == producer.DatabaseStream("*") {
			continue
		}
		if slices.ContainsFunc(offers, func(o producer.Offer) bool { return rule.Matches(o.Stream, "", o.Title) }) {
			continue
		}
		meant := notion.PlainTitle(strings.TrimPrefix(rule.Match, "title:"))
		if near := slices.IndexFunc(offers, func(o producer.Offer) bool { return meant != "" && notion.PlainTitle(o.Title) == meant }); near >= 0 {
			c.warn("source %s: no stream matches %q, because a title is matched as a whole: write %q", src.Name, rule.Match, "title:"+offers[near].Title)
			continue
		}
		c.warn("source %s: no stream matches %q: check its spelling, and that the database is shared with the connection", src.Name, rule.Match)
	}
}

func (c *checklist) clock(src *producer.Source) {
	skew, known := src.Notion.ClockSkew()
	switch {
	case !known:
	case skew.Abs() > producer.MaxClockSkew:
		c.warn("clock: this machine differs from Notion by %v: synchronise it by NTP", skew.Round(time.Second))
	default:
		c.good("clock: within %v of Notion's", producer.MaxClockSkew)
	}
}

// orUnknown returns a name from Notion on one line.
func orUnknown(name string) string {
	if name = oneLine(name); name == "" {
		return "(unnamed)"
	}
	return name
}
