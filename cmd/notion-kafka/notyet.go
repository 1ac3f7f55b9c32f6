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
	refuse := func(source, match, what string) {
		where := "source " + source
		if match != "" {
			where += ", stream " + match
		}
		problems = append(problems, fmt.Errorf("%s: %s is not available in this version yet", where, what))
	}
	for _, src := range sources {
		say := func(what string) { refuse(src.Name, "", what) }
		refuseTyped(&src.Settings.Properties, say)
		for _, rule := range src.Streams {
			say := func(what string) { refuse(src.Name, rule.Match, what) }
			refuseTyped(rule.Properties, say)
		}
	}
	return errors.Join(problems...)
}

// refuseTyped checks the setting properties of a source or of a stream; nil: not given.
func refuseTyped(properties *config.Properties, refuse func(what string)) {
	if properties != nil && *properties != config.PropertiesJSON {
		refuse("properties: " + string(*properties))
	}
}
