package console

import (
	"context"
	"fmt"
	"slices"

	"notion-kafka/producer/control"
)

func (b *fakeBackend) Drafts() []control.Draft { return slices.Clone(b.drafts) }

func (b *fakeBackend) draftAt(id string) (at int, err error) {
	if b.err != nil {
		return -1, b.err
	}
	if at = slices.IndexFunc(b.drafts, func(d control.Draft) bool { return d.ID == id }); at < 0 {
		return at, &control.Error{Kind: control.NotFound, Message: "this source is not being added any more"}
	}
	return at, nil
}

func (b *fakeBackend) Draft(_ context.Context, id string, _ int) (control.Draft, error) {
	at, err := b.draftAt(id)
	if err != nil {
		return control.Draft{}, err
	}
	return b.drafts[at], nil
}

// SaveDraft gives a new draft an id of the right form, such as DRAFTAAAAA….
func (b *fakeBackend) SaveDraft(_ context.Context, d control.Draft) (control.Draft, error) {
	if b.err != nil {
		return d, b.err
	}
	if d.ID == "" {
		d.ID = fmt.Sprintf("DRAFT%cAAAAAAAAAAAAAAAAAAAA", rune('A'+len(b.drafts)))
	} else {
		at, err := b.draftAt(d.ID)
		if err != nil {
			return d, err
		}
		b.drafts = slices.Delete(b.drafts, at, at+1)
	}
	d.Version, d.Updated = d.Version+1, noon()
	b.drafts = slices.Insert(b.drafts, 0, d)
	b.done = append(b.done, fmt.Sprintf("save draft %s %d", d.ID, d.Version))
	return d, nil
}

func (b *fakeBackend) DropDraft(_ context.Context, id string) error {
	at, err := b.draftAt(id)
	if err == nil {
		b.drafts = slices.Delete(b.drafts, at, at+1)
		b.done = append(b.done, "drop draft "+id)
	}
	return err
}

func (b *fakeBackend) DraftOf(ctx context.Context, source string) (control.Draft, error) {
	at := slices.IndexFunc(b.sources, func(s control.Source) bool { return s.Name == source })
	if err := b.ask(source, "draft of %s", source); err != nil {
		return control.Draft{}, err
	}
	return b.SaveDraft(ctx, control.Draft{Source: source, Spec: b.sources[at].Definition, Reached: 4})
}

// FinishDraft makes nothing.
func (b *fakeBackend) FinishDraft(ctx context.Context, d control.Draft, paused bool) (control.Run, error) {
	if err := b.DropDraft(ctx, d.ID); err != nil {
		return control.Run{}, err
	}
	b.done = append(b.done, fmt.Sprintf("finish draft %s paused=%t", d.ID, paused))
	if paused {
		return control.Run{}, nil
	}
	return b.run, nil
}

func (b *fakeBackend) ConnectWays() control.ConnectWays {
	return control.ConnectWays{OAuth: true, RedirectURI: "https://nk.example.org/oauth/callback"}
}
