package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"notion-kafka/config"
	"notion-kafka/notion"
	"notion-kafka/notion/notiontest"
	"notion-kafka/producer/control"
)

// specOf is a definition with a name and these keys besides.
func specOf(name, more string) control.Draft {
	return control.Draft{Spec: json.RawMessage(fmt.Sprintf(`{"name":%q%s}`, name, more))}
}

// sees discovers, and fails the test if the checks of these names are not as wanted.
func sees(t *testing.T, b *backend, d control.Draft, want map[string]string) control.Discovery {
	t.Helper()
	found, err := b.Discover(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	for name, begins := range want {
		at := slices.IndexFunc(found.Checks, func(c control.Check) bool { return c.Name == name })
		if at < 0 || !strings.HasPrefix(string(found.Checks[at].Result)+": "+found.Checks[at].Text, begins) {
			t.Errorf("%s: no check %s that says %q: %+v", d.Spec, name, begins, found.Checks)
		}
	}
	return found
}

// A source that runs is looked at with its own token. Its databases keep their topics.
// Another source cannot have the same token.
func TestDiscoverOfASourceThatRuns(t *testing.T) {
	tt := serving(t).withoutSources()
	db := tt.addTasks(1)
	b := tt.instance("one")
	token := fmt.Sprintf(`,"token":%q`, tt.workspace.Token())
	if _, err := b.PutSource(t.Context(), "crm", specOf("crm", token).Spec, true); err != nil {
		t.Fatal(err)
	}
	run, err := b.Start(t.Context(), "crm", control.Order{})
	if err != nil {
		t.Fatal(err)
	}
	for run, err = range b.Follow(t.Context(), run.ID) {
		if err != nil {
			t.Fatal(err)
		}
	}
	db.Rename("Renamed")
	for _, d := range []control.Draft{specOf("crm", ""), {ID: "X", Source: "crm", Spec: json.RawMessage(`{}`)}} {
		sees(t, b, d, map[string]string{"token": "passed: Notion accepts the token of source crm", "shared": "passed: 1 database shared with it: Renamed", "source": "passed: "})
	}
	found := sees(t, b, specOf("crm", `,"topic_prefix":"new."`), nil)
	if topic := found.Databases[0].Topic; topic != "new.engineering_tasks" {
		t.Errorf("the topic %s", topic)
	}
	sees(t, b, specOf("hr", token), map[string]string{"source": "failed: this connection is already connected as source crm"})
}

// What a draft was granted is looked at, and so is the connection of a source, which only
// its owner renews.
func TestDiscoverByOAuth(t *testing.T) {
	tt := serving(t).withoutSources()
	db := tt.addTasks(1)
	tt.workspace.AddDatabase("Not ticked")
	app := tt.workspace.AddApp(notiontest.AppOptions{RedirectURIs: []string{"http://localhost:8080/oauth/callback"}})
	oauth, err := notion.NewOAuth(notion.OAuthOptions{
		ClientID: app.ClientID(), ClientSecret: app.ClientSecret,
		AuthorizeURL: tt.app.Config.Notion.APIURL + "/v1/oauth/authorize", TokenURL: tt.app.Config.Notion.APIURL + "/v1/oauth/token",
	})
	if err != nil {
		t.Fatal(err)
	}
	grant, err := oauth.Exchange(t.Context(), app.Allow(tt.workspace.People()[0], db), "http://localhost:8080/oauth/callback")
	if err != nil {
		t.Fatal(err)
	}
	pair, err := json.Marshal(grant)
	if err != nil {
		t.Fatal(err)
	}
	b := tt.instance("one")
	d := specOf("hr", `,"oauth":true,"streams":[{"match":"databases"}]`)
	d.Granted = &control.DraftGrant{Bot: grant.BotID, Workspace: grant.WorkspaceName, Pair: pair}
	d = mustSave(t, b, d)
	found := sees(t, b, d, map[string]string{"token": "passed: Notion accepts the connection", "shared": "passed: 1 database shared with it: Engineering Tasks", "source": "passed: "})
	if found.Workspace != notiontest.WorkspaceName || found.Databases[0].Enabled {
		t.Errorf("found %+v", found)
	}
	if _, err := b.FinishDraft(t.Context(), d, true); err != nil {
		t.Fatal(err)
	}
	sees(t, b, specOf("hr", ""), map[string]string{"token": "passed: Notion accepts the connection of source hr", "source": "passed: "})
	d.ID, d.Spec = "", json.RawMessage(`{"name":"crm","oauth":true}`)
	sees(t, b, d, map[string]string{"source": "failed: this connection is already connected as source hr"})
	app.ExpireAccess(grant.BotID)
	sees(t, b, specOf("hr", ""), map[string]string{"token": "failed: Notion refuses the connection of source hr: connect it again"})
	if app.Renewals(grant.BotID) != 0 {
		t.Error("looking at it renewed the token")
	}
}

// Whoever uses the console may not read with the connection of a source what that source
// does not read.
func TestSampleReadsNoMoreThanItsSource(t *testing.T) {
	looks(t, func(l *looker) {
		db := l.addPlans()
		private := l.workspace.AddDatabase("Private")
		off := false
		l.app.Config.Sources[0].Token = config.Secret(l.workspace.Token())
		l.app.Config.Sources[0].ExcludeProperties = &[]string{"Amount"}
		l.app.Config.Sources[0].Streams = []config.StreamRule{{Match: "title:private", Enabled: &off}, {Match: "database_*"}}
		d := specOf("notion", `,"exclude_properties":["Sure"]`)
		if got := l.sample(d, "database_"+db.ID()).Columns; !slices.Equal(got, []string{"Plan", "Status"}) {
			t.Errorf("columns %q", got)
		}
		_, err := l.Sample(l.t.Context(), d, "database_"+private.ID())
		mustSayKind(l.t, err, control.Conflict, "source notion of the configuration file does not select this database")
		l.sample(l.spec(""), "database_"+private.ID()) // whoever has the token
	})
}
