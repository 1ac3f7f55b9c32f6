package avro

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"notion-kafka/notion"
)

// fullPage is a page with every field set, each to a different value. It is in the
// trash, and not archived.
func fullPage() *notion.Page {
	public, title := "https://public.example/p", "Zoë's \"plan\" 🚀"
	return &notion.Page{
		ID:             "11111111-1111-4111-8111-111111111111",
		CreatedTime:    time.Date(2026, 3, 1, 12, 5, 0, 0, time.UTC),
		LastEditedTime: time.Date(2026, 3, 2, 13, 6, 0, 0, time.UTC),
		CreatedBy:      []byte(`{"object":"user","id":"u1"}`),
		LastEditedBy:   []byte(`{"object":"user","id":"u2"}`),
		Cover:          []byte(`{"type":"external"}`),
		Icon:           []byte(`{"type":"emoji","emoji":"🚀"}`),
		Parent:         []byte(`{"type":"data_source_id"}`),
		Properties:     []byte(`{ "Name" : {"id":"title"}, "Text":"\ud800" }`),
		URL:            "https://notion.example/p",
		PublicURL:      &public,
		Title:          &title,
		InTrash:        true,
		IsLocked:       true,
		DatabaseID:     "22222222-2222-4222-8222-222222222222",
		DataSourceID:   "33333333-3333-4333-8333-333333333333",
		CreatedByID:    "44444444-4444-4444-8444-444444444444",
		LastEditedByID: "55555555-5555-4555-8555-555555555555",
	}
}

// barePage has only the fields that Notion always sends.
func barePage() *notion.Page {
	return &notion.Page{
		ID:             "11111111-1111-4111-8111-111111111111",
		CreatedTime:    time.Date(2026, 3, 1, 12, 5, 0, 0, time.UTC),
		LastEditedTime: time.Date(2026, 3, 2, 13, 6, 0, 0, time.UTC),
		Parent:         []byte(`{"type":"workspace"}`),
		Properties:     []byte(`{}`),
		URL:            "https://notion.example/p",
	}
}

func archivedPage() *notion.Page {
	page := barePage()
	page.IsArchived = true
	return page
}

func fullDatabase() *notion.Database {
	public := "https://public.example/d"
	return &notion.Database{
		ID:             "22222222-2222-4222-8222-222222222222",
		Title:          []byte(`[{"plain_text":"Tasks"}]`),
		TitleText:      "Tasks",
		Description:    "What we do",
		CreatedTime:    time.Date(2026, 1, 1, 1, 1, 0, 0, time.UTC),
		LastEditedTime: time.Date(2026, 1, 2, 2, 2, 0, 0, time.UTC),
		Cover:          []byte(`{"type":"file"}`),
		Icon:           []byte(`{"type":"icon"}`),
		Parent:         []byte(`{"type":"page_id"}`),
		URL:            "https://notion.example/d",
		PublicURL:      &public,
		IsInline:       true,
		InTrash:        true,
		DataSources: []notion.DataSource{
			{ID: "d1", CreatedBy: []byte(`{"id":"u1"}`), LastEditedBy: []byte(`{"id":"u2"}`), Properties: []byte(`{"Name":{"id":"title"}}`), Raw: []byte(`{"id":"d1"}`)},
			{ID: "d2", CreatedBy: []byte(`{"id":"u3"}`), LastEditedBy: []byte(`{"id":"u4"}`), Properties: []byte(`{"Other":{"id":"x"}}`), Raw: []byte(`{"id":"d2"}`)},
		},
	}
}

// decodeFrame returns a frame's schema id and its record as JSON.
func decodeFrame(t *testing.T, schemaText string, frame []byte) (int, string) {
	t.Helper()
	id, body, err := SplitFrame(frame)
	if err != nil {
		t.Fatal(err)
	}
	record, err := Decode(schemaText, body)
	if err != nil {
		t.Fatal(err)
	}
	return id, string(record)
}

