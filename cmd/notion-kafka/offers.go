package main

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"notion-kafka/config"
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

// A slip is a name in exclude_properties that no property has.
type slip struct {
	text   string
	unread bool // nothing was published yet that it may have been meant to hold back
}

// unmatchedNames are the names in exclude_properties of a source that hold
// nothing back: those that no database has of which they are asked, and those that
// a stream is given by itself and that nearly name another of its properties.
func unmatchedNames(src config.Source, offers []producer.Offer) (slips []slip) {
	given, lacking := map[string]int{}, map[string][]producer.Offer{} // by name: streams that are given it, streams that lack it
	var everyProperty []string
	for _, o := range offers {
		if o.DatabaseID == nil || !o.Enabled {
			continue
		}
		settings, _ := src.StreamFor(o.Stream, *o.DatabaseID, o.Title)
		everyProperty = append(everyProperty, o.Properties...)
		for _, name := range settings.ExcludeProperties {
			given[name]++
			switch {
			case !slices.Contains(o.Unmatched, name):
			case src.ExcludesItself(settings.Match) && meant(name, o.Properties) != "":
				given[name]--
				slips = append(slips, slipOf(name, o.Properties, o))
			default:
				lacking[name] = append(lacking[name], o)
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(lacking)) {
		if len(lacking[name]) == given[name] {
			slips = append(slips, slipOf(name, everyProperty, lacking[name]...))
		}
	}
	return slips
}

func slipOf(name string, properties []string, lacking ...producer.Offer) slip {
	where := named(lacking[0].Stream, lacking[0].Title)
	if others := len(lacking) - 1; others > 0 {
		where += fmt.Sprintf(" and %d others", others)
	}
	return slip{
		text: fmt.Sprintf("exclude_properties of source %s, stream %s: no property is called %q, so nothing is held back for it%s",
			lacking[0].Source, where, name, meant(name, properties)),
		unread: slices.ContainsFunc(lacking, func(o producer.Offer) bool { return o.Rows == nil }),
	}
}

func meant(name string, properties []string) string {
	if hint := config.NearestName(name, properties); hint != "" {
		return "; " + hint
	}
	return ""
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

// slipsOf says of all sources which excluded names hold nothing back.
func slipsOf(cfg *config.Config, offers []producer.Offer) (texts []string) {
	for _, src := range cfg.ResolvedSources() {
		ours := slices.DeleteFunc(slices.Clone(offers), func(o producer.Offer) bool { return o.Source != src.Name })
		for _, slip := range unmatchedNames(src, ours) {
			texts = append(texts, slip.text)
		}
	}
	return texts
}
