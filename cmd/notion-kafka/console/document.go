package console

import (
	_ "embed"
	"net/http"
)

const documentPath = "/api/v1/openapi.json"

//go:embed openapi.json
var openapi string

// document describes the API (OpenAPI 3.1).
func (s *Server) document(w http.ResponseWriter, r *http.Request) {
	s.write(w, r, http.StatusOK, "application/json", []byte(openapi))
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
