package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"notion-kafka/cmd/notion-kafka/catalog"
	"notion-kafka/config"
	"notion-kafka/producer"
	"notion-kafka/producer/state"
)

// A schemaFinder finds the stream that a person names, and its schema.
type schemaFinder struct {
	process    *process
	stream     string // as it was named: its name, its topic, the id or the title of its database
	source, as string // source is "" for any

	cfg    *config.Config
	made   []config.Source // through the API
	known  []streamTopic   // in the state topic, of all sources
	access catalog.Access
}

// text returns the schema in the form that was asked for. A stream that was published is
// found in the state topic, any other in what Notion shows.
func (s *schemaFinder) text(ctx context.Context) (text string, err error) {
	if s.cfg, err = s.process.config(); err != nil {
		return "", err
	}
	named := isStreamName(s.stream) || strings.HasPrefix(s.stream, producer.DatabaseStream(""))
	schema, unknown := schemaOf(s.stream)
	switch {
	case named && unknown != nil:
		return "", unknown
	case s.stream == producer.DatabasesStream && s.as == asAvro: // all sources have the same
		return schema, nil
	}
	if s.as != asAvro || !neverServed(s.cfg) {
		err := withOpen(ctx, s.cfg, s.process.logger(), func(app *App) (err error) {
			text, err = s.published(ctx, app)
			return err
		})
		if err != nil || text != "" {
			return text, err
		}
	}
	stream := streamName(s.stream)
	for _, src := range s.made { // Notion is not asked what they see
		if named && s.isOf(src.Name) && !s.hasRun(src.Name) && typedBy(src, stream, producer.DatabaseOf(stream), "") {
			return "", notPublished(streamTopic{source: src.Name, stream: stream})
		}
	}
	switch {
	case len(s.known) > 0 && s.cfg.RequireSources() != nil: // nobody else can be asked
		return "", s.unknown(s.whatIsKnown(), nil)
	case named && s.as == asAvro && len(s.known) == 0 && !s.anyTyped():
		return schema, nil
	}
	return s.offered(ctx)
}

// published returns the schema of the streams of that name in the state topic; "" if there
// are none.
func (s *schemaFinder) published(ctx context.Context, app *App) (string, error) {
	s.access = app.access()
	shards, err := app.readState(ctx, app.Daemon(nil, nil))
	if err != nil {
		return "", fmt.Errorf("looking for the topic of %q: %w", s.stream, err)
	}
	var unread error
	s.made, unread = app.madeSources(ctx)
	for _, memory := range shards {
		for _, source := range memory.Sources() {
			s.known = append(s.known, s.remembered(source, memory.Source(source))...)
		}
	}
	found, err := s.chosen(s.known)
	if err != nil {
		return "", err
	}
	if begun := func(one streamTopic) bool { return one.begun }; unread != nil && !slices.ContainsFunc(found, begun) { // the source decides
		return "", fmt.Errorf("looking for the source of %q: %w", s.stream, unread)
	}
	return s.same(found, func(one streamTopic) (string, error) { return app.schemaOfTopic(ctx, one) })
}

// remembered returns the streams that a source has a topic for.
func (s *schemaFinder) remembered(source string, memory *state.SourceMemory) (found []streamTopic) {
	for _, stream := range memory.Streams() {
		id := producer.DatabaseOf(stream)
		title := memory.Databases[id].Title
		is := producer.Describe(memory.Stream(stream))
		if is.Topic == "" {
			continue
		}
		one := streamTopic{source: source, stream: stream, title: title, topic: is.Topic, typed: is.Form == string(config.PropertiesTyped), begun: is.Form != ""}
		if !one.begun { // the next run decides
			one.typed = s.wantsTyped(source, stream, id, title)
		}
		found = append(found, one)
	}
	return found
}

// wantsTyped reports whether the configuration wants typed columns of a stream.
func (s *schemaFinder) wantsTyped(source, stream, databaseID, title string) bool {
	return slices.ContainsFunc(slices.Concat(s.cfg.ResolvedSources(), s.made), func(src config.Source) bool {
		return src.Name == source && typedBy(src, stream, databaseID, title)
	})
}

// anyTyped reports whether the configuration wants typed columns of any stream.
func (s *schemaFinder) anyTyped() bool {
	return slices.ContainsFunc(s.cfg.ResolvedSources(), func(src config.Source) bool {
		return src.Settings.Properties == config.PropertiesTyped ||
			slices.ContainsFunc(src.Streams, func(rule config.StreamRule) bool {
				return rule.Properties != nil && *rule.Properties == config.PropertiesTyped
			})
	})
}

// offered returns the schema of the streams of that name that Notion shows.
func (s *schemaFinder) offered(ctx context.Context) (string, error) {
	var only []string
	if s.source != "" {
		only = []string{s.source}
	}
	offers, _, failed := s.process.offers(ctx, s.cfg, only, nil)
	var shown []streamTopic
	for _, o := range offers {
		if !o.InTrash {
			shown = append(shown, streamTopic{
				source: o.Source, stream: o.Stream, title: o.Title, topic: o.Topic, typed: s.wantsTyped(o.Source, o.Stream, producer.DatabaseOf(o.Stream), o.Title),
			})
		}
	}
	found, err := s.chosen(shown)
	if err != nil {
		return "", err
	}
	if len(found) > 0 {
		return s.same(found, func(one streamTopic) (string, error) {
			if one.typed {
				return "", notPublished(one)
			}
			return schemaOf(one.stream)
		})
	}
	if len(shown) == 0 {
		return "", s.unknown("`notion-kafka discover` lists them", failed)
	}
	return "", s.unknown("Notion shows "+listTopics(shown), failed)
}

// same returns what is to be printed of the streams, which has to be the same for all: most
// topics have one schema, so it does not matter which of two databases with one title it is.
func (s *schemaFinder) same(found []streamTopic, schemaOf func(streamTopic) (string, error)) (text string, err error) {
	for i, one := range found {
		schema, failed := schemaOf(one)
		if failed == nil {
			schema, failed = inForm(schema, s.as, one.topic, s.access)
		}
		if len(found) == 1 {
			return schema, failed
		}
		if i > 0 && schema != text || failed != nil {
			return "", severalStreams(s.stream, found)
		}
		text = schema
	}
	return text, nil
}
