package main

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"notion-kafka/config"
)

// A wrong rule is often corrected with an id, and discover prints the ids: it works if
// only rules for streams are wrong, and reports them.
func TestDiscoverWithWrongStreams(t *testing.T) {
	tt := serving(t)
	db := tt.addTasks(1)
	const source = "sources:\n  - name: acme\n    token: ${NOTION_TOKEN}\n    streams:\n"
	for name, c := range map[string]struct{ rules, said string }{
		"topic of a title": {`[{match: "title:Engineering*", topic: acme.tasks}]`, "sources[0].streams[0].topic: needs a match of exactly one stream"},
		"a word":           {`[{match: databases}, {match: tables}]`, "sources[0].streams[1].match: "},
		"no match":         {`[{enabled: false}, {match: "database_*"}]`, "sources[0].streams[0].match: is missing"},
		"a trigger":        {`[{match: "database_*", trigger: {every: soon}, deletes: all}]`, "sources[0].streams[0].trigger"},
		"no list":          {`{match: databases}`, "sources[0].streams: "},
		"nothing":          {`[]`, "sources[0].streams: is empty"},
		"unknown key":      {`[{match: "database_*", topik: acme.tasks}]`, "sources[0].streams[0].topik: "},
		"unset variable":   {`[{match: "database_*", topic: "${NOBODY}"}]`, "sources[0].streams[0].topic: "},
	} {
		t.Run(name, func(t *testing.T) {
			if err := os.WriteFile(config.FileName, []byte(source+"      "+c.rules+"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			code, out, talk := tt.run("discover", "--output", "json")
			var offers []struct{ Stream string }
			if err := json.Unmarshal([]byte(out), &offers); code != 0 || err != nil || len(offers) != 2 || offers[1].Stream != "database_"+db.ID() {
				t.Errorf("exit %d, %v\n%s%s", code, err, out, talk)
			}
			if !strings.Contains(talk, c.said) || !strings.Contains(talk, "the configuration is wrong") {
				t.Errorf("it says\n%s", talk)
			}
			if code, out, talk := tt.run("discover", "--output", "yaml"); code != 2 || out != "" || !strings.Contains(talk, c.said) {
				t.Errorf("what is to be pasted: exit %d\n%s%s", code, out, talk)
			}
			if code, _, talk := tt.run("once"); code != 2 || !strings.Contains(talk, c.said) {
				t.Errorf("once: exit %d\n%s", code, talk)
			}
		})
	}
}

// Any other error stops discover.
func TestDiscoverWithAWrongConfiguration(t *testing.T) {
	tt := newTerminal(t)
	const text = "kafka: {shards: 0}\nsources: [{name: acme, token: t, streams: [{match: tables}]}]\n"
	if err := os.WriteFile(config.FileName, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	code, out, talk := tt.run("discover")
	if code != 2 || out != "" || !strings.Contains(talk, "kafka.shards") || !strings.Contains(talk, "streams[0].match") {
		t.Errorf("exit %d\n%s%s", code, out, talk)
	}
}
