//go:build real

package main_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// fuzzToken is the token of the fuzzer's sources.
const fuzzToken = "ntn_madebythefuzzer"

// besetAPI sends the console random requests, with the password and without, several at
// a time.
func (h *hour) besetAPI(ctx context.Context) {
	const askers, perSecond = 6, 10
	client := &http.Client{Timeout: 30 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	defer client.CloseIdleConnections()
	var all sync.WaitGroup
	for asker := range uint64(askers) {
		all.Go(func() {
			paced(ctx, perSecond, func(n uint64) {
				h.askAnything(ctx, client, newMalice(h.seed^0xA71, asker<<32|n))
			})
		})
	}
	all.Go(func() { paced(ctx, 2, func(n uint64) { h.halfARequest(newMalice(h.seed^0x4a1f, n)) }) })
	all.Go(func() { h.deafListeners(ctx) })
	all.Wait()
}

// A plea is one request of the fuzzer.
type plea struct {
	malice
	*hour
}

// askAnything sends one request and checks the response: no status may be an internal
// error.
func (h *hour) askAnything(ctx context.Context, client *http.Client, m malice) {
	p := plea{m, h}
	method, path := p.method(), p.path()
	var body []byte
	if method == http.MethodPost || method == http.MethodPut || p.once(20) {
		body = p.body()
	}
	if p.once(8) { // this one can succeed
		name := p.made()
		method, path = pick(p.malice, http.MethodPost, http.MethodPut, http.MethodDelete), "/api/v1/sources"
		if method != http.MethodPost {
			path += "/" + name
		}
		if body = nil; method != http.MethodDelete {
			body = p.definition(name, 50)
		}
	}
	request, err := http.NewRequestWithContext(ctx, method, "http://"+h.siege.console+path, bytes.NewReader(body))
	if err != nil {
		return // an invalid request cannot be sent
	}
	p.dress(request)
	response, err := client.Do(request)
	if err != nil {
		h.tally.count("API: no answer to " + method)
		return
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, 256<<20))
	h.tally.count(fmt.Sprintf("API: %s %d", method, response.StatusCode))
	if response.StatusCode == http.StatusInternalServerError {
		h.t.Errorf("%s %.300s with a body of %d bytes (%.200q): 500: %.500s", method, path, len(body), body, text)
	}
	if err != nil && ctx.Err() == nil {
		h.tally.count("API: an answer was cut off")
	}
}

// method returns a method, mostly a valid one.
func (p plea) method() string {
	if p.once(10) {
		return pick(p.malice, "HEAD", "OPTIONS", "PATCH", "get", "BREW")
	}
	return pick(p.malice, "GET", "GET", "GET", "GET", "POST", "PUT", "DELETE")
}

// The names of sources that may be harmed; the good source is only read.
var harmed = []string{"victim", "sly", "wild", "mad", "endless", "slow", "refused", "heavy", "made-1", "made-2", "made-3"}

func (p plea) path() string {
	source := pick(p.malice, harmed...)
	if p.once(20) {
		source = url.PathEscape(strings.Trim(pick(p.malice, evilTexts...), `"`))
	}
	if p.once(10) {
		return "/api/v1/" + pick(p.malice, "sources/good", "sources/good/streams", "sources/good/runs", "catalog/"+p.topic("good.tasks")+"/records?limit=100")
	}
	if p.once(3) {
		return p.looking()
	}
	stream := pick(p.malice, "databases", "database_*", "database_248104cd-477e-80fd-b757-e945d38000bd", "x%2f..", strings.Repeat("s", 1+p.IntN(3000)))
	limit := pick(p.malice, "1", "20", "100", "1000", "-1", "1e9", "", "%00", "9223372036854775808")
	path := pick(p.malice,
		"sources", "sources", "sources/"+source, "sources/"+source, "sources/"+source+"/pause", "sources/"+source+"/resume", "sources/"+source+"/runs",
		"sources/"+source+"/streams", "sources/"+source+"/streams/"+stream+"/cursor?forget="+pick(p.malice, "true", "false", "x"),
		"sources/"+source+"/streams/"+stream+"/confirm-deletes", "sources/"+source+"/streams/"+stream+"/dismiss-deletes",
		"sources/"+source+"/streams/"+stream+"/held?look="+limit, "discover", "runs", "runs/"+p.run(), "runs/"+p.run()+"/log",
		"instances", "log-level", "openapi.json", "asyncapi.json", "nothing/at/all")
	switch p.IntN(30) {
	case 0:
		return pick(p.malice, "/", "/readyz", "/healthz", "/metrics", "/oauth/callback?code=x&state=y", "/login", "//api", "/api/v1/../../etc/passwd", "/%2e%2e/")
	case 1:
		return "/api/v1/" + path + pick(p.malice, "?", "&") + "x=" + strings.Repeat("y", p.IntN(100_000))
	}
	return "/api/v1/" + path
}

func (p plea) run() string {
	return pick(p.malice, "0", "20261129T100000Z-1", strings.Repeat("9", 100), "..", "a%00b", fmt.Sprintf("%08x", p.Uint32()))
}

