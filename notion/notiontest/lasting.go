package notiontest

import (
	"bytes"
	"net/http"
	"strings"
)

// Unauthorized is a single 401 among good answers: the token stays valid (2anki#1521,
// notion-py#346). RevokeToken makes it invalid.
func Unauthorized() Fault { return Fault{failure: unauthorized()} }

// BadRequest is a 400 for a correct request, as reported for databases with linked
// views and for properties (Notion: status-codes).
func BadRequest() Fault {
	return Fault{failure: invalid("Unsaved transactions: this object cannot be shown through the API.")}
}

// NotFound is a 404 for an object that may exist.
func NotFound() Fault {
	return Fault{failure: &failure{
		status: http.StatusNotFound, code: "object_not_found",
		message: "Could not find the object. Make sure the relevant pages and databases are shared with your integration.",
	}}
}

// Stalled is an answer without results whose cursor leads back to its own beginning:
// ShortPage(0) and Circle together.
func Stalled() Fault { return Fault{short: true, circle: true} }

// Shuffled is a correct answer to a query, but the rows of one minute have another
// order than in earlier answers, as after edits. A reader that continues may get some
// of them twice and miss others. Whether Notion's order of equal keys is stable is
// not documented.
func Shuffled() Fault { return Fault{shuffle: true} }

// GarbledItem is a correct answer to a property's list, except for one unusable entry.
func GarbledItem() Fault { return Fault{badItem: true} }

// Huge is a correct answer, but a list of more than one result is larger than 64 MiB,
// as for rows with much text (airbyte#34814, #86462): only a smaller page size helps.
// White space makes it so large.
func Huge() Fault { return Fault{huge: true} }

// inflated is an answer made as large as Huge's.
func inflated(body []byte) []byte {
	if bytes.Count(body, []byte(`{"object":"`)) < 3 { // the list itself, and one result
		return body
	}
	large := make([]byte, 0, hugeBytes+len(body))
	large = append(large, '{')
	large = append(large, bytes.Repeat([]byte(" "), hugeBytes)...)
	return append(large, body[1:]...)
}

// hugeBytes is more than notion-kafka reads for one answer.
const hugeBytes = 65 << 20

// FailAlways makes every request to this path and the paths below it fail until
// StopFailing. The path is relative to /v1, such as "databases/{id}". As with FailNext,
// the token, version and budget are checked first.
func (w *Workspace) FailAlways(path string, f Fault) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.lasting == nil {
		w.lasting = map[string]Fault{}
	}
	w.lasting[path] = f
}

// StopFailing ends what FailAlways began.
func (w *Workspace) StopFailing(path string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.lasting, path)
}

// lastingFault returns the fault of FailAlways for a path, the innermost one.
func (w *Workspace) lastingFault(path []string) (f Fault, ok bool) {
	for n := len(path); n > 0 && !ok; n-- {
		f, ok = w.lasting[strings.Join(path[:n], "/")]
	}
	return f, ok
}

// HideFromSearch keeps the database out of search for good; it stays readable by its
// id (notion-sdk-js#114, airbyte#33832).
func (db *Database) HideFromSearch() {
	db.w.mu.Lock()
	defer db.w.mu.Unlock()
	db.unlisted = true
}
