package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"notion-kafka/config"
)

// check names the files with secrets that every user of the machine can use.
func TestCheckWarnsOfSecretsThatOthersCanRead(t *testing.T) {
	key := filepath.Join(t.TempDir(), "client.key")
	tlsKey := func(cfg *config.Config) { cfg.Kafka.TLS.KeyFile = key }
	for name, test := range map[string]struct {
		text string
		with func(*config.Config)
		file os.FileMode // of the configuration
		kept os.FileMode // of FILE
		says []string
	}{
		"a secret in the configuration": {text: "sources: [{name: a, token: hunter2}]", file: 0o644, kept: 0o600,
			says: []string{"notion-kafka.yaml, the configuration, which holds secrets, has mode 0644, so every user of this machine can use it: chmod o-rwx it"}},
		"a configuration for a group":       {text: "sources: [{name: a, token: hunter2}]", file: 0o640, kept: 0o600},
		"a variable in the configuration":   {text: "sources: [{name: a, token: \"${TOKEN}\"}]", file: 0o644, kept: 0o600},
		"no secret in the configuration":    {text: "kafka: {group: a}\nconsole: {password: \"\"}", file: 0o644, kept: 0o600},
		"a token's file":                    {text: "sources: [{name: a, token_file: FILE}]", file: 0o644, kept: 0o604, says: []string{"secret, sources[0].token_file, has mode 0604"}},
		"a token's file of its owner":       {text: "sources: [{name: a, token_file: FILE}]", file: 0o644, kept: 0o600},
		"a password's file":                 {text: "console: {username: a, password_file: FILE}", file: 0o644, kept: 0o666, says: []string{"secret, console.password_file, has mode 0666"}},
		"the key of a client certificate":   {with: tlsKey, file: 0o644, kept: 0o644, says: []string{"client.key, kafka.tls.key_file, has mode 0644"}},
		"the key, which only its owner has": {with: tlsKey, file: 0o644, kept: 0o600},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			secret, file := filepath.Join(dir, "secret"), filepath.Join(dir, config.FileName)
			for name, written := range map[string]struct {
				text string
				mode os.FileMode
			}{secret: {"hunter2", test.kept}, key: {"hunter2", test.kept}, file: {strings.ReplaceAll(test.text, "FILE", secret), test.file}} {
				if err := os.WriteFile(name, []byte(written.text+"\n"), 0o600); err != nil {
					t.Fatal(err)
				}
				if err := os.Chmod(name, written.mode); err != nil {
					t.Fatal(err)
				}
			}
			cfg, err := config.Load(config.Options{File: file, Environ: []string{"TOKEN=hunter2"}})
			if err != nil {
				t.Fatal(err)
			}
			if test.with != nil {
				test.with(cfg)
			}
			var out bytes.Buffer
			c := checklist{out: &out}
			c.secretFiles(cfg)
			lines := strings.Split(strings.TrimSpace(out.String()), "\n")
			if out.Len() == 0 {
				lines = nil
			}
			for i := range min(len(lines), len(test.says)) {
				if !strings.HasPrefix(lines[i], "! secrets: ") || !strings.Contains(lines[i], test.says[i]) {
					t.Errorf("it says %q, want %q", lines[i], test.says[i])
				}
			}
			if len(lines) != len(test.says) || c.failed || strings.Contains(out.String(), "hunter2") {
				t.Errorf("it says\n%s\nwant %q", out.String(), test.says)
			}
		})
	}
}

// The check command prints these warnings.
func TestCheckCommandWarnsOfSecretsThatOthersCanRead(t *testing.T) {
	tt := serving(t)
	tt.addTasks(1)
	file := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(file, []byte("long enough"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(file, 0o644); err != nil {
		t.Fatal(err)
	}
	tt.mustCheck(0, []string{"--set", "console.username=me", "--set", "console.password_file=" + file}, "! secrets: "+file+", console.password_file, has mode 0644")
}
