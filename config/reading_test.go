package config

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// All that is wrong with a source is found at once, and what is right of it is read.
func TestASourceIsReadAsFarAsItCanBe(t *testing.T) {
	read, err := ReadSource(json.RawMessage(`{"name": "Acme!", "token": "t", "sync": "full", "trigger": {"cron": "61 * * * *"}, "deletes": "soft", "streams": [
		{"match": "database"}, 7, {"match": "title:A*", "topic": "a b", "sync": "full_table"}, {"match": "database_*", "publish": "all"}]}`), plain(t), nil)
	if err != nil {
		t.Fatal(err)
	}
	var paths []string
	for _, p := range read.Problems {
		paths = append(paths, p.Path)
	}
	want := []string{"sync", "streams[1]", "name", "trigger.cron", "streams[0].match", "streams[3].publish", "streams[2].topic"}
	if diff := cmp.Diff(want, paths); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
	if read.Source.Settings.Deletes != SoftDelete || read.Source.Settings.Sync != Incremental || !read.HasRules {
		t.Errorf("read %+v", read)
	}
	for title, rule := range map[string]string{"A plan": "title:A*", "B plan": "database_*", "database": "database_*"} {
		settings, ok := read.Source.StreamFor("database_"+someID, someID, title)
		if !ok || settings.Match != rule {
			t.Errorf("%s is matched by %q, want %q", title, settings.Match, rule)
		}
	}
}

// A default that is made of a wrong name is no second problem.
func TestAWrongNameIsOneProblem(t *testing.T) {
	for _, name := range []string{"Acme!", "", "ä"} {
		read, err := ReadSource(json.RawMessage(`{"name": "`+name+`", "token": "t"}`), plain(t), nil)
		if err != nil || len(read.Problems) != 1 || read.Problems[0].Path != "name" {
			t.Errorf("%q: %v, %v", name, read.Problems, err)
		}
	}
}
