package main

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"notion-kafka/config"
	"notion-kafka/notion/notiontest"
	"notion-kafka/producer/control"
)

// An oauthDraft is a terminal with a public connection, and a draft of a new source crm.
type oauthDraft struct {
	*terminal
	app *notiontest.App
	db  *notiontest.Database
}

func newOAuthDraft(t *testing.T) *oauthDraft {
	t.Helper()
	const redirect = "http://localhost:8080/oauth/callback"
	tt := &oauthDraft{terminal: serving(t).withoutSources()}
	tt.db = tt.addTasks(3)
	tt.app = tt.workspace.AddApp(notiontest.AppOptions{RedirectURIs: []string{redirect}})
	cfg := tt.terminal.app.Config
	cfg.OAuth.ClientID, cfg.OAuth.ClientSecret, cfg.OAuth.RedirectURL = tt.app.ClientID(), config.Secret(tt.app.ClientSecret()), redirect
	return tt
}

func crm(trigger string) control.Draft {
	return control.Draft{Spec: json.RawMessage(fmt.Sprintf(`{"name":"crm","token":"ntn_typed_first","trigger":%s}`, trigger)), Found: &control.Discovery{Workspace: "Before"}}
}

// begins opens Notion's consent page for a draft, in the browser ada.
func (tt *oauthDraft) begins(b *backend, draft string) (consent string) {
	tt.t.Helper()
	consent, err := b.BeginOAuth(tt.t.Context(), control.Connecting{Draft: draft}, "ada")
	if err != nil {
		tt.t.Fatal(err)
	}
	return consent
}

// decides is what a person does on the consent page, and returns what Notion sends back.
func (tt *oauthDraft) decides(consent, decision string, person int) url.Values {
	tt.t.Helper()
	back := newVisitor(tt.t).stopsAt(consent, url.Values{"decision": {decision}, "person": {tt.workspace.People()[person]}, "database": {tt.db.ID()}})
	at, err := url.Parse(back)
	if err != nil || back == "" {
		tt.t.Fatalf("%q, %v", back, err)
	}
	return at.Query()
}

// A draft is connected and finished: begun at one instance, called back and finished at the
// other. The source has its connection from the beginning, so its one run is green.
func TestADraftIsConnectedAndFinished(t *testing.T) {
	for _, trigger := range []string{byHand, byHours} {
		tt := newOAuthDraft(t)
		one, two := tt.instance("one"), tt.instance("two")
		d := mustSave(t, one, crm(trigger))
		query := tt.decides(tt.begins(one, d.ID), "allow", 0)
		connected, err := two.FinishOAuth(t.Context(), "ada", query)
		if err != nil || connected.Draft != d.ID || connected.Source != "" || connected.Workspace != notiontest.WorkspaceName || connected.Version <= d.Version {
			t.Fatalf("%+v, %v", connected, err)
		}
		d, err = one.Draft(t.Context(), d.ID, connected.Version)
		if err != nil || d.Granted == nil || d.Granted.Workspace != notiontest.WorkspaceName || d.Granted.Bot != tt.app.Bots()[0] || d.Found != nil ||
			strings.Contains(string(d.Spec), "ntn_") || !strings.Contains(string(d.Spec), `"oauth":true`) {
			t.Fatalf("%+v, %v", d, err)
		}
		_, err = one.FinishOAuth(t.Context(), "ada", query) // at the other instance, which has not seen it: Notion's code is used up
		mustSayKind(t, err, control.Conflict, "the new source is not connected")
		run, err := one.FinishDraft(t.Context(), d, false)
		if err != nil || endOf(t, one, run.ID).Status != control.Succeeded {
			t.Fatalf("%+v, %v", run, err)
		}
		if runs, err := one.Runs("crm"); err != nil || len(runs) != 1 {
			t.Errorf("%s: %d runs, %v", trigger, len(runs), err)
		}
		if src := sourceOf(t, two, "crm"); src.Connection == nil || src.Connection.Bot != d.Granted.Bot || src.Status != control.SourceReady {
			t.Errorf("%s: %+v", trigger, src)
		}
		tt.showsNoSecret(d)
	}
}

// showsNoSecret fails the test if a record of the control topic has a secret.
func (tt *oauthDraft) showsNoSecret(d control.Draft) {
	tt.t.Helper()
	access, refresh := tt.app.Pair(tt.app.Bots()[0])
	drafts := 0
	for record, err := range tt.terminal.app.Cluster.ReadAll(tt.t.Context(), tt.terminal.app.Config.Kafka.ControlTopic) {
		if err != nil {
			tt.t.Fatal(err)
		}
		if string(record.Key) == control.DraftKey(d.ID) {
			drafts++
		}
		for _, secret := range []string{access, refresh, tt.app.ClientSecret(), "ntn_typed_first"} {
			if strings.Contains(string(record.Key)+string(record.Value), secret) {
				tt.t.Errorf("record %s has a secret", record.Key)
			}
		}
	}
	if drafts == 0 {
		tt.t.Error("the draft has no record: nothing was searched")
	}
}

