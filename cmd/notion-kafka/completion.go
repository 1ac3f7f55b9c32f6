package main

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"notion-kafka/config"
)

// completionPatience is how long a person who presses Tab waits: for the daemon, and again
// for Kafka where no daemon answers.
const completionPatience = time.Second

// A completer finds the names that a shell offers for an argument or a flag. It says
// nothing of what fails: a shell would print that into the command line.
type completer struct {
	ctx      context.Context
	patience time.Duration
	cfg      *config.Config
	client   *apiClient // nil: there is no address for one
	source   string     // that the command line names; "" for any
	toBegin  string     // what the names begin with
	noDaemon bool       // it did not answer
	states   []streamState
	asked    bool // states were looked for
}

// A lookup lists names for the word that is being typed.
type lookup func(*completer) []cobra.Completion

// completeArgs completes the arguments of a command, one lookup for each.
func (p *process) completeArgs(of ...lookup) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, toComplete string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if len(args) >= len(of) {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return p.complete(cmd, sourceNamed(cmd, args), toComplete, of[len(args)])
	}
}

// completeFlag completes the value of a flag.
func (p *process) completeFlag(cmd *cobra.Command, flag string, of lookup) {
	must(cmd.RegisterFlagCompletionFunc(flag, func(cmd *cobra.Command, args []string, toComplete string) ([]cobra.Completion, cobra.ShellCompDirective) {
		return p.complete(cmd, sourceNamed(cmd, args), toComplete, of)
	}))
}

// sourceNamed is the source that a command line names, with a flag or as the first argument; ""
// if it names none, or several.
func sourceNamed(cmd *cobra.Command, args []string) string {
	flag := cmd.Flags().Lookup("source")
	switch {
	case flag == nil && len(args) > 0:
		return args[0]
	case flag == nil:
		return ""
	}
	if several, ok := flag.Value.(pflag.SliceValue); ok {
		if names := slices.Compact(several.GetSlice()); len(names) == 1 { // cobra parses the flags twice
			return names[0]
		}
		return ""
	}
	return flag.Value.String()
}

// fixedFlag completes the value of a flag that has few.
func fixedFlag(cmd *cobra.Command, flag string, values ...string) {
	must(cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp)))
}

// must panics if a completion is given twice or to a flag that is not there.
func must(err error) {
	if err != nil {
		panic(err)
	}
}

func (p *process) complete(cmd *cobra.Command, source, toComplete string, of lookup) ([]cobra.Completion, cobra.ShellCompDirective) {
	cfg, err := config.LoadForClient(p.configFrom())
	if err != nil || checkKeys(cfg) != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	c := &completer{ctx: cmd.Context(), patience: cmp.Or(p.patience, completionPatience), cfg: cfg, source: source, toBegin: toComplete}
	address := ""
	if api := cmd.Flags().Lookup("api"); api != nil {
		address = api.Value.String()
	}
	if c.client, err = newAPIClient(cfg, address, slog.New(slog.DiscardHandler)); err != nil {
		c.noDaemon = true
	}
	return of(c), cobra.ShellCompDirectiveNoFileComp
}

// ask requests a resource of the daemon. It is false if that gave no answer in time; then
// the daemon is not asked again.
func (c *completer) ask(at string, out any) bool {
	if c.noDaemon {
		return false
	}
	ctx, cancel := context.WithTimeout(c.ctx, c.patience)
	defer cancel()
	err := c.client.call(ctx, "completing", http.MethodGet, at, nil, out)
	if refused := new(refusal); errors.As(err, &refused) {
		return false
	}
	c.noDaemon = err != nil
	return err == nil
}

// remembered lists the streams of the state topic. The embedded broker is not started for
// it: there only the process that serves it knows them.
func (c *completer) remembered() []streamState {
	if c.asked || len(c.cfg.Kafka.Brokers) == 0 {
		return c.states
	}
	c.asked = true
	ctx, cancel := context.WithTimeout(c.ctx, c.patience)
	defer cancel()
	_ = withOpen(ctx, c.cfg, slog.New(slog.DiscardHandler), func(app *App) error { // without an answer there are no names
		shards, err := app.readState(ctx, app.Daemon(nil, nil))
		c.states = streamStates(shards)
		return err
	})
	return c.states
}

// completeNoFiles keeps a shell from offering files where a command takes none.
func completeNoFiles(cmd *cobra.Command) {
	if cmd.ValidArgsFunction == nil {
		cmd.ValidArgsFunction = cobra.NoFileCompletions
	}
	for _, flags := range []*pflag.FlagSet{cmd.Flags(), cmd.PersistentFlags()} {
		flags.VisitAll(func(flag *pflag.Flag) {
			if _, has := cmd.GetFlagCompletionFunc(flag.Name); !has && !slices.Contains([]string{"config", "file", "data-dir"}, flag.Name) {
				must(cmd.RegisterFlagCompletionFunc(flag.Name, cobra.NoFileCompletions))
			}
		})
	}
	for _, below := range cmd.Commands() {
		completeNoFiles(below)
	}
}

// completionCommand adds cobra's command that prints the scripts for shells.
func completionCommand(root *cobra.Command) {
	root.InitDefaultCompletionCmd()
	for _, cmd := range root.Commands() {
		if cmd.Name() != "completion" {
			continue
		}
		cmd.Short = "Print the script that completes command lines in a shell"
		cmd.Long = "Print the script with which bash, zsh, fish or PowerShell completes command lines. It completes the names\n" +
			"of sources, streams, topics and runs too: those of the running daemon, else of the state topic of real\n" +
			"brokers, else of the configuration."
		for _, shell := range cmd.Commands() {
			shell.Short = "Print the script for " + shell.Name()
		}
	}
}
