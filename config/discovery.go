package config

import (
	"errors"
	"regexp"
	"slices"
	"strconv"
)

// LoadForDiscovery is [Load] for listing the streams of a source, so that a person
// can write rules for them. It succeeds if nothing but such rules is wrong. wrong
// lists their problems, and the configuration does without them: a wrong topic is
// removed, a rule that matches nothing is left out, and a rule with another mistake
// only selects.
func LoadForDiscovery(opts Options) (cfg *Config, wrong []Problem, err error) {
	cfg, err = loadAll(opts)
	failed, is := errors.AsType[*Error](err)
	if !is {
		return cfg, nil, err
	}
	if slices.ContainsFunc(failed.Problems, func(p Problem) bool { return !ofStreams.MatchString(p.Path) }) {
		return nil, nil, err
	}
	for i := range cfg.Sources {
		cfg.Sources[i].removeWrong(item("sources", i), failed.Problems)
	}
	return cfg, failed.Problems, nil
}

// LoadForClient is [Load] for a command that only asks a running daemon: it succeeds if
// nothing but sources is wrong, such as a token whose variable only the daemon has, and
// then has no sources.
func LoadForClient(opts Options) (*Config, error) {
	cfg, err := loadAll(opts)
	failed, is := errors.AsType[*Error](err)
	if !is {
		return cfg, err
	}
	if slices.ContainsFunc(failed.Problems, func(p Problem) bool { return p.Path != "sources" && !within(p.Path, "sources") }) {
		return nil, err
	}
	cfg.Sources = nil
	return cfg, nil
}

var ofStreams = regexp.MustCompile(`^sources\[[0-9]+\]\.streams($|\[([0-9]+)\](\.([a-z_]+))?)`)

// removeWrong removes what is wrong from the rules of the source at a path.
func (s *SourceSpec) removeWrong(path string, wrong []Problem) {
	omitted := map[int]bool{}
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
			omitted[n] = true
		default:
			*rule = StreamRule{Match: rule.Match, Enabled: rule.Enabled}
		}
	}
	var right []StreamRule
	for n, rule := range s.Streams {
		if !omitted[n] && rule.Match != "" {
			right = append(right, rule)
		}
	}
	s.Streams = right
}
