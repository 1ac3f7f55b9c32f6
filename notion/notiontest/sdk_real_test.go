//go:build real

package notiontest_test

import (
	"encoding/json"
	"net/http/httptest"
	"os"
	"os/exec"
	"testing"
	"time"

	"notion-kafka/notion/notiontest"
	"notion-kafka/notion/notiontest/sdk"
)

// TestOfficialSDK lets Notion's own JavaScript client read a simulated workspace: it
// must accept and find the same as at the real service. The test needs Node and npm,
// and a registry or a warm cache.
func TestOfficialSDK(t *testing.T) {
	const rows, rowCap = 400, 150
	start := time.Date(2026, 5, 4, 9, 0, 0, 0, time.UTC)
	w := notiontest.New(notiontest.Options{RowCap: rowCap, Violation: func(what string) { t.Error(what) }})
	tasks := w.AddDatabase("Tasks",
		notiontest.Prop{Name: "Name", Kind: notiontest.KindTitle},
		notiontest.Prop{Name: "Points", Kind: notiontest.KindNumber},
		notiontest.Prop{Name: "Related", Kind: notiontest.KindRelation})
	other := w.AddDatabase("Other")
	source := tasks.DataSource()
	pages := source.AddPages(rows, start, 20*time.Second, func(i int) notiontest.Values {
		return notiontest.Values{"Name": "A task", "Points": i}
	})
	app := w.AddApp(notiontest.AppOptions{RedirectURIs: []string{redirectURI}})
	w.Edit(pages[3], notiontest.Values{"Related": pages[100:160]})

	world, err := json.Marshal(map[string]any{
		"workspace": w.ID(), "users": 4, "database": tasks.ID(), "dataSource": source.ID(),
		"dataSources": []string{source.ID(), other.DataSource().ID()},
		"rows":        rows, "page": pages[3], "related": 60,
		"app":    map[string]string{"id": app.ClientID(), "secret": app.ClientSecret(), "redirect": redirectURI},
		"person": w.People()[1],
		"middle": start.Add(100 * time.Minute), "rowsSinceMiddle": rows - 300,
	})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(w)
	t.Cleanup(server.Close)

	dir := t.TempDir()
	if err := sdk.Install(t.Context(), dir); err != nil {
		t.Fatal(err)
	}
	check := exec.CommandContext(t.Context(), "node", "check.mjs")
	check.Dir = dir
	check.Env = append(os.Environ(), "BASE_URL="+server.URL, "TOKEN="+w.Token(), "WORLD="+string(world))
	out, err := check.CombinedOutput()
	t.Logf("\n%s", out)
	if err != nil {
		t.Fatalf("the official client fails: %v", err)
	}
}
