package notiontest

import (
	"bytes"
	"net/http"
	"strings"
)

// Unauthorized is a 401 among good answers: the token is as good as before
// (2anki#1521, notion-py#346). RevokeToken is what ends it.
func Unauthorized() Fault { return Fault{failure: unauthorized()} }

// BadRequest is a 400 for a request with nothing wrong, as is reported of
// databases with linked views and of properties (Notion: status-codes).
func BadRequest() Fault {
	return Fault{failure: invalid("Unsaved transactions: this object cannot be shown through the API.")}
}

// NotFound is a 404, whatever is there.
func NotFound() Fault {
	return Fault{failure: &failure{
		status: http.StatusNotFound, code: "object_not_found",
		message: "Could not find the object. Make sure the relevant pages and databases are shared with your integration.",
	}}
}

// Stalled is an answer without results whose cursor leads to where it was asked
// for, as ShortPage(0) and Circle together.
func Stalled() Fault { return Fault{short: true, circle: true} }

// Shuffled is a right answer to a query, but the rows of one minute have another
// order than in the answers before: people edited. A reader who goes on may have
// met some of them already, and misses others. Whether Notion's order of equal
// keys is stable is not documented.
func Shuffled() Fault { return Fault{shuffle: true} }

// GarbledItem is a right answer to a property's list, but for one entry that is
// of no use.
func GarbledItem() Fault { return Fault{spoilt: true} }

// Huge is a right answer, but a list of more than one result is larger than 64 MiB,
// as of rows with much text (airbyte#34814, #86462): only asking for less helps.
// What makes it large is white space.
func Huge() Fault { return Fault{huge: true} }

// inflated is an answer as Huge gives it.
func inflated(body []byte) []byte {
	if bytes.Count(body, []byte(`{"object":"`)) < 3 { // the list itself, and one result
		return body
	}
	large := make([]byte, 0, hugeBytes+len(body))
	large = append(large, '{')
	large = append(large, bytes.Repeat([]byte(" "), hugeBytes)...)
	return append(large, body[1:]...)
}

// hugeBytes is more than notion-kafka reads of one answer.
const hugeBytes = 65 << 20

// FailAlways makes every request go wrong whose path is this one below /v1, as
// "databases/{id}", or lies under it, until StopFailing. As with FailNext, the
// token, version and budget come first.
func (w *Workspace) FailAlways(path string, f Fault) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ailing == nil {
		w.ailing = map[string]Fault{}
	}
	w.ailing[path] = f
}

// StopFailing ends what FailAlways began.
func (w *Workspace) StopFailing(path string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.ailing, path)
}

// ails returns the fault that lies on a path, the innermost one.
func (w *Workspace) ails(path []string) (f Fault, ill bool) {
	for n := len(path); n > 0 && !ill; n-- {
		f, ill = w.ailing[strings.Join(path[:n], "/")]
	}
	return f, ill
}

// HideFromSearch keeps the database out of search for good; by its id it can be
// read as before (notion-sdk-js#114, airbyte#33832).
func (db *Database) HideFromSearch() {
	db.w.mu.Lock()
	defer db.w.mu.Unlock()
	db.unlisted = true
}
