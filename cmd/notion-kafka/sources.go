package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"weak"

	"notion-kafka/avro"
	"notion-kafka/cmd/notion-kafka/console"
	"notion-kafka/config"
	"notion-kafka/notion"
	"notion-kafka/notion/columns"
	"notion-kafka/producer"
	"notion-kafka/producer/grants"
	"notion-kafka/producer/schedule"
	"notion-kafka/producer/seal"
)

// A connector makes connections to Notion. Sources with one token share a budget, because Notion
// counts by connection. A source with oauth: true has a connection of its own, whatever its token
// is at the moment.
type connector struct {
	cfg     *config.Config
	log     *slog.Logger
	metrics *console.Metrics // nil: nothing is counted
	room    *notion.Room     // for the responses of all sources
	grants  *grants.Store    // the tokens of the sources with oauth: true
	oauth   *notion.OAuth    // nil: no public connection is configured
	keys    func() (*seal.Keyring, error)
	// transport carries the requests of looks at connections; nil: the network.
	transport http.RoundTripper
	looking   chan struct{} // has an element for each look at a connection that is under way

	mu      sync.Mutex
	budgets map[string]weak.Pointer[notion.Budget] // by connection, as long as a source uses it
}

func newConnector(cfg *config.Config, log *slog.Logger, metrics *console.Metrics) *connector {
	c := &connector{cfg: cfg, log: log, metrics: metrics, room: notion.NewRoom(), budgets: map[string]weak.Pointer[notion.Budget]{}, looking: make(chan struct{}, mostLooking)}
	c.keys = sync.OnceValues(func() (*seal.Keyring, error) { return openKeyring(cfg) })
	options := grants.Options{Keys: func() (*seal.Keyring, error) { return c.keys() }, Logger: log}
	if c.oauth = publicConnection(cfg, log); c.oauth != nil {
		options.OAuth = c.oauth
	}
	c.grants = grants.New(options)
	return c
}

// openSources makes a connection to Notion for every source of the configuration, which
// must have at least one. Nothing is sent yet.
func openSources(cfg *config.Config, log *slog.Logger) (*connector, []*producer.Source, error) {
	if err := cfg.RequireSources(); err != nil {
		return nil, nil, fmt.Errorf("%w. Only the daemon (`notion-kafka run`) runs sources that were made through the API; "+
			"`notion-kafka sources` and `notion-kafka trigger` talk to it", err)
	}
	connector := newConnector(cfg, log, nil)
	sources, err := connector.all()
	return connector, sources, err
}

// all opens the sources of the configuration.
func (c *connector) all() (sources []*producer.Source, err error) {
	for i, src := range c.cfg.ResolvedSources() {
		source, err := c.openWith(src, c.cfg.SecretNow(fmt.Sprintf("sources[%d].token", i), src.Token, c.log))
		if err != nil {
			return nil, usageError{err}
		}
		sources = append(sources, source)
	}
	return sources, nil
}

// open makes the connection of one source with a fixed token. A source may be opened
// only to validate it; the observer registers the sources that this instance runs.
func (c *connector) open(src config.Source) (*producer.Source, error) {
	return c.openWith(src, src.Token.Reveal)
}

// openWith makes the connection of one source, whose current token now returns.
func (c *connector) openWith(src config.Source, now func() string) (*producer.Source, error) {
	options := c.options(src.Name)
	var mark, notConnected func() string
	if src.OAuth {
		connection := c.grants.Connection(src.Name)
		options.Tokens, options.Renew, options.Budget = connection, connection.Renew, c.budgetOf("source "+src.Name)
		mark, notConnected = connection.Mark, connection.NotConnected
	} else {
		token := &heldToken{now: now, held: src.Token.Reveal()}
		options.Tokens, options.Budget = token, c.budgetOf("token "+src.Token.Reveal())
		mark = token.renew
	}
	if c.metrics != nil {
		options.Observe = func(endpoint string, code int) { c.metrics.Request(src.Name, endpoint, code) }
	}
	client, err := notion.NewClient(options)
	if err != nil {
		return nil, fmt.Errorf("source %s: %w", src.Name, err)
	}
	triggers, err := triggers(src)
	if err != nil {
		return nil, err
	}
	return &producer.Source{
		Name: src.Name, TopicPrefix: src.TopicPrefix, NameByID: src.TopicNaming == config.NamedByID,
		Trigger: triggers[src.Settings.Trigger], Schedule: scheduleWords(src.Settings.Trigger), MaxStreams: src.Settings.MaxStreams, Notion: client, Named: namedDatabases(src), Select: selection(src, triggers),
		SwitchedOff: src.SwitchesOff, TokenMark: mark, NotConnected: notConnected,
	}, nil
}

