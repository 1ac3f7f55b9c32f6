package producer

import (
	"slices"
	"strconv"
	"strings"

	"notion-kafka/producer/state"
)

// TitledStream is the name of a stream with its database's title, for messages.
func TitledStream(stream, title string) string {
	if title == "" {
		return stream
	}
	return stream + " (" + strconv.Quote(title) + ")"
}

// TitledStreams lists streams with their titles, the stream of databases first.
func TitledStreams(streams []string, titleOf func(database string) string) string {
	var texts []string
	for _, name := range slices.SortedFunc(slices.Values(streams), DatabasesFirst) {
		texts = append(texts, TitledStream(name, titleOf(DatabaseOf(name))))
	}
	return strings.Join(texts, ", ")
}

// TitleIn returns a function from a database's id to its title in a source's memory.
func TitleIn(memory *state.SourceMemory) func(database string) string {
	return func(database string) string { return memory.Databases[database].Title }
}
