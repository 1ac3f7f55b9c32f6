package notion_test

import (
	"encoding/json"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/oauth2"

	"notion-kafka/notion"
	"notion-kafka/notion/notiontest"
)

// A row with 260 related pages and 120 people is completed to the workspace's
// content, by the property ids that Notion sends, whatever characters they have.
func TestCompleteInAWorkspace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for seed := range uint64(8) { // each seed has other ids
			w := notiontest.New(notiontest.Options{Seed: seed, Violation: func(what string) { t.Error(what) }, RequestsPerMinute: -1})
			db := w.AddDatabase("Tasks",
				notiontest.Prop{Name: "Related", Kind: notiontest.KindRelation},
				notiontest.Prop{Name: "Team", Kind: notiontest.KindPeople},
				notiontest.Prop{Name: "Points", Kind: notiontest.KindNumber})
			source := db.DataSource()
			related := source.AddPages(260, time.Now().Add(-time.Hour), time.Second, func(int) notiontest.Values { return nil })
			var team []string
			for range 120 {
				team = append(team, w.AddUser("Ada Byron"))
			}
			id := db.AddPage("whole", notiontest.Values{"Related": related, "Team": team, "Points": 1})
			c, err := notion.NewClient(notion.Options{
				Transport: w.RoundTripper(),
				Tokens:    oauth2.StaticTokenSource(&oauth2.Token{AccessToken: w.Token()}),
			})
			if err != nil {
				t.Fatal(err)
			}
			page, err := c.Page(t.Context(), id)
			if err != nil {
				t.Fatal(err)
			}
			before := len(w.Requests())
			if err := c.Complete(t.Context(), page); err != nil {
				t.Fatal(err)
			}
			if requests := len(w.Requests()) - before; requests != 3+2 {
				t.Errorf("%d requests, want 3 for the relation and 2 for the people", requests)
			}
			if diff := cmp.Diff([][]string{related, team}, [][]string{entryIDs(t, page, "Related"), entryIDs(t, page, "Team")}); diff != "" {
				t.Fatalf("entries (-want +got)\n%s", diff)
			}

			again, err := c.Page(t.Context(), id)
			if err != nil {
				t.Fatal(err)
			}
			w.Purge(id)
			if err := c.Complete(t.Context(), again); !errors.Is(err, notion.ErrNotFound) {
				t.Errorf("error %v for a deleted page, want ErrNotFound", err)
			}
		}
	})
}

// entryIDs are the ids of the entries of a relation or people property.
func entryIDs(t *testing.T, page *notion.Page, name string) []string {
	t.Helper()
	var properties map[string]struct {
		HasMore          bool `json:"has_more"`
		Relation, People []struct{ ID string }
	}
	if err := json.Unmarshal(page.Properties, &properties); err != nil {
		t.Fatal(err)
	}
	p := properties[name]
	if p.HasMore {
		t.Errorf("%s has more", name)
	}
	var ids []string
	for _, entry := range append(p.Relation, p.People...) {
		ids = append(ids, entry.ID)
	}
	return ids
}

// A query for some properties gets these properties, whatever characters their ids
// have, and lacks exactly the excluded names.
func TestExcludedPropertiesNeverLeaveTheWorkspace(t *testing.T) {
	for seed := range uint64(8) { // each seed has other ids
		w := notiontest.New(notiontest.Options{Seed: seed, Violation: func(what string) { t.Error(what) }, RequestsPerMinute: -1})
		db := w.AddDatabase("Tasks",
			notiontest.Prop{Name: "Pay", Kind: notiontest.KindNumber},
			notiontest.Prop{Name: "Who", Kind: notiontest.KindPeople},
			notiontest.Prop{Name: "Points", Kind: notiontest.KindNumber})
		db.AddPage("one", notiontest.Values{"Pay": 100, "Points": 1})
		c, err := notion.NewClient(notion.Options{
			Transport: w.RoundTripper(),
			Tokens:    oauth2.StaticTokenSource(&oauth2.Token{AccessToken: w.Token()}),
		})
		if err != nil {
			t.Fatal(err)
		}
		source, err := c.DataSource(t.Context(), db.DataSource().ID())
		if err != nil {
			t.Fatal(err)
		}
		list, err := c.Query(t.Context(), notion.Query{DataSourceID: source.ID, Properties: source.PropertyIDs([]string{"Pay"})})
		if err != nil {
			t.Fatal(err)
		}
		var got map[string]json.RawMessage
		if err := json.Unmarshal(list.Pages[0].Properties, &got); err != nil {
			t.Fatal(err)
		}
		if len(w.Requests()) != 2 || len(got) != 3 || got["Pay"] != nil {
			t.Fatalf("after %d requests %s", len(w.Requests()), list.Pages[0].Properties)
		}
	}
}
