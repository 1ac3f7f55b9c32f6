package main

import (
	"errors"
	"fmt"

	"notion-kafka/config"
)

// notYet refuses settings that are valid but not implemented in this version. Ignoring
// them would break a promise silently.
func notYet(sources []config.Source) error {
	var problems []error
	for _, src := range sources {
		for _, m := range missingIn(src) {
			where := "source " + src.Name
			if m.match != "" {
				where += ", stream " + m.match
			}
			problems = append(problems, fmt.Errorf("%s: %s %s", where, m.what, notAvailable))
		}
	}
	return errors.Join(problems...)
}

const notAvailable = "is not available in this version yet"

// missingProblems returns the same by the paths of the keys.
func missingProblems(src config.Source) (problems []config.Problem) {
	for _, m := range missingIn(src) {
		problems = append(problems, config.Problem{Path: m.path, Message: m.what + " " + notAvailable})
	}
	return problems
}

// A missing setting is one that a source wants and this version does not have.
type missing struct {
	path  string // of its key
	match string // of the rule that wants it; "": the source itself does
	what  string
}

func missingIn(src config.Source) (all []missing) {
	want := func(path, match string, properties *config.Properties) {
		if properties != nil && *properties != config.PropertiesJSON {
			all = append(all, missing{path, match, "properties: " + string(*properties)})
		}
	}
	want("properties", "", &src.Settings.Properties)
	for i, rule := range src.Streams {
		want(fmt.Sprintf("streams[%d].properties", i), rule.Match, rule.Properties)
	}
	return all
}
