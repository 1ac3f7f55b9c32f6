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

// The failure of an unanswered token request counts for the requests right after it,
// which would each wait as long.
func TestUnansweredTokenRequestCountsForOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		requests, answers := 0, false
		tokens := &tokenKeeper{source: tokenFunc(func() (*oauth2.Token, error) {
			requests++
			if answers {
				return &oauth2.Token{AccessToken: "the-token"}, nil
			}
			return nil, context.DeadlineExceeded
		})}
		for range 5 {
			if _, err := tokens.Token(); err == nil || requests != 1 {
				t.Errorf("after %d requests: %v", requests, err)
			}
		}
		answers = true
		<-time.After(tokenFailureTTL)
		if token, err := tokens.Token(); err != nil || token.AccessToken != "the-token" {
			t.Errorf("when it answers again: %v", err)
		}
	})
}

// The error says in words that an endpoint did not answer.
func TestTokenEndpointThatDoesNotAnswer(t *testing.T) {
	err := tokenError(context.DeadlineExceeded)
	if !errors.Is(err, errNoToken) || !strings.HasSuffix(err.Error(), "no answer within 10s") {
		t.Error(err)
	}
}
