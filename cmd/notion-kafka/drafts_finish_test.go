package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"notion-kafka/producer/control"
)

// specOf is an element of sources: that reads the workspace, run by hand unless a trigger is
// given.
func (tt *terminal) specOf(name, trigger string) json.RawMessage {
	return json.RawMessage(fmt.Sprintf(`{"name":%q,"token":%q,"trigger":%s}`, name, tt.workspace.Token(), trigger))
}

const (
	byHand  = `{"manual":true}`
	byHours = `{"every":"5h"}`
)

// endOf waits for the end of a run.
func endOf(t *testing.T, b *backend, id string) (last control.Run) {
	t.Helper()
	for run, err := range b.Follow(t.Context(), id) {
		if err != nil {
			t.Fatal(err)
		}
		last = run
	}
	return last
}

// sourceOf is a source as an instance shows it, once that knows it.
func sourceOf(t *testing.T, b *backend, name string) control.Source {
	t.Helper()
	if err := b.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, src := range b.Sources() {
		if src.Name == name {
			return src
		}
	}
	t.Fatalf("there is no source %s", name)
	return control.Source{}
}

// A draft that was begun at one instance is finished at the other: one run reads it, whoever
// begins it, and nothing is left of the draft.
func TestADraftBecomesASourceAndOneRun(t *testing.T) {
	tt := serving(t).withoutSources()
	tt.addTasks(3)
	one, two := tt.instance("one"), tt.instance("two")
	for name, trigger := range map[string]string{"by-hand": byHand, "by-hours": byHours} {
		d := mustSave(t, one, control.Draft{Spec: tt.specOf(name, trigger)})
		d, err := two.Draft(t.Context(), d.ID, d.Version)
		if err != nil {
			t.Fatal(err)
		}
		run, err := two.FinishDraft(t.Context(), d, false)
		if err != nil || run.ID == "" || run.Source != name {
			t.Fatalf("%s: %+v, %v", name, run, err)
		}
		if run = endOf(t, two, run.ID); run.Status != control.Succeeded {
			t.Errorf("%s: %+v", name, run)
		}
		src := sourceOf(t, one, name)
		if runs, err := one.Runs(name); err != nil || len(runs) != 1 || runs[0].ID != run.ID || src.Origin != control.FromConsole {
			t.Errorf("%s: %d runs, %v, %+v", name, len(runs), err, src)
		}
		if len(one.Drafts())+len(two.Drafts()) != 0 {
			t.Errorf("%s: drafts are left", name)
		}
		_, err = one.FinishDraft(t.Context(), d, false)
		mustSayKind(t, err, control.NotFound, "finished or discarded")
	}
}

// Only created, a source asks Notion nothing and has no run, also with a trigger that is due.
func TestADraftBecomesAPausedSource(t *testing.T) {
	tt := serving(t).withoutSources()
	tt.addTasks(3)
	b := tt.instance("one")
	run, err := b.FinishDraft(t.Context(), mustSave(t, b, control.Draft{Spec: tt.specOf("crm", `{"every":"1s"}`)}), true)
	if err != nil || run.ID != "" {
		t.Fatalf("%+v, %v", run, err)
	}
	src := sourceOf(t, b, "crm")
	if src.Status != control.SourcePaused || src.LastRun != nil || len(b.Drafts()) != 0 {
		t.Errorf("%+v", src)
	}
	if counts := tt.workspace.Counts(); len(counts) > 0 {
		t.Errorf("Notion was asked: %v", counts)
	}
	if err := b.Resume(t.Context(), "crm"); err != nil {
		t.Fatal(err)
	}
	if run, err := b.Start(t.Context(), "crm", control.Order{}); err != nil || endOf(t, b, run.ID).Status != control.Succeeded {
		t.Errorf("resumed: %+v, %v", run, err)
	}
}

