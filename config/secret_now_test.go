package config

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A secret's file counts as it is now. While it is unusable, its last usable content
// counts.
func TestSecretNow(t *testing.T) {
	name := filepath.Join(t.TempDir(), "secret")
	put := func(text string) func() { return func() { mustWrite(t, name, text) } }
	put("first\n")()
	t.Chdir(t.TempDir())
	mustWrite(t, FileName, "sources: [{name: acme, token_file: "+name+"}, {name: bolt, token: kept}]\n")
	cfg, err := Load(Options{Set: []string{"console.username=me", "console.password_file=" + name}})
	if err != nil {
		t.Fatal(err)
	}
	var lines bytes.Buffer
	log := slog.New(slog.NewTextHandler(&lines, nil))
	password := cfg.SecretNow("console.password", cfg.Console.Password, log)
	token := cfg.SecretNow("sources[0].token", cfg.Sources[0].Token, log)
	for _, step := range []struct {
		what string
		do   func()
		want string
	}{
		{"as loaded", func() {}, "first"},
		{"replaced", put("second\r\n"), "second"},
		{"emptied", put(""), "second"},
		{"gone", func() { _ = os.Remove(name) }, "second"},
		{"back", put("third"), "third"},
	} {
		step.do()
		for range 2 {
			if got := []string{password(), token()}; got[0] != step.want || got[1] != step.want {
				t.Errorf("%s: %q, want %q", step.what, got, step.want)
			}
		}
	}
	if got := cfg.SecretNow("sources[1].token", cfg.Sources[1].Token, log)(); got != "kept" {
		t.Errorf("a secret that is in no file: %q", got)
	}
	if n := strings.Count(lines.String(), "console.password_file"); n != 2 || strings.Contains(lines.String(), "second") {
		t.Errorf("two faults are logged %d times:\n%s", n, lines.String())
	}
}

func mustWrite(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
