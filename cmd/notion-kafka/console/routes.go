package console

import "net/http"

// A route is a pattern of [http.ServeMux], who answers, and what a request may
// bring.
type route struct {
	pattern string
	answer  func(call) (answer, error)
	takes   takes
}

// takes is what a request of a route may bring beside its path.
type takes struct {
	body  bool     // JSON
	query []string // parameters
}

// api are the routes that answer with JSON.
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
		{"PUT " + source + "/pause", s.pauseSource, takes{}},
		{"PUT " + source + "/resume", s.resumeSource, takes{}},

		{"GET " + source + "/streams", s.listStreams, takes{}},
		{"GET " + stream + "/cursor", s.showCursor, takes{}},
		{"DELETE " + stream + "/cursor", s.resetCursor, takes{query: []string{"forget"}}},
		{"POST " + stream + "/confirm-deletes", s.confirmDeletes, takes{}},
		{"POST " + stream + "/dismiss-deletes", s.dismissDeletes, takes{}},

		{"POST " + source + "/runs", s.startRun, takes{body: true}},
		{"GET " + source + "/runs", s.listRuns, takes{}},
		{"GET " + run, s.showRun, takes{}},
		{"DELETE " + run, s.cancelRun, takes{}},

		{"GET /api/v1/catalog", s.listTables, takes{}},
		{"GET /api/v1/catalog/{topic}/records", s.listRecords, takes{query: []string{"limit"}}},

		{"GET /api/v1/log-level", s.showLevel, takes{}},
		{"PUT /api/v1/log-level", s.setLevel, takes{body: true}},
	}
}

// others are the routes that answer in forms of their own.
func (s *Server) others() map[string]http.HandlerFunc {
	routes := map[string]http.HandlerFunc{
		"GET /{$}":                      s.index,
		"GET /healthz":                  s.health,
		"GET /readyz":                   s.ready,
		"GET " + documentPath:           s.document,
		"GET /api/v1/runs/{run}/events": s.events,
	}
	if s.metrics != nil {
		routes["GET /metrics"] = s.metrics.ServeHTTP
	}
	return routes
}

// handler is everything that the console answers.
func (s *Server) handler() http.Handler {
	mux := http.NewServeMux()
	for _, r := range s.api() {
		mux.Handle(r.pattern, s.answering(r))
	}
	for pattern, handler := range s.others() {
		mux.Handle(pattern, handler)
	}
	return s.watched(s.guarded(s.routed(mux)))
}

// routed answers in our words where the mux has no route: with its status, and
// with the methods that it allows.
func (s *Server) routed(mux *http.ServeMux) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		refusal, pattern := mux.Handler(r)
		if pattern != "" {
			mux.ServeHTTP(w, r)
			return
		}
		said := verdict{header: make(http.Header)}
		refusal.ServeHTTP(&said, r)
		if said.status == http.StatusMethodNotAllowed {
			allow := said.header.Get("Allow")
			w.Header().Set("Allow", allow)
			s.fail(w, r, refuse(said.status, "%s is not possible here, only %s", r.Method, allow))
			return
		}
		s.fail(w, r, refuse(http.StatusNotFound, "there is nothing at this address; %s lists what there is", documentPath))
	})
}

// A verdict takes down what the mux says to a request that it has no route for.
type verdict struct {
	header http.Header
	status int
}

// Header returns what was set so far.
func (v *verdict) Header() http.Header { return v.header }

// WriteHeader takes the status down.
func (v *verdict) WriteHeader(status int) { v.status = status }

// Write passes the words over; ours take their place.
func (v *verdict) Write(p []byte) (int, error) { return len(p), nil }
