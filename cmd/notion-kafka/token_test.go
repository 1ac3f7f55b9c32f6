package main

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"notion-kafka/config"
)

// A run uses the token in the source's file at its start, and checks whose token it is
// before it reads anything.
func TestTokenOfASourceIsReadAgain(t *testing.T) {
	var sent string
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		sent = strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, `{"object":"user","id":"ee5f0f84-409a-440f-983a-a5315961c6e4","type":"bot","bot":{}}`)
	}))
	defer api.Close()
	tt := newTerminal(t)
	file := newSecretFile(t, "ntn_first\n")
	tt.write(`sources: [{name: acme, token_file: "` + file.path + `"}, {name: beta, token: ntn_fixed}]`)
	cfg, err := config.Load(config.Options{File: config.FileName, Set: []string{"notion.api_url=" + api.URL}})
	if err != nil {
		t.Fatal(err)
	}
	sources, err := newConnector(cfg, slog.New(slog.NewTextHandler(io.Discard, nil)), nil).all()
	if err != nil {
		t.Fatal(err)
	}
	acme := sources[0]
	asked := func(want string) {
		t.Helper()
		if _, err := acme.Notion.Me(t.Context()); err != nil || sent != want {
			t.Errorf("sent %q, error %v, want %q", sent, err, want)
		}
	}
	first := acme.TokenMark()
	asked("ntn_first")
	file.put("ntn_second\n")
	asked("ntn_first")
	if acme.TokenMark() == first {
		t.Error("another token has the same mark")
	}
	asked("ntn_second")
	file.put("") // as while the file is being written
	acme.TokenMark()
	asked("ntn_second")
	if fixed := sources[1].TokenMark(); fixed != sources[1].TokenMark() || strings.Contains(fixed+first, "ntn_") {
		t.Errorf("marks %q and %q", first, fixed)
	}
}
