// Package guard keeps web pages of other sites away from a server on this machine.
// A browser on the same machine, or beside it, carries out what any page asks for:
// a page may send a request across sites (CSRF), or have its own name resolve to
// our address and so be of our origin (DNS rebinding).
package guard

import (
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// A Rule says which requests are let in: those that are asked for by a name that
// is ours, and are not of another site's page. The zero Rule is not usable; see
// [New].
type Rule struct {
	hosts   []string
	any     bool
	origins *http.CrossOriginProtection
}

// AnyHost is the name that stands for every name.
const AnyHost = "*"

// New returns a rule that lets in loopback names, and further names without their
// ports. public is the URL under which browsers find the server, "" for none: its
// name is ours, and its pages may ask for changes, which matters where a proxy
// rewrites Host.
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

// Names are what the server may be asked for as, for people.
func (r *Rule) Names() string { return strings.Join(r.hosts, " and ") }

// IsOurs says whether a request's Host is a name of ours: loopback, or one that
// New was given. A page with a name of its own that resolves to us is not.
func (r *Rule) IsOurs(q *http.Request) bool {
	host, _, err := net.SplitHostPort(q.Host)
	if err != nil {
		host = strings.Trim(q.Host, "[]")
	}
	return r.any || IsLoopback(host) || slices.Contains(r.hosts, strings.ToLower(host))
}

// MayChange says whether a request that may change something is not of another
// site's page ([http.CrossOriginProtection]); a request that only reads always is.
func (r *Rule) MayChange(q *http.Request) bool { return r.origins.Check(q) == nil }

// IsCrossSite says that another site's page asks, also where it only reads: it
// does not see the answer, but makes the work.
func IsCrossSite(q *http.Request) bool { return q.Header.Get("Sec-Fetch-Site") == "cross-site" }

// IsLoopback tells a host, without a port, that is this machine alone.
func IsLoopback(host string) bool {
	return strings.EqualFold(host, "localhost") || net.ParseIP(host).IsLoopback()
}
