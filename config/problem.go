package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Problem is one thing that is wrong with the configuration.
type Problem struct {
	Path    string // of the key, such as kafka.brokers or sources[0].token; empty: the whole file
	File    string // where it was written: a file, an environment variable's name, or --set; empty: it is missing
	Line    int    // in File, from 1; 0 if not from a file
	Message string // what is wrong; never shows a secret
	Hint    string // what to do, may be empty
}

// String is one line: notion-kafka.yaml:12: kafka.brokres: unknown key, did you mean "brokers"?
func (p Problem) String() string {
	var b strings.Builder
	if p.File != "" {
		b.WriteString(p.File)
		if p.Line > 0 {
			fmt.Fprintf(&b, ":%d", p.Line)
		}
		b.WriteString(": ")
	}
	if p.Path != "" {
		b.WriteString(p.Path + ": ")
	}
	b.WriteString(p.Message)
	if p.Hint != "" {
		b.WriteString(", " + p.Hint)
	}
	return b.String()
}

// Error has all problems of a configuration, at least one.
type Error struct{ Problems []Problem }

// Error returns one line a problem.
func (e *Error) Error() string {
	lines := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}

// place is where a value was written.
type place struct {
	file string
	line int
	// raw is the text before ${NAME} was filled in, for messages: the value of a
	// variable may be a secret.
	raw string
}

// report collects problems, and the places where values were written.
type report struct {
	problems []Problem
	places   map[string]place  // by path, of the layer that won
	files    map[string]string // of secrets, by the secret's path; nil: they are not noted
	holding  string            // the configuration file, if a secret stands in it
}

func (r *report) add(path string, at place, message, hint string) {
	r.problems = append(r.problems, Problem{Path: path, File: at.file, Line: at.line, Message: message, Hint: hint})
}

// note remembers where a path was last written. Defaults have no place.
func (r *report) note(path string, at place) {
	if at != (place{}) {
		r.places[path] = at
	}
}

// hasProblem reports whether the path, something above or below it, or the file that
// it is read from, has a problem already. A second one would only repeat it.
func (r *report) hasProblem(path string) bool {
	return slices.ContainsFunc(r.problems, func(p Problem) bool {
		return p.Path == path || p.Path == path+fileSuffix || within(p.Path, path) || within(path, p.Path)
	})
}

// placeOf returns the place of the path, or of the nearest section above it.
func (r *report) placeOf(path string) place {
	for path != "" {
		if at, ok := r.places[path]; ok {
			return at
		}
		path = path[:max(strings.LastIndexAny(path, ".["), 0)]
	}
	return place{}
}

// err returns nil without problems. Problems in a file come first, by line.
func (r *report) err() error {
	if len(r.problems) == 0 {
		return nil
	}
	slices.SortStableFunc(r.problems, func(a, b Problem) int {
		return cmp.Or(
			-cmp.Compare(min(a.Line, 1), min(b.Line, 1)),
			cmp.Compare(a.Line, b.Line),
		)
	})
	return &Error{Problems: r.problems}
}

// within reports whether path lies below section.
func within(path, section string) bool {
	rest, ok := strings.CutPrefix(path, section)
	return ok && rest != "" && (rest[0] == '.' || rest[0] == '[')
}
