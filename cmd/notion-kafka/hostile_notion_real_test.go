//go:build real

package main_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// A villain is a hostile Notion. The ids of its databases stay the same, so that a
// reader gets far enough to be harmed.
type villain struct {
	name     string
	seed     uint64
	whole    int  // one response in so many is not valid HTTP or JSON; 0: none
	field    int  // one field in so many is invalid
	rows     int  // of a data source
	endless  bool // lists never end: cursors are always new, repeat, or form a circle
	refuses  bool // every token is refused
	sluggish bool // every response is sent slowly

	asked atomic.Uint64
	gone  <-chan struct{} // closed at the end of the test, which ends slow responses
}

func (v *villain) token() string { return "ntn_villain_" + v.name }

// databases is the number of a villain's databases.
const databases = 3

// id returns a UUID that is always the same.
func (v *villain) id(kind, n int) string {
	return fmt.Sprintf("%08x-%04x-4000-8000-%012x", v.seed&0xffffffff, kind, n)
}

// The kinds of id.
const (
	databaseID = iota + 1
	dataSourceID
	pageID
	otherID
)

// A trick is one response of a villain.
type trick struct {
	forger
	*villain
	w http.ResponseWriter
	r *http.Request
}

// ServeHTTP implements http.Handler.
func (v *villain) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	d := &trick{forger{newMalice(v.seed, v.asked.Add(1)), v.field}, v, w, r}
	switch {
	case v.refuses:
		d.fail(http.StatusUnauthorized, "unauthorized")
	case v.whole > 0 && d.once(v.whole):
		d.breakWhole()
	default:
		d.answer()
	}
}

// answer returns the object of the path, with invalid fields.
func (d *trick) answer() {
	path := strings.Split(strings.TrimPrefix(d.r.URL.Path, "/v1/"), "/")
	switch {
	case path[0] == "search":
		var all []string
		for n := range databases {
			all = append(all, d.dataSource(n))
		}
		d.write(d.page(all, len(all)))
	case path[0] == "users":
		d.write(d.object("object", `"user"`, "id", quoted(d.id(otherID, 1)), "type", `"bot"`, "name", d.text("Bot"),
			"bot", fmt.Sprintf(`{"workspace_id":%q,"workspace_name":%s}`, d.id(otherID, 2), d.text("The villains"))))
	case path[0] == "databases":
		d.write(d.database(d.number(path)))
	case path[0] == "data_sources" && len(path) > 2:
		d.query(d.number(path))
	case path[0] == "data_sources":
		d.write(d.dataSource(d.number(path)))
	case path[0] == "pages" && len(path) > 2:
		d.items()
	case path[0] == "pages":
		d.write(d.row(0, d.number(path)))
	default:
		d.fail(http.StatusNotFound, "object_not_found")
	}
}

// number returns the number in the id of a path.
func (d *trick) number(path []string) int {
	if len(path) < 2 || len(path[1]) < 12 {
		return 0
	}
	n, err := strconv.ParseInt(path[1][len(path[1])-12:], 16, 32)
	if err != nil {
		return 0
	}
	return int(n)
}

// query lists the requested rows: cursors are numbers of rows.
func (d *trick) query(source int) {
	var asked struct {
		PageSize int    `json:"page_size"`
		Cursor   string `json:"start_cursor"`
	}
	if err := json.NewDecoder(d.r.Body).Decode(&asked); err != nil || asked.PageSize == 0 {
		asked.PageSize = 100
	}
	from, err := strconv.Atoi(asked.Cursor)
	if err != nil {
		from = 0
	}
	var rows []string
	for n := from; n < min(from+asked.PageSize, d.rows) || d.endless && n < from+asked.PageSize; n++ {
		rows = append(rows, d.row(source, n))
	}
	d.write(d.page(rows, from+len(rows)))
}

// page wraps one page of a list; next is the number of the next row.
func (d *trick) page(rows []string, next int) string {
	more, cursor := "false", "null"
	switch {
	case d.endless && next > databases: // not the search, without which nothing would be asked
		more, cursor = "true", pick(d.malice, quoted(strconv.Itoa(next)), `"0"`, `"100"`, `""`, "null")
	case next < d.rows && len(rows) >= 10:
		more, cursor = "true", quoted(strconv.Itoa(next))
	}
	return d.object("object", `"list"`, "results", d.list(rows...), "has_more", more, "next_cursor", cursor,
		"type", `"page_or_data_source"`, "page_or_data_source", "{}", "request_id", d.text("r"))
}

