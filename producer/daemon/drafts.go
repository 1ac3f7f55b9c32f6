package daemon

import (
	"context"
	"fmt"
	"time"

	"notion-kafka/producer/control"
)

// Drafts are the drafts that count, those that were written last first.
func (d *Daemon) Drafts() (kept []control.KeptDraft) {
	d.opts.Control.View(func(m *control.Memory) { kept = m.Drafts(time.Now()) })
	return kept
}

// Draft is one draft, at least as new as a version that some instance has confirmed. This
// instance catches up if it knows no draft or only an older one.
func (d *Daemon) Draft(ctx context.Context, id string, atLeast int) (control.SealedDraft, error) {
	draft, counts := d.draft(id)
	if counts && draft.Version >= atLeast {
		return draft, nil
	}
	if err := d.CatchUp(ctx); err != nil {
		return draft, err
	}
	if draft, counts = d.draft(id); !counts {
		return draft, NoDraft()
	}
	return draft, nil
}

func (d *Daemon) draft(id string) (draft control.SealedDraft, counts bool) {
	d.opts.Control.View(func(m *control.Memory) { draft, counts = m.Draft(id, time.Now()) })
	return draft, counts
}

// WriteDraft writes a draft and returns once this instance has read it back. The first
// version of one is refused while there are [control.MostDrafts]; a later one if the draft
// was removed, or is over. Of two writers the later one wins.
func (d *Daemon) WriteDraft(ctx context.Context, id string, draft control.SealedDraft) error {
	if draft.Version > 1 {
		if _, err := d.Draft(ctx, id, draft.Version-1); err != nil {
			return err
		}
	} else if len(d.Drafts()) >= control.MostDrafts {
		return &control.Error{Kind: control.Conflict, Message: fmt.Sprintf("%d sources are not finished already, which is the most that are kept: finish or discard some under Sources", control.MostDrafts)}
	}
	if err := d.appendDraft(ctx, control.Record{Key: control.DraftKey(id), Value: draft}); err != nil {
		return err
	}
	ended := false
	err := d.await(ctx, func(m *control.Memory) bool {
		now, _ := m.Draft(id, time.Now())
		ended = m.DraftEnded(id)
		return ended || now.Version >= draft.Version
	})
	if err != nil || !ended {
		return err
	}
	// It was removed in this moment: an instance that begins later must not find it again.
	if err := d.appendDraft(ctx, control.Record{Key: control.DraftKey(id)}); err != nil {
		return err
	}
	return NoDraft()
}

// RemoveDraft removes a draft and returns once this instance has read that back. A draft
// that is not there is no error.
func (d *Daemon) RemoveDraft(ctx context.Context, id string) error {
	if err := d.appendDraft(ctx, control.Record{Key: control.DraftKey(id)}); err != nil {
		return err
	}
	return d.await(ctx, func(m *control.Memory) bool { return m.DraftEnded(id) })
}

func (d *Daemon) appendDraft(ctx context.Context, record control.Record) error {
	if d.opts.Control.Gone() {
		return errControlGone
	}
	err := d.opts.Control.Append(ctx, record)
	if err == nil || ctx.Err() != nil {
		return err
	}
	return &control.Error{Kind: control.Unavailable, Message: fmt.Sprintf("keeping a source that is not finished: %v: try again in a moment; `notion-kafka check` looks at Kafka", err)}
}

// NoDraft is the error for a draft that is not there.
func NoDraft() error {
	return &control.Error{Kind: control.NotFound, Message: "this source is not being added any more: it was finished or discarded, or nobody went on with it for a day. Look under Sources, or begin again with Add source"}
}
