package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strconv"
	"strings"
	"time"

	"notion-kafka/avro"
	"notion-kafka/cmd/notion-kafka/console"
	"notion-kafka/config"
	"notion-kafka/producer"
	"notion-kafka/producer/daemon"
	"notion-kafka/producer/embedded"
	"notion-kafka/producer/grants"
	"notion-kafka/producer/kafka"
)

// An App is the program wired together from one configuration. It makes no decisions
// of its own. Close must be called.
type App struct {
	Config   *config.Config
	Log      *slog.Logger
	Cluster  *kafka.Cluster
	Registry *avro.Registry

	grants   *grants.Store      // the tokens of sources with oauth: true; nil: no source is run
	metrics  *console.Metrics   // nil: nothing is counted
	embedded *embedded.Embedded // nil with real brokers
}

// Open connects the parts that every command with Kafka needs: the embedded
// broker where no other is configured, the cluster and the registry. It sends no
// request to real brokers yet.
func Open(ctx context.Context, cfg *config.Config, log *slog.Logger) (*App, error) {
	return open(ctx, cfg, log, nil)
}

// open is Open for an instance with metrics.
func open(ctx context.Context, cfg *config.Config, log *slog.Logger, metrics *console.Metrics) (*App, error) {
	app := &App{Config: cfg, Log: log, metrics: metrics}
	brokers, registryURL := cfg.Kafka.Brokers, cfg.SchemaRegistry.URL
	if len(brokers) == 0 {
		log.Warn("no kafka.brokers configured: using the embedded broker, which is for trying out", "data_dir", cfg.DataDir)
		e, err := embedded.Open(ctx, embedded.Options{
			DataDir: cfg.DataDir, KafkaListen: cfg.Embedded.KafkaListen, RegistryListen: cfg.Embedded.RegistryListen, Logger: log,
		})
		if err != nil {
			return nil, err
		}
		app.embedded, brokers = e, e.Brokers()
		if registryURL == "" {
			registryURL = e.RegistryURL()
		}
	}
	if err := app.connect(brokers, registryURL); err != nil {
		return nil, errors.Join(err, app.Close())
	}
	return app, nil
}

// withApp does a command's work with an App made from the configuration.
func (p *process) withApp(ctx context.Context, work func(*App) error) error {
	cfg, err := p.config()
	if err != nil {
		return err
	}
	return withOpen(ctx, cfg, p.logger(), work)
}

// withOpen does work with an App, and closes it.
func withOpen(ctx context.Context, cfg *config.Config, log *slog.Logger, work func(*App) error) (err error) {
	app, err := Open(ctx, cfg, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, app.Close()) }()
	return work(app)
}

// withSources does a command's work with an App and the named sources; without
// names, with all sources.
func (p *process) withSources(ctx context.Context, names []string, work func(*App, []*producer.Source) error) error {
	cfg, err := p.config()
	if err != nil {
		return err
	}
	log := p.logger()
	connector, all, err := openSources(cfg, log)
	if err != nil {
		return err
	}
	sources, err := choose(all, names)
	if err != nil {
		return err
	}
	return withOpen(ctx, cfg, log, func(app *App) error {
		app.grants = connector.grants
		return work(app, sources)
	})
}

func (a *App) connect(brokers []string, registryURL string) (err error) {
	k, r := a.Config.Kafka, a.Config.SchemaRegistry
	options := kafka.Options{
		Brokers: brokers, ClientID: k.ClientID, Security: security(a.Config, a.Log),
		Compression: string(k.Compression), TransactionTimeout: k.TransactionTimeout,
		StateTopic: k.StateTopic, Logger: a.Log,
	}
	if a.metrics != nil {
		options.Metrics = a.metrics.Registry()
	}
	if a.Cluster, err = kafka.Open(options); err != nil {
		return err
	}
	a.Registry, err = avro.NewRegistry(avro.RegistryOptions{
		URL: registryURL, Username: r.Username, Password: r.Password.Reveal(), Token: r.Token.Reveal(), CAFile: r.CAFile,
		PasswordNow: a.Config.SecretNow("schema_registry.password", r.Password, a.Log), TokenNow: a.Config.SecretNow("schema_registry.token", r.Token, a.Log),
		AutoRegister: r.AutoRegister, Compatibility: string(r.Compatibility),
	})
	return err
}

