package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"notion-kafka/notion"
	"notion-kafka/producer"
)

// isOf reports whether a source is one of those that the person asks about.
func (s *schemaFinder) isOf(source string) bool { return s.source == "" || source == s.source }

// hasRun reports whether the state topic has streams of a source.
func (s *schemaFinder) hasRun(source string) bool {
	return slices.ContainsFunc(s.known, func(one streamTopic) bool { return one.source == source })
}

// chosen returns those of the streams that the person means: by the name of the stream, by
// its topic, or by its title, see [notion.ByTitle]. A title that is not the text to the letter
// has to be that of one database.
func (s *schemaFinder) chosen(all []streamTopic) ([]streamTopic, error) {
	all = slices.DeleteFunc(slices.Clone(all), func(one streamTopic) bool { return !s.isOf(one.source) })
	if found := selectTopics(all, s.means); len(found) > 0 || isStreamName(s.stream) {
		return found, nil
	}
	found := notion.ByTitle(s.stream, all, func(one streamTopic) string { return one.title })
	if slices.ContainsFunc(found, func(one streamTopic) bool { return one.stream != found[0].stream }) {
		return nil, usageError{fmt.Errorf("%q may be any of several databases: %s; give its title as it is, its stream or its topic", s.stream, listTopics(found))}
	}
	return found, nil
}

// means reports whether a stream is named to the letter.
func (s *schemaFinder) means(one streamTopic) bool {
	return one.stream == streamName(s.stream) || one.topic == s.stream || !isStreamName(s.stream) && one.title != "" && notion.SameName(one.title, s.stream)
}

// unknown says that nothing is known of the stream, and what is; failed is why it may not be
// all, nil: it is.
func (s *schemaFinder) unknown(known string, failed error) error {
	return errors.Join(fmt.Errorf("%w %q: a stream is named as databases, as database_{id}, or by its title or topic; %s", producer.ErrUnknownStream, s.stream, known), failed)
}

// whatIsKnown lists the streams in the state topic, or its sources where it has none of the
// one that was named.
func (s *schemaFinder) whatIsKnown() string {
	if mine := selectTopics(s.known, func(one streamTopic) bool { return s.isOf(one.source) }); len(mine) > 0 {
		return "the state topic has " + listTopics(mine)
	}
	var sources []string
	for _, one := range s.known {
		sources = append(sources, one.source)
	}
	slices.Sort(sources)
	return fmt.Sprintf("the state topic has no streams of a source %q, but of %s", s.source, strings.Join(slices.Compact(sources), ", "))
}

// severalStreams asks which of several streams is meant.
func severalStreams(named string, found []streamTopic) error {
	var texts []string
	for _, one := range found {
		texts = append(texts, one.describe())
	}
	slices.Sort(texts)
	return usageError{fmt.Errorf("%q is %d streams, whose schemas differ: %s; give the stream as database_{id}, and its source with --source NAME", named, len(found), strings.Join(texts, "; "))}
}

// listTopics lists streams with their titles, each once.
func listTopics(streams []streamTopic) string {
	var texts []string
	for _, one := range streams {
		texts = append(texts, producer.TitledStream(one.stream, one.title))
	}
	slices.Sort(texts)
	return strings.Join(slices.Compact(texts), ", ")
}

func selectTopics(all []streamTopic, is func(streamTopic) bool) (selected []streamTopic) {
	for _, one := range all {
		if is(one) {
			selected = append(selected, one)
		}
	}
	return selected
}
