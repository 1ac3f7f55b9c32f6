package main

import (
	"errors"
	"fmt"

	"notion-kafka/producer"
)

// problemOf says why an offered stream cannot be read or published.
func problemOf(o producer.Offer) string {
	return fmt.Sprintf("source %s, stream %s: %s", o.Source, named(o.Stream, o.Title), o.Problem)
}

// named returns a stream's name with the title of its database.
func named(stream, title string) string {
	if title = oneLine(title); title != "" {
		return stream + " (" + title + ")"
	}
	return stream
}

// problemsOf lists the problems of all offered streams.
func problemsOf(offers []producer.Offer) (problems []error) {
	for _, o := range offers {
		if o.Problem != "" {
			problems = append(problems, errors.New(problemOf(o)))
		}
	}
	return problems
}

// slipsOf lists the names in exclude_properties that match no property, of all offered
// streams.
func slipsOf(offers []producer.Offer) (texts []string) {
	for _, o := range offers {
		for _, slip := range o.Slips {
			texts = append(texts, slipOf(o, slip))
		}
	}
	return texts
}

// slipOf describes a slip with its source and stream.
func slipOf(o producer.Offer, slip producer.Slip) string {
	text := fmt.Sprintf("source %s, stream %s: %s", o.Source, o.Stream, slip.Message)
	if slip.HoldsBack {
		text += " (nothing is published until that is corrected)"
	}
	return text
}
