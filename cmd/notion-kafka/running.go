package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"notion-kafka/avro"
	"notion-kafka/cmd/notion-kafka/catalog"
	"notion-kafka/cmd/notion-kafka/console"
	"notion-kafka/config"
	"notion-kafka/producer"
	"notion-kafka/producer/control"
	"notion-kafka/producer/daemon"
	"notion-kafka/producer/seal"
)

// A service is an instance that other instances see: a daemon, a client of the control topic and, unless
// it is turned off, a console.
type service struct {
	control *control.Client
	daemon  *daemon.Daemon
	server  *console.Server // nil: console.listen is ""
}

// serve runs an instance with the sources of the configuration until ctx ends.
// change may adjust the options of its daemon last.
func (p *process) serve(ctx context.Context, cfg *config.Config, log *slog.Logger, change func(*App, *daemon.Options)) (err error) {
	if err := cfg.RequireSources(); err != nil {
		if cfg.Console.Listen == "" {
			return err
		}
		log.Warn("there is no source yet: waiting for one to be made in the console or through the API, nothing is read until then; "+
			"or stop, and set NOTION_TOKEN or add a source to the configuration file",
			"console", shownAddress(cfg)+"/add", "api", shownAddress(cfg)+"/api/v1/openapi.json")
	}
	metrics := console.NewMetrics(version(), commit())
	connector := newConnector(cfg, log, metrics)
	sources, err := connector.all()
	if err != nil {
		return err
	}
	app, err := open(ctx, cfg, log, metrics)
	if err != nil && errors.Is(err, context.Cause(ctx)) {
		log.Info("stopped before it began: a signal came while it waited", "error", err)
		return nil
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, app.Close()) }()
	if topic := app.firstTopic(); app.embedded != nil && topic != "" {
		log.Info("to look into the embedded broker, run the command of try in another terminal",
			"kafka", app.brokers(), "registry", app.Registry.Address(), "try", selfCommand()+p.configFlag()+" tail "+topic+" --from-beginning")
	} else if app.embedded != nil {
		log.Info("the embedded broker serves", "kafka", app.brokers(), "registry", app.Registry.Address())
	}
	instance, err := app.service(connector, sources, p.level, change)
	if err != nil {
		return err
	}
	return instance.Run(ctx)
}

// firstTopic is a topic that the configuration's sources publish to, whatever Notion shows
// them: that of the first stream of databases. "" where none is selected.
func (a *App) firstTopic() string {
	for _, src := range a.Config.ResolvedSources() {
		if settings, ok := src.StreamFor(producer.DatabasesStream, "", ""); ok {
			return cmp.Or(settings.Topic, src.TopicPrefix+producer.DatabasesStream)
		}
	}
	return ""
}

// mostSources bounds the sources made through the API: each is a connection to Notion
// that reads everything shared with it.
const mostSources = 1000

// service wires an instance together.
func (a *App) service(connector *connector, sources []*producer.Source, level *slog.LevelVar, change func(*App, *daemon.Options)) (*service, error) {
	keys, err := connector.keys()
	if err != nil {
		return nil, err
	}
	a.grants = connector.grants
	if _, err := keys.Seal(seal.Place{}, ""); errors.Is(err, seal.ErrNoKey) && slices.ContainsFunc(a.Config.ResolvedSources(), func(src config.Source) bool { return src.OAuth }) {
		a.Log.Warn("sources with oauth: true cannot be connected, because there is nothing to seal their tokens with: " + err.Error())
	}
	options := a.options(sources)
	client := a.controlClient(options.Instance)
	definitions := definitions{config: a.Config, connector: connector, keys: keys}
	options.Control, options.Open, options.Reseal, options.Observer = client, definitions.open, definitions.reseal, observer{a.metrics}
	options.MostSources = mostSources
	options.About = control.Instance{Started: time.Now().UTC(), Version: version(), Sources: digests(a.Config)}
	if a.Config.Console.Listen != "" {
		options.About.Console = a.Config.Console.PublicURL
	}
	change(a, &options)
	s := &service{control: client, daemon: daemon.New(options)}
	if a.Config.Console.Listen == "" {
		return s, nil
	}
	b := &backend{Daemon: s.daemon, app: a, definitions: definitions, authorizer: newAuthorizer(a.Config, connector)}
	b.topics = catalog.New(a.Cluster, a.Registry, b, a.access())
	c := a.Config.Console
	s.server, err = console.New(console.Options{
		Listen: c.Listen, PublicURL: c.PublicURL, Hosts: c.Hosts, Username: c.Username, Password: c.Password.Reveal(), Insecure: c.Insecure,
		ReadOnly: c.ReadOnly, Preview: c.Preview,
		PasswordNow: a.Config.SecretNow("console.password", c.Password, a.Log),
		RedirectURL: a.Config.OAuth.RedirectURL,
		Backend:     b, Metrics: a.metrics.Handler(),
		Level: level, Logger: a.Log, Version: version(),
	})
	return s, err
}

func (a *App) controlClient(instance string) *control.Client {
	return control.NewClient(control.Options{Cluster: a.Cluster, Topic: a.Config.Kafka.ControlTopic, Instance: instance, Logger: a.Log})
}

// Run runs the sources until ctx ends. The client of the control topic stops last, because the other parts
// write to it when they stop.
func (s *service) Run(ctx context.Context) error {
	return whileFollowing(ctx, s.control, func(ctx context.Context) error {
		parts, ctx := errgroup.WithContext(ctx)
		parts.Go(func() error { return s.daemon.Run(ctx) })
		if s.server != nil {
			parts.Go(func() error { return s.server.Run(ctx) })
		}
		return parts.Wait()
	})
}

// whileFollowing does work while a client follows the control topic.
func whileFollowing(ctx context.Context, client *control.Client, work func(context.Context) error) error {
	following, end := context.WithCancel(context.WithoutCancel(ctx))
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = client.Run(following) // ends when its context does, without an error
	}()
	defer func() { end(); <-done }()
	return work(ctx)
}

// Once runs sources one time, and records the runs in their history.
func (a *App) Once(ctx context.Context, sources []*producer.Source, order producer.Order, patience time.Duration, progress func(control.Run)) (reports []producer.Report, err error) {
	if err := a.Cluster.Ping(ctx); err != nil {
		return nil, err
	}
	if err := a.Registry.Ping(ctx); errors.Is(err, avro.ErrUnreachable) {
		return nil, fmt.Errorf("reaching the schema registry before the run: %w; nothing was read from Notion. "+
			"Is it running, and are schema_registry.url, schema_registry.ca_file and the proxy (HTTPS_PROXY) right?", err)
	}
	options := a.options(sources)
	options.Control, options.Progress = a.controlClient(options.Instance), progress
	daemon := daemon.New(options)
	err = whileFollowing(ctx, options.Control, func(ctx context.Context) error {
		reports, err = daemon.Once(ctx, order, patience)
		return err
	})
	return reports, err
}

// digests returns a digest of the definition of every source in the file, for other
// instances to compare.
func digests(cfg *config.Config) map[string]string {
	out := map[string]string{}
	for _, src := range cfg.ResolvedSources() {
		out[src.Name] = config.Digest(src)
	}
	return out
}
