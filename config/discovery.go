package config

import (
	"errors"
	"regexp"
	"slices"
	"strconv"
)

// LoadForDiscovery is [Load] for who looks up what a source has to give, in order
// to write the rules for its streams: where nothing but such rules is wrong, that is
// no error. wrong is what is, and the configuration does without it: a wrong topic is
// none, a rule that matches nothing is left out, and a rule with another mistake
// only selects.
func LoadForDiscovery(opts Options) (cfg *Config, wrong []Problem, err error) {
	cfg, err = loadAll(opts)
	told, is := errors.AsType[*Error](err)
	if !is {
		return cfg, nil, err
	}
	if slices.ContainsFunc(told.Problems, func(p Problem) bool { return !ofStreams.MatchString(p.Path) }) {
		return nil, nil, err
	}
	for i := range cfg.Sources {
		cfg.Sources[i].doWithout(item("sources", i), told.Problems)
	}
	return cfg, told.Problems, nil
}

var ofStreams = regexp.MustCompile(`^sources\[[0-9]+\]\.streams($|\[([0-9]+)\](\.([a-z_]+))?)`)

// doWithout removes from the source at a path what is wrong with its rules.
func (s *SourceSpec) doWithout(path string, wrong []Problem) {
	left := map[int]bool{} // out
	for _, p := range wrong {
		parts := ofStreams.FindStringSubmatch(p.Path)
		n, err := strconv.Atoi(parts[2])
		if err != nil || !within(p.Path, path) || n >= len(s.Streams) {
			continue
		}
		rule := &s.Streams[n]
		switch parts[4] {
		case "topic":
			rule.Topic = ""
		case "", "match":
			left[n] = true
		default:
			*rule = StreamRule{Match: rule.Match, Enabled: rule.Enabled}
		}
	}
	var right []StreamRule
	for n, rule := range s.Streams {
		if !left[n] && rule.Match != "" {
			right = append(right, rule)
		}
	}
	s.Streams = right
}