// options are those of every connection. Tokens and Budget are to be set.
func (c *connector) options(source string) notion.Options {
	return notion.Options{
		BaseURL: c.cfg.Notion.APIURL, CAFile: c.cfg.Notion.CAFile, RequestTimeout: c.cfg.Notion.RequestTimeout,
		Room: c.room, UserAgent: userAgent(), Logger: c.log.With("source", source),
	}
}

func (c *connector) budgetOf(connection string) *notion.Budget {
	c.mu.Lock()
	defer c.mu.Unlock()
	maps.DeleteFunc(c.budgets, func(_ string, kept weak.Pointer[notion.Budget]) bool { return kept.Value() == nil })
	if shared := c.budgets[connection].Value(); shared != nil {
		return shared
	}
	budget := notion.NewBudget(c.cfg.Notion.RequestsPerMinute, c.cfg.Notion.MaxConcurrency)
	c.budgets[connection] = weak.Make(budget)
	return budget
}

// selection looks up the settings of a stream in the source's rules. A sweep that is off
// has no trigger.
func selection(src config.Source, triggers map[config.Trigger]schedule.Trigger) func(stream, databaseID, title string) (producer.Settings, bool) {
	return func(stream, databaseID, title string) (producer.Settings, bool) {
		s, ok := src.StreamFor(stream, databaseID, title)
		var own schedule.Trigger
		if s.Trigger != src.Settings.Trigger {
			own = triggers[s.Trigger]
		}
		return producer.Settings{
			ExcludeOwn: src.ExcludedBy(s.Match),
			Trigger:    own, Topic: s.Topic, FullTable: s.Sync == config.FullTable, Overlap: s.Overlap, Exclude: s.ExcludeProperties,
			Sweep: triggers[s.Sweep], Deletes: producer.Deletes(s.Deletes), MaxDeleteRatio: s.MaxDeleteRatio,
			PublishAll: s.Publish == config.PublishAll, Typed: s.Properties == config.PropertiesTyped && stream != producer.DatabasesStream,
		}, ok
	}
}

// namedDatabases returns the ids of the databases that rules of a source name and do not
// switch off.
func namedDatabases(src config.Source) (ids []string) {
	for _, rule := range src.Streams {
		id, ok := strings.CutPrefix(rule.Match, producer.DatabaseStream(""))
		if !ok {
			continue
		}
		if id, ok = notion.NormalizeID(id); !ok {
			continue // database_*
		}
		if _, selected := src.StreamFor(producer.DatabaseStream(id), id, ""); selected {
			ids = append(ids, id)
		}
	}
	return ids
}

// choose returns the sources with these names; without names, all.
func choose(sources []*producer.Source, names []string) ([]*producer.Source, error) {
	if len(names) == 0 {
		return sources, nil
	}
	var chosen []*producer.Source
	for _, name := range names {
		i := slices.IndexFunc(sources, func(s *producer.Source) bool { return s.Name == name })
		if i < 0 {
			var known []string
			for _, s := range sources {
				known = append(known, s.Name)
			}
			return nil, usageError{fmt.Errorf("there is no source %q; the configuration has %v", name, known)}
		}
		chosen = append(chosen, sources[i])
	}
	return chosen, nil
}

// schemas gives the producer its encoders, and makes sure that the registry has their
// schema under the topic's subject.
type schemas struct {
	registry *avro.Registry
	log      *slog.Logger
}

func (s schemas) Pages(ctx context.Context, topic string) (func([]byte, *notion.Page) ([]byte, error), error) {
	id, err := s.registry.Ensure(ctx, avro.Subject(topic), avro.PageSchema)
	if err != nil {
		return nil, err
	}
	return avro.NewPageEncoder(id).Append, nil
}

func (s schemas) Rows(ctx context.Context, topic string, list []columns.Column) (func([]byte, *notion.Page, []columns.Value) ([]byte, error), error) {
	text := avro.RowSchema(topic, list)
	id, err := s.registry.Ensure(ctx, avro.Subject(topic), text)
	if errors.Is(err, avro.ErrNotRegistered) { // it may be too long for the error
		s.log.WarnContext(ctx, "the registry lacks this schema, and schema_registry.auto_register is off", "subject", avro.Subject(topic), "schema", text)
	}
	if err != nil {
		return nil, err
	}
	return avro.NewRowEncoder(id, list).Append, nil
}

func (s schemas) Databases(ctx context.Context, topic string) (func([]byte, *notion.Database) ([]byte, error), error) {
	id, err := s.registry.Ensure(ctx, avro.Subject(topic), avro.DatabaseSchema)
	if err != nil {
		return nil, err
	}
	return avro.NewDatabaseEncoder(id).Append, nil
}
