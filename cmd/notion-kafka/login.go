package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"notion-kafka/config"
	"notion-kafka/producer/control"
)

// A login connects one source with Notion for the person at the terminal.
type login struct {
	*process
	cfg       *config.Config
	source    string
	noBrowser bool
}

func loginCommand(p *process) *cobra.Command {
	var api string
	l := &login{process: p}
	cmd := &cobra.Command{
		Use:   "login --source NAME",
		Short: "Connect a source with Notion in the browser",
		Long: "Connect a source with Notion in the browser: print the address of the page where you choose what it\n" +
			"may read, open it, and wait until Notion has answered. A running daemon (at console.listen, or at --api\n" +
			"URL) answers the browser and reads the source at once; without a daemon this command answers it.\n" +
			"If the browser is on another machine, as over SSH, use --no-browser, open the address there, and paste\n" +
			"the address that the browser ends at: it begins with oauth.redirect_url.",
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			if l.cfg, err = p.config(); err != nil {
				return err
			}
			typed := lines(cmd.InOrStdin())
			client, err := newAPIClient(l.cfg, api, p.logger())
			switch {
			case err != nil && api != "":
				return err
			case err == nil:
				err = l.withDaemon(cmd.Context(), client, cmp.Or(api, l.cfg.Console.PublicURL), typed)
				if api != "" || !errors.Is(err, errNoDaemon) {
					return err
				}
			}
			return l.withoutDaemon(cmd.Context(), typed)
		},
	}
	apiFlag(cmd, &api)
	cmd.Flags().StringVar(&l.source, "source", "", "the source `NAME`")
	cmd.Flags().BoolVar(&l.noBrowser, "no-browser", false, "open no browser, only print the address")
	_ = cmd.MarkFlagRequired("source")
	p.completeFlag(cmd, "source", (*completer).sources)
	return cmd
}

// errHasToken: only a source without a token of its own is connected.
func errHasToken(source string) error {
	return usageError{fmt.Errorf("source %s has a token of its own: only a source with `oauth: true` instead of `token` is connected with login", source)}
}

// offer prints the address that a person has to open, and opens it.
func (l *login) offer(address string) {
	fmt.Fprintf(l.problems(), "to connect source %s, open this address in a browser and choose what it may read:\n", l.source)
	fmt.Fprintln(l.Out, address)
	if l.noBrowser {
		return
	}
	browse := l.Browse
	if browse == nil {
		browse = openBrowser
	}
	if err := browse(address); err != nil {
		fmt.Fprintf(l.problems(), "opening a browser failed, so open it yourself (%v)\n", err)
	}
}

// connected says what the source is connected with. then is what happens next.
func (l *login) connected(c control.Connected, then string) {
	who := ""
	if c.Person != "" {
		who = " as " + c.Person
	}
	fmt.Fprintf(l.Err, "source %s: connected with the workspace %s%s; %s\n", l.source, cmp.Or(c.Workspace, "(without a name)"), who, then)
}

// withoutDaemon connects the source in this process, while no instance of the group is
// alive.
func (l *login) withoutDaemon(ctx context.Context, typed <-chan string) error {
	log := l.logger()
	connector, all, err := openSources(l.cfg, log)
	if err != nil {
		return err
	}
	if _, err := choose(all, []string{l.source}); err != nil {
		return err
	}
	if !usesOAuth(l.cfg, l.source) {
		return errHasToken(l.source)
	}
	at, err := redirectURL(l.cfg)
	if err != nil {
		return err
	}
	return withOpen(ctx, l.cfg, log, func(app *App) error {
		living, err := app.livingMembers(ctx)
		if err != nil {
			return err
		}
		if living {
			return fmt.Errorf("connecting source %s: an instance of group %s is alive, and its API was not found: "+
				"give the address of its console with --api URL, or open the page /oauth/start?source=%s there", l.source, l.cfg.Kafka.Group, l.source)
		}
		app.grants = connector.grants
		listener, err := l.listen(ctx, at)
		if err != nil {
			return err
		}
		if listener != nil {
			defer func() { _ = listener.Close() }() // it may be closed already
		}
		found, err := l.alone(ctx, newAloneWay(app, connector, all, l.source), at, listener, typed)
		if err != nil {
			return fmt.Errorf("connecting source %s: %w", l.source, err)
		}
		l.connected(found, "the next `notion-kafka run` or `notion-kafka once` reads it")
		return nil
	})
}

// usesOAuth reports whether a source of the file has oauth: true.
func usesOAuth(cfg *config.Config, source string) bool {
	for _, src := range cfg.ResolvedSources() {
		if src.Name == source {
			return src.OAuth
		}
	}
	return false
}
