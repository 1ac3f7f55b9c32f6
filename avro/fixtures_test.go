package avro

import (
	"bufio"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"notion-kafka/notion"
)

// Pages recorded from real workspaces come out of a frame as they went in.
func TestRecordedPagesSurvive(t *testing.T) {
	file, err := os.Open(filepath.Join(repository(t), "..", "shared", "fixtures", "pages.ndjson"))
	if errors.Is(err, fs.ErrNotExist) {
		t.Skip("no recorded pages beside the repository")
	}
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	encoder := NewPageEncoder(1)
	decoder, err := NewDecoder(PageSchema)
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 64<<20)
	pages := 0
	for lines.Scan() {
		var recorded struct {
			ID             string
			CreatedTime    time.Time `json:"created_time"`
			LastEditedTime time.Time `json:"last_edited_time"`
			Properties     json.RawMessage
		}
		if json.Unmarshal(lines.Bytes(), &recorded) != nil || recorded.ID == "" || recorded.Properties == nil {
			continue // some lines are recorded as damaged
		}
		frame, err := encoder.Append(nil, &notion.Page{
			ID:             recorded.ID,
			CreatedTime:    recorded.CreatedTime,
			LastEditedTime: recorded.LastEditedTime,
			Properties:     recorded.Properties,
		})
		if err != nil {
			t.Error(err)
			continue
		}
		_, body, err := SplitFrame(frame)
		if err != nil {
			t.Fatal(err)
		}
		text, err := decoder.JSON(body)
		if err != nil {
			t.Fatal(err)
		}
		var got struct{ ID, Properties string }
		if err := json.Unmarshal(text, &got); err != nil {
			t.Fatal(err)
		}
		if got.ID != recorded.ID || got.Properties != string(recorded.Properties) {
			t.Errorf("page %s came back changed", recorded.ID)
		}
		pages++
	}
	if err := lines.Err(); err != nil || pages == 0 {
		t.Fatalf("read %d pages, %v", pages, err)
	}
	t.Logf("%d recorded pages", pages)
}

// repository is the directory that holds go.mod.
func repository(t *testing.T) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		if dir == filepath.Dir(dir) {
			t.Fatal("no go.mod above the test")
		}
		dir = filepath.Dir(dir)
	}
}
