package pages

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html"
)

// checkPage checks what every page keeps to: one h1, ids that are unique, a label for
// each field, nothing inline, no foreign address, and a table that says its cells.
func checkPage(t *testing.T, text string) {
	t.Helper()
	if at := strings.IndexFunc(text, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' }); at >= 0 || !utf8.ValidString(text) {
		t.Errorf("the page has characters that HTML forbids, at %d", at)
	}
	root, err := html.Parse(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	seen := &surveyed{t: t, ids: map[string]int{}, labels: map[string]bool{}}
	seen.walk(root, nil)
	seen.finish()
}

// A surveyed is what was found in a page.
type surveyed struct {
	t      *testing.T
	ids    map[string]int
	labels map[string]bool // ids that a label is for
	fields []field
	h1     int
	live   []string
}

// A field takes input.
type field struct {
	id      string
	labeled bool // inside a label
}

func (s *surveyed) walk(n *html.Node, within []string) {
	if n.Type == html.ElementNode {
		s.element(n, within)
		within = append(slices.Clone(within), n.Data)
	}
	for child := range n.ChildNodes() {
		s.walk(child, within)
	}
}

var foreign = regexp.MustCompile(`^([a-z][a-z0-9+.-]*:|//)`)

func (s *surveyed) element(n *html.Node, within []string) {
	attrs := map[string]string{}
	for _, a := range n.Attr {
		attrs[a.Key] = a.Val
	}
	for key, value := range attrs {
		switch {
		case key == "style", strings.HasPrefix(key, "on"):
			s.t.Errorf("<%s> has %s=%q, which the content security policy forbids", n.Data, key, value)
		case key == "src", key == "action", key == "href" && n.Data != "a", key == "srcset":
			if foreign.MatchString(value) {
				s.t.Errorf("<%s> loads or sends to %q", n.Data, value)
			}
		case key == "href" && foreign.MatchString(value):
			if !strings.HasPrefix(value, "https://") || !strings.Contains(attrs["rel"], "noopener") {
				s.t.Errorf("a link leads to %q", value)
			}
		}
	}
	if id, has := attrs["id"]; has {
		s.ids[id]++
	}
	if _, is := attrs["data-live"]; is {
		s.live = append(s.live, attrs["id"])
	}
	switch n.Data {
	case "h1":
		s.h1++
	case "script":
		if attrs["src"] == "" {
			s.t.Error("a script is inline")
		}
	case "style", "img", "iframe", "object", "embed", "base":
		s.t.Errorf("the page has a <%s>", n.Data)
	case "label":
		s.labels[attrs["for"]] = true
	case "input", "select", "textarea":
		if attrs["type"] != "hidden" {
			s.fields = append(s.fields, field{attrs["id"], slices.Contains(within, "label")})
		}
	case "button":
		if strings.TrimSpace(textOf(n)) == "" {
			s.t.Error("a button has no name")
		}
	}
}

func textOf(n *html.Node) string {
	if n.Type == html.TextNode {
		return n.Data
	}
	var text strings.Builder
	for child := range n.ChildNodes() {
		text.WriteString(textOf(child))
	}
	return text.String()
}

func (s *surveyed) finish() {
	if s.h1 != 1 {
		s.t.Errorf("the page has %d <h1>", s.h1)
	}
	for id, n := range s.ids {
		if n > 1 {
			s.t.Errorf("id %q is there %d times", id, n)
		}
	}
	for _, field := range s.fields {
		if !field.labeled && !s.labels[field.id] {
			s.t.Errorf("field %q has no label", field.id)
		}
	}
	for _, id := range s.live {
		if id == "" {
			s.t.Error("a live block has no id")
		}
	}
}
