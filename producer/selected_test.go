package producer

import (
	"errors"
	"maps"
	"slices"
	"testing"

	"notion-kafka/producer/state"
)

// A problem with the databases stream makes no stream of a database that is called
// databases; one with a database that was never read keeps that database's stream.
func TestProblemsSelectTheirOwnStreams(t *testing.T) {
	const known, unread = "248104cd-477e-80af-bc30-000bd28de8f9", "248104cd-477e-80af-bc30-000bd28de8fa"
	src := &Source{Select: func(string, string, string) (Settings, bool) { return Settings{}, true }}
	f := &found{
		databases: map[string]state.Database{known: {Title: "Tasks"}},
		problems:  map[string]error{DatabasesStream: errors.New("topic x is that of y"), DatabaseStream(unread): errors.New("HTTP 500")},
	}
	got := slices.SortedFunc(maps.Keys(src.selected(f)), DatabasesFirst)
	if want := []string{DatabasesStream, DatabaseStream(known), DatabaseStream(unread)}; !slices.Equal(got, want) {
		t.Errorf("selected are %q, want %q", got, want)
	}
}
