package deploy

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The index of the guides names every page.
func TestEveryGuideIsInTheIndex(t *testing.T) {
	index, err := os.ReadFile(filepath.Join("docs", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	pages, err := filepath.Glob(filepath.Join("docs", "*.md"))
	if err != nil || len(pages) < 10 {
		t.Fatalf("found %q: %v", pages, err)
	}
	for _, page := range pages {
		name := filepath.Base(page)
		if name != "README.md" && !strings.Contains(string(index), "\n| ["+name+"]("+name+") | ") {
			t.Errorf("the index has no line for %s", name)
		}
	}
}
