package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"notion-kafka/avro"
	"notion-kafka/config"
	"notion-kafka/producer"
)

// registry checks the registry and, if we do not register schemas ourselves, that all
// schemas are there.
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
	var missing []string // schemas, each once
	for _, o := range offers {
		if isTyped(app.Config, o) {
			c.typedSubject(ctx, app, o)
			continue
		}
		text, err := schemaOf(o.Stream)
		if err == nil {
			_, err = app.Registry.Ensure(ctx, avro.Subject(o.Topic), text)
		}
		switch {
		case errors.Is(err, avro.ErrNotRegistered):
			c.bad("registry: subject %s lacks the schema below, which `notion-kafka schema %s` prints too", avro.Subject(o.Topic), o.Stream)
			if !slices.Contains(missing, text) {
				missing = append(missing, text)
			}
		case err != nil:
			c.bad("registry: %v", err)
		default:
			c.good("registry: subject %s", avro.Subject(o.Topic))
		}
	}
	c.schemas(missing)
}

// schemas prints the schemas that have to be registered: one for the list of databases,
// one for all pages.
func (c *checklist) schemas(texts []string) {
	for _, text := range texts {
		whose := "every database_{id}"
		if text == avro.DatabaseSchema {
			whose = producer.DatabasesStream
		}
		if c.report != nil {
			c.report.Schemas = append(c.report.Schemas, checkSchema{Of: whose, Schema: text})
			continue
		}
		fmt.Fprintf(c.out, "  schema of %s, to be registered exactly like this:\n  %s\n", whose, text)
	}
}

// isTyped reports whether an offered stream is to have typed columns.
func isTyped(cfg *config.Config, o producer.Offer) bool {
	return o.DatabaseID != nil && slices.ContainsFunc(cfg.ResolvedSources(), func(src config.Source) bool {
		return src.Name == o.Source && typedBy(src, o.Stream, *o.DatabaseID, o.Title)
	})
}

// typedSubject says of a stream with typed columns whether its subject has a schema. Which
// columns it needs shows with its rows.
func (c *checklist) typedSubject(ctx context.Context, app *App, o producer.Offer) {
	const newest = 1
	subject := avro.Subject(o.Topic)
	versions, err := app.Registry.Versions(ctx, subject, newest)
	switch {
	case err != nil:
		c.bad("registry: %v", err)
	case len(versions) == 0:
		c.warn("registry: subject %s has no schema yet. The stream has typed columns, which show with its rows: its first run fails and says which text to register, unless schema_registry.auto_register is on", subject)
	default:
		c.good("registry: subject %s, version %d; a new column needs another version, and the run that finds it says which text to register", subject, versions[0].Version)
	}
}
