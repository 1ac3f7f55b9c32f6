package notiontest

import (
	"net/http"
	"net/url"
	"strings"
)

// A version is the value of a Notion-Version header. Versions are dates and
// compare as text.
type version string

// The versions that this workspace supports (Notion: changes-by-version). Older versions
// have no data sources and are refused.
const (
	version20250903 version = "2025-09-03"
	version20260311 version = "2026-03-11"
)

// A request holds the parts of a request that endpoints need.
type request struct {
	version version
	path    []string // below /v1, percent-decoded
	query   url.Values
	body    []byte
	json    bool      // the Content-Type is JSON
	form    bool      // the Content-Type is that of an HTML form
	app     *App      // at the token endpoints: which App asks
	page    *htmlPage // an answer that is no JSON

	violation string             // what a correct client would not have requested
	short     func(size int) int // how many of size results may be shown
	circle    bool               // the cursor leads back to the beginning of this answer
	shuffle   bool               // the rows of a minute come in a new order
	badItem   bool               // one entry of a property's list is unusable
}

// parseRequest parses a request and finds its endpoint, "" where there is none.
func parseRequest(r *http.Request, body []byte) (Endpoint, *request) {
	q := &request{
		version: version(r.Header.Get("Notion-Version")),
		query:   r.URL.Query(),
		body:    body,
		json:    strings.HasPrefix(r.Header.Get("Content-Type"), "application/json"),
		form:    strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded"),
	}
	escaped, ok := strings.CutPrefix(r.URL.EscapedPath(), "/v1/")
	if !ok {
		return "", q
	}
	for _, part := range strings.Split(escaped, "/") {
		plain, err := url.PathUnescape(part)
		if err != nil || plain == "" {
			return "", q
		}
		q.path = append(q.path, plain)
	}
	return route(r.Method, q.path), q
}

// route is the API's routing table.
func route(method string, path []string) Endpoint {
	place := method + " /v1/" + path[0]
	switch len(path) {
	case 1:
		switch place {
		case "POST /v1/search":
			return EndpointSearch
		case "GET /v1/users":
			return EndpointListUsers
		case "GET /v1/comments":
			return EndpointListComments
		case "POST /v1/pages":
			return EndpointCreatePage
		}
	case 2:
		if path[0] == "oauth" {
			return oauthRoute(method, path[1])
		}
		switch place {
		case "GET /v1/databases":
			return EndpointRetrieveDatabase
		case "GET /v1/data_sources":
			return EndpointRetrieveDataSource
		case "GET /v1/pages":
			return EndpointRetrievePage
		case "GET /v1/blocks":
			return EndpointRetrieveBlock
		case "PATCH /v1/pages":
			return EndpointUpdatePage
		case "GET /v1/users":
			if path[1] == "me" {
				return EndpointMe
			}
			return EndpointRetrieveUser
		}
	case 3:
		switch place + "/" + path[2] {
		case "POST /v1/data_sources/query":
			return EndpointQuery
		case "PATCH /v1/blocks/children":
			return EndpointAppendBlocks
		}
	case 4:
		if place == "GET /v1/pages" && path[2] == "properties" {
			return EndpointRetrieveProperty
		}
	}
	return ""
}

// oauthRoute is the part of the routing table below /v1/oauth.
func oauthRoute(method, name string) Endpoint {
	switch e := Endpoint(method + " /v1/oauth/" + name); e {
	case EndpointAuthorize, EndpointConsent, EndpointToken, EndpointIntrospect, EndpointRevoke:
		return e
	default:
		return ""
	}
}

// changes reports whether a request to the endpoint changes something.
func (e Endpoint) changes() bool {
	return e == EndpointConsent || e == EndpointToken || e == EndpointRevoke
}