func (d *trick) database(n int) string {
	source := d.object("id", quoted(d.id(dataSourceID, n)), "name", d.text("Rows"))
	return d.object(append(d.head("database", d.id(databaseID, n)), "title", d.richText("Database "+strconv.Itoa(n)), "description", d.richText("of a villain"),
		"parent", `{"type":"workspace","workspace":true}`, "data_sources", d.list(source), "is_inline", "false", "is_locked", "false")...)
}

func (d *trick) dataSource(n int) string {
	return d.object(append(d.head("data_source", d.id(dataSourceID, n)), "title", d.richText("Database "+strconv.Itoa(n)), "description", "[]",
		"parent", fmt.Sprintf(`{"type":"database_id","database_id":%q}`, d.id(databaseID, n)),
		"database_parent", `{"type":"workspace","workspace":true}`, "is_inline", "false", "properties", d.schema())...)
}

func (d *trick) row(source, n int) string {
	return d.object(append(d.head("page", d.id(pageID, n)),
		"parent", fmt.Sprintf(`{"type":"data_source_id","data_source_id":%q,"database_id":%q}`, d.id(dataSourceID, source), d.id(databaseID, source)),
		"is_archived", "false", "is_locked", "false", "properties", d.properties(n))...)
}

// head returns the fields that every object has.
func (d *trick) head(kind, id string) []string {
	user := fmt.Sprintf(`{"object":"user","id":%q}`, d.id(otherID, 3))
	edited := time.Now().Add(-time.Duration(d.IntN(3000)) * time.Minute).UTC().Truncate(time.Minute).Format(`"2006-01-02T15:04:05.000Z"`)
	return []string{
		"object", quoted(kind), "id", quoted(id), "created_time", `"2026-03-01T19:05:00.000Z"`, "last_edited_time", edited,
		"created_by", user, "last_edited_by", user, "cover", "null", "icon", d.object("type", `"emoji"`, "emoji", `"🥬"`), "in_trash", "false",
		"url", quoted("https://app.notion.com/p/" + id), "public_url", "null",
	}
}

// kinds are types of property with a valid value.
var kinds = map[string]string{
	"number": "1.5", "select": `{"id":"a","name":"A","color":"red"}`, "multi_select": `[{"id":"a","name":"A","color":"red"}]`,
	"date": `{"start":"2026-09-15","end":null,"time_zone":null}`, "checkbox": "true", "url": `"https://example.com"`,
	"files":    `[{"name":"f","type":"file","file":{"url":"https://example.com/f?x=1","expiry_time":"2026-09-15T10:00:00.000Z"}}]`,
	"relation": `[{"id":"248104cd-477e-80fd-b757-e945d38000bd"}]`, "people": `[{"object":"user","id":"248104cd-477e-80fd-b757-e945d38000bd"}]`,
	"formula": `{"type":"string","string":"x"}`, "rollup": `{"type":"array","array":[{"type":"number","number":8}],"function":"show_original"}`,
	"unique_id": `{"prefix":"X","number":1}`, "created_time": `"2026-03-01T19:05:00.000Z"`, "verification": "null", "from_the_future": "{}",
}

func (d *trick) schema() string {
	pairs := []string{"Name", d.object("id", `"title"`, "name", `"Name"`, "type", `"title"`, "title", "{}")}
	for _, kind := range sortedKeys(kinds) {
		pairs = append(pairs, kind, d.object("id", quoted(kind[:2]), "name", d.text(kind), "description", "null", "type", quoted(kind), kind, "{}"))
	}
	return d.object(pairs...)
}

func (d *trick) properties(n int) string {
	pairs := []string{"Name", d.object("id", `"title"`, "type", `"title"`, "title", d.richText("Row "+strconv.Itoa(n)))}
	for _, kind := range sortedKeys(kinds) {
		value := []string{"id", quoted(kind[:2]), "type", quoted(kind), kind, kinds[kind]}
		if kind == "relation" {
			value = append(value, "has_more", pick(d.malice, "false", "false", "false", "true"))
		}
		pairs = append(pairs, kind, d.object(value...))
	}
	return d.object(pairs...)
}

func (d *trick) richText(says string) string {
	text := d.text(says)
	return d.list(d.object("type", `"text"`, "text", d.object("content", text, "link", "null"), "annotations", "{}", "plain_text", text, "href", "null"))
}