// body returns a definition, or something else, which is sometimes large.
func (p plea) body() []byte {
	switch p.IntN(12) {
	case 0:
		return nil
	case 1:
		return p.bytes(p.IntN(2000))
	case 2:
		return []byte(p.value())
	case 3:
		return bytes.Repeat([]byte(pick(p.malice, "[", " ", "{\"a\":", "\x00", "\n")), p.IntN(2<<20)/5)
	case 4:
		return []byte(fmt.Sprintf(`{"name":%q,"token":%q,"topic_prefix":%q,"exclude_properties":[%s"x"]}`, p.made(), fuzzToken,
			p.topic(p.made()+"."), strings.Repeat("\"y\",\n", p.IntN(1<<20)/5)))
	case 5:
		return []byte(pick(p.malice, `{}`, `{"full":true}`, `{"streams":["databases"],"republish":true,"full":true}`, `{"failed":true}`, `{"level":"debug"}`, `{"level":"info"}`, `{"streams":[]}`))
	default:
		return p.definition(p.made(), 8)
	}
}

// definition returns a definition of a source in which one field of so many is invalid.
func (p plea) definition(name string, in int) []byte {
	f := forger{p.malice, in}
	return []byte(f.object("name", quoted(name), "token", quoted(fuzzToken), "topic_prefix", quoted(p.topic(name+".")), "description", f.text("made"),
		"trigger", f.object("every", `"5s"`), "streams", f.list(f.object("match", `"database_*"`, "sync", `"full_table"`))))
}

func (p plea) made() string { return fmt.Sprintf("made-%d", 1+p.IntN(3)) }

// dress sets a request's headers, mostly the required ones.
func (p plea) dress(r *http.Request) {
	if !p.once(15) {
		r.SetBasicAuth("ada", consolePassword)
	} else if p.once(2) {
		r.SetBasicAuth("ada", string(p.bytes(p.IntN(50))))
	}
	r.Header.Set("Content-Type", "application/json")
	switch p.IntN(15) {
	case 0:
		r.Header.Set("Content-Type", pick(p.malice, "text/plain", "application/json; charset=utf-16", strings.Repeat("x", 5000), ""))
	case 1:
		r.Header.Set("Origin", pick(p.malice, "https://evil.example", "null", "http://"+p.siege.console))
	case 2:
		r.Header.Set("Sec-Fetch-Site", pick(p.malice, "cross-site", "same-origin", "none", "x"))
	case 3:
		r.Host = pick(p.malice, "evil.example", "localhost", "[::1]", "127.0.0.1:99999", "..")
	case 4:
		r.Header.Set("Accept", pick(p.malice, "text/html", "application/x-yaml", "*/*;q=0", strings.Repeat("a/b,", 5000)))
	case 5:
		r.Header.Set("X-Forwarded-Prefix", pick(p.malice, "/x", "//evil.example", "javascript:"))
		r.Header.Set("If-None-Match", "*")
		r.Header.Set("Range", "bytes=0-1,5-")
	}
}

// halfARequest begins a request and never ends it, or sends something that is not HTTP.
func (h *hour) halfARequest(m malice) {
	conn, err := net.DialTimeout("tcp", h.siege.console, 5*time.Second)
	if err != nil {
		h.tally.count("API: no connection")
		return
	}
	text := pick(m, "GET / HTTP/1.1\r\nHost: localhost\r\n", "POST /api/v1/sources HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n{",
		"GET "+strings.Repeat("/a", 600_000)+" HTTP/1.1\r\n", "GET / HTTP/1.1\r\n"+strings.Repeat("X-A: b\r\n", 20_000), string(m.bytes(300)),
		"POST /api/v1/sources HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFF\r\n", "\x16\x03\x01\x02\x00", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
	_ = conn.SetDeadline(time.Now().Add(5 * time.Second)) // our connection
	_, _ = io.WriteString(conn, text)                     // the server may refuse it half-way
	h.tally.count("API: half a request")
	go func() {
		_, _ = io.Copy(io.Discard, conn)
		conn.Close()
	}()
}

// deafListeners open streams of events and never read them.
func (h *hour) deafListeners(ctx context.Context) {
	const most = 60
	var open []net.Conn
	defer func() {
		for _, conn := range open {
			conn.Close()
		}
	}()
	paced(ctx, 5, func(n uint64) {
		if len(open) == most {
			open[0].Close()
			open = open[1:]
		}
		conn, err := net.DialTimeout("tcp", h.siege.console, 5*time.Second)
		if err != nil {
			h.tally.count("API: no connection")
			return
		}
		open = append(open, conn)
		m := newMalice(h.seed^0xdeaf, n)
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+h.siege.console+"/api/v1/runs/"+h.someRun(ctx, m)+"/events", nil)
		if err != nil {
			return // the id does not fit into a URL
		}
		request.SetBasicAuth("ada", consolePassword)
		_ = conn.SetWriteDeadline(time.Now().Add(time.Second)) // our connection
		_ = request.Write(conn)                                // the server may refuse it
		h.tally.count("API: a stream of events that nobody reads")
	})
}

// someRun starts a run and returns its id, or the id of no run.
func (h *hour) someRun(ctx context.Context, m malice) string {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+h.siege.console+"/api/v1/sources/"+pick(m, harmed...)+"/runs", nil)
	if err != nil {
		return "none"
	}
	request.SetBasicAuth("ada", consolePassword)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return "none"
	}
	defer response.Body.Close()
	_, id, _ := strings.Cut(response.Header.Get("Location"), "/runs/")
	if response.StatusCode != http.StatusAccepted || id == "" {
		return "none"
	}
	return id
}
