package notion

import (
	"slices"
	"testing"
)

func TestByTitle(t *testing.T) {
	titles := []string{"Projects 🚀", "projects", "Caf\u00e9", "C++", "Q&A (old)", "🚀", "Tasks", "Tasks", "", "Customer’s – Plan"}
	for text, want := range map[string][]string{
		"projects":          {"projects"},
		"PROJECTS":          {"Projects 🚀", "projects"},
		"CAFE\u0301 ☕":      {"Caf\u00e9"},
		"🚀":                 {"🚀"},
		"🎉":                 nil,
		"c":                 {"C++"},
		"c ++":              {"C++"},
		"C#":                nil,
		"q a old":           {"Q&A (old)"},
		"q&a old":           {"Q&A (old)"},
		"q+a old":           nil,
		"customer's - plan": {"Customer’s – Plan"},
		"◾ tasks":           {"Tasks", "Tasks"},
		"":                  nil,
		"Tasks":             {"Tasks", "Tasks"},
		"Task":              nil,
	} {
		if got := ByTitle(text, titles, func(title string) string { return title }); !slices.Equal(got, want) {
			t.Errorf("%q means %q, want %q", text, got, want)
		}
	}
}
