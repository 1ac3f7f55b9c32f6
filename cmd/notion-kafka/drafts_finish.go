package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"sync"

	"notion-kafka/config"
	"notion-kafka/notion"
	"notion-kafka/producer"
	"notion-kafka/producer/control"
	"notion-kafka/producer/daemon"
)

// DraftOf implements console.Backend.
func (b *backend) DraftOf(ctx context.Context, source string) (control.Draft, error) {
	if b.isFromFile(source) {
		return control.Draft{}, daemon.DefinedInFile(source)
	}
	kept, made := b.Daemon.Definition(source)
	if !made {
		return control.Draft{}, &control.Error{Kind: control.NotFound, Message: fmt.Sprintf("there is no source %q", source)}
	}
	spec, err := b.definitions.whole(source, kept)
	if err != nil {
		return control.Draft{}, &control.Error{Kind: control.Conflict, Message: fmt.Sprintf("source %s cannot be changed here: %v", source, err)}
	}
	const allSteps = 4
	return b.SaveDraft(ctx, control.Draft{Source: source, Base: digestOf(spec), Spec: spec, Reached: allSteps})
}

// digestOf tells a definition, secrets included, from others.
func digestOf(spec json.RawMessage) string {
	sum := sha256.Sum256(spec)
	return hex.EncodeToString(sum[:])
}

func (b *backend) isFromFile(source string) bool {
	return slices.ContainsFunc(b.app.Config.Sources, func(spec config.SourceSpec) bool { return spec.Name == source })
}

// FinishDraft implements console.Backend.
func (b *backend) FinishDraft(ctx context.Context, d control.Draft, paused bool) (control.Run, error) {
	end, err := b.finishing.begin(ctx, d.ID)
	if err != nil {
		return control.Run{}, err
	}
	defer end()
	now, err := b.Draft(ctx, d.ID, d.Version)
	switch {
	case err != nil:
		return control.Run{}, err
	case now.Version != d.Version:
		return control.Run{}, &control.Error{Kind: control.Conflict, Message: "this source was changed in another window meanwhile, and is not made yet: look at it again"}
	}
	name, isNew := d.Source, d.Source == ""
	if isNew {
		name, err = b.makeOf(ctx, d, paused)
	} else {
		err = b.changeTo(ctx, d)
	}
	if err != nil {
		return control.Run{}, err
	}
	var run control.Run
	if !paused && !b.IsPaused(name) {
		if run, err = b.firstRun(ctx, name, isNew); err != nil {
			b.keepChanging(ctx, d, name)
			return run, err
		}
	}
	if err := b.RemoveDraft(ctx, d.ID); err != nil {
		b.app.Log.WarnContext(ctx, "a source was made, and is still listed as not finished: discard that", "source", name, "error", err)
	}
	return run, nil
}

// makeOf makes the source of a draft.
func (b *backend) makeOf(ctx context.Context, d control.Draft, paused bool) (name string, err error) {
	name = nameOf(d.Spec)
	if b.isFromFile(name) {
		return name, daemon.DefinedInFile(name)
	}
	kept, known := b.Daemon.Definition(name)
	if known && kept.Draft != d.ID {
		kept = control.Definition{} // of another source, whose secrets are not this one's
	}
	what := daemon.Making{Paused: paused}
	if what.Definition, err = b.definitions.define(d.Spec, kept, b.others(name)); err != nil {
		return name, err
	}
	what.Definition.Draft = d.ID
	src, err := b.definitions.parse(name, what.Definition)
	if err != nil {
		return name, invalid(err)
	}
	if src.OAuth {
		if what.Granted, err = grantedTo(d); err != nil {
			return name, err
		}
		what.GrantedAt = d.Granted.At
	}
	return name, b.MakeSource(ctx, name, what)
}

// grantedTo is what Notion granted to a draft.
func grantedTo(d control.Draft) (*notion.Grant, error) {
	if d.Granted == nil {
		return nil, &control.Error{Kind: control.Conflict, Message: fmt.Sprintf("source %s is not connected with Notion yet: connect it in the first step", nameOf(d.Spec))}
	}
	granted := &notion.Grant{}
	if err := json.Unmarshal(d.Granted.Pair, granted); err != nil || granted.BotID == "" {
		return nil, &control.Error{Kind: control.Conflict, Message: fmt.Sprintf("what Notion granted to source %s cannot be read: connect it again in the first step", nameOf(d.Spec))}
	}
	return granted, nil
}

// changeTo changes the source of a draft.
func (b *backend) changeTo(ctx context.Context, d control.Draft) error {
	if name := nameOf(d.Spec); name != d.Source {
		return &control.Error{Kind: control.Invalid, Message: fmt.Sprintf("name: is %q, and a source cannot be renamed: it is %q", name, d.Source)}
	}
	if b.isFromFile(d.Source) {
		return daemon.DefinedInFile(d.Source)
	}
	kept, known := b.Daemon.Definition(d.Source)
	if !known {
		return &control.Error{Kind: control.NotFound, Message: fmt.Sprintf("source %s was removed meanwhile, so it is not changed: discard what you changed, or add a source of that name", d.Source)}
	}
	definition, err := b.definitions.define(d.Spec, kept, b.others(d.Source))
	if err != nil {
		return err
	}
	if bytes.Equal(definition.Spec, kept.Spec) && maps.Equal(definition.Sealed, kept.Sealed) {
		return nil // it was changed already, and nobody was told
	}
	if now, err := b.definitions.whole(d.Source, kept); err == nil && digestOf(now) != d.Base {
		return &control.Error{Kind: control.Conflict, Message: fmt.Sprintf("source %s was changed by somebody else since this was begun, and is left as it is now: discard what you changed, and change the source anew", d.Source)}
	}
	definition.Draft = kept.Draft
	return b.ReplaceSource(ctx, d.Source, definition)
}

// firstRun starts a run. A new source may have begun its first one already, which a person
// who has just made it means.
func (b *backend) firstRun(ctx context.Context, name string, isNew bool) (control.Run, error) {
	if runs, err := b.Runs(name); isNew && err == nil && len(runs) > 0 {
		return runs[len(runs)-1], nil
	}
	return b.Daemon.Start(ctx, name, producer.Order{})
}

// keepChanging turns the draft of a source that was made into one that changes it.
func (b *backend) keepChanging(ctx context.Context, d control.Draft, name string) {
	d.Source, d.Granted = name, nil // the source has the connection, which it may renew
	kept, _ := b.Daemon.Definition(name)
	if now, err := b.definitions.whole(name, kept); err == nil {
		d.Base = digestOf(now)
	}
	if _, err := b.SaveDraft(ctx, d); err != nil {
		b.app.Log.DebugContext(ctx, "noting which source a draft has made; the source knows its draft", "source", name, "error", err)
	}
}

// finishing are the drafts that are being finished here: each one once at a time.
type finishing struct {
	mu  sync.Mutex
	now map[string]chan struct{} // closed at the end
}

// begin waits until nobody finishes a draft, and returns the function that ends its being
// finished.
func (f *finishing) begin(ctx context.Context, draft string) (end func(), err error) {
	for {
		f.mu.Lock()
		other, busy := f.now[draft]
		if !busy {
			mine := make(chan struct{})
			if f.now == nil {
				f.now = map[string]chan struct{}{}
			}
			f.now[draft] = mine
			f.mu.Unlock()
			return func() { f.end(draft, mine) }, nil
		}
		f.mu.Unlock()
		select {
		case <-other:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

func (f *finishing) end(draft string, mine chan struct{}) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.now, draft)
	close(mine)
}
