package notiontest

import (
	"maps"
	"time"
)

// An Endpoint is a request's method and path, with placeholders for ids.
type Endpoint string

// The endpoints of a simulated workspace.
const (
	EndpointSearch             Endpoint = "POST /v1/search"
	EndpointRetrieveDatabase   Endpoint = "GET /v1/databases/{id}"
	EndpointRetrieveDataSource Endpoint = "GET /v1/data_sources/{id}"
	EndpointQuery              Endpoint = "POST /v1/data_sources/{id}/query"
	EndpointRetrievePage       Endpoint = "GET /v1/pages/{id}"
	EndpointRetrieveProperty   Endpoint = "GET /v1/pages/{id}/properties/{property_id}"
	EndpointRetrieveBlock      Endpoint = "GET /v1/blocks/{id}"
	EndpointListUsers          Endpoint = "GET /v1/users"
	EndpointMe                 Endpoint = "GET /v1/users/me"
	EndpointRetrieveUser       Endpoint = "GET /v1/users/{id}"

	EndpointListComments Endpoint = "GET /v1/comments"
	EndpointUpdatePage   Endpoint = "PATCH /v1/pages/{id}"
	EndpointCreatePage   Endpoint = "POST /v1/pages"
	EndpointAppendBlocks Endpoint = "PATCH /v1/blocks/{id}/children"

	EndpointAuthorize  Endpoint = "GET /v1/oauth/authorize"
	EndpointConsent    Endpoint = "POST /v1/oauth/authorize" // the form of the consent page
	EndpointToken      Endpoint = "POST /v1/oauth/token"
	EndpointIntrospect Endpoint = "POST /v1/oauth/introspect"
	EndpointRevoke     Endpoint = "POST /v1/oauth/revoke"
)

// A Request is one entry of the request log.
type Request struct {
	At       time.Time // arrival, by the workspace's clock
	Endpoint Endpoint  // "" for an unknown route
	URI      string    // path and query string
	Body     string
	Status   int // 0: cut before a status was sent
}

// logLength is how many requests the log keeps; a demo runs for days.
const logLength = 10_000

type requestLog struct {
	latest []Request
	counts map[Endpoint]int
}

func (l *requestLog) add(r Request) {
	if len(l.latest) == 2*logLength {
		l.latest = append(l.latest[:0], l.latest[logLength:]...)
	}
	l.latest = append(l.latest, r)
	l.counts[r.Endpoint]++
}

// Requests returns the requests so far, the oldest first, refused and failed ones
// included. It returns at least the newest ten thousand.
func (w *Workspace) Requests() []Request {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]Request(nil), w.log.latest...)
}

// Counts returns the number of requests to each endpoint, refused and failed ones
// included.
func (w *Workspace) Counts() map[Endpoint]int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return maps.Clone(w.log.counts)
}
