package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"time"

	"notion-kafka/cmd/notion-kafka/console/draft"
	"notion-kafka/notion"
	"notion-kafka/producer/control"
	"notion-kafka/producer/daemon"
)

// takesDraft refuses drafts that are gone, and those that change a source: that source is
// connected itself.
func (b *backend) takesDraft(ctx context.Context, id string) error {
	d, err := b.Draft(ctx, id, 0)
	if err == nil && d.Source != "" {
		return &control.Error{Kind: control.Conflict, Message: fmt.Sprintf("source %s exists, and is connected itself: open /oauth/start?source=%s", d.Source, d.Source)}
	}
	return err
}

// grantToDraft keeps in a draft what Notion granted. A connection that a source has is
// refused, and that source gets the new pair: Notion may refuse its old one now.
func (b *backend) grantToDraft(ctx context.Context, what control.Connecting, granted *notion.Grant) (connected control.Connected, err error) {
	at := time.Now().UTC()
	if holder := b.HolderOf(ctx, granted, at); holder != "" {
		return connected, daemon.HeldBy(what.String(), holder)
	}
	d, err := b.Draft(ctx, what.Draft, 0)
	if err != nil {
		return connected, err
	}
	pair, err := json.Marshal(granted)
	if err != nil {
		return connected, err
	}
	d.Granted = &control.DraftGrant{Bot: granted.BotID, Workspace: cmp.Or(granted.WorkspaceName, granted.WorkspaceID), Person: granted.Person, At: at, Pair: pair}
	d.Found = nil // it is of the connection before
	if spec, err := draft.Parse(d.Spec); err == nil {
		spec.OAuth, spec.Token = true, ""
		d.Spec = spec.JSON()
	}
	if d, err = b.SaveDraft(ctx, d); err != nil {
		return connected, err
	}
	b.app.Log.InfoContext(ctx, "a new source was connected that is not finished yet", "workspace", d.Granted.Workspace, "person", d.Granted.Person)
	return control.Connected{Workspace: d.Granted.Workspace, Person: d.Granted.Person, Version: d.Version}, nil
}
