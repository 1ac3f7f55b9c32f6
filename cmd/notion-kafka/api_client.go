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
	password func() string // the current one
	http     *http.Client
	pause    time.Duration // before a broken stream of events is requested again
}

// apiPatience is how long the daemon may take to begin its response: longer than its own
// limit.
const apiPatience = time.Minute

// errNoDaemon: nothing listens at the address of the API.
var errNoDaemon = errors.New("no daemon answers")

// apiFlag adds the flag of the commands that talk to a running daemon.
func apiFlag(cmd *cobra.Command, address *string) {
	cmd.Flags().StringVar(address, "api", "", "`URL` of the running daemon's console (default: built from console.listen)")
}

// newAPIClient makes a client of the daemon that the configuration describes,
// or of the one at address, where it is given.
func newAPIClient(cfg *config.Config, address string, log *slog.Logger) (*apiClient, error) {
	base, err := apiAddress(cfg.Console.Listen, address)
	if err != nil {
		return nil, usageError{err}
	}
	if u, err := url.Parse(base); err == nil && u.Scheme == "http" && !guard.IsLoopback(u.Hostname()) && cfg.Console.Username != "" {
		log.Warn("console.password travels in clear: use the console by https", "api", base)
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.ResponseHeaderTimeout = apiPatience
	return &apiClient{
		base: base, username: cfg.Console.Username, password: cfg.SecretNow("console.password", cfg.Console.Password, log), pause: time.Second,
		http: &http.Client{
			Transport: transport,
			// A redirect would turn a PUT into a GET, which would succeed.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}, nil
}

// api makes a command's client.
func (p *process) api(address string) (*apiClient, error) {
	cfg, err := config.LoadForClient(p.configFrom())
	if err != nil {
		return nil, err
	}
	if err := checkKeys(cfg); err != nil {
		return nil, err
	}
	p.remark(cfg)
	return newAPIClient(cfg, address, p.logger())
}

// shownAddress returns the console's address for messages: where it listens, or its
// public URL if it listens on all addresses.
func shownAddress(cfg *config.Config) string {
	host, _, err := net.SplitHostPort(cfg.Console.Listen)
	if ip := net.ParseIP(host); err == nil && host != "" && (ip == nil || !ip.IsUnspecified()) {
		return "http://" + cfg.Console.Listen
	}
	return cfg.Console.PublicURL
}

// apiAddress returns the base URL of the API: the given one, or console.listen on this
// machine.
func apiAddress(listen, given string) (string, error) {
	if given != "" {
		u, err := url.Parse(given)
		if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
			return "", errors.New("--api is not the address of a console: write it as http://host:port, " +
				"and give the credentials as console.username and console.password")
		}
		return strings.TrimRight(given, "/"), nil
	}
	host, port, err := net.SplitHostPort(listen)
	if err != nil || port == "0" {
		return "", fmt.Errorf("console.listen is %q, where no daemon can be found: "+
			"set the same value as the daemon has, or give the address of its console with --api URL", listen)
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return "http://" + net.JoinHostPort(host, port), nil
}

// apiPath joins and escapes the parts of a path below /api/v1.
func apiPath(parts ...string) string {
	var b strings.Builder
	for _, part := range parts {
		b.WriteString("/" + url.PathEscape(part))
	}
	return b.String()
}

// call sends a request with in as its body, unless in is nil, and decodes the response
// into out, unless out is nil. Errors begin with doing, such as "adding source crm".
func (c *apiClient) call(ctx context.Context, doing, method, path string, in, out any) error {
	response, err := c.send(ctx, method, path, "", in)
	if err == nil {
		defer response.Body.Close()
		err = c.read(response, out)
	}
	return failedAt(doing, path, err)
}

// text requests a resource as text of a media type.
func (c *apiClient) text(ctx context.Context, doing, path, mediaType string) (string, error) {
	response, err := c.send(ctx, http.MethodGet, path, mediaType, nil)
	if err != nil {
		return "", failedAt(doing, path, err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	return string(text), failedAt(doing, path, err)
}

// failedAt adds to the error of a request what was being done; nil stays nil.
func failedAt(doing, path string, err error) error {
	if err == nil {
		return nil
	}
	err = fmt.Errorf("%s: %w", doing, err)
	if refused := new(refusal); errors.As(err, &refused) && refused.status == http.StatusNotFound && strings.HasPrefix(path, "/sources/") {
		return usageError{err} // the command line named something that does not exist
	}
	return err
}

// send sends a request and returns a successful response. accept is the media type that
// it must have; "": any.
func (c *apiClient) send(ctx context.Context, method, path, accept string, in any) (*http.Response, error) {
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
	if accept != "" {
		request.Header.Set("Accept", accept)
	}
	response, err := c.do(request)
	if err != nil {
		return nil, err
	}
	if response.StatusCode/100 != 2 {
		defer response.Body.Close()
		return nil, c.refused(response)
	}
	return response, nil
}

// do sends a request with the password, and returns the response, whatever its status.
func (c *apiClient) do(request *http.Request) (*http.Response, error) {
	if c.username != "" {
		request.SetBasicAuth(c.username, c.password())
	}
	response, err := c.http.Do(request)
	if err != nil {
		return nil, c.unreached(request.Context(), request.Method, err)
	}
	return response, nil
}

// unreached explains why there was no response.
func (c *apiClient) unreached(ctx context.Context, method string, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	var request *url.Error
	if errors.As(err, &request) {
		err = request.Err // without the method and the URL, which are added here
	}
	if dial := new(net.OpError); errors.As(err, &dial) && dial.Op == "dial" {
		return fmt.Errorf("%w at %s: is it running, and is its console.listen set? Use --api URL for another address (%w)", errNoDaemon, c.base, err)
	}
	doubt := ""
	if method != http.MethodGet {
		doubt = ", so it is not known whether this was done: look before you try again"
	}
	return fmt.Errorf("the daemon at %s did not answer%s (%w)", c.base, doubt, err)
}

// A refusal is an error response of the API.
type refusal struct {
	status int
	detail string
}

func (r *refusal) Error() string { return r.detail }

// A problem is the body of an error response (RFC 9457).
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

// refused turns an error response into an error.
func (c *apiClient) refused(response *http.Response) error {
	var told problem
	kind, _, _ := mime.ParseMediaType(response.Header.Get("Content-Type"))
	if kind != "application/problem+json" || json.NewDecoder(response.Body).Decode(&told) != nil {
		return fmt.Errorf("the server at %s is not notion-kafka's API (%s): is --api or console.listen right?", c.base, response.Status)
	}
	if told.Status = response.StatusCode; told.Status == http.StatusUnauthorized {
		told.Detail = fmt.Sprintf("the daemon at %s refuses the username or password: set the same console.username and console.password as the daemon has", c.base)
	}
	return told.refusal()
}

func (c *apiClient) read(response *http.Response, out any) error {
	if out == nil {
		return nil
	}
	if err := json.NewDecoder(response.Body).Decode(out); err != nil {
		return fmt.Errorf("the response of %s cannot be read: is it another version of notion-kafka? (%w)", c.base, err)
	}
	return nil
}
