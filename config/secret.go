package config

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
)

// Secret is a password, token or key. Printed in any way it shows dots, or nothing
// if it is empty; only [Secret.Reveal] returns the text.
//
// This works only where fmt can call its methods. Keep secrets in exported fields:
// fmt prints unexported ones raw.
type Secret string

const dots = "•••"

// Reveal returns the text, for the one place that sends it.
func (s Secret) Reveal() string { return string(s) }

// String returns dots, or "" for an empty secret.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return dots
}

// GoString returns the dots in quotes.
func (s Secret) GoString() string { return fmt.Sprintf("%q", s.String()) }

// Format prints the dots for every verb, also for verbs that would not call String.
// Only %p bypasses it: fmt handles that itself, and vet refuses it.
func (s Secret) Format(f fmt.State, verb rune) {
	if verb == 'q' || (verb == 'v' && f.Flag('#')) {
		_, _ = io.WriteString(f, s.GoString())
		return
	}
	_, _ = io.WriteString(f, s.String())
}

// MarshalText returns the dots.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// MarshalJSON returns the dots as a JSON string.
func (s Secret) MarshalJSON() ([]byte, error) { return json.Marshal(s.String()) }

// MarshalYAML returns the dots.
func (s Secret) MarshalYAML() (any, error) { return s.String(), nil }

// LogValue returns the dots.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }
