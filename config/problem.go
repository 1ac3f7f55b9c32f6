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
	File    string // where it was written: a file, an environment variable's name, or --set; empty: nowhere, it is missing
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

// Error is every problem of a configuration, at least one.
type Error struct{ Problems []Problem }

// Error has one line a problem.
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
	// raw is the text before ${NAME} was filled in, for messages: what a
	// variable held may be a secret.
	raw string
}

// report gathers problems and where the values were written.
type report struct {
	problems []Problem
	places   map[string]place  // by path, of the layer that won
	files    map[string]string // that secrets were read from, by the secret's path; nil: none may be
}

func (r *report) add(path string, at place, message, hint string) {
	r.problems = append(r.problems, Problem{Path: path, File: at.file, Line: at.line, Message: message, Hint: hint})
}

// note remembers where a path was last written; the defaults are no place.
func (r *report) note(path string, at place) {
	if at != (place{}) {
		r.places[path] = at
	}
}

// settled tells whether the path, something above it or below it, or the file it
// is read from, has a problem already: then a second one would only be its echo.
func (r *report) settled(path string) bool {
	return slices.ContainsFunc(r.problems, func(p Problem) bool {
		return p.Path == path || p.Path == path+fileSuffix || within(p.Path, path) || within(path, p.Path)
	})
}

// near is the place of the path, or of the nearest section above it.
func (r *report) near(path string) place {
	for path != "" {
		if at, ok := r.places[path]; ok {
			return at
		}
		path = path[:max(strings.LastIndexAny(path, ".["), 0)]
	}
	return place{}
}

// err is nil without problems. Those of a file come first, by line.
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

// within tells whether path lies below section.
func within(path, section string) bool {
	rest, ok := strings.CutPrefix(path, section)
	return ok && rest != "" && (rest[0] == '.' || rest[0] == '[')
}