// What is wrong is said in config's lines, makes nothing, and leaves the draft.
func TestADraftThatIsWrong(t *testing.T) {
	tt := serving(t).withoutSources()
	b := tt.instance("one")
	if _, err := b.PutSource(t.Context(), "acme", tt.specOf("acme", byHand), true); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		draft control.Draft
		kind  control.ErrorKind
		says  string
	}{
		"unfinished":      {control.Draft{}, control.Invalid, "name"},
		"a bad line":      {control.Draft{Spec: json.RawMessage(`{"name":"crm","token":"t","trigger":{"cron":"every day"}}`)}, control.Invalid, "trigger.cron"},
		"a taken name":    {control.Draft{Spec: tt.specOf("acme", byHours)}, control.Conflict, "there is a source acme already: choose another name"},
		"taken topics":    {control.Draft{Spec: json.RawMessage(`{"name":"crm","token":"t","topic_prefix":"notion.acme."}`)}, control.Invalid, "acme"},
		"not connected":   {control.Draft{Spec: json.RawMessage(`{"name":"crm","oauth":true}`)}, control.Conflict, "not connected with Notion yet"},
		"a broken grant":  {control.Draft{Spec: json.RawMessage(`{"name":"crm","oauth":true}`), Granted: &control.DraftGrant{Pair: json.RawMessage(`{}`)}}, control.Conflict, "connect it again"},
		"of no source":    {control.Draft{Source: "gone", Spec: tt.specOf("gone", byHand)}, control.NotFound, "source gone was removed meanwhile"},
		"of another name": {control.Draft{Source: "acme", Spec: tt.specOf("crm", byHand)}, control.Invalid, "cannot be renamed"},
	} {
		d := mustSave(t, b, test.draft)
		_, err := b.FinishDraft(t.Context(), d, false)
		mustSayKind(t, err, test.kind, test.says)
		if _, err := b.Draft(t.Context(), d.ID, d.Version); err != nil || len(b.Sources()) != 1 {
			t.Errorf("%s: %v, sources %v", name, err, b.Sources())
		}
	}
}

// A person who edits a source changes what they typed, and no secret.
func TestADraftChangesASource(t *testing.T) {
	tt := serving(t).withoutSources()
	tt.addTasks(3)
	one, two := tt.instance("one"), tt.instance("two")
	if _, err := one.PutSource(t.Context(), "acme", tt.specOf("acme", byHand), true); err != nil {
		t.Fatal(err)
	}
	before, _ := one.Daemon.Definition("acme")
	if err := two.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	d, err := two.DraftOf(t.Context(), "acme")
	if err != nil || d.Source != "acme" || d.Reached != 4 || d.Found != nil || !strings.Contains(string(d.Spec), tt.workspace.Token()) {
		t.Fatalf("%+v, %v", d, err)
	}
	d.Spec = json.RawMessage(strings.Replace(string(d.Spec), `"manual":true`, `"every":"7h"`, 1))
	d = mustSave(t, two, d)
	if err := two.changeTo(t.Context(), d); err != nil { // and then the instance dies
		t.Fatal(err)
	}
	run, err := one.FinishDraft(t.Context(), d, false)
	if err != nil || endOf(t, one, run.ID).Status != control.Succeeded {
		t.Fatalf("%+v, %v", run, err)
	}
	after, _ := one.Daemon.Definition("acme")
	if !strings.Contains(string(after.Spec), "7h") || after.Sealed["token"] != before.Sealed["token"] {
		t.Errorf("%s, the same token: %v", after.Spec, after.Sealed["token"] == before.Sealed["token"])
	}

	// A paused source is changed and not run.
	if err := one.Pause(t.Context(), "acme"); err != nil {
		t.Fatal(err)
	}
	if d, err = one.DraftOf(t.Context(), "acme"); err != nil {
		t.Fatal(err)
	}
	if run, err := one.FinishDraft(t.Context(), d, false); err != nil || run.ID != "" || sourceOf(t, one, "acme").Status != control.SourcePaused {
		t.Errorf("paused: %+v, %v", run, err)
	}

	// Somebody else changes it meanwhile, or removes it.
	if d, err = one.DraftOf(t.Context(), "acme"); err != nil {
		t.Fatal(err)
	}
	if _, err := one.PutSource(t.Context(), "acme", json.RawMessage(`{"name":"acme","token":"ntn_newer"}`), false); err != nil {
		t.Fatal(err)
	}
	_, err = one.FinishDraft(t.Context(), d, false)
	mustSayKind(t, err, control.Conflict, "changed by somebody else")
	if err := one.DeleteSource(t.Context(), "acme"); err != nil {
		t.Fatal(err)
	}
	_, err = one.FinishDraft(t.Context(), d, false)
	mustSayKind(t, err, control.NotFound, "source acme was removed meanwhile")
	_, err = one.DraftOf(t.Context(), "acme")
	mustSayKind(t, err, control.NotFound, `no source "acme"`)
	if len(one.Sources()) != 0 {
		t.Errorf("a source was made: %+v", one.Sources())
	}
}

