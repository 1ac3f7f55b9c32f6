package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"notion-kafka/avro"
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
		fmt.Fprintf(c.out, "  schema of %s, to be registered exactly like this:\n  %s\n", whose, text)
	}
}
