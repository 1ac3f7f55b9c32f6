package producer

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/oauth2"

	"notion-kafka/notion"
	"notion-kafka/notion/notiontest"
	"notion-kafka/producer/control"
)

// searched calls look with a workspace and a client of it, on virtual time.
func searched(t *testing.T, look func(t *testing.T, w *notiontest.Workspace, c *notion.Client)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := notiontest.New(notiontest.Options{Violation: func(what string) { t.Error("Notion's contract broken:", what) }})
		c, err := notion.NewClient(notion.Options{
			BaseURL: "https://notion.invalid", Transport: w.RoundTripper(), Tokens: oauth2.StaticTokenSource(&oauth2.Token{AccessToken: w.Token()}),
		})
		if err != nil {
			t.Fatal(err)
		}
		look(t, w, c)
	})
}

// titlesOf are the titles of databases, in their order.
func titlesOf(databases []control.FoundDatabase) (titles []string) {
	for _, db := range databases {
		titles = append(titles, db.Title)
	}
	return titles
}

// Databases come last edited first, with what search says of them. Those in the trash are
// not there.
func TestSearchListsDatabases(t *testing.T) {
	searched(t, func(t *testing.T, w *notiontest.Workspace, c *notion.Client) {
		projects := w.AddDatabase("Projects 🚀", notiontest.Prop{Name: "Status", Kind: notiontest.KindStatus}, notiontest.Prop{Name: "Due", Kind: notiontest.KindDate})
		projects.DataSource().SetIcon(`{"type":"emoji","emoji":"🚀"}`)
		created := time.Now().UTC().Truncate(time.Minute)
		w.AddDatabase("Old").Trash()
		<-time.After(time.Hour)
		w.AddDatabase("<b>" + strings.Repeat("x", 3000))
		<-time.After(time.Hour)
		projects.DataSource().AddProperty(notiontest.Prop{Name: "Budget", Kind: notiontest.KindNumber})
		edited := time.Now().UTC().Truncate(time.Minute)

		got, err := Search(t.Context(), c)
		if err != nil || got.Incomplete != nil || got.Unreadable != 0 || len(got.OnlyIDs) != 0 {
			t.Fatalf("listed %+v, %v", got, err)
		}
		if diff := cmp.Diff([]string{"Projects 🚀", "<b>" + strings.Repeat("x", 3000)}, titlesOf(got.Databases)); diff != "" {
			t.Errorf("titles (-want +got):\n%s", diff)
		}
		source := projects.DataSource().ID()
		want := control.FoundDatabase{
			Stream: "database_" + projects.ID(), DatabaseID: projects.ID(), Title: "Projects 🚀", Icon: "🚀",
			URL:        "https://app.notion.com/p/" + strings.ReplaceAll(projects.ID(), "-", ""),
			LastEdited: edited, Created: created, Properties: []string{"Budget", "Due", "Name", "Status"},
			DataSources: []control.FoundDataSource{{ID: source, Title: "Projects 🚀"}},
		}
		if diff := cmp.Diff(want, got.Databases[0]); diff != "" {
			t.Errorf("the database (-want +got):\n%s", diff)
		}
	})
}

// A database with several data sources has a title of its own, which ten of them are
// retrieved for, the last edited ones. The others have that of their oldest data source.
func TestSearchRetrievesFewDatabases(t *testing.T) {
	searched(t, func(t *testing.T, w *notiontest.Workspace, c *notion.Client) {
		var want []string
		for n := range 12 {
			db := w.AddDatabase("Oldest")
			<-time.After(time.Minute)
			db.AddDataSource("Younger")
			db.AddDataSource("Youngest")
			title := fmt.Sprintf("Database %d", n)
			if db.Rename(title); n < 2 {
				title = "Oldest"
			}
			want = append([]string{title}, want...)
			<-time.After(time.Minute)
		}
		w.AddDatabase("Alone")
		want = append([]string{"Alone"}, want...)
		got, err := Search(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, titlesOf(got.Databases)); diff != "" {
			t.Errorf("titles (-want +got):\n%s", diff)
		}
		if counts := w.Counts(); counts["GET /v1/databases/{id}"] != 10 || counts["POST /v1/search"] != 1 || len(counts) != 2 {
			t.Errorf("requests: %v", counts)
		}
		if sources := got.Databases[1].DataSources; len(sources) != 3 || sources[2].Title != "Youngest" {
			t.Errorf("its data sources are %v", sources)
		}
	})
}

// What cannot be read is counted, and a database that cannot be retrieved keeps the title
// of its data source.
func TestSearchSaysWhatItDoesNotShow(t *testing.T) {
	searched(t, func(t *testing.T, w *notiontest.Workspace, c *notion.Client) {
		w.AddDatabase("Garbled").DataSource().Garble(notiontest.NameTwice)
		unshared := w.AddDatabase("Unshared").DataSource()
		unshared.Garble(notiontest.OnlyAnID)
		w.AddDatabase("First").AddDataSource("Second")
		w.FailNext("GET /v1/databases/{id}", notiontest.InternalError())
		got, err := Search(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{"First"}, titlesOf(got.Databases)); diff != "" {
			t.Errorf("titles (-want +got):\n%s", diff)
		}
		if got.Unreadable != 1 || len(got.OnlyIDs) != 1 || got.OnlyIDs[0] != unshared.ID() {
			t.Errorf("%d unreadable, only the ids %v", got.Unreadable, got.OnlyIDs)
		}
	})
}

// A search that does not come to its end shows what it found, and says so. One that fails
// shows nothing, and nor does one that nobody waits for any more.
func TestSearchEndsLoudly(t *testing.T) {
	searched(t, func(t *testing.T, w *notiontest.Workspace, c *notion.Client) {
		w.AddDatabase("One")
		got, err := Search(t.Context(), cutShort{c})
		if err != nil || got.Incomplete == nil || len(got.Databases) != 1 {
			t.Errorf("listed %d, incomplete %v, error %v", len(got.Databases), got.Incomplete, err)
		}
	})
	searched(t, func(t *testing.T, w *notiontest.Workspace, c *notion.Client) {
		w.AddDatabase("One")
		w.SetCapabilities(notiontest.ReadUsers)
		if _, err := Search(t.Context(), c); !errors.Is(err, notion.ErrForbidden) {
			t.Errorf("error %v, want that it is forbidden", err)
		}
	})
	searched(t, func(t *testing.T, w *notiontest.Workspace, c *notion.Client) {
		w.AddDatabase("One").AddDataSource("Two")
		w.FailNext("GET /v1/databases/{id}", notiontest.Slow(time.Hour))
		gone := errors.New("gone home")
		ctx, cancel := context.WithTimeoutCause(t.Context(), time.Second, gone)
		defer cancel()
		if _, err := Search(ctx, c); !errors.Is(err, gone) {
			t.Errorf("error %v, want the caller's", err)
		}
	})
}

// A cutShort search finds what there is, and cannot tell that it is all.
type cutShort struct{ Searcher }

func (s cutShort) SearchDataSources(ctx context.Context) iter.Seq2[notion.DataSource, error] {
	return func(yield func(notion.DataSource, error) bool) {
		for ds, err := range s.Searcher.SearchDataSources(ctx) {
			if !yield(ds, err) {
				return
			}
		}
		yield(notion.DataSource{}, &notion.Error{Op: "searching data sources", Kind: notion.ErrIncomplete})
	}
}
