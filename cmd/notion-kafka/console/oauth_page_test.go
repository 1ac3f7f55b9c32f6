package console

import (
	"errors"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"notion-kafka/producer/control"
)

// Every page that connecting ends with runs nothing, stays out of caches and frames, and
// tells nobody its address, which has the code.
func TestThePagesOfConnecting(t *testing.T) {
	failing := newFake()
	failing.connected, failing.refused = control.Connected{Source: "acme"}, errors.New("no")
	for name, answer := range map[string]reply{
		"connected": ask(t, newServer(t, newFake(), Options{}).handler(), request("GET", "/oauth/callback?code=c", "")),
		"failed":    ask(t, newServer(t, failing, Options{}).handler(), request("GET", "/oauth/callback?code=c", "")),
		"refused":   ask(t, newServer(t, newFake(), Options{}).handler(), request("GET", "/oauth/start", "")),
	} {
		for header, want := range map[string]string{
			"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Content-Type-Options": "nosniff",
			"Content-Security-Policy": "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
		} {
			if diff := cmp.Diff(want, answer.header.Get(header)); diff != "" {
				t.Errorf("%s: %s (-want +got)\n%s", name, header, diff)
			}
		}
		if found := regexp.MustCompile(`(?i)<script|<style|\sstyle=|\son\w+=|https?:|href="/`).FindString(answer.body); found != "" {
			t.Errorf("%s: the page has %q, which its policy or a prefix forbids", name, found)
		}
		if strings.Count(answer.body, "<h1") != 1 || !strings.Contains(answer.body, `<html lang="en">`) {
			t.Errorf("%s: %s", name, answer.body)
		}
	}
}

// The style sheet needs no password, as the callback does.
func TestTheStyleSheetOfConnecting(t *testing.T) {
	s := newServer(t, newFake(), Options{Listen: "0.0.0.0:0", Username: "ops", Password: "right"})
	answer := ask(t, s.handler(), request("GET", "/oauth/style.css", ""))
	if answer.status != 200 || answer.header.Get("Content-Type") != "text/css; charset=utf-8" || !strings.Contains(answer.body, "light-dark(") {
		t.Errorf("status %d, %v", answer.status, answer.header)
	}
}

// The page of a command without a console names no console and promises no run.
func TestThePageOfACommand(t *testing.T) {
	said := httptest.NewRecorder()
	ServeConnectPage(said, 200, ConnectPage{Connected: control.Connected{Source: "acme", Workspace: "Acme Inc."}, Here: true})
	want := "Connected\nSource acme is connected with Notion.\nWorkspace Acme Inc.\nYou can close this window: the command in the terminal goes on."
	if diff := cmp.Diff(want, wordsOf(t, reply{said.Code, said.Header(), said.Body.String()})); diff != "" {
		t.Error(diff)
	}
}
