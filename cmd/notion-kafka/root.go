package main

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/spf13/cobra"

	"notion-kafka/config"
	"notion-kafka/producer"
)

// A process is a command's view of the world: stdout, stderr, the environment, and
// the flags that every command has.
type process struct {
	Out     io.Writer // data, stdout
	Err     io.Writer // everything else, stderr
	Environ []string
	In      io.Reader // nil: the process's standard input
	// Browse opens an address in the person's browser; nil: the system's way.
	Browse func(address string) error
	// patience is how long completion waits for names; 0: completionPatience.
	patience time.Duration

	configFile string
	set        []string
	logLevel   string
	logFormat  string
	quiet      bool
	understood bool // the command line is valid: later errors are not usage errors

	stderr io.Writer      // with --quiet: what Err was; nil without
	level  *slog.LevelVar // of the logger, set by --log-level; nil before logger was called
}

// errQuiet ends a command with exit code 1 and no message: it was printed already.
var errQuiet = errors.New("")

// usageError is an error of the command line that is found after parsing.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

// exitCode is 2 for errors of the command line, the configuration file or the
// environment, and for an unknown source or stream; 1 for everything else.
func (p *process) exitCode(err error) int {
	if !p.understood || errors.As(err, new(*config.Error)) || errors.As(err, new(usageError)) || errors.Is(err, producer.ErrUnknownStream) {
		return 2
	}
	return 1
}

func newRoot(p *process) *cobra.Command {
	root := &cobra.Command{
		Use:   "notion-kafka",
		Short: "Keep Kafka topics in step with Notion databases",
		Long: "notion-kafka polls Notion databases and publishes new and changed pages as Avro to Kafka,\n" +
			"a topic per database, keyed by page id, exactly once.\n\n" +
			"Try it with nothing else installed:   notion-kafka demo\n" +
			"With a workspace of your own:         NOTION_TOKEN=ntn_… notion-kafka run",
		SilenceUsage:      true,
		SilenceErrors:     true,
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error { return p.checkFlags(cmd) },
		RunE:              func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetOut(p.Out)
	root.SetErr(p.Err)
	root.SetIn(p.In)
	versionFlag(root)
	flags := root.PersistentFlags()
	flags.StringVar(&p.configFile, "config", "", "configuration `FILE` (default: notion-kafka.yaml here, then in the user's config directory)")
	flags.StringArrayVar(&p.set, "set", nil, "set one configuration key, `key.path=value`; may be repeated")
	flags.StringVar(&p.logLevel, "log-level", "info", "log `LEVEL`: "+oneOf(logLevels)+" (with --quiet: warn)")
	flags.StringVar(&p.logFormat, "log-format", "", "log `FORMAT`: text or json (default: text on a terminal, json elsewhere)")
	flags.BoolVarP(&p.quiet, "quiet", "q", false, "print no progress and no remarks, only results, warnings and errors")
	must(root.RegisterFlagCompletionFunc("set", settable))
	fixedFlag(root, "log-level", logLevels...)
	fixedFlag(root, "log-format", "text", "json")
	root.AddCommand(
		demoCommand(p), runCommand(p), onceCommand(p), checkCommand(p), discoverCommand(p), loginCommand(p), tailCommand(p),
		schemaCommand(p), sourcesCommand(p), runsCommand(p), instancesCommand(p), triggerCommand(p), pauseCommand(p), resumeCommand(p),
		deletesCommand(p), findCommand(p), stateCommand(p), keygenCommand(p), configCommand(p), openCommand(p), versionCommand(p),
	)
	completionCommand(root)
	completeNoFiles(root)
	addExamples(root)
	return root
}

// checkFlags is the last check of a command line.
func (p *process) checkFlags(cmd *cobra.Command) error {
	if err := cmd.ValidateRequiredFlags(); err != nil {
		return err
	}
	if err := new(slog.LevelVar).UnmarshalText([]byte(p.logLevel)); err != nil {
		return fmt.Errorf("--log-level %q: use debug, info, warn or error", p.logLevel)
	}
	if p.logFormat != "" && p.logFormat != "text" && p.logFormat != "json" {
		return fmt.Errorf("--log-format %q: use text or json", p.logFormat)
	}
	p.understood = true
	if p.quiet {
		p.stderr, p.Err = p.Err, io.Discard
		if !cmd.Flags().Changed("log-level") {
			p.logLevel = "warn"
		}
	}
	return nil
}

// problems is where warnings, errors and questions go, with --quiet too.
func (p *process) problems() io.Writer {
	if p.quiet && p.stderr != nil {
		return p.stderr
	}
	return p.Err
}

// config loads all layers of the configuration, --set last.
func (p *process) config(more ...string) (*config.Config, error) {
	cfg, err := config.Load(p.configFrom(more...))
	if err != nil {
		return nil, err
	}
	if err := checkKeys(cfg); err != nil { // package config knows nothing of keys
		return nil, err
	}
	p.remark(cfg)
	return cfg, nil
}

// remark logs warnings about where the configuration comes from.
func (p *process) remark(cfg *config.Config) {
	log := p.logger()
	for _, remark := range cfg.Remarks {
		log.Warn(remark)
	}
}

func (p *process) configFrom(more ...string) config.Options {
	return config.Options{File: p.configFile, Set: append(more, p.set...), Environ: p.Environ}
}

// logLevels are the values of --log-level, the most talkative first.
var logLevels = []string{"debug", "info", "warn", "error"}

// logger writes to stderr: text on a terminal, JSON elsewhere.
func (p *process) logger() *slog.Logger {
	p.level = new(slog.LevelVar)
	_ = p.level.UnmarshalText([]byte(p.logLevel)) // checkFlags has checked it
	opts := &slog.HandlerOptions{Level: p.level, ReplaceAttr: readableDurations}
	to := p.problems()
	_, person := terminalOf(to)
	if p.logFormat == "text" || p.logFormat == "" && person {
		return slog.New(producer.KeepRunLogs(slog.NewTextHandler(to, opts)))
	}
	return slog.New(producer.KeepRunLogs(slog.NewJSONHandler(jsonLines{to}, opts)))
}

// readableDurations writes a duration as text, such as 1m30s. JSON would have a bare
// number of nanoseconds.
func readableDurations(_ []string, a slog.Attr) slog.Attr {
	if a.Value.Kind() == slog.KindDuration {
		return slog.String(a.Key, a.Value.Duration().String())
	}
	return a
}
