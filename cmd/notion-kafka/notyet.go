package main

import (
	"errors"
	"fmt"

	"notion-kafka/config"
)

// notYet refuses what the configuration may say but this version does not do.
// To pass over such a wish would be to break it silently.
func notYet(cfg *config.Config) error {
	var problems []error
	refuse := func(source, match, what string) {
		where := "source " + source
		if match != "" {
			where += ", stream " + match
		}
		problems = append(problems, fmt.Errorf("%s: %s is not available in this version yet", where, what))
	}
	for _, src := range cfg.ResolvedSources() {
		if src.OAuth {
			refuse(src.Name, "", "oauth: true (use token)")
		}
		if t := src.Settings.Trigger; t.Every == 0 && !t.Manual {
			refuse(src.Name, "", fmt.Sprintf("trigger %q (use every or manual)", t))
		}
		say := func(what string) { refuse(src.Name, "", what) }
		refuseForm(&src.Settings.Properties, &src.Settings.Deletes, say)
		for _, rule := range src.Streams {
			say := func(what string) { refuse(src.Name, rule.Match, what) }
			refuseForm(rule.Properties, rule.Deletes, say)
			if rule.Trigger != nil {
				say("a trigger of a stream's own")
			}
			if rule.Publish != nil && *rule.Publish == config.PublishAll {
				say("publish: all")
			}
		}
	}
	return errors.Join(problems...)
}

// refuseForm looks at how records are made; nil stands for not given.
func refuseForm(properties *config.Properties, deletes *config.Deletes, refuse func(what string)) {
	if properties != nil && *properties != config.PropertiesJSON {
		refuse("properties: " + string(*properties))
	}
	if deletes != nil && *deletes != config.Tombstone {
		refuse("deletes: " + string(*deletes))
	}
}
