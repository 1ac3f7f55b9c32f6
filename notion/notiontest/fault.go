package notiontest

import (
	"net/http"
	"slices"
	"sync"
	"time"
)

// A Fault is one way in which an answer can fail. The token endpoints and the consent
// page change something: there a request that fails is not carried out, unless its fault
// is in CarriedOut. Delay can be set on any Fault. A request is carried out before its
// delay, so a client that stops waiting does not undo it.
type Fault struct {
	Delay time.Duration // in addition to Options.Latency, before the answer
	late  bool          // the request is carried out although it fails

	failure *failure // instead of the answer
	html    bool     // the failure is an HTML page
	edge    bool     // without x-notion-request-id: Notion never saw the request
	cut     cutting
	short   bool // at most rows results, if the list is long enough
	rows    int
	circle  bool // the cursor leads back to the beginning of this answer
	shuffle bool // rows of one minute have another order than before
	badItem bool // one entry of a property's list is unusable
	huge    bool // a list of more than one result is too large to read
}

// A cutting is where an answer is cut off.
type cutting int

const (
	uncut         cutting = iota
	cutBefore             // the connection closes before a status
	cutMidway             // the connection closes in the middle of the body
	cutButClaimed         // half of the body comes, with a matching Content-Length
)

// The reasons of 429 answers (Notion: request-limits). After the last a retry is
// pointless.
const (
	ReasonRequest  = "public_api_request_rate_limit"
	ReasonSpace    = "public_api_space_request_rate_limit"
	ReasonEndpoint = "public_api_endpoint_rate_limit"
	ReasonBlocked  = "public_api_request_blocked"
)

// RateLimited is a 429 for the given reason. Until retryAfter, rounded up to whole
// seconds, has passed, every request of the token gets the same answer, and one that
// the client sends although it knows of the Retry-After is a violation. 0 sends no
// Retry-After.
func RateLimited(reason string, retryAfter time.Duration) Fault {
	return Fault{failure: rateLimited(reason, wholeSeconds(retryAfter))}
}

// Overloaded is a 529, to be treated like a 429 (Notion: status-codes).
func Overloaded(retryAfter time.Duration) Fault {
	return Fault{failure: &failure{status: 529, code: "service_overload", message: "Notion is overloaded. Please try again later.", retryAfter: wholeSeconds(retryAfter)}}
}

// InternalError is a 500.
func InternalError() Fault {
	return Fault{failure: &failure{status: http.StatusInternalServerError, code: "internal_server_error", message: "Unexpected error occurred."}}
}

// BadGateway is a 502 with an HTML page.
func BadGateway() Fault {
	return Fault{failure: &failure{status: http.StatusBadGateway, message: "Bad Gateway"}, html: true}
}

// Unavailable is a 503 of the store behind a query, with the advice to request less
// (Notion: query-a-data-source).
func Unavailable() Fault {
	return Fault{failure: &failure{
		status: http.StatusServiceUnavailable, code: "service_unavailable",
		message: "Public API data source query is temporarily unavailable.",
		additional: []detail{
			{name: "endpoint_name", value: "public_queryDataSource"},
			{name: "notion_error_name", value: "PgPoolWaitConnectionTimeout"},
			{name: "retry_guidance", values: []string{"Use exponential backoff with jitter", "Reduce page_size", "Narrow query filters/sorts"}},
		},
	}}
}

// GatewayTimeout is a 504 with an HTML page.
func GatewayTimeout() Fault {
	return Fault{failure: &failure{status: http.StatusGatewayTimeout, message: "Gateway Time-out"}, html: true}
}

// TimedOut is a 504 in Notion's own words (Notion: status-codes).
func TimedOut() Fault {
	return Fault{failure: &failure{status: http.StatusGatewayTimeout, code: "gateway_timeout", message: "The request timed out."}}
}

// GivenUp is the answer to a request that takes 60 seconds: a 503 without a reason
// (Notion: status-codes).
func GivenUp() Fault {
	return Fault{Delay: time.Minute, failure: &failure{
		status: http.StatusServiceUnavailable, code: "service_unavailable", message: "Notion is unavailable. Please try again later.",
	}}
}

// Conflict is a 409.
func Conflict() Fault {
	return Fault{failure: &failure{status: http.StatusConflict, code: "conflict_error", message: "Conflict occurred while saving. Please try again."}}
}

// Restricted is a 403: the connection lacks the capability (Notion: capabilities).
func Restricted() Fault {
	return Fault{failure: restricted()}
}

// EdgeBlock is a 403 page of the proxy in front of Notion: HTML, a cf-ray
// header and no x-notion-request-id.
func EdgeBlock() Fault {
	return Fault{failure: &failure{status: http.StatusForbidden, message: "Attention Required!"}, html: true, edge: true}
}

// Slow is the correct answer after a delay.
func Slow(d time.Duration) Fault { return Fault{Delay: d} }

// CarriedOut is a fault of a request that is carried out all the same: only its answer is
// lost, as when Notion has renewed a token and the client never hears of it.
func CarriedOut(f Fault) Fault {
	f.late = true
	return f
}

// Reset closes the connection before an answer.
func Reset() Fault { return Fault{cut: cutBefore} }

// Cut closes the connection in the middle of the body. The request was carried out.
func Cut() Fault { return Fault{cut: cutMidway} }

// Truncated answers with half of the body as if it were whole. The request was carried
// out.
func Truncated() Fault { return Fault{cut: cutButClaimed} }

// ShortPage is a correct answer to a query or search with at most rows results,
// although there are more; 0 is an empty page with a cursor
// (Notion: reference/intro, pagination).
func ShortPage(rows int) Fault { return Fault{short: true, rows: rows} }

// Circle is a correct answer to a query that has more, but its cursor leads to the same
// rows again.
func Circle() Fault { return Fault{circle: true} }

type pendingFault struct {
	endpoint Endpoint
	fault    Fault
}

// FailNext makes the next requests to an endpoint fail, one fault each, in this order;
// "" means any endpoint. Requests that are refused for their token, version or budget
// use up no fault.
func (w *Workspace) FailNext(endpoint Endpoint, faults ...Fault) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, f := range faults {
		w.faults = append(w.faults, pendingFault{endpoint, f})
	}
}

// PendingFaults returns how many faults of FailNext have not happened yet.
func (w *Workspace) PendingFaults() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.faults)
}

// takeFault returns the next fault of FailNext for an endpoint, or none.
func (w *Workspace) takeFault(e Endpoint) Fault {
	at := slices.IndexFunc(w.faults, func(p pendingFault) bool { return p.endpoint == "" || p.endpoint == e })
	if at < 0 {
		return Fault{}
	}
	f := w.faults[at].fault
	w.faults = slices.Delete(w.faults, at, at+1)
	return f
}

// OneByOne makes a hook whose calls wait for one another, so that it may keep what it has
// seen in plain variables.
func OneByOne(hook func(*http.Request) *Fault) func(*http.Request) *Fault {
	var mu sync.Mutex
	return func(r *http.Request) *Fault {
		mu.Lock()
		defer mu.Unlock()
		return hook(r)
	}
}
