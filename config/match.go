package config

import (
	"path"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"
)

const (
	matchDatabases     = "databases"
	matchEveryDatabase = "database_*"
	databasePrefix     = "database_"
	titlePrefix        = "title:"
)

// StreamFor returns the settings of a stream: those of the first rule that
// matches it, over the source's. name is the stream's ("databases" or
// "database_{id}"), databaseID and title are the database's, empty for
// "databases". It returns false if no rule matches the stream, or if its rule has
// enabled: false.
func (s Source) StreamFor(name, databaseID, title string) (StreamSettings, bool) {
	rule, ok := s.ruleFor(name, databaseID, title)
	if !ok || rule.off() {
		return StreamSettings{}, false
	}
	settings := StreamSettings{Settings: rule.over(s.Settings), Topic: rule.Topic, Publish: PublishChanges, Match: rule.Match}
	put(&settings.Publish, rule.Publish)
	return settings, true
}

// SwitchesOff reports whether the first rule that matches a stream, named as for
// [Source.StreamFor], has enabled: false. It is false if no rule matches.
func (s Source) SwitchesOff(name, databaseID, title string) bool {
	rule, ok := s.ruleFor(name, databaseID, title)
	return ok && rule.off()
}

func (s Source) ruleFor(name, databaseID, title string) (StreamRule, bool) {
	at := slices.IndexFunc(s.Streams, func(r StreamRule) bool { return r.Matches(name, databaseID, title) })
	if at < 0 {
		return StreamRule{}, false
	}
	return s.Streams[at], true
}

func (r StreamRule) off() bool { return r.Enabled != nil && !*r.Enabled }

// ExcludedBy returns the names in exclude_properties that the rule with this match
// gives to one database. It leaves out those that the source gives to all databases,
// because a database may lack such a property.
func (s Source) ExcludedBy(match string) (own []string) {
	if !isOneDatabase(match) {
		return nil
	}
	for _, r := range s.Streams {
		if r.Match != match || r.ExcludeProperties == nil {
			continue
		}
		for _, name := range *r.ExcludeProperties {
			if !slices.Contains(s.Settings.ExcludeProperties, name) {
				own = append(own, name)
			}
		}
	}
	return own
}

// Matches reports whether the rule alone fits a stream, named as for
// [Source.StreamFor]. An earlier rule may take the stream first.
func (r StreamRule) Matches(name, databaseID, title string) bool {
	if name == matchDatabases || r.Match == matchDatabases {
		return r.Match == name
	}
	if r.Match == matchEveryDatabase {
		return true
	}
	if pattern, ok := strings.CutPrefix(r.Match, titlePrefix); ok {
		matched, err := titleMatch(pattern, title)
		return err == nil && matched
	}
	if databaseID == "" {
		databaseID = strings.TrimPrefix(name, databasePrefix)
	}
	return namesDatabase(r.Match, databaseID)
}

// namesDatabase reports whether a match is the id of a database, whatever the case and
// the dashes. A source may have a rule for each of its databases, so every rule is asked
// for every database: it allocates nothing.
func namesDatabase(match, id string) bool {
	if len(match) < len(databasePrefix) {
		return false
	}
	for i := range len(databasePrefix) {
		if asciiLower(match[i]) != databasePrefix[i] {
			return false
		}
	}
	match = match[len(databasePrefix):]
	for {
		match, id = strings.TrimLeft(match, "-"), strings.TrimLeft(id, "-")
		if match == "" || id == "" {
			return match == id
		}
		if asciiLower(match[0]) != asciiLower(id[0]) {
			return false
		}
		match, id = match[1:], id[1:]
	}
}

func asciiLower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

// canonicalText returns one spelling for texts that a person takes for the same: in
// lower case, every character composed (Unicode: UAX #15, form C).
func canonicalText(text string) string {
	return norm.NFC.String(strings.ToLower(norm.NFC.String(text)))
}

// titleMatch reports whether the whole title fits the pattern, whatever the case. It
// hides slashes, at which the * of path.Match stops: a title has no folders.
func titleMatch(pattern, title string) (bool, error) {
	plain := func(text string) string {
		return strings.ReplaceAll(canonicalText(text), "/", "\x00")
	}
	return path.Match(plain(pattern), plain(title))
}

// canonicalMatch returns one spelling of a match. It ignores dashes and case of an
// id, and case and Unicode form of a title.
func canonicalMatch(match string) string {
	match = canonicalText(match)
	if id, ok := strings.CutPrefix(match, databasePrefix); ok {
		return databasePrefix + strings.ReplaceAll(id, "-", "")
	}
	return match
}

// isOneDatabase reports whether a match can only ever be one database.
func isOneDatabase(match string) bool { return databaseMatch.MatchString(canonicalMatch(match)) }

var databaseMatch = regexp.MustCompile(`^database_[0-9a-f]{32}$`)
