package draft

import (
	"slices"
	"strings"

	"notion-kafka/producer/control"
)

// The patterns of rules that the pages write.
const (
	databases     = "databases"
	everyDatabase = "database_*"
)

// Later reports whether databases that are shared later get streams. Without rules they
// do.
func (s Spec) Later() bool {
	return len(s.Streams) == 0 || slices.ContainsFunc(s.Streams, func(r Rule) bool { return r.Match == everyDatabase && r.selects() })
}

// Select makes the rules select the wanted streams of tables, and no other of them. With
// later, databases that are shared later are selected too. A rule that the pages do not
// write, such as one for titles, stays as it is; a rule of a stream's own comes before it.
// If nothing changes, the rules stay as they are.
func (s *Spec) Select(tables []control.ReviewedTable, wanted map[string]bool, later bool) {
	same := func(t control.ReviewedTable) bool { return t.Enabled == wanted[t.Stream] }
	if later == s.Later() && !slices.ContainsFunc(tables, func(t control.ReviewedTable) bool { return !same(t) }) {
		return
	}
	was := slices.Clone(s.Streams)
	for _, table := range tables {
		if stays := later && table.Enabled && isPatternAt(was, table.Rule); wanted[table.Stream] && !stays {
			s.own(table, was).Enabled = nil
		}
	}
	for _, table := range tables {
		if !wanted[table.Stream] {
			s.exclude(table, was, later)
		}
	}
	s.setLater(later)
	if len(s.Streams) == 0 { // without rules everything would be selected
		s.Streams = []Rule{{Match: databases, Enabled: new(bool)}}
	}
}

// exclude makes the rules select no stream of a table.
func (s *Spec) exclude(table control.ReviewedTable, was []Rule, later bool) {
	titles := slices.ContainsFunc(s.Streams, func(r Rule) bool { return r.isPattern() && r.Match != everyDatabase })
	if table.Stream != databases && (later || titles) {
		s.own(table, was).Enabled = new(bool)
		return
	}
	if i := s.indexOf(table.Stream); i >= 0 {
		s.Streams = slices.Delete(s.Streams, i, i+1)
	}
}

// setLater sets whether the last rule selects databases that are shared later.
func (s *Spec) setLater(later bool) {
	i := slices.IndexFunc(s.Streams, func(r Rule) bool { return r.Match == everyDatabase })
	switch {
	case later && i < 0:
		s.Streams = append(s.Streams, Rule{Match: everyDatabase})
	case later:
		s.Streams[i].Enabled = nil
	default:
		s.Streams = slices.DeleteFunc(s.Streams, func(r Rule) bool { return r.Match == everyDatabase })
	}
}

// own returns the rule that is for a table's stream alone. It makes one with the settings
// of the rule that the stream matched in was, and puts it before all patterns, because the
// first rule that matches wins.
func (s *Spec) own(table control.ReviewedTable, was []Rule) *Rule {
	if i := s.indexOf(table.Stream); i >= 0 {
		return &s.Streams[i]
	}
	made := Rule{Match: table.Stream}
	if isPatternAt(was, table.Rule) {
		made.Sync, made.Properties, made.rest = was[table.Rule].Sync, was[table.Rule].Properties, was[table.Rule].rest
	}
	at := slices.IndexFunc(s.Streams, Rule.isPattern)
	if at < 0 {
		at = len(s.Streams)
	}
	s.Streams = slices.Insert(s.Streams, at, made)
	return &s.Streams[at]
}

// isPatternAt reports whether the rule with this index is one that several streams may
// match.
func isPatternAt(rules []Rule, i int) bool { return i >= 0 && i < len(rules) && rules[i].isPattern() }

// indexOf returns the index of the rule that is for a stream alone; -1 if there is none.
func (s *Spec) indexOf(stream string) int {
	return slices.IndexFunc(s.Streams, func(r Rule) bool { return !r.isPattern() && sameStream(r.Match, stream) })
}

// sameStream compares names of streams as the configuration does: case and the dashes of
// an id do not count.
func sameStream(a, b string) bool {
	return strings.EqualFold(strings.ReplaceAll(a, "-", ""), strings.ReplaceAll(b, "-", ""))
}

func (r Rule) isPattern() bool {
	return r.Match == everyDatabase || strings.HasPrefix(r.Match, "title:")
}

func (r Rule) selects() bool { return r.Enabled == nil || *r.Enabled }

// NothingSelected is the problem of a definition that selects no stream of a review; nil
// if it selects some.
func (s Spec) NothingSelected(review control.Review) *control.SpecProblem {
	if s.Later() || slices.ContainsFunc(review.Tables, func(t control.ReviewedTable) bool { return t.Enabled }) {
		return nil
	}
	return &control.SpecProblem{Path: "streams", Message: "nothing is selected", Hint: "tick at least one database, or the databases that are shared later"}
}
