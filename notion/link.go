package notion

import "strings"

// longestLink bounds a link, in bytes.
const longestLink = 8 << 10

// LinkedID returns the id of the page or database that a link leads to, dashed and
// lower-case. It also takes an id alone, with or without dashes. ok is false for every
// other text.
//
// The last part of a link's path ends with the id, after a title or alone (Notion:
// working-with-databases, and the url of page and database objects). Of a page that is
// open beside a view of its database, the path has the database and ?p= the page; ?v= is
// a view. What is behind # is a block of the page. Which host a link has does not matter:
// Notion changed its own in June 2026, and published pages have others.
func LinkedID(text string) (id string, ok bool) {
	text = strings.Trim(strings.TrimSpace(text), `<>"'`)
	if len(text) > longestLink {
		return "", false
	}
	text, _, _ = strings.Cut(text, "#")
	path, query, _ := strings.Cut(text, "?")
	for one := range strings.SplitSeq(query, "&") {
		if name, value, _ := strings.Cut(one, "="); name == "p" {
			if id, ok := NormalizeID(value); ok {
				return id, true
			}
		}
	}
	path = strings.TrimRight(path, "/")
	return idAtEnd(path[strings.LastIndexByte(path, '/')+1:])
}

// idAtEnd returns the id at the end of a part of a path: all of it, or behind a title and
// a dash.
func idAtEnd(part string) (id string, ok bool) {
	for _, length := range []int{36, 32} {
		from := len(part) - length
		if from < 0 || from > 0 && part[from-1] != '-' {
			continue
		}
		if id, ok := NormalizeID(part[from:]); ok {
			return id, true
		}
	}
	return "", false
}
