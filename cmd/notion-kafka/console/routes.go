package console

import (
	"net/http"
	slashpath "path"
	"strings"
)

// A route is a pattern of [http.ServeMux], its handler, and what a request may have.
type route struct {
	pattern string
	answer  func(call) (answer, error)
	takes   takes
}

// takes is what a request of a route may have beside its path.
type takes struct {
	body  bool     // JSON
	query []string // parameters
}

// api returns the routes with JSON responses.
func (s *Server) api() []route {
	const (
		source = "/api/v1/sources/{source}"
		stream = source + "/streams/{stream}"
		run    = "/api/v1/runs/{run}"
	)
	return []route{
		{"GET /api/v1/sources", s.listSources, takes{}},
		{"POST /api/v1/sources", s.addSource, takes{body: true}},
		{"GET " + source, s.showSource, takes{}},
		{"PUT " + source, s.putSource, takes{body: true}},
		{"DELETE " + source, s.deleteSource, takes{}},
		{"GET " + source + "/budget", s.showBudget, takes{}},
		{"PUT " + source + "/pause", s.pauseSource, takes{}},
		{"PUT " + source + "/resume", s.resumeSource, takes{}},

		{"POST /api/v1/discover", s.discover, takes{body: true}},
		{"POST /api/v1/discover/sample", s.sample, takes{body: true, query: []string{"stream"}}},

		{"GET " + source + "/streams", s.listStreams, takes{}},
		{"GET " + stream + "/cursor", s.showCursor, takes{}},
		{"DELETE " + stream + "/cursor", s.resetCursor, takes{query: []string{"forget"}}},
		{"GET " + stream + "/held", s.showHeld, takes{query: []string{"look"}}},
		{"POST " + stream + "/confirm-deletes", s.confirmDeletes, takes{}},
		{"POST " + stream + "/dismiss-deletes", s.dismissDeletes, takes{}},

		{"POST " + source + "/runs", s.startRun, takes{body: true}},
		{"GET " + source + "/runs", s.listRuns, takes{}},
		{"GET /api/v1/runs", s.listAllRuns, takes{query: []string{"source", "status", "trigger", "limit"}}},
		{"GET " + run, s.showRun, takes{}},
		{"DELETE " + run, s.cancelRun, takes{}},

		{"GET /api/v1/asyncapi.json", s.asyncAPI, takes{}},
		{"GET /api/v1/catalog", s.listTables, takes{}},
		{"GET /api/v1/catalog/{topic}", s.showTable, takes{}},
		{"GET /api/v1/catalog/{topic}/records", s.listRecords, takes{query: []string{"limit", "before", "key", "op", "text", "view"}}},
		{"GET /api/v1/catalog/{topic}/records/{partition}/{offset}", s.showRecord, takes{}},
		{"GET /api/v1/catalog/{topic}/history", s.showHistory, takes{query: []string{"key"}}},

		{"GET /api/v1/find", s.findPlace, takes{query: []string{"page"}}},

		{"GET /api/v1/instances", s.listInstances, takes{}},
		{"GET /api/v1/log-level", s.showLevel, takes{}},
		{"PUT /api/v1/log-level", s.setLevel, takes{body: true}},
	}
}

// others returns the documented routes with other responses.
func (s *Server) others() map[string]http.HandlerFunc {
	routes := map[string]http.HandlerFunc{
		"GET /{$}":            s.index,
		"GET /healthz":        s.health,
		"GET /readyz":         s.ready,
		"GET " + documentPath: s.document,
		"GET /api/v1/sources/{source}/definition": s.definition,
		"GET /api/v1/runs/{run}/events":           s.events,
		"GET /api/v1/runs/{run}/log":              s.runLog,
	}
	if s.metrics != nil {
		routes["GET /metrics"] = s.metrics.ServeHTTP
	}
	return routes
}

// pages returns the routes for browsers, which are not in the API's document.
func (s *Server) pages() map[string]http.HandlerFunc {
	return map[string]http.HandlerFunc{
		oauthStart:          s.onlyGet(s.startOAuth),
		oauthCallback:       s.onlyGet(s.finishOAuth),
		"GET " + oauthStyle: ServeConnectStyle,

		"GET " + loginPath:   s.showSignIn,
		"POST " + loginPath:  s.signIn,
		"POST " + logoutPath: s.signOut,
	}
}

// handler returns the handler of all requests.
func (s *Server) handler() http.Handler {
	mux := http.NewServeMux()
	for _, r := range s.api() {
		mux.Handle(r.pattern, s.answering(r))
	}
	for _, routes := range []map[string]http.HandlerFunc{s.others(), s.pages(), s.people()} {
		for pattern, handler := range routes {
			mux.Handle(pattern, handler)
		}
	}
	return s.watched(s.guarded(s.routed(mux)))
}

// routed answers requests without a route with a problem that has the mux's status and
// the allowed methods.
func (s *Server) routed(mux *http.ServeMux) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if at := cleaned(r.URL.EscapedPath()); at != r.URL.EscapedPath() && isSafe(r) {
			// The mux would redirect too, but to an address without the prefix.
			seeOther(w, r, at+queryOf(r))
			return
		}
		if at, slash := strings.CutSuffix(r.URL.EscapedPath(), "/"); slash && at != "" && isSafe(r) && wantsPage(r) {
			seeOther(w, r, at+queryOf(r)) // no page has a slash at its end
			return
		}
		refusal, pattern := mux.Handler(r)
		if pattern != "" {
			mux.ServeHTTP(w, r)
			return
		}
		response := muxResponse{header: make(http.Header)}
		refusal.ServeHTTP(&response, r)
		if response.status == http.StatusMethodNotAllowed {
			allow := response.header.Get("Allow")
			w.Header().Set("Allow", allow)
			s.fail(w, r, refuse(response.status, "%s is not possible here, only %s", r.Method, allow))
			return
		}
		s.fail(w, r, refuse(http.StatusNotFound, "there is nothing at this path; %s lists all paths", documentPath))
	})
}

// cleaned returns a path without empty segments and dots, which nothing is found under.
func cleaned(given string) string {
	at := slashpath.Clean("/" + given)
	if strings.HasSuffix(given, "/") && at != "/" {
		at += "/"
	}
	return at
}

// queryOf returns a request's query with its question mark, "" if there is none.
func queryOf(r *http.Request) string {
	if r.URL.RawQuery == "" {
		return ""
	}
	return "?" + r.URL.RawQuery
}

// A muxResponse records the mux's response to a request without a route.
type muxResponse struct {
	header http.Header
	status int
}

// Header returns the headers set so far.
func (v *muxResponse) Header() http.Header { return v.header }

// WriteHeader records the status.
func (v *muxResponse) WriteHeader(status int) { v.status = status }

// Write drops the mux's text; a problem replaces it.
func (v *muxResponse) Write(p []byte) (int, error) { return len(p), nil }
