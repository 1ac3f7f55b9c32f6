// Package guard keeps web pages of other sites away from a server on this machine.
// A browser that reaches the server sends the requests of any page: a page may send
// a request across sites (CSRF), or let its own name resolve to our address and so
// share our origin (DNS rebinding).
package guard

import (
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// A Rule says which requests are let in: those whose Host is a name of ours, and
// that do not come from another site's page. The zero Rule is not usable; see [New].
type Rule struct {
	hosts   []string
	any     bool
	origins *http.CrossOriginProtection
}

// AnyHost is the name that stands for every name.
const AnyHost = "*"

// New returns a rule that lets in loopback names and further names, which have no
// ports. public is the URL under which browsers find the server, "" for none: its
// name is ours, and its pages may make changes, which matters if a proxy rewrites
// Host.
func New(public string, names ...string) (*Rule, error) {
	r := &Rule{origins: http.NewCrossOriginProtection(), any: slices.Contains(names, AnyHost), hosts: []string{"localhost"}}
	if public != "" {
		at, err := url.Parse(public)
		if err != nil || at.Hostname() == "" {
			return nil, fmt.Errorf("%q is not a URL such as http://localhost:8080", public)
		}
		if err := r.origins.AddTrustedOrigin(at.Scheme + "://" + at.Host); err != nil {
			return nil, fmt.Errorf("%q cannot be an origin: %w", public, err)
		}
		names = append([]string{at.Hostname()}, names...)
	}
	for _, name := range names {
		if name = strings.ToLower(name); !slices.Contains(r.hosts, name) {
			r.hosts = append(r.hosts, name)
		}
	}
	return r, nil
}

// Names lists the names of the server, for people.
func (r *Rule) Names() string { return strings.Join(r.hosts, " and ") }

// IsOurs reports whether a request's Host is a name of ours: loopback, or one that
// New was given. Another site's name that resolves to our address is not ours.
func (r *Rule) IsOurs(q *http.Request) bool {
	host, _, err := net.SplitHostPort(q.Host)
	if err != nil {
		host = strings.Trim(q.Host, "[]")
	}
	return r.any || IsLoopback(host) || slices.Contains(r.hosts, strings.ToLower(host))
}

// MayChange reports whether a request may make changes: it does not come from another
// site's page ([http.CrossOriginProtection]). It is true for requests that only read.
func (r *Rule) MayChange(q *http.Request) bool { return r.origins.Check(q) == nil }

// IsCrossSite reports whether a request comes from another site's page, even if it
// only reads: such a page does not see the answer, but causes work.
func IsCrossSite(q *http.Request) bool { return q.Header.Get("Sec-Fetch-Site") == "cross-site" }

// IsLoopback reports whether a host, without a port, is this machine alone.
func IsLoopback(host string) bool {
	return strings.EqualFold(host, "localhost") || net.ParseIP(host).IsLoopback()
}