func TestPageRecord(t *testing.T) {
	tests := []struct {
		name string
		page *notion.Page
		want string
	}{
		{"every field", fullPage(), `{"id":"11111111-1111-4111-8111-111111111111","object":"page",` +
			`"last_edited_time":"2026-03-02T13:06:00.000Z",` +
			`"properties":"{ \"Name\" : {\"id\":\"title\"}, \"Text\":\"\\ud800\" }",` +
			`"created_time":"2026-03-01T12:05:00.000Z",` +
			`"created_by":"{\"object\":\"user\",\"id\":\"u1\"}","last_edited_by":"{\"object\":\"user\",\"id\":\"u2\"}",` +
			`"cover":"{\"type\":\"external\"}","icon":"{\"type\":\"emoji\",\"emoji\":\"🚀\"}","parent":"{\"type\":\"data_source_id\"}",` +
			`"archived":true,"in_trash":true,"url":"https://notion.example/p","public_url":"https://public.example/p",` +
			`"title":"Zoë's \"plan\" 🚀",` +
			`"database_id":"22222222-2222-4222-8222-222222222222","data_source_id":"33333333-3333-4333-8333-333333333333",` +
			`"created_by_id":"44444444-4444-4444-8444-444444444444","last_edited_by_id":"55555555-5555-4555-8555-555555555555",` +
			`"is_archived":false,"is_locked":true}`},
		{"archived", archivedPage(), `{"id":"11111111-1111-4111-8111-111111111111","object":"page",` +
			`"last_edited_time":"2026-03-02T13:06:00.000Z","properties":"{}","created_time":"2026-03-01T12:05:00.000Z",` +
			`"created_by":null,"last_edited_by":null,"cover":null,"icon":null,"parent":"{\"type\":\"workspace\"}",` +
			`"archived":false,"in_trash":false,"url":"https://notion.example/p","public_url":null,"title":null,` +
			`"database_id":null,"data_source_id":null,"created_by_id":null,"last_edited_by_id":null,` +
			`"is_archived":true,"is_locked":false}`},
		{"the least", barePage(), `{"id":"11111111-1111-4111-8111-111111111111","object":"page",` +
			`"last_edited_time":"2026-03-02T13:06:00.000Z","properties":"{}","created_time":"2026-03-01T12:05:00.000Z",` +
			`"created_by":null,"last_edited_by":null,"cover":null,"icon":null,"parent":"{\"type\":\"workspace\"}",` +
			`"archived":false,"in_trash":false,"url":"https://notion.example/p","public_url":null,"title":null,` +
			`"database_id":null,"data_source_id":null,"created_by_id":null,"last_edited_by_id":null,` +
			`"is_archived":false,"is_locked":false}`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			frame, err := NewPageEncoder(0x01020304).Append([]byte("before"), test.page)
			if err != nil {
				t.Fatal(err)
			}
			if got := string(frame[:11]); got != "before\x00\x01\x02\x03\x04" {
				t.Errorf("frame starts with %q", got)
			}
			id, got := decodeFrame(t, PageSchema, frame[len("before"):])
			if id != 0x01020304 {
				t.Errorf("schema id = %#x", id)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("record (-want +got):\n%s", diff)
			}
		})
	}
}

func TestDatabaseRecord(t *testing.T) {
	database := fullDatabase()
	frame, err := NewDatabaseEncoder(7).Append(nil, database)
	if err != nil {
		t.Fatal(err)
	}
	id, got := decodeFrame(t, DatabaseSchema, frame)
	if id != 7 {
		t.Errorf("schema id = %d", id)
	}
	quoted := func(b []byte) string {
		text, err := json.Marshal(string(b))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	want := `{"id":"22222222-2222-4222-8222-222222222222","title":"[{\"plain_text\":\"Tasks\"}]","object":"database",` +
		`"properties":` + quoted(database.MergedProperties()) + `,` +
		`"created_time":"2026-01-01T01:01:00.000Z","created_by":"{\"id\":\"u1\"}","last_edited_by":"{\"id\":\"u2\"}",` +
		`"last_edited_time":"2026-01-02T02:02:00.000Z","cover":"{\"type\":\"file\"}","icon":"{\"type\":\"icon\"}",` +
		`"parent":"{\"type\":\"page_id\"}","url":"https://notion.example/d","public_url":"https://public.example/d",` +
		`"archived":true,"in_trash":true,"title_text":"Tasks","description":"What we do","is_inline":true,` +
		`"data_sources":` + quoted(database.DataSourcesJSON()) + `}`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("record (-want +got):\n%s", diff)
	}
}

