package main

import (
	"errors"
	"fmt"

	"notion-kafka/config"
)

// notYet refuses what the configuration may say but this version does not do.
// To pass over such a wish would be to break it silently.
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
		if src.OAuth {
			refuse(src.Name, "", "oauth: true (use token)")
		}
		say := func(what string) { refuse(src.Name, "", what) }
		refuseTyped(&src.Settings.Properties, say)
		for _, rule := range src.Streams {
			say := func(what string) { refuse(src.Name, rule.Match, what) }
			refuseTyped(rule.Properties, say)
		}
	}
	return errors.Join(problems...)
}

// refuseTyped looks at what a source and a stream may say alike; nil stands for
// not given.
func refuseTyped(properties *config.Properties, refuse func(what string)) {
	if properties != nil && *properties != config.PropertiesJSON {
		refuse("properties: " + string(*properties))
	}
}
