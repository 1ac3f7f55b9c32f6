package config

import (
	"encoding/json"
	"regexp"
	"strconv"
)

// A Reading is one element of sources: as far as it can be read. A person may not have
// finished writing it.
type Reading struct {
	// Source lacks what is wrong, and has the defaults there. Its rules keep their places;
	// one whose match is wrong matches nothing.
	Source Source
	// HasRules is false if the rules are those of a source that has none.
	HasRules bool
	// Problems are those that [ParseSource] would return.
	Problems []Problem
}

// ReadSource is [ParseSource] for an element that may be unfinished or wrong. Its error
// is a fault of this package, and not of the element.
func ReadSource(spec json.RawMessage, c *Config, others []Source) (Reading, error) {
	found, parsed, err := parseSource(spec, c, others)
	if err != nil {
		return Reading{}, err
	}
	for _, p := range found.problems {
		at := ofMatch.FindStringSubmatch(p.Path)
		if at == nil {
			continue
		}
		if n, err := strconv.Atoi(at[1]); err == nil && n < len(parsed.Streams) {
			parsed.Streams[n].Match = ""
		}
	}
	return Reading{Source: parsed.resolve(c.Defaults), HasRules: len(parsed.Streams) > 0, Problems: found.problems}, nil
}

// ofMatch is the path of a rule that cannot match as it is.
var ofMatch = regexp.MustCompile(`^streams\[([0-9]+)\](?:\.match)?$`)