// One encoder encodes many pages: no value of a page may appear in the next, and
// frames that are appended to one slice stay separate.
func TestEncoderForgetsThePageBefore(t *testing.T) {
	encoder := NewPageEncoder(1)
	first, err := encoder.Append(nil, fullPage())
	if err != nil {
		t.Fatal(err)
	}
	both, err := encoder.Append(first, barePage())
	if err != nil {
		t.Fatal(err)
	}
	alone, err := NewPageEncoder(1).Append(nil, barePage())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(alone, both[len(first):]); diff != "" {
		t.Errorf("second frame differs from one encoded alone (-alone +second):\n%s", diff)
	}
}

func TestPageRefused(t *testing.T) {
	broken := "a\xffb"
	tests := []struct {
		name  string
		spoil func(*notion.Page)
		want  string
	}{
		{"partial", func(p *notion.Page) { p.Partial = true }, "share it with the connection"},
		{"no id", func(p *notion.Page) { p.ID = "" }, "no id"},
		{"no properties", func(p *notion.Page) { p.Properties = nil }, "no properties"},
		{"no created time", func(p *notion.Page) { p.CreatedTime = time.Time{} }, "no created_time"},
		{"no edited time", func(p *notion.Page) { p.LastEditedTime = time.Time{} }, "no last_edited_time"},
		{"properties not UTF-8", func(p *notion.Page) { p.Properties = []byte(broken) }, "properties is not valid UTF-8"},
		{"icon not UTF-8", func(p *notion.Page) { p.Icon = []byte(broken) }, "icon is not valid UTF-8"},
		{"title not UTF-8", func(p *notion.Page) { p.Title = &broken }, "title is not valid UTF-8"},
		{"url not UTF-8", func(p *notion.Page) { p.URL = broken }, "url is not valid UTF-8"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			page := fullPage()
			test.spoil(page)
			encoder := NewPageEncoder(1)
			got, err := encoder.Append([]byte("kept"), page)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error = %v, want one with %q", err, test.want)
			}
			if string(got) != "kept" {
				t.Errorf("dst = %q, want it unchanged", got)
			}
			if _, err := encoder.Append(nil, fullPage()); err != nil {
				t.Errorf("the next page failed too: %v", err)
			}
		})
	}
}

// The pages of a real workspace can be larger than the Avro library's default
// bound for a string.
func TestLargePageSurvives(t *testing.T) {
	page := fullPage()
	page.Properties = []byte(`{"Text":"` + strings.Repeat("x", 3<<20) + `"}`)
	frame, err := NewPageEncoder(1).Append(nil, page)
	if err != nil {
		t.Fatal(err)
	}
	_, record := decodeFrame(t, PageSchema, frame)
	var got struct{ Properties string }
	if err := json.Unmarshal([]byte(record), &got); err != nil {
		t.Fatal(err)
	}
	if got.Properties != string(page.Properties) {
		t.Errorf("properties of %d bytes came back as %d bytes", len(page.Properties), len(got.Properties))
	}
}

func TestSplitFrameRefusesWhatIsNoFrame(t *testing.T) {
	for _, value := range []string{"", "\x00\x00\x00\x01", "{\"a\":1}"} {
		if _, _, err := SplitFrame([]byte(value)); err == nil {
			t.Errorf("SplitFrame(%q) gave no error", value)
		}
	}
}

func TestEncodingAllocatesNothing(t *testing.T) {
	encoder, page := NewPageEncoder(1), fullPage()
	dst := make([]byte, 0, 64<<10)
	if _, err := encoder.Append(dst, page); err != nil { // allocates the encoder's buffers
		t.Fatal(err)
	}
	if n := testing.AllocsPerRun(100, func() { _, _ = encoder.Append(dst, page) }); n != 0 {
		t.Errorf("%v allocations a page, want none", n)
	}
}

func BenchmarkAppendPage(b *testing.B) {
	page := fullPage()
	page.Properties = []byte(`{"Text":"` + strings.Repeat("x", 2300) + `"}`)
	encoder := NewPageEncoder(1)
	dst, err := encoder.Append(nil, page)
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(dst)))
	b.ReportAllocs()
	for b.Loop() {
		if dst, err = encoder.Append(dst[:0], page); err != nil {
			b.Fatal(err)
		}
	}
}
