// Package console is the face on the web: the API under /api/v1 with its OpenAPI
// document, health, and the listener of it all. Of sources and runs it knows what
// its [Backend] tells.
package console

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Options are what a console is made of.
type Options struct {
	// Listen is host:port; port 0 takes a free one.
	Listen string
	// PublicURL is where browsers find the console; its host may be asked for
	// beside localhost, and its pages may change things.
	PublicURL string
	// Username and Password guard everything but health and metrics. Both or
	// neither; without them Listen must be a loopback address, unless Insecure.
	Username, Password string
	// PasswordNow is asked instead of Password for every request; nil where the
	// password stays what it is.
	PasswordNow func() string
	Insecure    bool
	// Backend is the system that is shown.
	Backend Backend
	// Metrics answers /metrics; nil: there is no such page.
	Metrics http.Handler
	// Level is the log level of this instance, read and set under
	// /api/v1/log-level.
	Level  *slog.LevelVar
	Logger *slog.Logger
	// Version of the program, for the index.
	Version string
	// KeepAlive is the time between two signs of life in a stream of events that
	// has nothing else to say, default 15 s.
	KeepAlive time.Duration
}

// A Server is the console of one instance.
type Server struct {
	backend Backend
	metrics http.Handler
	level   *slog.LevelVar
	log     *slog.Logger
	version string

	login     *login // nil: everybody may
	hosts     []string
	origins   *http.CrossOriginProtection
	keepAlive time.Duration

	listen  string
	retry   time.Duration // between two attempts to listen
	serving chan struct{} // closed once address is set
	address string
	ending  chan struct{} // closed when streams of events have to end
}

// New returns a console that [Server.Run] serves. It refuses to be reachable
// from other machines without a password.
func New(o Options) (*Server, error) {
	host, _, err := net.SplitHostPort(o.Listen)
	if err != nil {
		return nil, fmt.Errorf("console.listen %q is not host:port: %w", o.Listen, err)
	}
	public, err := url.Parse(o.PublicURL)
	if err != nil || public.Hostname() == "" {
		return nil, fmt.Errorf("console.public_url %q is not a URL such as http://localhost:8080", o.PublicURL)
	}
	if (o.Username == "") != (o.Password == "") {
		return nil, errors.New("console.username and console.password go together: give both or neither")
	}
	if o.Username == "" && !o.Insecure && !isLoopback(host) {
		return nil, fmt.Errorf("console.listen %s can be reached from other machines: "+
			"give console.username and console.password, or listen on 127.0.0.1, or say console.insecure: true", o.Listen)
	}
	s := &Server{
		backend: o.Backend, metrics: o.Metrics, level: o.Level, log: o.Logger, version: o.Version,
		origins: http.NewCrossOriginProtection(), keepAlive: o.KeepAlive,
		listen: o.Listen, retry: 5 * time.Second, serving: make(chan struct{}), ending: make(chan struct{}),
	}
	if s.keepAlive == 0 {
		s.keepAlive = 15 * time.Second
	}
	// A proxy in front may rewrite Host, which the Origin is compared with.
	if err := s.origins.AddTrustedOrigin(public.Scheme + "://" + public.Host); err != nil {
		return nil, fmt.Errorf("console.public_url %q: %w", o.PublicURL, err)
	}
	switch {
	case o.Username != "":
		s.login = &login{sha256.Sum256([]byte(o.Username)), o.PasswordNow}
		if o.PasswordNow == nil {
			s.login.password = func() string { return o.Password }
		}
	case !o.Insecure:
		s.hosts = []string{"localhost"}
		if name := strings.ToLower(public.Hostname()); name != "localhost" {
			s.hosts = append(s.hosts, name)
		}
	}
	return s, nil
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || ip.IsLoopback()
}
