package deploy

import (
	"os"
	"os/exec"
	"path"
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
		t.Errorf("USER %s: want numbers other than root's, which Kubernetes' runAsNonRoot can check", user)
	}
}

// Files that Git ignores, such as a configuration with secrets, must not get into a
// layer.
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
		// Git matches a name at any depth unless it begins with a slash, Docker only at
		// the top unless it begins with **/.
		want := "**/" + pattern
		if top, ok := strings.CutPrefix(pattern, "/"); ok {
			want = strings.TrimSuffix(top, "/")
		}
		if !slices.Contains(left, want) {
			t.Errorf("Dockerfile.dockerignore lacks %s, .gitignore has %s", want, pattern)
		}
	}
}

// Secrets may lie beside the code under many names, and a layer keeps them. Tracked
// files must go in: without one, Go stamps the program as modified.
func TestImageLeavesOutSecretsAndNothingTracked(t *testing.T) {
	var patterns []string
	text, err := os.ReadFile("Dockerfile.dockerignore")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			patterns = append(patterns, line)
		}
	}
	for _, name := range []string{
		".env", ".env.local", "prod.env", "deploy/.env", "deploy/systemd/notion-kafka.env", "notion-kafka.yaml", "notion-kafka.prod.yaml", "deploy/notion-kafka.yaml",
		"prod.yml", "secrets.key", "client.key", "certs/client.pem", "data/secrets.key",
	} {
		if !ignored(t, patterns, name) {
			t.Errorf("%s goes into the layers", name)
		}
	}
	tracked, err := exec.CommandContext(t.Context(), "git", "-C", "..", "ls-files").Output()
	if err != nil {
		t.Skip("this is no clone:", err)
	}
	for name := range strings.Lines(string(tracked)) {
		if name = strings.TrimSpace(name); ignored(t, patterns, name) {
			t.Errorf("%s is tracked, and left out", name)
		}
	}
}

// ignored reports whether a file is left out: the last pattern that matches it, or a
// folder above it, decides (Docker: .dockerignore files).
func ignored(t *testing.T, patterns []string, name string) (out bool) {
	t.Helper()
	for _, pattern := range patterns {
		pattern, back := strings.CutPrefix(pattern, "!")
		deep := strings.HasPrefix(pattern, "**/")
		pattern = strings.TrimPrefix(pattern, "**/")
		for part := name; part != "."; part = path.Dir(part) {
			candidates := []string{part}
			if deep {
				candidates = append(candidates, path.Base(part))
			}
			for _, candidate := range candidates {
				if match, err := path.Match(pattern, candidate); err != nil {
					t.Fatal(err)
				} else if match {
					out = !back
				}
			}
		}
	}
	return out
}
