package notiontest_test

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"notion-kafka/notion/notiontest"
)

// TestThousandsOfRows reads 12,000 rows, more than one query returns, as Notion advises:
// by created_time, each query from the previous one's last minute.
func TestThousandsOfRows(t *testing.T) {
	c, clock := world(t, notiontest.Options{RequestsPerMinute: -1})
	db := c.w.AddDatabase("Big")
	const rows = 12_000
	db.DataSource().AddPages(rows, clock.at.AddDate(0, -1, 0), 7*time.Second, func(i int) notiontest.Values {
		return notiontest.Values{"Name": "Row"}
	})
	seen := map[string]bool{}
	requests := 0
	for bound, more := "2020-01-01T00:00:00Z", true; more; requests++ {
		got, err := c.send("POST /v1/data_sources/"+db.DataSource().ID()+"/query", `{`+byCreated+`,`+filterOn("created_time", "on_or_after", bound)+`}`)
		var list struct {
			Results []struct {
				ID      string
				Created string `json:"created_time"`
			}
			HasMore bool `json:"has_more"`
		}
		if err != nil || json.Unmarshal(got.body, &list) != nil || got.status != 200 {
			t.Fatalf("%d %s: %v", got.status, got.body, err)
		}
		for _, one := range list.Results {
			seen[one.ID] = true
			bound = one.Created
		}
		more = list.HasMore
	}
	if len(seen) != rows || requests > rows/100*5/4 {
		t.Errorf("%d rows in %d requests", len(seen), requests)
	}
}

// TestRecordedPages imports every recorded page: each is kept, or refused with a reason.
func TestRecordedPages(t *testing.T) {
	file, err := os.Open(filepath.Join(fixtures(t), "pages.ndjson"))
	if err != nil {
		t.Skip("no recorded pages: ", err)
	}
	defer file.Close()
	c, _ := world(t, notiontest.Options{RequestsPerMinute: -1})
	db := c.w.AddDatabase("Recorded")
	want := map[string]string{} // properties by id
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<24)
	for lines.Scan() {
		if err := db.Import(lines.Bytes()); err != nil {
			t.Logf("refused: %v", err)
			continue
		}
		var page struct {
			ID         string
			Properties json.RawMessage
		}
		if err := json.Unmarshal(lines.Bytes(), &page); err != nil {
			t.Fatal(err)
		}
		want[page.ID] = string(page.Properties)
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	for id, properties := range want {
		object, ok := c.w.Page(id)
		var page struct{ Properties json.RawMessage }
		if err := json.Unmarshal(object, &page); !ok || err != nil || string(page.Properties) != properties {
			t.Errorf("page %s: %v: properties changed", id, err)
		}
	}
	t.Logf("%d pages", len(want))
}

// fixtures finds the folder of recorded payloads beside the repository.
func fixtures(t *testing.T) string {
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return filepath.Join(dir, "..", "shared", "fixtures")
		}
		if dir == filepath.Dir(dir) {
			t.Fatal("no go.mod above the test")
		}
		dir = filepath.Dir(dir)
	}
}

// BenchmarkQueryOfAMillion is one bounded request to a data source of a million rows.
func BenchmarkQueryOfAMillion(b *testing.B) {
	w := notiontest.New(notiontest.Options{RequestsPerMinute: -1})
	db := w.AddDatabase("Huge")
	start := time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)
	db.DataSource().AddPages(1_000_000, start, 10*time.Second, func(int) notiontest.Values { return nil })
	body := `{` + byCreated + `,` + filterOn("created_time", "on_or_after", "2025-03-01T00:00:00Z") + `}`
	b.ReportAllocs()
	for b.Loop() {
		c := caller{w: w}
		if status := c.bench(b, "/v1/data_sources/"+db.DataSource().ID()+"/query", body); status != 200 {
			b.Fatal(status)
		}
	}
}

// TestConcurrentUse lets people edit while clients read, for the race detector.
func TestConcurrentUse(t *testing.T) {
	c, clock := world(t, notiontest.Options{RequestsPerMinute: -1})
	db := c.w.AddDatabase("Busy")
	pages := db.DataSource().AddPages(200, clock.at, time.Second, noValues)
	var group sync.WaitGroup
	for i := range 4 {
		group.Go(func() {
			for j := range 50 {
				switch page := pages[i*50+j]; j % 5 {
				case 0:
					c.w.Trash(page)
				case 1:
					c.w.Archive(page)
				default:
					c.w.Edit(page, notiontest.Values{"Name": "edited"})
				}
			}
		})
		group.Go(func() { c.all(db.DataSource(), `"page_size":50,`+byEdited) })
	}
	group.Wait()
	live, _ := c.all(db.DataSource(), "")
	if archived, _ := c.all(db.DataSource(), `"is_archived":true`); len(live) != 120 || len(archived) != 40 {
		t.Errorf("%d live, %d archived", len(live), len(archived))
	}
}
