package console

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"notion-kafka/producer/guard"
)

// guarded admits requests, and sets the headers that keep browsers from misusing a
// response.
func (s *Server) guarded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Cache-Control", "no-store")
		h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("X-Content-Type-Options", "nosniff")
		if err := s.admit(r); err != nil {
			s.refused(w, r, err)
			return
		}
		if s.login != nil && !isOpen(r.URL.Path) {
			s.renew(w, r)
		}
		next.ServeHTTP(w, r)
	})
}

// admit returns why a request is refused, nil if it is not.
func (s *Server) admit(r *http.Request) error {
	open := !s.named || s.beyond && isMonitoring(r.URL.Path)
	if !open && !s.rule.IsOurs(r) {
		return refuse(http.StatusMisdirectedRequest,
			"this console serves the host names %s only, and the request is for %s: "+
				"use one of those names, or set console.public_url or console.hosts, or console.username and console.password",
			s.rule.Names(), r.Host)
	}
	if s.login != nil && !isOpen(r.URL.Path) {
		if err := s.login.admit(r); err != nil {
			return err
		}
	}
	if !s.rule.MayChange(r) {
		return refuse(http.StatusForbidden,
			"a page of another site requested a change, which only pages of console.public_url may: open the console there, or use a program that sends no Origin")
	}
	if guard.IsCrossSite(r) && strings.HasPrefix(r.URL.Path, "/api/") {
		return refuse(http.StatusForbidden,
			"a page of another site called the API, which only pages of console.public_url may: open the console there, or use a program that sends no Sec-Fetch-Site")
	}
	if guard.IsCrossSite(r) && isPart(r) && !isMonitoring(r.URL.Path) {
		return refuse(http.StatusForbidden, "a page of another site asked for this as a part of itself: open it by a link")
	}
	if s.readOnly && isChange(r) {
		return refuse(http.StatusForbidden, "this console is read only (console.read_only): use another instance, or the file")
	}
	return nil
}

// isPart reports whether a browser requests something for a page, such as an image, a
// frame or what a script wants, and is not led there by a person (Fetch Metadata).
func isPart(r *http.Request) bool {
	mode, dest := r.Header.Get("Sec-Fetch-Mode"), r.Header.Get("Sec-Fetch-Dest")
	return mode != "" && mode != "navigate" || dest != "" && dest != "document"
}

// pageHeaders replaces the headers that [Server.guarded] sets for data by those of a page.
// Its forms need the referrer: without it a browser sends Origin: null with them, which
// nothing tells from another site's (Fetch: append a request Origin header).
func pageHeaders(h http.Header) {
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "+
		"form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
	h.Set("Referrer-Policy", "same-origin")
}

// isChange reports whether a request changes what all people see. The way to Notion begins
// with a GET; to sign in or out is nobody else's matter.
func isChange(r *http.Request) bool {
	if isSafe(r) {
		return r.URL.Path == oauthStart
	}
	return r.URL.Path != loginPath && r.URL.Path != logoutPath
}

// isSafe reports whether a request only reads (RFC 9110, section 9.2.1).
func isSafe(r *http.Request) bool {
	return r.Method == http.MethodGet || r.Method == http.MethodHead || r.Method == http.MethodOptions
}

// Where people sign in and out, and what is below a page's files: style, script, icons.
const (
	loginPath  = "/login"
	logoutPath = "/logout"
	assets     = "/assets/"
)

// isOpen reports whether a path needs no password: monitoring has none, Notion
// redirects browsers to the callback, and people sign in on a page.
func isOpen(path string) bool {
	return isMonitoring(path) || slices.Contains([]string{oauthCallback, oauthStyle, loginPath, logoutPath}, path) || strings.HasPrefix(path, assets)
}

// isMonitoring reports whether a path is for monitoring. Monitoring on other machines
// uses any name or address of this one as the host.
func isMonitoring(path string) bool {
	return slices.Contains([]string{"/healthz", "/readyz", "/metrics"}, path)
}

// challenge returns the challenge of a 401 (RFC 7617). A browser shows a dialog for Basic,
// also for what a page requests by itself, but people sign in on a page. Whoever opens an
// address of the API gets the dialog.
func challenge(r *http.Request) string {
	ofAPage := wantsPage(r) || isPart(r) || names(r, "text/event-stream")
	if ofAPage && r.Header.Get("Authorization") == "" {
		return fmt.Sprintf("Cookie realm=%q", "notion-kafka")
	}
	return fmt.Sprintf("Basic realm=%q, charset=%q", "notion-kafka", "UTF-8")
}
