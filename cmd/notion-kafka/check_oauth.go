package main

import (
	"context"
	"errors"
	"strings"

	"notion-kafka/config"
	"notion-kafka/notion"
)

// oauth checks what sources with oauth: true need: a public connection that Notion knows,
// and a key that seals its tokens.
func (c *checklist) oauth(ctx context.Context, cfg *config.Config, client *notion.OAuth) {
	var names []string
	for _, src := range cfg.ResolvedSources() {
		if src.OAuth {
			names = append(names, src.Name)
		}
	}
	if len(names) > 0 && len(cfg.Kafka.Brokers) > 0 && cfg.Secrets.Key == "" {
		c.bad("secrets: secrets.key is not set, so %s cannot be connected: `notion-kafka keygen` makes one, the same for all instances", strings.Join(names, ", "))
	}
	switch {
	case client == nil && cfg.OAuth.ClientID == "" && len(names) > 0:
		c.bad("oauth: oauth.client_id and oauth.client_secret are not set, so %s cannot be connected, nor their tokens renewed: make a public connection in Notion with the redirect URI %s",
			strings.Join(names, ", "), cfg.OAuth.RedirectURL)
	case client != nil:
		c.publicConnection(ctx, client, cfg.OAuth.RedirectURL)
	}
}

// noToken is no token: what Notion answers about it shows whether it knows who asks.
const noToken = "ntn_of_nobody"

// publicConnection asks Notion whether it knows the client id and secret.
func (c *checklist) publicConnection(ctx context.Context, client *notion.OAuth, redirect string) {
	_, err := client.Introspect(ctx, noToken)
	switch {
	case errors.Is(err, notion.ErrInvalidClient):
		c.bad("oauth: %v: copy oauth.client_id and oauth.client_secret from the public connection's settings in Notion again", err)
	case errors.Is(err, notion.ErrUnavailable):
		c.warn("oauth: whether Notion knows the public connection is not known: %v", err)
	default: // it answered, even if only that this is no token
		c.good("oauth: Notion knows the public connection; its settings must have the redirect URI %s", redirect)
	}
}
