package config

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
)

var sourceName = regexp.MustCompile(`^[a-z0-9-]{1,40}$`)

// maxPrefix leaves room after a topic prefix for the longest name of a stream: 100
// characters of a title, "_" and 12 digits of an id.
const maxPrefix = maxTopic - 113

// sources checks every source of the file, and the names that they must not share.
func (v validator) sources() {
	names := make(map[string]string) // name → path of the source that has it
	taken := newTakenNames(v.config.Kafka)
	for i, spec := range v.config.Sources {
		path := item("sources", i)
		v.name(path, spec.Name, names)
		v.source(path, spec, taken)
	}
}

// source checks one source, except its name. path is "" for a source that is not in
// a file.
func (v validator) source(path string, spec SourceSpec, taken *takenNames) {
	source := spec.resolve(v.config.Defaults)
	v.access(path, spec)
	v.prefix(path, spec, source.TopicPrefix, taken)
	v.overrides(path, spec.Overrides)
	v.streams(path, spec, source.Settings)
	if topic, given := source.databasesTopic(); !given && topic != "" && !v.hasProblem(under(path, "topic_prefix")) {
		v.claim(under(path, "topic_prefix"), spec.Name, topic, taken)
	}
	v.topics(path, spec, source.TopicPrefix, taken)
}

func (v validator) name(path, name string, names map[string]string) {
	path = under(path, "name")
	switch {
	case name == "":
		v.fail(path, "is missing", "every source has a name, such as acme")
	case !sourceName.MatchString(name):
		v.fail(path, v.shown(path, name)+" is not a source's name", "use 1 to 40 of a-z, 0-9 and -")
	case names[name] != "":
		v.fail(path, fmt.Sprintf("%s is the name of another source, %s", v.shown(path, name), names[name]), "give each its own")
	default:
		names[name] = path
	}
}

func (v validator) access(path string, spec SourceSpec) {
	hint := "give token: or token_file: with the connection's token, or oauth: true"
	if v.literal {
		hint = "give the connection's token, or oauth: true"
	}
	switch token := under(path, "token"); {
	case spec.Token != "" && spec.OAuth:
		v.fail(under(path, "oauth"), "token and oauth: true are both given", "keep one of them")
	case spec.Token == "" && !spec.OAuth:
		v.fail(token, "is missing or empty", hint)
	case strings.TrimSpace(spec.Token.Reveal()) != spec.Token.Reveal():
		v.fail(token, "begins or ends with a blank or a line break", "remove it")
	}
}

func (v validator) prefix(path string, spec SourceSpec, prefix string, taken *takenNames) {
	source, path := path, under(path, "topic_prefix")
	other, first := taken.nested(prefix)
	covered, whose := taken.covers(prefix)
	switch _, given := v.places[path]; {
	case !given && v.hasProblem(under(source, "name")): // it would be made of the name
	case given && spec.TopicPrefix == "":
		v.fail(path, "is empty", "give a prefix, or remove the line to have notion.{name}.")
	case !topicCharacters.MatchString(prefix):
		v.fail(path, v.shown(path, prefix)+" cannot begin a name that Kafka allows", "use letters, digits and . _ - only")
	case len(prefix) > maxPrefix:
		v.fail(path, fmt.Sprintf("has %d characters, at most %d leave room for the names of topics", len(prefix), maxPrefix), "")
	case first != "" && !v.hasProblem(under(source, "name")):
		how, hint := "is the prefix of %s too", "give each its own"
		if other != canonicalTopic(prefix) {
			how = "and that of %s begin alike, so that a title in one workspace could name a topic of the other"
			hint = "give each a prefix that does not begin with the other's"
		}
		v.fail(path, fmt.Sprintf("%s of %s "+how, v.shown(path, prefix), sourceAt(spec.Name, ""), first), hint)
	case covered != "" && !v.hasProblem(under(source, "name")):
		v.fail(path, fmt.Sprintf("%s of %s is the beginning of a topic of %s, so that a title could name that topic", v.shown(path, prefix), sourceAt(spec.Name, ""), whose), "give the source another prefix, or the stream there another topic")
	default:
		taken.prefixes[canonicalTopic(prefix)] = sourceAt(spec.Name, source)
	}
}

// overrides checks the settings that a source or a stream has of its own. Inherited
// settings were checked where they were written, so valid ones stand in for them.
func (v validator) overrides(path string, own Overrides) {
	valid := Settings{Trigger: Trigger{Manual: true}, Sweep: Trigger{Off: true}, Overlap: time.Minute, MaxStreams: 1}
	v.settings(path, own.over(valid))
}

