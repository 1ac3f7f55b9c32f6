// Package canned is a Notion of one large database that answers at next to no cost, for
// benchmarks that measure us and not the simulator.
package canned

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"notion-kafka/notion"
	"notion-kafka/notion/notiontest"
)

// A Notion answers as a workspace with one large database, at next to no
// cost, so that a benchmark measures us and not the simulator: the rows' JSON is
// rendered before, and a response is put together of its pieces. Two rows are
// created in each minute. Nothing is ever edited or archived. What is not a query
// goes to a simulated workspace.
type Notion struct {
	workspace *notiontest.Workspace
	others    http.RoundTripper
	database  string
	source    string
	rows      int
	begin     time.Time // of the first row, on a whole minute
	bodies    [][]byte  // what follows the times in a row's JSON; row i has body i modulo their number
	queries   atomic.Int64
}

// Bodies is how many pages differ in more than id and times: more than a
// batch of records holds, so that compression finds what it would find in
// earnest. Of large pages there are fewer, 16 MB in all.
const Bodies = 2000

// New is a Notion of one database with so many rows.
func New(tb testing.TB, rows int) *Notion {
	tb.Helper()
	return NewOf(tb, rows, Realistic)
}

// NewOf is New for rows of another shape.
func NewOf(tb testing.TB, rows int, shape Shape) *Notion {
	tb.Helper()
	workspace := notiontest.New(notiontest.Options{RequestsPerMinute: -1})
	db := shape.AddTo(workspace, "Tasks", min(rows, Bodies, 16_000_000/shape.size()))
	c := &Notion{
		workspace: workspace, others: workspace.RoundTripper(), database: db.ID(), source: db.DataSource().ID(), rows: rows,
		begin: time.Now().Add(-time.Duration(rows/2+60) * time.Minute).UTC().Truncate(time.Minute),
	}
	for _, id := range db.Pages(notiontest.Live) {
		page, _ := workspace.Page(id)
		c.bodies = append(c.bodies, afterTimes(tb, page))
	}
	return c
}

// rowTimes is how a row begins, up to where its body follows.
const rowTimes = `{"object":"page","id":"%s","created_time":"%s","last_edited_time":"%s"`

// afterTimes cuts a page's JSON there.
func afterTimes(tb testing.TB, page []byte) []byte {
	tb.Helper()
	const stamp = "2006-01-02T15:04:05.000Z"
	const id = "00000000-0000-0000-0000-000000000000"
	head := len(fmt.Sprintf(rowTimes, id, stamp, stamp))
	if !strings.HasPrefix(string(page), `{"object":"page","id":"`) || !strings.HasPrefix(string(page[head:]), `,"`) {
		tb.Fatalf("a page no longer begins with its id and times: %.200s", page)
	}
	return page[head:]
}

// Client is one that Notion does not limit.
func (c *Notion) Client(tb testing.TB) *notion.Client {
	tb.Helper()
	client, err := notion.NewClient(notion.Options{
		BaseURL: "https://notion.invalid", Transport: c, Budget: notion.NewBudget(1_000_000_000, 16),
		Tokens: oauth2.StaticTokenSource(&oauth2.Token{AccessToken: c.workspace.Token()}),
	})
	if err != nil {
		tb.Fatal(err)
	}
	return client
}

// A query is what our client sends of a query.
type query struct {
	Filter   cannedFilter `json:"filter"`
	Sorts    []struct{ Direction string }
	PageSize int  `json:"page_size"`
	Archived bool `json:"is_archived"`
	Cursor   *string
}

type cannedFilter struct {
	And         []cannedFilter
	CreatedTime struct {
		OnOrAfter time.Time `json:"on_or_after"`
		Before    time.Time
	} `json:"created_time"`
	LastEditedTime *struct{} `json:"last_edited_time"`
}

// RoundTrip implements http.RoundTripper.
func (c *Notion) RoundTrip(r *http.Request) (*http.Response, error) {
	if !strings.HasSuffix(r.URL.Path, "/query") {
		return c.others.RoundTrip(r)
	}
	defer r.Body.Close()
	var q query
	if err := json.NewDecoder(r.Body).Decode(&q); err != nil {
		return nil, err
	}
	c.queries.Add(1)
	body, length := c.answer(q)
	return &http.Response{
		StatusCode: http.StatusOK, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: r,
		Header: http.Header{"Content-Type": {"application/json; charset=utf-8"}, "Date": {time.Now().UTC().Format(http.TimeFormat)}},
		Body:   io.NopCloser(body), ContentLength: length,
	}, nil
}

// Queries is how many queries were answered.
func (c *Notion) Queries() int { return int(c.queries.Load()) }

// DataSourceID is the id of the database's data source.
func (c *Notion) DataSourceID() string { return c.source }

// answer is a response and its length. It is read from the pieces it is made of, so that
// a large one takes no memory beside the client's.
func (c *Notion) answer(q query) (body io.Reader, length int64) {
	from, to, edited := 0, c.rows, false
	for _, f := range append(q.Filter.And, q.Filter) {
		if bound := f.CreatedTime.OnOrAfter; !bound.IsZero() {
			from = max(from, c.rowsBefore(bound))
		}
		if bound := f.CreatedTime.Before; !bound.IsZero() {
			to = min(to, c.rowsBefore(bound))
		}
		edited = edited || f.LastEditedTime != nil
	}
	if q.Archived || edited {
		to = from
	}
	shown := max(min(to-from, q.PageSize), 0)
	next, more := "null", "false"
	if from+shown < to {
		next, more = `"canned"`, "true"
	}
	pieces := net.Buffers{[]byte(`{"object":"list","results":[`)}
	for i := range shown {
		row := from + i
		if q.Sorts[0].Direction == "descending" {
			row = to - 1 - i
		}
		if i > 0 {
			pieces = append(pieces, []byte{','})
		}
		pieces = append(pieces, c.appendTimes(nil, row), c.body(row))
	}
	pieces = append(pieces, []byte(`],"next_cursor":`+next+`,"has_more":`+more+`,"type":"page_or_data_source","page_or_data_source":{}}`))
	for _, piece := range pieces {
		length += int64(len(piece))
	}
	return &pieces, length
}

// rowsBefore is how many rows were created before a minute.
func (c *Notion) rowsBefore(minute time.Time) int {
	return min(max(2*int(minute.Sub(c.begin)/time.Minute), 0), c.rows)
}

// AppendRow appends a row as a query answers it.
func (c *Notion) AppendRow(b []byte, row int) []byte {
	return append(c.appendTimes(b, row), c.body(row)...)
}

func (c *Notion) appendTimes(b []byte, row int) []byte {
	created := c.begin.Add(time.Duration(row/2) * time.Minute).Format("2006-01-02T15:04:05.000Z")
	return fmt.Appendf(b, rowTimes, rowID(row), created, created)
}

func (c *Notion) body(row int) []byte { return c.bodies[row%len(c.bodies)] }

// rowID is the id of a row, spread like a random one.
func rowID(row int) string {
	high := uint64(row+1) * 0x9e3779b97f4a7c15
	return fmt.Sprintf("%08x-%04x-4%03x-8%03x-%012x", uint32(high>>32), uint16(high>>16), high&0xfff, (high>>12)&0xfff, row)
}
