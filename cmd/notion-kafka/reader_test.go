package main

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// A reader is a person with a browser without scripts, at one page.
type reader struct {
	*visitor
	at   *url.URL
	page *html.Node
}

func newReader(t *testing.T) *reader { return &reader{visitor: newVisitor(t)} }

// open goes to an address, relative to where the reader is.
func (r *reader) open(address string) {
	r.t.Helper()
	if r.at != nil {
		to, err := r.at.Parse(address)
		if err != nil {
			r.t.Fatal(err)
		}
		address = to.String()
	}
	r.goes(http.MethodGet, address, nil)
}

func (r *reader) goes(method, address string, form url.Values) {
	r.t.Helper()
	at, text := r.do(method, address, form)
	if at == nil {
		r.t.FailNow()
	}
	page, err := html.Parse(strings.NewReader(text))
	if err != nil {
		r.t.Fatal(err)
	}
	r.at, r.page = at, page
}

// reload gets the page again.
func (r *reader) reload() {
	r.t.Helper()
	r.goes(http.MethodGet, r.at.String(), nil)
}

// text is all text of the page.
func (r *reader) text() string { return textOf(r.page) }

// sees checks where the reader is, and what the page says.
func (r *reader) sees(path string, parts ...string) {
	r.t.Helper()
	if !strings.HasSuffix(r.at.Path, path) {
		r.t.Fatalf("the browser is at %s, want %s\n%s", r.at, path, r.text())
	}
	for _, part := range parts {
		if !strings.Contains(unspaced(r.text()), unspaced(part)) {
			r.t.Errorf("%s does not say %q:\n%s", r.at, part, r.text())
		}
	}
}

// follow goes where a link with this text leads.
func (r *reader) follow(text string) {
	r.t.Helper()
	for n := range r.page.Descendants() {
		if n.Data == "a" && strings.Contains(textOf(n), text) {
			r.open(attr(n, "href"))
			return
		}
	}
	r.t.Fatalf("%s has no link %q:\n%s", r.at, text, r.text())
}

// press presses a button with this text, after it has filled in fields of its form. A
// checkbox is set by "on" and cleared by "".
func (r *reader) press(text string, fields map[string]string) {
	r.t.Helper()
	for button := range r.page.Descendants() {
		if button.Data != "button" || !strings.Contains(textOf(button)+attr(button, "aria-label"), text) {
			continue
		}
		form := enclosing(button, "form")
		if form == nil {
			continue
		}
		values := r.fieldsOf(form, fields)
		if name := attr(button, "name"); name != "" {
			values.Set(name, attr(button, "value"))
		}
		to, err := r.at.Parse(attr(form, "action"))
		if err != nil {
			r.t.Fatal(err)
		}
		r.goes(http.MethodPost, to.String(), values)
		return
	}
	r.t.Fatalf("%s has no button %q:\n%s", r.at, text, r.text())
}

// fieldsOf returns what a form sends, with some of its fields filled in.
func (r *reader) fieldsOf(form *html.Node, filled map[string]string) url.Values {
	r.t.Helper()
	values, known := url.Values{}, []string{}
	for n := range form.Descendants() {
		name := attr(n, "name")
		if n.Type != html.ElementNode || name == "" || n.Data == "button" || has(n, "disabled") {
			continue
		}
		known = append(known, name)
		value, given := filled[name]
		kind := attr(n, "type")
		switch {
		case kind == "checkbox" && given && value != "", kind == "checkbox" && !given && has(n, "checked"):
			values.Set(name, onOf(n))
		case kind == "radio" && given && value == attr(n, "value"), kind == "radio" && !given && has(n, "checked"):
			values.Set(name, attr(n, "value"))
		case kind == "checkbox" || kind == "radio":
		case given:
			values.Set(name, value)
		case n.Data == "select":
			values.Set(name, chosenIn(n))
		case n.Data == "textarea":
			values.Set(name, textOf(n))
		default:
			values.Set(name, attr(n, "value"))
		}
	}
	for name := range filled {
		if !slices.Contains(known, name) {
			r.t.Fatalf("the form at %s has no field %s, only %v", r.at, name, known)
		}
	}
	return values
}

// named is the first field of the page with a name.
func (r *reader) named(name string) *html.Node {
	r.t.Helper()
	for n := range r.page.Descendants() {
		if n.Type == html.ElementNode && attr(n, "name") == name {
			return n
		}
	}
	r.t.Fatalf("%s has no field %s", r.at, name)
	return nil
}

// value is what a field of the page has.
func (r *reader) value(name string) string {
	r.t.Helper()
	n := r.named(name)
	switch n.Data {
	case "select":
		return chosenIn(n)
	case "textarea":
		return textOf(n)
	}
	return attr(n, "value")
}

// adds goes from the first step of Add source to the first run, and changes nothing but
// the name.
func (r *reader) adds(name string) {
	r.t.Helper()
	r.press("Continue", map[string]string{"name": name})
	for _, step := range []string{"/streams", "/tables", "/schedule"} {
		r.sees(step)
		r.press("Continue", nil)
	}
	r.sees("/review")
	r.press("Create and read now", nil)
	if !strings.Contains(r.at.Path, "/runs/") {
		r.t.Fatalf("at %s: %s", r.at, r.text())
	}
}

// chosenIn is the value that a select sends.
func chosenIn(n *html.Node) (value string) {
	first := true
	for option := range n.Descendants() {
		if option.Data == "option" && (first || has(option, "selected")) {
			value, first = attr(option, "value"), false
		}
	}
	return value
}

func onOf(n *html.Node) string {
	if has(n, "value") {
		return attr(n, "value")
	}
	return "on"
}

func enclosing(n *html.Node, element string) *html.Node {
	for n != nil && n.Data != element {
		n = n.Parent
	}
	return n
}

func attr(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

func has(n *html.Node, key string) bool {
	return slices.ContainsFunc(n.Attr, func(a html.Attribute) bool { return a.Key == key })
}

// textOf is the text within a node, with single spaces.
func textOf(n *html.Node) string {
	var b strings.Builder
	for inner := range n.Descendants() {
		if inner.Type == html.TextNode && inner.Parent.Data != "script" {
			b.WriteString(inner.Data + " ")
		}
	}
	if n.Data == "textarea" {
		return strings.TrimSuffix(b.String(), " ")
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// unspaced is a text without its spaces: those between elements depend on the style.
func unspaced(text string) string { return strings.Join(strings.Fields(text), "") }
