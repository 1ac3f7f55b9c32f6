package main

import (
	"errors"
	"fmt"

	"notion-kafka/producer"
)

// problemOf says why a stream that was offered cannot be read or published.
func problemOf(o producer.Offer) string {
	return fmt.Sprintf("source %s, stream %s: %s", o.Source, named(o.Stream, o.Title), o.Problem)
}

// named is a stream with the title by which people know it.
func named(stream, title string) string {
	if title = oneLine(title); title != "" {
		return stream + " (" + title + ")"
	}
	return stream
}

// problemsOf are the problems of all that was offered.
func problemsOf(offers []producer.Offer) (problems []error) {
	for _, o := range offers {
		if o.Problem != "" {
			problems = append(problems, errors.New(problemOf(o)))
		}
	}
	return problems
}

// slipsOf are the names in exclude_properties that hold nothing back, of all that
// was offered.
func slipsOf(offers []producer.Offer) (texts []string) {
	for _, o := range offers {
		for _, slip := range o.Slips {
			texts = append(texts, slipOf(o, slip))
		}
	}
	return texts
}

// slipOf is a slip with the source and the stream that has it.
func slipOf(o producer.Offer, slip producer.Slip) string {
	text := fmt.Sprintf("source %s, stream %s: %s", o.Source, o.Stream, slip.Message)
	if slip.HoldsBack {
		text += " (nothing is published before that is put right)"
	}
	return text
}
