package config

import (
	"fmt"
	"strings"
)

// Reach returns an error if a source that is not from the file names topics beyond
// console.topic_prefixes: the Kafka user may be allowed more topics than the users of
// the API. The error is an [*Error].
func (c *Config) Reach(src Source) error {
	var problems []Problem
	check := func(path, name string) {
		for _, prefix := range c.Console.TopicPrefixes {
			if strings.HasPrefix(name, prefix) {
				return
			}
		}
		problems = append(problems, Problem{
			Path: path, Message: fmt.Sprintf("%q begins with none of console.topic_prefixes, which are %q", name, c.Console.TopicPrefixes),
			Hint: "choose another, or have the prefix added there",
		})
	}
	check("topic_prefix", src.TopicPrefix)
	for i, rule := range src.Streams {
		if rule.Topic != "" {
			check(fmt.Sprintf("streams[%d].topic", i), rule.Topic)
		}
	}
	if len(problems) == 0 {
		return nil
	}
	return &Error{Problems: problems}
}