// items lists the rest of a property.
func (d *trick) items() {
	var items []string
	for range 100 {
		items = append(items, d.object("object", `"property_item"`, "id", `"re"`, "type", `"relation"`, "relation", fmt.Sprintf(`{"id":%q}`, d.id(otherID, d.IntN(1000)))))
	}
	d.write(d.object("object", `"list"`, "results", d.list(items...), "has_more", pick(d.malice, "true", "false"),
		"next_cursor", pick(d.malice, `"1"`, `"2"`, "null"), "type", `"property_item"`, "property_item", `{"id":"re","type":"relation","relation":{},"next_url":"https://evil.example/"}`))
}

// write sends a response, slowly if the villain is sluggish.
func (d *trick) write(text string) {
	d.w.Header().Set("Content-Type", "application/json")
	if d.once(50) {
		d.w.Header().Set("Date", pick(d.malice, "Fri, 31 Dec 9999 23:59:59 GMT", "yesterday", "Thu, 01 Jan 1970 00:00:00 GMT", ""))
	}
	if d.sluggish {
		d.drip(text)
		return
	}
	_, _ = io.WriteString(d.w, text) // a client that hung up gets no response
}

// drip writes a tenth of a response each second.
func (d *trick) drip(text string) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for step := len(text)/10 + 1; text != ""; {
		n := min(step, len(text))
		if _, err := io.WriteString(d.w, text[:n]); err != nil {
			return
		}
		_ = http.NewResponseController(d.w).Flush() // our server supports it
		text = text[n:]
		select {
		case <-tick.C:
		case <-d.r.Context().Done():
			return
		case <-d.gone:
			return
		}
	}
}

// fail responds with an error of Notion, whose message may have any length.
func (d *trick) fail(status int, code string) {
	message := pick(d.malice, "API token is invalid.", strings.Repeat("\x1b[31mlong ", 1<<uint(d.IntN(18))), "the token "+d.token()+" is wrong")
	d.w.Header().Set("Content-Type", "application/json")
	d.w.WriteHeader(status)
	_, _ = io.WriteString(d.w, d.object("object", `"error"`, "status", strconv.Itoa(status), "code", quoted(code), "message", quoted(message)))
}

// breakWhole sends something that is not a response.
func (d *trick) breakWhole() {
	switch d.IntN(9) {
	case 0:
		d.w.Header().Set("Retry-After", pick(d.malice, "1", "0", "-5", "NaN", "99999999999999999999", "Fri, 31 Dec 9999 23:59:59 GMT", ""))
		d.fail(http.StatusTooManyRequests, "rate_limited")
	case 1:
		d.fail(pick(d.malice, 400, 403, 404, 409, 418, 500, 502, 503, 504, 529, 599), pick(d.malice, "validation_error", "object_not_found", "internal_server_error", ""))
	case 2: // cut off
		d.w.Header().Set("Content-Length", "1000000")
		_, _ = io.WriteString(d.w, `{"object":"list","results":[{"object":`)
	case 3:
		d.bomb()
	case 4:
		_, _ = io.WriteString(d.w, d.value())
	case 5:
		_, _ = d.w.Write(d.bytes(d.IntN(5000)))
	case 6:
		http.Redirect(d.w, d.r, pick(d.malice, "https://evil.example/", "/v1/users/me", "file:///etc/passwd"), pick(d.malice, 301, 302, 307, 308))
	case 7:
		d.drip(`{"object":"list","results":[]` + strings.Repeat(" ", 1000))
	default:
		_, _ = io.WriteString(d.w, d.large())
	}
}

// bomb is 1 GB of something in about a megabyte: one member of gzip again and again.
func (d *trick) bomb() {
	const block, times = 4 << 20, 256
	filling := pick(d.malice, "\x00", " ", "[", `{"a":0},`)
	var member bytes.Buffer
	z := gzip.NewWriter(&member)
	_, err := io.WriteString(z, strings.Repeat(filling, block/len(filling)))
	if err = errors.Join(err, z.Close()); err != nil {
		panic(err) // in memory
	}
	d.w.Header().Set("Content-Encoding", "gzip")
	d.w.Header().Set("Content-Type", "application/json")
	for range times {
		if _, err := d.w.Write(member.Bytes()); err != nil {
			return
		}
	}
}
