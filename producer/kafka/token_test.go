package kafka

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/oauth2"
)

// A request for a token that was not answered counts for those that come right after it,
// which would each wait as long.
func TestUnansweredTokenRequestCountsForOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		asked, answers := 0, false
		tokens := &tokenKeeper{source: tokenFunc(func() (*oauth2.Token, error) {
			asked++
			if answers {
				return &oauth2.Token{AccessToken: "the-token"}, nil
			}
			return nil, context.DeadlineExceeded
		})}
		for range 5 {
			if _, err := tokens.Token(); err == nil || asked != 1 {
				t.Errorf("after %d requests: %v", asked, err)
			}
		}
		answers = true
		<-time.After(tokenFailureCounts)
		if token, err := tokens.Token(); err != nil || token.AccessToken != "the-token" {
			t.Errorf("when it answers again: %v", err)
		}
	})
}

// An endpoint that does not answer is told in words.
func TestTokenEndpointThatDoesNotAnswer(t *testing.T) {
	err := noToken(context.DeadlineExceeded)
	if !errors.Is(err, errNoToken) || !strings.HasSuffix(err.Error(), "no answer within 10s") {
		t.Error(err)
	}
}
