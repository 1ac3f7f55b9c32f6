// Package docstest reads the project's documents for the tests that hold them against the
// program, and writes the pages that are generated from it.
//
// A test of a generated page belongs to the package that knows the facts, and its name
// begins with TestPage: `make docs` runs these tests with -docs, which rewrites the pages.
package docstest

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var rewrite = flag.Bool("docs", false, "rewrite the generated pages of deploy/docs")

// Root returns the path of the project's root.
func Root(t *testing.T) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for !exists(filepath.Join(dir, "go.mod")) {
		above := filepath.Dir(dir)
		if above == dir {
			t.Fatal("no go.mod above the test")
		}
		dir = above
	}
	return dir
}

// Page fails the test if a page of deploy/docs is not the generated text. With -docs it
// writes the page instead.
func Page(t *testing.T, name, text string) {
	t.Helper()
	file := filepath.Join(Root(t), "deploy", "docs", name)
	if *rewrite {
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil { //nolint:gosec // a page is for everybody
			t.Fatal(err)
		}
		return
	}
	page, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%v: `make docs` writes it", err)
	}
	if diff := cmp.Diff(text, string(page)); diff != "" {
		t.Errorf("deploy/docs/%s is not what the program says; `make docs` rewrites it (-program +page):\n%s", name, diff)
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
