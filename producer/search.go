package producer

import (
	"cmp"
	"context"
	"errors"
	"iter"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"notion-kafka/notion"
	"notion-kafka/producer/control"
)

// A Searcher is what a listing needs of a connection; [*notion.Client] is one.
type Searcher interface {
	SearchDataSources(ctx context.Context) iter.Seq2[notion.DataSource, error]
	Container(ctx context.Context, id string) (*notion.Database, error)
}

// A Listing is what Notion's search shows of a workspace.
type Listing struct {
	// Databases are without those in the trash, the last edited first. They have no Topic and
	// no Sync, and are not Enabled.
	Databases []control.FoundDatabase
	// OnlyIDs are data sources of which Notion shows no more: they are not shared.
	OnlyIDs []string
	// Unreadable is how many data sources could not be read.
	Unreadable int
	// Incomplete is why there may be more databases; nil where the search came to its end.
	Incomplete error
}

const (
	// mostContainers is how many databases one listing retrieves for their titles.
	mostContainers = 10
	// containersAtOnce is how many of them it retrieves side by side.
	containersAtOnce = 4
)

// Search lists the databases of a workspace by its search alone, one request for each
// hundred data sources: retrieving each database takes minutes where there are many. Search
// shows data sources, so a database with several is retrieved for its title, at most ten of
// them; the others have the title of their oldest data source. Search may lag behind, and
// shows no linked databases (Notion: search-optimizations-and-limitations). Its errors are
// those of the connection.
func Search(ctx context.Context, client Searcher) (*Listing, error) {
	listing := &Listing{Databases: []control.FoundDatabase{}}
	grouped := map[string][]notion.DataSource{}
	for ds, err := range client.SearchDataSources(ctx) {
		switch _, unreadable := errors.AsType[*notion.Unreadable](err); {
		case unreadable:
			listing.Unreadable++
		case errors.Is(err, notion.ErrIncomplete):
			listing.Incomplete = err
		case err != nil:
			return nil, interrupted(ctx, err)
		case ds.Partial:
			listing.OnlyIDs = append(listing.OnlyIDs, ds.ID)
		case ds.DatabaseID != "":
			grouped[ds.DatabaseID] = append(grouped[ds.DatabaseID], ds)
		}
	}
	for id, sources := range grouped {
		listing.Databases = append(listing.Databases, foundDatabase(id, sources))
	}
	slices.SortFunc(listing.Databases, func(a, b control.FoundDatabase) int {
		return cmp.Or(b.LastEdited.Compare(a.LastEdited), strings.Compare(a.DatabaseID, b.DatabaseID))
	})
	err := listing.retitle(ctx, client)
	return listing, err
}

// foundDatabase is a database as its data sources show it.
func foundDatabase(id string, sources []notion.DataSource) control.FoundDatabase {
	slices.SortFunc(sources, func(a, b notion.DataSource) int {
		return cmp.Or(a.CreatedTime.Compare(b.CreatedTime), strings.Compare(a.ID, b.ID))
	})
	first := sources[0]
	found := control.FoundDatabase{
		Stream: DatabaseStream(id), DatabaseID: id, Title: first.Name, Icon: first.Emoji(), URL: first.URL, Created: first.CreatedTime,
		Properties: []string{},
	}
	for _, ds := range sources {
		found.DataSources = append(found.DataSources, control.FoundDataSource{ID: ds.ID, Title: ds.Name})
		found.Properties = append(found.Properties, ds.PropertyNames()...)
		if ds.LastEditedTime.After(found.LastEdited) {
			found.LastEdited = ds.LastEditedTime
		}
	}
	slices.Sort(found.Properties)
	found.Properties = slices.Compact(found.Properties)
	return found
}

// retitle gives databases with several data sources their own titles. One that cannot be
// retrieved keeps the one it has. Its error is that of ctx.
func (l *Listing) retitle(ctx context.Context, client Searcher) error {
	var several errgroup.Group
	several.SetLimit(containersAtOnce)
	containers := 0
	for i := range l.Databases {
		found := &l.Databases[i]
		if len(found.DataSources) == 1 || containers == mostContainers {
			continue
		}
		containers++
		several.Go(func() error {
			return notion.Guard(func() error {
				if db, err := client.Container(notion.Once(ctx), found.DatabaseID); err == nil && !db.Partial {
					found.Title, found.Created = db.TitleText, db.CreatedTime
					found.Icon = cmp.Or(db.Emoji(), found.Icon)
				}
				return nil
			})
		})
	}
	return cmp.Or(several.Wait(), context.Cause(ctx))
}
