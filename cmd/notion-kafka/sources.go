package main

import (
	"context"
	"fmt"
	"log/slog"
	"slices"

	"golang.org/x/oauth2"

	"notion-kafka/avro"
	"notion-kafka/config"
	"notion-kafka/notion"
	"notion-kafka/producer"
	"notion-kafka/producer/schedule"
)

// openSources makes a connection to Notion for every source of the
// configuration. Nothing is sent yet.
func openSources(cfg *config.Config, log *slog.Logger) ([]*producer.Source, error) {
	if err := cfg.RequireSources(); err != nil {
		return nil, err
	}
	if err := notYet(cfg); err != nil {
		return nil, usageError{err}
	}
	var sources []*producer.Source
	budgets := make(map[string]*notion.Budget) // by token, as Notion counts
	for _, src := range cfg.ResolvedSources() {
		token := src.Token.Reveal()
		if budgets[token] == nil {
			budgets[token] = notion.NewBudget(cfg.Notion.RequestsPerMinute, cfg.Notion.MaxConcurrency)
		}
		client, err := notionClient(cfg, src, budgets[token], log)
		if err != nil {
			return nil, usageError{fmt.Errorf("source %s: %w", src.Name, err)}
		}
		triggers, err := triggers(src)
		if err != nil {
			return nil, usageError{err}
		}
		sources = append(sources, &producer.Source{
			Name: src.Name, TopicPrefix: src.TopicPrefix, NameByID: src.TopicNaming == config.NamedByID,
			Trigger: triggers[src.Settings.Trigger], Notion: client, Select: selection(src, triggers),
		})
	}
	return sources, nil
}

func notionClient(cfg *config.Config, src config.Source, budget *notion.Budget, log *slog.Logger) (*notion.Client, error) {
	return notion.NewClient(notion.Options{
		BaseURL: cfg.Notion.APIURL, CAFile: cfg.Notion.CAFile, RequestTimeout: cfg.Notion.RequestTimeout,
		Tokens:    oauth2.StaticTokenSource(&oauth2.Token{AccessToken: src.Token.Reveal()}),
		Budget:    budget,
		UserAgent: "notion-kafka/" + version(), Logger: log.With("source", src.Name),
	})
}

// selection answers for a stream out of the source's rules. A sweep that is off
// has no trigger.
func selection(src config.Source, triggers map[config.Trigger]schedule.Trigger) func(stream, databaseID, title string) (producer.Settings, bool) {
	return func(stream, databaseID, title string) (producer.Settings, bool) {
		s, ok := src.StreamFor(stream, databaseID, title)
		var own schedule.Trigger
		if s.Trigger != src.Settings.Trigger {
			own = triggers[s.Trigger]
		}
		return producer.Settings{
			Trigger: own, Topic: s.Topic, FullTable: s.Sync == config.FullTable, Overlap: s.Overlap, Exclude: s.ExcludeProperties,
			Sweep: triggers[s.Sweep], Deletes: producer.Deletes(s.Deletes), MaxDeleteRatio: s.MaxDeleteRatio,
			PublishAll: s.Publish == config.PublishAll,
		}, ok
	}
}

// choose keeps the sources with these names; no names keep all.
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

// schemas gives the producer its encoders: it makes sure that the registry has
// the schema under the topic's subject, and nothing more.
type schemas struct{ registry *avro.Registry }

func (s schemas) Pages(ctx context.Context, topic string) (func([]byte, *notion.Page) ([]byte, error), error) {
	id, err := s.registry.Ensure(ctx, subject(topic), avro.PageSchema)
	if err != nil {
		return nil, err
	}
	return avro.NewPageEncoder(id).Append, nil
}

func (s schemas) Databases(ctx context.Context, topic string) (func([]byte, *notion.Database) ([]byte, error), error) {
	id, err := s.registry.Ensure(ctx, subject(topic), avro.DatabaseSchema)
	if err != nil {
		return nil, err
	}
	return avro.NewDatabaseEncoder(id).Append, nil
}

// subject is where the value schema of a topic is registered (Confluent:
// TopicNameStrategy).
func subject(topic string) string { return topic + "-value" }
