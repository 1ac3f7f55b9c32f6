// Package console serves HTTP: the API under /api/v1 with its OpenAPI document, health
// and metrics. All it knows of sources and runs comes from its [Backend].
package console

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"notion-kafka/producer/guard"
)

// Options configure a console.
type Options struct {
	// Listen is host:port; port 0 takes a free one.
	Listen string
	// PublicURL is where browsers find the console. Its host is accepted beside
	// localhost, and its pages may make changes.
	PublicURL string
	// RedirectURL is where Notion sends browsers after the consent page; "": PublicURL
	// + /oauth/callback. Its host is accepted too.
	RedirectURL string
	// Hosts are further accepted host names, without ports; "*" is any.
	Hosts []string
	// Username and Password guard everything but health and metrics. Both or
	// neither. Without them Listen must be a loopback address, unless Insecure,
	// and only requests to accepted host names are answered.
	Username, Password string
	// PasswordNow returns the current password, and is called for every request; nil:
	// Password does not change.
	PasswordNow func() string
	Insecure    bool
	// ReadOnly refuses every change, by pages and by programs.
	ReadOnly bool
	// Preview shows the contents of records and of Notion pages.
	Preview bool
	// Backend is the system that is shown.
	Backend Backend
	// Metrics serves /metrics; nil: there is no such page.
	Metrics http.Handler
	// Level is the log level of this instance, read and set under
	// /api/v1/log-level.
	Level  *slog.LevelVar
	Logger *slog.Logger
	// Version of the program, for the index.
	Version string
	// KeepAlive is the time between two keep-alive comments in an idle stream of
	// events, default 15 s.
	KeepAlive time.Duration
}

// A Server is the console of one instance.
type Server struct {
	backend Backend
	metrics http.Handler
	level   *slog.LevelVar
	log     *slog.Logger
	version string

	login     *login // nil: no password is needed
	rule      *guard.Rule
	named     bool // only accepted host names are answered
	beyond    bool // other machines can reach it
	readOnly  bool // changes are refused; pages have no forms for them
	preview   bool // contents of records and of Notion pages are shown
	keepAlive time.Duration
	readiness readyCache
	defining  chan struct{} // holds an element for each source that is being defined
	entrance  entrance
	home      home
	tickets   *tickets

	listen  string
	retry   time.Duration // between two attempts to listen
	serving chan struct{} // closed once address is set
	address string
	ending  chan struct{} // closed when streams of events have to end
	streams chan struct{} // holds an element for each stream of events
}

// New returns a console that [Server.Run] serves. It refuses to be reachable
// from other machines without a password.
func New(o Options) (*Server, error) {
	host, _, err := net.SplitHostPort(o.Listen)
	if err != nil {
		return nil, fmt.Errorf("console.listen %q is not host:port: %w", o.Listen, err)
	}
	entrance, err := newEntrance(o.PublicURL, o.RedirectURL)
	if err != nil {
		return nil, err
	}
	rule, err := guard.New(o.PublicURL, append([]string{entrance.host}, o.Hosts...)...)
	if err != nil {
		return nil, fmt.Errorf("console.public_url %w", err)
	}
	home, err := newHome(o.PublicURL)
	if err != nil {
		return nil, err
	}
	if (o.Username == "") != (o.Password == "") {
		return nil, errors.New("console.username and console.password go together: give both or neither")
	}
	if o.Username == "" && !o.Insecure && !guard.IsLoopback(host) {
		return nil, fmt.Errorf("console.listen %s can be reached from other machines: "+
			"set console.username and console.password, or listen on 127.0.0.1, or set console.insecure: true", o.Listen)
	}
	s := &Server{
		backend: previewed(o.Backend, o.Preview), metrics: o.Metrics, level: o.Level, log: o.Logger, version: o.Version,
		rule: rule, named: o.Username == "" || len(o.Hosts) > 0, beyond: !guard.IsLoopback(host), readOnly: o.ReadOnly, preview: o.Preview, keepAlive: o.KeepAlive,
		listen: o.Listen, retry: 5 * time.Second, serving: make(chan struct{}), ending: make(chan struct{}), streams: make(chan struct{}, mostStreams),
		defining: make(chan struct{}, mostDefining), entrance: entrance, home: home, tickets: newTickets(),
	}
	if s.keepAlive == 0 {
		s.keepAlive = 15 * time.Second
	}
	if o.Username != "" {
		s.login = &login{o.Username, o.PasswordNow, newAttempts(o.Logger)}
		if o.PasswordNow == nil {
			s.login.password = func() string { return o.Password }
		}
	}
	return s, nil
}
