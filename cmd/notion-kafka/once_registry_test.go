package main

import (
	"strings"
	"testing"
)

// Nothing can be published without a registry, and once reports that before it reads
// Notion.
func TestOnceAsksTheRegistryFirst(t *testing.T) {
	tt := newTerminal(t)
	tt.addTasks(1)
	out, talk := tt.must(1, "once", "--set", "schema_registry.url=http://127.0.0.1:1")
	if out != "" || !strings.Contains(talk, "nothing was read from Notion") || !strings.Contains(talk, "schema_registry.url") || !strings.Contains(talk, "127.0.0.1:1") {
		t.Errorf("once without a registry says:\n%s%s", out, talk)
	}
	if asked := tt.workspace.Requests(); len(asked) > 0 {
		t.Errorf("Notion was asked %d times", len(asked))
	}
}
