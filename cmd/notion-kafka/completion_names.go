package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"notion-kafka/config"
	"notion-kafka/producer/control"
)

// sources lists the names of sources.
func (c *completer) sources() []cobra.Completion {
	var (
		names []cobra.Completion
		found []sourceLine
	)
	if c.ask(apiPath("sources"), &found) {
		for _, s := range found {
			names = append(names, described(s.Name, s.Status.Words()))
		}
		return names
	}
	for _, s := range c.cfg.ResolvedSources() {
		names = append(names, s.Name)
	}
	for _, s := range c.remembered() {
		names = append(names, s.Source)
	}
	return unique(names)
}

// streams lists the names of streams with their titles, and where no name begins as the
// word does, the titles: of one source where one is named.
func (c *completer) streams() []cobra.Completion {
	var names, titles []cobra.Completion
	for _, one := range c.knownStreams() {
		if title := oneLine(one.title); strings.HasPrefix(one.stream, c.toBegin) {
			names = append(names, described(one.stream, title))
		} else if title != "" && strings.HasPrefix(title, c.toBegin) {
			titles = append(titles, title)
		}
	}
	if len(names) > 0 {
		return unique(names)
	}
	return unique(titles)
}

func (c *completer) knownStreams() (known []streamTopic) {
	if c.source == "" {
		return c.knownTopics()
	}
	var found []control.Stream
	if c.ask(apiPath("sources", c.source, "streams"), &found) {
		for _, s := range found {
			known = append(known, streamTopic{stream: s.Stream, title: s.Title})
		}
		return known
	}
	return slices.DeleteFunc(c.knownTopics(), func(one streamTopic) bool { return one.source != c.source })
}

// topics lists the names of data topics.
func (c *completer) topics() []cobra.Completion {
	var names []cobra.Completion
	for _, one := range c.knownTopics() {
		if one.topic != "" {
			names = append(names, described(one.topic, oneLine(one.title)))
		}
	}
	return unique(names)
}

// knownTopics are the streams with their topics, as far as the daemon knows them, else the
// state topic and the configuration.
func (c *completer) knownTopics() (known []streamTopic) {
	var found []control.Table
	if c.ask(apiPath("catalog"), &found) {
		for _, t := range found {
			known = append(known, streamTopic{source: t.Source, stream: t.Stream, title: t.Title, topic: t.Topic})
		}
		return known
	}
	for _, s := range c.remembered() {
		known = append(known, streamTopic{source: s.Source, stream: s.Stream, title: s.Title, topic: s.Topic})
	}
	if len(known) > 0 {
		return known
	}
	for _, src := range c.cfg.ResolvedSources() {
		for _, rule := range src.Streams {
			if isStreamName(rule.Match) {
				known = append(known, streamTopic{source: src.Name, stream: rule.Match, topic: rule.Topic})
			}
		}
	}
	return known
}

// runs lists the ids of the last runs. Only a daemon knows them.
func (c *completer) runs() []cobra.Completion {
	var (
		names []cobra.Completion
		found []control.Run
	)
	c.ask("/runs?"+runFilter{limit: 50}.query(), &found)
	for _, run := range found {
		names = append(names, described(run.ID, fmt.Sprintf("%s %s %s", run.Source, run.Status, moment(run.StartedAt))))
	}
	return names
}

// described is a name with what it stands for, which some shells show.
func described(name, what string) cobra.Completion {
	if what == "" {
		return name
	}
	return cobra.CompletionWithDesc(name, what)
}

func unique(names []cobra.Completion) []cobra.Completion {
	slices.Sort(names)
	return slices.Compact(names)
}

// settable completes key.path=value of --set.
func settable(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
	var names []cobra.Completion
	for _, path := range config.Paths() {
		if !strings.HasSuffix(path, ".") { // names of Kafka's own follow
			path += "="
		}
		names = append(names, path)
	}
	return names, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
}
