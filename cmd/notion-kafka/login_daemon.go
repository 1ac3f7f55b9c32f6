package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"notion-kafka/producer/control"
	"notion-kafka/producer/guard"
)

// A connectedSource is what login looks at of a source in the API.
type connectedSource struct {
	OAuth      bool `json:"oauth"`
	Connection *struct {
		Workspace string    `json:"workspace"`
		Person    string    `json:"person"`
		GrantedAt time.Time `json:"granted_at"`
	} `json:"connection"`
}

func (s connectedSource) granted() time.Time {
	if s.Connection == nil {
		return time.Time{}
	}
	return s.Connection.GrantedAt
}

// withDaemon has a running daemon connect the source: it shows the address of the daemon's
// page, and waits until the source has a new connection. public is where browsers find the
// daemon. The error is errNoDaemon if there is none.
func (l *login) withDaemon(ctx context.Context, client *apiClient, public string, typed <-chan string) error {
	doing := "connecting source " + l.source
	var source connectedSource
	if err := client.call(ctx, doing, http.MethodGet, apiPath("sources", l.source), nil, &source); err != nil {
		return err
	}
	if !source.OAuth {
		return errHasToken(l.source)
	}
	public = strings.TrimRight(public, "/")
	l.offer(public + "/oauth/start?" + url.Values{"source": {l.source}}.Encode())
	w := &wait{login: l, client: client, before: source.granted()}
	if at, err := url.Parse(public); err == nil && l.noBrowser && guard.IsLoopback(at.Hostname()) {
		if err := w.relay(ctx, typed); err != nil {
			return fmt.Errorf("%s: %w", doing, err)
		}
	}
	fmt.Fprintln(l.Err, "waiting until it is connected; Ctrl-C ends this command, and the page works all the same")
	source, err := w.await(ctx)
	if err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	l.connected(control.Connected{Workspace: source.Connection.Workspace, Person: source.Connection.Person}, "it is read at once")
	return nil
}

// A wait waits until a source has another connection than before.
type wait struct {
	*login
	client *apiClient
	before time.Time // when the connection was granted; zero: there is none

	typed   <-chan string  // nil: nothing can be pasted
	cookies []*http.Cookie // what the daemon knows this browser by
}

// relay goes the browser's way for a browser that cannot reach the daemon: it begins at
// the daemon and shows Notion's page; the address that the browser ends at is pasted.
func (w *wait) relay(ctx context.Context, typed <-chan string) error {
	consent, cookies, err := w.client.beginOAuth(ctx, w.source)
	if err != nil {
		return err
	}
	w.typed, w.cookies = typed, cookies
	fmt.Fprintln(w.problems(), "if the browser is on another machine, open this address instead, and paste the address that it ends at here:")
	fmt.Fprintln(w.Out, consent)
	return nil
}

// paste takes an address that was pasted to the daemon.
func (w *wait) paste(ctx context.Context, line string) error {
	query, err := pastedQuery(line)
	if err != nil {
		fmt.Fprintln(w.problems(), err)
		return nil
	}
	return w.client.finishOAuth(ctx, w.cookies, query)
}

// loginAttempts is how many looks at a source may fail in a row, as while the daemon
// restarts.
const loginAttempts = 30

// await looks at the source until it has another connection.
func (w *wait) await(ctx context.Context) (source connectedSource, err error) {
	for failed := 0; failed < loginAttempts; {
		select {
		case <-ctx.Done():
			return source, context.Cause(ctx)
		case line, more := <-w.typed:
			if !more {
				w.typed = nil
			} else if err := w.paste(ctx, line); err != nil {
				return source, err
			}
		case <-time.After(w.client.pause):
		}
		source = connectedSource{}
		err = w.client.call(ctx, "looking at it", http.MethodGet, apiPath("sources", w.source), nil, &source)
		switch {
		case err == nil && !source.granted().Equal(w.before):
			return source, nil
		case err == nil:
			failed = 0
		case w.exitCode(err) == 2: // it was removed
			return source, err
		default:
			failed++
		}
	}
	return source, err
}

// beginOAuth does what a browser does at /oauth/start, and returns the address of Notion's
// consent page and what the daemon will know the browser by.
func (c *apiClient) beginOAuth(ctx context.Context, source string) (consent string, cookies []*http.Cookie, err error) {
	// With a ticket the daemon sends a browser to no other name of its own.
	response, err := c.page(ctx, "/oauth/start?"+url.Values{"source": {source}, "ticket": {""}}.Encode(), nil)
	if err != nil {
		return "", nil, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusSeeOther {
		return "", nil, c.refused(response)
	}
	return response.Header.Get("Location"), response.Cookies(), nil
}

// finishOAuth does what a browser does at /oauth/callback.
func (c *apiClient) finishOAuth(ctx context.Context, cookies []*http.Cookie, query url.Values) error {
	response, err := c.page(ctx, "/oauth/callback?"+query.Encode(), cookies)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return c.refused(response)
	}
	return c.read(response, new(json.RawMessage))
}

// page requests a page that a browser would, as JSON.
func (c *apiClient) page(ctx context.Context, at string, cookies []*http.Cookie) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, c.base+at, http.NoBody)
	if err != nil {
		return nil, fmt.Errorf("asking the daemon at %s: its address cannot be used", c.base)
	}
	request.Header.Set("Accept", "application/json")
	for _, cookie := range cookies {
		request.AddCookie(cookie)
	}
	return c.do(request)
}
