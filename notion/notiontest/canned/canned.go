// Package canned is a Notion of one large database that answers at next to no cost, for
// benchmarks that measure us and not the simulator.
package canned

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
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
}

// Bodies is how many pages differ in more than id and times: more than a
// batch of records holds, so that compression finds what it would find in
// earnest.
const Bodies = 2000

// New is a Notion of one database with so many rows.
func New(tb testing.TB, rows int) *Notion {
	tb.Helper()
	workspace := notiontest.New(notiontest.Options{RequestsPerMinute: -1})
	db := addRealistic(workspace, "Tasks", Bodies)
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

// addRealistic adds a database as people have them: 15 properties of as many
// kinds, of which a page takes about 3 KB of JSON, no two pages alike.
func addRealistic(w *notiontest.Workspace, title string, pages int) *notiontest.Database {
	db := w.AddDatabase(title,
		notiontest.Prop{Name: "Task", Kind: notiontest.KindTitle},
		notiontest.Prop{Name: "Notes", Kind: notiontest.KindRichText},
		notiontest.Prop{Name: "Estimate (days)", Kind: notiontest.KindNumber},
		notiontest.Prop{Name: "Kind", Kind: notiontest.KindSelect},
		notiontest.Prop{Name: "State", Kind: notiontest.KindStatus},
		notiontest.Prop{Name: "Tags", Kind: notiontest.KindMultiSelect},
		notiontest.Prop{Name: "Due", Kind: notiontest.KindDate},
		notiontest.Prop{Name: "Owner", Kind: notiontest.KindPeople},
		notiontest.Prop{Name: "Photos", Kind: notiontest.KindFiles},
		notiontest.Prop{Name: "Done", Kind: notiontest.KindCheckbox},
		notiontest.Prop{Name: "Link", Kind: notiontest.KindURL},
		notiontest.Prop{Name: "Depends on", Kind: notiontest.KindRelation},
		notiontest.Prop{Name: "Cost", Kind: notiontest.KindFormula},
		notiontest.Prop{Name: "Number", Kind: notiontest.KindUniqueID, Prefix: "TASK"},
		notiontest.Prop{Name: "Changed", Kind: notiontest.KindLastEditedTime},
	)
	people := []string{w.AddUser("Dana Whitfield"), w.AddUser("Emeka Obi"), w.AddUser("Freja Lund")}
	ids := db.DataSource().AddPages(pages, time.Now().Add(-1000*time.Hour), time.Minute, func(int) notiontest.Values { return nil })
	rng := rand.New(rand.NewPCG(1, 1))
	some := func(n int) string {
		var text strings.Builder
		for range n {
			fmt.Fprintf(&text, "%s ", benchWords[rng.IntN(len(benchWords))])
		}
		return strings.TrimSpace(text.String())
	}
	for i, id := range ids {
		w.EditSilently(id, notiontest.Values{
			"Task": some(5), "Notes": some(20) + ` "` + some(3) + "\"\n" + some(10), "Estimate (days)": float64(rng.IntN(100)) / 4,
			"Kind": some(1), "State": some(1), "Tags": []string{some(1), some(1)},
			"Due": time.Now().Add(time.Duration(rng.IntN(1000)) * time.Hour).UTC(), "Owner": []string{people[i%3]},
			"Photos": []notiontest.File{{Name: some(1) + ".jpg"}}, "Done": i%2 == 0, "Link": "https://example.com/" + strconv.Itoa(rng.Int()),
			"Depends on": []string{ids[rng.IntN(len(ids))], ids[rng.IntN(len(ids))]}, "Cost": rng.Float64(),
		})
	}
	return db
}

var benchWords = strings.Fields(`roof barn wood nail hammer rain leak beam paint door window hinge fence gate field oak ash
	birch ladder saw plank tile gutter chimney brick mortar stone gravel path yard shed stable cart wheel axle rope
	crane lift carry measure cut plane sand glue clamp drill screw bolt nut washer copper lead zinc tar felt straw`)

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
	body := c.answer(q)
	return &http.Response{
		StatusCode: http.StatusOK, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: r,
		Header: http.Header{"Content-Type": {"application/json; charset=utf-8"}, "Date": {time.Now().UTC().Format(http.TimeFormat)}},
		Body:   io.NopCloser(bytes.NewReader(body)), ContentLength: int64(len(body)),
	}, nil
}

func (c *Notion) answer(q query) []byte {
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
	b := make([]byte, 0, 4096*(shown+1))
	b = append(b, `{"object":"list","results":[`...)
	for i := range shown {
		row := from + i
		if q.Sorts[0].Direction == "descending" {
			row = to - 1 - i
		}
		if i > 0 {
			b = append(b, ',')
		}
		b = c.AppendRow(b, row)
	}
	return append(b, `],"next_cursor":`+next+`,"has_more":`+more+`,"type":"page_or_data_source","page_or_data_source":{}}`...)
}

// rowsBefore is how many rows were created before a minute.
func (c *Notion) rowsBefore(minute time.Time) int {
	return min(max(2*int(minute.Sub(c.begin)/time.Minute), 0), c.rows)
}

// AppendRow appends a row as a query answers it.
func (c *Notion) AppendRow(b []byte, row int) []byte {
	created := c.begin.Add(time.Duration(row/2) * time.Minute).Format("2006-01-02T15:04:05.000Z")
	b = fmt.Appendf(b, rowTimes, rowID(row), created, created)
	return append(b, c.bodies[row%len(c.bodies)]...)
}

// rowID is the id of a row, spread like a random one.
func rowID(row int) string {
	high := uint64(row+1) * 0x9e3779b97f4a7c15
	return fmt.Sprintf("%08x-%04x-4%03x-8%03x-%012x", uint32(high>>32), uint16(high>>16), high&0xfff, (high>>12)&0xfff, row)
}
