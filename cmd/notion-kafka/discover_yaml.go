package main

import (
	"fmt"
	"io"
	"slices"

	"notion-kafka/config"
	"notion-kafka/producer"
)

// printRules prints the offers by source as stream rules with all their settings, each
// under a comment with its title.
func printRules(to io.Writer, cfg *config.Config, offers []producer.Offer) error {
	for _, source := range cfg.ResolvedSources() {
		topics := map[string]string{} // by stream
		var found []config.Found
		for _, o := range offers {
			if o.Source != source.Name || o.InTrash { // its rule would apply after the database was restored
				continue
			}
			stream := config.Found{Stream: o.Stream, Title: o.Title}
			if o.DatabaseID != nil {
				stream.DatabaseID = *o.DatabaseID
			}
			topics[o.Stream] = o.Topic
			found = append(found, stream)
		}
		if !slices.ContainsFunc(offers, func(o producer.Offer) bool { return o.Source == source.Name }) {
			continue
		}
		fmt.Fprintf(to, "# streams of source %s\n", source.Name)
		for _, rule := range cfg.RulesFor(source, found) {
			if err := printRule(to, rule, topics); err != nil {
				return err
			}
		}
	}
	return nil
}

func printRule(to io.Writer, rule config.PrintedRule, topics map[string]string) error {
	text, err := rule.YAML()
	if err != nil {
		return fmt.Errorf("writing the rule of %s as YAML: %w", rule.Match, err)
	}
	switch {
	case rule.Found == nil:
		fmt.Fprintf(to, "# everything else that matches, now or later\n")
	case rule.Found.Title != "":
		fmt.Fprintf(to, "# %s → %s\n", oneLine(rule.Found.Title), topics[rule.Match])
	}
	_, err = to.Write(text)
	return err
}
