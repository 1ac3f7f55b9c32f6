// Package pages draws the console: what a person sees of sources, streams and runs. It
// turns what it is given into HTML and knows no backend; the time of a page is an input
// too.
package pages

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"net/url"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"
)

//go:embed html
var htmlFiles embed.FS

// A Shell is what every page has around its content.
type Shell struct {
	// Root is the way from the page to the root of the console, such as "../../"; all
	// links begin with it, so that a proxy may serve the console under any path.
	Root string
	// Now is when the page was made.
	Now time.Time
	// Heading names the page, in its h1 and in the browser's title.
	Heading string
	// Section is the part of the header that the page belongs to: sources, runs, catalog,
	// system.
	Section string
	// Version of the program, for the footer.
	Version string
	// Waiting is how many sources wait for a person.
	Waiting int
	// ReadOnly hides everything that changes something.
	ReadOnly bool
	// SignedIn says that the person signed in by the form and can sign out.
	SignedIn bool
	// Warnings concern the instance or the group, such as Kafka that does not answer.
	Warnings []string
	// Said is the notice of what was just done.
	Said Notice
	// Failed is why what the person just did was not done; "": nothing failed.
	Failed string
	// Wrong says that fields of the page are wrong, which it tells itself.
	Wrong bool
	// NoContents says that no contents of records and Notion's pages are shown.
	NoContents bool
	// Sought is what the find box has.
	Sought string
	// Bare leaves out what only who has signed in can use.
	Bare bool
	// Live says that the page changes by itself while it is open.
	Live bool
}

// Shown gives the layout its part of a page.
func (s Shell) Shown() Shell { return s }

// To returns the address of a path of the console, relative to the page.
func (s Shell) To(segments ...string) string {
	escaped := make([]string, len(segments))
	for i, segment := range segments {
		escaped[i] = url.PathEscape(segment)
	}
	path := s.Root + strings.Join(escaped, "/")
	if path == "" {
		return "./"
	}
	return path
}

// Asset returns the address of a file of the console's assets.
func (s Shell) Asset(name string) string { return s.Root + AssetPath(name) }

// A Page is the data of one page.
type Page interface {
	// Shown returns the shell around the page.
	Shown() Shell
	// template is the name of the template that draws the page.
	template() string
}

// Render returns the HTML of a page.
func Render(page Page) ([]byte, error) {
	var out bytes.Buffer
	if err := drawn()[page.template()].ExecuteTemplate(&out, "layout", page); err != nil {
		return nil, fmt.Errorf("drawing page %s: %w", page.template(), err)
	}
	return bytes.Map(allowed, out.Bytes()), nil
}

// allowed replaces what HTML has no room for: control characters, and bytes that are not
// UTF-8 (HTML, "Preprocessing the input stream").
func allowed(r rune) rune {
	if unicode.IsControl(r) && r != '\n' && r != '\t' {
		return utf8.RuneError
	}
	return r
}

// drawn are the pages' templates, each with the layout and the parts. They are parsed for
// the first page, because that takes longer than many a command, which draws none.
var drawn = sync.OnceValue(parse)

func parse() map[string]*template.Template {
	shared := template.Must(template.New("shared").Funcs(words).ParseFS(htmlFiles, "html/layout.html", "html/parts.html", "html/add_parts.html", "html/charts.html", "html/topic_parts.html"))
	files, err := htmlFiles.ReadDir("html")
	if err != nil {
		panic(err)
	}
	pages := map[string]*template.Template{}
	for _, file := range files {
		name := strings.TrimSuffix(file.Name(), ".html")
		pages[name] = template.Must(template.Must(shared.Clone()).ParseFS(htmlFiles, "html/"+file.Name()))
	}
	return pages
}
