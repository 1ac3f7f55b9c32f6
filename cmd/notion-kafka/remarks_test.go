package main

import (
	"strings"
	"testing"
)

// Every command warns that a file of the working directory sends the tokens to another
// address, and that a secret was given on the command line; it does not print the
// secret.
func TestCommandsWarnWhereTokensAreSent(t *testing.T) {
	tt := newTerminal(t)
	tt.flags = nil
	tt.write("notion: {api_url: \"https://notion.invalid\"}\nconsole: {listen: \"\"}\n")
	for command, code := range map[string]int{"discover --source nobody": 2, "once --source nobody": 2, "sources --api http://127.0.0.1:1": 1} {
		_, talk := tt.must(code, append(strings.Fields(command), "--set", "console.username=me", "--set", "console.password=hunter2")...)
		if !strings.Contains(talk, "notion-kafka.yaml:1 says: the tokens of all sources are sent there") || !strings.Contains(talk, "--set console.password: every user") || strings.Contains(talk, "hunter2") {
			t.Errorf("%s says\n%s", command, talk)
		}
	}
}
