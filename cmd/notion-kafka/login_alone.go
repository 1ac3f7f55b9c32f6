package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"path"
	"sync"
	"time"

	"notion-kafka/cmd/notion-kafka/console"
	"notion-kafka/config"
	"notion-kafka/producer/control"
	"notion-kafka/producer/guard"
)

// A way is the way of one source to Notion's consent page and back.
type way interface {
	// begin returns the address of the consent page.
	begin() (consent string, err error)
	// finish takes the query of a callback, and stores what was granted. Beside an error
	// Connected has the source, unless the query is not of this way.
	finish(ctx context.Context, query url.Values) (control.Connected, error)
}

// redirectURL returns where Notion sends browsers.
func redirectURL(cfg *config.Config) (*url.URL, error) {
	text := cmp.Or(cfg.OAuth.RedirectURL, cfg.Console.PublicURL+"/oauth/callback")
	at, err := url.Parse(text)
	if err != nil || at.Hostname() == "" {
		return nil, usageError{fmt.Errorf("oauth.redirect_url %q is not a URL such as http://localhost:8080/oauth/callback", text)}
	}
	return at, nil
}

// alone shows Notion's page, and answers the browser that comes back to this machine, or
// takes the address that a person pastes.
func (l *login) alone(ctx context.Context, w way, at *url.URL, listener net.Listener, typed <-chan string) (control.Connected, error) {
	consent, err := w.begin()
	if err != nil {
		return control.Connected{}, err
	}
	d := &desk{ctx: ctx, way: w, at: at, done: make(chan outcome, 1), styled: make(chan struct{}, 1)}
	defer d.open(listener)()
	l.offer(consent)
	if listener == nil {
		fmt.Fprintf(l.problems(), "then paste the address that it ends at here; it begins with %s\n", at)
	} else {
		fmt.Fprintf(l.problems(), "waiting for the browser at %s; if it is on another machine, paste the address that it ends at here\n", at)
	}
	for {
		select {
		case <-ctx.Done():
			return control.Connected{}, context.Cause(ctx)
		case out := <-d.done:
			return out.found, out.err
		case line, more := <-typed:
			switch {
			case more:
				l.paste(ctx, d, line)
			case listener == nil:
				return control.Connected{}, errors.New("standard input ended before the address was pasted: run the command in a terminal")
			default:
				typed = nil
			}
		}
	}
}

// paste takes an address that was pasted.
func (l *login) paste(ctx context.Context, d *desk, line string) {
	query, err := pastedQuery(line)
	if err == nil {
		_, err = d.take(ctx, query, false)
	}
	if err != nil {
		fmt.Fprintln(l.problems(), err)
	}
}

// listen opens the address that Notion sends browsers to. Without a browser to open it may
// be one that this machine cannot have: then the listener is nil, and the person pastes.
func (l *login) listen(ctx context.Context, at *url.URL) (net.Listener, error) {
	if !guard.IsLoopback(at.Hostname()) || at.Scheme != "http" {
		if l.noBrowser {
			return nil, nil
		}
		return nil, usageError{fmt.Errorf("oauth.redirect_url is %s, where this command cannot answer the browser: start the daemon that answers there, "+
			"or use --no-browser and paste the address that the browser ends at, "+
			"or register http://localhost:8080/oauth/callback with the connection at Notion too and --set oauth.redirect_url to it", at)}
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", net.JoinHostPort(at.Hostname(), cmp.Or(at.Port(), "80")))
	if err == nil || l.noBrowser {
		return listener, nil
	}
	return nil, fmt.Errorf("listening at %s, where Notion sends the browser: %w; end the program that has the address, "+
		"or use --no-browser and paste the address that the browser ends at", at, err)
}

// An outcome is how a way ended.
type outcome struct {
	found control.Connected
	err   error
}

// A desk answers the browsers that come back, until one of them ended the way.
type desk struct {
	ctx    context.Context // of the command
	way    way
	at     *url.URL // the callback
	done   chan outcome
	styled chan struct{} // the page that ended the way has its style sheet

	mu      sync.Mutex // one callback at a time; guards what follows
	browser bool       // a browser ended the way
}

// take takes the query of a callback. One that is not of this way ends nothing.
func (d *desk) take(ctx context.Context, query url.Values, browser bool) (control.Connected, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	found, err := d.way.finish(ctx, query)
	if err == nil || found.Source != "" {
		select {
		case d.done <- outcome{found, err}:
			d.browser = browser
		default: // it ended before
		}
	}
	return found, err
}

// pageWithin is how long the last browser has to fetch its page.
const pageWithin = 2 * time.Second

// open answers at a listener, if there is one, until close.
func (d *desk) open(listener net.Listener) (shut func()) {
	if listener == nil {
		return func() {}
	}
	routes := http.NewServeMux()
	routes.HandleFunc("GET "+cmp.Or(d.at.Path, "/{$}"), d.callback)
	routes.HandleFunc("GET "+path.Join("/", path.Dir(d.at.Path), "style.css"), func(w http.ResponseWriter, r *http.Request) {
		console.ServeConnectStyle(w, r)
		select {
		case d.styled <- struct{}{}:
		default:
		}
	})
	server := &http.Server{Handler: onlyOurs(routes), ReadHeaderTimeout: 10 * time.Second}
	go server.Serve(listener) //nolint:errcheck // ends with Shutdown
	return func() {
		d.mu.Lock()
		browser := d.browser
		d.mu.Unlock()
		bounded, cancel := context.WithTimeout(context.WithoutCancel(d.ctx), pageWithin)
		defer cancel()
		if browser {
			select {
			case <-d.styled:
			case <-bounded.Done():
			}
		}
		_ = server.Shutdown(bounded)
	}
}

// callback answers a browser that Notion sent back.
func (d *desk) callback(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet { // HEAD
		w.Header().Set("Allow", http.MethodGet)
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	}
	query, err := console.ReadCallback(r)
	var found control.Connected
	if err == nil {
		found, err = d.take(d.ctx, query, true)
	}
	if err != nil {
		console.ServeConnectPage(w, http.StatusConflict, console.ConnectPage{Connected: found, Problem: err.Error(), Here: true})
		return
	}
	console.ServeConnectPage(w, http.StatusOK, console.ConnectPage{Connected: found, Here: true})
}

// onlyOurs refuses requests by another name than this machine's, as of a page whose name
// was made to lead here (DNS rebinding).
func onlyOurs(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host := (&url.URL{Host: r.Host}).Hostname()
		if !guard.IsLoopback(host) {
			http.Error(w, "this command answers on this machine only", http.StatusMisdirectedRequest)
			return
		}
		next.ServeHTTP(w, r)
	})
}