// Who does not allow it, comes too late or from elsewhere changes nothing of the draft, and is
// told so.
func TestTheWrongWaysToConnectADraft(t *testing.T) {
	tt := newOAuthDraft(t)
	b := tt.instance("one")
	d := mustSave(t, b, crm(byHand))
	_, err := b.FinishOAuth(t.Context(), "ada", tt.decides(tt.begins(b, d.ID), "cancel", 0))
	mustSayKind(t, err, control.Conflict, "the new source is not connected: access was not allowed")

	query := tt.decides(tt.begins(b, d.ID), "allow", 0)
	connected, err := b.FinishOAuth(t.Context(), "bruno", query)
	mustSayKind(t, err, control.Conflict, "the new source is not connected: another browser started this")
	if connected.Draft != d.ID {
		t.Errorf("the page does not know where to begin again: %+v", connected)
	}
	if now, err := b.Draft(t.Context(), d.ID, 0); err != nil || now.Version != d.Version {
		t.Errorf("the draft was changed: %+v, %v", now, err)
	}

	// Discarded, or over, while the person is at Notion: Notion is not asked.
	if err := b.DropDraft(t.Context(), d.ID); err != nil {
		t.Fatal(err)
	}
	asked := tt.workspace.Counts()[notiontest.EndpointToken]
	_, err = b.FinishOAuth(t.Context(), "ada", query)
	mustSayKind(t, err, control.NotFound, "finished or discarded", "Add source")
	if now := tt.workspace.Counts()[notiontest.EndpointToken]; now != asked {
		t.Errorf("Notion was asked %d times for a draft that is gone", now-asked)
	}
	_, err = b.BeginOAuth(t.Context(), control.Connecting{Draft: d.ID}, "ada")
	mustSayKind(t, err, control.NotFound, "finished or discarded")
}

// Each of two tabs has a state of its own; what came back last counts.
func TestADraftIsConnectedInTwoTabs(t *testing.T) {
	tt := newOAuthDraft(t)
	b := tt.instance("one")
	d := mustSave(t, b, crm(byHand))
	first, second := tt.begins(b, d.ID), tt.begins(b, d.ID)
	var last control.Connected
	for person, consent := range []string{second, first} {
		var err error
		if last, err = b.FinishOAuth(t.Context(), "ada", tt.decides(consent, "allow", person)); err != nil {
			t.Fatal(err)
		}
	}
	if d, err := b.Draft(t.Context(), d.ID, last.Version); err != nil || d.Granted.Person != last.Person || len(tt.app.Bots()) != 2 {
		t.Errorf("%+v, %v", d, err)
	}
}

// A connection that a source has is refused, whether that was so at the consent page or came
// about since. That source has the newest pair in the end, and reads on.
func TestADraftWithTheConnectionOfASource(t *testing.T) {
	tt := newOAuthDraft(t)
	b := tt.instance("one")
	grant := func(d control.Draft) (control.Connected, error) {
		return b.FinishOAuth(t.Context(), "ada", tt.decides(tt.begins(b, d.ID), "allow", 0))
	}
	early := mustSave(t, b, control.Draft{Spec: json.RawMessage(`{"name":"early"}`)})
	late := mustSave(t, b, control.Draft{Spec: json.RawMessage(`{"name":"late"}`)})
	d := mustSave(t, b, crm(byHand))
	for _, one := range []control.Draft{early, d} {
		if _, err := grant(one); err != nil {
			t.Fatal(err)
		}
	}
	read := func(d control.Draft) control.Draft {
		d, err := b.Draft(t.Context(), d.ID, 0)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	run, err := b.FinishDraft(t.Context(), read(d), false)
	if err != nil || endOf(t, b, run.ID).Status != control.Succeeded {
		t.Fatalf("%+v, %v", run, err)
	}
	connected, err := grant(late)
	mustSayKind(t, err, control.Conflict, "the new source is not connected: this connection is already connected as source crm", "let another person")
	if connected.Draft != late.ID || read(late).Granted != nil {
		t.Errorf("%+v, %+v", connected, read(late).Granted)
	}
	_, err = b.FinishDraft(t.Context(), read(early), false) // its pair is older than that of crm
	mustSayKind(t, err, control.Conflict, "source early is not connected: this connection is already connected as source crm")
	if len(b.Sources()) != 1 {
		t.Errorf("sources %+v", b.Sources())
	}
	if run, err = b.Start(t.Context(), "crm", control.Order{Full: true}); err != nil || endOf(t, b, run.ID).Status != control.Succeeded || tt.app.Renewals(tt.app.Bots()[0]) != 0 {
		t.Errorf("crm does not read on: %+v, %v, %d renewals", run, err, tt.app.Renewals(tt.app.Bots()[0]))
	}
}

// The draft of a source that exists is not connected: the source is.
func TestADraftOfASourceIsNotConnected(t *testing.T) {
	tt := newOAuthDraft(t)
	b := tt.instance("one")
	if _, err := b.PutSource(t.Context(), "acme", tt.specOf("acme", byHand), true); err != nil {
		t.Fatal(err)
	}
	d, err := b.DraftOf(t.Context(), "acme")
	if err != nil {
		t.Fatal(err)
	}
	_, err = b.BeginOAuth(t.Context(), control.Connecting{Draft: d.ID}, "ada")
	mustSayKind(t, err, control.Conflict, "source acme exists, and is connected itself: open /oauth/start?source=acme")
	_, err = b.BeginOAuth(t.Context(), control.Connecting{Draft: "../" + d.ID}, "ada")
	mustSayKind(t, err, control.NotFound)
}
