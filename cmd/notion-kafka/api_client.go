package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"notion-kafka/config"
	"notion-kafka/producer/guard"
)

// An apiClient talks to a running daemon through its API.
type apiClient struct {
	base     string // such as http://127.0.0.1:8080, without a slash at its end
	username string
	password func() string // that of now
	http     *http.Client
	pause    time.Duration // before a stream of events that broke off is asked for again
}

// apiPatience is how long the daemon may take to begin an answer: longer than it
// gives itself.
const apiPatience = time.Minute

// errNoDaemon says that nothing listens where the API should be.
var errNoDaemon = errors.New("no daemon answers")

// apiFlag is the flag of the commands that talk to a running daemon.
func apiFlag(cmd *cobra.Command, address *string) {
	cmd.Flags().StringVar(address, "api", "", "`URL` of the running daemon's console (default made of console.listen)")
}

// newAPIClient makes a client of the daemon that the configuration describes,
// or of the one at address, where it is given.
func newAPIClient(cfg *config.Config, address string, log *slog.Logger) (*apiClient, error) {
	base, err := apiAddress(cfg.Console.Listen, address)
	if err != nil {
		return nil, usageError{err}
	}
	if u, err := url.Parse(base); err == nil && u.Scheme == "http" && !guard.IsLoopback(u.Hostname()) && cfg.Console.Username != "" {
		log.Warn("console.password travels in clear: reach the console by https", "api", base)
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.ResponseHeaderTimeout = apiPatience
	return &apiClient{
		base: base, username: cfg.Console.Username, password: cfg.SecretNow("console.password", cfg.Console.Password, log), pause: time.Second,
		http: &http.Client{
			Transport: transport,
			// A redirect would turn a PUT into a GET that answers well.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}, nil
}

// api makes the client of a command.
func (p *process) api(address string) (*apiClient, error) {
	cfg, err := p.config()
	if err != nil {
		return nil, err
	}
	return newAPIClient(cfg, address, p.logger())
}

// shownAddress is where a person finds the console of this configuration: where it
// listens, or, where that is everywhere, at its public URL.
func shownAddress(cfg *config.Config) string {
	host, _, err := net.SplitHostPort(cfg.Console.Listen)
	if ip := net.ParseIP(host); err == nil && host != "" && (ip == nil || !ip.IsUnspecified()) {
		return "http://" + cfg.Console.Listen
	}
	return cfg.Console.PublicURL
}

// apiAddress is where the API is: at the given URL, or where console.listen
// says, on this machine.
func apiAddress(listen, given string) (string, error) {
	if given != "" {
		u, err := url.Parse(given)
		if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
			return "", errors.New("--api is not the address of a console: write it as http://host:port, " +
				"and give the password as console.username and console.password")
		}
		return strings.TrimRight(given, "/"), nil
	}
	host, port, err := net.SplitHostPort(listen)
	if err != nil || port == "0" {
		return "", fmt.Errorf("console.listen is %q, which is no place to find a daemon at: "+
			"set it as the daemon has it, or give the address of its console with --api URL", listen)
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return "http://" + net.JoinHostPort(host, port), nil
}

// apiPath joins the parts of a path below /api/v1, names made safe.
func apiPath(parts ...string) string {
	var b strings.Builder
	for _, part := range parts {
		b.WriteString("/" + url.PathEscape(part))
	}
	return b.String()
}

// call asks the daemon for something, sends in unless it is nil, and reads the
// answer into out unless that is nil. Errors begin with what was being done.
func (c *apiClient) call(ctx context.Context, doing, method, path string, in, out any) error {
	response, err := c.send(ctx, method, path, in)
	if err == nil {
		defer response.Body.Close()
		err = c.read(response, out)
	}
	if err == nil {
		return nil
	}
	err = fmt.Errorf("%s: %w", doing, err)
	if refused := new(refusal); errors.As(err, &refused) && refused.status == http.StatusNotFound && strings.HasPrefix(path, "/sources/") {
		return usageError{err} // the command line named what there is not
	}
	return err
}

// send sends a request and answers with an answer that is a success.
func (c *apiClient) send(ctx context.Context, method, path string, in any) (*http.Response, error) {
	var body io.Reader
	if in != nil {
		text, err := json.Marshal(in)
		if err != nil {
			return nil, err
		}
		body = bytes.NewReader(text)
	}
	request, err := http.NewRequestWithContext(ctx, method, c.base+"/api/v1"+path, body)
	if err != nil {
		return nil, err
	}
	if in != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	if c.username != "" {
		request.SetBasicAuth(c.username, c.password())
	}
	response, err := c.http.Do(request)
	if err != nil {
		return nil, c.unreached(ctx, method, err)
	}
	if response.StatusCode/100 != 2 {
		defer response.Body.Close()
		return nil, c.refused(response)
	}
	return response, nil
}

// unreached puts into words why there was no answer.
func (c *apiClient) unreached(ctx context.Context, method string, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	var request *url.Error
	if errors.As(err, &request) {
		err = request.Err // without the method and the URL, which are said here
	}
	if dial := new(net.OpError); errors.As(err, &dial) && dial.Op == "dial" {
		return fmt.Errorf("%w at %s: is it running, is console.listen set? --api URL names another address (%w)", errNoDaemon, c.base, err)
	}
	doubt := ""
	if method != http.MethodGet {
		doubt = ", so it may be done or not: look before you try again"
	}
	return fmt.Errorf("the daemon at %s did not answer%s (%w)", c.base, doubt, err)
}

// A refusal is an answer that is not what was asked for.
type refusal struct {
	status int
	detail string
}

func (r *refusal) Error() string { return r.detail }

// A problem is an error as the API tells it (RFC 9457).
type problem struct {
	Title, Detail string
	Status        int
}

func (p problem) refusal() *refusal {
	if p.Detail == "" {
		p.Detail = p.Title
	}
	return &refusal{p.Status, p.Detail}
}

// refused reads the problem of an answer.
func (c *apiClient) refused(response *http.Response) error {
	var told problem
	kind, _, _ := mime.ParseMediaType(response.Header.Get("Content-Type"))
	if kind != "application/problem+json" || json.NewDecoder(response.Body).Decode(&told) != nil {
		return fmt.Errorf("what answers at %s is not notion-kafka's API (%s): is --api or console.listen right?", c.base, response.Status)
	}
	if told.Status = response.StatusCode; told.Status == http.StatusUnauthorized {
		told.Detail = fmt.Sprintf("the daemon at %s refuses the username or password: set console.username and console.password as it has them", c.base)
	}
	return told.refusal()
}

func (c *apiClient) read(response *http.Response, out any) error {
	if out == nil {
		return nil
	}
	if err := json.NewDecoder(response.Body).Decode(out); err != nil {
		return fmt.Errorf("the answer of %s cannot be read, is it notion-kafka of another version? (%w)", c.base, err)
	}
	return nil
}
