package console

import (
	_ "embed"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

const documentPath = "/api/v1/openapi.json"

//go:embed openapi.json
var openapi string

// document describes the API (OpenAPI 3.1). Its server is the console's root, with the
// prefix under which the public address has it.
func (s *Server) document(w http.ResponseWriter, r *http.Request) {
	text := openapi
	if prefix := strings.TrimSuffix(s.home.pathFor(r), "/"); prefix != "" {
		text = strings.Replace(text, `"servers": [{"url": "/"`, fmt.Sprintf(`"servers": [{"url": %q`, (&url.URL{Path: prefix}).EscapedPath()), 1)
	}
	s.write(w, r, http.StatusOK, "application/json", []byte(text))
}

// index names the program and the path of the API's description; a browser is led to the
// first page.
func (s *Server) index(w http.ResponseWriter, r *http.Request) {
	if wantsPage(r) {
		seeOther(w, r, firstPage)
		return
	}
	s.respond(w, r, ok(struct {
		Name    string `json:"name"`
		Version string `json:"version"`
		API     string `json:"api"`
	}{"notion-kafka", s.version, documentPath}), nil)
}
