package deploy

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestImageIsBuiltWithTheModulesGo(t *testing.T) {
	module := find(t, filepath.Join("..", "go.mod"), `(?m)^go (\d+\.\d+)`)
	if builder := find(t, "Dockerfile", `(?m)^ARG GO_VERSION=(.+)$`); builder != module {
		t.Errorf("the image is built with Go %s, go.mod says %s", builder, module)
	}
}

func TestImageRunsAsNobody(t *testing.T) {
	if user := find(t, "Dockerfile", `(?m)^USER (.+)$`); !regexp.MustCompile(`^[1-9]\d*:[1-9]\d*$`).MatchString(user) {
		t.Errorf("USER %s: want numbers other than root's, so that Kubernetes' runAsNonRoot can tell", user)
	}
}

// What is kept out of the tree, a configuration with secrets for one, must not
// get into a layer.
func TestImageLeavesOutWhatTheTreeDoes(t *testing.T) {
	lines := func(file string) (patterns []string) {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
				patterns = append(patterns, line)
			}
		}
		return patterns
	}
	left := lines("Dockerfile.dockerignore")
	for _, pattern := range lines(filepath.Join("..", ".gitignore")) {
		// Git finds a name at any depth unless it begins with a slash, Docker only
		// at the top unless told otherwise.
		want := "**/" + pattern
		if top, ok := strings.CutPrefix(pattern, "/"); ok {
			want = strings.TrimSuffix(top, "/")
		}
		if !slices.Contains(left, want) {
			t.Errorf("Dockerfile.dockerignore lacks %s, .gitignore has %s", want, pattern)
		}
	}
}
