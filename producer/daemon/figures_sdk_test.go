//go:build figures

package daemon

import (
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"testing"
	"time"

	"notion-kafka/notion/notiontest"
	"notion-kafka/notion/notiontest/sdk"
)

// TestFigureOfficialSDK reads the rows of TestFigureFirstRead with Notion's own
// JavaScript client. Its time is the sum of its requests, because it sends them one
// after the other. It needs Node and npm.
func TestFigureOfficialSDK(t *testing.T) {
	const rows = 60_000
	w := notiontest.New(notiontest.Options{RequestsPerMinute: -1})
	db := w.AddDatabase("Tasks")
	addOffice(db, rows)
	server := httptest.NewServer(w)
	t.Cleanup(server.Close)
	dir := t.TempDir()
	if err := sdk.Install(t.Context(), dir); err != nil {
		t.Skipf("no official client to compare with: %v", err)
	}
	read := exec.CommandContext(t.Context(), "node", "rows.mjs")
	read.Dir = dir
	read.Env = append(os.Environ(), "BASE_URL="+server.URL, "TOKEN="+w.Token(), "DATA_SOURCE="+db.DataSource().ID())
	read.Stderr = os.Stderr
	out, err := read.Output()
	var got struct{ Rows, Distinct int }
	if err != nil || json.Unmarshal(out, &got) != nil || got.Distinct != rows {
		t.Fatalf("the official client read %s: %v", out, err)
	}
	queries := w.Counts()[notiontest.EndpointQuery]
	took := time.Duration(queries) * answerTime
	for _, plan := range []int{180, 600} {
		fmt.Printf("OfficialSDK/plan=%d\t%.3f budget-used\t%.3f queries/100rows\t%d requests\t%.2f min\t%d rows-twice\n",
			plan, share(queries, plan, took), float64(queries)/(rows/100), queries, took.Minutes(), got.Rows-got.Distinct)
	}
}
