package notiontest_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"notion-kafka/notion/notiontest"
)

// A caller sends requests to a workspace as a client does, in this process.
type caller struct {
	t *testing.T
	w *notiontest.Workspace
}

// A reply is a response with its body read.
type reply struct {
	status int
	header http.Header
	body   []byte
}

// send sends a request. A header "Name: value" replaces the default one, "Name:" removes
// it.
func (c caller) send(line, body string, headers ...string) (reply, error) {
	c.t.Helper()
	method, path, _ := strings.Cut(line, " ")
	r, err := http.NewRequestWithContext(c.t.Context(), method, "https://api.notion.com"+path, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+c.w.Token())
	r.Header.Set("Notion-Version", "2026-03-11")
	r.Header.Set("Content-Type", "application/json")
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ":")
		r.Header.Del(name)
		if value = strings.TrimSpace(value); value != "" {
			r.Header.Set(name, value)
		}
	}
	res, err := c.w.RoundTripper().RoundTrip(r)
	if err != nil {
		return reply{}, err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	return reply{res.StatusCode, res.Header, text}, err
}

// roundTrip sends a request and decodes the answer into a value, unless that is nil.
func roundTrip(t *testing.T, transport http.RoundTripper, r *http.Request, into any) (status int) {
	t.Helper()
	res, err := transport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if into != nil {
		if err := json.NewDecoder(res.Body).Decode(into); err != nil {
			t.Fatal(err)
		}
	}
	return res.StatusCode
}

// object sends a request that must succeed and returns the JSON object.
func (c caller) object(line, body string, headers ...string) map[string]any {
	c.t.Helper()
	got, err := c.send(line, body, headers...)
	if err != nil {
		c.t.Fatalf("%s %s: %v", line, body, err)
	}
	if got.status != http.StatusOK {
		c.t.Fatalf("%s %s: %d %s", line, body, got.status, got.body)
	}
	var object map[string]any
	if err := json.Unmarshal(got.body, &object); err != nil {
		c.t.Fatalf("%s: %v\n%s", line, err, got.body)
	}
	return object
}

// query requests one page of a data source.
func (c caller) query(d *notiontest.DataSource, body string) map[string]any {
	c.t.Helper()
	return c.object("POST /v1/data_sources/"+d.ID()+"/query", body)
}

// all follows the cursors of a query to its end. members is the body without braces and
// start_cursor.
func (c caller) all(d *notiontest.DataSource, members string) (ids []string, pages int) {
	c.t.Helper()
	body := "{" + members + "}"
	for {
		list := c.query(d, body)
		pages++
		ids = append(ids, idsOf(list)...)
		if list["has_more"] == false {
			return ids, pages
		}
		body = `{"start_cursor":"` + list["next_cursor"].(string) + `"`
		if members != "" {
			body += "," + members
		}
		body += "}"
	}
}

func idsOf(list map[string]any) []string {
	var ids []string
	for _, one := range list["results"].([]any) {
		ids = append(ids, one.(map[string]any)["id"].(string))
	}
	return ids
}

// clock is a time that tests set.
type clock struct{ at time.Time }

func (c *clock) now() time.Time          { return c.at }
func (c *clock) advance(d time.Duration) { c.at = c.at.Add(d) }

func newClock() *clock { return &clock{time.Date(2026, 9, 4, 14, 30, 20, 0, time.UTC)} }

// world returns a workspace; every violation fails the test.
func world(t *testing.T, opts notiontest.Options) (caller, *clock) {
	c := newClock()
	if opts.Now == nil {
		opts.Now = c.now
	}
	if opts.Violation == nil {
		opts.Violation = func(what string) { t.Error(what) }
	}
	return caller{t, notiontest.New(opts)}, c
}

// compact removes insignificant space.
func compact(t *testing.T, text []byte) string {
	var b bytes.Buffer
	if err := json.Compact(&b, text); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return b.String()
}

// bench sends a query and ignores the answer.
func (c caller) bench(b *testing.B, path, body string) int {
	r, err := http.NewRequestWithContext(b.Context(), http.MethodPost, "https://api.notion.com"+path, strings.NewReader(body))
	if err != nil {
		b.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+c.w.Token())
	r.Header.Set("Notion-Version", "2026-03-11")
	r.Header.Set("Content-Type", "application/json")
	res, err := c.w.RoundTripper().RoundTrip(r)
	if err != nil {
		b.Fatal(err)
	}
	res.Body.Close()
	return res.StatusCode
}