// A source of the file is changed there.
func TestNoDraftOfASourceOfTheFile(t *testing.T) {
	tt := serving(t)
	b := tt.instance("one")
	_, err := b.DraftOf(t.Context(), "notion")
	mustSayKind(t, err, control.Conflict, "defined in the configuration file")
	_, err = b.FinishDraft(t.Context(), mustSave(t, b, control.Draft{Spec: tt.specOf("notion", byHand)}), true)
	mustSayKind(t, err, control.Conflict, "defined in the configuration file")
}

// Two windows: a person finishes what they have seen, once.
func TestADraftInTwoWindows(t *testing.T) {
	tt := serving(t).withoutSources()
	tt.addTasks(1)
	b := tt.instance("one")
	seen := mustSave(t, b, control.Draft{Spec: tt.specOf("crm", byHand)})
	changed := mustSave(t, b, seen)
	_, err := b.FinishDraft(t.Context(), seen, false)
	mustSayKind(t, err, control.Conflict, "changed in another window")

	// The button is pressed twice.
	type outcome struct {
		run control.Run
		err error
	}
	outcomes := make(chan outcome)
	for range 2 {
		go func() {
			run, err := b.FinishDraft(t.Context(), changed, false)
			outcomes <- outcome{run, err}
		}()
	}
	first, second := <-outcomes, <-outcomes
	if first.err != nil {
		first, second = second, first
	}
	if first.err != nil || first.run.ID == "" {
		t.Errorf("%+v", first)
	}
	mustSayKind(t, second.err, control.NotFound, "finished or discarded")
	if runs, err := b.Runs("crm"); err != nil || len(runs) != 1 {
		t.Errorf("%d runs, %v", len(runs), err)
	}
}

// A source that was made, and of which the person heard nothing, is made once: its draft
// changes it when it is finished again, as long as nobody else has changed it.
func TestADraftThatIsFinishedAgain(t *testing.T) {
	tt := serving(t).withoutSources()
	tt.addTasks(1)
	b := tt.instance("one")
	d := mustSave(t, b, control.Draft{Spec: tt.specOf("crm", byHand)})
	if _, err := b.makeOf(t.Context(), d, false); err != nil { // and then the instance dies
		t.Fatal(err)
	}
	d.Spec = tt.specOf("crm", byHours)
	d = mustSave(t, b, d)
	run, err := b.FinishDraft(t.Context(), d, false)
	if err != nil || endOf(t, b, run.ID).Status != control.Succeeded || len(b.Drafts()) != 0 {
		t.Fatalf("%+v, %v", run, err)
	}
	if kept, _ := b.Daemon.Definition("crm"); !strings.Contains(string(kept.Spec), "5h") {
		t.Errorf("%s", kept.Spec)
	}

	// Where its run could not be started, the draft changes the source from then on.
	d = mustSave(t, b, control.Draft{Spec: tt.specOf("crm2", byHand), Granted: &control.DraftGrant{At: time.Now()}})
	if _, err := b.makeOf(t.Context(), d, false); err != nil {
		t.Fatal(err)
	}
	b.keepChanging(t.Context(), d, "crm2")
	if d, err = b.Draft(t.Context(), d.ID, 0); err != nil || d.Source != "crm2" || d.Granted != nil {
		t.Fatalf("%+v, %v", d, err)
	}
	if run, err := b.FinishDraft(t.Context(), d, false); err != nil || run.ID == "" || len(b.Drafts()) != 0 {
		t.Errorf("%+v, %v", run, err)
	}
}

// A first run that is over before the person's order arrives is still the one that they are
// given.
func TestAFirstRunThatIsOverAlready(t *testing.T) {
	tt := serving(t).withoutSources()
	tt.addTasks(1)
	b := tt.instance("one")
	d := mustSave(t, b, control.Draft{Spec: tt.specOf("crm", byHours)})
	if _, err := b.makeOf(t.Context(), d, false); err != nil {
		t.Fatal(err)
	}
	var runs []control.Run
	for len(runs) == 0 {
		err := b.CatchUp(t.Context())
		if err == nil {
			runs, err = b.Runs("crm")
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	first := endOf(t, b, runs[0].ID)
	run, err := b.FinishDraft(t.Context(), d, false)
	if err != nil || run.ID != first.ID {
		t.Errorf("%+v, %v; the first run is %s", run, err, first.ID)
	}
	if runs, err = b.Runs("crm"); err != nil || len(runs) != 1 {
		t.Errorf("%d runs, %v", len(runs), err)
	}
}