func security(cfg *config.Config, log *slog.Logger) kafka.Security {
	k := cfg.Kafka
	return kafka.Security{
		TLS: k.TLS.Enabled, CAFile: k.TLS.CAFile, CertFile: k.TLS.CertFile, KeyFile: k.TLS.KeyFile,
		Mechanism: string(k.SASL.Mechanism), Username: k.SASL.Username, Password: k.SASL.Password.Reveal(),
		PasswordNow: cfg.SecretNow("kafka.sasl.password", k.SASL.Password, log), TokenURL: k.SASL.TokenURL, Scopes: k.SASL.Scopes,
	}
}

// Daemon makes an instance without a control topic: other instances do not see it. report is
// called with every finished run and may be nil.
func (a *App) Daemon(sources []*producer.Source, report func(producer.Report)) *daemon.Daemon {
	options := a.options(sources)
	options.Report = report
	return daemon.New(options)
}

func (a *App) options(sources []*producer.Source) daemon.Options {
	return daemon.Options{
		Cluster: a.Cluster, Group: a.Config.Kafka.Group, Instance: instanceName(a.Config.Kafka.ClientID),
		StateTopic: a.stateTopic(), ControlTopic: a.controlTopic(), DataTopic: a.dataTopic(),
		Sources: sources, Grants: a.grants, Schemas: schemas{a.Registry, a.Log}, Embedded: a.embedded != nil, DiscoveryEvery: a.Config.Notion.DiscoveryEvery,
		Logger: a.Log, Nearest: config.NearestName,
	}
}

// brokers returns the addresses of Kafka, for messages.
func (a *App) brokers() string {
	if a.embedded != nil {
		return strings.Join(a.embedded.Brokers(), ",")
	}
	return strings.Join(a.Config.Kafka.Brokers, ",")
}

// closeTimeout bounds the shutdown of the embedded broker.
const closeTimeout = 15 * time.Second

// Close releases what Open opened.
func (a *App) Close() error {
	if a.Cluster != nil {
		a.Cluster.Close()
	}
	if a.embedded == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	return a.embedded.Close(ctx)
}

func (a *App) stateTopic() kafka.TopicSpec {
	return a.internalTopic(a.Config.Kafka.StateTopic, int32(a.Config.Kafka.Shards)) //nolint:gosec // validated: at most 1000
}

func (a *App) controlTopic() kafka.TopicSpec { return a.internalTopic(a.Config.Kafka.ControlTopic, 1) }

// internalTopic describes a compacted topic of notion-kafka's own. It is compacted
// often, because restores read it from the start.
func (a *App) internalTopic(name string, partitions int32) kafka.TopicSpec {
	settings := map[string]string{
		"cleanup.policy": "compact", "min.cleanable.dirty.ratio": "0.1",
		"segment.ms": "3600000", "segment.bytes": "33554432",
	}
	for key, value := range a.Config.Kafka.InternalTopics.Config {
		settings[key] = value
	}
	return kafka.TopicSpec{
		Name: name, Partitions: partitions, Create: a.Config.Kafka.Topics.Create,
		ReplicationFactor: int16(a.Config.Kafka.InternalTopics.ReplicationFactor), //nolint:gosec // validated
		Config:            settings,
	}
}

func (a *App) dataTopic() kafka.TopicSpec {
	t := a.Config.Kafka.Topics
	return kafka.TopicSpec{
		Partitions: int32(t.Partitions), ReplicationFactor: int16(t.ReplicationFactor), //nolint:gosec // validated
		Config: t.Config, Create: t.Create,
	}
}

// instanceName is unique among the instances of a group.
func instanceName(clientID string) string {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown-host"
	}
	return fmt.Sprintf("%s@%s-%s", clientID, host, strconv.Itoa(os.Getpid()))
}
