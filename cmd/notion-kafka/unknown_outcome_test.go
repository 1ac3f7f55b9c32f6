package main

import (
	"errors"
	"fmt"
	"io"
	"log"
	"net/http/httptest"
	"strings"
	"testing"

	"notion-kafka/producer/kafka"
)

// If the outcome is unknown, the message says that the command can be run again; else
// it does not.
func TestUnknownOutcomeSaysWhatToDoNext(t *testing.T) {
	for _, c := range []struct {
		err  error
		hint bool
	}{
		{fmt.Errorf("resetting a stream: %w", kafka.ErrUnknown), true},
		{errors.Join(errors.New("source acme: failed"), fmt.Errorf("run: %w", kafka.ErrFenced)), true},
		{errors.New("resetting a stream: refused"), false},
	} {
		text := messageOf(c.err)
		if !strings.HasPrefix(text, c.err.Error()) || strings.Contains(text, "run the same command again") != c.hint {
			t.Errorf("%v is told as %q", c.err, text)
		}
	}
}

// If Notion does not respond, the message says what to look at, and that the command
// can be run again.
func TestOnceWithoutNotionSaysWhatToDoNext(t *testing.T) {
	tt := newTerminal(t)
	stranger := httptest.NewUnstartedServer(nil)
	stranger.Config.ErrorLog = log.New(io.Discard, "", 0)
	stranger.StartTLS() // its certificate is refused at once, without retries
	defer stranger.Close()
	tt.flags[3] = "notion.api_url=" + stranger.URL
	_, talk := tt.must(1, "once")
	if !strings.Contains(talk, "asking whose token source notion has") || !strings.Contains(talk, "\nNotion did not answer: look at the network, the proxy (HTTPS_PROXY) and notion.api_url, then run the same command again; `notion-kafka check`") {
		t.Error(talk)
	}
}
