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
// "databases". It is false for a stream that no rule matches, and for one whose
// rule says enabled: false.
func (s Source) StreamFor(name, databaseID, title string) (StreamSettings, bool) {
	rule, ok := s.ruleFor(name, databaseID, title)
	if !ok || rule.off() {
		return StreamSettings{}, false
	}
	settings := StreamSettings{Settings: rule.over(s.Settings), Topic: rule.Topic, Publish: PublishChanges, Match: rule.Match}
	put(&settings.Publish, rule.Publish)
	return settings, true
}

// SwitchesOff tells whether the first rule that matches a stream, named as for
// [Source.StreamFor], says enabled: false. It is false where no rule matches.
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

// ExcludedBy are the names in exclude_properties that the rule with this match
// gives to one database, and that its source does not give to all: several
// databases may lack what is named for all of them.
func (s Source) ExcludedBy(match string) (own []string) {
	if !ofOneDatabase(match) {
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

// Matches tells whether the rule alone fits a stream, named as for
// [Source.StreamFor]; an earlier rule may take the stream before it.
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
	return sameMatch(r.Match) == sameMatch(databasePrefix+databaseID)
}

// sameText is one spelling for texts that a person takes for the same: in lower
// case, every character composed (Unicode: UAX #15, form C).
func sameText(text string) string { return norm.NFC.String(strings.ToLower(norm.NFC.String(text))) }

// titleMatch tells whether the whole title fits the pattern, whatever the case.
// path.Match stops its * at slashes; a title has no folders, so they are hidden.
func titleMatch(pattern, title string) (bool, error) {
	plain := func(text string) string {
		return strings.ReplaceAll(sameText(text), "/", "\x00")
	}
	return path.Match(plain(pattern), plain(title))
}

// sameMatch is one spelling for all of a match: dashes and case of an id do not
// count, nor do the case of a title and the form of its Unicode.
func sameMatch(match string) string {
	match = sameText(match)
	if id, ok := strings.CutPrefix(match, databasePrefix); ok {
		return databasePrefix + strings.ReplaceAll(id, "-", "")
	}
	return match
}

// ofOneDatabase tells a match that can only ever be one database.
func ofOneDatabase(match string) bool { return databaseMatch.MatchString(sameMatch(match)) }

var databaseMatch = regexp.MustCompile(`^database_[0-9a-f]{32}$`)
