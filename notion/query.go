package notion

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"
)

const (
	// maxPageSize is the most rows in one response (Notion: intro, pagination).
	maxPageSize = 100
	// minPageSize is the smallest page size for a query that is too expensive for
	// Notion: one that fails with ten rows fails for another reason. A response that
	// is too large for us is halved down to a single row.
	minPageSize = 10
)

// A timestampFilter bounds created_time or last_edited_time
// (Notion: filter-data-source-entries).
type timestampFilter struct {
	Timestamp      string         `json:"timestamp"`
	CreatedTime    *timeCondition `json:"created_time,omitempty"`
	LastEditedTime *timeCondition `json:"last_edited_time,omitempty"`
}

type timeCondition struct {
	OnOrAfter string `json:"on_or_after,omitempty"`
	Before    string `json:"before,omitempty"`
}

// A sortBy orders rows by a time or by a property (Notion: sort-data-source-entries).
type sortBy struct {
	Timestamp string `json:"timestamp,omitempty"`
	Property  string `json:"property,omitempty"`
	Direction string `json:"direction"`
}

// A queryBody is the body of a query. Notion refuses unknown keys, in_trash among
// them (Notion: query-a-data-source).
type queryBody struct {
	Filter      any      `json:"filter,omitempty"`
	Sorts       []sortBy `json:"sorts"`
	PageSize    int      `json:"page_size"`
	StartCursor string   `json:"start_cursor,omitempty"`
	IsArchived  bool     `json:"is_archived,omitempty"`
}

// body is the query's request body. The order is created_time, because it never
// changes: rows edited during the read stay where they are.
func (q Query) body() ([]byte, error) {
	b := queryBody{
		Sorts:       []sortBy{{Timestamp: "created_time", Direction: "ascending"}},
		PageSize:    q.PageSize,
		StartCursor: q.Cursor,
		IsArchived:  q.Archived,
	}
	if q.Descending {
		b.Sorts[0].Direction = "descending"
	}
	if q.by != nil {
		b.Sorts[0] = *q.by
	}
	var filters []any
	if !q.CreatedOnOrAfter.IsZero() {
		filters = append(filters, timestampFilter{
			Timestamp: "created_time", CreatedTime: &timeCondition{OnOrAfter: minute(q.CreatedOnOrAfter)},
		})
	}
	if !q.CreatedBefore.IsZero() {
		filters = append(filters, timestampFilter{
			Timestamp: "created_time", CreatedTime: &timeCondition{Before: minute(q.CreatedBefore)},
		})
	}
	if !q.EditedOnOrAfter.IsZero() {
		filters = append(filters, timestampFilter{
			Timestamp: "last_edited_time", LastEditedTime: &timeCondition{OnOrAfter: minute(q.EditedOnOrAfter)},
		})
	}
	for _, condition := range q.conditions {
		filters = append(filters, condition)
	}
	switch len(filters) {
	case 0:
	case 1:
		b.Filter = filters[0]
	default:
		b.Filter = map[string][]any{"and": filters}
	}
	return json.Marshal(b)
}

// shrink halves a page size, not below least. It reports whether the size changed.
func shrink(size *int, least int) bool {
	if *size <= least {
		return false
	}
	*size = max(*size/2, least)
	return true
}

// minute is a bound of a filter, floored to the minute as Notion's times are.
func minute(t time.Time) string {
	return t.UTC().Truncate(time.Minute).Format("2006-01-02T15:04:05.000Z")
}

// Query sends one query and returns its response: at most 100 rows, by ascending
// created_time; rows of one minute have no order. A response may hold fewer rows
// than the page size, or none, and still have more. Where Notion cannot answer in
// time, where the response would be larger than 64 MiB, or where it is cut off
// several times, Query halves the page size, repeatedly. A cursor works with every
// page size. A row that alone is larger than 64 MiB is unreadable. Where Notion
// refuses a query with q.Properties, because one was removed meanwhile, Query
// requests all properties.
//
// Errors are *Error. ErrInvalidCursor means that q.Cursor is no longer valid;
// ErrNotFound that the data source does not exist or is not shared, or that the id
// is a database's.
func (c *Client) Query(ctx context.Context, q Query) (*PageList, error) {
	op := q.op()
	id, err := requireID(op, q.DataSourceID)
	if err != nil {
		return nil, err
	}
	if q.PageSize < 0 || q.PageSize > maxPageSize {
		return nil, &Error{Op: op, Kind: ErrInvalidRequest, Message: fmt.Sprintf("a page size of %d is not within 1 to 100", q.PageSize)}
	}
	if q.PageSize == 0 {
		q.PageSize = maxPageSize
	}
	list, err := c.query(ctx, op, id, q)
	switch {
	case err == nil:
		return list, nil
	case len(q.Properties) > 0 && errors.Is(err, ErrInvalidRequest):
		c.log.WarnContext(ctx, "Notion refuses a query for some properties only, will request all of them", "error", err)
		q.Properties = nil
		return c.Query(ctx, q)
	case errors.Is(err, errTooLarge):
		return c.nameOversized(ctx, op, id, q)
	default:
		return nil, err
	}
}

// op is what a query does, for errors.
func (q Query) op() string { return "querying data source " + q.DataSourceID }

// query sends a query as it is, perhaps with a smaller page size.
func (c *Client) query(ctx context.Context, op, id string, q Query) (*PageList, error) {
	body, err := q.body()
	if err != nil {
		return nil, &Error{Op: op, Kind: ErrInvalidRequest, Err: err}
	}
	r := request{
		op:       op,
		endpoint: "POST /v1/data_sources/{id}/query",
		method:   http.MethodPost,
		path:     "/v1/data_sources/" + id + "/query" + filterProperties(q.Properties),
		body:     body,
		smaller: func(r *request, least int) (shrunk bool, err error) {
			if shrunk = shrink(&q.PageSize, least); shrunk {
				r.body, err = q.body()
			}
			return shrunk, err
		},
	}
	var list *PageList
	err = c.do(ctx, r, func(a answer) (err error) {
		if list, err = decodePageList(a.body); err != nil {
			return err
		}
		if a.asOf.IsZero() {
			return errNoDate
		}
		list.AsOf, list.PageSize = a.asOf, q.PageSize
		return nil
	})
	if err != nil {
		return nil, err
	}
	return list, nil
}
