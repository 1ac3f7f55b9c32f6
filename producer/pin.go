package producer

import (
	"context"
	"errors"
	"fmt"

	"notion-kafka/notion"
	"notion-kafka/producer/state"
)

// pinAndSearch sends two requests side by side: whose token it is, and what it shows.
// Nothing that it shows counts for a token of another workspace.
func (t *Task) pinAndSearch(ctx context.Context, f *found, shown map[string][]state.DataSource) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	searched := make(chan error, 1)
	go func() {
		searched <- notion.Guard(func() error { return t.search(ctx, f, shown) })
	}()
	err := t.pin(ctx, f)
	if err != nil {
		stop()
	}
	if failed := <-searched; err == nil {
		err = failed
	}
	return err
}

// pin ties a source to the workspace and connection of its first token, so that its
// topics never mix two workspaces. It asks Notion once after every claim, and once for
// every new token.
func (t *Task) pin(ctx context.Context, f *found) error {
	var known *state.Source
	token := t.Token()
	t.Shard.View(func(m *state.Memory) { known = m.Source(t.Name).Source })
	pinned := known != nil && known.Bot != ""
	if pinned && t.hasChecked(token) {
		return nil
	}
	bot, err := t.Notion.Me(ctx)
	if token, is := errors.AsType[*notion.TokenError](err); is && token.Final {
		return err // there is no token to ask about
	}
	if err != nil {
		return fmt.Errorf("asking whose token source %s has: %w", t.Name, err)
	}
	if skew, ok := t.Notion.ClockSkew(); ok && skew.Abs() > MaxClockSkew {
		t.Shard.Log.WarnContext(ctx, "this machine's clock differs from Notion's: synchronise it by NTP", "source", t.Name, "off_by", skew)
	}
	switch {
	case !pinned:
		f.pin = append(f.pin, state.Entry{Key: state.SourceKey(t.Name), Value: state.Source{
			Workspace: bot.WorkspaceID, WorkspaceName: bot.WorkspaceName, Bot: bot.ID,
		}})
	case known.Workspace != bot.WorkspaceID && known.Workspace != "" && bot.WorkspaceID != "":
		return fmt.Errorf("source %s belongs to Notion workspace %s, but its token belongs to workspace %s (%s): "+
			"give it a token of the first workspace, or add the second as a source with another name",
			t.Name, known.Workspace, bot.WorkspaceID, bot.WorkspaceName)
	}
	t.noteChecked(token, bot.ID)
	return nil
}
