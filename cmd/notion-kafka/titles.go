package main

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"notion-kafka/notion"
	"notion-kafka/producer"
	"notion-kafka/producer/control"
)

// A titled is a stream with the title of its database.
type titled struct {
	stream, title string
	selected      bool
}

// streamNamed finds the stream that a person names: by its name, by the id of its
// database, or by its title, see [notion.ByTitle]. known lists the streams, and is called only for a
// title. An unknown title is returned as it is: the caller refuses it with a list of the
// streams.
func streamNamed(text string, known func() ([]titled, error)) (string, error) {
	if isStreamName(text) {
		return streamName(text), nil
	}
	all, err := known()
	if err != nil {
		return "", fmt.Errorf("looking for the database with the title %q: %w", text, err)
	}
	if slices.ContainsFunc(all, func(one titled) bool { return one.stream == text }) {
		return text, nil
	}
	called := selectedAmong(notion.ByTitle(text, all, func(one titled) string { return one.title }))
	switch len(called) {
	case 0:
		return text, nil
	case 1:
		return called[0].stream, nil
	}
	return "", usageError{fmt.Errorf("%d databases have the title %q: %s; give the id of one of them", len(called), text, listTitled(called))}
}

// selectedAmong returns the selected streams of all, or all if none is selected.
func selectedAmong(all []titled) []titled {
	var selected []titled
	for _, one := range all {
		if one.selected {
			selected = append(selected, one)
		}
	}
	if len(selected) > 0 {
		return selected
	}
	return all
}

// streamsNamed is streamNamed for several names, in place.
func streamsNamed(names []string, known func() ([]titled, error)) (err error) {
	for i, text := range names {
		if names[i], err = streamNamed(text, known); err != nil {
			return err
		}
	}
	return nil
}

// isStreamName reports whether a text is a stream's name or a database's id, not a title.
func isStreamName(text string) bool {
	_, id := notion.NormalizeID(strings.TrimPrefix(text, producer.DatabaseStream("")))
	return id || text == producer.DatabasesStream
}

func listTitled(streams []titled) string {
	var texts []string
	for _, one := range streams {
		texts = append(texts, producer.TitledStream(one.stream, one.title))
	}
	return strings.Join(texts, ", ")
}

// titles lists the streams of a source that the daemon knows.
func (c *apiClient) titles(ctx context.Context, source string) func() ([]titled, error) {
	return func() (all []titled, err error) {
		var streams []control.Stream
		err = c.call(ctx, "listing the streams of source "+source, http.MethodGet, apiPath("sources", source, "streams"), nil, &streams)
		for _, s := range streams {
			all = append(all, titled{s.Stream, s.Title, s.Enabled})
		}
		return all, err
	}
}

// titles lists the streams of a source in the state topic.
func (a *App) titles(ctx context.Context, source string) func() ([]titled, error) {
	return func() (all []titled, err error) {
		remembered, err := a.remembered(ctx, a.Daemon(nil, nil))
		if err != nil {
			return nil, err
		}
		if memory := remembered(source); memory != nil {
			for _, stream := range memory.Source(source).Streams() {
				title := memory.Source(source).Databases[strings.TrimPrefix(stream, producer.DatabaseStream(""))].Title
				all = append(all, titled{stream, title, memory.Source(source).Stream(stream).Topic != nil})
			}
		}
		return all, nil
	}
}

// offeredTitles lists the streams that Notion shows of the sources.
func (a *App) offeredTitles(ctx context.Context, sources []*producer.Source) func() ([]titled, error) {
	return func() ([]titled, error) {
		daemon := a.Daemon(sources, nil)
		remembered, err := a.remembered(ctx, daemon)
		if err != nil {
			return nil, err
		}
		offers, _, err := offersOf(ctx, daemon, sources, remembered, nil)
		return titlesOf(offers), err
	}
}

func titlesOf(offers []producer.Offer) (all []titled) {
	for _, o := range offers {
		if !o.InTrash {
			all = append(all, titled{o.Stream, o.Title, o.Enabled})
		}
	}
	return all
}
