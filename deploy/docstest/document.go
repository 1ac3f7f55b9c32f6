package docstest

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/text"
)

// A Document is a Markdown file of the project.
type Document struct {
	Path    string          // from the root, with slashes
	Anchors map[string]bool // of its headings, and ids in its HTML
	Links   []Link          // pictures too
	Code    []Code
}

// A Link leads from a document to an address.
type Link struct {
	To string
	At string // such as README.md:12
}

// Code is a block or a span of code in a document.
type Code struct {
	Text     string
	Language string // as the document says; "" if it does not
	Inline   bool   // in a line of text
	At       string // such as README.md:12
}

// Documents reads all Markdown files of the project.
func Documents(t *testing.T) []*Document {
	t.Helper()
	var all []*Document
	project := os.DirFS(Root(t))
	err := fs.WalkDir(project, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if hidden := strings.HasPrefix(entry.Name(), ".") && name != "."; entry.IsDir() && (hidden || entry.Name() == "node_modules") {
			return fs.SkipDir
		}
		if path.Ext(name) != ".md" {
			return nil
		}
		source, err := fs.ReadFile(project, name)
		all = append(all, Parse(name, source))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(all) == 0 {
		t.Fatal("the project has no documents")
	}
	return all
}

// Parse reads a document as GitHub shows it.
func Parse(name string, source []byte) *Document {
	d := &reader{Document: Document{Path: name, Anchors: map[string]bool{}}, source: source, headings: map[string]int{}}
	tree := goldmark.New(goldmark.WithExtensions(extension.GFM)).Parser().Parse(text.NewReader(source))
	_ = ast.Walk(tree, func(n ast.Node, entering bool) (ast.WalkStatus, error) { // visit has no errors
		if entering {
			d.visit(n)
		}
		return ast.WalkContinue, nil
	})
	return &d.Document
}

type reader struct {
	Document
	source   []byte
	at       int // the offset of the last block
	headings map[string]int
}

func (d *reader) visit(n ast.Node) {
	if n.Type() == ast.TypeBlock && n.Lines() != nil && n.Lines().Len() > 0 {
		d.at = n.Lines().At(0).Start
	}
	if text, ok := n.(*ast.Text); ok {
		d.at = text.Segment.Start
	} else if text, ok := n.FirstChild().(*ast.Text); ok {
		d.at = text.Segment.Start
	}
	switch n := n.(type) {
	case *ast.Heading:
		d.heading(d.plain(n))
	case *ast.Link:
		d.link(string(n.Destination))
	case *ast.Image:
		d.link(string(n.Destination))
	case *ast.FencedCodeBlock:
		d.code(lines(n, d.source), string(n.Language(d.source)), false)
	case *ast.CodeBlock:
		d.code(lines(n, d.source), "", false)
	case *ast.CodeSpan:
		d.code(d.plain(n), "", true)
	case *ast.RawHTML:
		d.html(n.Segments.Value(d.source))
	case *ast.HTMLBlock:
		d.html([]byte(lines(n, d.source)))
	}
}

func (d *reader) place() string {
	return fmt.Sprintf("%s:%d", d.Path, 1+bytes.Count(d.source[:d.at], []byte("\n")))
}

func (d *reader) link(to string) { d.Links = append(d.Links, Link{To: to, At: d.place()}) }

func (d *reader) code(text, language string, inline bool) {
	if inline {
		text = strings.Join(strings.Fields(text), " ") // a span may be broken into lines
	}
	d.Code = append(d.Code, Code{Text: text, Language: language, Inline: inline, At: d.place()})
}

// heading adds the anchor of a heading: the second of the same name ends in -1.
func (d *reader) heading(title string) {
	anchor := Anchor(title)
	if n := d.headings[anchor]; n > 0 {
		d.Anchors[fmt.Sprintf("%s-%d", anchor, n)] = true
	}
	d.Anchors[anchor] = true
	d.headings[anchor]++
}

var (
	htmlID   = regexp.MustCompile(`\b(?:id|name)="([^"]+)"`)
	htmlLink = regexp.MustCompile(`\b(?:href|src)="([^"]+)"`)
)

func (d *reader) html(text []byte) {
	for _, found := range htmlID.FindAllSubmatch(text, -1) {
		d.Anchors[string(found[1])] = true
	}
	for _, found := range htmlLink.FindAllSubmatch(text, -1) {
		d.link(string(found[1]))
	}
}

// plain is the text below a node, without its markup.
func (d *reader) plain(n ast.Node) string {
	var b strings.Builder
	for child := n.FirstChild(); child != nil; child = child.NextSibling() {
		if text, ok := child.(*ast.Text); ok {
			b.Write(text.Segment.Value(d.source))
			if text.SoftLineBreak() {
				b.WriteByte(' ')
			}
			continue
		}
		b.WriteString(d.plain(child))
	}
	return b.String()
}

// Anchor is the anchor that GitHub gives a heading: lower case, without signs, with dashes
// for spaces.
func Anchor(heading string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == ' ':
			return '-'
		case r == '-' || r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r):
			return unicode.ToLower(r)
		}
		return -1
	}, strings.TrimSpace(heading))
}

func lines(n ast.Node, source []byte) string { return string(n.Lines().Value(source)) }
