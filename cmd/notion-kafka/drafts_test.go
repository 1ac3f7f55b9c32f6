package main

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"notion-kafka/cmd/notion-kafka/console"
	"notion-kafka/producer/control"
	"notion-kafka/producer/daemon"
)

// instance runs an instance in this process until the end of the test, and returns what its
// console would see.
func (tt *terminal) instance(name string) *backend {
	tt.t.Helper()
	app, cfg := *tt.app, *tt.app.Config
	cfg.Kafka.ClientID, app.Config = name, &cfg
	app.metrics = console.NewMetrics("v1", "abc")
	connector := newConnector(&cfg, app.Log, app.metrics)
	sources, err := connector.all()
	if err != nil {
		tt.t.Fatal(err)
	}
	s, err := app.service(connector, sources, nil, func(*App, *daemon.Options) {})
	if err != nil {
		tt.t.Fatal(err)
	}
	keys, err := connector.keys()
	if err != nil {
		tt.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(tt.t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	tt.t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			tt.t.Error(err)
		}
	})
	b := &backend{Daemon: s.daemon, app: &app, definitions: definitions{config: &cfg, connector: connector, keys: keys}, authorizer: newAuthorizer(&cfg, connector)}
	if err := b.Awake(tt.t.Context()); err != nil {
		tt.t.Fatal(err)
	}
	for b.Joined(tt.t.Context()) != nil {
		if err := b.CatchUp(tt.t.Context()); err != nil {
			tt.t.Fatal(err)
		}
	}
	return b
}

// withoutSources takes the source of the file away.
func (tt *terminal) withoutSources() *terminal {
	tt.app.Config.Sources = nil
	return tt
}

func mustSave(t *testing.T, b *backend, d control.Draft) control.Draft {
	t.Helper()
	saved, err := b.SaveDraft(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	return saved
}

// The steps alternate between two instances: what one has confirmed the other knows.
func TestADraftAtTwoInstances(t *testing.T) {
	tt := serving(t).withoutSources()
	one, two := tt.instance("one"), tt.instance("two")
	d := mustSave(t, one, control.Draft{Spec: json.RawMessage(`{"name":"crm","token":"ntn_hunter2"}`)})
	if d.Version != 1 || !draftIDForm.MatchString(d.ID) || d.Updated.IsZero() {
		t.Errorf("%+v", d)
	}
	for step, at := range []*backend{two, one, two} {
		read, err := at.Draft(t.Context(), d.ID, d.Version)
		if diff := cmp.Diff(d, read); err != nil || diff != "" {
			t.Fatalf("step %d: %v (-want +got):\n%s", step, err, diff)
		}
		read.Reached = step + 1
		if d = mustSave(t, at, read); d.Version != step+2 || len(at.Drafts()) != 1 || at.Drafts()[0].Version != d.Version {
			t.Errorf("step %d: saved %+v, listed %+v", step, d, at.Drafts())
		}
	}

	// Somebody saves an old page: the later wins, as a new version.
	old := d
	old.Version, old.Reached = 1, 0
	if old = mustSave(t, one, old); old.Version <= d.Version {
		t.Errorf("version %d after %d", old.Version, d.Version)
	}
	if read, err := two.Draft(t.Context(), d.ID, old.Version); err != nil || read.Reached != 0 {
		t.Errorf("%+v, %v", read, err)
	}

	if err := two.DropDraft(t.Context(), d.ID); err != nil {
		t.Fatal(err)
	}
	_, err := one.SaveDraft(t.Context(), old)
	mustSayKind(t, err, control.NotFound, "finished or discarded", "Add source")
	_, err = one.Draft(t.Context(), d.ID, 0)
	mustSayKind(t, err, control.NotFound, "finished or discarded")
	mustSayKind(t, one.DropDraft(t.Context(), d.ID), control.NotFound, "finished or discarded")
	if len(one.Drafts())+len(two.Drafts()) != 0 {
		t.Errorf("it came back: %+v, %+v", one.Drafts(), two.Drafts())
	}
	for record, err := range tt.app.Cluster.ReadAll(t.Context(), tt.app.Config.Kafka.ControlTopic) {
		if err != nil {
			t.Fatal(err)
		}
		if text := string(record.Key) + string(record.Value); strings.Contains(text, "hunter2") {
			t.Errorf("a record of the control topic has the token: %s", text)
		}
	}
}

// Nobody reaches a draft by an address that is none, and makes no record by it.
func TestAnIDThatIsNone(t *testing.T) {
	b := serving(t).withoutSources().instance("one")
	for _, id := range []string{"../../source/acme", "source", "a/b", strings.Repeat("A", 25), strings.Repeat("a", 26), strings.Repeat("A", 27), strings.Repeat("A", 26)} {
		_, err := b.Draft(t.Context(), id, 1)
		mustSayKind(t, err, control.NotFound)
		_, err = b.SaveDraft(t.Context(), control.Draft{ID: id, Version: 1})
		mustSayKind(t, err, control.NotFound)
		mustSayKind(t, b.DropDraft(t.Context(), id), control.NotFound)
	}
	_, err := b.Draft(t.Context(), "", 0)
	mustSayKind(t, err, control.NotFound)
	mustSayKind(t, b.DropDraft(t.Context(), ""), control.NotFound)
	for record, err := range b.app.Cluster.ReadAll(t.Context(), b.app.Config.Kafka.ControlTopic) {
		if err != nil {
			t.Fatal(err)
		}
		if key := string(record.Key); strings.HasPrefix(key, "draft") {
			t.Errorf("a record %s was written", key)
		}
	}
}

// No more than a hundred are kept; those that are there can still be saved and dropped.
func TestTheHundredAndFirstDraft(t *testing.T) {
	b := serving(t).withoutSources().instance("one")
	var last control.Draft
	for range control.MostDrafts {
		last = mustSave(t, b, control.Draft{})
	}
	_, err := b.SaveDraft(t.Context(), control.Draft{})
	mustSayKind(t, err, control.Conflict, "100 sources are not finished already", "discard")
	mustSave(t, b, last)
	if err := b.DropDraft(t.Context(), last.ID); err != nil {
		t.Error(err)
	}
	mustSave(t, b, control.Draft{})
}
