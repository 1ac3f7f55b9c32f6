package notion

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net/http"
)

// A searchBody is the body of a search (Notion: post-search).
type searchBody struct {
	Filter      searchFilter `json:"filter"`
	Sort        sortBy       `json:"sort"`
	PageSize    int          `json:"page_size"`
	StartCursor string       `json:"start_cursor,omitempty"`
}

type searchFilter struct {
	Property string `json:"property"`
	Value    string `json:"value"`
}

// SearchDataSources yields the data sources that Notion's search finds, the last
// edited ones first, each once, without those in the trash. One that cannot be
// decoded is an *Unreadable error, and the others follow. Any other error is the
// last: ErrIncomplete where the list cannot be read to its end.
//
// Search is a hint, not an enumeration (Notion: search-optimizations-and-
// limitations): a shared data source may appear late, and one that is missing here
// may still be readable by its id.
func (c *Client) SearchDataSources(ctx context.Context) iter.Seq2[DataSource, error] {
	return func(yield func(DataSource, error) bool) {
		const op = "searching data sources"
		yielded := make(map[string]bool)
		for restarts := 0; ; restarts++ {
			goOn, err := c.searchThrough(ctx, op, yielded, yield)
			if !goOn || err == nil {
				return
			}
			if leadsAstray(err) && restarts < maxRestarts {
				if err = sleep(ctx, backoff(restarts+1)); err == nil {
					continue
				}
				err = &Error{Op: op, Err: err}
			}
			yield(DataSource{}, err)
			return
		}
	}
}

// searchThrough reads one search to its end and yields what was not yielded before.
// It returns false when the caller stops.
func (c *Client) searchThrough(ctx context.Context, op string, yielded map[string]bool, yield func(DataSource, error) bool) (goOn bool, err error) {
	followed, met := followedCursors{op: op}, make(map[string]bool)
	for cursor := ""; ; {
		found, err := c.search(ctx, op, cursor)
		if err == nil && found.end.incomplete {
			err = followed.capped()
		}
		if err == nil {
			cursor, err = followed.next(found.end, found.fresh(met))
		}
		if err != nil {
			return true, err
		}
		for _, bad := range found.unreadable {
			if first := !yielded[bad.Error()]; first {
				yielded[bad.Error()] = true
				if !yield(DataSource{ID: bad.ID}, bad) {
					return false, nil
				}
			}
		}
		for _, d := range found.sources {
			if d.InTrash || yielded[d.ID] {
				continue
			}
			yielded[d.ID] = true
			if !yield(d, nil) {
				return false, nil
			}
		}
		if !found.end.hasMore {
			return true, nil
		}
	}
}

// fresh is how many of the results are not in met, and adds them.
func (l *foundList) fresh(met map[string]bool) (fresh int) {
	meet := func(what string) {
		if !met[what] {
			met[what] = true
			fresh++
		}
	}
	for _, d := range l.sources {
		meet(d.ID)
	}
	for _, bad := range l.unreadable {
		meet(bad.Error())
	}
	return fresh
}

// search sends one search.
func (c *Client) search(ctx context.Context, op, cursor string) (found foundList, err error) {
	body := searchBody{
		Filter:      searchFilter{"object", "data_source"},
		Sort:        sortBy{Timestamp: "last_edited_time", Direction: "descending"},
		PageSize:    maxPageSize,
		StartCursor: cursor,
	}
	text, err := json.Marshal(body)
	if err != nil {
		return found, &Error{Op: op, Kind: ErrInvalidRequest, Err: err}
	}
	r := request{
		op: op, endpoint: "POST /v1/search", method: http.MethodPost, path: "/v1/search", body: text,
		smaller: func(r *request, least int) (shrunk bool, err error) {
			if shrunk = shrink(&body.PageSize, least); shrunk {
				r.body, err = json.Marshal(body)
			}
			return shrunk, err
		},
	}
	err = c.do(ctx, r, func(a answer) (err error) {
		found, err = decodeDataSourceList(a.body)
		return err
	})
	return found, err
}

// Database retrieves a database and each of its data sources. A listed data source
// that is not found stays in the result as Partial. Errors wrap an *Error;
// ErrNotFound means that the database does not exist or is not shared. Any other
// error of a data source fails the whole call, so that half a database never passes
// for a whole one.
func (c *Client) Database(ctx context.Context, id string) (*Database, error) {
	database, err := c.Container(ctx, id)
	if err != nil {
		return nil, err
	}
	for i, named := range database.DataSources {
		source, err := c.DataSource(ctx, named.ID)
		switch {
		case errors.Is(err, ErrNotFound):
			continue
		case err != nil:
			return nil, fmt.Errorf("database %s: %w", database.ID, err)
		}
		if source.Partial {
			source.Name = named.Name
		}
		database.DataSources[i] = *source
	}
	return database, nil
}

// Container retrieves a database alone, by one request: its data sources are Partial, with
// their ids and names. Errors are those of [Client.Database].
func (c *Client) Container(ctx context.Context, id string) (*Database, error) {
	return get(ctx, c, "database", "/v1/databases/", id, func(body []byte) (*Database, string, error) {
		d, err := decodeDatabase(body)
		if err != nil {
			return nil, "", err
		}
		return d, d.ID, nil
	})
}

// DataSource retrieves one data source. Errors are *Error; ErrNotFound means that it
// does not exist or is not shared, or that the id is a database's.
func (c *Client) DataSource(ctx context.Context, id string) (*DataSource, error) {
	return get(ctx, c, "data source", "/v1/data_sources/", id, func(body []byte) (*DataSource, string, error) {
		d, err := decodeDataSource(body)
		return &d, d.ID, err
	})
}

// Page retrieves one page, also one in the trash. Errors are *Error; ErrNotFound
// means that the page no longer exists or is not shared.
func (c *Client) Page(ctx context.Context, id string) (*Page, error) {
	return get(ctx, c, "page", "/v1/pages/", id, func(body []byte) (*Page, string, error) {
		p, err := DecodePage(body)
		return &p, p.ID, err
	})
}

// Me retrieves the bot user of the client's token. It is the cheapest check of a
// token. Errors are *Error.
func (c *Client) Me(ctx context.Context) (Bot, error) {
	r := request{
		op:       "retrieving the token's own user",
		endpoint: "GET /v1/users/me",
		method:   http.MethodGet,
		path:     "/v1/users/me",
	}
	var bot Bot
	err := c.do(ctx, r, func(a answer) (err error) {
		bot, err = decodeBot(a.body)
		return err
	})
	return bot, err
}

// get retrieves one object by its id. decode returns the object and its id, which
// must be the requested one.
func get[T any](ctx context.Context, c *Client, what, path, id string, decode func([]byte) (*T, string, error)) (*T, error) {
	op := "retrieving " + what + " " + id
	id, err := requireID(op, id)
	if err != nil {
		return nil, err
	}
	r := request{op: op, endpoint: "GET " + path + "{id}", method: http.MethodGet, path: path + id}
	var object *T
	err = c.do(ctx, r, func(a answer) error {
		decoded, got, err := decode(a.body)
		if err != nil {
			return err
		}
		if got != id {
			return fmt.Errorf("the answer has another id, %s", got)
		}
		object = decoded
		return nil
	})
	return object, err
}

// requireID checks that the text is a UUID before it becomes part of a request's
// path.
func requireID(op, text string) (string, error) {
	id, ok := NormalizeID(text)
	if !ok {
		return "", &Error{Op: op, Kind: ErrInvalidRequest, Message: "this is not a Notion id (32 hexadecimal digits, with or without dashes)"}
	}
	return id, nil
}
