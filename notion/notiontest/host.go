package notiontest

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"
)

// A Host answers for several workspaces at one address, as Notion does. A program with
// one client id is an App of each of them, with the same AppOptions.ClientID and
// ClientSecret. The consent page is that of the first workspace; people of another one
// use App.Allow.
type Host []*Workspace

// ServeHTTP answers a request as the workspace that it belongs to.
func (h Host) ServeHTTP(rw http.ResponseWriter, r *http.Request) { h.of(r).ServeHTTP(rw, r) }

// RoundTripper answers requests as Workspace.RoundTripper does.
func (h Host) RoundTripper() http.RoundTripper { return hostTripper{h} }

type hostTripper struct{ h Host }

// RoundTrip implements http.RoundTripper.
func (t hostTripper) RoundTrip(r *http.Request) (*http.Response, error) {
	return t.h.of(r).RoundTripper().RoundTrip(r)
}

// of finds the workspace that knows the request's token or code, living or dead. The
// first workspace answers the others.
func (h Host) of(r *http.Request) *Workspace {
	var known []string
	if token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok {
		known = append(known, token)
	} else if r.Body != nil && r.Method == http.MethodPost {
		text, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
		r.Body = struct {
			io.Reader
			io.Closer
		}{io.MultiReader(bytes.NewReader(text), r.Body), r.Body}
		var body struct {
			Code    string
			Refresh string `json:"refresh_token"`
			Token   string
		}
		if err == nil && json.Unmarshal(text, &body) == nil {
			known = append(known, body.Code, body.Refresh, body.Token)
		}
	}
	for _, w := range h {
		if w.knows(known) {
			return w
		}
	}
	return h[0]
}

// knows reports whether one of the texts is a token or an open code of the workspace.
func (w *Workspace) knows(texts []string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, text := range texts {
		if text == w.opts.Token || w.pairs[text] != nil {
			return true
		}
		for _, a := range w.apps {
			if a.codes[text] != nil {
				return true
			}
		}
	}
	return false
}