func (v validator) streams(path string, spec SourceSpec, above Settings) {
	if _, given := v.places[under(path, "streams")]; given && len(spec.Streams) == 0 {
		v.fail(under(path, "streams"), "is empty", "name the streams that are wanted, such as [{match: \"database_*\"}], or remove the line for all of them")
	}
	if !v.isShort(under(path, "streams"), len(spec.Streams)) {
		return
	}
	seen := make(map[string]string)
	for i, rule := range spec.Streams {
		here := item(under(path, "streams"), i)
		v.match(under(here, "match"), rule, seen)
		v.overrides(here, rule.Overrides)
		if rule.MaxStreams != nil {
			v.fail(under(here, "max_streams"), "counts the streams of a whole source", "set it on the source")
		}
		v.publish(under(here, "publish"), rule, rule.over(above).Sync)
	}
}

// publish refuses a setting without effect: only a run that reads everything can
// publish everything, and the list of databases never does.
func (v validator) publish(path string, rule StreamRule, sync Sync) {
	switch {
	case rule.Publish == nil || *rule.Publish != PublishAll:
	case rule.Match == matchDatabases:
		v.fail(path, "of the list of databases only changes are published", "remove the line")
	case sync == Incremental:
		v.fail(path, "all is for a full_table stream, and this one is incremental", "write sync: full_table beside it, or remove the line")
	}
}

func (v validator) match(path string, rule StreamRule, seen map[string]string) {
	match := rule.Match
	switch {
	case match == "":
		v.fail(path, "is missing", "write databases, database_*, database_{id} or title:{pattern}")
		return
	case slices.Contains([]string{"users", "comments", "content"}, match):
		v.fail(path, fmt.Sprintf("the stream %s is not available yet", match), "remove the rule")
		return
	case strings.HasPrefix(match, titlePrefix):
		if _, err := titleMatch(strings.TrimPrefix(match, titlePrefix), ""); err != nil || match == titlePrefix {
			v.fail(path, v.shown(path, match)+" is not a pattern", `write title:Private*, where * is any text; \ makes the next character literal`)
			return
		}
	case match != matchDatabases && match != matchEveryDatabase && !isOneDatabase(match):
		hint := didYouMean(match, []string{matchDatabases, matchEveryDatabase})
		if hint == "" {
			hint = "write databases, database_*, database_{the 32 digits of the id} or title:{pattern}"
		}
		v.fail(path, v.shown(path, match)+" names no stream", hint)
		return
	}
	if first := seen[canonicalMatch(match)]; first != "" {
		v.fail(path, fmt.Sprintf("%s is matched by %s already, the first match wins", v.shown(path, match), first), "remove one of them")
		return
	}
	seen[canonicalMatch(match)] = strings.TrimSuffix(path, ".match")
}

// topics checks the explicit topics of a source.
func (v validator) topics(path string, spec SourceSpec, prefix string, taken *takenNames) {
	for i, rule := range spec.Streams {
		here := under(item(under(path, "streams"), i), "topic")
		if rule.Topic == "" {
			if _, given := v.places[here]; given {
				v.topic(here, rule.Topic)
			}
			continue
		}
		if rule.Match == matchEveryDatabase || strings.HasPrefix(rule.Match, titlePrefix) {
			v.fail(here, "needs a match of exactly one stream, and "+v.shown(here, rule.Match)+" may match several",
				"write match: databases or match: database_{id}; `notion-kafka discover` lists the ids")
			continue
		}
		if whose := taken.coveredBy(rule.Topic, prefix); whose != "" && taken.topics[canonicalTopic(rule.Topic)] == "" {
			v.fail(here, fmt.Sprintf("%s of %s begins with the topic_prefix of %s, so that a title there could name this topic", v.shown(here, rule.Topic), sourceAt(spec.Name, ""), whose), "give the stream another topic")
			continue
		}
		if v.topic(here, rule.Topic) {
			v.claim(here, spec.Name, rule.Topic, taken)
		}
	}
}

// claim takes a topic for a source, or reports the source that has it.
func (v validator) claim(path, source, topic string, taken *takenNames) {
	if first := taken.topics[canonicalTopic(topic)]; first != "" {
		v.fail(path, fmt.Sprintf("%s of %s is the topic of %s too", v.shown(path, topic), sourceAt(source, ""), first), "Kafka takes names that differ only in . and _ for the same; give each stream its own")
		return
	}
	taken.topics[canonicalTopic(topic)] = sourceAt(source, path)
}
