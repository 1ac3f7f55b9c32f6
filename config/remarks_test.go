package config

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Remarks are about places of valid values: a file that decides where tokens are sent,
// and secrets that every user of the machine can read.
func TestRemarks(t *testing.T) {
	file := filepath.Join(t.TempDir(), FileName)
	for name, test := range map[string]struct {
		text string
		set  []string
		says []string // each is a remark's beginning
	}{
		"nothing":                 {"", nil, nil},
		"an address in a file":    {"notion: {api_url: https://example.com}", nil, []string{"notion.api_url is https://example.com, as " + file + ":1 says: the tokens of all sources are sent there"}},
		"Notion's own":            {"notion: {api_url: https://api.notion.com}", nil, nil},
		"one on this machine":     {"notion: {api_url: http://127.0.0.1:8082}", nil, nil},
		"one of the command line": {"notion: {api_url: https://example.com}", []string{"notion.api_url=https://example.org"}, nil},
		"a secret of the command line": {"", []string{"console.username=me", "console.password=hunter2"}, []string{
			"--set console.password: every user of this machine can read a command line: give console.password_file, or the variable NOTION_KAFKA_CONSOLE__PASSWORD",
		}},
		"its file":           {"console: {username: me}", []string{"console.password_file=" + file}, nil},
		"no secret":          {"", []string{"console.username=", "console.password=", "kafka.group=x"}, nil},
		"a secret in a file": {"console: {username: me, password: hunter2}", nil, nil},
		"nothing to read, and none can be made": {"console: {read_only: true}", nil, []string{
			"console.read_only is true, and there is no source: none can be made through this instance",
		}},
		"nobody can connect": {"console: {read_only: true}\noauth: {client_id: a, client_secret: b}\nsources: [{name: acme, oauth: true}, {name: crm, oauth: true}, {name: hr, token: t}]", nil, []string{
			"console.read_only is true, so acme, crm cannot be connected at this instance",
		}},
		"read only with sources":    {"console: {read_only: true}\nsources: [{name: acme, token: t}]", nil, nil},
		"read only without console": {"console: {read_only: true, listen: ''}\nsources: [{name: acme, token: t}]", nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			if err := os.WriteFile(file, []byte(test.text+"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			cfg, err := Load(Options{File: file, Set: test.set})
			if err != nil {
				t.Fatal(err)
			}
			if !slices.EqualFunc(cfg.Remarks, test.says, strings.HasPrefix) || strings.Contains(strings.Join(cfg.Remarks, ""), "hunter2") {
				t.Errorf("remarks %q, want %q", cfg.Remarks, test.says)
			}
		})
	}
}
