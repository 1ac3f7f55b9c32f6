package main

import (
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// readingCommands are a command line of every command that reads the configuration, by
// the command's path. The commands that talk to a daemon are given an address where none
// answers.
var readingCommands = map[string]string{
	"run": "", "once": "", "check": "", "discover": "", "demo": "",
	"tail": "x", "schema": "Tasks", "login": "--source crm --no-browser",
	"sources": "", "sources add": "--file FILE", "sources show": "crm", "sources edit": "crm", "sources remove": "crm",
	"runs": "crm", "runs log": "20260101-1", "runs show": "20260101-1", "runs follow": "20260101-1", "runs cancel": "20260101-1",
	"find": "x", "open": "", "trigger": "crm", "pause": "crm", "resume": "crm", "instances": "", "deletes show": "crm Tasks",
	"state show": "", "state reset": "--source crm --stream Tasks",
	"state confirm-deletes": "--source crm --stream Tasks", "state dismiss-deletes": "--source crm --stream Tasks",
}

// otherCommands read no configuration.
var otherCommands = []string{"", "config", "config example", "keygen", "deletes", "state", "version", "help", "completion", "completion bash", "completion fish", "completion powershell", "completion zsh"}

// An invalid key is reported by every command that reads the configuration, not only by
// the one that would use it: the key's path, what to do, and exit code 2.
func TestEveryCommandRefusesAnInvalidKey(t *testing.T) {
	tt := newTerminal(t)
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, []byte(`{"name": "crm", "token": "ntn_x"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	keyFile := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(keyFile, []byte("hunter2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	wrong := map[string]string{ // the path in the message, by flag
		"secrets.key=hunter2":           "secrets.key",
		"secrets.key_file=" + keyFile:   "secrets.key",
		"secrets.previous_keys=hunter2": "secrets.previous_keys[0]",
	}
	for _, command := range commandPaths() {
		args, reads := readingCommands[command]
		if reads == slices.Contains(otherCommands, command) {
			t.Errorf("%q: say in one of the two lists whether it reads the configuration", command)
		}
		if !reads {
			continue
		}
		line := strings.Fields(command + " " + strings.ReplaceAll(args, "FILE", file))
		for flag, path := range wrong {
			out, talk := tt.must(2, append(line, "--set", flag)...)
			if !strings.Contains(talk, path+": is not a key, notion-kafka keygen makes one") || strings.Contains(out+talk, "hunter2") {
				t.Errorf("%s --set %s: %s%s", command, flag, out, talk)
			}
		}
	}
}

// commandPaths are the paths of all commands that can be run, without the program's name.
func commandPaths() (paths []string) {
	var walk func(*cobra.Command)
	walk = func(cmd *cobra.Command) {
		if cmd.Runnable() && !cmd.Hidden {
			_, path, _ := strings.Cut(cmd.CommandPath(), " ")
			paths = append(paths, path)
		}
		for _, below := range cmd.Commands() {
			walk(below)
		}
	}
	walk(newRoot(&process{Out: io.Discard, Err: io.Discard}))
	return paths
}