// admit checks a request's token, version and capability and counts it. limits is the
// budget that it counts in. violation describes a request that came before a Retry-After
// had passed.
func (w *Workspace) admit(e Endpoint, q *request, r *http.Request) (limits *budget, f *failure, violation string) {
	switch e {
	case EndpointAuthorize, EndpointConsent: // of a browser
		return &budget{}, nil, ""
	case EndpointToken, EndpointIntrospect, EndpointRevoke:
		return w.admitApp(q, r)
	}
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok {
		return nil, unauthorized(), ""
	}
	if w.asking = w.authenticate(token); w.asking == nil {
		return nil, unauthorized(), ""
	}
	limits = w.asking.budget
	if f, violation = limits.spend(w.opts.Now(), w.opts.RequestsPerMinute); f != nil {
		return limits, f, violation
	}
	if f = checkVersion(q.version, r.URL.Path); f == nil {
		f = w.asking.allowed(e)
	}
	return limits, f, ""
}

// checkVersion checks the Notion-Version of a request to a path.
func checkVersion(v version, path string) *failure {
	switch {
	case v == "":
		return missingVersion()
	case v == version20250903, v == version20260311:
		return nil
	case v < version20250903 && strings.HasPrefix(path, "/v1/data_sources"):
		return invalidURL() // data sources came with 2025-09-03
	default:
		return invalid("Notion-Version header failed validation: this workspace knows %q and %q, instead was %q.", version20250903, version20260311, v)
	}
}

// read answers an admitted request.
func (w *Workspace) read(e Endpoint, q *request) ([]byte, *failure) {
	switch e {
	case EndpointSearch:
		return w.search(q)
	case EndpointRetrieveDatabase:
		return w.retrieveDatabase(q)
	case EndpointRetrieveDataSource:
		return w.retrieveDataSource(q)
	case EndpointQuery:
		return w.queryDataSource(q)
	case EndpointRetrievePage:
		return w.retrievePage(q)
	case EndpointRetrieveProperty:
		return w.retrieveProperty(q)
	case EndpointRetrieveBlock:
		return w.retrieveBlock(q)
	case EndpointListUsers:
		return w.listUsers(q)
	case EndpointMe:
		return w.appendUser(nil, w.asking.bot), nil
	case EndpointRetrieveUser:
		return w.retrieveUser(q)
	case EndpointListComments:
		return w.listComments(q)
	case EndpointUpdatePage:
		return w.updatePage(q)
	case EndpointAppendBlocks:
		return w.appendBlocks(q)
	case EndpointCreatePage:
		return w.createPage(q)
	case EndpointAuthorize, EndpointConsent:
		q.page = w.consent(e, q)
		return nil, nil
	case EndpointToken:
		return w.token(q)
	case EndpointIntrospect:
		return w.introspect(q)
	case EndpointRevoke:
		return w.revokeToken(q)
	default:
		return nil, invalidURL()
	}
}

// id reads the id of a path.
func (q *request) id(name string) (uuid, *failure) {
	id, ok := parseID(q.path[1])
	if !ok {
		return id, invalid("path failed validation: path.%s should be a valid uuid, instead was `%q`.", name, q.path[1])
	}
	return id, nil
}

// members reads the body's members and refuses unknown ones.
func (q *request) members(known ...string) (map[string][]byte, *failure) {
	if len(q.body) > maxBody {
		return nil, &failure{status: http.StatusRequestEntityTooLarge, code: "validation_error", message: "body is too large."}
	}
	if len(q.body) == 0 {
		return nil, nil
	}
	list, err := splitObject(q.body)
	if err != nil || !q.json {
		return nil, &failure{status: http.StatusBadRequest, code: "invalid_json", message: "Error parsing JSON body."}
	}
	return memberSet("body", list, known...)
}

// memberSet turns members into a map and refuses unknown ones.
func memberSet(place string, list []member, known ...string) (map[string][]byte, *failure) {
	set := make(map[string][]byte, len(list))
next:
	for _, m := range list {
		for _, name := range known {
			if m.name == name {
				set[name] = m.value
				continue next
			}
		}
		return nil, unexpected(place, m.name, m.value)
	}
	return set, nil
}
